//! Promotion along pipelines: where an application can go from a stage, which pipeline it belongs to, and leaving pipelines.

use crate::applications::find as find_application;
use crate::console::{Caller, Console};
use crate::door::{Attempt, permitted_wide, short, wide};
use crate::error::{OperationError, Result};
use crate::infrastructure::topic;
use crate::view::PipelineRef;
use domain::access::{Requirement, WideRight};
use domain::audit::Object;
use domain::hotfix::{Hotfix, hotfixes};
use domain::id::{ApplicationId, EnvironmentId, InfrastructureId, PipelineId, RevisionId};
use domain::pipeline::{Hop, Stages, may_hop, next};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use storage::pipelines::PipelineRow;
use storage::{Reader, pipelines};

impl From<&PipelineRow> for PipelineRef {
    fn from(row: &PipelineRow) -> Self {
        Self { key: row.key.to_string(), name: row.name.to_string() }
    }
}

/// The pipelines of an infrastructure, read once for a page.
pub(crate) struct Lines {
    stages: Vec<Stages>,
    order: Vec<EnvironmentId>,
}

impl Lines {
    /// Reads them. `order` is the order of the environments that the caller may see.
    pub async fn load(
        tx: &mut impl Reader,
        infrastructure: InfrastructureId,
        order: impl IntoIterator<Item = EnvironmentId>,
    ) -> Result<Self> {
        let mut stages: Vec<Stages> = Vec::new();
        for row in pipelines::stages(tx, infrastructure).await? {
            match stages.last_mut() {
                Some(last) if last.pipeline == row.pipeline_id => last.environments.push(row.environment_id),
                _ => {
                    stages.push(Stages { pipeline: row.pipeline_id, environments: vec![row.environment_id] })
                }
            }
        }
        Ok(Self { stages, order: order.into_iter().collect() })
    }

    /// Whether there is none: then every way is open.
    pub fn are_none(&self) -> bool {
        self.stages.is_empty()
    }

    /// Whether an application may be promoted along a hop.
    pub fn may_hop(&self, assigned: Option<PipelineId>, hop: Hop) -> bool {
        may_hop(&self.stages, assigned, hop)
    }

    /// Where an application can be promoted to from an environment, as far as the caller may see it.
    pub fn next(&self, assigned: Option<PipelineId>, from: EnvironmentId) -> Vec<EnvironmentId> {
        let mut all = next(&self.stages, assigned, from, &self.order);
        all.retain(|to| self.order.contains(to));
        all
    }

    /// The stages that run what an earlier one never had (B29), of those that were read.
    pub fn hotfixes(
        &self,
        assigned: Option<PipelineId>,
        running: &BTreeMap<EnvironmentId, RevisionId>,
        had: &BTreeSet<(EnvironmentId, RevisionId)>,
    ) -> Vec<Hotfix> {
        hotfixes(&self.stages, assigned, &self.order, running, had)
    }

    /// Every hop, in the order of the environments, each once.
    pub fn hops(&self) -> Vec<Hop> {
        let from = |from: &EnvironmentId| {
            let from = *from;
            self.next(None, from).into_iter().map(move |to| Hop { from, to })
        };
        self.order.iter().flat_map(from).collect()
    }
}

/// The right to promote outside pipelines.
pub(crate) fn to_leave(infrastructure: InfrastructureId) -> Requirement {
    wide(infrastructure, WideRight::LeavePipelines)
}

/// The applications that a hop leads out of their pipelines, of those that are named.
pub(crate) async fn outside(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    hop: Hop,
    applications: Vec<(ApplicationId, String)>,
) -> Result<Vec<Outside>> {
    let lines = Lines::load(tx, infrastructure, []).await?;
    let mut all = Vec::new();
    if lines.are_none() {
        return Ok(all);
    }
    for (application, name) in applications {
        let assigned = pipelines::of_application(tx, application).await?;
        if !lines.may_hop(assigned.as_ref().map(|pipeline| pipeline.id), hop) {
            all.push(Outside {
                application: name,
                pipeline: assigned.map(|pipeline| pipeline.name.to_string()),
            });
        }
    }
    Ok(all)
}

