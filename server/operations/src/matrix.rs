//! The matrix: applications by environments, from the current state alone.

use crate::applications::hotfix::Past;
use crate::console::{Caller, Console};
use crate::deployments::list::percents;
use crate::door::visibility;
use crate::environments::Seen;
use crate::error::Result;
use crate::paging;
use crate::pipelines::Lines;
use crate::view::{
    ApplicationRef, BlockView, EnvironmentRef, Matrix, MatrixCell, MatrixColumn, MatrixRow, Paged, Running,
};
use domain::id::{ApplicationId, DeploymentId, EnvironmentId, InfrastructureId};
use domain::paging::PageSize;
use domain::text::VersionNumber;
use std::collections::BTreeMap;
use storage::deployments::DeploymentRow;
use storage::matrix::{MatrixCellRow, MatrixFilter};
use storage::revisions::RevisionRow;
use storage::states::StateRow;
use storage::{Reader, blocks, deployments, environments, matrix, pipelines};

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
    /// Only what has a dependency that is outdated or broken somewhere.
    pub unmet: bool,
    /// The cursor of the page.
    pub after: Option<String>,
    /// How many rows; none for as many as the screen shows.
    pub limit: Option<PageSize>,
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
                search: query
                    .search
                    .as_deref()
                    .map(str::trim)
                    .filter(|text| !text.is_empty())
                    .map(ToOwned::to_owned),
                modified: query.modified,
                differs: query.differs,
                in_deployment: query.moving,
                unmet: query.unmet,
            };
            let page = paging::page(query.after.as_ref(), query.limit, ROWS);
            let found = matrix::matrix(&mut tx, home.id, &sees, &filter, &page).await?;
            let counts = matrix::counts(&mut tx, home.id, &sees, &filter).await?;
            let by_column = matrix::column_counts(&mut tx, home.id, &sees).await?;
            let moving = Moving::load(&mut tx, home.id).await?;
            let mut reported = Seen::of_infrastructure(&mut tx, home.id, self.now()).await?;
            let lines = Lines::load(&mut tx, home.id, stages.iter().map(|stage| stage.id)).await?;
            let ids: Vec<ApplicationId> = found.rows.iter().map(|row| row.application.id).collect();
            let assigned = pipelines::of_applications(&mut tx, &ids).await?;
            let past = Past::load(&mut tx, &ids).await?;
            let mut blocked: BTreeMap<_, _> = BTreeMap::new();
            for row in blocks::of_applications(&mut tx, &ids).await? {
                blocked.insert((row.application_id, row.environment_id), row);
            }
            let counted: BTreeMap<_, _> =
                by_column.iter().map(|column| (column.environment, column)).collect();
            let mut columns = Vec::new();
            for (at, stage) in stages.iter().enumerate() {
                let seen = reported.remove(&stage.id).unwrap_or_else(|| Seen::none(self.now()));
                let next = stages.get(at + 1).map(|next| next.id);
                let counted = counted.get(&stage.id);
                columns.push(MatrixColumn {
                    environment: EnvironmentRef::from(stage),
                    health: seen.health(),
                    servers: seen.servers.len() as u32,
                    deploying: moving.towards(stage.id),
                    leads_on: next.is_some_and(|next| lines.next(None, stage.id).contains(&next)),
                    differs_from_next: counted
                        .map(|column| column.differs_from_next.into())
                        .unwrap_or_default(),
                });
            }
            let mut rows = Vec::new();
            for row in found.rows {
                let (id, name) = (row.application.id, row.application.name.as_str());
                let running = row.cells.iter().map(|cell| (cell.environment_id, cell.revision_id)).collect();
                let marks = past.marks(&lines, assigned.get(&id).copied(), id, &running);
                let here: BTreeMap<_, _> = row.cells.iter().map(|cell| (cell.environment_id, cell)).collect();
                let cells = stages.iter().map(|stage| {
                    if row.hidden_in.contains(&stage.id) {
                        return MatrixCell::Hidden;
                    }
                    match here.get(&stage.id) {
                        Some(cell) => {
                            let hotfix = marks.get(&stage.id).copied();
                            MatrixCell::Present(Running { hotfix, ..cell_view(cell, &moving) })
                        }
                        None => match blocked.get(&(id, stage.id)) {
                            Some(block) => {
                                MatrixCell::Blocked(BlockView::of(block, name, stage.name.as_str()))
                            }
                            None => MatrixCell::Absent,
                        },
                    }
                });
                rows.push(MatrixRow {
                    cells: cells.collect(),
                    application: ApplicationRef::from(&row.application),
                    modules: row.modules as u32,
                    team: row.team,
                });
            }
            Ok(Matrix {
                columns,
                rows: Paged { rows, next: found.next },
                matching: counts.matching.into(),
                total: counts.total.into(),
                modified: counts.modified.into(),
                differing: counts.differing.into(),
                moving: counts.moving.into(),
                unmet: counts.unmet.into(),
            })
        })
        .await
    }
}

