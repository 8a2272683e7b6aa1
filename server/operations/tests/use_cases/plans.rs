//! What a new plan can take, and what it takes by itself.

use crate::common::World;
use operations::CandidateQuery;
use operations::view::PlanCandidates;

fn keys(found: &PlanCandidates) -> (Vec<&str>, Vec<&str>) {
    (
        found.chosen.iter().map(|one| one.application.key.as_str()).collect(),
        found.rows.rows.iter().map(|one| one.application.key.as_str()).collect(),
    )
}

#[tokio::test]
async fn a_plan_takes_what_differs() {
    let world = World::new().await;
    for application in ["anchor", "buoy", "crane"] {
        world.publish(application, None, "", "a").await;
    }
    let dev = world.user("dev").await;
    let ask =
        async |query: CandidateQuery| world.console.plan_candidates(&dev, "harbour", &query).await.unwrap();
    let found = ask(CandidateQuery::default()).await;
    assert_eq!(
        keys(&found),
        (vec![], vec!["anchor", "buoy", "crane"]),
        "from the first to the second by itself"
    );
    let named =
        |stage: &Option<operations::view::EnvironmentRef>| stage.as_ref().map(|stage| stage.key.clone());
    assert_eq!((named(&found.source), named(&found.target)), (Some("dev".into()), Some("test".into())));
    assert!(found.rows.rows.iter().all(|one| one.there.is_none()));

    let chosen = vec!["crane".to_owned(), "crane".to_owned(), "no-such".to_owned()];
    let found = ask(CandidateQuery { chosen: chosen.clone(), ..CandidateQuery::default() }).await;
    assert_eq!(keys(&found), (vec!["crane"], vec!["anchor", "buoy"]));
    let search = Some(" BUO ".to_owned());
    let found = ask(CandidateQuery { chosen, search, ..CandidateQuery::default() }).await;
    assert_eq!(keys(&found), (vec!["crane"], vec!["buoy"]), "what is chosen is shown whatever is looked for");
    assert_eq!((found.matching.n, found.differing.n), (1, 3));
    let same = |key: &str| Some(key.to_owned());
    let found =
        ask(CandidateQuery { from: same("test"), to: same("test"), ..CandidateQuery::default() }).await;
    assert_eq!((keys(&found), found.differing.n), ((vec![], vec![]), 0));
    let found = ask(CandidateQuery { from: same("test"), ..CandidateQuery::default() }).await;
    assert_eq!(keys(&found), (vec![], vec![]), "nothing runs in Test yet");

    let plan = world.console.make_plan(&dev, "harbour", "dev", "test", &[]).await.unwrap();
    let page = world.console.plan(&dev, "harbour", plan).await.unwrap();
    let taken: Vec<_> = page.items.iter().map(|item| item.application.key.as_str()).collect();
    assert_eq!(taken, ["anchor", "buoy", "crane"], "with none chosen it takes all of them");
}
