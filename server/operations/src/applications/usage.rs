//! Who still uses an application: what has to be over before it can be retired.

use super::find;
use super::retire::to_retire;
use crate::applications::show::possible;
use crate::console::{Caller, Console};
use crate::content::summary;
use crate::door::{on, visibility};
use crate::error::{OperationError, Result};
use crate::view::{
    ApplicationRef, ApplicationUsage, ConsumersIn, EnvironmentRef, Refusal, RelationView, RetirementView,
    UsedBy,
};
use domain::access::{Requirement, Right};
use domain::id::{DeploymentId, EnvironmentId, PlanId};
use std::collections::{BTreeMap, BTreeSet};
use storage::applications::ApplicationRow;
use storage::infrastructures::InfrastructureRow;
use storage::{Reader, applications, environments, retirements, revisions, states};

/// Plans and deployments that are named.
const NAMED: u32 = 20;

/// An application that uses another one somewhere, with the elements.
pub(super) struct Consumer {
    pub environment: EnvironmentId,
    pub application: ApplicationRow,
    pub elements: Vec<String>,
}

/// Everything that keeps an application, whoever may see it.
pub(super) struct Kept {
    pub runs_in: Vec<EnvironmentId>,
    pub consumers: Vec<Consumer>,
    pub plans: Vec<PlanId>,
    pub deployments: Vec<DeploymentId>,
}

impl Kept {
    /// Reads it.
    pub async fn load(tx: &mut impl Reader, row: &ApplicationRow) -> Result<Self> {
        let runs_in = states::of_application(tx, row.id).await?;
        let users = applications::users(tx, row.infrastructure_id, &row.key).await?;
        let users: Vec<_> = users.into_iter().filter(|user| user.application_id != row.id).collect();
        let of: BTreeSet<_> = users.iter().map(|user| user.revision_id).collect();
        let of: BTreeMap<_, _> =
            revisions::by_ids(tx, &of).await?.into_iter().map(|revision| (revision.id, revision)).collect();
        let mut named: BTreeMap<_, ApplicationRow> = BTreeMap::new();
        let mut consumers = Vec::new();
        for user in users {
            let Some(revision) = of.get(&user.revision_id) else { continue };
            let manifest = summary(revision)?.manifest;
            let needs = manifest.modules.iter().flat_map(|module| &module.consumes);
            let elements: BTreeSet<String> = needs
                .filter(|need| need.application == row.key)
                .map(|need| need.element.to_string())
                .collect();
            if elements.is_empty() {
                continue;
            }
            if !named.contains_key(&user.application_id)
                && let Some(found) = applications::by_id(tx, user.application_id).await?
            {
                named.insert(found.id, found);
            }
            if let Some(application) = named.get(&user.application_id) {
                consumers.push(Consumer {
                    environment: user.environment_id,
                    application: application.clone(),
                    elements: elements.into_iter().collect(),
                });
            }
        }
        Ok(Self {
            runs_in: runs_in.into_iter().map(|state| state.environment_id).collect(),
            consumers,
            plans: applications::open_plans(tx, row.id, NAMED).await?,
            deployments: applications::open_deployments(tx, row.id, NAMED).await?,
        })
    }
}

impl Console {
    /// Plans by name, as far as the caller may see them.
    pub(crate) async fn plans_named(
        &self,
        tx: &mut impl Reader,
        caller: &Caller,
        home: &InfrastructureRow,
        ids: &[PlanId],
    ) -> Result<Vec<UsedBy>> {
        let mut all = Vec::new();
        for id in ids {
            let found = match self.find_plan(tx, caller, home.id, *id).await {
                Err(OperationError::NotFound { .. }) => continue,
                found => found?,
            };
            all.push(UsedBy {
                id: id.to_string(),
                name: found.plan.name,
                source: Some(found.source.name.to_string()),
                target: found.target.name.to_string(),
                status: found.plan.status,
                at: found.plan.created_at,
                by: found.plan.created_by_name,
            });
        }
        Ok(all)
    }

    /// Deployments by name, as far as the caller may see them.
    pub(crate) async fn deployments_named(
        &self,
        tx: &mut impl Reader,
        caller: &Caller,
        home: &InfrastructureRow,
        ids: &[DeploymentId],
    ) -> Result<Vec<UsedBy>> {
        let mut rows = Vec::new();
        for id in ids {
            match crate::deployments::show::visible(self, tx, caller, home.id, *id).await {
                Err(OperationError::NotFound { .. }) => {}
                found => rows.push(found?.0),
            }
        }
        let listed = crate::deployments::list::listed(tx, home.id, &rows, self.now()).await?;
        let named = listed.into_iter().map(|row| UsedBy {
            id: row.id.to_string(),
            name: row.name,
            source: row.source.map(|source| source.name),
            target: row.target.name,
            status: row.status,
            at: row.created_at,
            by: row.started_by,
        });
        Ok(named.collect())
    }

