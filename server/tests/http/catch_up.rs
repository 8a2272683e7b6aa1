//! A farm that goes on without a front-end: when that is back it is brought what the others run, and only then are requests welcome there. Real
//! programs: `towpath serve`, and `towpath-platform` on each front-end.

use crate::common::package;
use crate::kill::World;
use domain::deployment::OnFailure;
use domain::id::DeploymentId;
use operations::{NewServer, NoteInput, TimeQuery};
use std::time::Duration;

/// A question to the Platform catalog of a front-end.
fn ask(world: &World, server: &str, sql: &str) -> Option<String> {
    let catalog = rusqlite::Connection::open(world.data(server).join("platform.sqlite")).unwrap();
    catalog.query_row(sql, [], |row| row.get(0)).ok()
}

/// The release of the application that a front-end runs.
fn runs(world: &World, server: &str) -> Option<String> {
    ask(world, server, "select sha256 from slots where application = 'one'")
}

async fn health(world: &World, server: &str) -> u16 {
    let sql = "select json_extract(document, '$.public_address') from identity";
    let Some(address) = ask(world, server, sql) else { return 0 };
    let asked = crate::common::client().get(format!("{address}/_towpath/health")).send().await;
    asked.map_or(0, |answer| answer.status().as_u16())
}

async fn promote(world: &World, content: &str) -> DeploymentId {
    let (console, local) = (&world.console, &world.local);
    let file = package(&world.folder, "one", content);
    let run = console.publish(local, "harbour", "dev", &file).await.unwrap().deployment.unwrap();
    assert_eq!(world.finished(run).await, "finished_successful");
    let plan = console.make_plan(local, "harbour", "dev", "test", &["one".into()]).await.unwrap();
    let wait = Some(OnFailure::Wait.word());
    let note = NoteInput { name: "Bring one", on_failure: wait, ..NoteInput::default() };
    console.note_plan(local, "harbour", plan, &note).await.unwrap();
    let digest = console.plan(local, "harbour", plan).await.unwrap().digest;
    console.start_plan(local, "harbour", plan, &digest).await.unwrap()
}

#[tokio::test]
async fn a_front_end_that_was_away_comes_back_and_runs_what_the_others_run() {
    let mut world = World::new().await;
    for number in 2..=4 {
        let key = format!("test-{number}");
        let new = NewServer { key: key.clone(), name: key, is_controller: false };
        world.console.create_server(&world.local, "harbour", "test", new).await.unwrap();
    }
    let console = world.serve();
    world.answers().await;
    world.enrol("dev").await;
    for number in 1..=4 {
        world.enrol_one("test", number).await;
    }
    assert_eq!(world.finished(promote(&world, "first").await).await, "finished_successful");
    let old = runs(&world, "test-3");
    assert!(old.is_some());

    // The third one is away while another version comes; somebody leaves it out before anything is prepared for it.
    world.platforms.remove(3).kill();
    let run = promote(&world, "second").await;
    world.prepared(run).await;
    world.console.leave_out_of_deployment(&world.local, "harbour", run).await.unwrap();
    assert_eq!(world.finished(run).await, "finished_with_warnings");
    let new = runs(&world, "test-1");
    assert!(new != old && runs(&world, "test-2") == new && runs(&world, "test-4") == new);

    // It comes back.
    let back = world.run("test-3");
    world.platforms.push(back);
    for turn in 0.. {
        // Nobody is sent there before it has caught up.
        let (welcome, has) = (health(&world, "test-3").await == 200, runs(&world, "test-3"));
        assert!(!welcome || has == new, "it serves what the others have left");
        if welcome {
            break;
        }
        assert!(turn < 1200, "it never catches up");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let rows = world.console.deployments(&world.local, "harbour", &TimeQuery::default()).await.unwrap().rows;
    let newest = &rows[0];
    assert_eq!((newest.kind.as_str(), newest.name.as_str()), ("catch_up", "Bring test-3 up to date"));
    assert_eq!(world.finished(newest.id).await, "finished_successful");
    let matrix = world.console.matrix(&world.local, "harbour", &Default::default()).await.unwrap();
    let mixed = format!("{:?}", matrix.rows.rows);
    assert!(!mixed.contains("mixed: true"), "it is even again: {mixed}");
    console.kill();
}
