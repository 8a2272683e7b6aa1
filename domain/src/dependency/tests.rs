use super::*;
use crate::plan::{Element, Need};
use crate::text::Sha256;
use proptest::prelude::*;

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

fn element(signature: &str) -> Element {
    Element { module: key("main"), name: "Thing".into(), signature: signature.into() }
}

/// An application that offers `Thing` with a signature, and uses that of others.
fn content(offers: &str, uses: &[(&str, &str)]) -> Content {
    Content {
        name: "An application".into(),
        number: None,
        sha256: Sha256::of(offers.as_bytes()),
        produces: vec![element(offers)],
        consumes: uses
            .iter()
            .map(|(application, signature)| Need {
                by: key("main"),
                application: key(application),
                element: element(signature),
            })
            .collect(),
        modules: vec![],
        platform: None,
    }
}

fn bonds(contents: &Contents, earlier: &BTreeMap<Key, Content>, since: bool) -> Vec<(String, String, Bond)> {
    let told = |one: Dependency| (one.consumer.to_string(), one.producer.to_string(), one.bond);
    dependencies(contents, earlier, |_, _| since).into_iter().map(told).collect()
}

#[test]
fn each_dependency_says_how_it_stands() {
    let mut contents = Contents::from([
        (key("desk"), content("d", &[("tide", "1"), ("desk", "other"), ("gone", "1"), ("theme", "2")])),
        (key("tide"), content("1", &[])),
        (key("theme"), content("1", &[])),
    ]);
    let told = |from: &str, to: &str, bond| (from.to_owned(), to.to_owned(), bond);
    let none = BTreeMap::new();
    assert_eq!(
        bonds(&contents, &none, true),
        [
            told("desk", "gone", Bond::ProducerMissing),
            told("desk", "theme", Bond::Incompatible),
            told("desk", "tide", Bond::Met)
        ],
        "what it uses of itself is no dependency"
    );
    contents.get_mut(&key("tide")).unwrap().produces.clear();
    assert_eq!(bonds(&contents, &none, true)[2].2, Bond::ElementMissing);
}

#[test]
fn a_consumer_is_outdated_once_its_producer_offers_something_else_since_it_came() {
    let mut now = content("1", &[]);
    now.produces.push(Element { name: "More".into(), ..element("1") });
    let contents =
        Contents::from([(key("desk"), content("d", &[("tide", "1")])), (key("tide"), now.clone())]);
    let before = BTreeMap::from([(key("tide"), content("1", &[]))]);
    assert_eq!(bonds(&contents, &before, true)[0].2, Bond::Outdated);
    assert_eq!(bonds(&contents, &before, false)[0].2, Bond::Met, "the consumer came later");
    let same = BTreeMap::from([(key("tide"), now)]);
    assert_eq!(bonds(&contents, &same, true)[0].2, Bond::Met, "other bytes, the same face");
}

#[test]
fn circles_are_found_and_drawn_in_one_column() {
    let contents = Contents::from([
        (key("a"), content("1", &[("b", "1")])),
        (key("b"), content("1", &[("c", "1")])),
        (key("c"), content("1", &[("a", "1"), ("z", "1")])),
        (key("z"), content("1", &[])),
        (key("top"), content("1", &[("a", "1")])),
    ]);
    let found = dependencies(&contents, &BTreeMap::new(), |_, _| false);
    assert_eq!(cycles(&found), [vec![key("a"), key("b"), key("c")]]);
    let drawn = draw(&found, &contents.keys().cloned().collect()).unwrap();
    let x = |of: &str| drawn.boxes.iter().find(|(one, _)| one.as_str() == of).unwrap().1.x;
    assert!(x("z") < x("a") && x("a") == x("b") && x("b") == x("c") && x("c") < x("top"));
    assert_eq!(drawn.arrows.len(), 5);
    assert_eq!(around(&found, &key("z")).len(), 5, "indirectly too");
    assert_eq!(beside(&found, &key("z")), BTreeSet::from([key("c"), key("z")]));
    let many = (0..=MOST_BOXES).map(|n| key(&format!("a{n}"))).collect();
    assert_eq!(draw(&found, &many), None);
}

proptest! {
    /// Without circles each consumer stands right of everything that it uses; no two boxes overlap.
    #[test]
    fn consumers_stand_right_of_their_producers(edges in prop::collection::btree_set((0_u8..20, 0_u8..20), 1..40)) {
        let of: Vec<Dependency> = edges
            .into_iter()
            .filter(|(from, to)| from != to)
            .map(|(from, to)| Dependency {
                consumer: key(&format!("a{from}")), producer: key(&format!("a{to}")), bond: Bond::Met, elements: BTreeSet::new(),
            })
            .collect();
        let all: BTreeSet<Key> = of.iter().flat_map(|one| [one.consumer.clone(), one.producer.clone()]).collect();
        let circles = cycles(&of);
        let together = |a: &Key, b: &Key| circles.iter().any(|circle| circle.contains(a) && circle.contains(b));
        if let Some(drawn) = draw(&of, &all) {
            prop_assert_eq!(drawn.boxes.len(), all.len());
            prop_assert_eq!(drawn.arrows.len(), of.len());
            for (from, to, _) in &drawn.arrows {
                let ((consumer, left), (producer, right)) = (&drawn.boxes[*from], &drawn.boxes[*to]);
                prop_assert!(left.x > right.x || together(consumer, producer));
            }
            let corners: BTreeSet<(u32, u32)> = drawn.boxes.iter().map(|(_, area)| (area.x, area.y)).collect();
            prop_assert_eq!(corners.len(), drawn.boxes.len());
        } else {
            prop_assert!(all.is_empty());
        }
    }
}
