//! Runs: their steps, the reducer, zones and the two stages.

use super::*;
use crate::id::{ApplicationId, DeploymentId, ServerId};
use crate::protocol::TaskAction;
use crate::text::Sha256;
use proptest::prelude::*;
use uuid::Uuid;

/// A run of two stages.
const STAGES: Course =
    Course { waits: true, on_failure: OnFailure::RollBack, decision: None, out_at_once: 1 };

/// A step of a run: each changes a front-end of its own.
fn step(ordinal: u32, phase: Phase, state: StepState) -> Standing {
    Standing { ordinal, phase, state, server: Some(server(ordinal.into())), leaves: false }
}

fn item(n: u128, before: Option<&str>, after: Option<&str>) -> RunItem {
    let release = |v: &str| Release { sha256: Sha256::of(v.as_bytes()), size: 1, number: v.parse().ok() };
    RunItem {
        application: ApplicationId(Uuid::from_u128(n)),
        key: format!("app-{n}").parse().unwrap(),
        name: format!("App {n}"),
        before: before.map(release),
        after: after.map(release),
        zone: None,
    }
}

fn farm() -> Vec<(ServerId, String)> {
    (1..=2).map(|n| (ServerId(Uuid::from_u128(n)), format!("s{n}"))).collect()
}

#[test]
fn everything_is_prepared_before_anything_changes() {
    let items = [item(1, None, Some("1.0")), item(2, Some("1.0"), Some("1.1")), item(3, Some("2.0"), None)];
    let titles: Vec<String> = steps(DeploymentId(Uuid::nil()), &items, &farm())
        .into_iter()
        .filter(|step| step.phase == Phase::Forward)
        .map(|step| step.title)
        .collect();
    assert_eq!(
        titles,
        [
            "Prepare App 1 1.0.0",
            "Prepare App 2 1.1.0",
            "Activate App 1 1.0.0 on s1",
            "Activate App 2 1.1.0 on s1",
            "Take App 3 out of s1",
            "Activate App 1 1.0.0 on s2",
            "Activate App 2 1.1.0 on s2",
            "Take App 3 out of s2",
        ]
    );
}

#[test]
fn each_change_has_its_way_back() {
    let items = [item(1, None, Some("1.0")), item(2, Some("1.0"), Some("1.1")), item(3, Some("2.0"), None)];
    let all = steps(DeploymentId(Uuid::nil()), &items, &farm());
    for step in all.iter().filter(|s| s.phase == Phase::Forward && s.server.is_some()) {
        let back = all.iter().find(|s| s.phase == Phase::Back && s.ordinal == step.ordinal).unwrap();
        let before = items.iter().find(|i| i.application == step.application).unwrap().before.clone();
        match (&back.action, before) {
            (TaskAction::Activate { sha256, server, .. }, Some(before)) => {
                assert_eq!((*sha256, Some(*server)), (before.sha256, step.server));
            }
            (TaskAction::Deactivate { server, .. }, None) => assert_eq!(Some(*server), step.server),
            other => panic!("{other:?}"),
        }
    }
    let keys: std::collections::BTreeSet<_> = all.iter().map(|s| &s.key).collect();
    assert_eq!(keys.len(), all.len());
}

/// Carries out whatever `next` says, with steps failing as told; gives the front-ends' contents and the ending.
fn run(count: u32, fails: &[(u32, Phase)]) -> (Vec<u32>, Ending, usize) {
    let mut states: Vec<Standing> = (1..=count)
        .flat_map(|ordinal| {
            [Phase::Forward, Phase::Back].map(|phase| step(ordinal, phase, StepState::Pending))
        })
        .collect();
    let mut active = Vec::new();
    for turn in 0.. {
        assert!(turn <= 2 * count as usize + 1, "it never ends");
        match next(&states, Course::default()) {
            Next::Finish(ending) => return (active, ending, turn),
            Next::Wait | Next::Hold | Next::Suspend { .. } => panic!("nothing was dispatched"),
            Next::Dispatch { ordinal, phase } => {
                let step = states.iter_mut().find(|s| s.ordinal == ordinal && s.phase == phase).unwrap();
                assert_eq!(step.state, StepState::Pending);
                if fails.contains(&(ordinal, phase)) {
                    step.state = StepState::Failed;
                } else {
                    step.state = StepState::Done;
                    match phase {
                        Phase::Forward => active.push(ordinal),
                        Phase::Back => assert_eq!(active.pop(), Some(ordinal), "last done, first undone"),
                    }
                }
            }
        }
    }
    unreachable!()
}

