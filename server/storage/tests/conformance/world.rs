//! A database to try things on, and short ways to fill it.

use domain::access::{Actor, Grant, Requirement, Right, Rights, decide};
use domain::audit::{Entry, Object, Origin, Outcome};
use domain::environment::Purpose;
use domain::id::*;
use domain::text::{Sha256, VersionNumber};
use domain::time::Timestamp;
use sqlx::Connection as _;
use std::sync::atomic::{AtomicU64, Ordering};
use storage::applications::ApplicationRow;
use storage::deployments::{DeploymentRow, StepRow};
use storage::environments::EnvironmentRow;
use storage::grants::GrantRow;
use storage::infrastructures::InfrastructureRow;
use storage::plans::{PlanItemRow, PlanRow};
use storage::revisions::RevisionRow;
use storage::roles::RoleRow;
use storage::servers::ServerRow;
use storage::states::StateRow;
use storage::teams::TeamRow;
use storage::tokens::TokenRow;
use storage::users::UserRow;
use storage::versions::VersionRow;
use storage::*;
use uuid::Uuid;

/// One database, and two console nodes on it. SQLite has one node only, so there both are the same.
pub struct World {
    pub store: Store,
    pub other: Store,
    url: String,
    _folder: Option<tempfile::TempDir>,
}

impl World {
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("console.sqlite").display());
        let store = Store::open(&url).await.unwrap();
        store.migrate().await.unwrap();
        Self { other: store.clone(), store, url, _folder: Some(folder) }
    }

    pub async fn postgres() -> Self {
        let url = testing::postgres_url().await;
        let store = Store::open(&url).await.unwrap();
        let other = Store::open(&url).await.unwrap();
        Self { store, other, url, _folder: None }
    }

    pub fn kind(&self) -> Kind {
        self.store.kind()
    }

    /// A connection that goes past the store.
    pub async fn raw(&self) -> Raw {
        match self.kind() {
            Kind::Sqlite => Raw::Sqlite(sqlx::SqliteConnection::connect(&self.url).await.unwrap()),
            Kind::Postgres => Raw::Postgres(sqlx::PgConnection::connect(&self.url).await.unwrap()),
        }
    }

    pub async fn read(&self) -> ReadTx {
        self.store.read().await.unwrap()
    }

    /// A change that everything is permitted in.
    pub async fn change(&self) -> WriteTx {
        self.store.begin_change().await.unwrap().authorised(grant())
    }

    /// Carries out SQL that the database has to refuse.
    pub async fn refused(&self, sql: &str) -> StoreError {
        let mut tx = self.change().await;
        match testing::execute(&mut tx, sql).await {
            Ok(rows) => panic!("was not refused ({rows} rows): {sql}"),
            Err(error) => error,
        }
    }
}

/// A connection of the driver.
pub enum Raw {
    Sqlite(sqlx::SqliteConnection),
    Postgres(sqlx::PgConnection),
}

impl Raw {
    pub async fn run(&mut self, sql: &str) -> Result<u64, sqlx::Error> {
        let sql = sqlx::AssertSqlSafe(sql);
        match self {
            Self::Sqlite(c) => sqlx::query(sql).execute(c).await.map(|done| done.rows_affected()),
            Self::Postgres(c) => sqlx::query(sql).execute(c).await.map(|done| done.rows_affected()),
        }
    }

    pub async fn number(&mut self, sql: &str) -> i64 {
        let sql = sqlx::AssertSqlSafe(sql);
        match self {
            Self::Sqlite(c) => sqlx::query_scalar(sql).fetch_one(c).await.unwrap(),
            Self::Postgres(c) => sqlx::query_scalar(sql).fetch_one(c).await.unwrap(),
        }
    }
}

static NEXT: AtomicU64 = AtomicU64::new(1);

/// A number that was not given before in this process.
pub fn number() -> u64 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// An id that was not given before in this process; later ones are greater.
pub fn id<T: From<Uuid>>() -> T {
    T::from(Uuid::from_u128((0x0190_0000_0000_7000_8000_0000_0000_0000_u128) + u128::from(number())))
}

pub fn grant() -> Grant {
    decide(Actor::LocalOperator, None, &Requirement::Local).unwrap()
}

pub fn at(seconds: i64) -> Timestamp {
    Timestamp(1_000_000_000_000_000 + seconds * 1_000_000)
}

