//! Which part of a list is asked for, and what is said where the list never gave the cursor.

use crate::error::{OperationError, Result};
use crate::view::Count;
use domain::id::InfrastructureId;
use domain::paging::PageSize;
use domain::time::Timestamp;
use storage::{Page, Reader, StoreError, TimeFilter, applications, environments};

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

/// What to show of a list over time, the newest first: plans or deployments. Each field narrows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TimeQuery {
    /// Key of the target environment.
    pub target: Option<String>,
    /// Key of an application.
    pub application: Option<String>,
    /// Part of the name.
    pub words: Option<String>,
    /// A plan's `draft`, `started` or `discarded`, or a deployment's status in LifeTime's words.
    pub status: Option<String>,
    /// Made or started then or later.
    pub since: Option<Timestamp>,
    /// Made or started before.
    pub until: Option<Timestamp>,
    /// The cursor of the page.
    pub after: Option<String>,
    /// How many rows; none for as many as the screen shows.
    pub limit: Option<PageSize>,
}

impl TimeQuery {
    /// What that is for storage; none where an environment or an application is named that is not there.
    pub(crate) async fn filter(
        &self,
        tx: &mut impl Reader,
        home: InfrastructureId,
    ) -> Result<Option<TimeFilter>> {
        let mut filter = TimeFilter {
            words: self.words.as_deref().map(str::trim).filter(|words| !words.is_empty()).map(str::to_owned),
            status: self.status.clone(),
            since: self.since,
            until: self.until,
            ..TimeFilter::default()
        };
        if let Some(key) = &self.target {
            let Some(row) = environments::by_key(tx, home, key).await? else { return Ok(None) };
            filter.target = Some(row.id);
        }
        if let Some(key) = &self.application {
            let Some(row) = applications::by_key(tx, home, key).await? else { return Ok(None) };
            filter.application = Some(row.id);
        }
        Ok(Some(filter))
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