proptest! {
    #[test]
    fn all_new_or_all_back_or_said_to_be_mixed(count in 0u32..8, at in 0u32..9, back in proptest::option::of(1u32..8)) {
        let mut fails = vec![(at, Phase::Forward)];
        fails.extend(back.map(|b| (b, Phase::Back)));
        let (active, ending, _) = run(count, &fails);
        match ending {
            Ending::Successful => {
                prop_assert_eq!(active.len() as u32, count);
                prop_assert!(at == 0 || at > count);
            }
            Ending::RolledBack { failed } => {
                prop_assert_eq!(failed, Some(at));
                prop_assert!(active.is_empty());
            }
            Ending::Mixed { failed, back: stuck } => {
                prop_assert_eq!((failed, Some(stuck)), (Some(at), back));
                prop_assert!(!active.is_empty());
            }
            Ending::LeftOut | Ending::Aborted => prop_assert!(false, "nobody decided anything"),
        }
    }
}

#[test]
fn a_dispatched_or_uncertain_step_is_waited_for() {
    for state in [StepState::Dispatched, StepState::Uncertain] {
        let step = step(1, Phase::Forward, state);
        assert_eq!(next(&[step], Course::default()), Next::Wait);
        assert_eq!(next(&[step], STAGES), Next::Wait);
    }
}

#[test]
fn progress() {
    let step = |state| step(1, Phase::Forward, state);
    assert_eq!(percent(&[]), 0);
    assert_eq!(percent(&[(step(StepState::Done), 0, 0), (step(StepState::Dispatched), 1, 2)]), 75);
    assert_eq!(percent(&[(step(StepState::Done), 0, 0)]), 100);
}

fn server(n: u128) -> ServerId {
    ServerId(Uuid::from_u128(n))
}

/// An item whose zone has the first front-end of the farm only; it runs on those of `leaving` too.
fn zoned(before: Option<&str>, after: Option<&str>, leaving: &[u128]) -> RunItem {
    let zone = RunZone {
        name: "Inside".to_owned(),
        servers: [server(1)].into(),
        leaving: leaving.iter().copied().map(server).collect(),
    };
    RunItem { zone: Some(zone), ..item(1, before, after) }
}

fn forward(items: &[RunItem]) -> Vec<Step> {
    let all = steps(DeploymentId(Uuid::nil()), items, &farm());
    all.into_iter().filter(|step| step.phase == Phase::Forward).collect()
}

#[test]
fn an_application_goes_to_the_front_ends_of_its_zone_only() {
    let titles = |items: &[RunItem]| forward(items).into_iter().map(|step| step.title).collect::<Vec<_>>();
    let other = item(2, None, Some("2.0"));
    assert_eq!(
        titles(&[zoned(Some("1.0"), Some("1.1"), &[]), other]),
        [
            "Prepare App 1 1.1.0",
            "Prepare App 2 2.0.0",
            "Activate App 1 1.1.0 on s1",
            "Activate App 2 2.0.0 on s1",
            "Activate App 2 2.0.0 on s2",
        ]
    );
    let TaskAction::Prepare { servers, .. } = &forward(&[zoned(None, Some("1.0"), &[])])[0].action else {
        panic!("it is prepared first")
    };
    assert_eq!(*servers, Some([server(1)].into()));
}

#[test]
fn an_application_leaves_the_front_ends_outside_its_zone_and_returns_where_a_step_fails() {
    let moved = [zoned(Some("1.0"), Some("1.1"), &[2])];
    let titles: Vec<String> = forward(&moved).into_iter().map(|step| step.title).collect();
    assert_eq!(
        titles,
        [
            "Prepare App 1 1.1.0",
            "Activate App 1 1.1.0 on s1",
            "Take App 1 out of s2, which is outside its zone",
        ]
    );
    let back = steps(DeploymentId(Uuid::nil()), &moved, &farm());
    let back = back.iter().find(|step| step.phase == Phase::Back && step.server == Some(server(2))).unwrap();
    assert_eq!(back.title, "Return App 1 on s2 to 1.0.0");
    let gone: Vec<String> =
        forward(&[zoned(Some("1.0"), None, &[2])]).into_iter().map(|step| step.title).collect();
    assert_eq!(gone, ["Take App 1 out of s1", "Take App 1 out of s2"]);
}

