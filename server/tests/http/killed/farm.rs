//! A console, Development with one front-end, and Test with three: real programs, each of which is started again as soon as it is killed.

use super::points::{Counter, Point, ROLES};
use crate::common::{client, configuration, infrastructure};
use domain::id::{DeploymentId, PlanId};
use domain::package::{SourceFile, build};
use domain::text::Sha256;
use operations::{Caller, Console, EnvironmentInput, NewServer, NewToken, OpenOptions};
use serde_json::{Value, json};
use server::clock::{SystemClock, SystemIds};
use std::collections::BTreeMap;
use std::io::Cursor;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use storage::Store;
use tempfile::TempDir;
use tokio::sync::mpsc;

/// How long anything may take before it counts as stuck.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// The applications: four of static files, and a process.
pub const APPLICATIONS: [&str; 5] = ["one", "two", "three", "four", "tides"];

/// What the console keeps short, so that it is met.
const SHORT: &str = "lease-seconds = 1\nrenew-seconds = 0.3\n";

pub struct Farm {
    pub folder: TempDir,
    /// A console on the same database that carries out nothing and is never killed: the eye of the test.
    pub console: Console,
    pub store: Store,
    pub local: Caller,
    pub counter: Counter,
    base: String,
    token: String,
    living: Arc<Living>,
    /// Decisions that the test made since the promotion began, as a person.
    pub decisions: usize,
}

/// The running programs, each with how it is started.
struct Living {
    programs: BTreeMap<usize, (PathBuf, Vec<String>, String)>,
    children: Mutex<BTreeMap<usize, Child>>,
    killed: AtomicUsize,
}

/// Development's front-end is none of [`ROLES`], and never killed.
const DEVELOPMENT: usize = ROLES.len();

fn programs() -> (PathBuf, PathBuf) {
    let console = PathBuf::from(env!("CARGO_BIN_EXE_towpath"));
    let platform = console.with_file_name("towpath-platform");
    assert!(platform.is_file(), "towpath-platform is missing beside towpath: build the workspace first");
    (console, platform)
}

impl Living {
    fn start(&self, role: usize) {
        let (program, arguments, points) = &self.programs[&role];
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if !points.is_empty() {
            command.env("TOWPATH_POINTS", points);
        }
        self.children.lock().unwrap().insert(role, command.spawn().unwrap());
    }

    fn kill_and_start(&self, role: usize) {
        let mut child = self.children.lock().unwrap().remove(&role).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        self.start(role);
        self.killed.fetch_add(1, Ordering::SeqCst);
    }
}