/// An entry about an object.
pub fn entry(operation: &str, object: &str) -> Entry {
    Entry {
        id: id(),
        at: at(0),
        actor: Actor::LocalOperator,
        actor_name: "local operator".to_owned(),
        origin: Origin { address: "local".to_owned(), ..Origin::default() },
        operation: operation.to_owned(),
        infrastructure: None,
        object: Object::new("test", object, object),
        related: vec![],
        outcome: Outcome::Done,
        before: serde_json::Value::Null,
        after: serde_json::Value::Null,
    }
}

/// Carries out a change and commits it.
macro_rules! commit {
    ($world:expr, |$tx:ident| $body:block) => {{
        let mut $tx = $world.change().await;
        let value = $body;
        $tx.commit(entry("test", "test")).await.unwrap();
        value
    }};
}
pub(crate) use commit;

pub async fn infrastructure(tx: &mut WriteTx) -> InfrastructureRow {
    let n = number();
    let row = InfrastructureRow {
        id: id(),
        key: format!("i{n}").parse().unwrap(),
        name: format!("Infrastructure {n}").parse().unwrap(),
        created_at: at(0),
    };
    infrastructures::insert(tx, &row).await.unwrap();
    row
}

pub async fn environment(tx: &mut WriteTx, home: InfrastructureId, position: i64) -> EnvironmentRow {
    let n = number();
    let row = EnvironmentRow {
        id: id(),
        infrastructure_id: home,
        key: format!("e{n}").parse().unwrap(),
        name: format!("Environment {n}").parse().unwrap(),
        purpose: Purpose::ALL[usize::try_from(position).unwrap().min(3)],
        position,
        created_at: at(0),
    };
    environments::insert(tx, &row).await.unwrap();
    row
}

pub async fn server(tx: &mut WriteTx, environment: EnvironmentId, is_controller: bool) -> ServerRow {
    let n = number();
    let row = ServerRow {
        id: id(),
        environment_id: environment,
        key: format!("s{n}").parse().unwrap(),
        name: format!("Server {n}").parse().unwrap(),
        position: 0,
        is_controller,
        public_key: None,
        enrolled_at: None,
        revoked_at: None,
        created_at: at(0),
    };
    servers::insert(tx, &row).await.unwrap();
    row
}

/// A new key of letters alone: searches look at keys too, and a test that searches for a number must not meet one by chance.
fn key() -> String {
    number().to_string().bytes().map(|digit| char::from(digit - b'0' + b'g')).collect()
}

pub async fn application(tx: &mut WriteTx, home: InfrastructureId, name: &str) -> ApplicationRow {
    let row = ApplicationRow {
        id: id(),
        infrastructure_id: home,
        key: key().parse().unwrap(),
        name: name.parse().unwrap(),
        description: String::new(),
        kind: "web".to_owned(),
        created_at: at(0),
    };
    applications::insert(tx, &row).await.unwrap();
    row
}

pub async fn revision(tx: &mut WriteTx, application: ApplicationId) -> RevisionRow {
    let row = RevisionRow {
        id: id(),
        application_id: application,
        sha256: Sha256::of(&number().to_be_bytes()),
        size: 7,
        summary:
            r#"{"manifest":{"modules":[{"consumes":[{"application":"theme"},{"application":"theme"}]},{}]}}"#
                .to_owned(),
        claimed_number: None,
        created_at: at(0),
        created_by: "Ines".to_owned(),
        notes: String::new(),
    };
    revisions::insert(tx, &row).await.unwrap();
    row
}

pub fn version_number(major: u16, minor: u16) -> VersionNumber {
    VersionNumber { major, minor, patch: 0 }
}

pub async fn version(
    tx: &mut WriteTx,
    revision: &RevisionRow,
    environment: EnvironmentId,
    number: VersionNumber,
) -> VersionRow {
    let row = VersionRow {
        id: id(),
        application_id: revision.application_id,
        revision_id: revision.id,
        number,
        number_order: number.order(),
        change_log: "changed".to_owned(),
        environment_id: environment,
        created_at: at(0),
        created_by: "Ines".to_owned(),
    };
    versions::insert(tx, &row).await.unwrap();
    row
}

