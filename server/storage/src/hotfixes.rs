//! Hotfixes that somebody says have found their way back: it holds for the revision, so until something new runs there.

use crate::column::row;
use crate::error::StoreError;
use crate::statement::{all_by_hundreds, args, execute, hundred, statements};
use crate::transaction::{Reader, WriteTx};
use domain::environment::Reason;
use domain::id::{ApplicationId, EnvironmentId, RevisionId};
use domain::time::Timestamp;

row! {
    /// A hotfix that is solved.
    pub struct SolvedRow {
        /// The environment that runs it.
        environment_id: EnvironmentId,
        /// The application.
        application_id: ApplicationId,
        /// What runs there.
        revision_id: RevisionId,
        /// How it was solved.
        reason: Reason,
        /// When.
        solved_at: Timestamp,
        /// The name of who says so.
        solved_by: String,
    }
}

statements! {
    PUT = "insert into hotfix_solved (environment_id, application_id, revision_id, reason, solved_at, solved_by) ",
        "values ($1, $2, $3, $4, $5, $6) on conflict (environment_id, application_id) do update set ",
        "revision_id = excluded.revision_id, reason = excluded.reason, solved_at = excluded.solved_at, solved_by = excluded.solved_by";
    OF_APPLICATIONS = "select environment_id, application_id, revision_id, reason, solved_at, solved_by from hotfix_solved ",
        "where application_id in (", hundred!(), ")";
}

/// Marks what an environment runs as solved.
///
/// # Errors
/// `Violated(Reference)` where something it refers to is not there.
pub async fn put(tx: &mut WriteTx, row: &SolvedRow) -> Result<(), StoreError> {
    let args = args![
        row.environment_id,
        row.application_id,
        row.revision_id,
        row.reason.as_str(),
        row.solved_at,
        &row.solved_by
    ];
    execute(tx, &PUT, args).await.map(drop)
}

/// What was solved of some applications, in no order.
///
/// # Errors
/// The driver's own.
pub async fn of_applications(
    tx: &mut impl Reader,
    applications: &[ApplicationId],
) -> Result<Vec<SolvedRow>, StoreError> {
    all_by_hundreds(tx, &OF_APPLICATIONS, applications).await
}
