//! Maintenance mode of environments.

use crate::world::*;
use storage::maintenance::MaintenanceRow;
use storage::*;

pub async fn maintenance_is_on_once(world: World) {
    let mut tx = world.change().await;
    let (home, other) = (infrastructure(&mut tx).await.id, infrastructure(&mut tx).await.id);
    let (first, second) = (environment(&mut tx, home, 0).await.id, environment(&mut tx, home, 1).await.id);
    environment(&mut tx, other, 0).await;
    let row = |environment, reason: &str| MaintenanceRow {
        environment_id: environment,
        reason: reason.parse().unwrap(),
        since: at(7),
        started_by: "Ada".to_owned(),
    };
    assert_eq!(maintenance::of(&mut tx, first).await.unwrap(), None);
    maintenance::put(&mut tx, &row(second, "Two.")).await.unwrap();
    maintenance::put(&mut tx, &row(first, "One.")).await.unwrap();
    assert_eq!(maintenance::list(&mut tx, home).await.unwrap(), [row(first, "One."), row(second, "Two.")]);
    assert_eq!(maintenance::list(&mut tx, other).await.unwrap(), []);
    maintenance::set_reason(&mut tx, first, &"Three.".parse().unwrap()).await.unwrap();
    assert_eq!(maintenance::of(&mut tx, first).await.unwrap(), Some(row(first, "Three.")));
    assert!(maintenance::remove(&mut tx, first).await.unwrap());
    assert!(!maintenance::remove(&mut tx, first).await.unwrap());
    let reason = "Four.".parse().unwrap();
    assert!(matches!(maintenance::set_reason(&mut tx, first, &reason).await, Err(StoreError::Missing)));
    tx.commit(entry("test", "x")).await.unwrap();

    let mut tx = world.change().await;
    let twice = maintenance::put(&mut tx, &row(second, "Again.")).await.unwrap_err();
    assert_eq!(twice.violated(), Some(&Constraint::MaintenanceId), "{twice}");
}