proptest! {
    /// R16: until a person lets it go on, nothing but preparing is given out, and it holds when all of that is done.
    #[test]
    fn a_run_of_two_stages_holds_once_everything_is_prepared(prepared in 0u32..4, changes in 0u32..4) {
        let step = |ordinal: u32| Standing {
            server: (ordinal > prepared).then(|| server(ordinal.into())),
            ..step(ordinal, Phase::Forward, StepState::Pending)
        };
        let mut states: Vec<Standing> = (1..=prepared + changes).map(step).collect();
        let mut given = 0;
        loop {
            match next(&states, STAGES) {
                Next::Dispatch { ordinal, phase } => {
                    prop_assert_eq!(phase, Phase::Forward);
                    prop_assert!(ordinal <= prepared);
                    states[ordinal as usize - 1].state = StepState::Done;
                    given += 1;
                }
                Next::Hold => {
                    prop_assert_eq!(given, prepared);
                    prop_assert!(changes > 0);
                    let on = Next::Dispatch { ordinal: prepared + 1, phase: Phase::Forward };
                    prop_assert_eq!(next(&states, Course::default()), on);
                    break;
                }
                Next::Finish(ending) => {
                    prop_assert_eq!((ending, changes), (Ending::Successful, 0));
                    break;
                }
                Next::Wait | Next::Suspend { .. } => prop_assert!(false, "nothing is under way"),
            }
        }
    }
}

/// What happens to a run: a step ends, or a person decides.
#[derive(Debug, Clone, Copy)]
enum Event {
    StepDone,
    StepFails,
    Retry,
    LeaveOut,
    TakeBack,
    Abort,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    use Event::*;
    let one = proptest::sample::select(vec![
        StepDone, StepDone, StepDone, StepDone, StepFails, StepFails, Retry, LeaveOut, TakeBack, Abort,
    ]);
    proptest::collection::vec(one, 0..60)
}

/// A run of one application on so many front-ends, as a model: what each of them has, whatever anybody decides.
struct Model {
    steps: Vec<Standing>,
    course: Course,
    new: Vec<bool>,
}

impl Model {
    fn new(servers: u32, on_failure: OnFailure, out_at_once: u32) -> Self {
        let mut steps = vec![Standing { server: None, ..step(1, Phase::Forward, StepState::Pending) }];
        for ordinal in 2..servers + 2 {
            steps.extend([Phase::Forward, Phase::Back].map(|phase| step(ordinal, phase, StepState::Pending)));
        }
        let course = Course { waits: false, on_failure, decision: None, out_at_once };
        Self { steps, course, new: vec![false; servers as usize] }
    }

    fn step(&mut self, ordinal: u32, phase: Phase) -> &mut Standing {
        self.steps.iter_mut().find(|step| step.ordinal == ordinal && step.phase == phase).unwrap()
    }

    /// One that is under way; not the first one, where there are several.
    fn under_way(&self) -> Option<(u32, Phase)> {
        let open = self.steps.iter().rfind(|step| step.state == StepState::Dispatched);
        open.map(|step| (step.ordinal, step.phase))
    }

    fn out(&self) -> usize {
        self.steps.iter().filter(|step| step.state == StepState::Dispatched).count()
    }

    /// Takes an event where it is possible.
    fn take(&mut self, event: Event) {
        let suspended = match next(&self.steps, self.course) {
            Next::Suspend { ordinal, phase } => Some((ordinal, phase)),
            _ => None,
        };
        match (event, self.under_way(), suspended) {
            (Event::StepDone, Some((ordinal, phase)), _) => {
                self.step(ordinal, phase).state = StepState::Done;
                if ordinal > 1 {
                    self.new[ordinal as usize - 2] = phase == Phase::Forward;
                }
            }
            (Event::StepFails, Some((ordinal, phase)), _) => {
                self.step(ordinal, phase).state = StepState::Failed;
            }
            (Event::Retry, _, Some((ordinal, phase))) => self.step(ordinal, phase).state = StepState::Pending,
            (Event::LeaveOut, _, Some((ordinal, phase))) if ordinal > 1 => {
                self.step(ordinal, phase).state = StepState::Skipped;
            }
            (Event::TakeBack, _, Some(_)) if self.course.decision.is_none() => {
                self.course.decision = Some(Decision::RollBack);
            }
            // At any moment, also of what is being taken back.
            (Event::Abort, ..) => self.course.decision = Some(Decision::Abort),
            _ => {}
        }
    }
}