pub fn state(environment: &EnvironmentRow, revision: &RevisionRow) -> StateRow {
    StateRow {
        environment_id: environment.id,
        application_id: revision.application_id,
        infrastructure_id: environment.infrastructure_id,
        revision_id: revision.id,
        version_id: None,
        modified: true,
        mixed: false,
        deployment_id: None,
        changed_at: at(1),
        changed_by: "Ines".to_owned(),
    }
}

pub async fn user(tx: &mut WriteTx) -> UserRow {
    let n = number();
    let row = UserRow {
        id: id(),
        username: format!("user{n}").parse().unwrap(),
        name: format!("User {n}").parse().unwrap(),
        email: String::new(),
        password_hash: None,
        active: true,
        created_at: at(0),
        password_changed_at: None,
        deactivated_at: None,
    };
    users::insert(tx, &row).await.unwrap();
    row
}

/// A token of an account, with a hash that is given.
pub fn token(user: UserId, hash: &str) -> TokenRow {
    TokenRow {
        id: id(),
        user_id: user,
        name: "CI".parse().unwrap(),
        hash: hash.to_owned(),
        shown: "tow_…abcd".to_owned(),
        scopes: 3,
        created_at: at(0),
        created_by: None,
        expires_at: at(100),
        revoked_at: None,
        last_used_at: None,
        reads: 0,
    }
}

pub async fn role(tx: &mut WriteTx, home: InfrastructureId, rights: &[(EnvironmentId, Rights)]) -> RoleRow {
    let row = RoleRow {
        id: id(),
        infrastructure_id: home,
        name: format!("Role {}", number()),
        description: String::new(),
        built_in: None,
        wide: 0,
        new_environment: None,
        second_factor: false,
        created_at: at(0),
    };
    roles::insert(tx, &row).await.unwrap();
    for (environment, rights) in rights {
        roles::set_right(tx, row.id, *environment, *rights).await.unwrap();
    }
    row
}

pub fn grant_row(user: UserId, application: ApplicationId, role: RoleId) -> GrantRow {
    GrantRow {
        user_id: user,
        application_id: application,
        role_id: role,
        granted_by: None,
        granted_at: at(0),
    }
}

pub async fn team(tx: &mut WriteTx, home: InfrastructureId) -> TeamRow {
    let row = TeamRow {
        id: id(),
        infrastructure_id: home,
        name: format!("Team {}", number()),
        description: "…".to_owned(),
        created_at: at(0),
    };
    teams::insert(tx, &row).await.unwrap();
    row
}

pub async fn plan(
    tx: &mut WriteTx,
    source: &EnvironmentRow,
    target: &EnvironmentRow,
    created_at: Timestamp,
) -> PlanRow {
    let row = PlanRow {
        id: id(),
        infrastructure_id: target.infrastructure_id,
        name: "Plan".to_owned(),
        notes: String::new(),
        source_id: Some(source.id),
        target_id: target.id,
        status: "draft".to_owned(),
        digest: String::new(),
        created_by: None,
        created_by_name: "local operator".to_owned(),
        created_at,
        updated_at: created_at,
        edit: 1,
        on_failure: "roll_back".to_owned(),
        checked_at: created_at,
        links: String::new(),
    };
    plans::insert(tx, &row).await.unwrap();
    row
}

pub fn plan_item(plan: PlanId, application: ApplicationId) -> PlanItemRow {
    PlanItemRow {
        plan_id: plan,
        application_id: application,
        operation: "nothing".to_owned(),
        version_id: None,
        new_number: None,
        position: 0,
    }
}

pub fn deployment(target: &EnvironmentRow, created_at: Timestamp) -> DeploymentRow {
    DeploymentRow {
        id: id(),
        infrastructure_id: target.infrastructure_id,
        plan_id: None,
        kind: "promotion".to_owned(),
        name: "Deployment".to_owned(),
        source_id: None,
        target_id: target.id,
        status: "queued".to_owned(),
        digest: String::new(),
        run_plan: "{}".to_owned(),
        message: String::new(),
        started_by: "Ines".to_owned(),
        created_at,
        started_at: None,
        finished_at: None,
        fence: 0,
        lease_owner: None,
        lease_until: None,
        boot_id: None,
        revision: 1,
        waits: false,
        on_failure: "roll_back".to_owned(),
        decision: None,
        suspended: false,
        rolls_back_id: None,
    }
}

