//! Databases that are not the console's own: signing in to one, or reading the file of one, to see that it is there. One statement that
//! reads; nothing is written, and nothing of it is kept open.
//!
//! What such a server says is repeated nowhere: it may be anybody's, and it was told a password. Its errors become sentences of ours, its
//! version is cut down to digits, and the driver's log is silent meanwhile.

use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _, Row as _};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tracing::instrument::WithSubscriber as _;
use tracing::subscriber::NoSubscriber;

/// Why it did not work: one sentence without secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(String);

impl Refused {
    fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

/// Who signs in, and where to. It has no `Debug`, so that the password is written nowhere.
pub struct Credentials<'a> {
    /// The user.
    pub user: &'a str,
    /// The password; empty where the server asks for none.
    pub password: &'a str,
    /// The database.
    pub database: &'a str,
}

/// What a PostgreSQL server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// Its version, digits and dots; empty where it said none.
    pub version: String,
    /// Whether the connection was encrypted.
    pub encrypted: bool,
}

/// What a file of SQLite holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRead {
    /// The version of SQLite that read it.
    pub version: String,
    /// How many tables it has.
    pub tables: u64,
}

/// The digits and dots that a version begins with.
fn digits(version: &str) -> String {
    version.chars().take(12).take_while(|c| c.is_ascii_digit() || *c == '.').collect()
}

/// Signs in to a PostgreSQL server, asks it for its version, and signs out. TLS is used where the server offers it; its certificate is not
/// checked. All of it takes `limit` at most.
///
/// # Errors
/// The server refuses, does not answer in time, or is none.
pub async fn sign_in(
    server: SocketAddr,
    with: &Credentials<'_>,
    limit: Duration,
) -> Result<SignedIn, Refused> {
    let options = PgConnectOptions::new_without_pgpass()
        .host(&server.ip().to_string())
        .port(server.port())
        .username(with.user)
        .password(with.password)
        .database(with.database)
        .application_name("towpath")
        .ssl_mode(PgSslMode::Prefer)
        .disable_statement_logging();
    let asked = async {
        let mut connection = PgConnection::connect_with(&options).await?;
        let row = sqlx::query(
            "select current_setting('server_version') as version, coalesce((select s.ssl from pg_catalog.pg_stat_ssl s \
             where s.pid = pg_catalog.pg_backend_pid()), false) as encrypted",
        )
        .fetch_one(&mut connection)
        .await?;
        let version: String = row.try_get("version")?;
        let encrypted = row.try_get("encrypted")?;
        // It answered; how it takes leave does not matter.
        let _ = connection.close().await;
        Ok(SignedIn { version: digits(&version), encrypted })
    };
    match tokio::time::timeout(limit, asked.with_subscriber(NoSubscriber::new())).await {
        Ok(outcome) => outcome.map_err(|error| Refused::new(of_postgres(&error))),
        Err(_) => Err(Refused::new("Signing in took too long, and was given up.")),
    }
}

/// What an error of a PostgreSQL server means, without its own words.
fn of_postgres(error: &sqlx::Error) -> String {
    let code = match error {
        sqlx::Error::Database(refused) => {
            refused.code().map(std::borrow::Cow::into_owned).unwrap_or_default()
        }
        sqlx::Error::Io(_) => return "The connection broke off while signing in.".to_owned(),
        sqlx::Error::Tls(_) => return "It offers TLS, and no TLS connection came about.".to_owned(),
        _ => return "What answers there does not speak as PostgreSQL does.".to_owned(),
    };
    match code.as_str() {
        "28P01" | "28000" => {
            "The server refused the sign-in: the user name or the password is wrong, or this user may not sign in from here."
                .to_owned()
        }
        "3D000" => "The server has no database of that name.".to_owned(),
        "42501" => "The user may not connect to that database.".to_owned(),
        "53300" => "The server has no connection left for another one.".to_owned(),
        "57P03" => "The server is starting or stopping.".to_owned(),
        // A code has five letters and digits (SQLSTATE); a stranger's may be anything.
        code => {
            let shown: String = code.chars().filter(char::is_ascii_alphanumeric).take(5).collect();
            format!("The server refused with the code {shown}.")
        }
    }
}

/// What every file of SQLite 3 begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Reads a file of SQLite below a folder: that it is a database, and how many tables it has. Nothing is made or written. `name` is
/// relative to the folder; what lies outside of it, also by a link, is not there. It takes `limit` at most.
///
/// # Errors
/// There is no such file below the folder, it cannot be read in time, or it is no database.
pub async fn read_file(folder: &Path, name: &str, limit: Duration) -> Result<FileRead, Refused> {
    match tokio::time::timeout(limit, read(folder, name)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Refused::new(format!("The file was not read within {} s.", limit.as_secs()))),
    }
}

async fn read(folder: &Path, name: &str) -> Result<FileRead, Refused> {
    let none = || Refused::new("There is no such file below the folder that database-files names.");
    let unread = || Refused::new("The file cannot be read here.");
    let root = tokio::fs::canonicalize(folder)
        .await
        .map_err(|_| Refused::new("The folder that database-files names is not there."))?;
    let path = tokio::fs::canonicalize(root.join(name)).await.map_err(|_| none())?;
    if !path.starts_with(&root) || !tokio::fs::metadata(&path).await.is_ok_and(|about| about.is_file()) {
        return Err(none());
    }
    let mut begins = Vec::new();
    let mut file = tokio::fs::File::open(&path).await.map_err(|_| unread())?;
    tokio::io::AsyncReadExt::read_to_end(&mut tokio::io::AsyncReadExt::take(&mut file, 16), &mut begins)
        .await
        .map_err(|_| unread())?;
    drop(file);
    if begins != MAGIC {
        return Err(Refused::new("The file is no database of SQLite."));
    }
    // Where nobody has it open there is no second file, and SQLite would make one to read it, unless it is told that the file stands still.
    let mut beside = path.clone().into_os_string();
    beside.push("-wal");
    let still = !tokio::fs::try_exists(&beside).await.unwrap_or(true);
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .read_only(true)
        .immutable(still)
        .create_if_missing(false)
        .disable_statement_logging();
    let asked = async {
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let row = sqlx::query(
            "select sqlite_version() as version, count(*) as tables from sqlite_schema where type = 'table'",
        )
        .fetch_one(&mut connection)
        .await?;
        let (version, tables): (String, i64) = (row.try_get("version")?, row.try_get("tables")?);
        let _ = connection.close().await;
        Ok(FileRead { version, tables: u64::try_from(tables).unwrap_or_default() })
    };
    asked.with_subscriber(NoSubscriber::new()).await.map_err(|error: sqlx::Error| match error {
        sqlx::Error::Database(refused) if refused.code().is_some_and(|code| code == "26" || code == "11") => {
            Refused::new("The file begins as a database of SQLite does, and is damaged.")
        }
        _ => unread(),
    })
}
