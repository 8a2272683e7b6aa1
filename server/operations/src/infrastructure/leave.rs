//! Taking an environment out: what keeps it, what would be lost, and what the log keeps of it.

use super::change::{before, identity};
use super::register::find;
use super::topic;
use crate::architecture::{check_gone, check_rules, write};
use crate::console::{Caller, Console};
use crate::door::{Attempt, permitted_wide, short};
use crate::error::{OperationError, Result};
use crate::view::EnvironmentLeaving;
use domain::access::Rights;
use domain::architecture::Architecture;
use domain::architecture::model::{Environment, Pipeline};
use domain::audit::Object;
use domain::text::Key;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use storage::architecture::{LevelRow, Lost, Stored};
use storage::{Reader, architecture};

impl Console {
    /// What would be lost if an environment left, and what keeps it.
    ///
    /// # Errors
    /// It is not there, or “Manage Infrastructure and Users” is missing.
    pub async fn environment_leaving(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
    ) -> Result<EnvironmentLeaving> {
        self.traced(caller, "environment.leaving", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let doing = "take an environment out";
            permitted_wide(self, &mut tx, caller, &[home.id], doing).await?;
            let stored = architecture::load(&mut tx, home.id).await?;
            let (key, of) = find(&stored, environment)?;
            let kept = without(&mut tx, home.id, &stored, &key).await;
            let kept = match kept {
                Ok(_) => None,
                Err(error @ OperationError::Internal { .. }) => return Err(error),
                Err(error) => Some(error.sentence()),
            };
            let with = architecture::lost_with(&mut tx, identity(&stored, &key)?).await?;
            Ok(EnvironmentLeaving {
                name: of.name.to_string(),
                kept,
                lost: lost(&stored.architecture, &key, of, &with),
            })
        })
        .await
    }

    /// Takes an environment out that nothing keeps, with everything that is recorded of it.
    ///
    /// # Errors
    /// It is used, it is the last stage of a pipeline, it is not there, or “Manage Infrastructure and Users” is missing.
    pub async fn leave_environment(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
    ) -> Result<()> {
        let object = Object::new("environment", short(environment), short(environment));
        self.audited(caller, Attempt::within(infrastructure, "environment.leave", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let doing = "take an environment out";
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], doing).await?;
            let stored = architecture::load_to_change(&mut pending, home.id).await?;
            let (key, of) = find(&stored, environment)?;
            let after = without(&mut pending, home.id, &stored, &key).await?;
            let id = identity(&stored, &key)?;
            let with = architecture::lost_with(&mut pending, id).await?;
            let levels = architecture::levels_in(&mut pending, home.id, id).await?;
            let before = told(&stored.architecture, &key, of, &with, &levels);
            let mut tx = pending.authorised(grant);
            write(self, &mut tx, &home, &stored, &after, &BTreeMap::new()).await?;
            tx.notice(&topic(home.key.as_str()), home.id);
            let object = Object::new("environment", id, of.name.as_str());
            let mut entry = self.entry(caller, "environment.leave", object);
            entry.infrastructure = Some(home.id);
            entry.before = before;
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}

/// The architecture without an environment, or what keeps it.
async fn without(
    tx: &mut impl Reader,
    home: domain::id::InfrastructureId,
    stored: &Stored,
    key: &Key,
) -> Result<Architecture> {
    let mut after = stored.architecture.clone();
    after.order.retain(|each| each != key);
    let Some(of) = after.environments.remove(key) else {
        return Err(crate::door::fault("an environment that leaves is not stored"));
    };
    for pipeline in after.pipelines.values_mut() {
        let had = !pipeline.stages.is_empty();
        pipeline.stages.retain(|each| each != key);
        if had && pipeline.stages.is_empty() {
            let used = architecture::use_of(tx, identity(stored, key)?).await?;
            return Err(OperationError::conflict(last_stage(&of, pipeline, used.applications)));
        }
    }
    check_gone(tx, home, stored, &after).await?;
    check_rules(&stored.architecture, &after, "environment")?;
    Ok(after)
}

/// Why the last stage of a pipeline stays, in one sentence.
fn last_stage(of: &Environment, pipeline: &Pipeline, running: u64) -> String {
    let begin =
        format!("{} cannot be taken out: it is the last stage of the pipeline {}", of.name, pipeline.name);
    let these = match running {
        0 => return format!("{begin}; change or delete that first."),
        1 => "1 application runs".to_owned(),
        n if n > storage::CAP => format!("more than {} applications run", storage::CAP),
        n => format!("{n} applications run"),
    };
    format!("{begin}, and {these} in it; change or delete that, and take out what runs, first.")
}

/// What goes with an environment, for people.
fn lost(architecture: &Architecture, key: &Key, of: &Environment, with: &Lost) -> Vec<String> {
    let mut all = Vec::new();
    let capped = |n: u64, one: &str, many: &str| match n {
        0 => None,
        1 => Some(format!("1 {one}")),
        n if n > storage::CAP => Some(format!("more than {} {many}", storage::CAP)),
        n => Some(format!("{n} {many}")),
    };
    let counted = |n: usize, one: &str, many: &str| capped(n as u64, one, many);
    all.extend(counted(of.front_ends.len(), "front-end that is recorded", "front-ends that are recorded"));
    all.extend(counted(of.zones.len(), "deployment zone", "deployment zones"));
    all.extend(of.load_balancer.as_ref().map(|balancer| format!("the load balancer {}", balancer.name)));
    all.extend(counted(of.catalogs.len(), "catalog, as recorded", "catalogs, as recorded"));
    all.extend(counted(
        of.external_databases.len(),
        "external database, as recorded",
        "external databases, as recorded",
    ));
    for (_, pipeline) in architecture.pipelines_of(key) {
        all.push(format!("its place in the pipeline {}", pipeline.name));
    }
    all.push("the levels that every role has there".to_owned());
    all.extend(
        [
            capped(with.gates, "gate before it", "gates before it"),
            capped(with.freezes, "freeze of it, past or to come", "freezes of it, past or to come"),
            capped(with.settings, "value of an application's setting", "values of applications' settings"),
            capped(with.blocks, "block of an application", "blocks of applications"),
            capped(with.zones, "deployment zone that was chosen", "deployment zones that were chosen"),
            capped(with.verifications, "verification that was reported", "verifications that were reported"),
            capped(with.solved, "hotfix that is marked as solved", "hotfixes that are marked as solved"),
            capped(with.places, "note of what ran there", "notes of what ran there"),
            capped(with.events, "line of its timeline", "lines of its timeline"),
        ]
        .into_iter()
        .flatten(),
    );
    all
}

/// What the log keeps of an environment that leaves: all that is recorded of it, and how much else there was.
fn told(of: &Architecture, key: &Key, environment: &Environment, with: &Lost, levels: &[LevelRow]) -> Value {
    let levels: BTreeMap<&str, u8> =
        levels.iter().map(|row| (row.role.as_str(), Rights::from_bits(row.rights).level_of())).collect();
    json!({
        "key": key,
        "after": before(of, key),
        "pipelines": of.pipelines_of(key).map(|(key, _)| key).collect::<Vec<_>>(),
        "environment": environment,
        "levels": levels,
        "lost": lost(of, key, environment, with),
    })
}
