//! Waves: how many front-ends a run changes at once, in which order, and what a failure makes of it.

use super::*;
use proptest::prelude::*;
use std::num::NonZeroU32;
use uuid::Uuid;

fn server(n: u32) -> ServerId {
    ServerId(Uuid::from_u128(n.into()))
}

/// A run of so many applications on so many front-ends, the last of which lie outside the zone and are left.
struct Farm {
    steps: Vec<Standing>,
    course: Course,
}

impl Farm {
    fn new(applications: u32, servers: u32, leaving: u32, course: Course) -> Self {
        let steps = (0..servers)
            .flat_map(|at| (0..applications).map(move |app| (at, app)))
            .flat_map(|(at, app)| {
                [Phase::Forward, Phase::Back].map(|phase| Standing {
                    ordinal: at * applications + app + 1,
                    phase,
                    state: StepState::Pending,
                    server: Some(server(at)),
                    leaves: at + leaving >= servers,
                })
            })
            .collect();
        Self { steps, course }
    }

    /// Gives out everything that may be given out now.
    fn give_out(&mut self) -> Next {
        loop {
            match next(&self.steps, self.course) {
                Next::Dispatch { ordinal, phase } => self.set(ordinal, phase, StepState::Dispatched),
                other => return other,
            }
        }
    }

    fn set(&mut self, ordinal: u32, phase: Phase, state: StepState) {
        let step = self.steps.iter_mut().find(|s| s.ordinal == ordinal && s.phase == phase).unwrap();
        step.state = state;
    }

    fn under_way(&self) -> Vec<Standing> {
        self.steps.iter().filter(|step| step.state == StepState::Dispatched).copied().collect()
    }

    fn of(&self, at: ServerId) -> Vec<Standing> {
        let own = |s: &&Standing| s.server == Some(at) && s.phase == Phase::Forward;
        self.steps.iter().filter(own).copied().collect()
    }
}

/// The front-ends that have begun and are not through, and the number of those that have begun, in their order.
fn begun(farm: &Farm, servers: u32) -> (usize, u32) {
    let all: Vec<_> = (0..servers).map(|n| farm.of(server(n))).collect();
    let has_begun = |steps: &&Vec<Standing>| steps.iter().any(|s| s.state != StepState::Pending);
    let is_through = |steps: &Vec<Standing>| steps.iter().all(|s| s.state == StepState::Done);
    let begun = all.iter().filter(has_begun).count();
    let in_order = all.iter().take_while(has_begun).count();
    assert_eq!(begun, in_order, "no front-end is passed over");
    (all.iter().filter(has_begun).filter(|steps| !is_through(steps)).count(), begun as u32)
}

