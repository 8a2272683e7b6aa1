//! Promotion along pipelines, and out of them.

use crate::common::{HOME, World};
use domain::architecture::file;
use domain::protocol::TaskOutcome;
use operations::{CandidateQuery, OperationError, PageQuery, StartInput, Wanted};

/// A pipeline “Main” from Development over Test to Production, and a short one from Development to Production.
async fn with_pipelines() -> World {
    let world = World::new().await;
    world.publish("desk", Some("1.0.0"), "", "a").await;
    world.publish("till", Some("1.0.0"), "", "b").await;
    let text = world.console.architecture_file(&world.local, HOME).await.unwrap();
    let mut now = file::import(&text).unwrap();
    for (key, name, stages) in
        [("main", "Main", vec!["dev", "test"]), ("short", "Short", vec!["dev", "prod"])]
    {
        let pipeline = domain::architecture::model::Pipeline {
            name: name.parse().unwrap(),
            purposes: Default::default(),
            stages: stages.into_iter().map(|key| key.parse().unwrap()).collect(),
        };
        now.pipelines.insert(key.parse().unwrap(), pipeline);
    }
    let wanted = Wanted::File(file::export(&now).unwrap());
    world.console.apply_architecture(&world.local, HOME, &wanted, None).await.unwrap();
    world
}

fn start(digest: &str, reason: &str) -> StartInput {
    StartInput::now(digest, reason)
}

#[tokio::test]
async fn only_the_hops_of_pipelines_are_offered() {
    let world = with_pipelines().await;
    let ada = world.user("ada").await;
    let ask = CandidateQuery { from: Some("dev".into()), ..CandidateQuery::default() };
    let found = world.console.plan_candidates(&ada, HOME, &ask).await.unwrap();
    let hops: Vec<_> = found.hops.iter().map(|(from, to)| (from.key.as_str(), to.key.as_str())).collect();
    assert_eq!(hops, [("dev", "test"), ("dev", "prod")]);
    assert!(found.is_hop && found.target.unwrap().key == "test");
    let ask = CandidateQuery { from: Some("test".into()), to: Some("prod".into()), ..ask };
    assert!(!world.console.plan_candidates(&ada, HOME, &ask).await.unwrap().is_hop);
    let page = world.console.environment(&ada, HOME, "dev").await.unwrap();
    assert_eq!(page.next.iter().map(|to| to.key.as_str()).collect::<Vec<_>>(), ["test", "prod"]);
    let page = world.console.environment(&ada, HOME, "prod").await.unwrap();
    assert_eq!(page.previous.iter().map(|to| to.key.as_str()).collect::<Vec<_>>(), ["dev"]);
    let matrix = world.console.matrix(&ada, HOME, &operations::MatrixQuery::default()).await.unwrap();
    assert_eq!(matrix.columns.iter().map(|column| column.leads_on).collect::<Vec<_>>(), [true, false, false]);
}

#[tokio::test]
async fn an_assigned_application_stays_in_its_pipeline() {
    let world = with_pipelines().await;
    let (ada, rita) = (world.user("ada").await, world.user("rita").await);
    let denied = world.console.assign_pipeline(&rita, HOME, "desk", Some("main")).await;
    assert!(matches!(denied, Err(OperationError::Denied { .. })));
    let none = world.console.assign_pipeline(&ada, HOME, "desk", Some("moon")).await.unwrap_err();
    assert_eq!(none.sentence(), "There is no pipeline “moon” here; choose one of the list, or none.");
    world.console.assign_pipeline(&ada, HOME, "desk", Some("main")).await.unwrap();
    let page = world.console.application(&ada, HOME, "desk", &PageQuery::default()).await.unwrap();
    assert_eq!(page.pipeline.unwrap().name, "Main");
    assert_eq!(page.pipelines.len(), 2);
    assert_eq!(page.environments[0].promote.as_ref().unwrap().0.key, "test");

    // Development to Production is a hop of the other pipeline: fine for the till, not for the desk.
    let both = ["desk".to_owned(), "till".to_owned()];
    for (taken, outside) in [
        (&both[1..], None),
        (&both[..], Some("Development to Production is no hop of Main, the pipeline of App desk.")),
    ] {
        let plan = world.console.make_plan(&ada, HOME, "dev", "prod", taken).await.unwrap();
        let page = world.console.plan(&ada, HOME, plan).await.unwrap();
        assert_eq!(page.outside.as_deref(), outside);
    }
    // A pipeline that applications belong to stays.
    let text = world.console.architecture_file(&ada, HOME).await.unwrap();
    let mut now = file::import(&text).unwrap();
    now.pipelines.retain(|key, _| key.as_str() != "main");
    let wanted = Wanted::File(file::export(&now).unwrap());
    let kept = world.console.apply_architecture(&ada, HOME, &wanted, None).await.unwrap_err();
    assert!(kept.sentence().starts_with("Main cannot be taken out: 1 application belongs to it"), "{kept}");
    world.console.assign_pipeline(&ada, HOME, "desk", None).await.unwrap();
    world.console.apply_architecture(&ada, HOME, &wanted, None).await.unwrap();
    assert_eq!(world.count("application.pipeline", "done").await, 2);
}

#[tokio::test]
async fn leaving_the_pipelines_needs_a_right_and_a_reason() {
    let world = with_pipelines().await;
    let (ada, rita) = (world.user("ada").await, world.user("rita").await);
    let plan = world.console.make_plan(&ada, HOME, "dev", "test", &["desk".into()]).await.unwrap();
    let digest = world.console.plan(&ada, HOME, plan).await.unwrap().digest;
    let run = world.console.start_plan(&ada, HOME, plan, &digest).await.unwrap();
    world.carry_out("test", run, |_| TaskOutcome::Done).await;

    let plan = world.console.make_plan(&rita, HOME, "test", "prod", &["desk".into()]).await.unwrap();
    let page = world.console.plan(&rita, HOME, plan).await.unwrap();
    let reasons = page.start.unwrap_err();
    let sentence = "Test to Production is no hop of any pipeline.";
    assert!(
        reasons[0].sentence.starts_with(sentence)
            && reasons[0].sentence.contains("Promote Outside Pipelines"),
        "{reasons:?}"
    );
    let refused =
        world.console.start_plan_with(&rita, HOME, plan, &start(&page.digest, "A fix.")).await.unwrap_err();
    assert!(refused.sentence().contains("Promote Outside Pipelines"), "{refused}");

    let page = world.console.plan(&ada, HOME, plan).await.unwrap();
    assert_eq!((page.start, page.outside.as_deref()), (Ok(()), Some(sentence)));
    for reason in ["", "  ", "two\nlines"] {
        let refused =
            world.console.start_plan_with(&ada, HOME, plan, &start(&page.digest, reason)).await.unwrap_err();
        assert!(matches!(refused, OperationError::Invalid { .. }), "{reason:?}: {refused}");
    }
    let run = world
        .console
        .start_plan_with(&ada, HOME, plan, &start(&page.digest, "A fix before Monday."))
        .await
        .unwrap();
    let (status, _) = world.carry_out("prod", run, |_| TaskOutcome::Done).await;
    assert_eq!(status, "finished_successful");
    let found = world.console.audit(&ada, HOME, &operations::AuditQuery::default()).await.unwrap();
    let entry = found.entries.rows.iter().find(|row| row.operation == "deployment.start").unwrap();
    let entry = world.console.audit_entry(&ada, HOME, entry.id).await.unwrap();
    assert!(serde_json::to_string(&entry).unwrap().contains("A fix before Monday."));
}
