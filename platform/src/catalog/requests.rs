//! Writing the log of requests and the log of errors.

use super::{CatalogError, Log};
use domain::server_api::logs::Asked;
use domain::text::Key;
use rusqlite::params;

/// Requests that are kept of all applications together.
const REQUESTS_KEPT: i64 = 200_000;
/// Errors that are kept of all applications together.
const ERRORS_KEPT: i64 = 20_000;

/// A request of an application that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRow {
    /// When it began, microseconds since the Unix epoch.
    pub at: i64,
    /// The application.
    pub application: Key,
    /// The module.
    pub module: Key,
    /// What was asked, and how it was answered.
    pub asked: Asked,
    /// Why it failed, where it did: then it is in the log of errors too.
    pub reason: Option<String>,
}

/// Something that failed, and was no request: a process that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Microseconds since the Unix epoch.
    pub at: i64,
    /// The application.
    pub application: Key,
    /// The module.
    pub module: Key,
    /// Why.
    pub reason: String,
}

/// What the log of requests and the log of errors are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    /// A request.
    Request(RequestRow),
    /// A failure that was none.
    Failure(Failure),
}

impl Log {
    /// Writes requests and failures in one transaction, and forgets the oldest beyond the bound.
    pub async fn add_happened(&self, all: Vec<Happened>) -> Result<(), CatalogError> {
        self.catalog
            .run(move |tx| {
                let mut request = tx.prepare_cached(
                    "INSERT INTO requests (at, application, module, method, path, status, micros, bytes, client, request_id) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                )?;
                let mut error = tx.prepare_cached(
                    "INSERT INTO errors (at, application, module, method, path, status, micros, bytes, client, request_id, reason) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                )?;
                let mut failure = tx.prepare_cached(
                    "INSERT INTO errors (at, application, module, reason) VALUES (?1, ?2, ?3, ?4)",
                )?;
                for one in &all {
                    match one {
                        Happened::Request(row) => {
                            let RequestRow { at, application, module, asked, reason } = row;
                            let Asked { method, path, status, micros, bytes, client, request_id } = asked;
                            let (application, module) = (application.as_str(), module.as_str());
                            request.execute(params![
                                at, application, module, method, path, status, micros, bytes, client, request_id
                            ])?;
                            if reason.is_some() {
                                error.execute(params![
                                    at, application, module, method, path, status, micros, bytes, client, request_id,
                                    reason
                                ])?;
                            }
                        }
                        Happened::Failure(Failure { at, application, module, reason }) => {
                            failure.execute(params![at, application.as_str(), module.as_str(), reason])?;
                        }
                    }
                }
                tx.execute(
                    "DELETE FROM requests WHERE id <= (SELECT max(id) FROM requests) - ?1",
                    [REQUESTS_KEPT],
                )?;
                tx.execute("DELETE FROM errors WHERE id <= (SELECT max(id) FROM errors) - ?1", [ERRORS_KEPT])
                    .map(drop)
            })
            .await
    }
}
