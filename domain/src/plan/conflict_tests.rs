//! Every conflict type in both outcomes, and what holds for any landscape.

use super::conflict::Kind::*;
use super::*;
use proptest::prelude::*;

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

/// An application of one module `m`, served under its own name.
struct App(&'static str, Content);

fn app(name: &'static str, number: &str) -> App {
    App(
        name,
        Content {
            name: name.to_owned(),
            number: number.parse().ok(),
            sha256: Sha256::of(format!("{name} {number}").as_bytes()),
            produces: vec![],
            consumes: vec![],
            modules: vec![Part {
                key: key(&format!("{name}-m")),
                virtual_directory: format!("/{name}"),
                host: None,
            }],
            platform: None,
        },
    )
}

impl App {
    fn element(module: &str, name: &str, signature: &str) -> Element {
        Element { module: key(module), name: name.into(), signature: signature.into() }
    }

    fn offers(mut self, name: &str, signature: &str) -> Self {
        let module = format!("{}-m", self.0);
        self.1.produces.push(Self::element(&module, name, signature));
        self
    }

    fn uses(mut self, application: &str, name: &str, signature: &str) -> Self {
        let element = Self::element(&format!("{application}-m"), name, signature);
        self.1.consumes.push(Need {
            by: key(&format!("{}-m", self.0)),
            application: key(application),
            element,
        });
        self
    }

    fn module(mut self, module: &str, directory: &str) -> Self {
        let (key, virtual_directory) = (key(module), directory.to_owned());
        self.1.modules.push(Part { key, virtual_directory, host: None });
        self
    }
}

fn side(apps: &[&App]) -> Contents {
    apps.iter().map(|App(name, content)| (key(name), content.clone())).collect()
}

struct Case {
    before: Contents,
    after: Contents,
    source: Contents,
    touched: BTreeSet<Key>,
    platform: Option<VersionNumber>,
    hotfixes: BTreeSet<Key>,
}

/// The source is what would be afterwards, where nothing else is said.
fn case(before: &[&App], after: &[&App], touched: &[&str]) -> Case {
    Case {
        before: side(before),
        after: side(after),
        source: side(after),
        touched: touched.iter().map(|one| key(one)).collect(),
        platform: None,
        hotfixes: BTreeSet::new(),
    }
}

impl Case {
    fn land(&self) -> Landscape<'_> {
        let Self { before, after, source, touched, platform, hotfixes } = self;
        Landscape { before, after, source, touched, platform: *platform, hotfixes }
    }

    fn found(&self) -> Vec<Conflict> {
        validate(&self.land())
    }

    fn kinds(&self) -> Vec<Kind> {
        self.found().into_iter().map(|conflict| conflict.kind).collect()
    }
}

fn theme() -> App {
    app("theme", "1.0").offers("Skin", "1")
}

fn desk() -> App {
    app("desk", "1.0").uses("theme", "Skin", "1")
}

#[test]
fn producer_module_missing() {
    assert_eq!(case(&[], &[&desk()], &["desk"]).kinds(), [ProducerMissing]);
    assert_eq!(case(&[], &[&desk(), &theme()], &["desk", "theme"]).kinds(), [], "it comes along");
    assert_eq!(case(&[&theme()], &[&desk(), &theme()], &["desk"]).kinds(), [], "it is there");
    let taken_out = case(&[&desk(), &theme()], &[&desk()], &["theme"]);
    assert_eq!(taken_out.kinds(), [ProducerMissing], "who takes a producer out breaks its consumers");
}

#[test]
fn producer_element_missing() {
    let without = app("theme", "2.0").offers("Page", "1");
    let found = case(&[&desk(), &theme()], &[&desk(), &without], &["theme"]).found();
    assert_eq!(found.len(), 1);
    let wanted = Required {
        by: key("desk-m"),
        module: key("theme-m"),
        element: "Skin".into(),
        wanted: "1".into(),
        found: None,
    };
    assert_eq!((found[0].kind, &found[0].elements), (ElementMissing, &BTreeSet::from([wanted])));
}

#[test]
fn producer_element_incompatible() {
    let other = app("theme", "2.0").offers("Skin", "2");
    let found = case(&[&desk(), &theme()], &[&desk(), &other], &["theme"]).found();
    assert_eq!(found.len(), 1);
    let element = found[0].elements.first().unwrap();
    assert_eq!((found[0].kind, element.found.as_deref()), (ElementIncompatible, Some("2")));
    let follows = app("desk", "1.1").uses("theme", "Skin", "2");
    assert_eq!(case(&[&desk(), &theme()], &[&follows, &other], &["theme", "desk"]).kinds(), []);
}

