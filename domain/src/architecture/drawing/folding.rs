//! Which pipelines of a large infrastructure are drawn at once, and what there is to say of all of them.

use super::PIPELINES_SHOWN;
use crate::architecture::model::Architecture;
use crate::architecture::seen::restrict;
use crate::text::Key;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How the parts of a pipeline stand, summed up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// The pipeline's key.
    pub key: Key,
    /// Its name.
    pub name: String,
    /// Its environments.
    pub environments: usize,
    /// Those of them that are well.
    pub well: usize,
    /// The front-ends of these environments.
    pub front_ends: usize,
    /// Those of them that answer.
    pub answering: usize,
}

/// The part of an architecture that is drawn: the chosen pipeline alone, else everything, but of more than [`PIPELINES_SHOWN`] pipelines
/// the first of them with their environments. None where it is everything.
#[must_use]
pub fn part(architecture: &Architecture, chosen: Option<&Key>) -> Option<Architecture> {
    let shown: BTreeSet<&Key> = match chosen {
        Some(key) => BTreeSet::from([key]),
        None if architecture.pipelines.len() > PIPELINES_SHOWN => {
            architecture.pipelines.keys().take(PIPELINES_SHOWN).collect()
        }
        None => return None,
    };
    let pipelines = architecture.pipelines.iter().filter(|(key, _)| shown.contains(key));
    let environments: BTreeSet<Key> =
        pipelines.flat_map(|(_, pipeline)| pipeline.stages.iter().cloned()).collect();
    let mut part = restrict(architecture, &environments);
    // The others that share an environment with these are not drawn with their rest missing.
    part.pipelines.retain(|key, _| shown.contains(key));
    Some(part)
}

/// How the pipelines stand, by key. `well` says it of an environment, `answers` of a front-end of it.
#[must_use]
pub fn sums(
    architecture: &Architecture,
    well: impl Fn(&Key) -> bool,
    answers: impl Fn(&Key, &Key) -> bool,
) -> Vec<Sum> {
    let sum = |(key, pipeline): (&Key, &crate::architecture::model::Pipeline)| {
        let mut sum = Sum {
            key: key.clone(),
            name: pipeline.name.to_string(),
            environments: 0,
            well: 0,
            front_ends: 0,
            answering: 0,
        };
        for (stage, environment) in
            pipeline.stages.iter().filter_map(|stage| architecture.environments.get_key_value(stage))
        {
            sum.environments += 1;
            sum.well += usize::from(well(stage));
            sum.front_ends += environment.front_ends.len();
            sum.answering += environment.front_ends.keys().filter(|server| answers(stage, server)).count();
        }
        sum
    };
    architecture.pipelines.iter().map(sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::architecture::drawing::infrastructure;
    use crate::testing::{STAGES, large};

    fn key(text: &str) -> Key {
        text.parse().unwrap()
    }

    #[test]
    fn the_first_pipelines_are_drawn_or_the_chosen_one() {
        let made = large(200, 10);
        let first = part(&made, None).unwrap();
        assert_eq!(first.pipelines.len(), PIPELINES_SHOWN);
        assert_eq!(first.environments.len(), PIPELINES_SHOWN * STAGES);
        assert_eq!(first.database_servers.len(), PIPELINES_SHOWN, "only theirs");
        assert!(infrastructure(&first).height < 2_000, "{}", infrastructure(&first).height);

        let one = part(&made, Some(&key("p-039"))).unwrap();
        let drawing = infrastructure(&one);
        assert!(!drawing.folded, "one pipeline is drawn in detail");
        assert_eq!((one.environments.len(), drawing.lanes[0].label.as_str()), (STAGES, "Line 039"));

        assert_eq!(part(&large(PIPELINES_SHOWN * STAGES, 1), None), None, "so many are drawn as they are");
        assert_eq!(part(&made, Some(&key("moon"))).unwrap().environments.len(), 0);
    }

    #[test]
    fn a_shared_stage_is_drawn_and_its_other_pipeline_is_not() {
        let mut made = large(10, 1);
        made.pipelines.get_mut(&key("p-001")).unwrap().stages.insert(0, key("e-000"));
        let one = part(&made, Some(&key("p-000"))).unwrap();
        assert_eq!(one.pipelines.keys().map(Key::as_str).collect::<Vec<_>>(), ["p-000"]);
        assert!(one.environments.contains_key(&key("e-000")));
    }

    #[test]
    fn sums_say_what_is_well_of_all() {
        let made = large(10, 4);
        let all = sums(
            &made,
            |stage| stage.as_str() != "e-001",
            |stage, server| (stage.as_str(), server.as_str()) != ("e-001", "fe-03"),
        );
        let told: Vec<_> =
            all.iter().map(|sum| (sum.well, sum.environments, sum.answering, sum.front_ends)).collect();
        assert_eq!(told, [(4, 5, 19, 20), (5, 5, 20, 20)]);
        assert_eq!((all[1].key.as_str(), all[1].name.as_str()), ("p-001", "Line 001"));
    }
}
