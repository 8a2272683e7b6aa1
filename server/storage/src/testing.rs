//! Stores for the tests of this and of other crates (cargo feature `testing`).
//!
//! [`sqlite`] gives a migrated SQLite store of its own. [`postgres`] gives a migrated database of its own in a
//! throw-away PostgreSQL that the test process starts itself, in a temporary folder, reached by a Unix socket only.
//!
//! One PostgreSQL serves all tests of a process. `cargo nextest` gives each test a process of its own, so tests on
//! PostgreSQL put several cases into one function. The server is run by a keeper, a small shell that waits for the end of the
//! test process, however that comes, then stops the server and removes the folder. It is in a process group of its own, so
//! that a test that is killed takes neither the keeper nor the clearing away with it.

use crate::{Store, StoreError};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex, OnceCell};

/// A migrated store on SQLite that lives as long as its clones.
///
/// # Errors
/// The driver's own.
pub async fn sqlite() -> Result<Store, StoreError> {
    let store = Store::open("sqlite::memory:").await?;
    store.migrate().await?;
    Ok(store)
}

/// A migrated store on a database of its own in a throw-away PostgreSQL.
///
/// # Panics
/// With one sentence where PostgreSQL's server programs are missing or do not start. Tests never skip.
pub async fn postgres() -> Store {
    let url = postgres_url().await;
    match Store::open(&url).await {
        Ok(store) => store,
        Err(error) => panic!("the throw-away PostgreSQL cannot be reached at {url}: {error}"),
    }
}

/// The address of a migrated database of its own in a throw-away PostgreSQL, for tests that open it more than once or start
/// processes that do. It ends with this process.
///
/// # Panics
/// As [`postgres`].
pub async fn postgres_url() -> String {
    let cluster = CLUSTER.get_or_init(Cluster::start).await;
    cluster.database(Some(TEMPLATE)).await
}

/// The address of an empty database in a throw-away PostgreSQL.
///
/// # Panics
/// As [`postgres`].
pub async fn empty_postgres_url() -> String {
    let cluster = CLUSTER.get_or_init(Cluster::start).await;
    cluster.database(None).await
}

/// A database in the throw-away PostgreSQL as somebody else's is met: by TCP, with a user who has to give a password.
pub struct Foreign {
    /// Where it answers, until this value is dropped.
    pub address: SocketAddr,
    /// The user.
    pub user: &'static str,
    /// The password.
    pub password: &'static str,
    /// The database.
    pub database: String,
    forwarding: tokio::task::JoinHandle<()>,
}

impl Drop for Foreign {
    fn drop(&mut self) {
        self.forwarding.abort();
    }
}

/// Such a database. The server itself listens on its socket only; a task of the test leads there from a free port of this machine.
///
/// # Panics
/// As [`postgres`].
pub async fn foreign_postgres() -> Foreign {
    let cluster = CLUSTER.get_or_init(Cluster::start).await;
    let url = cluster.database(None).await;
    let database = url.rsplit('/').next().unwrap_or_default().to_owned();
    let password = "seven grey herons";
    let made = format!(
        "do $$ begin if not exists (select from pg_roles where rolname = '{STRANGER}') then \
         create role {STRANGER} login password '{password}'; end if; end $$"
    );
    if let Err(sentence) = cluster.run(&made).await {
        panic!("{sentence}");
    }
    let listening = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await;
    let listening = listening.unwrap_or_else(|error| panic!("no free port: {error}"));
    let address = listening.local_addr().unwrap_or_else(|error| panic!("no port: {error}"));
    let socket = cluster.folder.join(".s.PGSQL.5432");
    let forwarding = tokio::spawn(async move {
        while let Ok((mut from, _)) = listening.accept().await {
            let socket = socket.clone();
            tokio::spawn(async move {
                if let Ok(mut to) = tokio::net::UnixStream::connect(socket).await {
                    let _ = tokio::io::copy_bidirectional(&mut from, &mut to).await;
                }
            });
        }
    });
    Foreign { address, user: STRANGER, password, database, forwarding }
}

/// Makes a database that [`postgres_url`] gave one that may only be read, as a server that stands by is, and cuts off whoever is connected; or
/// lets it be written again, and cuts nobody off.
///
/// # Panics
/// As [`postgres`].
pub async fn let_write(url: &str, allowed: bool) {
    let cluster = CLUSTER.get_or_init(Cluster::start).await;
    let database = url.rsplit('/').next().unwrap_or_default();
    let orders = if allowed {
        vec![format!("alter database {database} reset default_transaction_read_only")]
    } else {
        vec![
            format!("alter database {database} set default_transaction_read_only = on"),
            format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{database}'"),
        ]
    };
    for order in orders {
        if let Err(sentence) = cluster.run(&order).await {
            panic!("{sentence}");
        }
    }
}

