//! Storing an architecture: what differs from what is stored, part by part. A part whose key stays keeps its identity.
//!
//! Every reference is checked at once by the database, so the order matters: what refers to something goes before it, and comes after it.

use super::{Stored, environments, servers};
use crate::error::StoreError;
use crate::statement::{args, execute, statements};
use crate::transaction::WriteTx;
use domain::architecture::Architecture;
use domain::architecture::model::{DatabaseServer, Pipeline, Tool};
use domain::id::{EnvironmentId, InfrastructureId};
use domain::text::Key;
use domain::time::Timestamp;
use std::collections::BTreeMap;
use uuid::Uuid;

statements! {
    SET_HOME = "update infrastructure set hosting = $2, edition = $3 where id = $1";
    ADD_DATA_CENTER = "insert into data_center (id, infrastructure_id, key, name) values ($1, $2, $3, $4)";
    SET_DATA_CENTER = "update data_center set name = $3 where infrastructure_id = $1 and key = $2";
    REMOVE_DATA_CENTER = "delete from data_center where infrastructure_id = $1 and key = $2";
    ADD_DATABASE_SERVER = "insert into database_server (id, infrastructure_id, key, name, engine, version, sharing, host, data_center_id, ",
        "cores, memory_gib) values ($1, $2, $3, $4, $5, $6, $7, $8, ",
        "(select id from data_center where infrastructure_id = $2 and key = $9), $10, $11)";
    SET_DATABASE_SERVER = "update database_server set name = $3, engine = $4, version = $5, sharing = $6, host = $7, ",
        "data_center_id = (select id from data_center where infrastructure_id = $1 and key = $8), cores = $9, memory_gib = $10 ",
        "where infrastructure_id = $1 and key = $2";
    SET_PRIMARY = "update database_server set standby_of = (select p.id from database_server p where p.infrastructure_id = $1 ",
        "and p.key = $3) where infrastructure_id = $1 and key = $2";
    REMOVE_DATABASE_SERVER = "delete from database_server where infrastructure_id = $1 and key = $2";
    ADD_PIPELINE = "insert into pipeline (id, infrastructure_id, key, name) values ($1, $2, $3, $4)";
    SET_PIPELINE = "update pipeline set name = $3 where infrastructure_id = $1 and key = $2";
    REMOVE_PIPELINE = "delete from pipeline where infrastructure_id = $1 and key = $2";
    CLEAR_GATES = "delete from gate where pipeline_id in (select id from pipeline where infrastructure_id = $1 and key = $2)";
    CLEAR_FREEZES = "delete from freeze_window where pipeline_id in (select id from pipeline where infrastructure_id = $1 and key = $2)";
    CLEAR_PURPOSES = "delete from pipeline_purpose where pipeline_id in (select id from pipeline where infrastructure_id = $1 and key = $2)";
    ADD_PURPOSE = "insert into pipeline_purpose (pipeline_id, purpose) values ",
        "((select id from pipeline where infrastructure_id = $1 and key = $2), $3)";
    CLEAR_STAGES = "delete from pipeline_stage where pipeline_id in (select id from pipeline where infrastructure_id = $1 and key = $2)";
    ADD_STAGE = "insert into pipeline_stage (pipeline_id, position, environment_id) values ",
        "((select id from pipeline where infrastructure_id = $1 and key = $2), $3, ",
        "(select id from environment where infrastructure_id = $1 and key = $4))";
    ADD_TOOL = "insert into tool (id, infrastructure_id, key, name, kind, address, about) values ($1, $2, $3, $4, $5, $6, $7)";
    SET_TOOL = "update tool set name = $3, kind = $4, address = $5, about = $6 where infrastructure_id = $1 and key = $2";
    REMOVE_TOOL = "delete from tool where infrastructure_id = $1 and key = $2";
}

/// What goes, comes and changes of a collection.
pub(super) struct Delta<'a, V> {
    /// The keys that go.
    pub gone: Vec<&'a Key>,
    /// What comes.
    pub new: Vec<(&'a Key, &'a V)>,
    /// What stays and differs: before and after.
    pub changed: Vec<(&'a Key, &'a V, &'a V)>,
}

