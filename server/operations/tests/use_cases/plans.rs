//! What a new plan can take, and what it takes by itself.

use crate::common::{HOME, World, consumes, later, make_role, produces, role, user_of};
use domain::protocol::TaskOutcome;
use domain::time::MINUTE;
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

/// Whoever may list an application in no environment but one that is given to them learns nothing of the others by a plan.
#[tokio::test]
async fn what_may_not_be_seen_in_the_target_is_not_named() {
    let world = World::new().await;
    let console = &world.console;
    let (ada, ron) = (world.user("ada").await, world.user("ron").await);
    let carry_out = async |chosen: &[&str]| {
        let chosen: Vec<String> = chosen.iter().map(|one| (*one).to_owned()).collect();
        let plan = console.make_plan(&ada, HOME, "dev", "test", &chosen).await.unwrap();
        let digest = console.plan(&ada, HOME, plan).await.unwrap().digest;
        let run = console.start_plan(&ada, HOME, plan, &digest).await.unwrap();
        world.carry_out("test", run, |_| TaskOutcome::Done).await;
    };
    world.publish("theme", None, &produces("Skin", "1"), "a").await;
    world.publish("safe", None, &consumes("theme", "Skin", "1"), "a").await;
    carry_out(&["theme", "safe"]).await;
    let visitor = make_role(&world, "Visitor", [1, 1, 1], &[]).await;
    console.set_default_role(&ada, HOME, user_of(&ron), visitor, "").await.unwrap();
    let manager = role(&world, "Administrator").await;
    console.grant(&ada, HOME, user_of(&ron), "theme", manager).await.unwrap();

    world.publish("theme", None, &produces("Page", "1"), "b").await;
    let plan = console.make_plan(&ron, HOME, "dev", "test", &["theme".into()]).await.unwrap();
    later(&world, MINUTE);
    world.publish("safe", None, "", "b").await;
    carry_out(&["safe"]).await;
    console.edit_plan(&ada, HOME, plan, "theme", "undeploy").await.unwrap();
    let mine = console.plan(&ron, HOME, plan).await.unwrap();
    assert_eq!(mine.stale, ["A deployment of applications that you may not see ended in Test since."]);
    let mine = serde_json::to_string(&mine).unwrap();
    assert!(!mine.contains("safe"), "{mine}");

    // What it would break is said, and not whom.
    world.publish("vault", None, &consumes("theme", "Page", "1"), "a").await;
    let other =
        console.make_plan(&ada, HOME, "dev", "test", &["theme".into(), "vault".into()]).await.unwrap();
    let digest = console.plan(&ada, HOME, other).await.unwrap().digest;
    let run = console.start_plan(&ada, HOME, other, &digest).await.unwrap();
    world.carry_out("test", run, |_| TaskOutcome::Done).await;
    let shown = console.plan(&ron, HOME, plan).await.unwrap();
    let [finding] = shown.findings.as_slice() else { panic!("{:?}", shown.findings) };
    assert_eq!(finding.kind, "Producer Module Missing");
    assert_eq!(
        finding.sentence,
        "An application that you may not see uses something of App theme, and App theme would be neither in Test nor in this plan."
    );
    assert_eq!(
        (finding.application.key.as_str(), &finding.producer, finding.elements.len()),
        ("theme", &None, 0)
    );
    let ways: Vec<_> = finding.ways_out.iter().map(|way| way.words.as_str()).collect();
    assert_eq!(ways, ["Leave App theme as it is"]);
    let told = serde_json::to_string(&shown).unwrap();
    assert!(!told.contains("vault") && !told.contains("App safe"), "{told}");
    // Who may see it is told by name.
    let seen = console.plan(&ada, HOME, plan).await.unwrap();
    assert!(seen.findings[0].sentence.starts_with("App vault 0.1.0 uses Page (module theme)"), "{seen:?}");
}
