//! Making, changing and deleting pipelines.

use super::topic;
use crate::architecture::{check_gone, check_rules_at, check_stages, write};
use crate::console::{Caller, Console};
use crate::door::{Attempt, permitted_wide, short};
use crate::error::{OperationError, Result};
use crate::people::set_up::field;
use domain::architecture::Architecture;
use domain::architecture::model::Pipeline;
use domain::architecture::words::PipelinePurpose;
use domain::audit::Object;
use domain::text::{Key, Name};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use storage::architecture;

/// A pipeline as somebody wants it.
#[derive(Debug, Clone, Default)]
pub struct PipelineInput {
    /// Name.
    pub name: String,
    /// Why it is kept apart: `lifecycle_stages`, `scalability`, `compliance`, `mission_critical`.
    pub purposes: Vec<String>,
    /// Keys of its environments, from the first to the last, in the order of the infrastructure (R34).
    pub stages: Vec<String>,
}

impl PipelineInput {
    fn read(&self) -> Result<Pipeline> {
        let name = field::<Name>("name", &self.name)?;
        let mut purposes = BTreeSet::new();
        for word in &self.purposes {
            purposes.insert(field::<PipelinePurpose>("purposes", word)?);
        }
        let mut stages = Vec::new();
        for key in &self.stages {
            stages.push(field::<Key>("stages", key)?);
        }
        if stages.is_empty() {
            return Err(OperationError::invalid(
                "stages",
                "A pipeline has at least one stage; choose its environments.",
            ));
        }
        Ok(Pipeline { name, purposes, stages })
    }
}

/// What an entry tells of a pipeline.
fn told(pipeline: &Pipeline) -> Value {
    let purposes: Vec<&str> = pipeline.purposes.iter().map(|purpose| purpose.word()).collect();
    json!({ "name": pipeline.name, "purposes": purposes, "stages": pipeline.stages })
}

/// The field of the form that a broken rule is about.
fn at(path: &str) -> &'static str {
    if path.ends_with("/name") { "name" } else { "stages" }
}

impl Console {
    /// Makes a pipeline.
    ///
    /// # Errors
    /// The key or name is taken, a stage is no environment here or goes back in the order (A04), or “Manage Infrastructure and Users” is
    /// missing.
    pub async fn create_pipeline(
        &self,
        caller: &Caller,
        infrastructure: &str,
        key: &str,
        input: &PipelineInput,
    ) -> Result<()> {
        self.put_pipeline(caller, infrastructure, "pipeline.create", key, |now, key| {
            let pipeline = input.read()?;
            if now.pipelines.contains_key(key) {
                let sentence = format!("There is a pipeline “{key}” already; choose another key.");
                return Err(OperationError::invalid("key", sentence));
            }
            let mut after = now.clone();
            after.pipelines.insert(key.clone(), pipeline);
            Ok(after)
        })
        .await
    }

    /// Gives a pipeline another name, other purposes or stages.
    ///
    /// # Errors
    /// There is no such pipeline, a stage would go where applications run that belong to it, and as for a new one.
    pub async fn change_pipeline(
        &self,
        caller: &Caller,
        infrastructure: &str,
        key: &str,
        input: &PipelineInput,
    ) -> Result<()> {
        self.put_pipeline(caller, infrastructure, "pipeline.change", key, |now, key| {
            if !now.pipelines.contains_key(key) {
                return Err(missing(key.as_str()));
            }
            let mut after = now.clone();
            after.pipelines.insert(key.clone(), input.read()?);
            Ok(after)
        })
        .await
    }

    /// Deletes a pipeline. Its environments stay.
    ///
    /// # Errors
    /// Applications belong to it, there is no such pipeline, or “Manage Infrastructure and Users” is missing.
    pub async fn delete_pipeline(&self, caller: &Caller, infrastructure: &str, key: &str) -> Result<()> {
        self.put_pipeline(caller, infrastructure, "pipeline.delete", key, |now, key| {
            let mut after = now.clone();
            after.pipelines.remove(key).map(|_| after).ok_or_else(|| missing(key.as_str()))
        })
        .await
    }

    async fn put_pipeline(
        &self,
        caller: &Caller,
        infrastructure: &str,
        operation: &'static str,
        key: &str,
        change: impl FnOnce(&Architecture, &Key) -> Result<Architecture>,
    ) -> Result<()> {
        let object = Object::new("pipeline", short(key), short(key));
        self.audited(caller, Attempt::within(infrastructure, operation, object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let doing = "change the pipelines";
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], doing).await?;
            let key = field::<Key>("key", key)?;
            let stored = architecture::load_to_change(&mut pending, home.id).await?;
            let after = change(&stored.architecture, &key)?;
            check_rules_at(&stored.architecture, &after, at)?;
            check_gone(&mut pending, home.id, &stored, &after).await?;
            check_stages(&mut pending, home.id, &stored, &after, "stages").await?;
            let mut tx = pending.authorised(grant);
            write(self, &mut tx, &home, &stored, &after, &BTreeMap::new()).await?;
            tx.notice(&topic(home.key.as_str()), home.id);
            let (old, new) = (stored.architecture.pipelines.get(&key), after.pipelines.get(&key));
            let name = new.or(old).map(|pipeline| pipeline.name.to_string()).unwrap_or_default();
            let mut entry = self.entry(caller, operation, Object::new("pipeline", &key, name));
            entry.infrastructure = Some(home.id);
            entry.before = old.map(told).unwrap_or_default();
            entry.after = new.map(told).unwrap_or_default();
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}

fn missing(key: &str) -> OperationError {
    OperationError::not_found(format!("There is no pipeline “{}” here.", short(key)))
}