proptest! {
    /// Whichever step ends first: never more front-ends are out than may be, each takes its applications in their order, a place that is free
    /// is taken at once, and in the end every front-end was reached.
    #[test]
    fn a_wave_slides_along_the_farm(
        applications in 1u32..4, servers in 1u32..7, leaving in 0u32..3, most in 0u32..5,
        ends in proptest::collection::vec(0usize..5, 40)
    ) {
        let leaving = leaving.min(servers - 1);
        let course = Course { out_at_once: most, ..Course::default() };
        let mut farm = Farm::new(applications, servers, leaving, course);
        let most = most.max(1) as usize;
        for pick in ends.iter().cycle() {
            let is = farm.give_out();
            let (out, reached) = begun(&farm, servers);
            prop_assert!(out <= most);
            for n in 0..servers {
                let states: Vec<_> = farm.of(server(n)).iter().map(|s| s.state).collect();
                let done = states.iter().take_while(|s| **s == StepState::Done).count();
                let rest = &states[done..];
                prop_assert!(rest.iter().skip(1).all(|s| *s == StepState::Pending), "{states:?}");
            }
            // What is left waits until the application is everywhere where it is to be.
            let inside = servers - leaving;
            let over = farm.steps.iter().filter(|s| !s.leaves && s.phase == Phase::Forward);
            if !over.clone().all(|s| s.state == StepState::Done) {
                prop_assert!(reached <= inside);
                prop_assert!(out == most || reached == inside, "no place stays free");
            }
            let under_way = farm.under_way();
            if under_way.is_empty() {
                prop_assert_eq!(is, Next::Finish(Ending::Successful));
                prop_assert_eq!(reached, servers);
                return Ok(());
            }
            let ended = under_way[pick % under_way.len()];
            farm.set(ended.ordinal, ended.phase, StepState::Done);
        }
    }

    /// After a failure nothing more is begun; where everything is to be taken back, every front-end has what it had, or the way back failed
    /// and says so.
    #[test]
    fn a_failure_stops_the_wave_and_takes_every_front_end_back(
        servers in 1u32..7, most in 1u32..5, fails in 1u32..7, back_fails in proptest::option::of(1u32..7),
        by_person in any::<bool>(), ends in proptest::collection::vec(0usize..5, 40)
    ) {
        let on_failure = if by_person { OnFailure::Wait } else { OnFailure::RollBack };
        let course = Course { out_at_once: most, on_failure, ..Course::default() };
        let mut farm = Farm::new(1, servers, 0, course);
        for pick in ends.iter().cycle() {
            let is = farm.give_out();
            prop_assert!(farm.under_way().len() <= most as usize);
            let failed = |phase| farm.steps.iter().any(|s| s.phase == phase && s.state == StepState::Failed);
            let (ahead, back) = (failed(Phase::Forward), failed(Phase::Back));
            let under_way = farm.under_way();
            if let Next::Suspend { phase, .. } = is {
                prop_assert!(by_person && under_way.is_empty(), "a person decides about a run that stands still");
                if phase == Phase::Back {
                    return Ok(());
                }
                farm.course.decision = Some(Decision::RollBack);
                continue;
            }
            if under_way.is_empty() {
                let left = result(&farm.steps);
                let Next::Finish(ending) = is else { panic!("{is:?}") };
                match ending {
                    Ending::Successful => prop_assert!(!ahead && left == Left::New),
                    Ending::RolledBack { .. } => prop_assert!(ahead && !back && left == Left::Old),
                    Ending::Mixed { .. } => prop_assert!(ahead && back && left != Left::Old),
                    other => panic!("nobody decided that: {other:?}"),
                }
                return Ok(());
            }
            if ahead {
                let begins = under_way.iter().any(|s| s.phase == Phase::Back);
                let ends = under_way.iter().any(|s| s.phase == Phase::Forward);
                prop_assert!(!(begins && ends), "what is under way ends before anything is taken back");
            }
            let one = under_way[pick % under_way.len()];
            let bad = match one.phase {
                Phase::Forward => one.ordinal == fails,
                Phase::Back => Some(one.ordinal) == back_fails,
            };
            farm.set(one.ordinal, one.phase, if bad { StepState::Failed } else { StepState::Done });
        }
    }

    /// At least one front-end of each deployment zone stays, where it has more than one.
    #[test]
    fn never_all_of_a_zone_are_out(wanted in proptest::option::of(1u32..20), zones in proptest::collection::vec(0usize..9, 0..5)) {
        let most = out_at_once(wanted.and_then(NonZeroU32::new), zones.iter().copied());
        prop_assert!(most >= 1 && most <= wanted.unwrap_or(OUT_AT_ONCE));
        prop_assert!(zones.iter().all(|count| *count < 2 || (most as usize) < *count));
        let narrowest = zones.iter().filter(|count| **count > 1).min();
        prop_assert!(narrowest.is_some() || most == wanted.unwrap_or(OUT_AT_ONCE));
    }
}

#[test]
fn a_step_that_a_person_has_tried_again_waits_until_the_others_are_decided_too() {
    let course = Course { out_at_once: 2, on_failure: OnFailure::Wait, ..Course::default() };
    let mut farm = Farm::new(1, 3, 0, course);
    assert_eq!(farm.give_out(), Next::Wait);
    farm.set(1, Phase::Forward, StepState::Failed);
    assert_eq!(farm.give_out(), Next::Wait, "the other one ends first");
    farm.set(2, Phase::Forward, StepState::Failed);
    assert_eq!(farm.give_out(), Next::Suspend { ordinal: 1, phase: Phase::Forward });
    farm.set(1, Phase::Forward, StepState::Pending);
    assert_eq!(farm.give_out(), Next::Suspend { ordinal: 2, phase: Phase::Forward });
    farm.set(2, Phase::Forward, StepState::Skipped);
    assert_eq!(farm.give_out(), Next::Wait);
    assert_eq!(farm.under_way().iter().map(|s| s.ordinal).collect::<Vec<_>>(), [1, 3]);
}
