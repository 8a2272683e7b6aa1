//! A world for the tests of use-cases: a console on SQLite in memory with a clock that stands still and known ids, a small
//! infrastructure, and controllers that do what they are told.

#![allow(dead_code, reason = "each test file uses its own part of the world")]

use domain::access::{Actor, Proof, Rights, WideRight, WideRights};
use domain::architecture::words::Service;
use domain::audit::Origin;
use domain::deployment::Phase;
use domain::environment::Purpose;
use domain::id::{DeploymentId, EnvironmentId, PlanId, RoleId, ServerId, UserId};
use domain::protocol::{
    EnrolRequest, PROTOCOL, RunningApplication, ServerStatus, ServiceStatus, SyncRequest, Task, TaskAction,
    TaskOutcome, TaskReport,
};
use domain::text::{Key, Sha256};
use domain::time::Timestamp;
use operations::{
    Caller, Clock, Console, Credentials, EngineHandle, Ids, NewEnvironment, NewServer, NewUser, OpenOptions,
    OperationError, RoleInput, Settings,
};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use uuid::Uuid;

pub const PASSWORD: &str = "correct horse battery";
/// The infrastructure of the world.
pub const HOME: &str = "harbour";

/// A clock that moves only when it is told to.
pub struct FixedClock(pub AtomicI64);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// Ids that count.
pub struct Counting(AtomicU64);

impl Ids for Counting {
    fn uuid(&self) -> Uuid {
        let n = self.0.fetch_add(1, Ordering::SeqCst);
        Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 | u128::from(n))
    }

    fn secret(&self) -> [u8; 32] {
        let n = self.0.fetch_add(1, Ordering::SeqCst);
        domain::text::Sha256::of(&n.to_be_bytes()).0
    }
}

/// What runs on the front-ends, by what was given out and reported as done.
#[derive(Default)]
struct Farm {
    given: BTreeMap<String, TaskAction>,
    runs: BTreeMap<ServerId, BTreeMap<Key, Sha256>>,
}

/// The world.
pub struct World {
    pub console: Console,
    pub clock: Arc<FixedClock>,
    pub servers: BTreeMap<&'static str, Vec<(EnvironmentId, ServerId)>>,
    pub local: Caller,
    folder: TempDir,
    farm: Mutex<Farm>,
}

pub fn settings() -> Settings {
    Settings { argon2_memory_kib: 64, argon2_passes: 1, long_poll_seconds: 1, ..Settings::default() }
}

impl World {
    /// Development, Test and a Production with two front-ends, all enrolled; users `ada` (Administrator), `dev` (Developer), `rita`
    /// (Release Manager) and `ron` (Reader).
    pub async fn new() -> Self {
        Self::on(storage::testing::sqlite().await.unwrap()).await
    }

    /// The same world on another database.
    pub async fn on(store: operations::Store) -> Self {
        Self::with(store, settings()).await
    }

    /// The same world, behaving otherwise.
    pub async fn with(store: operations::Store, settings: Settings) -> Self {
        Self::opened(store, settings, Console::open).await
    }

    /// The same world, where tools are asked in another way than over the network.
    pub async fn reaching(reach: Arc<dyn operations::Reach>) -> Self {
        let store = storage::testing::sqlite().await.unwrap();
        Self::opened(store, settings(), |options| Console::open_reaching(options, reach)).await
    }

