//! Which part of a list is asked for, and what is said where the list never gave the cursor.

use crate::error::{OperationError, Result};
use crate::view::Count;
use domain::paging::PageSize;
use storage::{Page, StoreError};

/// Which part of a list, where nothing else is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageQuery {
    /// The cursor of the page; none for the first.
    pub after: Option<String>,
    /// How many rows; none for as many as the screen shows.
    pub limit: Option<PageSize>,
}

impl PageQuery {
    /// The page after a cursor, as long as the screen shows it.
    #[must_use]
    pub const fn after(after: Option<String>) -> Self {
        Self { after, limit: None }
    }

    pub(crate) fn page(&self, usual: u32) -> Page {
        page(self.after.as_ref(), self.limit, usual)
    }
}

/// The part of a list for storage. `usual` is how many rows the screen shows.
pub(crate) fn page(after: Option<&String>, limit: Option<PageSize>, usual: u32) -> Page {
    Page { after: after.cloned(), limit: limit.map_or(usual, PageSize::rows) }
}

/// How many there are in a list. One that is whole on its page is not counted: a search that finds little would read everything once more.
pub(crate) async fn total(
    shown: usize,
    whole: bool,
    counting: impl Future<Output = std::result::Result<storage::Count, StoreError>>,
) -> Result<Count> {
    if whole { Ok(Count { n: shown as u64, capped: false }) } else { Ok(counting.await?.into()) }
}

/// Names the parameter where a cursor has another one than `after`, as on pages with two lists.
pub(crate) fn in_parameter(field: &'static str) -> impl Fn(StoreError) -> OperationError {
    move |error| match error {
        StoreError::Page => OperationError::Page { field },
        other => other.into(),
    }
}
