//! Which revision was ever in which environment. It is written together with the current state and never forgotten: by it a hotfix is told
//! from what came up the line.

use crate::column::{Value, row};
use crate::error::StoreError;
use crate::statement::{all, all_by_hundreds, args, execute, hundred, optional, statements};
use crate::states::StateRow;
use crate::transaction::{Reader, WriteTx};
use domain::id::{ApplicationId, EnvironmentId, RevisionId};
use domain::text::Sha256;
use domain::time::Timestamp;

row! {
    /// A revision that was in an environment.
    pub struct PlaceRow {
        /// The revision.
        revision_id: RevisionId,
        /// The environment.
        environment_id: EnvironmentId,
        /// Its application.
        application_id: ApplicationId,
        /// When it came there first.
        first_at: Timestamp,
    }
}

statements! {
    NOTE = "insert into revision_place (revision_id, environment_id, application_id, first_at) values ($1, $2, $3, $4) ",
        "on conflict (revision_id, environment_id) do nothing";
    // What runs somewhere of these applications, with the places where it was and is no more.
    WAS = "select p.revision_id, p.environment_id, p.application_id, p.first_at from ",
        "(select distinct x.application_id, x.revision_id from environment_application x where x.application_id in (",
        hundred!(), ")) d join revision_place p on p.revision_id = d.revision_id ",
        "where not exists (select 1 from environment_application y where y.environment_id = p.environment_id ",
        "and y.application_id = d.application_id and y.revision_id = d.revision_id)";
    WAS_HERE = "select p.first_at as value from revision r join revision_place p on p.revision_id = r.id ",
        "where r.sha256 = $1 and p.environment_id = $2 limit 1";
    OF_REVISION = "select revision_id, environment_id, application_id, first_at from revision_place where revision_id = $1 ",
        "order by first_at, environment_id";
}

/// Notes that a revision is in an environment.
pub(crate) async fn note(tx: &mut WriteTx, state: &StateRow) -> Result<(), StoreError> {
    let args = args![state.revision_id, state.environment_id, state.application_id, state.changed_at];
    execute(tx, &NOTE, args).await.map(drop)
}

/// Of what runs somewhere of some applications: the places where it was and is no more, in no order.
///
/// # Errors
/// The driver's own.
pub async fn was(
    tx: &mut impl Reader,
    applications: &[ApplicationId],
) -> Result<Vec<PlaceRow>, StoreError> {
    all_by_hundreds(tx, &WAS, applications).await
}

/// Whether a revision with these bytes is or ever was in an environment.
///
/// # Errors
/// The driver's own.
pub async fn was_here(
    tx: &mut impl Reader,
    sha256: Sha256,
    environment: EnvironmentId,
) -> Result<bool, StoreError> {
    let found: Option<Value<Timestamp>> = optional(tx, &WAS_HERE, args![sha256, environment]).await?;
    Ok(found.is_some())
}

/// Where a revision was or is, what came first before the others.
///
/// # Errors
/// The driver's own.
pub async fn of_revision(tx: &mut impl Reader, revision: RevisionId) -> Result<Vec<PlaceRow>, StoreError> {
    all(tx, &OF_REVISION, args![revision]).await
}
