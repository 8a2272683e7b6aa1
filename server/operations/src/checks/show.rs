//! The connections of an infrastructure with what is known of each.

use crate::applications::show::possible;
use crate::console::{Caller, Console};
use crate::door::permitted_wide;
use crate::error::Result;
use crate::view::{CheckView, Connections, DatabaseView, Keyed, ToolView};
use domain::architecture::Architecture;
use domain::architecture::connection::{self, databases};
use domain::id::InfrastructureId;
use std::collections::BTreeMap;
use storage::checks::CheckRow;
use storage::{ReadTx, checks};

impl Console {
    /// The connections of an infrastructure whose architecture the caller may see.
    pub(crate) async fn connections(
        &self,
        tx: &mut ReadTx,
        caller: &Caller,
        home: InfrastructureId,
        architecture: &Architecture,
    ) -> Result<Connections> {
        let rows = checks::list(tx, home).await?;
        let mut found: BTreeMap<String, CheckRow> =
            rows.into_iter().map(|row| (row.place.clone(), row)).collect();
        let mut elsewhere = self.elsewhere(tx, caller, home).await?;
        let tools = architecture.tools.iter().map(|(key, tool)| {
            let row = found.remove(&connection::tool(key));
            ToolView {
                key: key.to_string(),
                name: tool.name.to_string(),
                kind: tool.kind,
                address: tool.address.to_string(),
                about: tool.about.as_ref().map(ToString::to_string),
                check: row.and_then(|row| {
                    let current = row.address == tool.address.as_str();
                    CheckView::of(row, current)
                }),
                also: elsewhere.remove(key.as_str()).unwrap_or_default(),
            }
        });
        let tools = tools.collect();
        let databases = databases(architecture).into_iter().map(|database| DatabaseView {
            key: database.key.to_string(),
            name: database.name.to_string(),
            environment: database
                .environment
                .map(|(key, name)| Keyed { key: key.to_string(), name: name.to_string() }),
            engine: database.engine.to_owned(),
            version: database.version.map(ToString::to_string),
            host: database.host.map(ToString::to_string),
            address: database.address(),
            trial: database.trial,
            check: found.remove(&database.place).and_then(|row| {
                let current = database.is_at(&row.address);
                CheckView::of(row, current)
            }),
            place: database.place,
        });
        Ok(Connections {
            tools,
            databases: databases.collect(),
            files: self.settings().database_files.is_some(),
        })
    }

    /// The other infrastructures that use a tool at the same address, by the tool's key here: those that the caller manages too.
    async fn elsewhere(
        &self,
        tx: &mut ReadTx,
        caller: &Caller,
        home: InfrastructureId,
    ) -> Result<BTreeMap<String, Vec<Keyed>>> {
        let mut managed = BTreeMap::new();
        let mut all: BTreeMap<String, Vec<Keyed>> = BTreeMap::new();
        for row in checks::also(tx, home).await? {
            let other = row.infrastructure_id;
            let manages = match managed.get(&other) {
                Some(known) => *known,
                None => {
                    let asked = permitted_wide(self, tx, caller, &[other], "see the architecture").await;
                    let manages = possible(asked.map(drop))?.is_ok();
                    managed.insert(other, manages);
                    manages
                }
            };
            if manages {
                let each = Keyed { key: row.infrastructure.to_string(), name: row.name.to_string() };
                all.entry(row.tool.to_string()).or_default().push(each);
            }
        }
        Ok(all)
    }
}
