//! Checks of connections: databases that are really signed in to, tools that are really asked (`tools`), and what is kept of it.

mod tools;

use crate::common::{HOME, World, denied, refused, settings};
use domain::architecture::words::CheckOutcome;
use operations::view::{CheckView, Connections, DatabaseView, ToolView};
use operations::{AuditQuery, Caller, DatabaseTest, Settings, Wanted};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// An HTTP server of this machine that gives one answer to everybody, as long as this value lives.
pub struct Answers {
    pub address: String,
    pub asked: Arc<Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Answers {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Answers {
    pub async fn with(head: &str) -> Self {
        let listening = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = format!("http://{}", listening.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (head, told) = (format!("HTTP/1.1 {head}\r\n\r\n"), asked.clone());
        let task = tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((mut one, _)) = listening.accept().await {
                let mut request = vec![0; 4096];
                let length = one.read(&mut request).await.unwrap_or(0);
                told.lock().unwrap().push(String::from_utf8_lossy(&request[..length]).into_owned());
                let _ = one.write_all(head.as_bytes()).await;
                // Whoever waits for a body waits for ever.
                open.push(one);
            }
        });
        Self { address, asked, task }
    }

    pub fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

/// The address of a port of this machine that nobody listens at.
async fn nobody() -> String {
    let listening = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    listening.local_addr().unwrap().to_string()
}

/// A port of this machine that takes connections and says nothing.
async fn silent() -> (String, TcpListener) {
    let listening = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    (listening.local_addr().unwrap().to_string(), listening)
}

fn tool(key: &str, address: &str) -> String {
    format!("[tools.{key}]\nname = \"{key}\"\nkind = \"other\"\naddress = \"{address}\"\n")
}

fn server(key: &str, engine: &str, host: Option<&str>) -> String {
    let host = host.map(|host| format!("host = \"{host}\"\n")).unwrap_or_default();
    format!("[database_servers.{key}]\nname = \"{key}\"\nengine = \"{engine}\"\nsharing = \"shared\"\n{host}")
}

/// What every infrastructure of these tests has, with more behind it.
async fn connect(world: &World, infrastructure: &str, more: &str) {
    let file = world.console.architecture_file(&world.local, infrastructure).await.unwrap();
    let cut = |mark: &str, text: &str| text.split(mark).next().unwrap().to_owned();
    let bare = cut("[tools.", &cut("[database_servers.", &file));
    let wanted = Wanted::File(format!("{bare}\n{more}"));
    world.console.apply_architecture(&world.local, infrastructure, &wanted, None).await.unwrap();
}

async fn connections(world: &World, who: &Caller) -> Connections {
    world.console.architecture(who, HOME).await.unwrap().connections
}

async fn one_tool(world: &World) -> ToolView {
    connections(world, &world.local).await.tools.remove(0)
}

async fn one_database(world: &World) -> DatabaseView {
    connections(world, &world.local).await.databases.remove(0)
}

fn test(user: &str, password: &str, database: &str) -> DatabaseTest {
    DatabaseTest { user: user.into(), password: password.into(), database: database.into() }
}

async fn tried(world: &World, place: &str, test: &DatabaseTest) -> CheckView {
    world.console.check_database(&world.local, HOME, place, test).await.unwrap().check
}

fn told(check: &CheckView) -> (CheckOutcome, &str) {
    (check.outcome, check.detail.as_str())
}

#[tokio::test]
async fn a_postgresql_is_signed_in_to() {
    let foreign = storage::testing::foreign_postgres().await;
    let world = World::new().await;
    let host = foreign.address.to_string();
    connect(&world, HOME, &server("shared", "postgresql", Some(&host))).await;
    assert_eq!(one_database(&world).await.check, None);
    let ada = world.user("ada").await;
    let place = "database_servers/shared";
    let right = test(foreign.user, foreign.password, &foreign.database);
    let checked = world.console.check_database(&ada, HOME, place, &right).await.unwrap();
    assert_eq!((checked.name.as_str(), checked.check.outcome), ("shared", CheckOutcome::SignedIn));
    let begin = format!(
        "Signed in to the database “{}” without TLS. The server says that it is PostgreSQL ",
        foreign.database
    );
    assert!(checked.check.detail.starts_with(&begin), "{}", checked.check.detail);
    assert_eq!(checked.check.address, format!("postgresql://{host}"));
    assert_eq!((checked.check.by.as_str(), checked.check.outdated), ("Ada Lovelace", false));
    assert_eq!(one_database(&world).await.check, Some(checked.check));

    let wrong = tried(&world, place, &test(foreign.user, "nine grey herons", &foreign.database)).await;
    assert_eq!(
        told(&wrong),
        (
            CheckOutcome::Failed,
            "The address answers, but nobody was let in. The server refused the sign-in: the user name or the password is \
             wrong, or this user may not sign in from here."
        )
    );
    assert_eq!(one_database(&world).await.check, Some(wrong));
    assert_eq!(world.count("database.check", "done").await, 2);

    let missing = world.console.check_database(&ada, HOME, place, &test("", "x", "")).await;
    assert_eq!(
        refused(missing),
        "Name the user who is to sign in, with at most 128 characters. Name the database to sign in to, with at most 128 characters."
    );
    assert_eq!(world.count("database.check", "failed").await, 1);
}

/// Everything that is logged while it is the thread's subscriber.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl tracing::Subscriber for Log {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        let _ = write!(self.0.lock().unwrap(), "{:?}", span.values());
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        let _ = write!(self.0.lock().unwrap(), "{values:?}");
    }
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        let _ = writeln!(self.0.lock().unwrap(), "{event:?}");
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test]
async fn a_password_is_neither_logged_nor_stored() {
    let foreign = storage::testing::foreign_postgres().await;
    let log = Log::default();
    let _subscribed = tracing::subscriber::set_default(log.clone());
    tracing::warn!("the log is listened to");
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("console.db").display());
    let store = operations::Store::open(&url).await.unwrap();
    store.migrate().await.unwrap();
    let world = World::on(store.clone()).await;
    connect(&world, HOME, &server("shared", "postgresql", Some(&foreign.address.to_string()))).await;
    let (place, wrong) = ("database_servers/shared", "nine grey herons");
    for password in [foreign.password, wrong] {
        tried(&world, place, &test(foreign.user, password, &foreign.database)).await;
    }
    // Refused before anything is tried, with an entry of the refusal.
    refused(world.console.check_database(&world.local, HOME, place, &test("", wrong, "")).await);
    let ron = world.user("ron").await;
    denied(world.console.check_database(&ron, HOME, place, &test("x", wrong, "y")).await);
    let log_page = world.console.audit(&world.local, HOME, &AuditQuery::default()).await.unwrap();
    let entry =
        log_page.entries.rows.iter().find(|row| row.operation == "database.check" && row.outcome == "done");
    let entry = world.console.audit_entry(&world.local, HOME, entry.unwrap().id).await.unwrap();
    let shown = format!("{entry:?}");
    assert!(shown.contains(foreign.user) && !shown.contains("grey herons"), "{shown}");
    store.close().await;
    let mut stored = Vec::new();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        stored.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    let has = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(has(&stored, foreign.user), "the user is part of the entry");
    let logged = log.0.lock().unwrap().clone();
    assert!(logged.contains("the log is listened to"));
    for secret in [foreign.password, wrong, "grey herons"] {
        assert!(!has(&stored, secret) && !logged.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn without_a_driver_the_address_is_tried_and_no_more() {
    let world = World::new().await;
    let (host, listening) = silent().await;
    connect(&world, HOME, &server("ledger", "oracle", Some(&host))).await;
    let place = "database_servers/ledger";
    let none = DatabaseTest::default();
    let reached = tried(&world, place, &none).await;
    let sentence =
        "The address answers. No more was tried: there is no driver for Oracle here, so nobody signed in.";
    assert_eq!(told(&reached), (CheckOutcome::Reached, sentence));
    assert_eq!(reached.address, format!("oracle://{host}"));
    drop(listening);
    let failed = tried(&world, place, &none).await;
    let sentence = "Nothing listens at the address: the connection was refused.";
    assert_eq!(told(&failed), (CheckOutcome::Failed, sentence));

    let given = world.console.check_database(&world.local, HOME, place, &test("x", "y", "z")).await;
    let sentence =
        "There is no driver for Oracle here, so nobody signs in: leave user, password and database empty.";
    assert_eq!(refused(given), sentence);
    connect(&world, HOME, &server("ledger", "oracle", Some("169.254.169.254:1521"))).await;
    let never = "Nothing was tried: the host is at a link-local, multicast or unspecified address, and the console connects to none of those.";
    assert_eq!(told(&tried(&world, place, &none).await), (CheckOutcome::Failed, never));
    connect(&world, HOME, &server("ledger", "oracle", None)).await;
    let missing = world.console.check_database(&world.local, HOME, place, &none).await;
    assert_eq!(
        refused(missing),
        "No host of ledger is recorded, so there is nothing to try. Record it first."
    );
    let gone = world.console.check_database(&world.local, HOME, "database_servers/gone", &none).await;
    assert_eq!(gone.unwrap_err().sentence(), "There is no database “database_servers/gone” here.");
}

#[tokio::test]
async fn an_external_database_of_an_environment_is_tried_too() {
    let world = World::new().await;
    let (host, _listening) = silent().await;
    let crm = format!(
        "[environments.test.external_databases.crm]\nname = \"CRM\"\nengine = \"db2_iseries\"\nversion = \"7.5\"\nhost = \"{host}\"\n"
    );
    connect(&world, HOME, &crm).await;
    let place = "environments/test/external_databases/crm";
    let checked =
        world.console.check_database(&world.local, HOME, place, &DatabaseTest::default()).await.unwrap();
    assert_eq!((checked.name.as_str(), checked.check.outcome), ("CRM", CheckOutcome::Reached));
    let shown = one_database(&world).await;
    assert_eq!((shown.place.as_str(), shown.engine.as_str()), (place, "DB2 iSeries"));
    assert_eq!(shown.environment.unwrap().name, "Test");
    assert_eq!((shown.version.as_deref(), shown.host), (Some("7.5"), Some(host)));
    assert_eq!(shown.check, Some(checked.check));
}

#[tokio::test]
async fn a_file_is_read_below_the_configured_folder_only() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("shop.db").display());
    let store = operations::Store::open(&url).await.unwrap();
    store.migrate().await.unwrap();
    store.close().await;
    let place = "database_servers/files";

    let without = World::new().await;
    connect(&without, HOME, &server("files", "sqlite", None)).await;
    assert!(!connections(&without, &without.local).await.files);
    let none = without.console.check_database(&without.local, HOME, place, &test("", "", "shop.db")).await;
    let sentence = "No folder for files of SQLite is configured (database-files), so none is read.";
    assert_eq!(refused(none), sentence);

    let settings = Settings { database_files: Some(folder.path().to_owned()), ..settings() };
    let world = World::with(storage::testing::sqlite().await.unwrap(), settings).await;
    connect(&world, HOME, &server("files", "sqlite", None)).await;
    let read = tried(&world, place, &test("", "", "shop.db")).await;
    assert_eq!((read.outcome, read.address.as_str()), (CheckOutcome::SignedIn, "sqlite:shop.db"));
    assert!(read.detail.starts_with("The file was read: a database with "), "{}", read.detail);
    assert!(!one_database(&world).await.check.unwrap().outdated);
    let outside = tried(&world, place, &test("", "", "../shop.db")).await;
    let sentence = "There is no such file below the folder that database-files names.";
    assert_eq!(told(&outside), (CheckOutcome::Failed, sentence));
    let user = world.console.check_database(&world.local, HOME, place, &test("ada", "", "shop.db")).await;
    assert_eq!(refused(user), "A file of SQLite has no users: leave user and password empty.");
}

