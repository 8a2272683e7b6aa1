//! Promotion along pipelines: from a stage to the next one. A pipeline's stages are in the order of the infrastructure (R34), so a hop
//! never leads back.

use crate::id::{EnvironmentId, PipelineId};

/// A pipeline as promotion needs to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stages {
    /// Identity.
    pub pipeline: PipelineId,
    /// Its environments, from the first to the last.
    pub environments: Vec<EnvironmentId>,
}

/// From one stage of a pipeline to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hop {
    /// From here.
    pub from: EnvironmentId,
    /// To there.
    pub to: EnvironmentId,
}

impl Stages {
    /// Its hops, from the first to the last.
    pub fn hops(&self) -> impl Iterator<Item = Hop> {
        self.environments.windows(2).filter_map(|pair| match pair {
            [from, to] => Some(Hop { from: *from, to: *to }),
            _ => None,
        })
    }
}

/// Whether an application may be promoted along a hop. One that is assigned to a pipeline goes along that one; one that is assigned to
/// none, such as a producer that several portfolios use, goes along any. An infrastructure without pipelines leaves every way open.
#[must_use]
pub fn may_hop(pipelines: &[Stages], assigned: Option<PipelineId>, hop: Hop) -> bool {
    let its = |stages: &&Stages| assigned.is_none_or(|pipeline| stages.pipeline == pipeline);
    pipelines.is_empty() || pipelines.iter().filter(its).any(|stages| stages.hops().any(|each| each == hop))
}

/// Where an application can be promoted to from an environment: the next stage of each pipeline, each environment once. Without
/// pipelines it is the next environment in the order of the infrastructure.
#[must_use]
pub fn next(
    pipelines: &[Stages],
    assigned: Option<PipelineId>,
    from: EnvironmentId,
    order: &[EnvironmentId],
) -> Vec<EnvironmentId> {
    if pipelines.is_empty() {
        let at = order.iter().position(|each| *each == from);
        return at.and_then(|at| order.get(at + 1)).copied().into_iter().collect();
    }
    let its = pipelines.iter().filter(|stages| assigned.is_none_or(|pipeline| stages.pipeline == pipeline));
    let mut all: Vec<EnvironmentId> = Vec::new();
    for hop in its.flat_map(Stages::hops).filter(|hop| hop.from == from) {
        if !all.contains(&hop.to) {
            all.push(hop.to);
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

    fn pipeline(n: u8, stages: &[u8]) -> Stages {
        Stages {
            pipeline: PipelineId(Uuid::from_u128(u128::from(n))),
            environments: stages.iter().copied().map(place).collect(),
        }
    }

    fn hop(from: u8, to: u8) -> Hop {
        Hop { from: place(from), to: place(to) }
    }

    /// One Development for two pipelines, as in the reference architecture Enterprise.
    fn enterprise() -> [Stages; 2] {
        [pipeline(1, &[0, 1, 3]), pipeline(2, &[0, 2, 4])]
    }

    #[test]
    fn an_assigned_application_goes_along_its_own_pipeline() {
        let lines = enterprise();
        let [a, b] = [lines[0].pipeline, lines[1].pipeline].map(Some);
        for (assigned, from, to, goes) in [
            (a, 0, 1, true),
            (a, 1, 3, true),
            (a, 0, 2, false),
            (a, 0, 3, false),
            (a, 1, 0, false),
            (b, 0, 2, true),
            (b, 0, 1, false),
            (None, 0, 1, true),
            (None, 0, 2, true),
            (None, 1, 2, false),
            (None, 3, 4, false),
        ] {
            assert_eq!(may_hop(&lines, assigned, hop(from, to)), goes, "{assigned:?}: {from} to {to}");
        }
        let order: Vec<_> = (0..5).map(place).collect();
        assert_eq!(next(&lines, None, place(0), &order), [place(1), place(2)]);
        assert_eq!(next(&lines, a, place(0), &order), [place(1)]);
        assert_eq!(next(&lines, a, place(3), &order), []);
        assert_eq!(next(&lines, b, place(1), &order), []);
    }

    #[test]
    fn a_shared_hop_is_offered_once() {
        let lines = [pipeline(1, &[0, 1, 2]), pipeline(2, &[0, 1, 3])];
        assert_eq!(next(&lines, None, place(0), &[]), [place(1)]);
        assert_eq!(next(&lines, None, place(1), &[]), [place(2), place(3)]);
    }

    #[test]
    fn without_pipelines_every_way_is_open() {
        let order: Vec<_> = (0..3).map(place).collect();
        assert!(may_hop(&[], None, hop(2, 0)));
        assert_eq!(next(&[], None, place(1), &order), [place(2)]);
        assert_eq!(next(&[], None, place(2), &order), []);
        assert_eq!(next(&[], None, place(9), &order), []);
    }

    proptest! {
        #[test]
        fn what_is_offered_may_be_done(stages in prop::collection::vec(prop::collection::vec(0u8..6, 0..5), 1..4), from in 0u8..6) {
            let lines: Vec<_> = stages.iter().zip(0u8..).map(|(stages, n)| pipeline(n, stages)).collect();
            for assigned in lines.iter().map(|line| Some(line.pipeline)).chain([None]) {
                for to in next(&lines, assigned, place(from), &[]) {
                    let goes = may_hop(&lines, assigned, Hop { from: place(from), to });
                    prop_assert!(goes);
                }
            }
        }
    }
}
