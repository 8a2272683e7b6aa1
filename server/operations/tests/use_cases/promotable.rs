//! Whether versions could be promoted, asked without making a plan.

use crate::common::{HOME, World, consumes, produces, refused};
use crate::ways_out::publish;
use operations::{OperationError, TimeQuery};

#[tokio::test]
async fn it_answers_as_the_plan_would_and_makes_nothing() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    let names = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
    let ask = async |wanted: &[&str]| console.promotable(&ada, HOME, ("dev", "test"), &names(wanted)).await;
    let (offers, needs) = (produces("Look", "1"), consumes("theme", "Look", "1"));
    publish(&world, "theme", "", &[("theme", "/theme", &offers)], "a").await;
    publish(&world, "desk", "", &[("desk", "/desk", &needs)], "a").await;
    console.tag(&ada, HOME, "theme", "dev", "1.0.0", "").await.unwrap();
    console.tag(&ada, HOME, "desk", "dev", "2.0.0", "").await.unwrap();

    // Alone it lacks what it uses; with that nothing is in the way.
    let alone = ask(&["desk@2.0.0"]).await.unwrap();
    assert!(!alone.possible && alone.reasons.is_empty(), "{alone:?}");
    assert_eq!(alone.findings[0].kind, "Producer Module Missing");
    let both = ask(&["desk", "theme@1.0.0"]).await.unwrap();
    assert!(both.possible, "{both:?}");
    let plan = console.make_plan(&ada, HOME, "dev", "test", &names(&["desk"])).await.unwrap();
    let page = console.plan(&ada, HOME, plan).await.unwrap();
    assert_eq!(page.findings, alone.findings, "as the plan says it");
    let plans = console.plans(&ada, HOME, &TimeQuery::default()).await.unwrap();
    assert_eq!(plans.rows.len(), 1, "only the plan that was made");

    // What cannot be asked.
    for (wanted, sentence) in [
        (names(&[]), "Name 1 to 500 applications"),
        (names(&["desk@9.9.9"]), "App desk has no version 9.9.9."),
        (names(&["desk", "desk@2.0.0"]), "“desk” is named twice."),
        (names(&["desk@x"]), "“x” is no version"),
    ] {
        let said = refused(console.promotable(&ada, HOME, ("dev", "test"), &wanted).await);
        assert!(said.starts_with(sentence), "{said}");
    }
    let said = refused(console.promotable(&ada, HOME, ("dev", "dev"), &names(&["desk"])).await);
    assert!(said.contains("R01"), "{said}");
    let gone = console.promotable(&ada, HOME, ("test", "dev"), &names(&["desk@2.0.0"])).await.unwrap();
    assert!(!gone.possible);
    assert_eq!(gone.reasons, ["App desk 2.0.0 was never in Test, so it cannot go from there (R02)."]);
    let absent = console.promotable(&ada, HOME, ("dev", "test"), &names(&["moon"])).await;
    assert!(matches!(absent.unwrap_err(), OperationError::NotFound { .. }));
}