/// Carries out any SQL within a change, with the same mapping of errors as every other statement: for tests that provoke
/// constraints. The text is kept until the process ends.
///
/// # Errors
/// What the database refuses.
pub async fn execute(tx: &mut crate::WriteTx, sql: &str) -> Result<u64, StoreError> {
    let text: &'static str = Box::leak(sql.to_owned().into_boxed_str());
    let statement = crate::Statement { name: "testing", sqlite: Some(text), postgres: Some(text) };
    crate::statement::execute(tx, &statement, Vec::new()).await
}

/// What a piece of work asked a database: the names of its statements in their order, and the rows that each returned (or changed).
/// The words that begin and end transactions are not among them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// Name and rows of each statement.
    pub statements: Vec<(&'static str, u64)>,
}

impl Asked {
    /// The rows of all statements.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.statements.iter().map(|(_, rows)| rows).sum()
    }

    /// The names of the statements, in their order.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.statements.iter().map(|(name, _)| *name).collect()
    }
}

tokio::task_local! {
    static ASKED: Arc<std::sync::Mutex<Asked>>;
}

/// Carries out some work and tells what it asked any store. What it hands to other tasks is not counted, such as the end of a change.
pub async fn asked<T>(work: impl Future<Output = T>) -> (T, Asked) {
    let counted = Arc::new(std::sync::Mutex::new(Asked::default()));
    let done = ASKED.scope(Arc::clone(&counted), work).await;
    let asked = counted.lock().map(|asked| asked.clone()).unwrap_or_default();
    (done, asked)
}

/// Notes a statement that was carried out, where [`asked`] counts.
pub(crate) fn note(statement: &crate::Statement, rows: u64) {
    let _ = ASKED.try_with(|asked| {
        if let Ok(mut asked) = asked.lock() {
            asked.statements.push((statement.name, rows));
        }
    });
}

static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();

/// The database that is migrated once and copied for each store.
const TEMPLATE: &str = "towpath_template";
/// The one user who has to give a password.
const STRANGER: &str = "stranger";
/// How long the server may take to answer.
const START: Duration = Duration::from_secs(60);

struct Cluster {
    folder: PathBuf,
    /// Making databases, one at a time.
    making: Mutex<()>,
    made: AtomicU64,
    /// Its standard input ends with this process, which tells it to clear away.
    _keeper: Child,
}

/// What the keeper does: runs the server, waits for the end of its input, stops the server at once, removes the folder.
const KEEPER: &str = r#"
"$@" >"$FOLDER/log" 2>&1 </dev/null &
server=$!
cat >/dev/null
kill -QUIT "$server" 2>/dev/null
wait "$server"
rm -rf "$FOLDER"
"#;

impl Cluster {
    async fn start() -> Self {
        match Self::try_start().await {
            Ok(cluster) => cluster,
            Err(sentence) => panic!("{sentence}"),
        }
    }

