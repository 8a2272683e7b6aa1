//! Bringing producers along: what else has to come so that a plan breaks nobody for want of what they use.

use super::{Changes, Contents, Kind, Landscape, apply, validate};
use crate::text::Key;
use std::collections::BTreeSet;

/// The producers that applications of a plan would lack in its target, with those that they lack in turn, as far as they may come
/// (`open`) and the source has them as they are wanted there: each would be brought as the source runs it.
#[must_use]
pub fn producers_along(
    before: &Contents,
    source: &Contents,
    changes: &Changes,
    open: &impl Fn(&Key) -> bool,
) -> BTreeSet<Key> {
    let (mut changes, mut along) = (changes.clone(), BTreeSet::new());
    loop {
        let after = apply(before, &changes);
        let touched: BTreeSet<Key> = changes.keys().cloned().collect();
        let hotfixes = BTreeSet::new();
        let land = Landscape {
            before,
            after: &after,
            source,
            touched: &touched,
            platform: None,
            hotfixes: &hotfixes,
        };
        let lacking = validate(&land).into_iter().filter(|conflict| {
            matches!(conflict.kind, Kind::ProducerMissing | Kind::ElementMissing | Kind::ElementIncompatible)
        });
        let more: Vec<Key> = lacking
            .map(|conflict| conflict.producer)
            .filter(|key| !along.contains(key) && open(key) && source.contains_key(key))
            .collect();
        if more.is_empty() {
            return along;
        }
        for key in more {
            changes.insert(key.clone(), source.get(&key).cloned());
            along.insert(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Content, Element, Need};
    use crate::text::Sha256;
    use proptest::prelude::*;

    fn key(n: usize) -> Key {
        format!("a{n}").parse().unwrap()
    }

    /// Of a module of its own: one that several had would have moved.
    fn element(n: usize, signature: &str) -> Element {
        Element { module: format!("m{n}").parse().unwrap(), name: "E".into(), signature: signature.into() }
    }

    /// An application that offers an element and uses that of others.
    fn content(n: usize, signature: &str, uses: &[(usize, &str)]) -> Content {
        let need = |(producer, signature): &(usize, &str)| Need {
            by: "m".parse().unwrap(),
            application: key(*producer),
            element: element(*producer, signature),
        };
        Content {
            name: format!("App {n}"),
            number: None,
            sha256: Sha256::of(format!("{n}{signature}{uses:?}").as_bytes()),
            produces: vec![element(n, signature)],
            consumes: uses.iter().map(need).collect(),
            modules: vec![],
            platform: None,
        }
    }

    fn contents(all: Vec<(usize, Content)>) -> Contents {
        all.into_iter().map(|(n, content)| (key(n), content)).collect()
    }

    #[test]
    fn those_that_are_lacked_come_with_those_that_they_lack() {
        // 0 uses 1, which uses 2; 3 is there in an older form; 4 is there as it is; 5 is of no use.
        let source = contents(vec![
            (0, content(0, "s", &[(1, "s"), (3, "new"), (4, "s")])),
            (1, content(1, "s", &[(2, "s")])),
            (2, content(2, "s", &[])),
            (3, content(3, "new", &[])),
            (4, content(4, "s", &[])),
            (5, content(5, "s", &[])),
        ]);
        let before = contents(vec![(3, content(3, "old", &[])), (4, content(4, "s", &[]))]);
        let changes: Changes = [(key(0), source.get(&key(0)).cloned())].into();
        let along = producers_along(&before, &source, &changes, &|_| true);
        assert_eq!(along, [key(1), key(2), key(3)].into());
        // What may not come does not, and what it would have lacked is not asked for.
        let along = producers_along(&before, &source, &changes, &|each| *each != key(1));
        assert_eq!(along, [key(3)].into());
    }

    proptest! {
        #[test]
        fn nothing_that_the_source_has_is_lacked_afterwards(
            uses in prop::collection::vec(prop::collection::vec(0usize..6, 0..4), 6),
            there in prop::collection::vec(any::<bool>(), 6),
            chosen in 0usize..6,
        ) {
            let uses = |n: usize| uses[n].iter().map(|other| (*other, "s")).collect::<Vec<_>>();
            let source = contents((0..6).map(|n| (n, content(n, "s", &uses(n)))).collect());
            let before: Contents = source.iter().zip(&there).filter(|(_, is)| **is).map(|((k, c), _)| (k.clone(), c.clone())).collect();
            let mut changes: Changes = [(key(chosen), source.get(&key(chosen)).cloned())].into();
            for each in producers_along(&before, &source, &changes, &|_| true) {
                prop_assert!(!before.contains_key(&each), "{each} is there as it is");
                changes.insert(each.clone(), source.get(&each).cloned());
            }
            let after = apply(&before, &changes);
            let touched = changes.keys().cloned().collect();
            let hotfixes = BTreeSet::new();
            let land = Landscape { before: &before, after: &after, source: &source, touched: &touched, platform: None, hotfixes: &hotfixes };
            prop_assert!(validate(&land).iter().all(|conflict| !conflict.kind.is_error()));
        }
    }
}
