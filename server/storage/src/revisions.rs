//! Revisions: published content of applications.

use crate::column::row;
use crate::error::StoreError;
use crate::statement::{all, all_by_hundreds, args, execute, hundred, optional, statements};
use crate::transaction::{Reader, WriteTx};
use domain::id::{ApplicationId, RevisionId};
use domain::text::{Sha256, VersionNumber};
use domain::time::Timestamp;
use std::collections::BTreeSet;

row! {
    /// A revision.
    pub struct RevisionRow {
        /// Identity.
        id: RevisionId,
        /// Its application.
        application_id: ApplicationId,
        /// The package's hash.
        sha256: Sha256,
        /// The package's size in bytes.
        size: u64,
        /// What the package holds (modules, produces, consumes), JSON.
        summary: String,
        /// The version number that the package claims.
        claimed_number: Option<VersionNumber>,
        /// When it was published first.
        created_at: Timestamp,
        /// Who published it, by name.
        created_by: String,
        /// What is new in it, as who published it says; empty where nothing was said.
        notes: String,
    }
}

macro_rules! columns {
    () => {
        "select r.id, r.application_id, r.sha256, r.size, r.summary, r.claimed_number, r.created_at, r.created_by, r.notes \
         from revision r"
    };
}

statements! {
    INSERT = "insert into revision (id, application_id, sha256, size, summary, claimed_number, created_at, created_by, ",
        "modules, notes) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    USE = "insert into revision_use (revision_id, producer) values ($1, $2)";
    SAY = "update revision set notes = $2 where id = $1";
    BY_ID = columns!(), " where r.id = $1";
    BY_IDS = columns!(), " where r.id in (", hundred!(), ")";
    BY_SHA = columns!(), " where r.application_id = $1 and r.sha256 = $2";
    WITH_SHA = columns!(), " where r.sha256 = $1 order by r.created_at limit 1";
    RUNNING_IN = columns!(), " join environment_application x on x.revision_id = r.id where x.environment_id = $1";
}

/// Adds a revision.
///
/// # Errors
/// `Violated(RevisionSha256)` where the application has these bytes already.
pub async fn insert(tx: &mut WriteTx, row: &RevisionRow) -> Result<(), StoreError> {
    let args = args![
        row.id,
        row.application_id,
        row.sha256,
        row.size,
        &row.summary,
        row.claimed_number,
        row.created_at,
        &row.created_by,
        modules(&row.summary),
        &row.notes
    ];
    execute(tx, &INSERT, args).await?;
    for producer in producers(&row.summary) {
        execute(tx, &USE, args![row.id, &producer]).await?;
    }
    Ok(())
}

/// Gives a revision other release notes; its content stays.
///
/// # Errors
/// The driver's own.
pub async fn say(tx: &mut WriteTx, id: RevisionId, notes: &str) -> Result<(), StoreError> {
    execute(tx, &SAY, args![id, notes]).await.map(drop)
}

/// How many modules a summary tells of.
fn modules(summary: &str) -> u64 {
    let summary: serde_json::Value = serde_json::from_str(summary).unwrap_or_default();
    summary["manifest"]["modules"].as_array().map_or(0, |modules| modules.len() as u64)
}

/// The keys of the applications that a summary says are used.
fn producers(summary: &str) -> BTreeSet<String> {
    let summary: serde_json::Value = serde_json::from_str(summary).unwrap_or_default();
    let modules = summary["manifest"]["modules"].as_array().into_iter().flatten();
    let uses = modules.flat_map(|module| module["consumes"].as_array().into_iter().flatten());
    uses.filter_map(|one| one["application"].as_str().map(ToOwned::to_owned)).collect()
}

/// One revision by its identity.
///
/// # Errors
/// The driver's own.
pub async fn by_id(tx: &mut impl Reader, id: RevisionId) -> Result<Option<RevisionRow>, StoreError> {
    optional(tx, &BY_ID, args![id]).await
}

/// Some revisions by their identities, in no order; one statement for a hundred of them.
///
/// # Errors
/// The driver's own.
pub async fn by_ids(
    tx: &mut impl Reader,
    ids: &BTreeSet<RevisionId>,
) -> Result<Vec<RevisionRow>, StoreError> {
    let ids: Vec<RevisionId> = ids.iter().copied().collect();
    all_by_hundreds(tx, &BY_IDS, &ids).await
}

/// The revision of an application with these bytes.
///
/// # Errors
/// The driver's own.
pub async fn by_sha(
    tx: &mut impl Reader,
    application: ApplicationId,
    sha256: Sha256,
) -> Result<Option<RevisionRow>, StoreError> {
    optional(tx, &BY_SHA, args![application, sha256]).await
}

/// The first revision of any application with these bytes: is the package known at all?
///
/// # Errors
/// The driver's own.
pub async fn with_sha(tx: &mut impl Reader, sha256: Sha256) -> Result<Option<RevisionRow>, StoreError> {
    optional(tx, &WITH_SHA, args![sha256]).await
}

/// The revisions that run in an environment, for rules that look at all of it (validation of a plan).
///
/// # Errors
/// The driver's own.
pub async fn running_in(
    tx: &mut impl Reader,
    environment: domain::id::EnvironmentId,
) -> Result<Vec<RevisionRow>, StoreError> {
    all(tx, &RUNNING_IN, args![environment]).await
}
