//! Applying settings: what runs is activated once more with the values that count now, as a deployment of its own.

use super::values::{Changing, not_there, running};
use super::{Known, entered};
use crate::console::{Caller, Console};
use crate::content;
use crate::deployments::begin::{Run, begin, way};
use crate::door::{Attempt, short};
use crate::error::{OperationError, Result};
use crate::infrastructure::topic;
use domain::audit::Object;
use domain::deployment::{OnFailure, RunItem};
use domain::environment::Purpose;
use domain::id::DeploymentId;
use domain::setting::effective_all;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

impl Console {
    /// Applies the settings of an application in an environment: its release is activated once more, front-end by front-end, with the values that
    /// count now; a step that fails takes that back. A freeze parks it like any deployment.
    ///
    /// # Errors
    /// The application is not there for the caller or not in the environment, it runs with these values already, it is mixed, the environment
    /// takes nothing now, Deploy is missing, or production asks for a recent proof.
    pub async fn apply_settings(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        application: &str,
    ) -> Result<DeploymentId> {
        let object = Object::new("application", short(application), short(application));
        self.audited(caller, Attempt::within(infrastructure, "setting.apply", object), async {
            let what = (environment, application, "apply the settings");
            let Changing { mut pending, home, place, row, grant, doing } =
                self.changing(caller, infrastructure, what).await?;
            let runs = running(&mut pending, &place, &row).await?;
            let (state, all) = runs.ok_or_else(|| not_there(&row, &place))?;
            if state.mixed {
                return Err(OperationError::conflict(format!(
                    "The front-ends of {} do not run the same of {}; a plan that redeploys it makes it even.",
                    place.name, row.name
                )));
            }
            let known = Known::load(&mut pending, place.id, &[(row.id, state.deployment_id)], None).await?;
            let ran = known.running(row.id, state.deployment_id, &all);
            let counts = effective_all(&all, &known.own(row.id)?, &BTreeMap::new());
            let new: Vec<_> = counts
                .iter()
                .filter(|(key, counts)| ran.get(*key).is_none_or(|ran| ran.mark() != counts.mark()))
                .collect();
            if new.is_empty() {
                return Err(OperationError::conflict(format!(
                    "{} runs with its settings in {} already.",
                    row.name, place.name
                )));
            }
            let entries: Vec<Value> =
                new.iter().map(|(key, counts)| json!([key, entered(counts.held.as_ref())])).collect();
            if place.purpose == Purpose::Production {
                self.proved(caller, &doing)?;
            }
            let release = content::release(&mut pending, &state).await?;
            let item = RunItem {
                application: row.id,
                key: row.key.clone(),
                name: row.name.to_string(),
                before: Some(release.clone()),
                after: Some(release),
                zone: None,
            };
            let way = way(&mut pending, &place, vec![item]).await?;
            let name = format!("Apply settings of {}", row.name);
            let mut tx = pending.authorised(grant);
            let run = Run {
                infrastructure: &home,
                plan: None,
                name: name.clone(),
                source: None,
                target: &place,
                items: way.items,
                servers: way.servers,
                waits: way.waits,
                out_at_once: way.out_at_once,
                on_failure: OnFailure::RollBack,
                rolls_back: None,
                settings: BTreeMap::new(),
                applies_settings: true,
                catches_up: false,
                accepted: BTreeSet::new(),
            };
            let deployment = begin(self, &mut tx, caller, run).await?;
            tx.notice(&topic(home.key.as_str()), row.id);
            let object = Object::new("application", row.id, row.name.as_str());
            let mut entry = self.entry(caller, "setting.apply", object);
            entry.infrastructure = Some(home.id);
            entry.related = vec![
                Object::new("environment", place.id, place.name.as_str()),
                Object::new("deployment", deployment, name),
            ];
            entry.after = json!({ "settings": entries });
            tx.commit(entry).await?;
            Ok(deployment)
        })
        .await
    }
}
