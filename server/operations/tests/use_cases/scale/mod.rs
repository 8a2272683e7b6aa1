//! What a page asks the database does not grow with the infrastructure: the same statements with 200 environments and 2,000 front-ends
//! as with 5 and 50, and rows within a bound.

mod filled;

use filled::{APPLICATIONS, FRONT_ENDS, Filled, LARGE};
use operations::{CandidateQuery, MatrixQuery, PageQuery, PartAt, RegisterEnvironment, TimeQuery, Wanted};
use std::collections::BTreeMap;
use storage::testing::{Asked, asked};

/// Does something with a result and gives what was asked meanwhile.
macro_rules! of {
    ($work:expr) => {{
        let (done, asked) = asked($work).await;
        done.unwrap();
        asked
    }};
}

/// What each page asks, by its name.
async fn pages(filled: &Filled, environments: usize) -> BTreeMap<&'static str, Asked> {
    let (console, who) = (&filled.world.console, &filled.manager);
    let mut all = BTreeMap::new();
    all.insert("environments", of!(console.environments(who, LARGE)));
    all.insert("environment", of!(console.environment(who, LARGE, "e-001")));
    all.insert("dependencies", of!(console.dependencies(who, LARGE, "e-001", None)));
    all.insert("timeline", of!(console.timeline(who, LARGE, "e-001", &PageQuery::default())));
    all.insert("settings", of!(console.environment_settings(who, LARGE, "e-001")));
    all.insert("application settings", of!(console.settings_of(who, LARGE, "e-001", "app-00")));
    all.insert("leave", of!(console.environment_leaving(who, LARGE, "e-001")));
    all.insert("register", of!(console.registration(who, LARGE, &RegisterEnvironment::default())));
    all.insert("pipelines", of!(console.pipelines_folded(who, LARGE, None)));
    all.insert("one pipeline", of!(console.pipelines_folded(who, LARGE, Some("p-000"))));
    all.insert("architecture", of!(console.architecture(who, LARGE)));
    all.insert("parts", of!(console.parts(who, LARGE, None)));
    all.insert("parts of an environment", of!(console.parts(who, LARGE, Some("e-001"))));
    let server = PartAt { environment: None, kind: "database_server".into(), key: String::new() };
    all.insert("form of a part", of!(console.part_form(who, LARGE, &server)));
    all.insert("file", of!(console.architecture_file(who, LARGE)));
    let without = |keep: &dyn Fn(&str) -> bool| {
        let mut made = domain::testing::large(environments, FRONT_ENDS);
        made.environments.retain(|key, _| keep(key.as_str()));
        made.order.retain(|key| keep(key.as_str()));
        for pipeline in made.pipelines.values_mut() {
            pipeline.stages.retain(|key| keep(key.as_str()));
        }
        Wanted::File(domain::architecture::file::export(&made).unwrap())
    };
    let same = without(&|_| true);
    all.insert("comparison", of!(console.compare_architecture(who, LARGE, &same)));
    // All but one would go, and the first of them is kept.
    let (kept, asks) = asked(console.compare_architecture(who, LARGE, &without(&|key| key == "e-000"))).await;
    assert!(kept.unwrap_err().sentence().contains("cannot be taken out"));
    all.insert("comparison that is refused", asks);
    all.insert("matrix", of!(console.matrix(who, LARGE, &MatrixQuery::default())));
    let hop = CandidateQuery { from: Some("e-000".into()), ..CandidateQuery::default() };
    all.insert("new plan", of!(console.plan_candidates(who, LARGE, &hop)));
    all.insert("plans", of!(console.plans(who, LARGE, &TimeQuery::default())));
    let chosen = ["app-00".to_owned(), "app-01".to_owned()];
    let made = console.make_plan(who, LARGE, "e-000", "e-001", &chosen).await.unwrap();
    all.insert("plan", of!(console.plan(who, LARGE, made)));
    all.insert("reviews", of!(console.open_reviews(who, LARGE, &PageQuery::default())));
    all.insert("gates", of!(console.gates(who, LARGE)));
    all.insert("waiting", of!(console.waiting_plans(who, LARGE, &PageQuery::default())));
    all.insert("environment names", of!(console.environment_names(who, LARGE)));
    all.insert("deployments", of!(console.deployments(who, LARGE, &TimeQuery::default())));
    all.insert("deployment", of!(console.deployment(who, LARGE, filled.running)));
    all.insert("application", of!(console.application(who, LARGE, "app-00", &PageQuery::default())));
    all.insert("navigation", of!(console.me(who)));
    all
}

/// Each page, how many statements it asks, and how many rows these return at most with 200 environments of ten front-ends, of which each
/// has a deployment that runs and one that waits. The whole architecture is about 8,200 rows: pages that judge, write or draw it read all
/// of it, and the others do not.
const PAGES: [(&str, usize, u64); 29] = [
    ("application", 30, 6_900),
    ("application settings", 18, 700),
    ("architecture", 23, 11_000),
    ("comparison", 21, 11_000),
    ("comparison that is refused", 21, 9_000),
    ("dependencies", 7, 1_000),
    ("deployment", 21, 700),
    ("deployments", 8, 350),
    ("environment", 42, 11_000),
    ("environment names", 3, 250),
    ("environments", 13, 6_000),
    ("file", 19, 9_000),
    ("form of a part", 19, 9_000),
    ("gates", 11, 1_000),
    ("leave", 22, 9_000),
    ("matrix", 23, 7_100),
    ("navigation", 8, 10),
    ("new plan", 10, 1_700),
    ("one pipeline", 22, 13_000),
    ("parts", 19, 9_000),
    ("parts of an environment", 19, 9_000),
    ("pipelines", 22, 13_000),
    ("plan", 110, 6_000),
    ("plans", 5, 120),
    ("register", 25, 10_000),
    ("reviews", 4, 60),
    ("settings", 22, 9_000),
    ("timeline", 6, 300),
    ("waiting", 3, 60),
];

