//! What keeps an environment or a server from leaving.

use crate::column::{Value, row};
use crate::error::StoreError;
use crate::statement::{args, one, statements};
use crate::transaction::Reader;
use domain::id::{EnvironmentId, ServerId};

row! {
    /// What keeps an environment from leaving. Each is counted up to 1001.
    #[derive(Copy, Eq, Default)]
    pub struct Use {
        /// Front-ends that are enrolled.
        enrolled: u64,
        /// Applications that run in it.
        applications: u64,
        /// Deployments from it or into it.
        deployments: u64,
        /// Versions that were tagged in it.
        versions: u64,
        /// Plans from it or to it.
        plans: u64,
    }
}

statements! {
    USE_OF = "select (select count(*) from server where environment_id = $1 and enrolled_at is not null) as enrolled, ",
        "(select count(*) from (select 1 from environment_application where environment_id = $1 limit 1001) a) as applications, ",
        "(select count(*) from (select 1 from deployment where source_id = $1 or target_id = $1 limit 1001) d) as deployments, ",
        "(select count(*) from (select 1 from version where environment_id = $1 limit 1001) v) as versions, ",
        "(select count(*) from (select 1 from plan where source_id = $1 or target_id = $1 limit 1001) p) as plans";
    SERVER_USED = "select count(*) as value from (select 1 from server where id = $1 and enrolled_at is not null ",
        "union all select 1 from deployment_step where server_id = $1 limit 1) u";
}

impl Use {
    /// Whether nothing keeps it.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// What keeps an environment from leaving.
///
/// # Errors
/// The driver's own.
pub async fn use_of(tx: &mut impl Reader, environment: EnvironmentId) -> Result<Use, StoreError> {
    one(tx, &USE_OF, args![environment]).await
}

/// Whether a server is enrolled, or a deployment went to it.
///
/// # Errors
/// The driver's own.
pub async fn server_used(tx: &mut impl Reader, server: ServerId) -> Result<bool, StoreError> {
    let found: Value<u64> = one(tx, &SERVER_USED, args![server]).await?;
    Ok(found.0 > 0)
}
