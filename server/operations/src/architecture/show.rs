//! The architecture as it is: drawn for everybody, judged and written as a file for who manages it.

use super::{digest, exported};
use crate::applications::show::possible;
use crate::console::{Caller, Console};
use crate::door::{permitted_wide, visibility, wide};
use crate::environments::Seen;
use crate::error::Result;
use crate::view::{
    ArchitectureCounts, ArchitecturePage, ExceptionView, FindingView, PipelinesPage, Possible,
};
use domain::access::WideRight;
use domain::architecture::drawing;
use domain::architecture::network::network_paths;
use domain::architecture::rules::{Exception, findings};
use domain::architecture::seen::{place, restrict};
use domain::text::Key;
use domain::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use storage::architecture::exceptions::{self, ExceptionRow};
use storage::{architecture, environments};

impl Console {
    /// The pipelines and what they are made of, as far as the caller may see the environments: as a drawing and as data, with the state
    /// of each environment and front-end as it was reported.
    ///
    /// # Errors
    /// The infrastructure is not there for the caller.
    pub async fn pipelines(&self, caller: &Caller, infrastructure: &str) -> Result<PipelinesPage> {
        self.traced(caller, "pipeline.show", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let stages = environments::list(&mut tx, home.id, &visibility(caller)?).await?;
            let visible: BTreeSet<Key> = stages.iter().map(|stage| stage.key.clone()).collect();
            let stored = architecture::load(&mut tx, home.id).await?;
            let seen = restrict(&stored.architecture, &visible);
            let mut reported = Seen::of_infrastructure(&mut tx, home.id, self.now()).await?;
            let (mut states, mut servers) = (BTreeMap::new(), BTreeMap::new());
            for stage in &stages {
                let one = reported.remove(&stage.id).unwrap_or_else(|| Seen::none(self.now()));
                states.insert(stage.key.to_string(), one.health());
                for (server, answers) in one.answering() {
                    servers.insert(format!("environments/{}/front_ends/{server}", stage.key), answers);
                }
            }
            let manage = permitted_wide(self, &mut tx, caller, &[home.id], "change the pipelines").await;
            Ok(PipelinesPage {
                drawing: drawing::infrastructure(&seen),
                architecture: seen,
                states,
                servers,
                manage: possible(manage.map(drop))?,
            })
        })
        .await
    }

    /// What the architecture is made of, and what the rules find.
    ///
    /// # Errors
    /// The infrastructure is not there, or “Manage Infrastructure and Users” is missing.
    pub async fn architecture(&self, caller: &Caller, infrastructure: &str) -> Result<ArchitecturePage> {
        self.traced(caller, "architecture.show", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let needed = wide(home.id, WideRight::ManageInfrastructure);
            self.permit(&mut tx, caller, home.id, &needed, "see the architecture").await?;
            let now = architecture::load(&mut tx, home.id).await?.architecture;
            let rows = exceptions::list(&mut tx, home.id).await?;
            let found = findings(&now, &accepted(&rows), self.now());
            let connections = self.connections(&mut tx, caller, home.id, &now).await?;
            Ok(ArchitecturePage {
                hosting: now.hosting,
                edition: now.edition,
                counts: ArchitectureCounts::from(&now),
                findings: found.into_iter().map(|finding| FindingView::of(&now, finding)).collect(),
                exceptions: rows
                    .into_iter()
                    .map(|row| ExceptionView {
                        place: place(&now, &row.path),
                        title: title(&row.rule),
                        expired: row.expires_at <= self.now(),
                        rule: row.rule,
                        path: row.path,
                        reason: row.reason,
                        expires_at: row.expires_at,
                        accepted_by: row.accepted_by_name,
                        accepted_at: row.accepted_at,
                    })
                    .collect(),
                network: network_paths(&now),
                connections,
                digest: digest(&now)?,
            })
        })
        .await
    }

    /// The architecture as a file (TOML), as [`Self::apply_architecture`] takes it.
    ///
    /// # Errors
    /// The infrastructure is not there, or “Manage Infrastructure and Users” is missing.
    pub async fn architecture_file(&self, caller: &Caller, infrastructure: &str) -> Result<String> {
        self.traced(caller, "architecture.export", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let needed = wide(home.id, WideRight::ManageInfrastructure);
            self.permit(&mut tx, caller, home.id, &needed, "export the architecture").await?;
            exported(&architecture::load(&mut tx, home.id).await?.architecture)
        })
        .await
    }
}

impl Console {
    /// Whether the caller may change what the infrastructure is made of; `doing` says what in the refusal.
    ///
    /// # Errors
    /// The infrastructure is not there for the caller.
    pub async fn may_change_infrastructure(
        &self,
        caller: &Caller,
        infrastructure: &str,
        doing: &str,
    ) -> Result<Possible> {
        self.traced(caller, "infrastructure.manage", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            possible(permitted_wide(self, &mut tx, caller, &[home.id], doing).await.map(drop))
        })
        .await
    }
}

/// What a rule asks for.
fn title(rule: &str) -> String {
    let id = rule.parse::<domain::architecture::rules::RuleId>();
    id.map_or_else(|_| rule.to_owned(), |id| id.rule().title.to_owned())
}

/// The exceptions as the rules take them. One that no rule of this version knows means nothing.
pub(super) fn accepted(rows: &[ExceptionRow]) -> Vec<Exception> {
    rows.iter().filter_map(exception).collect()
}

fn exception(row: &ExceptionRow) -> Option<Exception> {
    let expires_at: Timestamp = row.expires_at;
    let (rule, reason) = (row.rule.parse().ok()?, row.reason.parse().ok()?);
    Some(Exception { rule, path: row.path.clone(), reason, expires_at })
}