#[tokio::test]
async fn who_does_not_manage_the_infrastructure_checks_nothing() {
    let world = World::new().await;
    let server_there = Answers::with("200 OK\r\ncontent-length: 0").await;
    let host = server_there.address.trim_start_matches("http://").to_owned();
    connect(
        &world,
        HOME,
        &format!("{}{}", tool("builds", &server_there.address), server("ledger", "oracle", Some(&host))),
    )
    .await;
    for who in ["ron", "dev", "rita"] {
        let who = world.user(who).await;
        denied(world.console.check_tool(&who, HOME, "builds").await);
        let tested = world
            .console
            .check_database(&who, HOME, "database_servers/ledger", &DatabaseTest::default())
            .await;
        denied(tested);
    }
    assert_eq!(server_there.asked(), 0, "nothing was tried");
    assert_eq!(world.count("tool.check", "denied").await, 3);
    assert_eq!(world.count("database.check", "denied").await, 3);
    assert_eq!(one_tool(&world).await.check, None);
    assert_eq!(world.count("tool.check", "done").await, 0);
}

#[tokio::test]
async fn a_result_says_nothing_of_another_address() {
    let world = World::new().await;
    let (old, new) = (
        Answers::with("200 OK\r\ncontent-length: 0").await,
        Answers::with("503 Busy\r\ncontent-length: 0").await,
    );
    let (host, _listening) = silent().await;
    connect(
        &world,
        HOME,
        &format!("{}{}", tool("builds", &old.address), server("ledger", "oracle", Some(&host))),
    )
    .await;
    world.console.check_due_tools().await.unwrap();
    tried(&world, "database_servers/ledger", &DatabaseTest::default()).await;

    connect(
        &world,
        HOME,
        &format!("{}{}", tool("builds", &new.address), server("ledger", "sql_server", Some(&host))),
    )
    .await;
    let check = one_tool(&world).await.check.unwrap();
    assert!(check.outdated && check.address == old.address, "{check:?}");
    let check = one_database(&world).await.check.unwrap();
    assert!(check.outdated && check.address == format!("oracle://{host}"), "{check:?}");
    // The console does not wait five minutes to look at the new one.
    assert_eq!(world.console.check_due_tools().await.unwrap(), 1);
    let check = one_tool(&world).await.check.unwrap();
    assert_eq!(told(&check), (CheckOutcome::Failed, "It answered with status 503."));
    assert!(!check.outdated);

    // A part that went takes what was found with it.
    connect(&world, HOME, "").await;
    connect(
        &world,
        HOME,
        &format!("{}{}", tool("builds", &new.address), server("ledger", "oracle", Some(&host))),
    )
    .await;
    assert_eq!(one_tool(&world).await.check, None);
    assert_eq!(one_database(&world).await.check, None);
}