    async fn opened(
        store: operations::Store,
        settings: Settings,
        open: impl FnOnce(OpenOptions) -> Result<Console, String>,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock(AtomicI64::new(1_700_000_000_000_000)));
        let console = open(OpenOptions {
            store,
            packages: folder.path().join("packages"),
            clock: clock.clone(),
            ids: Arc::new(Counting(AtomicU64::new(1))),
            master_key: operations::MasterKey::new([7; 32]),
            settings,
        })
        .unwrap();
        let local = Caller::local_operator();
        let mut world =
            Self { console, clock, servers: BTreeMap::new(), local, folder, farm: Mutex::default() };
        world.build().await;
        world
    }

    async fn build(&mut self) {
        let (console, local) = (&self.console, &self.local);
        console.create_infrastructure(local, "harbour", "Harbour").await.unwrap();
        for (key, name, purpose, fronts) in [
            ("dev", "Development", Purpose::Development, 1),
            ("test", "Test", Purpose::Test, 1),
            ("prod", "Production", Purpose::Production, 2),
        ] {
            let new = NewEnvironment { key: key.into(), name: name.into(), purpose };
            let environment = console.create_environment(local, "harbour", new).await.unwrap();
            let mut list = Vec::new();
            for n in 1..=fronts {
                let server_key = format!("{key}-{n}");
                let new =
                    NewServer { key: server_key.clone(), name: server_key.clone(), is_controller: n == 1 };
                let server = console.create_server(local, "harbour", key, new).await.unwrap();
                let code = console.enrolment_code(local, "harbour", key, &server_key).await.unwrap();
                let secret = n as u8 + list.len() as u8 * 7 + key.len() as u8;
                let answer = console.enrol(&anonymous(), enrolment(&code, secret)).await.unwrap();
                assert_eq!(answer.server, server);
                // A front-end is told where its controller is, which enrolled before it.
                let controller = if n == 1 { "" } else { "http://127.0.0.1:2" };
                assert_eq!(answer.controller_api_address, controller);
                list.push((environment, server));
            }
            self.servers.insert(key, list);
        }
        for (username, name, role) in [
            ("ada", "Ada Lovelace", "Administrator"),
            ("dev", "Dev Patel", "Developer"),
            ("rita", "Rita Release", "Release Manager"),
            ("ron", "Ron Reader", "Reader"),
        ] {
            let new = NewUser {
                username: username.into(),
                name: name.into(),
                email: String::new(),
                role: role.into(),
                infrastructure: Some("harbour".into()),
                password: Some(PASSWORD.into()),
            };
            self.console.add_user(&self.local, new).await.unwrap();
        }
    }

    /// Enrols one more front-end of an environment.
    pub async fn enrol(&mut self, environment: &'static str, (key, server): (&str, ServerId), secret: u8) {
        let (console, local) = (&self.console, &self.local);
        let code = console.enrolment_code(local, HOME, environment, key).await.unwrap();
        assert_eq!(console.enrol(&anonymous(), enrolment(&code, secret)).await.unwrap().server, server);
        let own = self.servers.get_mut(environment).unwrap();
        own.push((own[0].0, server));
    }

    /// Signs in from a device that is not known.
    pub async fn sign_in(&self, username: &str, password: &str) -> operations::Result<operations::SignedIn> {
        self.console.sign_in(&anonymous(), Credentials { username, password, device: None }).await
    }

    /// Somebody who has signed in.
    pub async fn user(&self, username: &str) -> Caller {
        let signed = self.sign_in(username, PASSWORD).await.unwrap();
        Caller {
            actor: Actor::User { user: signed.user },
            name: signed.name,
            origin: origin(),
            proof: Proof::At(self.console.time()),
            limits: Default::default(),
        }
    }

    /// A package file.
    pub fn package(
        &self,
        application: &str,
        version: Option<&str>,
        extra: &str,
        content: &str,
    ) -> std::path::PathBuf {
        let bytes = domain::testing::package(application, version, extra, content);
        let path = self.folder.path().join(format!("{}.oap", domain::text::Sha256::of(&bytes).short()));
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Publishes into Development and carries it out.
    pub async fn publish(&self, application: &str, version: Option<&str>, extra: &str, content: &str) {
        let file = self.package(application, version, extra, content);
        let done = self.console.publish(&self.local, "harbour", "dev", &file).await.unwrap();
        self.carry_out("dev", done.deployment.unwrap(), |_| TaskOutcome::Done).await;
    }

    /// Names a plan, and says what is done when a step of it fails, where that is chosen.
    pub async fn name_plan(&self, who: &Caller, plan: PlanId, name: &str, on_failure: Option<&str>) {
        let input = operations::NoteInput { name, on_failure, ..operations::NoteInput::default() };
        self.console.note_plan(who, HOME, plan, &input).await.unwrap();
    }

    /// Lets the engine and the environment's controller carry out one deployment; `does` says how each task ends.
    pub async fn carry_out(
        &self,
        environment: &str,
        id: DeploymentId,
        does: impl Fn(&Task) -> TaskOutcome,
    ) -> (String, Vec<Task>) {
        let engine = self.console.start_engine();
        let result = self.work(environment, id, does).await;
        engine.stop().await;
        result
    }

    /// The controller's part alone.
    pub async fn work(
        &self,
        environment: &str,
        id: DeploymentId,
        does: impl Fn(&Task) -> TaskOutcome,
    ) -> (String, Vec<Task>) {
        let mut reports = Vec::new();
        let mut seen = Vec::new();
        for _ in 0..200 {
            let row = self.console.deployment(&self.local, "harbour", id).await.unwrap().row;
            if row.finished_at.is_some() {
                return (row.status, seen);
            }
            let answer = self.sync(environment, std::mem::take(&mut reports)).await;
            for task in answer.tasks {
                reports.push(TaskReport {
                    key: task.key.clone(),
                    fence: task.fence,
                    outcome: does(&task),
                    lines: vec![],
                });
                seen.push(task);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the deployment never ended; tasks: {seen:?}");
    }

    /// One sync of an environment's controller that does not wait.
    pub async fn sync(&self, environment: &str, reports: Vec<TaskReport>) -> domain::protocol::SyncResponse {
        self.does(&reports);
        let statuses = (0..self.servers[environment].len()).map(|at| self.status(environment, at));
        self.says(environment, statuses.collect(), reports).await
    }

    /// One sync of an environment's controller that says just that.
    pub async fn says(
        &self,
        environment: &str,
        servers: Vec<ServerStatus>,
        reports: Vec<TaskReport>,
    ) -> domain::protocol::SyncResponse {
        let (id, controller) = self.servers[environment][0];
        let request = SyncRequest {
            protocol: PROTOCOL,
            boot_id: "boot".into(),
            reports,
            servers,
            wait_seconds: 0,
            seen_revision: 0,
        };
        self.does(&request.reports);
        let answer = self.console.sync(&self.controller(id, controller), request).await.unwrap();
        let given = answer.tasks.iter().map(|task| (task.key.clone(), task.action.clone()));
        self.farm.lock().unwrap().given.extend(given);
        answer
    }

    /// What is reported as done is so from now on.
    fn does(&self, reports: &[TaskReport]) {
        let mut farm = self.farm.lock().unwrap();
        let Farm { given, runs } = &mut *farm;
        for report in reports.iter().filter(|report| report.outcome == TaskOutcome::Done) {
            match given.get(&report.key) {
                Some(TaskAction::Activate { server, application, sha256, .. }) => {
                    runs.entry(*server).or_default().insert(application.clone(), *sha256);
                }
                Some(TaskAction::Deactivate { server, application }) => {
                    runs.entry(*server).or_default().remove(application);
                }
                Some(TaskAction::Prepare { .. }) | None => {}
            }
        }
    }

    /// A front-end that answers, with the services that are recorded of it and what was brought to it.
    pub fn status(&self, environment: &str, at: usize) -> ServerStatus {
        let services = Service::of_new(at == 0);
        let server = self.servers[environment][at].1;
        let runs = self.farm.lock().unwrap().runs.get(&server).cloned().unwrap_or_default();
        let one = |(application, sha256)| RunningApplication {
            application,
            sha256,
            ready: true,
            virtual_directories: vec![],
        };
        ServerStatus {
            server: self.servers[environment][at].1,
            reachable: true,
            version: "test".into(),
            public_address: "http://127.0.0.1:1".into(),
            api_address: "http://127.0.0.1:2".into(),
            services: services.into_iter().map(|each| ServiceStatus::of(each, true, Timestamp(1))).collect(),
            applications: runs.into_iter().map(one).collect(),
        }
    }

    pub fn controller(&self, environment: EnvironmentId, server: ServerId) -> Caller {
        Caller {
            actor: Actor::PlatformServer { server, environment },
            name: "controller".into(),
            origin: origin(),
            proof: Proof::None,
            limits: Default::default(),
        }
    }

    /// Numbers every entry and gives them all, oldest first, as (operation, outcome, actor's name).
    pub async fn entries(&self) -> Vec<(String, String, String)> {
        let engine: EngineHandle = self.console.start_engine();
        engine.stop().await;
        let mut all = Vec::new();
        let mut query = operations::AuditQuery::default();
        loop {
            let page = self.console.audit(&self.local, "harbour", &query).await.unwrap();
            all.extend(page.entries.rows.into_iter().map(|row| (row.operation, row.outcome, row.actor_name)));
            match page.entries.next {
                Some(next) => query.after = Some(next),
                None => break,
            }
        }
        all.reverse();
        all
    }

    pub async fn count(&self, operation: &str, outcome: &str) -> usize {
        self.entries().await.iter().filter(|(o, r, _)| o == operation && r == outcome).count()
    }

    /// What the matrix shows of an application in an environment: `1.0.0`, `1.0.0+`, `+` or `-`.
    pub async fn cell(&self, application: &str, environment: &str) -> String {
        let matrix =
            self.console.matrix(&self.local, "harbour", &operations::MatrixQuery::default()).await.unwrap();
        let at = matrix.columns.iter().position(|c| c.environment.key == environment).unwrap();
        let Some(row) = matrix.rows.rows.iter().find(|row| row.application.key == application) else {
            return "-".into();
        };
        match &row.cells[at] {
            operations::view::MatrixCell::Present(running) => {
                let number = running.version.map(|v| v.to_string()).unwrap_or_default();
                let mixed = if running.mixed { "!" } else { "" };
                format!("{number}{}{mixed}", if running.modified { "+" } else { "" })
            }
            _ => "-".into(),
        }
    }
}

pub fn origin() -> Origin {
    Origin { address: "127.0.0.1".into(), ..Origin::default() }
}

/// What a Platform Server says that enrols; each secret makes another key.
pub fn enrolment(code: &str, secret: u8) -> EnrolRequest {
    let pair = ed25519_dalek::SigningKey::from_bytes(&[secret; 32]);
    EnrolRequest {
        protocol: PROTOCOL,
        code: code.to_owned(),
        public_key: hex::encode(pair.verifying_key().as_bytes()),
        version: "test".into(),
        public_address: "http://127.0.0.1:1".into(),
        api_address: "http://127.0.0.1:2".into(),
    }
}

pub fn anonymous() -> Caller {
    Caller {
        actor: Actor::Anonymous,
        name: "anonymous".into(),
        origin: origin(),
        proof: Proof::None,
        limits: Default::default(),
    }
}

/// `forward` or `back` of a task, from its key.
pub fn phase(task: &Task) -> Phase {
    if task.key.contains("/undo") { Phase::Back } else { Phase::Forward }
}

/// The front-end of an activation.
pub fn server_of(task: &Task) -> Option<ServerId> {
    match &task.action {
        TaskAction::Prepare { .. } => None,
        TaskAction::Activate { server, .. } | TaskAction::Deactivate { server, .. } => Some(*server),
    }
}

/// A manifest's part that produces an element.
pub fn produces(name: &str, signature: &str) -> String {
    format!("[[modules.produces]]\nname = \"{name}\"\nkind = \"theme\"\nsignature = \"{signature}\"\n")
}

/// A manifest's part that uses an element.
pub fn consumes(application: &str, name: &str, signature: &str) -> String {
    format!(
        "[[modules.consumes]]\napplication = \"{application}\"\nmodule = \"{application}\"\nelement = \"{name}\"\nsignature = \"{signature}\"\n"
    )
}

/// Lets time go by.
pub fn later(world: &World, micros: i64) {
    world.clock.0.fetch_add(micros, Ordering::SeqCst);
}

/// Who a signed-in person is.
pub fn user_of(caller: &Caller) -> UserId {
    let Actor::User { user } = caller.actor else { panic!("no user") };
    user
}

/// A role of the infrastructure by its name.
pub async fn role(world: &World, name: &str) -> RoleId {
    let page = world.console.roles(&world.local, HOME).await.unwrap();
    page.roles.iter().find(|role| role.name == name).unwrap().id
}

/// A role with LifeTime's levels in Development, Test and Production.
pub fn role_input(name: &str, levels: [u8; 3], wide: &[WideRight]) -> RoleInput {
    let keys = ["dev", "test", "prod"].map(str::to_owned);
    RoleInput {
        name: name.to_owned(),
        environments: keys.into_iter().zip(levels.map(Rights::level)).collect(),
        wide: WideRights::of(wide),
        ..RoleInput::default()
    }
}

pub async fn make_role(world: &World, name: &str, levels: [u8; 3], wide: &[WideRight]) -> RoleId {
    world.console.create_role(&world.local, HOME, &role_input(name, levels, wide)).await.unwrap()
}

/// A refusal by a rule: what it says; each says who can lift it.
pub fn denied<T: std::fmt::Debug>(result: operations::Result<T>) -> String {
    match result.unwrap_err() {
        OperationError::Denied { sentence, lifted_by, .. } => {
            assert!(!lifted_by.is_empty(), "{sentence}");
            sentence
        }
        other => panic!("not denied: {other}"),
    }
}

/// A refusal by the state or by what was typed.
pub fn refused<T: std::fmt::Debug>(result: operations::Result<T>) -> String {
    match result.unwrap_err() {
        error @ (OperationError::Conflict { .. } | OperationError::Invalid { .. }) => error.sentence(),
        other => panic!("not refused by a rule: {other}"),
    }
}