fn assert_asks_the_same(page: &str, few: &Asked, many: &Asked) {
    assert_eq!(few.names(), many.names(), "{page}: the statements grow with the infrastructure");
}

#[tokio::test]
async fn pages_ask_the_same_with_200_environments_of_2000_front_ends() {
    let small = Filled::new(5).await;
    let large = Filled::new(200).await;
    let (few, mut many) = (pages(&small, 5).await, pages(&large, 200).await);
    for (page, statements, rows) in PAGES {
        let asked = many.remove(page).unwrap_or_else(|| panic!("{page} is not asked"));
        assert_asks_the_same(page, &few[page], &asked);
        assert_eq!(asked.statements.len(), statements, "{page}: {:#?}", asked.statements);
        assert!(asked.rows() <= rows, "{page} reads {} rows: {:#?}", asked.rows(), asked.statements);
    }
    assert!(many.is_empty(), "without a bound: {:?}", many.keys());

    // Whoever only develops sees by other statements, as many of them.
    let (few, many) = (developed(&small).await, developed(&large).await);
    for (page, few) in &few {
        assert_asks_the_same(page, few, &many[page]);
    }
}

/// What the pages ask that everybody opens, for a Developer.
async fn developed(filled: &Filled) -> BTreeMap<&'static str, Asked> {
    let (console, who) = (&filled.world.console, &filled.developer);
    BTreeMap::from([
        ("environments", of!(console.environments(who, LARGE))),
        ("environment", of!(console.environment(who, LARGE, "e-001"))),
        ("pipelines", of!(console.pipelines_folded(who, LARGE, None))),
        ("matrix", of!(console.matrix(who, LARGE, &MatrixQuery::default()))),
        ("application", of!(console.application(who, LARGE, "app-00", &PageQuery::default()))),
        ("deployments", of!(console.deployments(who, LARGE, &TimeQuery::default()))),
        ("plans", of!(console.plans(who, LARGE, &TimeQuery::default()))),
        ("new plan", of!(console.plan_candidates(who, LARGE, &CandidateQuery::default()))),
    ])
}

#[tokio::test]
async fn what_is_counted_is_what_is_shown() {
    let filled = Filled::new(10).await;
    let (console, who) = (&filled.world.console, &filled.manager);
    let cards = console.environments(who, LARGE).await.unwrap();
    assert_eq!(cards.iter().map(|card| card.servers.len()).collect::<Vec<_>>(), [FRONT_ENDS; 10]);
    assert!(cards.iter().all(|card| card.deploying.is_some()), "one runs into each");
    assert_eq!(cards[0].applications.n, APPLICATIONS);
    let page = console.environment(who, LARGE, "e-000").await.unwrap();
    assert_eq!(page.card, cards[0], "the page counts as the list does");

    let page = console.application(who, LARGE, "app-00", &PageQuery::default()).await.unwrap();
    assert_eq!(page.environments.len(), 10);
    assert!(page.environments.iter().all(|place| place.addresses.len() == FRONT_ENDS));
    assert_eq!(page.environments[0].tag, Some(Ok(())), "it is modified there");
    assert!(page.environments[1].tag.as_ref().is_some_and(|tag| tag.is_err()));
    assert_eq!(page.versions.rows.len(), 20);
    assert_eq!(page.versions.rows[0].environment, "Environment 009");

    let running = console.deployment(who, LARGE, filled.running).await.unwrap();
    assert_eq!(running.row.percent, 25, "one of four steps is done");
    let listed = console.deployments(who, LARGE, &TimeQuery::default()).await.unwrap();
    let of = |id| listed.rows.iter().find(|row| row.id == id).unwrap();
    assert_eq!(of(filled.running), &running.row);
    assert_eq!(of(filled.running).target.key, "e-009");
    let plans = console.plans(who, LARGE, &TimeQuery::default()).await.unwrap();
    assert!(plans.rows.iter().all(|plan| plan.applications == 3 && plan.source.key == "e-000"));
}

#[tokio::test]
async fn many_pipelines_are_folded_and_summed_up() {
    let filled = Filled::new(65).await;
    let (console, who) = (&filled.world.console, &filled.manager);
    let page = console.pipelines_folded(who, LARGE, None).await.unwrap();
    assert_eq!((page.counts.pipelines, page.counts.environments), (13, 65));
    assert_eq!((page.architecture.pipelines.len(), page.architecture.environments.len()), (12, 60));
    // One front-end of ten does not answer, so no environment is well.
    let sums: Vec<_> =
        page.sums.iter().map(|sum| (sum.well, sum.environments, sum.answering, sum.front_ends)).collect();
    assert_eq!(sums, [(0, 5, 45, 50); 13]);
    let one = console.pipelines_folded(who, LARGE, Some("p-012")).await.unwrap();
    assert_eq!((one.architecture.pipelines.len(), one.architecture.environments.len()), (1, 5));
    assert_eq!((one.counts, &one.sums), (page.counts, &page.sums), "the sums are of all");
    assert!(!one.drawing.folded);
    let whole = console.pipelines(who, LARGE).await.unwrap();
    assert_eq!(whole.architecture.environments.len(), 65, "programs get all of it");
    let missing = console.pipelines_folded(who, LARGE, Some("moon")).await.unwrap_err();
    assert!(matches!(missing, operations::OperationError::NotFound { .. }), "{missing}");
}
