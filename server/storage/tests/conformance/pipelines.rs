//! Pipelines as promotion reads them.

use crate::world::*;
use domain::architecture::model::Pipeline;
use domain::text::Key;
use storage::*;

pub async fn applications_belong_to_one_pipeline(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let (first, second) = (environment(&mut tx, home, 0).await, environment(&mut tx, home, 1).await);
    let (one, two) = (application(&mut tx, home, "One").await.id, application(&mut tx, home, "Two").await.id);
    tx.commit(entry("test", "x")).await.unwrap();
    let before = architecture::load(&mut world.read().await, home).await.unwrap();
    let mut after = before.architecture.clone();
    for (key, stages) in [("b", vec![&first.key, &second.key]), ("a", vec![&second.key])] {
        let pipeline = Pipeline {
            name: format!("Line {key}").parse().unwrap(),
            purposes: Default::default(),
            stages: stages.into_iter().cloned().collect(),
        };
        after.pipelines.insert(key.parse::<Key>().unwrap(), pipeline);
    }
    let mut tx = world.change().await;
    architecture::save(&mut tx, home, &before, &after, &mut || id(), at(1)).await.unwrap();
    let list = pipelines::list(&mut tx, home).await.unwrap();
    assert_eq!(list.iter().map(|row| row.key.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let stages = pipelines::stages(&mut tx, home).await.unwrap();
    let stages: Vec<_> = stages.iter().map(|row| (row.pipeline_id, row.environment_id)).collect();
    assert_eq!(stages, [(list[0].id, second.id), (list[1].id, first.id), (list[1].id, second.id)]);

    assert_eq!(pipelines::of_application(&mut tx, one).await.unwrap(), None);
    pipelines::assign(&mut tx, one, Some(list[0].id)).await.unwrap();
    pipelines::assign(&mut tx, two, Some(list[0].id)).await.unwrap();
    pipelines::assign(&mut tx, one, Some(list[1].id)).await.unwrap();
    assert_eq!(pipelines::of_application(&mut tx, one).await.unwrap(), Some(list[1].clone()));
    let count = async |tx: &mut WriteTx, key: &Key| pipelines::assigned(tx, home, key).await.unwrap().n;
    assert_eq!((count(&mut tx, &list[0].key).await, count(&mut tx, &list[1].key).await), (1, 1));
    pipelines::assign(&mut tx, two, None).await.unwrap();
    assert_eq!(count(&mut tx, &list[0].key).await, 0);
    assert_eq!(pipelines::of_application(&mut tx, two).await.unwrap(), None);
    assert_eq!(pipelines::running(&mut tx, home).await.unwrap(), [], "nothing runs");
    let content = revision(&mut tx, one).await;
    for place in [&first, &second] {
        states::put(&mut tx, &state(place, &content)).await.unwrap();
    }
    let content = revision(&mut tx, two).await;
    states::put(&mut tx, &state(&second, &content)).await.unwrap();
    pipelines::assign(&mut tx, two, Some(list[1].id)).await.unwrap();
    let running = pipelines::running(&mut tx, home).await.unwrap();
    let running: Vec<_> =
        running.iter().map(|row| (row.pipeline.as_str(), &row.environment, row.applications)).collect();
    assert_eq!(running, [("b", &first.key, 1), ("b", &second.key, 2)]);
    tx.commit(entry("test", "x")).await.unwrap();
}