    /// Who still uses an application: where it runs, who uses it there and elsewhere, the drafts that name it, and what is on its way.
    ///
    /// # Errors
    /// It is not there for the caller.
    pub async fn application_usage(
        &self,
        caller: &Caller,
        infrastructure: &str,
        application: &str,
    ) -> Result<ApplicationUsage> {
        self.traced(caller, "application.usage", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let row = find(&mut tx, home.id, application).await?;
            let stages = environments::list(&mut tx, home.id, &visibility(caller)?).await?;
            self.seen(&mut tx, caller, &home, &row, stages.iter().map(|stage| stage.id)).await?;
            let kept = Kept::load(&mut tx, &row).await?;
            let mut hidden = false;
            let mut runs_in = Vec::new();
            for id in &kept.runs_in {
                let stage = stages.iter().find(|stage| stage.id == *id);
                let list = on(row.id, *id, Right::List);
                match stage {
                    Some(stage) if self.permit(&mut tx, caller, home.id, &list, "see it").await.is_ok() => {
                        runs_in.push(EnvironmentRef::from(stage));
                    }
                    _ => hidden = true,
                }
            }
            let mut consumers: Vec<ConsumersIn> = Vec::new();
            for one in &kept.consumers {
                let list = on(one.application.id, one.environment, Right::List);
                let seen = self.permit(&mut tx, caller, home.id, &list, "see it").await.is_ok();
                let Some(stage) = stages.iter().find(|stage| stage.id == one.environment && seen) else {
                    hidden = true;
                    continue;
                };
                let relation = RelationView {
                    application: Some(ApplicationRef::from(&one.application)),
                    key: one.application.key.to_string(),
                    elements: one.elements.clone(),
                };
                match consumers.last_mut().filter(|last| last.environment.id == stage.id) {
                    Some(last) => last.consumers.push(relation),
                    None => consumers.push(ConsumersIn {
                        environment: EnvironmentRef::from(stage),
                        consumers: vec![relation],
                    }),
                }
            }
            let plans = self.plans_named(&mut tx, caller, &home, &kept.plans).await?;
            let deployments = self.deployments_named(&mut tx, caller, &home, &kept.deployments).await?;
            hidden |= plans.len() < kept.plans.len() || deployments.len() < kept.deployments.len();
            let retired = retirements::of(&mut tx, row.id).await?;
            let mut reasons = match (&retired, kept.reasons(row.name.as_str())) {
                (None, sentences) => sentences
                    .into_iter()
                    .map(|(sentence, way)| Refusal { sentence, lifted_by: way.to_owned() })
                    .collect(),
                (Some(_), _) => Vec::new(),
            };
            let needed = to_retire(&mut tx, &row).await?;
            let doing = match retired {
                None => format!("retire {}", row.name),
                Some(_) => format!("bring {} back", row.name),
            };
            let right = self.permit(&mut tx, caller, home.id, &needed, &doing).await;
            reasons.extend(possible(right.map(drop))?.err());
            Ok(ApplicationUsage {
                application: ApplicationRef::from(&row),
                runs_in,
                consumers,
                plans,
                deployments,
                hidden,
                retired: retired.as_ref().map(RetirementView::from),
                retire: if reasons.is_empty() { Ok(()) } else { Err(reasons) },
            })
        })
        .await
    }

    /// Whether the caller may see an application somewhere: to list it in one of these environments, which they may see.
    ///
    /// # Errors
    /// It is not there for the caller.
    pub(crate) async fn seen(
        &self,
        tx: &mut impl Reader,
        caller: &Caller,
        home: &InfrastructureRow,
        row: &ApplicationRow,
        stages: impl IntoIterator<Item = EnvironmentId>,
    ) -> Result<()> {
        let any = stages.into_iter().map(|stage| on(row.id, stage, Right::List)).collect();
        let seen = self.permit(tx, caller, home.id, &Requirement::Any(any), "see it").await;
        seen.map(drop).map_err(|error| match error {
            OperationError::Denied { sign_in: false, .. } => {
                OperationError::not_found("There is nothing here, or you may not see it.")
            }
            other => other,
        })
    }
}
