//! One version: what it is, where it runs and was, what used it, and what can be done with it.

use super::again::numbers;
use super::delete::unused;
use super::find as find_version;
use crate::applications::find;
use crate::applications::hotfix::label;
use crate::applications::show::{module, possible};
use crate::console::{Caller, Console};
use crate::content::{self, summary};
use crate::door::{on, visibility};
use crate::error::Result;
use crate::view::{AgainView, ApplicationRef, EnvironmentRef, RelationView, VersionPage};
use domain::access::Right;
use domain::version::Ground;
use std::collections::{BTreeMap, BTreeSet};
use storage::{applications, environments, places, retirements, states, versions};

/// Plans and deployments that are named.
const NAMED: u32 = 10;

impl Console {
    /// One version's page.
    ///
    /// # Errors
    /// The application or the version is not there for the caller.
    pub async fn version(
        &self,
        caller: &Caller,
        infrastructure: &str,
        application: &str,
        number: &str,
    ) -> Result<VersionPage> {
        self.traced(caller, "version.show", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let row = find(&mut tx, home.id, application).await?;
            let stages = environments::list(&mut tx, home.id, &visibility(caller)?).await?;
            self.seen(&mut tx, caller, &home, &row, stages.iter().map(|stage| stage.id)).await?;
            let version = find_version(&mut tx, &row, number).await?;
            let revision = content::revision(&mut tx, version.revision_id).await?;
            let summary = summary(&revision)?;
            let manifest = summary.manifest;
            let mut listed = BTreeSet::new();
            for stage in &stages {
                let list = on(row.id, stage.id, Right::List);
                if self.permit(&mut tx, caller, home.id, &list, "see it").await.is_ok() {
                    listed.insert(stage.id);
                }
            }
            let placed = states::placed_of(&mut tx, row.id).await?;
            let runs: BTreeSet<_> = placed
                .iter()
                .filter(|here| here.state.revision_id == version.revision_id)
                .map(|here| here.state.environment_id)
                .collect();
            let was = places::of_revision(&mut tx, version.revision_id).await?;
            let named = |ids: &BTreeSet<_>| -> Vec<EnvironmentRef> {
                let seen =
                    stages.iter().filter(|stage| ids.contains(&stage.id) && listed.contains(&stage.id));
                seen.map(EnvironmentRef::from).collect()
            };
            let was: BTreeSet<_> = was.into_iter().map(|place| place.environment_id).collect();
            let was = was.difference(&runs).copied().collect();
            let all = versions::line_ends(&mut tx, &[row.id]).await?.remove(&row.id).unwrap_or_default();
            let retired = retirements::of(&mut tx, row.id).await?.is_some();
            let mut again = Vec::new();
            for stage in stages.iter().filter(|stage| listed.contains(&stage.id) && !retired) {
                let change = on(row.id, stage.id, Right::Change);
                if self.permit(&mut tx, caller, home.id, &change, "tag").await.is_err() {
                    continue;
                }
                let here = placed.iter().find(|here| here.state.environment_id == stage.id);
                let numbers = numbers(all.clone(), here.and_then(|here| here.number), version.number);
                again.push(AgainView {
                    environment: EnvironmentRef::from(stage),
                    runs: here.map(label),
                    proposed: numbers.proposed(Ground::Earlier, None),
                });
            }
            let before = versions::before(&mut tx, row.id, version.number).await?;
            let same = versions::by_revision(&mut tx, row.id, version.revision_id).await?;
            let plans = versions::plans(&mut tx, version.id, NAMED).await?;
            let plans = self.plans_named(&mut tx, caller, &home, &plans).await?;
            let runs_of =
                versions::deployments(&mut tx, &version, revision.sha256, revision.size, NAMED).await?;
            let deployments = self.deployments_named(&mut tx, caller, &home, &runs_of).await?;
            let doing = format!("delete version {} of {}", version.number, row.name);
            let change = on(row.id, version.environment_id, Right::Change);
            let delete = match self.permit(&mut tx, caller, home.id, &change, &doing).await {
                Ok(_) => unused(&mut tx, &row, &version).await,
                Err(refused) => Err(refused),
            };
            let mut by: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for need in manifest.modules.iter().flat_map(|module| &module.consumes) {
                let element = format!("{} · {}", need.element, need.signature);
                by.entry(need.application.to_string()).or_default().push(element);
            }
            let mut producers = Vec::new();
            for (key, elements) in by {
                let application = applications::by_key(&mut tx, home.id, &key).await?;
                producers.push(RelationView {
                    application: application.as_ref().map(ApplicationRef::from),
                    key,
                    elements,
                });
            }
            let kind = |of| serde_json::to_value(of).ok().and_then(|v| v.as_str().map(str::to_owned));
            let settings = manifest
                .settings
                .iter()
                .map(|one| (one.name.to_string(), kind(one.kind).unwrap_or_default(), one.default.clone()));
            let environment = stages.iter().find(|stage| stage.id == version.environment_id);
            Ok(VersionPage {
                application: ApplicationRef::from(&row),
                id: version.id,
                number: version.number,
                environment: environment.map(EnvironmentRef::from),
                created_at: version.created_at,
                created_by: version.created_by.clone(),
                sha256: revision.sha256.to_string(),
                size: revision.size,
                name_inside: manifest.application.name.to_string(),
                published_at: revision.created_at,
                published_by: revision.created_by.clone(),
                runs_in: named(&runs),
                was_in: named(&was),
                same_content: same
                    .iter()
                    .map(|one| one.number)
                    .filter(|one| *one != version.number)
                    .collect(),
                before: before.map(|one| one.number),
                plans,
                deployments,
                settings: settings.collect(),
                modules: manifest.modules.iter().map(module).collect(),
                producers,
                again,
                delete: possible(delete)?,
                change_log: version.change_log,
            })
        })
        .await
    }
}
