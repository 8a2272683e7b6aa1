//! Two contents of an application side by side: versions, and what runs somewhere (A23).

use super::find as find_version;
use crate::applications::find;
use crate::applications::hotfix::label;
use crate::console::{Caller, Console};
use crate::content::{self, summary};
use crate::door::{on, visibility};
use crate::error::{OperationError, Result};
use crate::view::{ApplicationRef, Side, VersionComparison};
use domain::access::Right;
use domain::package::Summary;
use domain::package::compare::{Comparison, compare};
use storage::environments::EnvironmentRow;
use storage::revisions::RevisionRow;
use storage::states::PlacedRow;
use storage::{environments, states, versions};

/// Versions to choose from: the newest ones.
const CHOICES: u32 = 50;
/// What stands before the key of an environment.
const IN: &str = "in:";

impl Console {
    /// Compares two contents of an application, each asked for by a version's number or by `in:` and the key of an environment. Without
    /// both it says only what can be compared.
    ///
    /// # Errors
    /// The application is not there for the caller, or one side is nothing that can be compared.
    pub async fn compare_versions(
        &self,
        caller: &Caller,
        infrastructure: &str,
        application: &str,
        from: Option<&str>,
        to: Option<&str>,
    ) -> Result<VersionComparison> {
        self.traced(caller, "version.compare", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let row = find(&mut tx, home.id, application).await?;
            let stages = environments::list(&mut tx, home.id, &visibility(caller)?).await?;
            self.seen(&mut tx, caller, &home, &row, stages.iter().map(|stage| stage.id)).await?;
            let mut running: Vec<(&EnvironmentRow, PlacedRow)> = Vec::new();
            for placed in states::placed_of(&mut tx, row.id).await? {
                let list = on(row.id, placed.state.environment_id, Right::List);
                let stage = stages.iter().find(|stage| stage.id == placed.state.environment_id);
                if let Some(stage) = stage
                    && self.permit(&mut tx, caller, home.id, &list, "see it").await.is_ok()
                {
                    running.push((stage, placed));
                }
            }
            let newest = versions::list(&mut tx, row.id, CHOICES).await?;
            let there = |(stage, placed): &(&EnvironmentRow, PlacedRow)| {
                (format!("{IN}{}", stage.key), format!("what {} runs ({})", stage.name, label(placed)))
            };
            let choices = running.iter().map(there);
            let choices = choices.chain(newest.iter().map(|v| (v.number.to_string(), v.number.to_string())));
            let choices = choices.collect();
            let mut sides: Vec<(Side, Summary)> = Vec::new();
            for (field, asked) in [("from", from), ("to", to)] {
                let Some(asked) = asked.map(str::trim).filter(|asked| !asked.is_empty()) else { continue };
                let side = match asked.strip_prefix(IN) {
                    Some(key) => running
                        .iter()
                        .find(|(stage, _)| stage.key.as_str() == key)
                        .map(|one| side(asked, format!("{} ({})", one.0.name, label(&one.1)), &one.1.revision)),
                    None => match find_version(&mut tx, &row, asked).await {
                        Ok(version) => {
                            let revision = content::revision(&mut tx, version.revision_id).await?;
                            Some(side(&version.number.to_string(), version.number.to_string(), &revision))
                        }
                        Err(OperationError::NotFound { .. }) => None,
                        Err(other) => return Err(other),
                    },
                };
                let none = || {
                    let sentence = format!(
                        "“{}” is nothing of {} that can be compared; take a version's number, or “in:” with the key of an environment that runs it.",
                        crate::door::short(asked), row.name
                    );
                    OperationError::invalid(field, sentence)
                };
                sides.push(side.ok_or_else(none)??);
            }
            let mut sides = sides.into_iter();
            let (from, to) = match (sides.next(), sides.next()) {
                (Some(from), Some(to)) => (from, to),
                (only, _) => {
                    return Ok(VersionComparison {
                        application: ApplicationRef::from(&row),
                        choices,
                        from: only.map(|(side, _)| side),
                        to: None,
                        same: false,
                        differs: Comparison::default(),
                    });
                }
            };
            Ok(VersionComparison {
                application: ApplicationRef::from(&row),
                choices,
                same: from.0.sha256 == to.0.sha256,
                differs: compare(&from.1, &to.1),
                from: Some(from.0),
                to: Some(to.0),
            })
        })
        .await
    }
}

fn side(of: &str, label: String, revision: &RevisionRow) -> Result<(Side, Summary)> {
    let summary = summary(revision)?;
    let side = Side {
        of: of.to_owned(),
        label,
        sha256: revision.sha256.to_string(),
        size: revision.size,
        files: summary.files,
    };
    Ok((side, summary))
}
