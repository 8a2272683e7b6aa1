//! Applications: one application's page, tagging a version, publishing a package.

pub mod block;
pub mod create;
pub mod describe;
pub mod hotfix;
pub mod pin;
pub mod publish;
pub mod retire;
pub mod show;
pub mod tag;
pub mod usage;
pub mod zone;

use crate::door::short;
use crate::error::{OperationError, Result};
use crate::view::ApplicationRef;
use domain::id::InfrastructureId;
use storage::applications::ApplicationRow;
use storage::{Reader, applications};

/// An application by its key, or a sentence that it is not there.
pub(crate) async fn find(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    key: &str,
) -> Result<ApplicationRow> {
    applications::by_key(tx, infrastructure, key)
        .await?
        .ok_or_else(|| OperationError::not_found(format!("There is no application “{}” here.", short(key))))
}

impl From<&ApplicationRow> for ApplicationRef {
    fn from(row: &ApplicationRow) -> Self {
        Self { id: row.id, key: row.key.to_string(), name: row.name.to_string(), kind: row.kind.clone() }
    }
}