impl Drop for Farm {
    /// In order, so that no process of an application is left behind.
    fn drop(&mut self) {
        let mut children = std::mem::take(&mut *self.living.children.lock().unwrap());
        for child in children.values() {
            let _ = Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status();
        }
        let until = Instant::now() + Duration::from_secs(20);
        for child in children.values_mut() {
            while Instant::now() < until && matches!(child.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(20));
            }
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Asks until the answer is there.
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(began.elapsed() < PATIENCE, "{what} did not come");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

/// A package of an application in a version that its pages tell.
fn package(application: &str, version: &str) -> Vec<u8> {
    let file = |path: String, bytes: Vec<u8>, executable| SourceFile { path, bytes, executable };
    let process = application == "tides";
    let more =
        if process { "command = [\"./service\"]\nready = \"/healthz\"\nready_seconds = 60\n" } else { "" };
    let manifest = format!(
        "format = 1\n[application]\nkey = \"{application}\"\nname = \"{application}\"\nkind = \"web\"\nversion = \"{version}\"\n\
         [[modules]]\nkey = \"{application}\"\nname = \"Module\"\nkind = \"{}\"\nvirtual_directory = \"/{application}\"\n{more}",
        if process { "process" } else { "static" }
    );
    let files = if process {
        let service = programs().1.with_file_name("examples/small_service");
        let bytes = std::fs::read(&service)
            .unwrap_or_else(|error| panic!("{}: {error}; build the workspace's examples", service.display()));
        vec![file("modules/tides/service".to_owned(), bytes, true)]
    } else {
        let page = format!("<!doctype html><title>{application}</title><p>version {version}");
        vec![file(format!("modules/{application}/index.html"), page.into_bytes(), false)]
    };
    build(&manifest, files, Cursor::new(Vec::new())).unwrap().into_inner()
}

impl Farm {
    /// Everything enrolled and running; the tasks of the consoles' database are on `database`, or on SQLite.
    pub async fn start(database: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let own = format!("sqlite:{}", folder.path().join("console.db").display());
        let database = database.unwrap_or(&own).to_owned();
        let settings = configuration(&folder, &[("database", &database)]);
        let file = folder.path().join("Leptos.toml");
        std::fs::write(&file, format!("{}{SHORT}", std::fs::read_to_string(&file).unwrap())).unwrap();
        let store = Store::open(&settings.database).await.unwrap();
        store.migrate().await.unwrap();
        let console = Console::open(OpenOptions {
            store: store.clone(),
            packages: folder.path().join("packages"),
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
            master_key: server::master_key::read(&settings, &SystemIds).unwrap(),
            settings: settings.settings.clone(),
        })
        .unwrap();
        infrastructure(&console).await;
        let local = Caller::local_operator();
        make_larger(&console, &local).await;
        let token = token(&console, &local).await;

        let (victims, mut next) = mpsc::unbounded_channel();
        let counter = Counter::new(victims);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let base = format!("http://127.0.0.1:{port}");
        let living = Self::living(&counter, folder.path(), port, &database).await;
        let living = Arc::new(living);
        let hand = Arc::clone(&living);
        tokio::spawn(async move {
            while let Some(role) = next.recv().await {
                let hand = Arc::clone(&hand);
                tokio::task::spawn_blocking(move || hand.kill_and_start(role)).await.unwrap();
            }
        });
        let farm = Self { folder, console, store, local, counter, base, token, living, decisions: 0 };
        farm.living.start(0);
        farm.answers().await;
        for (role, environment, server) in [
            (DEVELOPMENT, "dev", "dev-1"),
            (1, "test", "test-1"),
            (2, "test", "test-2"),
            (3, "test", "test-3"),
        ] {
            let code =
                farm.console.enrolment_code(&farm.local, "harbour", environment, server).await.unwrap();
            let enrolled = Command::new(programs().1)
                .args(["enrol", "--console", &farm.base, "--code", &code, "--data"])
                .arg(farm.data(server))
                .output()
                .unwrap();
            assert!(enrolled.status.success(), "{}", String::from_utf8_lossy(&enrolled.stderr));
            farm.living.start(role);
        }
        farm
    }

    async fn living(counter: &Counter, folder: &Path, port: u16, database: &str) -> Living {
        let (console, platform) = programs();
        let (listen, data) = (format!("127.0.0.1:{port}"), folder.display().to_string());
        let config = format!("{data}/Leptos.toml");
        let arguments =
            ["serve", "--config", &config, "--listen", &listen, "--data", &data, "--database", database];
        let arguments = arguments.map(str::to_owned).to_vec();
        let mut programs = BTreeMap::from([(0, (console, arguments, counter.listen(0).await))]);
        for (role, server) in [(1, "test-1"), (2, "test-2"), (3, "test-3"), (DEVELOPMENT, "dev-1")] {
            let data = folder.join(server).display().to_string();
            let points = if role == DEVELOPMENT { String::new() } else { counter.listen(role).await };
            let arguments = vec!["run".to_owned(), "--data".to_owned(), data];
            programs.insert(role, (platform.clone(), arguments, points));
        }
        Living { programs, children: Mutex::default(), killed: AtomicUsize::new(0) }
    }

    async fn answers(&self) {
        let url = format!("{}/api/v1/me", self.base);
        eventually("the console", async || {
            client().get(&url).bearer_auth(&self.token).send().await.ok().filter(|a| a.status() == 200)
        })
        .await;
    }

    /// The data folder of a front-end.
    pub fn data(&self, server: &str) -> PathBuf {
        self.folder.path().join(server)
    }

    /// Puts a new version of every application into Development; gives the hash of each package.
    pub async fn publish(&self, version: &str) -> BTreeMap<String, Sha256> {
        let mut runs = Vec::new();
        let mut hashes = BTreeMap::new();
        for application in APPLICATIONS {
            let bytes = package(application, version);
            hashes.insert(application.to_owned(), Sha256::of(&bytes));
            let file = self.folder.path().join(format!("{application}.oap"));
            std::fs::write(&file, bytes).unwrap();
            let run = self.console.publish(&self.local, "harbour", "dev", &file).await.unwrap();
            runs.push(run.deployment.unwrap());
        }
        for run in runs {
            let status = eventually("a publication", async || self.ended(run).await).await;
            assert_eq!(status, "finished_successful");
        }
        hashes
    }

    async fn ended(&self, run: DeploymentId) -> Option<String> {
        let row = self.console.deployment(&self.local, "harbour", run).await.unwrap().row;
        row.finished_at.map(|_| row.status)
    }

    /// A request of a program to the console, which may be killed meanwhile.
    async fn post(&self, path: &str, body: &Value) -> Result<Value, String> {
        let request =
            client().post(format!("{}/api/v1/i/harbour/{path}", self.base)).bearer_auth(&self.token);
        let answer = request.json(body).send().await.map_err(|error| error.to_string())?;
        let status = answer.status();
        let text = answer.text().await.map_err(|error| error.to_string())?;
        if status.is_success() { Ok(serde_json::from_str(&text).unwrap_or_default()) } else { Err(text) }
    }

    /// Promotes everything from Development to Test and kills at these points meanwhile. Gives the deployment, once it has ended and
    /// everybody has been told, and the points that were met and those at which somebody was killed.
    pub async fn promote(&mut self, points: &[Point]) -> (DeploymentId, Vec<Point>, Vec<Point>) {
        self.decisions = 0;
        let plan = self.console.make_plan(&self.local, "harbour", "dev", "test", &[]).await.unwrap();
        let digest = self.console.plan(&self.local, "harbour", plan).await.unwrap().digest;
        let before = self.living.killed.load(Ordering::SeqCst);
        self.counter.arm(points);
        let run = self.started(plan, &digest).await;
        let began = Instant::now();
        loop {
            let row = self.console.deployment(&self.local, "harbour", run).await.unwrap().row;
            if row.finished_at.is_some() && self.is_told() {
                break;
            }
            if row.status == "needs_user_intervention" {
                self.decide(run, &row.message).await;
            }
            if began.elapsed() > 2 * PATIENCE {
                let page = self.console.deployment(&self.local, "harbour", run).await.unwrap();
                panic!("the deployment is stuck: {:#?} {:#?} {:#?}", page.row, page.steps, page.lines);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // Whoever stands at a point yet is killed and comes back.
        let (met, reached) = self.counter.disarm();
        eventually("everybody is back", async || {
            (self.living.killed.load(Ordering::SeqCst) - before == reached.len()).then_some(())
        })
        .await;
        self.answers().await;
        (run, met, reached)
    }

    /// Starts the plan by the console that is killed. Whoever got no answer looks first whether it was started.
    async fn started(&self, plan: PlanId, digest: &str) -> DeploymentId {
        let body = json!({ "digest": digest });
        eventually("the start", async || {
            let said = self.post(&format!("plans/{plan}/start"), &body).await;
            let mut tx = self.store.read().await.unwrap();
            let found = storage::deployments::by_plan(&mut tx, plan).await.unwrap();
            if let (Ok(said), None) = (&said, &found) {
                panic!("the console said {said}, and there is no deployment");
            }
            found.map(|row| row.id)
        })
        .await
    }

    /// A person is told what failed, and has it tried again.
    async fn decide(&mut self, run: DeploymentId, told: &str) {
        assert!(told.contains("failed") && told.contains("try it again"), "nobody is told: {told}");
        if self.post(&format!("deployments/{run}/retry"), &json!({})).await.is_ok() {
            self.decisions += 1;
        }
    }

    /// The console has confirmed the end of every task.
    fn is_told(&self) -> bool {
        count(&self.catalog("test-1"), "SELECT count(*) FROM tasks WHERE acknowledged = 0") == 0
    }

    pub fn catalog(&self, server: &str) -> rusqlite::Connection {
        let catalog = rusqlite::Connection::open(self.data(server).join("platform.sqlite")).unwrap();
        catalog.busy_timeout(Duration::from_secs(10)).unwrap();
        catalog
    }
}

pub fn count(catalog: &rusqlite::Connection, sql: &str) -> i64 {
    catalog.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Test gets three front-ends, and Development takes five publications at once.
async fn make_larger(console: &Console, local: &Caller) {
    for key in ["test-2", "test-3"] {
        let new = NewServer { key: key.into(), name: key.into(), is_controller: false };
        console.create_server(local, "harbour", "test", new).await.unwrap();
    }
    let input = EnvironmentInput {
        name: "Development".into(),
        purpose: "development".into(),
        topology: "standalone".into(),
        deployments_at_once: Some("5".into()),
        ..EnvironmentInput::default()
    };
    console.change_environment(local, "harbour", "dev", &input).await.unwrap();
}

async fn token(console: &Console, local: &Caller) -> String {
    let roles = console.roles(local, "harbour").await.unwrap().roles;
    let role = roles.iter().find(|role| role.name == "Administrator").unwrap().id;
    let id = console.create_service_account(local, "harbour", "ci", "ci", role).await.unwrap();
    let scopes = domain::token::Scope::ALL.to_vec();
    let new = NewToken { name: "test".into(), scopes, days: 1 };
    console.create_token(local, "harbour", id, new).await.unwrap().token.reveal().to_owned()
}
