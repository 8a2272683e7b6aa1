//! Hotfixes: a later stage runs what an earlier one never had (LifeTime's red mark; B29). This is derived from what runs and from what ran,
//! and never typed in by anybody.
//!
//! An earlier stage counts where the application runs there too: a stage that never had the application has nothing to be merged into.
//! Somebody who has brought the change back by other means (its source was merged, and the bytes are others) marks it as
//! solved; that holds for the revision, so for as long as nothing new runs there.

use crate::id::{EnvironmentId, PipelineId, RevisionId};
use crate::pipeline::Stages;
use std::collections::{BTreeMap, BTreeSet};

/// An environment that runs what earlier stages never had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hotfix {
    /// The later stage.
    pub environment: EnvironmentId,
    /// What runs there.
    pub revision: RevisionId,
    /// The earlier stages that never had it, the nearest first: the way back.
    pub missing: Vec<EnvironmentId>,
}

/// The stages before an environment, from the first to the nearest, each once: those of the application's pipeline, or of all pipelines
/// where it belongs to none. Without pipelines, and for an environment that is no stage of those, they are the environments before it in the
/// order of the infrastructure: a workshop beside the pipelines is where fixes are made.
#[must_use]
pub fn earlier(
    pipelines: &[Stages],
    assigned: Option<PipelineId>,
    order: &[EnvironmentId],
    of: EnvironmentId,
) -> Vec<EnvironmentId> {
    let before = |list: &[EnvironmentId]| -> Vec<EnvironmentId> {
        let at = list.iter().position(|each| *each == of).unwrap_or(0);
        list.iter().copied().take(at).collect()
    };
    let its = |stages: &&Stages| assigned.is_none_or(|pipeline| stages.pipeline == pipeline);
    let its: Vec<&Stages> =
        pipelines.iter().filter(its).filter(|stages| stages.environments.contains(&of)).collect();
    if its.is_empty() {
        return before(order);
    }
    let found: BTreeSet<EnvironmentId> =
        its.into_iter().flat_map(|stages| before(&stages.environments)).collect();
    let place = |id: &EnvironmentId| order.iter().position(|each| each == id).unwrap_or(usize::MAX);
    let mut found: Vec<EnvironmentId> = found.into_iter().collect();
    found.sort_by_key(place);
    found
}