#[test]
fn producer_module_moved() {
    // The module `theme-m` with its skin belongs to `looks` now.
    let mut looks = app("looks", "1.0").module("theme-m", "/skins");
    looks.1.produces.push(App::element("theme-m", "Skin", "1"));
    let found = case(&[&desk(), &theme()], &[&desk(), &looks], &["theme", "looks"]).found();
    assert_eq!(found.iter().map(|one| one.kind).collect::<Vec<_>>(), [ProducerMoved]);
    assert_eq!(found[0].about, BTreeSet::from(["looks".to_owned()]), "and where to");
    let mut empty = app("theme", "2.0");
    empty.1.modules.clear();
    let kinds = case(&[&desk(), &theme()], &[&desk(), &empty, &looks], &["theme", "looks"]).kinds();
    assert_eq!(kinds, [ProducerMoved], "also where the application stays without it");
}

#[test]
fn consumer_module_moved() {
    // `berths` leaves `desk` for `harbour`.
    let both = desk().module("berths", "/berths");
    let harbour = app("harbour", "1.0").module("berths", "/harbour-berths");
    let mut one = case(&[&both, &theme()], &[&both, &theme(), &harbour], &["harbour"]);
    one.source = side(&[&desk(), &theme(), &harbour]);
    assert_eq!(one.kinds(), [ConsumerMoved]);
    assert_eq!(one.found()[0].about, BTreeSet::from(["berths".to_owned()]));
    one.after = side(&[&desk(), &theme(), &harbour]);
    one.touched.insert(key("desk"));
    assert_eq!(one.kinds(), [], "both come together");
    one.after = side(&[&both, &theme(), &harbour]);
    one.source = side(&[&both, &theme(), &harbour]);
    one.touched.remove(&key("desk"));
    assert_eq!(one.kinds(), [], "where the source has it in both, nothing moved");
}

#[test]
fn consumer_module_outdated() {
    let more = app("theme", "1.1").offers("Skin", "1").offers("Page", "1");
    let found = case(&[&desk(), &theme()], &[&desk(), &more], &["theme"]).found();
    assert_eq!(found.iter().map(|one| one.kind).collect::<Vec<_>>(), [ConsumerOutdated]);
    assert_eq!((found[0].consumer.as_str(), found[0].producer.as_str()), ("desk", "theme"));
    let again = case(&[&desk(), &theme()], &[&desk(), &more], &["theme", "desk"]);
    assert_eq!(again.kinds(), [], "redeployed, it is up to date");
    let same = app("theme", "1.2").offers("Skin", "1");
    assert_eq!(case(&[&desk(), &theme()], &[&desk(), &same], &["theme"]).kinds(), [], "it offers the same");
}

#[test]
fn newer_producer_module_available() {
    let mut one = case(&[&theme()], &[&desk(), &theme()], &["desk"]);
    one.source = side(&[&desk(), &app("theme", "1.1").offers("Skin", "1")]);
    assert_eq!(one.kinds(), [NewerProducerAvailable]);
    one.source = side(&[&desk(), &theme()]);
    assert_eq!(one.kinds(), []);
}

#[test]
fn incompatible_platform_server() {
    let mut new = app("desk", "1.0");
    new.1.platform = "1.2".parse().ok();
    for (has, kinds) in [
        (Some("1.1"), &[IncompatiblePlatformServer][..]),
        (Some("1.2"), &[]),
        (Some("2.0"), &[]),
        (None, &[]),
    ] {
        let mut one = case(&[], &[&new], &["desk"]);
        one.platform = has.and_then(|has| has.parse().ok());
        assert_eq!(one.kinds(), kinds, "{has:?}");
        one.touched.clear();
        assert_eq!(one.kinds(), [], "what the plan does not bring is not its matter");
    }
}

