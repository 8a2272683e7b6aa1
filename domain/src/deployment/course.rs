//! The course of a run: what comes next, what a person can decide, and what is left in the end (design 8 and 9).

use super::Phase;
use super::waves::pick;
use crate::id::ServerId;
use serde::{Deserialize, Serialize};

/// The state of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Not begun.
    Pending,
    /// Given to the environment's controller.
    Dispatched,
    /// Given to the controller by a console that is gone: it is asked about, not repeated blindly.
    Uncertain,
    /// Done.
    Done,
    /// Not done; everything is as before the step.
    Failed,
    /// Left out by a person: its front-end stays as it is.
    Skipped,
}

impl StepState {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Dispatched, Self::Uncertain, Self::Done, Self::Failed, Self::Skipped];

    /// The word, as it is stored.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Dispatched => "dispatched",
            Self::Uncertain => "uncertain",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    /// The state behind a stored word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// A step as the reducer sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Place in the order.
    pub ordinal: u32,
    /// Direction.
    pub phase: Phase,
    /// State.
    pub state: StepState,
    /// The front-end that it changes; none where it prepares.
    pub server: Option<ServerId>,
    /// Whether it takes an application out of a front-end outside its zone, which comes after everything else.
    pub leaves: bool,
}

impl Standing {
    /// Whether it prepares: what runs stays untouched by it.
    #[must_use]
    pub const fn prepares(&self) -> bool {
        self.server.is_none()
    }
}

/// What is to be done when a step fails, as the plan says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// Everything that was done is taken back at once.
    #[default]
    RollBack,
    /// The run waits for a person, who tries the step again, leaves the front-end out, takes everything back, or aborts.
    Wait,
}

impl OnFailure {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::RollBack, Self::Wait];

    /// The word, as it is stored and typed.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::RollBack => "roll_back",
            Self::Wait => "wait",
        }
    }

    /// The words people read.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::RollBack => "Take everything back",
            Self::Wait => "Wait for a person",
        }
    }

    /// What a word stands for.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.word() == word)
    }
}

/// What a person decided about a run. The first decision counts, and it is never taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Take back everything that was done.
    RollBack,
    /// Stop at once; what was done stays.
    Abort,
}

impl Decision {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::RollBack, Self::Abort];

    /// The word, as it is stored.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::RollBack => "roll_back",
            Self::Abort => "abort",
        }
    }

    /// What a stored word stands for.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.word() == word)
    }
}

/// What a run follows besides its steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Course {
    /// Whether it waits for a person once everything is prepared (R16).
    pub waits: bool,
    /// What is to be done when a step fails.
    pub on_failure: OnFailure,
    /// What a person decided.
    pub decision: Option<Decision>,
    /// How many front-ends may be changed at once; 0 counts as 1.
    pub out_at_once: u32,
}

/// What comes next in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Give this step to the controller.
    Dispatch {
        /// Place in the order.
        ordinal: u32,
        /// Direction.
        phase: Phase,
    },
    /// Wait for the controller's report.
    Wait,
    /// Everything is prepared, and nothing has changed yet: a person lets it go on (R16).
    Hold,
    /// A step failed, and a person decides what becomes of it.
    Suspend {
        /// Place of the step in the order.
        ordinal: u32,
        /// Direction.
        phase: Phase,
    },
    /// The run is over.
    Finish(Ending),
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Everything is new.
    Successful,
    /// Everything is new but for front-ends that were left out.
    LeftOut,
    /// Everything is as it was before the run.
    RolledBack {
        /// The step that failed; none where a person took a run back without a failure.
        failed: Option<u32>,
    },
    /// The way back failed too: the front-ends are mixed.
    Mixed {
        /// The step that failed.
        failed: Option<u32>,
        /// The step back that failed, or was left out.
        back: u32,
    },
    /// A person stopped it.
    Aborted,
}