/// The hotfixes of one application, in the order of the environments. `running` is what runs where, `had` which revision was ever where.
#[must_use]
pub fn hotfixes(
    pipelines: &[Stages],
    assigned: Option<PipelineId>,
    order: &[EnvironmentId],
    running: &BTreeMap<EnvironmentId, RevisionId>,
    had: &BTreeSet<(EnvironmentId, RevisionId)>,
) -> Vec<Hotfix> {
    let mut all = Vec::new();
    for environment in order {
        let Some(&revision) = running.get(environment) else { continue };
        let never = |stage: &EnvironmentId| {
            running.get(stage).is_some_and(|there| *there != revision) && !had.contains(&(*stage, revision))
        };
        let mut missing = earlier(pipelines, assigned, order, *environment);
        missing.retain(never);
        missing.reverse();
        if !missing.is_empty() {
            all.push(Hotfix { environment: *environment, revision, missing });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn place(n: u8) -> EnvironmentId {
        EnvironmentId(Uuid::from_u128(u128::from(n)))
    }

    fn revision(n: u8) -> RevisionId {
        RevisionId(Uuid::from_u128(u128::from(n)))
    }

    fn line(n: u8, stages: &[u8]) -> Stages {
        Stages {
            pipeline: PipelineId(Uuid::from_u128(u128::from(n))),
            environments: stages.iter().copied().map(place).collect(),
        }
    }

    /// (environment, missing) of each hotfix.
    fn found(
        lines: &[Stages],
        assigned: Option<PipelineId>,
        running: &[(u8, u8)],
        had: &[(u8, u8)],
    ) -> Vec<(u8, Vec<u8>)> {
        let order: Vec<_> = (0..6).map(place).collect();
        let number = |id: EnvironmentId| u8::try_from(id.0.as_u128()).unwrap();
        let running = running.iter().map(|(e, r)| (place(*e), revision(*r))).collect();
        let had = had.iter().map(|(e, r)| (place(*e), revision(*r))).collect();
        let all = hotfixes(lines, assigned, &order, &running, &had);
        all.into_iter()
            .map(|one| (number(one.environment), one.missing.into_iter().map(number).collect()))
            .collect()
    }

    #[test]
    fn b29_a_later_stage_has_what_an_earlier_one_never_had() {
        type Case<'c> = (&'c str, &'c [(u8, u8)], &'c [(u8, u8)], &'c [(u8, &'c [u8])]);
        let cases: &[Case<'_>] = &[
            ("the same everywhere", &[(0, 1), (1, 1), (2, 1)], &[], &[]),
            ("development went on", &[(0, 2), (1, 1), (2, 1)], &[(0, 1)], &[]),
            ("fixed in the last stage", &[(0, 1), (1, 1), (2, 9)], &[], &[(2, &[1, 0])]),
            ("fixed, and brought one stage back", &[(0, 1), (1, 9), (2, 9)], &[], &[(1, &[0]), (2, &[0])]),
            ("brought back everywhere", &[(0, 9), (1, 9), (2, 9)], &[], &[]),
            ("was there and went on", &[(0, 2), (1, 2), (2, 9)], &[(0, 9), (1, 9)], &[]),
            ("it is in no earlier stage", &[(2, 9)], &[], &[]),
            ("one earlier stage has not got it at all", &[(0, 1), (2, 9)], &[], &[(2, &[0])]),
        ];
        for (name, running, had, expected) in cases {
            let expected: Vec<_> = expected.iter().map(|(e, missing)| (*e, missing.to_vec())).collect();
            assert_eq!(found(&[], None, running, had), expected, "{name}");
        }
    }

    #[test]
    fn the_stages_of_its_own_pipeline_count() {
        // A main line, and a way for hotfixes past it: both end in production.
        let lines = [line(1, &[0, 1, 4]), line(2, &[3, 4])];
        let main = Some(lines[0].pipeline);
        let fixed = [(0, 1), (1, 1), (3, 9), (4, 9)];
        // What is no stage of its pipeline goes by the order of the infrastructure.
        assert_eq!(found(&lines, main, &fixed, &[]), [(3, vec![1, 0]), (4, vec![1, 0])]);
        assert_eq!(found(&lines, None, &fixed, &[]), [(4, vec![1, 0])], "with none, every line counts");
        let promoted = [(0, 2), (1, 2), (3, 9), (4, 2)];
        assert_eq!(found(&lines, main, &promoted, &[]), [(3, vec![1, 0])], "the workshop has it still");
        assert_eq!(earlier(&lines, main, &[], place(0)), []);
        assert_eq!(earlier(&lines, Some(lines[1].pipeline), &[], place(1)), [], "no stage of its line");
    }

    proptest! {
        /// What is deployed along the line, stage after stage, is never a hotfix; and each missing stage is earlier and runs something else.
        #[test]
        fn regular_promotion_makes_none(moves in prop::collection::vec((0u8..5, 1u8..9), 0..40), at in 0u8..5) {
            let order: Vec<_> = (0..5).map(place).collect();
            let (mut running, mut had) = (BTreeMap::new(), BTreeSet::new());
            for (stage, new) in moves {
                let brought = if stage == 0 { Some(revision(new)) } else { running.get(&place(stage - 1)).copied() };
                if let Some(brought) = brought {
                    running.insert(place(stage), brought);
                    had.insert((place(stage), brought));
                }
            }
            prop_assert_eq!(hotfixes(&[], None, &order, &running, &had), vec![]);
            // Something from elsewhere is one wherever an earlier stage runs the application.
            running.insert(place(at), revision(99));
            had.insert((place(at), revision(99)));
            let all = hotfixes(&[], None, &order, &running, &had);
            let before: Vec<_> = (0..at).rev().map(place).filter(|p| running.contains_key(p)).collect();
            prop_assert_eq!(all.first().map(|one| one.missing.clone()).unwrap_or_default(), before);
        }
    }
}