    async fn try_start() -> Result<Self, String> {
        let programs = programs().ok_or(
            "The tests run on PostgreSQL too, and its server programs are missing: install the package postgresql, or put initdb and \
             postgres on the path.",
        )?;
        let folder = tempfile::Builder::new()
            .prefix("towpath-pg-")
            .tempdir_in(short_temporary_folder())
            .map_err(|error| format!("No temporary folder for PostgreSQL: {error}."))?;
        let other = other_user()?;
        if let Some(other) = &other {
            std::os::unix::fs::chown(folder.path(), Some(other.uid), Some(other.gid)).map_err(|error| {
                format!("The folder for PostgreSQL cannot be given to {}: {error}.", other.name)
            })?;
        }
        let data = folder.path().join("data");
        let made = as_user(other.as_ref(), &programs.join("initdb"))
            .arg("-D")
            .arg(&data)
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"])
            .args(["--no-instructions", "--wal-segsize=1"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("initdb does not start: {error}."))?;
        if !made.status.success() {
            return Err(format!("initdb failed: {}", String::from_utf8_lossy(&made.stderr)));
        }
        let rules = format!("local all {STRANGER} scram-sha-256\nlocal all all trust\n");
        std::fs::write(data.join("pg_hba.conf"), rules)
            .map_err(|error| format!("The rules of sign-in cannot be written: {error}."))?;
        let server = as_user(other.as_ref(), &programs.join("postgres"));
        let mut keeper = Command::new("sh");
        keeper
            .args(["-c", KEEPER, "keeper"])
            .arg(server.get_program())
            .args(server.get_args())
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(folder.path())
            // Nothing survives the test, so nothing has to reach the disk.
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off"])
            .args(["-c", "max_connections=200", "-c", "shared_buffers=32MB", "-c", "autovacuum=off"])
            .env("FOLDER", folder.path())
            .current_dir(folder.path())
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let keeper =
            keeper.spawn().map_err(|error| format!("PostgreSQL's keeper does not start: {error}."))?;
        // From here on the keeper removes the folder.
        let folder = folder.keep();
        let cluster = Self { folder, making: Mutex::new(()), made: AtomicU64::new(0), _keeper: keeper };
        cluster.wait().await?;
        cluster.run(&format!("create database {TEMPLATE}")).await?;
        let store = Store::open(&cluster.url(TEMPLATE)).await.map_err(|error| error.to_string())?;
        store.migrate().await.map_err(|error| error.to_string())?;
        store.close().await;
        Ok(cluster)
    }

    async fn wait(&self) -> Result<(), String> {
        let tries = async {
            while PgConnection::connect_with(&self.options("postgres")).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(START, tries).await.map_err(|_| {
            let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            format!("The throw-away PostgreSQL does not answer; its log says: {}", log.trim())
        })
    }

    fn options(&self, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass().socket(&self.folder).username("postgres").database(database)
    }

    fn url(&self, database: &str) -> String {
        let host = self.folder.to_string_lossy().replace('%', "%25").replace('/', "%2F");
        format!("postgres://postgres@{host}/{database}")
    }

    async fn run(&self, sql: &str) -> Result<(), String> {
        let failed = |error: sqlx::Error| format!("The throw-away PostgreSQL failed at “{sql}”: {error}.");
        let mut connection = PgConnection::connect_with(&self.options("postgres")).await.map_err(failed)?;
        sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.map_err(failed)?;
        connection.close().await.map_err(failed)
    }

    async fn database(&self, template: Option<&str>) -> String {
        let name = format!("test_{}", self.made.fetch_add(1, Ordering::Relaxed));
        let from = template.map(|template| format!(" template {template}")).unwrap_or_default();
        // Only one session may be at the template at a time.
        let alone = self.making.lock().await;
        if let Err(sentence) = self.run(&format!("create database {name}{from}")).await {
            panic!("{sentence}");
        }
        drop(alone);
        self.url(&name)
    }
}

/// The name of a Unix socket has at most 107 bytes.
fn short_temporary_folder() -> PathBuf {
    let folder = std::env::temp_dir();
    if folder.as_os_str().len() <= 60 { folder } else { PathBuf::from("/tmp") }
}

/// The folder of PostgreSQL's server programs: on the path, else the newest of Debian's.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).collect::<Vec<_>>();
    let mut installed: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    installed.sort_unstable_by(|a, b| b.cmp(a));
    let both = |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    // Links are followed, since the programs look for their own files beside them.
    let follow = |folder: PathBuf| folder.join("initdb").canonicalize().ok()?.parent().map(Path::to_path_buf);
    on_path.into_iter().chain(installed.into_iter().map(|(_, folder)| folder)).find(both).and_then(follow)
}

/// PostgreSQL does not run as root.
struct OtherUser {
    name: &'static str,
    uid: u32,
    gid: u32,
}

fn id(args: &[&str]) -> Option<u32> {
    let answer = Command::new("id").args(args).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(answer.stdout).ok()?.trim().parse().ok()
}

fn other_user() -> Result<Option<OtherUser>, String> {
    if id(&["-u"]) != Some(0) {
        return Ok(None);
    }
    ["postgres", "nobody"]
        .into_iter()
        .find_map(|name| Some(OtherUser { name, uid: id(&["-u", name])?, gid: id(&["-g", name])? }))
        .map(Some)
        .ok_or_else(|| "PostgreSQL does not run as root, and there is no user postgres or nobody.".to_owned())
}

fn as_user(other: Option<&OtherUser>, program: &Path) -> Command {
    let Some(other) = other else { return Command::new(program) };
    let mut command = Command::new("setpriv");
    command
        .arg(format!("--reuid={}", other.uid))
        .arg(format!("--regid={}", other.gid))
        .arg("--clear-groups")
        .arg(program);
    command
}