/// Compares two states of a collection.
pub(super) fn delta<'a, V: PartialEq>(
    before: &'a BTreeMap<Key, V>,
    after: &'a BTreeMap<Key, V>,
) -> Delta<'a, V> {
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    for (key, value) in after {
        match before.get(key) {
            None => new.push((key, value)),
            Some(old) if old != value => changed.push((key, old, value)),
            Some(_) => {}
        }
    }
    Delta { gone: before.keys().filter(|key| !after.contains_key(*key)).collect(), new, changed }
}

/// What a change of an architecture is made with.
pub(super) struct Saving<'a> {
    pub tx: &'a mut WriteTx,
    pub infrastructure: InfrastructureId,
    pub ids: &'a mut (dyn FnMut() -> Uuid + Send),
    pub at: Timestamp,
}

/// Makes what is stored equal to `after`. The caller has checked it: the rules that refuse, and what keeps an environment or a server
/// that goes. New environments come without rights of any role, which the caller gives: they are the answer, by identity and key.
///
/// # Errors
/// A reference or a unique set is broken, which the rules that refuse would have found.
pub async fn save(
    tx: &mut WriteTx,
    infrastructure: InfrastructureId,
    before: &Stored,
    after: &Architecture,
    ids: &mut (dyn FnMut() -> Uuid + Send),
    at: Timestamp,
) -> Result<Vec<(EnvironmentId, Key)>, StoreError> {
    let now = &before.architecture;
    let mut saving = Saving { tx, infrastructure, ids, at };
    if (now.hosting, now.edition) != (after.hosting, after.edition) {
        let edition = after.edition.map(|edition| edition.word());
        execute(saving.tx, &SET_HOME, args![infrastructure, after.hosting.word(), edition]).await?;
    }
    let centers = delta(&now.data_centers, &after.data_centers);
    for (key, center) in &centers.new {
        let id = (saving.ids)();
        execute(saving.tx, &ADD_DATA_CENTER, args![id, infrastructure, *key, &center.name]).await?;
    }
    for (key, _, center) in &centers.changed {
        execute(saving.tx, &SET_DATA_CENTER, args![infrastructure, *key, &center.name]).await?;
    }
    let pipelines = delta(&now.pipelines, &after.pipelines);
    saving.clear_pipelines(&pipelines).await?;
    let databases = delta(&now.database_servers, &after.database_servers);
    environments::clear(&mut saving, before, after).await?;
    saving.database_servers(&databases).await?;
    let new = environments::put(&mut saving, before, after).await?;
    saving.pipelines(&pipelines).await?;
    saving.tools(&delta(&now.tools, &after.tools)).await?;
    for key in &databases.gone {
        execute(saving.tx, &REMOVE_DATABASE_SERVER, args![infrastructure, *key]).await?;
    }
    for key in &centers.gone {
        execute(saving.tx, &REMOVE_DATA_CENTER, args![infrastructure, *key]).await?;
    }
    let old = before.environments.iter().map(|(key, id)| (*id, key.clone()));
    let known = old.chain(new.iter().cloned()).collect();
    servers::settle_controllers(&mut saving, after, &known).await?;
    Ok(new)
}

