//! What an application has besides its revisions: blocks, retirement, the record of places, solved hotfixes, and versions that go.

use crate::world::*;
use domain::environment::Reason;
use storage::applications::ApplicationFilter;
use storage::matrix::MatrixFilter;
use storage::*;

fn reason(text: &str) -> Reason {
    text.parse().unwrap()
}

pub async fn an_application_is_blocked_once(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let (dev, test) = (environment(&mut tx, home, 0).await, environment(&mut tx, home, 1).await);
    let (one, two) = (application(&mut tx, home, "One").await.id, application(&mut tx, home, "Two").await.id);
    let row = |environment: &environments::EnvironmentRow, application| blocks::BlockRow {
        environment_id: environment.id,
        application_id: application,
        reason: reason("No licence."),
        blocked_at: at(3),
        blocked_by: "Ada".to_owned(),
    };
    blocks::put(&mut tx, &row(&test, one)).await.unwrap();
    blocks::put(&mut tx, &row(&test, two)).await.unwrap();
    blocks::put(&mut tx, &row(&dev, one)).await.unwrap();
    assert_eq!(blocks::of(&mut tx, test.id, one).await.unwrap(), Some(row(&test, one)));
    assert_eq!(blocks::in_environment(&mut tx, test.id).await.unwrap().len(), 2);
    assert_eq!(blocks::of_applications(&mut tx, &[one]).await.unwrap().len(), 2);
    assert_eq!(blocks::of_applications(&mut tx, &[one, two]).await.unwrap().len(), 3);
    assert!(blocks::remove(&mut tx, test.id, one).await.unwrap());
    assert!(!blocks::remove(&mut tx, test.id, one).await.unwrap());
    assert_eq!(blocks::of(&mut tx, test.id, one).await.unwrap(), None);

    let run = deployment(&test, at(1));
    deployments::insert(&mut tx, &run, &[step(&run, 1, Some(two))]).await.unwrap();
    assert!(blocks::on_its_way(&mut tx, test.id, two).await.unwrap());
    assert!(!blocks::on_its_way(&mut tx, dev.id, two).await.unwrap());
    assert!(!blocks::on_its_way(&mut tx, test.id, one).await.unwrap());
    let twice = blocks::put(&mut tx, &row(&dev, one)).await.unwrap_err();
    assert_eq!(twice.violated(), Some(&Constraint::ApplicationBlockId));
}

pub async fn what_is_retired_is_in_no_list(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let dev = environment(&mut tx, home, 0).await;
    let kept = application(&mut tx, home, "Kept").await;
    let mut gone = Vec::new();
    for n in 0..3 {
        let row = application(&mut tx, home, &format!("Gone {n}")).await;
        let retired = retirements::RetirementRow {
            application_id: row.id,
            infrastructure_id: home,
            reason: reason("Replaced."),
            retired_at: at(n),
            retired_by: "Ada".to_owned(),
        };
        retirements::put(&mut tx, &retired).await.unwrap();
        assert_eq!(retirements::of(&mut tx, row.id).await.unwrap(), Some(retired));
        gone.push(row);
    }
    let somebody = user(&mut tx).await;
    let role = role(&mut tx, home, &[(dev.id, domain::access::Rights::level(2))]).await;
    roles::assign(&mut tx, somebody.id, home, role.id).await.unwrap();
    let no = ApplicationFilter::default();
    for sees in [Visibility::Everything, Visibility::Of(somebody.id)] {
        let page = Page::first(10);
        let listed = applications::list(&mut tx, home, &sees, &no, &page).await.unwrap().rows;
        assert_eq!(listed, std::slice::from_ref(&kept));
        assert_eq!(applications::count(&mut tx, home, &sees).await.unwrap().n, 1);
        let filter = MatrixFilter::default();
        let rows = matrix::matrix(&mut tx, home, &sees, &filter, &page).await.unwrap().rows;
        assert_eq!(rows.iter().map(|row| row.application.id).collect::<Vec<_>>(), [kept.id]);
        let searched = MatrixFilter { search: Some("e".to_owned()), ..filter };
        let counts = matrix::counts(&mut tx, home, &sees, &searched).await.unwrap();
        assert_eq!((counts.total.n, counts.matching.n), (1, 1));
        let first = retirements::list(&mut tx, home, &sees, &Page::first(2)).await.unwrap();
        let rest = Page { after: first.next.clone(), limit: 2 };
        let rest = retirements::list(&mut tx, home, &sees, &rest).await.unwrap();
        let all: Vec<_> = first.rows.iter().chain(&rest.rows).map(|row| row.application.id).collect();
        assert_eq!(all, [gone[2].id, gone[1].id, gone[0].id], "the latest first");
        assert_eq!(rest.next, None);
    }
    assert!(retirements::remove(&mut tx, gone[0].id).await.unwrap());
    assert!(!retirements::remove(&mut tx, gone[0].id).await.unwrap());
    assert_eq!(applications::count(&mut tx, home, &Visibility::Everything).await.unwrap().n, 2);
}

