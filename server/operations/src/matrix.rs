//! The matrix: applications by environments, from the current state alone.

use crate::console::{Caller, Console};
use crate::content;
use crate::door::visibility;
use crate::environments::Seen;
use crate::error::Result;
use crate::view::{ApplicationRef, EnvironmentRef, Matrix, MatrixCell, MatrixColumn, MatrixRow, Paged, Running};
use storage::revisions::RevisionRow;
use storage::states::{MatrixFilter, StateRow};
use storage::{Page, Reader, deployments, environments, states};

/// What to show of the matrix.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MatrixQuery {
    /// Part of an application's name.
    pub search: Option<String>,
    /// Only what is modified somewhere.
    pub modified: bool,
    /// Only what differs between two neighbouring environments.
    pub differs: bool,
    /// Only what is in a queued or running deployment.
    pub moving: bool,
    /// The cursor of the page.
    pub after: Option<String>,
}

/// Rows on one page.
const ROWS: u32 = 50;

impl Console {
    /// The matrix of an infrastructure.
    ///
    /// # Errors
    /// The infrastructure is not there for the caller.
    pub async fn matrix(&self, caller: &Caller, infrastructure: &str, query: &MatrixQuery) -> Result<Matrix> {
        self.traced(caller, "matrix.show", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let sees = visibility(caller)?;
            let stages = environments::list(&mut tx, home.id, &sees).await?;
            let filter = MatrixFilter {
                search: query.search.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(ToOwned::to_owned),
                modified: query.modified,
                differs: query.differs,
                in_deployment: query.moving,
            };
            let page = Page { after: query.after.clone(), limit: ROWS };
            let found = states::matrix(&mut tx, home.id, &sees, &filter, &page).await?;
            let count = |filter: MatrixFilter| filter;
            let total = states::matrix_count(&mut tx, home.id, &sees, &MatrixFilter::default()).await?;
            let matching = states::matrix_count(&mut tx, home.id, &sees, &filter).await?;
            let only = |modified, differs, in_deployment| {
                count(MatrixFilter { search: None, modified, differs, in_deployment })
            };
            let modified = states::matrix_count(&mut tx, home.id, &sees, &only(true, false, false)).await?;
            let differing = states::matrix_count(&mut tx, home.id, &sees, &only(false, true, false)).await?;
            let moving = states::matrix_count(&mut tx, home.id, &sees, &only(false, false, true)).await?;
            let running = deployments::running_by_target(&mut tx, home.id).await?;
            let mut columns = Vec::new();
            for (index, stage) in stages.iter().enumerate() {
                let seen = Seen::load(&mut tx, stage.id, self.now()).await?;
                let differs = match stages.get(index + 1) {
                    Some(next) => states::differing(&mut tx, home.id, &sees, stage.id, next.id).await?.into(),
                    None => crate::view::Count::default(),
                };
                columns.push(MatrixColumn {
                    environment: EnvironmentRef::from(stage),
                    health: seen.health(),
                    servers: seen.servers.len() as u32,
                    deploying: running.iter().find(|row| row.target_id == stage.id).map(|row| row.id),
                    differs_from_next: differs,
                });
            }
            let mut rows = Vec::new();
            for row in found.rows {
                let cells = stages.iter().map(|stage| match row.cells.iter().find(|c| c.environment_id == stage.id) {
                    Some(cell) if cell.visible => MatrixCell::Present(cell_view(cell)),
                    Some(_) => MatrixCell::Hidden,
                    None => MatrixCell::Absent,
                });
                rows.push(MatrixRow {
                    cells: cells.collect(),
                    application: ApplicationRef::from(&row.application),
                    modules: row.modules,
                    team: row.team,
                });
            }
            Ok(Matrix {
                columns,
                rows: Paged { rows, next: found.next },
                matching: matching.into(),
                total: total.into(),
                modified: modified.into(),
                differing: differing.into(),
                moving: moving.into(),
            })
        })
        .await
    }
}

fn cell_view(cell: &states::MatrixCellRow) -> Running {
    Running {
        version: cell.number,
        modified: cell.modified,
        revision: cell.sha256.short(),
        revision_id: cell.revision_id,
        mixed: cell.mixed,
        changed_at: cell.changed_at,
        changed_by: cell.changed_by.clone(),
        moving: cell.moving.map(|id| (id, cell.percent)),
    }
}

/// What runs, outside the matrix.
pub(crate) async fn running(tx: &mut impl Reader, state: &StateRow, revision: &RevisionRow) -> Result<Running> {
    let moving = deployments::moving(tx, state.environment_id, state.application_id).await?;
    Ok(Running {
        version: content::number_of(tx, state).await?,
        modified: state.modified,
        revision: revision.sha256.short(),
        revision_id: state.revision_id,
        mixed: state.mixed,
        changed_at: state.changed_at,
        changed_by: state.changed_by.clone(),
        moving: moving.map(|id| (id, None)),
    })
}