/// The deployments that have not ended, and what they move where.
pub(crate) struct Moving(Vec<(DeploymentRow, Vec<ApplicationId>, Option<u8>)>);

impl Moving {
    /// Reads them: one statement, and two more where there are any.
    pub async fn load(tx: &mut impl Reader, infrastructure: InfrastructureId) -> Result<Self> {
        let open = deployments::open(tx, infrastructure).await?;
        if open.is_empty() {
            return Ok(Self(Vec::new()));
        }
        let mut applications: BTreeMap<DeploymentId, Vec<ApplicationId>> = BTreeMap::new();
        for row in deployments::moving(tx, infrastructure).await? {
            applications.entry(row.deployment_id).or_default().push(row.application_id);
        }
        let percents = percents(tx, infrastructure).await?;
        let with = |row: DeploymentRow| {
            let percent = percents.get(&row.id).copied().unwrap_or_default();
            let percent = (row.status != "queued").then_some(percent);
            let changes = applications.remove(&row.id).unwrap_or_default();
            (row, changes, percent)
        };
        Ok(Self(open.into_iter().map(with).collect()))
    }

    /// The deployment that runs into an environment now.
    pub fn towards(&self, environment: EnvironmentId) -> Option<DeploymentId> {
        let running = |row: &DeploymentRow| row.target_id == environment && row.status != "queued";
        self.0.iter().find(|(row, ..)| running(row)).map(|(row, ..)| row.id)
    }

    /// How many deployments into an environment have not ended.
    pub fn open_into(&self, environment: EnvironmentId) -> u64 {
        self.0.iter().filter(|(row, ..)| row.target_id == environment).count() as u64
    }

    /// The deployment that will change an application in an environment, with its progress.
    pub fn of(
        &self,
        environment: EnvironmentId,
        application: ApplicationId,
    ) -> Option<(DeploymentId, Option<u8>)> {
        let found = self.0.iter().find(|(row, applications, _)| {
            row.target_id == environment && applications.contains(&application)
        });
        found.map(|(row, _, percent)| (row.id, *percent))
    }
}

/// What runs, as a cell.
pub(crate) fn cell_view(cell: &MatrixCellRow, moving: &Moving) -> Running {
    Running {
        version: cell.number,
        modified: cell.modified,
        revision: cell.sha256.short(),
        revision_id: cell.revision_id,
        mixed: cell.mixed,
        bond: cell.bond,
        changed_at: cell.changed_at,
        changed_by: cell.changed_by.clone(),
        hotfix: None,
        moving: moving.of(cell.environment_id, cell.application_id),
    }
}

/// What runs, outside the matrix: its number, if it is based on a version, and what it is. How its dependencies stand is not told.
pub(crate) fn running(
    number: Option<VersionNumber>,
    state: &StateRow,
    revision: &RevisionRow,
    moving: &Moving,
) -> Running {
    Running {
        version: number,
        modified: state.modified,
        revision: revision.sha256.short(),
        revision_id: state.revision_id,
        mixed: state.mixed,
        bond: None,
        changed_at: state.changed_at,
        changed_by: state.changed_by.clone(),
        hotfix: None,
        moving: moving.of(state.environment_id, state.application_id),
    }
}
