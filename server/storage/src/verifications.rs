//! Results of tests of what ran in an environment.

use crate::column::row;
use crate::error::StoreError;
use crate::statement::{args, execute, optional, statements};
use crate::transaction::{Reader, WriteTx};
use domain::id::{ApplicationId, EnvironmentId, RevisionId, TokenId, VerificationId};
use domain::time::Timestamp;

row! {
    /// One result.
    pub struct VerificationRow {
        /// Identity.
        id: VerificationId,
        /// Where it was tested.
        environment_id: EnvironmentId,
        /// The application.
        application_id: ApplicationId,
        /// The content.
        revision_id: RevisionId,
        /// The name of the test.
        name: String,
        /// How it ended.
        passed: bool,
        /// Where more of it is to be read; empty where nowhere.
        link: String,
        /// When it was reported.
        at: Timestamp,
        /// Who reported it, by name.
        reported_by: String,
        /// By which token.
        token_id: Option<TokenId>,
        /// The console found it by itself, at the address `link`.
        by_console: bool,
        /// What was found, in a sentence.
        detail: String,
    }
}

statements! {
    INSERT = "insert into verification (id, environment_id, application_id, revision_id, name, passed, link, at, reported_by, token_id, ",
        "by_console, detail) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    // What the console found at another address is about another check.
    NEWEST = "select id, environment_id, application_id, revision_id, name, passed, link, at, reported_by, token_id, by_console, detail ",
        "from verification where environment_id = $1 and revision_id = $2 and name = $3 and by_console = $4 ",
        "and (not by_console or link = $5) order by at desc, id desc limit 1";
}

/// Adds a result.
///
/// # Errors
/// `Violated(Reference)` where something it refers to is not there.
pub async fn insert(tx: &mut WriteTx, row: &VerificationRow) -> Result<(), StoreError> {
    let args = args![
        row.id,
        row.environment_id,
        row.application_id,
        row.revision_id,
        &row.name,
        row.passed,
        &row.link,
        row.at,
        &row.reported_by,
        row.token_id,
        row.by_console,
        &row.detail
    ];
    execute(tx, &INSERT, args).await.map(drop)
}

/// The last result of a test of a content in an environment: of those that the console found at an address, or of those that were reported.
///
/// # Errors
/// The driver's own.
pub async fn newest(
    tx: &mut impl Reader,
    environment: EnvironmentId,
    revision: RevisionId,
    name: &str,
    address: Option<&str>,
) -> Result<Option<VerificationRow>, StoreError> {
    let args = args![environment, revision, name, address.is_some(), address.unwrap_or_default()];
    optional(tx, &NEWEST, args).await
}
