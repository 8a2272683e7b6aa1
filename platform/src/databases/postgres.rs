//! Databases as schemas of a PostgreSQL: for each application one schema, owned by a login role of its own, which sees no other.

use super::address;
use super::{COLUMNS, Failure, Outcome, RECORD, Step, applied, line_after};
use domain::package::database::Applied;
use postgres_protocol::escape::{escape_identifier, escape_literal};
use postgres_protocol::password::scram_sha_256;
use rustls_platform_verifier::ConfigVerifierExt;
use std::error::Error as _;
use std::time::{Duration, Instant};
use tokio::time::timeout;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::error::{ErrorPosition, SqlState};
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;
use url::Url;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a small statement may take, and an answer beyond the time that a migration has.
const ANSWER: Duration = Duration::from_secs(20);
/// Runs the text of a migration within the transaction that is open. A procedural block can neither end it nor leave it.
const EXECUTE: &str = "DO $towpath$ BEGIN EXECUTE current_setting('towpath.migration'); END $towpath$";
/// A session whose client was killed is ended soon, where the server can (from version 14 on): its transaction holds the record.
const NOTICE: &str =
    "SELECT set_config(name, '2s', false) FROM pg_settings WHERE name = 'client_connection_check_interval'";

/// The server, as the role that makes schemas reaches it.
pub struct Server {
    url: Url,
    config: Box<Config>,
}

impl Server {
    /// A server at an address. Nothing is asked yet.
    pub fn new(server: address::Server) -> Self {
        let address::Server { url, mut config } = server;
        config.application_name("towpath-platform").connect_timeout(CONNECT);
        config.keepalives_idle(Duration::from_secs(30)).tcp_user_timeout(Duration::from_secs(60));
        Self { url, config }
    }

    /// Where an application's schema is, in words.
    pub fn words(&self, name: &str) -> String {
        let port = self.url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let host = self.url.host_str().unwrap_or_default().replace("%2F", "/");
        format!("the PostgreSQL schema {name} of {host}{port}{}", self.url.path())
    }

    /// The address that the application is handed.
    pub fn address(&self, name: &str, password: &str) -> String {
        let mut url = self.url.clone();
        // Both only fail where there is no host, and there is one.
        let _ = url.set_username(name);
        let _ = url.set_password(Some(password));
        url.into()
    }

    /// What was applied; nothing where there is no schema with a record yet.
    pub async fn look(&self, name: &str) -> Result<Option<Vec<Applied>>, Failure> {
        within(ANSWER, async {
            let mut client = connect(&self.config).await?;
            let there =
                "SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                         WHERE n.nspname = $1 AND c.relname = $2";
            if client.query_opt(there, &[&name, &RECORD]).await.map_err(|e| said(&e, ""))?.is_none() {
                return Ok(None);
            }
            let tx = client.transaction().await.map_err(|e| said(&e, ""))?;
            let own = escape_identifier(name);
            tx.batch_execute(&format!("SET LOCAL ROLE {own}")).await.map_err(|e| said(&e, ""))?;
            let sql =
                format!("SELECT number, name, sha256, package, version FROM {own}.{RECORD} ORDER BY number");
            let rows = tx.query(&sql, &[]).await.map_err(|e| said(&e, ""))?;
            let each = rows.iter().map(|row| {
                let number: i32 = row.get(0);
                let (name, sha256, package, version) = (row.get(1), row.get(2), row.get(3), row.get(4));
                applied(number.into(), name, sha256, package, version)
            });
            each.collect::<Result<_, _>>().map(Some)
        })
        .await
    }

    /// Makes role, schema and an empty record. What is there stays as it is, but for the role's password.
    pub async fn make(&self, name: &str, password: &str) -> Result<(), Failure> {
        within(ANSWER, async {
            let mut client = connect(&self.config).await?;
            let failed = |error| said(&error, "");
            let tx = client.transaction().await.map_err(failed)?;
            let known = tx.query_opt("SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1", &[&name]).await;
            let verb = if known.map_err(failed)?.is_some() { "ALTER" } else { "CREATE" };
            let own = escape_identifier(name);
            // The server gets a verifier, so that not even its log sees the password.
            let verifier = escape_literal(&scram_sha_256(password.as_bytes()));
            tx.batch_execute(&format!(
                "{verb} ROLE {own} LOGIN PASSWORD {verifier}; ALTER ROLE {own} SET search_path = {own};
                 GRANT {own} TO CURRENT_USER; CREATE SCHEMA IF NOT EXISTS {own} AUTHORIZATION {own};"
            ))
            .await
            .map_err(failed)?;
            tx.commit().await.map_err(failed)?;
            let client = self.own(name, password).await?;
            let sql = format!("CREATE TABLE IF NOT EXISTS {own}.{RECORD} ({COLUMNS})");
            client.batch_execute(&sql).await.map_err(failed)
        })
        .await
    }

