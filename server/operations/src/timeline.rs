//! What happened to an environment's front-ends and their services.

use crate::console::{Caller, Console};
use crate::error::Result;
use crate::infrastructure::find_environment;
use crate::paging::PageQuery;
use crate::view::{EnvironmentRef, EventView, Paged, Timeline};
use domain::access::{Requirement, Right};
use storage::events::{self, EventRow};

/// Lines on one page.
const LINES: u32 = 50;

impl From<EventRow> for EventView {
    fn from(row: EventRow) -> Self {
        Self { at: row.at, kind: row.kind, front_end: row.subject, service: row.detail }
    }
}

impl Console {
    /// The timeline of an environment, the newest first.
    ///
    /// # Errors
    /// It is not there for the caller, or the cursor is none of this list.
    pub async fn timeline(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        query: &PageQuery,
    ) -> Result<Timeline> {
        self.traced(caller, "environment.timeline", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let place = find_environment(&mut tx, home.id, environment).await?;
            let see = Requirement::Environment(place.id, Right::Access);
            self.permit(&mut tx, caller, home.id, &see, &format!("see {}", place.name)).await?;
            let found = events::list(&mut tx, place.id, &query.page(LINES)).await?;
            let rows = found.rows.into_iter().map(EventView::from).collect();
            Ok(Timeline {
                environment: EnvironmentRef::from(&place),
                events: Paged { rows, next: found.next },
            })
        })
        .await
    }
}
