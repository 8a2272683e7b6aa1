//! The architecture as it is: drawn for everybody, judged and written as a file for who manages it.

use super::{digest, exported};
use crate::applications::show::possible;
use crate::console::{Caller, Console};
use crate::door::{permitted_wide, short, visibility, wide};
use crate::environments::Seen;
use crate::error::{OperationError, Result};
use crate::view::{
    ArchitectureCounts, ArchitecturePage, ExceptionView, FindingView, PipelinesPage, Possible,
};
use domain::access::WideRight;
use domain::architecture::Architecture;
use domain::architecture::drawing;
use domain::architecture::network::network_paths;
use domain::architecture::rules::{Exception, findings};
use domain::architecture::seen::{place, restrict};
use domain::environment::Health;
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
        self.drawn(caller, infrastructure, |_| Ok(None)).await
    }

    /// The same for a page: of many pipelines the first are drawn, or the chosen one alone. The sums are of all.
    ///
    /// # Errors
    /// The infrastructure or the chosen pipeline is not there for the caller.
    pub async fn pipelines_folded(
        &self,
        caller: &Caller,
        infrastructure: &str,
        chosen: Option<&str>,
    ) -> Result<PipelinesPage> {
        self.drawn(caller, infrastructure, |seen| {
            let Some(chosen) = chosen else { return Ok(drawing::part(seen, None)) };
            let key = seen.pipelines.keys().find(|key| key.as_str() == chosen);
            let missing =
                || OperationError::not_found(format!("There is no pipeline “{}” here.", short(chosen)));
            Ok(drawing::part(seen, Some(key.ok_or_else(missing)?)))
        })
        .await
    }

    /// What is drawn of the architecture that the caller sees; `part` says which part of it, none for the whole.
    async fn drawn(
        &self,
        caller: &Caller,
        infrastructure: &str,
        part: impl FnOnce(&Architecture) -> Result<Option<Architecture>>,
    ) -> Result<PipelinesPage> {
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
                    servers.insert(front_end_path(&stage.key, server), answers);
                }
            }
            let manage = permitted_wide(self, &mut tx, caller, &[home.id], "change the pipelines").await;
            let well = |stage: &Key| states.get(stage.as_str()) == Some(&Health::Healthy);
            let answers =
                |stage: &Key, server: &Key| servers.get(&front_end_path(stage, server)) == Some(&true);
            let sums = drawing::sums(&seen, well, answers);
            let counts = ArchitectureCounts::from(&seen);
            let shown = part(&seen)?.unwrap_or(seen);
            Ok(PipelinesPage {
                drawing: drawing::infrastructure(&shown),
                architecture: shown,
                counts,
                sums,
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
            let reported = self.reported(&mut tx, home.id, None).await?;
            let found = findings(&now, &reported, &accepted(&rows), self.now());
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

/// The place of a front-end, as findings and boxes of a drawing have it.
fn front_end_path(environment: &Key, server: &Key) -> String {
    format!("environments/{environment}/front_ends/{server}")
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