#[test]
fn r15_names_and_virtual_directories_are_unique_in_an_environment() {
    let one = app("a", "1.0");
    let mut other = app("b", "1.0").module("more", "/a");
    assert_eq!(case(&[&one], &[&one, &other], &["b"]).kinds(), [NameCollision], "the directory");
    other = app("b", "1.0").module("more", "/a/more");
    assert_eq!(case(&[&one], &[&one, &other], &["b"]).kinds(), [], "one directory lies in the other");
    let mut hosted = app("a", "1.0");
    for each in [&mut hosted, &mut other] {
        each.1.modules[0].host = Some("desk.example".to_owned());
    }
    assert_eq!(case(&[&hosted], &[&hosted, &other], &["b"]).kinds(), [NameCollision], "the host");
    other = app("b", "1.0");
    other.1.name = "A".to_owned();
    assert_eq!(case(&[&one], &[&one, &other], &["b"]).kinds(), [NameCollision], "the name");
    // It is a matter of the one that the plan brings, whichever comes first by its key.
    for brought in ["a", "b"] {
        let found = case(&[], &[&one, &other], &[brought]).found();
        assert_eq!(found.iter().map(|one| one.consumer.as_str()).collect::<Vec<_>>(), [brought]);
    }
    assert_eq!(case(&[&one, &other], &[&one, &other], &["c"]).kinds(), [], "it was so before");
    assert_eq!(case(&[&one], &[&one, &app("b", "1.0")], &["b"]).kinds(), []);
}

#[test]
fn r03_a_lower_version_needs_a_new_number() {
    let higher = app("theme", "1.1").offers("Skin", "1");
    assert_eq!(case(&[&higher], &[&theme()], &["theme"]).kinds(), [LowerVersion]);
    assert_eq!(case(&[&theme()], &[&higher], &["theme"]).kinds(), []);
    assert_eq!(case(&[&theme()], &[&theme()], &["theme"]).kinds(), [], "R04: an equal one is no lower one");
}

#[test]
fn b29_a_hotfix_that_the_source_never_had_is_not_overwritten_unnoticed() {
    let (fixed, next) = (app("desk", "1.0.1"), app("desk", "1.1"));
    let mut one = case(&[&fixed], &[&next], &["desk"]);
    assert_eq!(one.kinds(), [], "what runs there is no open hotfix");
    one.hotfixes.insert(key("desk"));
    assert_eq!(one.kinds(), [HotfixOverwritten]);
    assert_eq!(one.found()[0].about, BTreeSet::from(["1.0.1".to_owned()]));
    assert_eq!(super::broken(&one.land()), [], "a way back is meant to take back");
    one.after = side(&[&fixed]);
    assert_eq!(one.kinds(), [], "the same once more");
    one.after = side(&[]);
    assert_eq!(one.kinds(), [], "nothing takes its place");
}

#[test]
fn r13_errors_stop_and_warnings_do_not() {
    let stops: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| kind.is_error()).collect();
    assert_eq!(
        stops,
        [
            ProducerMissing,
            ElementMissing,
            ElementIncompatible,
            ProducerMoved,
            IncompatiblePlatformServer,
            NameCollision,
            LowerVersion,
            HotfixOverwritten,
            SettingMissing
        ]
    );
    assert_eq!(NameCollision.severity(), Severity::Blocker, "two cannot be served under one directory");
}

#[test]
fn b31_what_was_broken_before_is_not_the_plans_fault() {
    let broken = app("yard", "1.0").uses("crane", "Hook", "1");
    let all: [&App; 2] = [&broken, &theme()];
    assert_eq!(case(&all, &[&broken, &theme(), &desk()], &["desk"]).kinds(), []);
    assert_eq!(case(&[&theme()], &all, &["yard"]).kinds(), [ProducerMissing], "but who brings it is told");
}

#[test]
fn accepted_conflicts_are_known_by_their_digest() {
    let missing = case(&[], &[&desk()], &["desk"]).found();
    let other = app("desk", "1.0").uses("theme", "Skin", "2");
    let another = case(&[], &[&other], &["desk"]).found();
    assert_ne!(conflicts_digest(&missing), conflicts_digest(&another));
    assert_ne!(conflicts_digest(&missing), conflicts_digest(&[]));
    let mut one = case(&[&theme()], &[&desk(), &theme()], &["desk"]);
    one.source = side(&[&desk(), &app("theme", "1.1").offers("Skin", "1")]);
    assert_eq!(conflicts_digest(&one.found()), conflicts_digest(&[]), "a warning needs no acceptance");
}

#[test]
fn b25_a_needed_setting_without_a_value_stops_what_would_come_without_it() {
    let key = |text: &str| text.parse::<Key>().unwrap();
    let missing = [
        (key("desk"), BTreeSet::from(["Mood (mood)".to_owned(), "Door (door)".to_owned()])),
        (key("tide"), BTreeSet::new()),
    ];
    let found = unset(&missing.into());
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].kind, found[0].consumer.as_str(), found[0].about.len()),
        (SettingMissing, "desk", 2)
    );
    assert_ne!(conflicts_digest(&found), conflicts_digest(&[]), "it is accepted like any other");
}

