//! What happened to an environment: to its front-ends and their services, by people, and by deployments.

use crate::console::{Caller, Console};
use crate::error::Result;
use crate::infrastructure::find_environment;
use crate::paging::PageQuery;
use crate::view::{EnvironmentRef, EventView, Paged, Timeline};
use domain::access::{Requirement, Right};
use domain::timeline::Kind;
use storage::events::{self, EventRow};

/// Lines on one page.
const LINES: u32 = 50;

impl From<EventRow> for EventView {
    fn from(row: EventRow) -> Self {
        let EventRow { id: _, environment_id: _, at, kind, subject, detail } = row;
        let none = Self {
            at,
            kind,
            front_end: String::new(),
            service: String::new(),
            by: String::new(),
            detail: String::new(),
            deployment: None,
        };
        match kind {
            Kind::MaintenanceBegun | Kind::MaintenanceEnded | Kind::EnvironmentChanged => {
                Self { by: subject, detail, ..none }
            }
            Kind::DeploymentEnded => Self { deployment: detail.parse().ok(), detail: subject, ..none },
            Kind::Silent
            | Kind::Heard
            | Kind::FrontEndSilent
            | Kind::FrontEndAnswers
            | Kind::FrontEndEnrolled
            | Kind::ServiceStopped
            | Kind::ServiceStarted => Self { front_end: subject, service: detail, ..none },
        }
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
