//! A console that is killed with SIGKILL in the middle of a running promotion, and started again: each application is activated
//! once, and the deployment is finished. Real programs: `towpath serve`, and `towpath-platform` on each front-end.

use crate::common::{configuration, infrastructure, package};
use domain::id::DeploymentId;
use operations::{AuditQuery, Caller, Console, OpenOptions};
use server::clock::{SystemClock, SystemIds};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// A process that is ended with the test.
pub struct Process(Child);

impl Process {
    pub fn start(program: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(arguments);
        Self::of(command)
    }

    /// The same of a command that is told more.
    pub fn of(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap_or_else(|error| panic!("{command:?} does not start: {error}")))
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Process {
    /// Its process id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Whether it is there yet.
    pub fn is_running(&mut self) -> bool {
        self.0.try_wait().is_ok_and(|ended| ended.is_none())
    }

    /// Sends it a signal, such as `STOP`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.0.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn programs() -> (PathBuf, PathBuf) {
    let console = PathBuf::from(env!("CARGO_BIN_EXE_towpath"));
    let platform = console.with_file_name("towpath-platform");
    assert!(platform.is_file(), "towpath-platform is missing beside towpath: build the workspace first");
    (console, platform)
}

pub struct World {
    pub folder: TempDir,
    /// A second console on the same database that carries out nothing: the hand of the test.
    pub console: Console,
    pub local: Caller,
    /// Where the Platform Servers find the console.
    pub port: u16,
    pub platforms: Vec<Process>,
    pub database: String,
}

impl World {
    pub async fn new() -> Self {
        Self::on(None, "").await
    }

    /// On another database than SQLite in its own folder, with more lines of its configuration.
    pub async fn on(database: Option<&str>, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let own = format!("sqlite:{}", folder.path().join("console.db").display());
        let database = database.unwrap_or(&own);
        let settings = configuration(&folder, &[("database", database)]);
        let file = folder.path().join("Leptos.toml");
        std::fs::write(&file, format!("{}{more}", std::fs::read_to_string(&file).unwrap())).unwrap();
        let store = operations::Store::open(&settings.database).await.unwrap();
        store.migrate().await.unwrap();
        let console = Console::open(OpenOptions {
            store,
            packages: folder.path().join("packages"),
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
            master_key: server::master_key::read(&settings, &SystemIds).unwrap(),
            settings: settings.settings.clone(),
        })
        .unwrap();
        infrastructure(&console).await;
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (local, database) = (Caller::local_operator(), database.to_owned());
        Self { folder, console, local, port, platforms: vec![], database }
    }

    pub fn serve(&self) -> Process {
        self.serve_at(self.port)
    }

    /// A console of its own on a port.
    pub fn serve_at(&self, port: u16) -> Process {
        self.serve_by(Command::new(programs().0), port)
    }

    /// The same by a command that names its program.
    pub fn serve_by(&self, mut command: Command, port: u16) -> Process {
        let (listen, data) = (format!("127.0.0.1:{port}"), self.folder.path().display().to_string());
        let config = format!("{data}/Leptos.toml");
        let arguments = [
            "serve",
            "--config",
            &config,
            "--listen",
            &listen,
            "--data",
            &data,
            "--database",
            &self.database,
        ];
        command.args(arguments);
        Process::of(command)
    }

    pub async fn answers(&self) {
        self.answers_at(self.port).await;
    }

