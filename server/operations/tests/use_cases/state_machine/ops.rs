//! What may happen, in whatever order.

use proptest::prelude::*;
use proptest::sample::Index;

/// Theme is used by Desk; Port is on its own.
pub(super) const APPLICATIONS: [&str; 3] = ["theme", "desk", "port"];

/// What a person decides about a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decide {
    Continue,
    Retry,
    LeaveOut,
    TakeBack,
    Abort,
}

fn decide() -> impl Strategy<Value = Decide> {
    use Decide::{Abort, Continue, LeaveOut, Retry, TakeBack};
    prop::sample::select(vec![Continue, Retry, LeaveOut, TakeBack, Abort])
}

/// How a plan is started.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct How {
    /// A failed step waits for a person.
    pub(super) wait: bool,
    pub(super) approved: bool,
    /// By two people at the same moment.
    pub(super) twice: bool,
    /// It takes the application out of Test, instead of bringing a newer one from Development.
    pub(super) out: bool,
    /// In an hour, and within two more.
    pub(super) later: bool,
}

fn how() -> impl Strategy<Value = How> {
    let seldom = || prop::bool::weighted(0.2);
    (any::<bool>(), prop::bool::weighted(0.8), any::<bool>(), seldom(), seldom())
        .prop_map(|(wait, approved, twice, out, later)| How { wait, approved, twice, out, later })
}

#[derive(Debug, Clone)]
pub(super) enum Op {
    /// A plan for an application, and its start.
    Start { application: usize, how: How },
    /// One that has finished is rolled back, by one or by two at once.
    RollBack { run: Index, twice: bool },
    /// Somebody overrides the freeze that holds one.
    Override { run: Index },
    /// The console is away for an hour.
    Later,
    /// The controller answers one of its open tasks.
    Answer { task: Index, good: bool },
    /// Somebody decides about a deployment.
    One { run: Index, decide: Decide },
    /// Two people decide about the same one at the same moment.
    Two { run: Index, decide: [Decide; 2] },
    /// Test is frozen, or is no longer.
    Freeze,
    /// Deployments into Test wait before the second stage, or no longer: those that are started from now on.
    TwoStage,
    /// The console goes and comes back after the leases have ended.
    Restart,
}

pub(super) fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (0..APPLICATIONS.len(), how()).prop_map(|(application, how)| Op::Start { application, how }),
        2 => (any::<Index>(), any::<bool>()).prop_map(|(run, twice)| Op::RollBack { run, twice }),
        1 => any::<Index>().prop_map(|run| Op::Override { run }),
        1 => Just(Op::Later),
        10 => (any::<Index>(), prop::bool::weighted(0.7)).prop_map(|(task, good)| Op::Answer { task, good }),
        2 => (any::<Index>(), decide()).prop_map(|(run, decide)| Op::One { run, decide }),
        3 => (any::<Index>(), [decide(), decide()]).prop_map(|(run, decide)| Op::Two { run, decide }),
        1 => Just(Op::Freeze),
        1 => Just(Op::TwoStage),
        1 => Just(Op::Restart),
    ]
}