#[test]
fn a_way_back_is_told_what_it_breaks_but_not_that_it_lowers() {
    let higher = app("theme", "1.1").offers("Skin", "1").offers("Page", "1");
    let user = app("yard", "1.0").uses("theme", "Page", "1");
    let one = case(&[&higher, &user], &[&theme(), &user], &["theme"]);
    let found = super::broken(&one.land());
    assert_eq!(found.iter().map(|one| one.kind).collect::<Vec<_>>(), [ElementMissing]);
    assert!(one.kinds().contains(&LowerVersion));
}

const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

/// One application of a small landscape: its number, which elements it offers, and what it uses of whom.
fn any_app(name: &'static str) -> impl Strategy<Value = Option<Content>> {
    let offers = proptest::collection::vec((0u8..3, 0u8..2), 0..3);
    let uses = proptest::collection::vec((0usize..5, 0u8..3, 0u8..2), 0..3);
    proptest::option::of((0u16..4, offers, uses).prop_map(move |(minor, offers, uses)| {
        let mut made = app(name, &format!("1.{minor}"));
        for (element, signature) in offers {
            if made.1.produces.iter().all(|one| one.name != format!("E{element}")) {
                made = made.offers(&format!("E{element}"), &signature.to_string());
            }
        }
        for (whom, element, signature) in uses {
            made = made.uses(NAMES[whom], &format!("E{element}"), &signature.to_string());
        }
        made.1.consumes.retain(|need| need.application.as_str() != name);
        made.1.sha256 = Sha256::of(format!("{:?}{:?}", made.1.produces, made.1.consumes).as_bytes());
        made.1
    }))
}

fn any_side() -> impl Strategy<Value = Contents> {
    NAMES.map(any_app).prop_map(|all| {
        let named = NAMES.into_iter().zip(all);
        named.filter_map(|(name, content)| Some((key(name), content?))).collect()
    })
}

/// The needs of a landscape that are not met, by their consumer.
fn broken(side: &Contents) -> BTreeSet<(Key, Need)> {
    let mut all = BTreeSet::new();
    for (key, content) in side {
        for need in &content.consumes {
            let met = side.get(&need.application).is_some_and(|one| one.produces.contains(&need.element));
            if !met {
                all.insert((key.clone(), need.clone()));
            }
        }
    }
    all
}

proptest! {
    #[test]
    fn a_plan_without_errors_breaks_no_consumer(
        before in any_side(),
        source in any_side(),
        chosen in proptest::collection::vec(any::<bool>(), 5),
    ) {
        let touched: BTreeSet<Key> =
            NAMES.into_iter().zip(chosen).filter(|(_, chosen)| *chosen).map(|(name, _)| key(name)).collect();
        let changes: Changes = touched.iter().map(|key| (key.clone(), source.get(key).cloned())).collect();
        let after = apply(&before, &changes);
        prop_assert_eq!(apply(&after, &reverse(&before, &changes)), before.clone(), "its reverse gives back what was");
        let hotfixes = BTreeSet::new();
        let land = Landscape { before: &before, after: &after, source: &source, touched: &touched, platform: None, hotfixes: &hotfixes };
        let found = validate(&land);
        let stopped: BTreeSet<&Key> =
            found.iter().filter(|one| one.kind.is_error()).map(|one| &one.consumer).collect();
        for (consumer, need) in broken(&after) {
            let was = broken(&before).contains(&(consumer.clone(), need.clone())) && !touched.contains(&consumer);
            prop_assert!(was || stopped.contains(&consumer), "{consumer} lacks {need:?} and nothing was said");
        }
        // And nothing is said without a reason.
        for conflict in found.iter().filter(|one| !one.elements.is_empty() && one.kind.is_error()) {
            prop_assert!(broken(&after).iter().any(|(consumer, _)| *consumer == conflict.consumer));
        }
        // The order of what is touched, and saying it twice, changes nothing.
        prop_assert_eq!(validate(&land), found);
    }
}

#[test]
fn the_document_lists_every_conflict_type_with_its_severity() {
    let document = include_str!("../../../docs/promotion.md");
    let rows: BTreeSet<String> = document
        .lines()
        .skip_while(|line| !line.starts_with("| conflict |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.split('|').take(3).map(str::trim).collect::<Vec<_>>().join("|"))
        .collect();
    let told = |kind: Kind| format!("|{}|{}", kind.words(), format!("{:?}", kind.severity()).to_lowercase());
    assert_eq!(rows, Kind::ALL.map(told).into());
}