impl Saving<'_> {
    /// Takes away what pipelines that go or change say of environments.
    async fn clear_pipelines(&mut self, pipelines: &Delta<'_, Pipeline>) -> Result<(), StoreError> {
        for key in &pipelines.gone {
            for statement in [&CLEAR_PURPOSES, &CLEAR_STAGES, &CLEAR_GATES, &CLEAR_FREEZES, &REMOVE_PIPELINE] {
                execute(self.tx, statement, args![self.infrastructure, *key]).await?;
            }
        }
        for (key, old, new) in &pipelines.changed {
            if old.purposes != new.purposes {
                execute(self.tx, &CLEAR_PURPOSES, args![self.infrastructure, *key]).await?;
            }
            if old.stages != new.stages {
                execute(self.tx, &CLEAR_STAGES, args![self.infrastructure, *key]).await?;
            }
        }
        Ok(())
    }

    async fn pipelines(&mut self, pipelines: &Delta<'_, Pipeline>) -> Result<(), StoreError> {
        for (key, pipeline) in &pipelines.new {
            let id = (self.ids)();
            execute(self.tx, &ADD_PIPELINE, args![id, self.infrastructure, *key, &pipeline.name]).await?;
            self.purposes(key, pipeline).await?;
            self.stages(key, pipeline).await?;
        }
        for (key, old, pipeline) in &pipelines.changed {
            if old.name != pipeline.name {
                execute(self.tx, &SET_PIPELINE, args![self.infrastructure, *key, &pipeline.name]).await?;
            }
            if old.purposes != pipeline.purposes {
                self.purposes(key, pipeline).await?;
            }
            if old.stages != pipeline.stages {
                self.stages(key, pipeline).await?;
            }
        }
        Ok(())
    }

    async fn purposes(&mut self, key: &Key, pipeline: &Pipeline) -> Result<(), StoreError> {
        for purpose in &pipeline.purposes {
            execute(self.tx, &ADD_PURPOSE, args![self.infrastructure, key, purpose.word()]).await?;
        }
        Ok(())
    }

    async fn stages(&mut self, key: &Key, pipeline: &Pipeline) -> Result<(), StoreError> {
        for (position, stage) in (0i64..).zip(&pipeline.stages) {
            execute(self.tx, &ADD_STAGE, args![self.infrastructure, key, position, stage]).await?;
        }
        Ok(())
    }

    /// Those that come or change; those that go are removed once nothing names them.
    async fn database_servers(&mut self, servers: &Delta<'_, DatabaseServer>) -> Result<(), StoreError> {
        for (key, server) in &servers.new {
            let id = (self.ids)();
            let args = args![
                id,
                self.infrastructure,
                *key,
                &server.name,
                server.engine.word(),
                server.version.as_ref().map(|version| version.as_str()),
                server.sharing.word(),
                server.host.as_ref().map(|host| host.as_str()),
                server.data_center.as_ref(),
                server.cores.map(u32::from),
                server.memory_gib
            ];
            execute(self.tx, &ADD_DATABASE_SERVER, args).await?;
        }
        for (key, _, server) in &servers.changed {
            let args = args![
                self.infrastructure,
                *key,
                &server.name,
                server.engine.word(),
                server.version.as_ref().map(|version| version.as_str()),
                server.sharing.word(),
                server.host.as_ref().map(|host| host.as_str()),
                server.data_center.as_ref(),
                server.cores.map(u32::from),
                server.memory_gib
            ];
            execute(self.tx, &SET_DATABASE_SERVER, args).await?;
        }
        // A primary may come later in the order of the keys than its standby.
        let new = servers.new.iter().filter(|(_, server)| server.standby_of.is_some()).copied();
        let changed = servers.changed.iter().filter(|(_, old, server)| old.standby_of != server.standby_of);
        for (key, server) in new.chain(changed.map(|(key, _, server)| (*key, *server))) {
            execute(self.tx, &SET_PRIMARY, args![self.infrastructure, key, server.standby_of.as_ref()]).await?;
        }
        // Two that go may be a primary and its standby.
        let nobody: Option<&Key> = None;
        for key in &servers.gone {
            execute(self.tx, &SET_PRIMARY, args![self.infrastructure, *key, nobody]).await?;
        }
        Ok(())
    }

    async fn tools(&mut self, tools: &Delta<'_, Tool>) -> Result<(), StoreError> {
        for key in &tools.gone {
            execute(self.tx, &REMOVE_TOOL, args![self.infrastructure, *key]).await?;
        }
        for (key, tool) in &tools.new {
            let args = args![
                (self.ids)(),
                self.infrastructure,
                *key,
                &tool.name,
                tool.kind.word(),
                tool.address.as_str(),
                tool.about.as_ref().map(|about| about.as_str())
            ];
            execute(self.tx, &ADD_TOOL, args).await?;
        }
        for (key, _, tool) in &tools.changed {
            let args = args![
                self.infrastructure,
                *key,
                &tool.name,
                tool.kind.word(),
                tool.address.as_str(),
                tool.about.as_ref().map(|about| about.as_str())
            ];
            execute(self.tx, &SET_TOOL, args).await?;
        }
        Ok(())
    }
}