    /// Applies a migration as the application's own role and records it, in one transaction.
    pub async fn apply(&self, name: &str, password: &str, step: &Step, now: i64) -> Result<Outcome, Failure> {
        let most = Duration::from_secs(step.seconds.into()) + ANSWER;
        let applied = within(most, self.attempt(name, password, step, now)).await;
        applied.map_err(|failure| match failure.reason.as_str() {
            CANCELLED => Failure::too_long(step.seconds),
            _ => failure,
        })
    }

    async fn attempt(&self, name: &str, password: &str, step: &Step, now: i64) -> Result<Outcome, Failure> {
        let failed = |error| said(&error, "");
        let mut client = self.own(name, password).await?;
        client.batch_execute(NOTICE).await.map_err(failed)?;
        let tx = client.transaction().await.map_err(failed)?;
        let set = "SELECT set_config($1, $2, true)";
        let milliseconds = format!("{}000", step.seconds);
        tx.execute(set, &[&"statement_timeout", &milliseconds]).await.map_err(failed)?;
        // Whoever is at it already is waited for: a killed controller's session lives on for a moment.
        let record = format!("{}.{RECORD}", escape_identifier(name));
        let lock = format!("LOCK TABLE {record} IN SHARE ROW EXCLUSIVE MODE");
        tx.batch_execute(&lock).await.map_err(failed)?;
        let number = i32::try_from(step.migration.number).unwrap_or(i32::MAX);
        let known = format!("SELECT 1 FROM {record} WHERE number = $1");
        if tx.query_opt(&known, &[&number]).await.map_err(failed)?.is_some() {
            return Ok(Outcome::Already);
        }
        let began = Instant::now();
        tx.execute(set, &[&"towpath.migration", &step.text]).await.map_err(failed)?;
        tx.batch_execute(EXECUTE).await.map_err(|error| said(&error, &step.text))?;
        let took = began.elapsed();
        let micros = i64::try_from(took.as_micros()).unwrap_or(i64::MAX);
        let sql = format!(
            "INSERT INTO {record} (number, name, sha256, package, version, at, took) VALUES ($1, $2, $3, $4, $5, $6, $7)"
        );
        let (sha256, package) = (step.migration.sha256.to_string(), step.package.to_string());
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 7] =
            [&number, &step.migration.name, &sha256, &package, &step.version, &now, &micros];
        tx.execute(&sql, &values).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        Ok(Outcome::Applied(took))
    }

    /// A connection as an application's own role.
    async fn own(&self, name: &str, password: &str) -> Result<Client, Failure> {
        let mut config = self.config.clone();
        config.user(name).password(password);
        connect(&config).await
    }
}

/// What a statement that took too long comes back with here.
const CANCELLED: &str = "cancelled";

async fn within<T>(most: Duration, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let lost = |_| Failure { lost: true, ..Failure::of("PostgreSQL does not answer") };
    timeout(most, work).await.map_err(lost)?
}

async fn connect(config: &Config) -> Result<Client, Failure> {
    let failed = |error: tokio_postgres::Error| match error.as_db_error() {
        Some(_) => said(&error, ""),
        None => {
            Failure { lost: true, ..Failure::of(format!("PostgreSQL cannot be reached: {}", chain(&error))) }
        }
    };
    // A socket of this machine has no name that a certificate could be for.
    let local = config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_)));
    if local || config.get_ssl_mode() == SslMode::Disable {
        let (client, connection) = config.connect(NoTls).await.map_err(failed)?;
        tokio::spawn(connection);
        return Ok(client);
    }
    let tls = rustls::ClientConfig::with_platform_verifier();
    let tls = tls.map_err(|error| Failure::of(format!("TLS cannot be set up: {error}")))?;
    let (client, connection) = config.connect(MakeRustlsConnect::new(tls)).await.map_err(failed)?;
    tokio::spawn(connection);
    Ok(client)
}

/// An error with what lies behind it.
pub fn chain(error: &tokio_postgres::Error) -> String {
    let mut all = error.to_string();
    let mut next = error.source();
    while let Some(inner) = next {
        all.push_str(&format!(": {inner}"));
        next = inner.source();
    }
    all
}

/// What PostgreSQL said, about the text of a migration where there is one. Details are left out: they may hold data.
fn said(error: &tokio_postgres::Error, text: &str) -> Failure {
    let Some(known) = error.as_db_error() else {
        let lost = error.is_closed() || error.source().is_some_and(|inner| inner.is::<std::io::Error>());
        return Failure { lost, ..Failure::of(chain(error)) };
    };
    if *known.code() == SqlState::QUERY_CANCELED {
        return Failure::of(CANCELLED);
    }
    let gone = [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::CANNOT_CONNECT_NOW];
    let line = match known.position() {
        Some(ErrorPosition::Internal { position, query }) if !text.is_empty() && query == text => {
            let before = usize::try_from(*position).unwrap_or(0).saturating_sub(1);
            Some(line_after(text.chars().take(before)))
        }
        _ => None,
    };
    Failure { line, lost: gone.contains(known.code()), ..Failure::of(known.message()) }
}
