//! A large infrastructure with everything that pages read: applications, versions, reports, deployments, plans, events, exceptions.

use crate::common::{PASSWORD, World, origin};
use domain::access::{Actor, Grant, Proof, Requirement, decide};
use domain::audit::{Entry, Object, Origin, Outcome};
use domain::id::{ApplicationId, DeploymentId, EnvironmentId, InfrastructureId, ServerId};
use domain::testing::large;
use domain::text::Sha256;
use domain::time::{DAY, Timestamp};
use domain::timeline::Kind;
use operations::{Caller, NewUser, Store, Wanted};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use storage::applications::ApplicationRow;
use storage::architecture::exceptions::ExceptionRow;
use storage::deployments::{DeploymentRow, StepRow};
use storage::events::EventRow;
use storage::plans::{PlanItemRow, PlanRow};
use storage::revisions::RevisionRow;
use storage::servers::{ServerRow, ServerStateRow};
use storage::states::StateRow;
use storage::versions::VersionRow;
use storage::*;
use uuid::Uuid;

/// The infrastructure.
pub const LARGE: &str = "large";
/// Front-ends of each environment.
pub const FRONT_ENDS: usize = 10;
/// Applications; the first one runs in every environment, the others in the first environment and one more.
pub const APPLICATIONS: u64 = 60;
/// Deployments that are over, into the first environments one after the other.
const OVER: i64 = 40;

static NEXT: AtomicU64 = AtomicU64::new(1);

fn id<T: From<Uuid>>() -> T {
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    T::from(Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0000 | u128::from(n)))
}

/// A console with a large infrastructure, somebody who manages it, and somebody who develops.
pub struct Filled {
    pub world: World,
    pub manager: Caller,
    pub developer: Caller,
    /// A deployment that runs.
    pub running: DeploymentId,
}

impl Filled {
    /// With so many environments.
    pub async fn new(environments: usize) -> Self {
        let store = testing::sqlite().await.unwrap();
        let world = World::on(store.clone()).await;
        let (console, local) = (&world.console, &world.local);
        let home = console.create_infrastructure(local, LARGE, "Large").await.unwrap();
        let file = domain::architecture::file::export(&large(environments, FRONT_ENDS)).unwrap();
        console.apply_architecture(local, LARGE, &Wanted::File(file), None).await.unwrap();
        let manager = person(&world, "lara", "Administrator").await;
        let developer = person(&world, "devi", "Developer").await;
        let running = fill(&store, home, console.time()).await;
        Self { world, manager, developer, running }
    }
}

async fn person(world: &World, username: &str, role: &str) -> Caller {
    let new = NewUser {
        username: username.into(),
        name: username.into(),
        email: String::new(),
        role: role.into(),
        infrastructure: Some(LARGE.into()),
        password: Some(PASSWORD.into()),
    };
    let user = world.console.add_user(&world.local, new).await.unwrap().user;
    Caller {
        actor: Actor::User { user },
        name: username.into(),
        origin: origin(),
        proof: Proof::At(world.console.time()),
        limits: Default::default(),
    }
}

fn grant() -> Grant {
    decide(Actor::LocalOperator, None, &Requirement::Local).unwrap()
}

fn entry(at: Timestamp) -> Entry {
    Entry {
        id: id(),
        at,
        actor: Actor::LocalOperator,
        actor_name: "test".into(),
        origin: Origin::default(),
        operation: "test".into(),
        infrastructure: None,
        object: Object::new("test", "1", "1"),
        related: Vec::new(),
        outcome: Outcome::Done,
        before: Value::Null,
        after: Value::Null,
    }
}