/// An application that a hop leads out of its pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outside {
    pub application: String,
    pub pipeline: Option<String>,
}

/// What is outside, in one sentence; none where nothing is.
pub(crate) fn sentence(outside: &[Outside], from: &str, to: &str) -> Option<String> {
    let [first, ..] = outside else { return None };
    let hop = format!("{from} to {to} is no hop");
    Some(match (&first.pipeline, outside.len()) {
        _ if outside.iter().any(|each| each.pipeline != first.pipeline) => {
            format!("{hop} of the pipelines of {}.", listed(outside))
        }
        (Some(pipeline), _) => format!("{hop} of {pipeline}, the pipeline of {}.", listed(outside)),
        (None, _) => format!("{hop} of any pipeline."),
    })
}

/// At most three names, and how many more.
fn listed(outside: &[Outside]) -> String {
    let names: Vec<&str> = outside.iter().take(3).map(|each| each.application.as_str()).collect();
    match outside.len().saturating_sub(names.len()) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

impl Console {
    /// Lets an application belong to a pipeline: it is promoted along that one only. With none it goes along any, as a producer that
    /// several portfolios use.
    ///
    /// # Errors
    /// There is no such application or pipeline, or “Manage Infrastructure and Users” is missing.
    pub async fn assign_pipeline(
        &self,
        caller: &Caller,
        infrastructure: &str,
        application: &str,
        pipeline: Option<&str>,
    ) -> Result<()> {
        let object = Object::new("application", short(application), short(application));
        self.audited(caller, Attempt::within(infrastructure, "application.pipeline", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let row = find_application(&mut pending, home.id, application).await?;
            let doing = format!("assign {} to a pipeline", row.name);
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], &doing).await?;
            let chosen = match pipeline {
                None => None,
                Some(key) => {
                    let all = pipelines::list(&mut pending, home.id).await?;
                    let found = all.into_iter().find(|each| each.key.as_str() == key);
                    let missing = || {
                        let sentence = format!(
                            "There is no pipeline “{}” here; choose one of the list, or none.",
                            short(key)
                        );
                        OperationError::invalid("pipeline", sentence)
                    };
                    Some(found.ok_or_else(missing)?)
                }
            };
            let before = pipelines::of_application(&mut pending, row.id).await?;
            let mut tx = pending.authorised(grant);
            pipelines::assign(&mut tx, row.id, chosen.as_ref().map(|each| each.id)).await?;
            tx.notice(&topic(home.key.as_str()), row.id);
            let object = Object::new("application", row.id, row.name.as_str());
            let mut entry = self.entry(caller, "application.pipeline", object);
            entry.infrastructure = Some(home.id);
            entry.before = json!({ "pipeline": before.map(|each| each.name) });
            entry.after = json!({ "pipeline": chosen.map(|each| each.name) });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(application: &str, pipeline: Option<&str>) -> Outside {
        Outside { application: application.to_owned(), pipeline: pipeline.map(ToOwned::to_owned) }
    }

    #[test]
    fn what_is_outside_is_one_sentence() {
        let say = |all: &[Outside]| sentence(all, "Dev", "Prod").unwrap_or_default();
        assert_eq!(say(&[]), "");
        assert_eq!(say(&[one("Desk", None), one("Till", None)]), "Dev to Prod is no hop of any pipeline.");
        assert_eq!(
            say(&[one("Desk", Some("A")), one("Till", Some("A"))]),
            "Dev to Prod is no hop of A, the pipeline of Desk, Till."
        );
        let five = ["a", "b", "c", "d", "e"].map(|name| one(name, Some("A")));
        assert_eq!(say(&five), "Dev to Prod is no hop of A, the pipeline of a, b, c and 2 more.");
        assert_eq!(
            say(&[one("Desk", Some("A")), one("Till", None)]),
            "Dev to Prod is no hop of the pipelines of Desk, Till."
        );
    }
}
