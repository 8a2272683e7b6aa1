//! Reviews of overrides: what was overridden for a deployment, and what somebody else found of it afterwards.

use crate::column::row;
use crate::error::StoreError;
use crate::statement::{all_by_hundreds, args, execute, hundred, optional, statements};
use crate::transaction::{Reader, WriteTx};
use domain::id::{DeploymentId, InfrastructureId, UserId};
use domain::time::Timestamp;

row! {
    /// That what was overridden for a deployment has to be reviewed.
    pub struct ReviewRow {
        /// The deployment.
        deployment_id: DeploymentId,
        /// Its infrastructure.
        infrastructure_id: InfrastructureId,
        /// When the deployment was started.
        created_at: Timestamp,
        /// By when it has to be reviewed.
        due_at: Timestamp,
        /// When it was.
        closed_at: Option<Timestamp>,
        /// Who did it, by name.
        closed_by: Option<String>,
        /// What they found.
        words: Option<String>,
    }
}

row! {
    /// One override of a deployment.
    pub struct ActRow {
        /// The deployment.
        deployment_id: DeploymentId,
        /// Counts from 1.
        number: u64,
        /// When.
        at: Timestamp,
        /// What was overridden, the end of a sentence that begins with who did it.
        what: String,
        /// Why.
        reason: String,
        /// Who did it; none for a service account.
        user_id: Option<UserId>,
        /// Who did it, by name.
        made_by: String,
    }
}

macro_rules! columns {
    () => {
        "select v.deployment_id, v.infrastructure_id, v.created_at, v.due_at, v.closed_at, v.closed_by, v.words from override_review v"
    };
}

statements! {
    // Whatever is overridden later opens it again.
    OPEN = "insert into override_review (deployment_id, infrastructure_id, created_at, due_at) values ($1, $2, $3, $4) ",
        "on conflict (deployment_id) do update set due_at = excluded.due_at, closed_at = null, closed_by = null, words = null";
    NOTE = "insert into override_act (deployment_id, number, at, what, reason, user_id, made_by) values ($1, $2, $3, $4, $5, $6, $7)";
    CLOSE = "update override_review set closed_at = $2, closed_by = $3, words = $4 where deployment_id = $1 ",
        "and closed_at is null and due_at = $5";
    OF = columns!(), " where v.deployment_id = $1";
    OF_SOME = columns!(), " where v.deployment_id in (", hundred!(), ")";
    ACTS = "select deployment_id, number, at, what, reason, user_id, made_by from override_act where deployment_id in (", hundred!(),
        ") order by deployment_id, number";
}

/// Notes an override. Its deployment has to be reviewed from now on, also where it was before.
///
/// # Errors
/// `Violated(Reference)` where there is no such deployment; `Violated(OverrideActId)` for a number that is taken.
pub async fn open(tx: &mut WriteTx, review: &ReviewRow, act: &ActRow) -> Result<(), StoreError> {
    let args = args![review.deployment_id, review.infrastructure_id, review.created_at, review.due_at];
    execute(tx, &OPEN, args).await?;
    let args =
        args![act.deployment_id, act.number, act.at, &act.what, &act.reason, act.user_id, &act.made_by];
    execute(tx, &NOTE, args).await.map(drop)
}

/// Closes a review as it was read; false where nothing was open, or something was overridden since.
///
/// # Errors
/// The driver's own.
pub async fn close(
    tx: &mut WriteTx,
    read: &ReviewRow,
    now: Timestamp,
    (by, words): (&str, &str),
) -> Result<bool, StoreError> {
    Ok(execute(tx, &CLOSE, args![read.deployment_id, now, by, words, read.due_at]).await? == 1)
}

/// The review of a deployment; none where nothing was overridden for it.
///
/// # Errors
/// The driver's own.
pub async fn of(tx: &mut impl Reader, deployment: DeploymentId) -> Result<Option<ReviewRow>, StoreError> {
    optional(tx, &OF, args![deployment]).await
}

/// The reviews of some deployments, in no order.
///
/// # Errors
/// The driver's own.
pub async fn of_some(
    tx: &mut impl Reader,
    deployments: &[DeploymentId],
) -> Result<Vec<ReviewRow>, StoreError> {
    all_by_hundreds(tx, &OF_SOME, deployments).await
}

/// What was overridden for some deployments, each in its order.
///
/// # Errors
/// The driver's own.
pub async fn acts(
    tx: &mut impl Reader,
    deployments: &[DeploymentId],
) -> Result<Vec<ActRow>, StoreError> {
    all_by_hundreds(tx, &ACTS, deployments).await
}