async fn fill(store: &Store, home: InfrastructureId, at: Timestamp) -> DeploymentId {
    let mut read = store.read().await.unwrap();
    let stages = environments::list(&mut read, home, &Visibility::Everything).await.unwrap();
    let fronts = servers::of_infrastructure(&mut read, home).await.unwrap();
    drop(read);
    assert_eq!(fronts.len(), stages.len() * FRONT_ENDS);
    let stages: Vec<EnvironmentId> = stages.iter().map(|stage| stage.id).collect();

    let mut tx = store.begin_change().await.unwrap().authorised(grant());
    for (n, server) in fronts.iter().enumerate() {
        servers::set_enrolled(&mut tx, server.id, &format!("{n:064x}"), at).await.unwrap();
    }
    let mut applications = Vec::new();
    for n in 0..APPLICATIONS {
        applications.push(application(&mut tx, home, &stages, n, at).await);
    }
    let mut running = None;
    for (n, target) in (1..=OVER).zip(stages.iter().cycle()) {
        let at = at.plus(-n);
        deployment(&mut tx, home, *target, &applications[0], "finished_successful", at).await;
        plan(&mut tx, home, (stages[0], *target), &applications, at).await;
    }
    for (n, target) in stages.iter().enumerate() {
        let at = at.plus(n as i64);
        running = Some(deployment(&mut tx, home, *target, &applications[1], "running", at).await);
        deployment(&mut tx, home, *target, &applications[2], "queued", at.plus(1)).await;
    }
    for path in ["environments/e-000/catalogs", "environments/e-001/catalogs"] {
        let row = ExceptionRow {
            infrastructure_id: home,
            rule: "A25".into(),
            path: path.into(),
            reason: "It is small.".into(),
            expires_at: at.plus(DAY),
            accepted_by: None,
            accepted_by_name: "test".into(),
            accepted_at: at,
        };
        architecture::exceptions::put(&mut tx, &row).await.unwrap();
    }
    tx.commit(entry(at)).await.unwrap();
    reports(store, &fronts, at).await;
    running.unwrap()
}

/// What every controller reported, and a line in each timeline. One front-end of ten does not answer.
async fn reports(store: &Store, fronts: &[ServerRow], at: Timestamp) {
    let mut tx = store.heartbeat().await.unwrap();
    for (n, server) in fronts.iter().enumerate() {
        let running = json!([{
            "application": "app-00", "sha256": Sha256::of(b"app-00"), "ready": true,
            "virtual_directories": ["/app-00"],
        }]);
        let row = ServerStateRow {
            server_id: server.id,
            seen_at: at,
            boot_id: "boot".into(),
            version: "1.0.0".into(),
            reachable: n % FRONT_ENDS != 3,
            public_address: "http://127.0.0.1:1".into(),
            api_address: "http://127.0.0.1:2".into(),
            services: json!(["deployment"]).to_string(),
            applications: running.to_string(),
        };
        servers::put_state(&mut tx, &row).await.unwrap();
        let row = EventRow {
            id: id(),
            environment_id: server.environment_id,
            at: at.plus(n as i64),
            kind: Kind::FrontEndSilent,
            subject: server.name.to_string(),
            detail: String::new(),
        };
        events::insert(&mut tx, &row).await.unwrap();
    }
    tx.commit(at).await.unwrap();
}

async fn application(
    tx: &mut WriteTx,
    home: InfrastructureId,
    stages: &[EnvironmentId],
    n: u64,
    at: Timestamp,
) -> ApplicationRow {
    let key = format!("app-{n:02}");
    let row = ApplicationRow {
        id: id(),
        infrastructure_id: home,
        key: key.parse().unwrap(),
        name: format!("Application {n:02}").parse().unwrap(),
        description: String::new(),
        kind: "web".into(),
        created_at: at,
    };
    applications::insert(tx, &row).await.unwrap();
    let package = domain::testing::package(&key, None, "", "x");
    let summary = domain::package::read(std::io::Cursor::new(&package), &domain::package::Limits::default());
    let revision = RevisionRow {
        id: id(),
        application_id: row.id,
        sha256: Sha256::of(&package),
        size: package.len() as u64,
        summary: serde_json::to_string(&summary.unwrap().summary()).unwrap(),
        claimed_number: None,
        created_at: at,
        created_by: "test".into(),
        notes: String::new(),
    };
    revisions::insert(tx, &revision).await.unwrap();
    let mut version_id = None;
    for minor in 0..if n == 0 { 30 } else { 1 } {
        let number = format!("1.{minor}.0").parse::<domain::text::VersionNumber>().unwrap();
        let version = VersionRow {
            id: id(),
            application_id: row.id,
            revision_id: revision.id,
            number,
            number_order: number.order(),
            change_log: String::new(),
            environment_id: stages[minor % stages.len()],
            created_at: at,
            created_by: "test".into(),
        };
        versions::insert(tx, &version).await.unwrap();
        version_id = Some(version.id);
    }
    for (place, stage) in stages.iter().enumerate() {
        if n != 0 && place != 0 && place != n as usize % stages.len() {
            continue;
        }
        let state = StateRow {
            environment_id: *stage,
            application_id: row.id,
            infrastructure_id: home,
            revision_id: revision.id,
            version_id,
            modified: place == 0,
            mixed: false,
            deployment_id: None,
            changed_at: at,
            changed_by: "test".into(),
        };
        states::put(tx, &state).await.unwrap();
    }
    row
}