proptest! {
    /// Whatever steps and people do, a run says truly what it left, gives out no more than it may, and nothing after an abort or a failure.
    #[test]
    fn a_run_says_truly_what_it_left(
        servers in 1u32..5, most in 0u32..4, waits in any::<bool>(), events in events()
    ) {
        let on_failure = if waits { OnFailure::Wait } else { OnFailure::RollBack };
        let mut model = Model::new(servers, on_failure, most);
        let mut events = events.into_iter().chain(std::iter::repeat_n(Event::StepDone, 60));
        loop {
            match next(&model.steps, model.course) {
                Next::Dispatch { ordinal, phase } => {
                    prop_assert!(model.out() < most.max(1) as usize, "so many at a time");
                    let fails = |step: &Standing| step.phase == Phase::Forward && step.state == StepState::Failed;
                    prop_assert!(phase == Phase::Back || !model.steps.iter().any(fails), "a failure stops the wave");
                    prop_assert!(model.course.decision != Some(Decision::Abort), "nothing after an abort");
                    let step = model.step(ordinal, phase);
                    prop_assert_eq!(step.state, StepState::Pending);
                    step.state = StepState::Dispatched;
                }
                Next::Wait => prop_assert!(model.under_way().is_some(), "there is something to wait for"),
                Next::Hold => prop_assert!(false, "it is of one stage"),
                Next::Suspend { .. } => prop_assert!(waits && model.under_way().is_none()),
                Next::Finish(ending) => {
                    let left = result(&model.steps);
                    let all = |new: bool| model.new.iter().all(|one| *one == new);
                    prop_assert_eq!(left == Left::New, all(true), "{:?} {:?}", model.steps, model.new);
                    prop_assert_eq!(left == Left::Old, all(false));
                    match ending {
                        Ending::Successful => prop_assert_eq!(left, Left::New),
                        Ending::RolledBack { .. } => prop_assert_eq!(left, Left::Old),
                        Ending::LeftOut => prop_assert!(waits && left != Left::New),
                        Ending::Mixed { .. } => prop_assert!(left != Left::Old),
                        Ending::Aborted => prop_assert_eq!(model.course.decision, Some(Decision::Abort)),
                    }
                    break;
                }
            }
            // A run that nobody decides about waits for ever; in the end somebody aborts it, and what is under way comes to its end.
            let last = if model.under_way().is_some() { Event::StepDone } else { Event::Abort };
            let event = events.next().unwrap_or(last);
            model.take(event);
        }
    }
}

#[test]
fn a_person_decides_about_a_failed_step() {
    let done = step(1, Phase::Forward, StepState::Done);
    let undo = step(1, Phase::Back, StepState::Pending);
    let failed = step(2, Phase::Forward, StepState::Failed);
    let wait = Course { on_failure: OnFailure::Wait, ..Course::default() };
    let at = |steps: &[Standing], course| next(steps, course);
    assert_eq!(at(&[done, undo, failed], wait), Next::Suspend { ordinal: 2, phase: Phase::Forward });
    let again = Standing { state: StepState::Pending, ..failed };
    assert_eq!(at(&[done, undo, again], wait), Next::Dispatch { ordinal: 2, phase: Phase::Forward });
    let left_out = Standing { state: StepState::Skipped, ..failed };
    assert_eq!(at(&[done, undo, left_out], wait), Next::Finish(Ending::LeftOut));
    assert_eq!(result(&[done, undo, left_out]), Left::Mixed);
    let back = Course { decision: Some(Decision::RollBack), ..wait };
    assert_eq!(at(&[done, undo, failed], back), Next::Dispatch { ordinal: 1, phase: Phase::Back });
    let undone = Standing { state: StepState::Done, ..undo };
    assert_eq!(at(&[done, undone, failed], back), Next::Finish(Ending::RolledBack { failed: Some(2) }));
    let stuck = Standing { state: StepState::Failed, ..undo };
    assert_eq!(at(&[done, stuck, failed], back), Next::Suspend { ordinal: 1, phase: Phase::Back });
    let given_up = Standing { state: StepState::Skipped, ..undo };
    let mixed = Ending::Mixed { failed: Some(2), back: 1 };
    assert_eq!(at(&[done, given_up, failed], back), Next::Finish(mixed));
    let abort = Course { decision: Some(Decision::Abort), ..wait };
    let under_way = Standing { state: StepState::Dispatched, ..failed };
    assert_eq!(at(&[done, undo, under_way], abort), Next::Wait, "what is under way is waited for");
    assert_eq!(at(&[done, undo, failed], abort), Next::Finish(Ending::Aborted));
}

#[test]
fn a_step_that_is_tried_again_has_another_key() {
    assert_eq!(retry_key("d/3", 2), "d/3/again-2");
    assert_eq!(retry_key("d/3/again-2", 3), "d/3/again-3");
    assert_eq!(retry_key("d/3/undo", 2), "d/3/undo/again-2");
}
