//! Who uses whom in an environment.

use crate::common::{HOME, World, consumes, later, produces};
use domain::dependency::Bond;
use domain::time::SECOND;
use operations::view::{DependencyPage, MatrixCell};
use operations::{MatrixQuery, OperationError};

async fn page(world: &World, application: Option<&str>) -> DependencyPage {
    agrees(world).await;
    world.console.dependencies(&world.local, HOME, "dev", application).await.unwrap()
}

/// What the matrix keeps of each application is the worst that looking at everything finds (A05), and its filter and counter follow.
async fn agrees(world: &World) {
    let found = world.console.dependencies(&world.local, HOME, "dev", None).await.unwrap();
    let worst =
        |key: &str| found.shown.iter().filter(|one| one.consumer.key == key).map(|one| one.bond).max();
    let all = world.console.matrix(&world.local, HOME, &MatrixQuery::default()).await.unwrap();
    let mut unmet = Vec::new();
    for row in &all.rows.rows {
        let MatrixCell::Present(running) = &row.cells[0] else { continue };
        let key = row.application.key.as_str();
        assert_eq!(running.bond, Some(worst(key).unwrap_or(Bond::Met)), "{key}");
        if running.bond > Some(Bond::Met) {
            unmet.push(key);
        }
    }
    let query = MatrixQuery { unmet: true, ..MatrixQuery::default() };
    let some = world.console.matrix(&world.local, HOME, &query).await.unwrap();
    let keys: Vec<_> = some.rows.rows.iter().map(|row| row.application.key.as_str()).collect();
    assert_eq!((keys, some.unmet.n), (unmet.clone(), unmet.len() as u64));
}

fn bonds(page: &DependencyPage) -> Vec<(&str, &str, Bond)> {
    page.shown.iter().map(|one| (one.consumer.key.as_str(), one.producer.key.as_str(), one.bond)).collect()
}

#[tokio::test]
async fn missing_broken_and_outdated_ones_are_told_first() {
    let world = World::new().await;
    world.publish("theme", None, &produces("Skin", "1"), "a").await;
    later(&world, SECOND);
    world.publish("desk", None, &consumes("theme", "Skin", "1"), "b").await;
    assert_eq!(bonds(&page(&world, None).await), [("desk", "theme", Bond::Met)]);

    // The same face under other bytes leaves its consumers as they are; another one makes them outdated.
    later(&world, SECOND);
    world.publish("theme", None, &produces("Skin", "1"), "c").await;
    assert_eq!(page(&world, None).await.findings, []);
    later(&world, SECOND);
    let more = format!("{}{}", produces("Skin", "1"), produces("Icon", "1"));
    world.publish("theme", None, &more, "d").await;
    let found = page(&world, None).await;
    assert_eq!(bonds(&found), [("desk", "theme", Bond::Outdated)]);
    assert_eq!(found.findings, found.shown);
    later(&world, SECOND);
    world.publish("desk", None, &consumes("theme", "Skin", "1"), "e").await;
    assert_eq!(bonds(&page(&world, None).await), [("desk", "theme", Bond::Met)], "it came after that");

    world.publish("theme", None, &produces("Skin", "2"), "f").await;
    let found = page(&world, None).await;
    let element = &found.findings[0].elements[0];
    assert_eq!((found.findings[0].bond, element.found.as_deref()), (Bond::Incompatible, Some("2")));
    world.publish("kiosk", None, &consumes("ledger", "Sum", "1"), "g").await;
    let found = page(&world, None).await;
    assert_eq!(
        bonds(&found),
        [("desk", "theme", Bond::Incompatible), ("kiosk", "ledger", Bond::ProducerMissing)]
    );
    assert_eq!(found.findings[0].bond, Bond::ProducerMissing, "the worst first");
    assert_eq!((found.applications, found.drawing.as_ref().unwrap().boxes.len()), (3, 4));

    // The producer comes, and what lacked it is whole again; what nobody changed is looked at with it.
    world.publish("ledger", None, &produces("Sum", "1"), "h").await;
    assert_eq!(bonds(&page(&world, None).await)[1], ("kiosk", "ledger", Bond::Met));

    let around = page(&world, Some("theme")).await;
    assert_eq!(bonds(&around), [("desk", "theme", Bond::Incompatible)]);
    assert_eq!(around.drawing.unwrap().boxes.len(), 2);
}

#[tokio::test]
async fn circles_are_told_and_who_may_not_see_is_told_nothing() {
    let world = World::new().await;
    for (application, other) in [("left", "right"), ("right", "left")] {
        let both = format!("{}{}", produces("Half", "1"), consumes(other, "Half", "1"));
        world.publish(application, None, &both, "a").await;
    }
    let found = page(&world, None).await;
    let circle: Vec<_> = found.cycles.iter().flatten().map(|one| one.key.as_str()).collect();
    assert_eq!(circle, ["left", "right"]);
    assert_eq!(found.counts[&Bond::Met], 2);
    let missing = world.console.dependencies(&world.local, HOME, "dev", Some("nobody")).await.unwrap_err();
    assert!(matches!(missing, OperationError::NotFound { .. }), "{missing}");

    let none = crate::common::make_role(&world, "Outside", [0, 2, 2], &[]).await;
    let ron = world.user("ron").await;
    let user = crate::common::user_of(&ron);
    world.console.set_default_role(&world.local, HOME, user, none, "").await.unwrap();
    let hidden = world.console.dependencies(&ron, HOME, "dev", None).await.unwrap_err();
    assert!(matches!(hidden, OperationError::NotFound { .. }), "{hidden}");
}