pub async fn places_are_remembered(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let (dev, test) = (environment(&mut tx, home, 0).await, environment(&mut tx, home, 1).await);
    let app = application(&mut tx, home, "App").await.id;
    let (old, new) = (revision(&mut tx, app).await, revision(&mut tx, app).await);
    states::put(&mut tx, &state(&dev, &old)).await.unwrap();
    states::put(&mut tx, &state(&test, &old)).await.unwrap();
    let was = async |tx: &mut WriteTx| -> Vec<_> {
        let rows = places::was(tx, &[app]).await.unwrap();
        rows.into_iter().map(|row| (row.environment_id, row.revision_id)).collect()
    };
    assert_eq!(was(&mut tx).await, [], "what is there is told by the current state");
    states::put(&mut tx, &state(&dev, &new)).await.unwrap();
    assert_eq!(was(&mut tx).await, [(dev.id, old.id)]);
    // Again there, and the first time stays.
    states::put(&mut tx, &states::StateRow { changed_at: at(9), ..state(&dev, &old) }).await.unwrap();
    let of = places::of_revision(&mut tx, old.id).await.unwrap();
    assert_eq!(of.iter().map(|row| row.first_at).collect::<Vec<_>>(), [at(1), at(1)]);
    states::remove(&mut tx, test.id, app).await.unwrap();
    assert_eq!(was(&mut tx).await, [(test.id, old.id)]);
    let solved = |revision: &revisions::RevisionRow, text: &str| hotfixes::SolvedRow {
        environment_id: dev.id,
        application_id: app,
        revision_id: revision.id,
        reason: reason(text),
        solved_at: at(1),
        solved_by: "Ada".to_owned(),
    };
    hotfixes::put(&mut tx, &solved(&old, "Merged.")).await.unwrap();
    hotfixes::put(&mut tx, &solved(&new, "Merged too.")).await.unwrap();
    assert_eq!(hotfixes::of_applications(&mut tx, &[app]).await.unwrap(), [solved(&new, "Merged too.")]);
}

pub async fn a_version_goes_where_nothing_keeps_it(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let (dev, test) = (environment(&mut tx, home, 0).await, environment(&mut tx, home, 1).await);
    let app = application(&mut tx, home, "App").await.id;
    let made = revision(&mut tx, app).await;
    let number = |minor, patch| domain::text::VersionNumber { major: 1, minor, patch };
    let (one, two) = (
        version(&mut tx, &made, dev.id, number(0, 0)).await,
        version(&mut tx, &made, dev.id, number(0, 4)).await,
    );
    let third = version(&mut tx, &made, dev.id, number(1, 0)).await;
    let ends = versions::line_ends(&mut tx, &[app]).await.unwrap();
    assert_eq!(ends[&app], [two.number, third.number]);

    let row = states::StateRow { version_id: Some(one.id), ..state(&dev, &made) };
    states::put(&mut tx, &row).await.unwrap();
    assert_eq!(versions::base_of(&mut tx, one.id).await.unwrap(), [dev.id]);
    let draft = plan(&mut tx, &dev, &test, at(1)).await;
    let item = plans::PlanItemRow {
        operation: "deploy".to_owned(),
        version_id: Some(two.id),
        ..plan_item(draft.id, app)
    };
    plans::put_item(&mut tx, &item).await.unwrap();
    assert_eq!(versions::plans(&mut tx, two.id, 5).await.unwrap(), [draft.id]);
    assert_eq!(applications::open_plans(&mut tx, app, 5).await.unwrap(), [draft.id]);
    let run_plan = format!(
        r#"{{"items":[{{"after":{{"sha256":"{}","size":7,"number":"1.1.0"}},"zone":null}}]}}"#,
        made.sha256
    );
    let run = deployments::DeploymentRow { run_plan, ..deployment(&test, at(1)) };
    deployments::insert(&mut tx, &run, &[step(&run, 1, Some(app))]).await.unwrap();
    let used = async |tx: &mut WriteTx, version| {
        versions::deployments(tx, version, made.sha256, 7, 5).await.unwrap()
    };
    assert_eq!(used(&mut tx, &third).await, [run.id]);
    assert_eq!(used(&mut tx, &one).await, []);
    assert_eq!(applications::open_deployments(&mut tx, app, 5).await.unwrap(), [run.id]);
    versions::remove(&mut tx, third.id).await.unwrap();
    assert_eq!(versions::by_id(&mut tx, third.id).await.unwrap(), None);
    tx.commit(entry("test", "x")).await.unwrap();
    for kept in [one.id, two.id] {
        let mut tx = world.change().await;
        let error = match versions::remove(&mut tx, kept).await {
            Err(error) => error,
            // PostgreSQL would tell it at the end only where the reference is deferred, which it is not.
            Ok(()) => panic!("{kept} went"),
        };
        let expected = Constraint::Reference { table: "version".to_owned() };
        assert_eq!(error.violated(), Some(&expected), "{error}");
    }
}

pub async fn who_may_use_an_application(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let dev = environment(&mut tx, home, 0).await;
    let producer = application(&mut tx, home, "Producer").await;
    let consumer = application(&mut tx, home, "Consumer").await.id;
    let other = application(&mut tx, home, "Other").await.id;
    for (application, uses) in [(consumer, producer.key.as_str()), (other, "nobody")] {
        let summary =
            format!(r#"{{"manifest":{{"modules":[{{"consumes":[{{"application":"{uses}"}}]}}]}}}}"#);
        let row = revisions::RevisionRow {
            id: id(),
            application_id: application,
            sha256: domain::text::Sha256::of(uses.as_bytes()),
            size: 7,
            summary,
            claimed_number: None,
            created_at: at(0),
            created_by: "Ines".to_owned(),
            notes: String::new(),
        };
        revisions::insert(&mut tx, &row).await.unwrap();
        states::put(&mut tx, &state(&dev, &row)).await.unwrap();
    }
    let found = applications::users(&mut tx, home, &producer.key).await.unwrap();
    assert_eq!(
        found.iter().map(|row| (row.environment_id, row.application_id)).collect::<Vec<_>>(),
        [(dev.id, consumer)]
    );
}
