//! Versions: one by itself, compared with another content, tagged again from an older one, several at once, and deleted.

pub mod again;
pub mod compare;
pub mod delete;
pub mod show;
pub mod together;

use crate::error::{OperationError, Result};
use domain::text::VersionNumber;
use storage::applications::ApplicationRow;
use storage::versions::VersionRow;
use storage::{Reader, versions};

/// A version of an application by its number, or a sentence that it is not there.
pub(crate) async fn find(tx: &mut impl Reader, of: &ApplicationRow, number: &str) -> Result<VersionRow> {
    let found = match number.parse::<VersionNumber>() {
        Ok(number) => versions::by_number(tx, of.id, number.order()).await?,
        Err(_) => None,
    };
    found.ok_or_else(|| {
        OperationError::not_found(format!("{} has no version “{}”.", of.name, crate::door::short(number)))
    })
}