pub fn step(deployment: &DeploymentRow, ordinal: u32, application: Option<ApplicationId>) -> StepRow {
    StepRow {
        deployment_id: deployment.id,
        ordinal,
        phase: "forward".to_owned(),
        key: format!("{}/{ordinal}", deployment.id),
        action: "{}".to_owned(),
        application_id: application,
        server_id: None,
        title: "Activate".to_owned(),
        state: "pending".to_owned(),
        fence: 0,
        attempt: 0,
        done: 0,
        total: 0,
        reason: String::new(),
        started_at: None,
        finished_at: None,
    }
}

pub fn gate(home: InfrastructureId, kind: domain::gate::Kind) -> storage::gates::GateRow {
    storage::gates::GateRow {
        id: id(),
        infrastructure_id: home,
        environment_id: None,
        pipeline_id: None,
        kind,
        team_id: None,
        role_id: None,
        number: 1,
        hours: None,
        name: String::new(),
        address: None,
        owner: "Quality".to_owned(),
        created_at: at(0),
        created_by: "Ada".to_owned(),
    }
}

pub fn freeze(home: InfrastructureId, from: i64, until: i64) -> storage::gates::FreezeRow {
    storage::gates::FreezeRow {
        id: id(),
        infrastructure_id: home,
        environment_id: None,
        pipeline_id: None,
        from_at: at(from),
        until_at: at(until),
        time_zone: "UTC".to_owned(),
        reason: "Month end.".to_owned(),
        owner: "Finance".to_owned(),
        created_at: at(0),
        created_by: "Ada".to_owned(),
    }
}

pub fn approval(plan: PlanId, user: domain::id::UserId, seconds: i64) -> storage::approvals::ApprovalRow {
    storage::approvals::ApprovalRow {
        id: id(),
        plan_id: plan,
        user_id: user,
        user_name: "Ada".to_owned(),
        approves: true,
        words: String::new(),
        digest: domain::text::Sha256::of(b"plan"),
        canonical: "towpath-plan-v1".to_owned(),
        settings: "desk\tmood\t\"calm\"\n".to_owned(),
        at: at(seconds),
    }
}

pub fn rights(rights: &[Right]) -> Rights {
    Rights::of(rights)
}

pub fn passkey(user: domain::id::UserId, credential_id: &str) -> storage::passkeys::PasskeyRow {
    storage::passkeys::PasskeyRow {
        id: id(),
        user_id: user,
        credential_id: credential_id.to_owned(),
        name: "A key".to_owned(),
        credential: "{}".to_owned(),
        created_at: at(0),
        last_used_at: None,
    }
}

/// A secret that an environment has of its own.
pub fn setting(
    environment: EnvironmentId,
    application: ApplicationId,
    key: &str,
) -> storage::settings::ValueRow {
    storage::settings::ValueRow {
        environment_id: environment,
        application_id: application,
        key: key.parse().unwrap(),
        kind: domain::setting::SettingKind::Secret,
        value: None,
        sealed: Some("v1.closed".to_owned()),
        mark: Some(Sha256::of(b"mark")),
        set_at: at(1),
        set_by: "Ada".to_owned(),
    }
}

/// A secret that a plan sets.
pub fn planned(plan: PlanId, application: ApplicationId, key: &str) -> storage::settings::PlannedRow {
    storage::settings::PlannedRow {
        plan_id: plan,
        application_id: application,
        key: key.parse().unwrap(),
        kind: domain::setting::SettingKind::Connection,
        value: None,
        sealed: Some("v1.closed".to_owned()),
        mark: Some(Sha256::of(b"mark")),
        set_at: at(1),
        set_by: "Ada".to_owned(),
    }
}

/// What counted for a setting of text in a deployment.
pub fn kept(
    deployment: DeploymentId,
    application: ApplicationId,
    phase: &str,
    key: &str,
) -> storage::settings::SnapshotRow {
    storage::settings::SnapshotRow {
        deployment_id: deployment,
        application_id: application,
        phase: phase.to_owned(),
        key: key.parse().unwrap(),
        name: "Mood".to_owned(),
        kind: domain::setting::SettingKind::Text,
        origin: domain::setting::Origin::Own,
        value: Some("calm".to_owned()),
        sealed: None,
        mark: None,
    }
}
