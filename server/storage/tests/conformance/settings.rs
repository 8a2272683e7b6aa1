//! Values of settings: an environment's own, a plan's, and what counted in a deployment.

use crate::world::*;
use domain::setting::{Origin, SettingKind};
use storage::*;

pub async fn values_of_environments_plans_and_deployments(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let (dev, test) = (environment(&mut tx, home, 0).await, environment(&mut tx, home, 1).await);
    let (one, two) = (application(&mut tx, home, "One").await.id, application(&mut tx, home, "Two").await.id);
    let secret = setting(dev.id, one, "door");
    settings::put(&mut tx, &secret).await.unwrap();
    settings::put(&mut tx, &setting(test.id, one, "door")).await.unwrap();
    settings::put(&mut tx, &setting(dev.id, two, "door")).await.unwrap();
    let mood = settings::ValueRow {
        kind: SettingKind::Text,
        value: Some("ruhig, ✓ “x”".to_owned()),
        sealed: None,
        mark: None,
        ..setting(dev.id, one, "mood")
    };
    settings::put(&mut tx, &mood).await.unwrap();
    assert_eq!(settings::of(&mut tx, dev.id, one).await.unwrap(), [secret.clone(), mood.clone()]);
    // Set again: in place of the older one.
    let again = settings::ValueRow { value: Some(String::new()), set_at: at(9), ..mood.clone() };
    settings::put(&mut tx, &again).await.unwrap();
    assert_eq!(settings::of(&mut tx, dev.id, one).await.unwrap()[1], again);
    assert_eq!(settings::of_applications(&mut tx, dev.id, &[one, two]).await.unwrap().len(), 3);
    assert_eq!(settings::of_applications(&mut tx, test.id, &[one, two]).await.unwrap().len(), 1);
    assert!(settings::of_applications(&mut tx, dev.id, &[]).await.unwrap().is_empty());
    assert!(settings::remove(&mut tx, dev.id, one, &again.key).await.unwrap());
    assert!(!settings::remove(&mut tx, dev.id, one, &again.key).await.unwrap());
    assert_eq!(settings::of(&mut tx, dev.id, one).await.unwrap(), [secret]);

    let (draft, other) = (plan(&mut tx, &dev, &test, at(1)).await, plan(&mut tx, &dev, &test, at(2)).await);
    let wanted = planned(draft.id, one, "door");
    settings::plan(&mut tx, &wanted).await.unwrap();
    settings::plan(&mut tx, &planned(other.id, one, "door")).await.unwrap();
    let wanted = settings::PlannedRow { set_by: "Ron".to_owned(), ..wanted };
    settings::plan(&mut tx, &wanted).await.unwrap();
    assert_eq!(settings::planned(&mut tx, draft.id).await.unwrap(), std::slice::from_ref(&wanted));
    assert!(settings::withdraw(&mut tx, draft.id, one, &wanted.key).await.unwrap());
    assert!(!settings::withdraw(&mut tx, draft.id, one, &wanted.key).await.unwrap());
    assert!(settings::planned(&mut tx, draft.id).await.unwrap().is_empty());
    assert_eq!(settings::planned(&mut tx, other.id).await.unwrap().len(), 1);

    let run = deployment(&test, at(1));
    deployments::insert(&mut tx, &run, &[step(&run, 1, Some(one))]).await.unwrap();
    let none = settings::SnapshotRow {
        origin: Origin::Missing,
        value: None,
        ..kept(run.id, one, "forward", "never")
    };
    for row in [&kept(run.id, one, "forward", "mood"), &kept(run.id, one, "back", "mood"), &none] {
        settings::keep(&mut tx, row).await.unwrap();
    }
    assert_eq!(
        settings::kept_for(&mut tx, run.id, one, "forward").await.unwrap(),
        [kept(run.id, one, "forward", "mood"), none]
    );
    assert!(settings::kept_for(&mut tx, run.id, two, "forward").await.unwrap().is_empty());
    assert_eq!(settings::kept(&mut tx, &[run.id]).await.unwrap().len(), 3);
    assert!(settings::kept(&mut tx, &[]).await.unwrap().is_empty());
    let twice = settings::keep(&mut tx, &kept(run.id, one, "back", "mood")).await.unwrap_err();
    assert_eq!(twice.violated(), Some(&Constraint::DeploymentSettingId));
    drop(tx);

    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let dev = environment(&mut tx, home, 0).await;
    let one = application(&mut tx, home, "One").await.id;
    let (run, other) = (deployment(&dev, at(1)), deployment(&dev, at(2)));
    for run in [&run, &other] {
        deployments::insert(&mut tx, run, &[step(run, 1, Some(one))]).await.unwrap();
        settings::keep(&mut tx, &kept(run.id, one, "forward", "mood")).await.unwrap();
    }
    tx.commit(entry("test", "test")).await.unwrap();
    let anew = settings::SnapshotRow { value: Some("foggy".to_owned()), ..kept(run.id, one, "back", "mood") };
    let mut tx = world.store.journal().await.unwrap();
    settings::keep_anew(&mut tx, run.id, std::slice::from_ref(&anew)).await.unwrap();
    tx.commit(at(3)).await.unwrap();
    let found = settings::kept(&mut world.read().await, &[run.id, other.id]).await.unwrap();
    assert_eq!(found.len(), 2);
    assert!(found.contains(&anew) && found.contains(&kept(other.id, one, "forward", "mood")));
}