/// Picks what comes next: forward, so many front-ends at once as the course says; after a failure back over everything that was done,
/// last first, or as a person decides. Where the run is of two stages and `waits` for the second, it holds once everything is prepared (R16). After an abort nothing
/// more is given out; what is under way is waited for, so that what is left is known.
#[must_use]
pub fn next(steps: &[Standing], course: Course) -> Next {
    let under_way = |phase: Option<Phase>| {
        let counts = |step: &&Standing| phase.is_none_or(|phase| step.phase == phase);
        let open = |step: &Standing| matches!(step.state, StepState::Dispatched | StepState::Uncertain);
        steps.iter().filter(counts).any(open)
    };
    if course.decision == Some(Decision::Abort) {
        return if under_way(None) { Next::Wait } else { Next::Finish(Ending::Aborted) };
    }
    let mut forward: Vec<&Standing> = steps.iter().filter(|step| step.phase == Phase::Forward).collect();
    forward.sort_by_key(|step| step.ordinal);
    let failed = forward.iter().find(|step| step.state == StepState::Failed).map(|step| step.ordinal);
    let by_person = course.decision == Some(Decision::RollBack);
    if !by_person {
        match (failed, course.on_failure) {
            (None, _) => return ahead(&forward, course),
            // What is under way ends first: a person decides about a run that stands still.
            (Some(_), OnFailure::Wait) if under_way(Some(Phase::Forward)) => return Next::Wait,
            (Some(ordinal), OnFailure::Wait) => return Next::Suspend { ordinal, phase: Phase::Forward },
            (Some(_), OnFailure::RollBack) => {}
        }
    }
    // What is under way ends before anything is taken back.
    if under_way(Some(Phase::Forward)) {
        return Next::Wait;
    }
    let was_done = |step: &Standing| {
        forward.iter().any(|other| other.ordinal == step.ordinal && other.state == StepState::Done)
    };
    let mut back: Vec<&Standing> =
        steps.iter().filter(|step| step.phase == Phase::Back && was_done(step)).collect();
    back.sort_by_key(|step| std::cmp::Reverse(step.ordinal));
    if let Some(stuck) = back.iter().find(|step| step.state == StepState::Failed) {
        if under_way(Some(Phase::Back)) {
            return Next::Wait;
        }
        return match course.on_failure {
            OnFailure::Wait => Next::Suspend { ordinal: stuck.ordinal, phase: Phase::Back },
            OnFailure::RollBack => Next::Finish(Ending::Mixed { failed, back: stuck.ordinal }),
        };
    }
    match pick(&back, course.out_at_once) {
        Some(next) => next,
        None => match back.iter().find(|step| step.state == StepState::Skipped) {
            Some(left) => Next::Finish(Ending::Mixed { failed, back: left.ordinal }),
            None => Next::Finish(Ending::RolledBack { failed }),
        },
    }
}

/// What comes next where no step has failed.
fn ahead(forward: &[&Standing], course: Course) -> Next {
    let holds = |step: &Standing| course.waits && !step.prepares();
    match pick(forward, course.out_at_once) {
        None if forward.iter().any(|step| step.state == StepState::Skipped) => Next::Finish(Ending::LeftOut),
        None => Next::Finish(Ending::Successful),
        Some(Next::Dispatch { ordinal, .. })
            if forward.iter().any(|step| step.ordinal == ordinal && holds(step)) =>
        {
            Next::Hold
        }
        Some(next) => next,
    }
}

/// What a run left of one application on the front-ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// All of them have what the plan wanted.
    New,
    /// All of them have what they had before.
    Old,
    /// Some have the one and some the other.
    Mixed,
}

/// What a run that has ended left of one application, from those of its steps that change a front-end.
#[must_use]
pub fn result<'s>(steps: impl IntoIterator<Item = &'s Standing>) -> Left {
    let steps: Vec<&Standing> = steps.into_iter().filter(|step| !step.prepares()).collect();
    let taken_back = |ordinal: u32| {
        let back = steps.iter().find(|step| step.phase == Phase::Back && step.ordinal == ordinal);
        back.is_some_and(|step| step.state == StepState::Done)
    };
    let forward = steps.iter().filter(|step| step.phase == Phase::Forward);
    let (mut new, mut old) = (false, false);
    for step in forward {
        if step.state == StepState::Done && !taken_back(step.ordinal) {
            new = true;
        } else {
            old = true;
        }
    }
    match (new, old) {
        (true, true) => Left::Mixed,
        (true, false) => Left::New,
        (false, _) => Left::Old,
    }
}

/// The key of a step that is tried once more: a Platform Server answers a key that it knows with the result that it had.
#[must_use]
pub fn retry_key(key: &str, attempt: u32) -> String {
    let first = key.split_once("/again-").map_or(key, |(first, _)| first);
    format!("{first}/again-{attempt}")
}

/// Progress of a run in percent: done steps of those ahead, with the share of the one that runs.
#[must_use]
pub fn percent(steps: &[(Standing, u64, u64)]) -> u8 {
    let forward: Vec<_> = steps.iter().filter(|(step, ..)| step.phase == Phase::Forward).collect();
    let ended = forward.iter().filter(|(step, ..)| step.state == StepState::Done).count();
    let share = |(step, done, total): &&(Standing, u64, u64)| match step.state {
        StepState::Dispatched | StepState::Uncertain if *total > 0 => (done.min(total) * 100 / total).min(99),
        _ => 0,
    };
    percent_of_sums(forward.len() as u64, ended as u64, forward.iter().map(share).sum())
}

/// The same from sums: the steps ahead, those of them that are done, and the percents of those that are being carried out, each below 100.
#[must_use]
pub fn percent_of_sums(steps: u64, ended: u64, percents: u64) -> u8 {
    u8::try_from((ended * 100 + percents).checked_div(steps).unwrap_or_default()).unwrap_or(100).min(100)
}