    pub async fn answers_at(&self, port: u16) {
        for _ in 0..400 {
            if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the console does not answer");
    }

    pub async fn enrol(&mut self, environment: &str) {
        self.enrol_one(environment, 1).await;
    }

    /// One of several front-ends of an environment.
    pub async fn enrol_one(&mut self, environment: &str, number: u32) {
        let server = format!("{environment}-{number}");
        let code = self.console.enrolment_code(&self.local, "harbour", environment, &server).await.unwrap();
        let data = self.data(&server).display().to_string();
        let url = format!("http://127.0.0.1:{}", self.port);
        let program = programs().1;
        let enrolled = Command::new(&program)
            .args(["enrol", "--console", &url, "--code", &code, "--data", &data])
            .output()
            .unwrap();
        assert!(enrolled.status.success(), "{}", String::from_utf8_lossy(&enrolled.stderr));
        self.platforms.push(self.run(&server));
    }

    /// The whole of what a started plan runs as: everything of Development to Test.
    pub async fn promote(&self) -> DeploymentId {
        let plan = self.console.make_plan(&self.local, "harbour", "dev", "test", &[]).await.unwrap();
        let digest = self.console.plan(&self.local, "harbour", plan).await.unwrap().digest;
        self.console.start_plan(&self.local, "harbour", plan, &digest).await.unwrap()
    }

    /// What the log has of an operation: the outcome of each entry.
    pub async fn outcomes(&self, operation: &str) -> Vec<String> {
        let query = AuditQuery { operation: Some(operation.into()), ..AuditQuery::default() };
        let found = self.console.audit(&self.local, "harbour", &query).await.unwrap();
        found.entries.rows.into_iter().map(|row| row.outcome).collect()
    }

    /// Starts the Platform Server of a front-end that is enrolled.
    pub fn run(&self, server: &str) -> Process {
        Process::start(&programs().1, &["run", "--data", &self.data(server).display().to_string()])
    }

    /// The folder of a front-end.
    pub fn data(&self, server: &str) -> PathBuf {
        self.folder.path().join(format!("server-{server}"))
    }

    pub async fn finished(&self, id: DeploymentId) -> String {
        for _ in 0..1200 {
            let row = self.console.deployment(&self.local, "harbour", id).await.unwrap().row;
            if row.finished_at.is_some() {
                return row.status;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let page = self.console.deployment(&self.local, "harbour", id).await.unwrap();
        panic!("the deployment never ended: {:?} {:?}", page.steps, page.lines);
    }

    /// Waits until the step is under way or done.
    pub async fn reached(&self, id: DeploymentId, ordinal: u32) {
        for _ in 0..2000 {
            let page = self.console.deployment(&self.local, "harbour", id).await.unwrap();
            let begun = |state: &str| state != "pending";
            if page.steps.iter().any(|step| step.ordinal == ordinal && begun(&step.state)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        panic!("step {ordinal} is never reached");
    }

    /// Waits until everything of it is prepared and a person is asked.
    pub async fn prepared(&self, id: DeploymentId) {
        for _ in 0..1200 {
            let row = self.console.deployment(&self.local, "harbour", id).await.unwrap().row;
            if row.status == "needs_user_intervention" {
                return;
            }
            assert!(row.finished_at.is_none(), "{}", row.message);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it is never prepared");
    }

    /// The activations that Test's front-end has on record for a deployment: their keys.
    pub fn activations(&self, id: DeploymentId) -> Vec<String> {
        let file = self.data("test-1").join("platform.sqlite");
        let catalog = rusqlite::Connection::open(file).unwrap();
        let mut statement =
            catalog.prepare("select key from activations where key like ?1 order by key").unwrap();
        let rows = statement.query_map([format!("{id}/%")], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }
}

#[tokio::test]
async fn a_killed_console_loses_nothing_and_does_nothing_twice() {
    let mut world = World::new().await;
    let mut console = world.serve();
    world.answers().await;
    world.enrol("dev").await;
    world.enrol("test").await;
    for name in ["one", "two"] {
        let file = package(&world.folder, name, "first");
        let run =
            world.console.publish(&world.local, "harbour", "dev", &file).await.unwrap().deployment.unwrap();
        assert_eq!(world.finished(run).await, "finished_successful");
    }
    // Steps 1 and 2 prepare, 3 and 4 activate. Killed right after the start, and in the middle of each kind.
    for (round, kill_at) in [0u32, 1, 3, 4].into_iter().enumerate() {
        if round > 0 {
            for name in ["one", "two"] {
                let file = package(&world.folder, name, &format!("content {round}"));
                let run = world.console.publish(&world.local, "harbour", "dev", &file).await.unwrap();
                assert_eq!(world.finished(run.deployment.unwrap()).await, "finished_successful");
            }
        }
        let plan = world.console.make_plan(&world.local, "harbour", "dev", "test", &[]).await.unwrap();
        let page = world.console.plan(&world.local, "harbour", plan).await.unwrap();
        let run = world.console.start_plan(&world.local, "harbour", plan, &page.digest).await.unwrap();
        if kill_at > 0 {
            world.reached(run, kill_at).await;
        }
        console.kill();
        console = world.serve();
        assert_eq!(world.finished(run).await, "finished_successful", "killed at step {kill_at}");
        let expected = vec![format!("{run}/3"), format!("{run}/4")];
        assert_eq!(world.activations(run), expected, "killed at step {kill_at}: each once, none taken back");
        let steps = world.console.deployment(&world.local, "harbour", run).await.unwrap().steps;
        assert!(steps.iter().all(|step| step.state == "done" && !step.back), "{steps:?}");
    }
    console.kill();
}

#[tokio::test]
async fn two_deployments_at_once_go_on_after_a_killed_console_each_once() {
    let mut world = World::new().await;
    let mut console = world.serve();
    world.answers().await;
    world.enrol("dev").await;
    world.enrol("test").await;
    // Both wait in the middle, so that they surely run at the same time.
    let stages = operations::EnvironmentInput {
        name: "Test".into(),
        purpose: "test".into(),
        topology: "standalone".into(),
        two_stage: Some(true),
        ..operations::EnvironmentInput::default()
    };
    world.console.change_environment(&world.local, "harbour", "test", &stages).await.unwrap();
    let mut runs = Vec::new();
    for name in ["one", "two"] {
        let file = package(&world.folder, name, "first");
        let run = world.console.publish(&world.local, "harbour", "dev", &file).await.unwrap();
        assert_eq!(world.finished(run.deployment.unwrap()).await, "finished_successful");
        let only = [name.to_owned()];
        let plan = world.console.make_plan(&world.local, "harbour", "dev", "test", &only).await.unwrap();
        let page = world.console.plan(&world.local, "harbour", plan).await.unwrap();
        runs.push(world.console.start_plan(&world.local, "harbour", plan, &page.digest).await.unwrap());
    }
    for id in &runs {
        world.prepared(*id).await;
    }
    console.kill();
    console = world.serve();
    let go_on = |id| world.console.continue_deployment(&world.local, "harbour", id);
    let (second, first) = tokio::join!(go_on(runs[1]), go_on(runs[0]));
    second.unwrap();
    first.unwrap();
    console.kill();
    console = world.serve();
    for id in &runs {
        assert_eq!(world.finished(*id).await, "finished_successful");
        assert_eq!(world.activations(*id), [format!("{id}/2")], "once, and not taken back");
        let steps = world.console.deployment(&world.local, "harbour", *id).await.unwrap().steps;
        assert!(steps.iter().all(|step| step.state == "done" && !step.back), "{steps:?}");
    }
    console.kill();
}