async fn deployment(
    tx: &mut WriteTx,
    home: InfrastructureId,
    target: EnvironmentId,
    application: &ApplicationRow,
    status: &str,
    at: Timestamp,
) -> DeploymentId {
    let over = status.starts_with("finished");
    let item = json!({
        "application": application.id, "key": application.key, "name": application.name, "before": null,
        "after": null,
    });
    let servers: [(ServerId, String); 0] = [];
    let row = DeploymentRow {
        id: id(),
        infrastructure_id: home,
        plan_id: None,
        kind: "publication".into(),
        name: "A deployment".into(),
        source_id: None,
        target_id: target,
        status: status.into(),
        digest: String::new(),
        run_plan:
            json!({ "format": 1, "source": null, "target": target, "items": [item], "servers": servers })
                .to_string(),
        message: String::new(),
        started_by: "test".into(),
        created_at: at,
        started_at: (status != "queued").then_some(at),
        finished_at: over.then_some(at),
        fence: 1,
        lease_owner: None,
        lease_until: None,
        boot_id: None,
        revision: 1,
        waits: false,
        on_failure: "roll_back".into(),
        decision: None,
        suspended: false,
        rolls_back_id: None,
    };
    let steps: Vec<StepRow> = (0..4)
        .map(|ordinal| StepRow {
            deployment_id: row.id,
            ordinal,
            phase: "forward".into(),
            key: format!("{}/{ordinal}", row.id),
            action: "{}".into(),
            application_id: Some(application.id),
            server_id: None,
            title: "A step".into(),
            state: if over || (status == "running" && ordinal == 0) { "done" } else { "pending" }.into(),
            fence: 1,
            attempt: 0,
            done: 0,
            total: 0,
            reason: String::new(),
            started_at: None,
            finished_at: None,
        })
        .collect();
    deployments::insert(tx, &row, &steps).await.unwrap();
    row.id
}

async fn plan(
    tx: &mut WriteTx,
    home: InfrastructureId,
    (source, target): (EnvironmentId, EnvironmentId),
    of: &[ApplicationRow],
    at: Timestamp,
) {
    let row = PlanRow {
        id: id(),
        infrastructure_id: home,
        name: "A plan".into(),
        notes: String::new(),
        source_id: Some(source),
        target_id: target,
        status: "draft".into(),
        digest: String::new(),
        created_by: None,
        created_by_name: "test".into(),
        created_at: at,
        updated_at: at,
        edit: 1,
        on_failure: "roll_back".into(),
        checked_at: at,
        links: String::new(),
    };
    plans::insert(tx, &row).await.unwrap();
    let items: Vec<ApplicationId> = of.iter().take(3).map(|application| application.id).collect();
    for (position, application_id) in (0..).zip(items) {
        let item = PlanItemRow {
            plan_id: row.id,
            application_id,
            operation: "nothing".into(),
            version_id: None,
            new_number: None,
            position,
        };
        plans::put_item(tx, &item).await.unwrap();
    }
}
