//! An architecture compared with a file or a template, and made so.

use super::show::accepted;
use super::{check_gone, check_rules, check_stages, digest, write};
use crate::console::{Caller, Console};
use crate::door::{Attempt, permitted_wide, short, wide};
use crate::error::{FieldProblem, OperationError, Result};
use crate::infrastructure::topic;
use crate::view::{ArchitectureCounts, Comparison, FindingView};
use domain::access::WideRight;
use domain::architecture::Architecture;
use domain::architecture::difference::{Change, difference};
use domain::architecture::file;
use domain::architecture::rules::{Exception, Finding, Reported, findings};
use domain::architecture::template::{Grown, grow};
use domain::architecture::words::{Edition, Engine};
use domain::audit::Object;
use domain::id::InfrastructureId;
use domain::text::Name;
use domain::time::Timestamp;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use storage::architecture::{Stored, exceptions};
use storage::{Reader, architecture};

/// What an architecture is to become.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// As a file has it.
    File(String),
    /// A reference architecture; what was recorded besides stays.
    Template {
        /// Which one.
        edition: Edition,
        /// The engine of its database servers.
        engine: Engine,
    },
}

/// Changes that an audit entry tells one by one; of more it tells the number.
const TOLD: usize = 200;

impl Wanted {
    /// What is stored becomes. A file says all; beside a template, what is used stays.
    async fn of(&self, tx: &mut impl Reader, home: InfrastructureId, stored: &Stored) -> Result<Grown> {
        let now = &stored.architecture;
        match self {
            Self::File(text) => {
                let architecture = file::import(text).map_err(|faults| {
                    let problem =
                        |fault: file::Fault| FieldProblem { field: "file", sentence: fault.to_string() };
                    OperationError::Invalid { fields: faults.into_iter().map(problem).collect() }
                })?;
                Ok(Grown { architecture, kept: Vec::new() })
            }
            Self::Template { edition, engine } => {
                let used = architecture::used_environments(tx, home).await?;
                let used = stored.environments.iter().filter(|(_, id)| used.contains(id));
                let used = used.map(|(key, _)| key.clone()).collect();
                let grown = grow(now, *edition, *engine, &used)
                    .map_err(|refused| OperationError::invalid("engine", refused.to_string()))?;
                check_rules(now, &grown.architecture, "template")?;
                Ok(grown)
            }
        }
    }

    /// The name of the input.
    const fn field(&self) -> &'static str {
        match self {
            Self::File(_) => "file",
            Self::Template { .. } => "template",
        }
    }

    /// What it is, for the log.
    fn words(&self) -> String {
        match self {
            Self::File(_) => "a file".to_owned(),
            Self::Template { edition, engine } => format!("the template {edition} on {engine}"),
        }
    }
}

impl Console {
    /// What a file or a template would change. Nothing changes.
    ///
    /// # Errors
    /// The file has faults (each with its line), a pipeline would lose a stage where applications of it run, the infrastructure is not there, or “Manage Infrastructure and Users” is missing.
    pub async fn compare_architecture(
        &self,
        caller: &Caller,
        infrastructure: &str,
        wanted: &Wanted,
    ) -> Result<Comparison> {
        self.traced(caller, "architecture.compare", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let needed = wide(home.id, WideRight::ManageInfrastructure);
            self.permit(&mut tx, caller, home.id, &needed, "compare the architecture").await?;
            let stored = architecture::load(&mut tx, home.id).await?;
            let grown = wanted.of(&mut tx, home.id, &stored).await?;
            let after = &grown.architecture;
            check_gone(&mut tx, home.id, &stored, after).await?;
            check_stages(&mut tx, home.id, &stored, after, wanted.field()).await?;
            let rows = exceptions::list(&mut tx, home.id).await?;
            let reported = self.reported(&mut tx, home.id, None).await?;
            compared(&stored.architecture, &grown, (&reported, &accepted(&rows)), self.now())
        })
        .await
    }

    /// Makes an infrastructure as a file or a template has it. `expected` is the digest of the comparison that somebody saw; without one
    /// that is not asked. Where nothing differs nothing is written, not even an entry.
    ///
    /// # Errors
    /// As [`Self::compare_architecture`]; besides, an environment or a server that is used would go, or the architecture has changed since it
    /// was compared.
    pub async fn apply_architecture(
        &self,
        caller: &Caller,
        infrastructure: &str,
        wanted: &Wanted,
        expected: Option<&str>,
    ) -> Result<Comparison> {
        let object = Object::new("infrastructure", short(infrastructure), short(infrastructure));
        self.audited(caller, Attempt::within(infrastructure, "architecture.apply", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let doing = "change the architecture";
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], doing).await?;
            let stored = architecture::load_to_change(&mut pending, home.id).await?;
            let grown = wanted.of(&mut pending, home.id, &stored).await?;
            let after = &grown.architecture;
            check_gone(&mut pending, home.id, &stored, after).await?;
            check_stages(&mut pending, home.id, &stored, after, wanted.field()).await?;
            let rows = exceptions::list(&mut pending, home.id).await?;
            let reported = self.reported(&mut pending, home.id, None).await?;
            let facts = (&reported, &accepted(&rows)[..]);
            let comparison = compared(&stored.architecture, &grown, facts, self.now())?;
            if expected.is_some_and(|expected| expected != comparison.digest) {
                let sentence = "The architecture has changed since you compared. Compare again.";
                return Err(OperationError::conflict(sentence));
            }
            if comparison.changes.is_empty() {
                return Ok(comparison);
            }
            let mut tx = pending.authorised(grant);
            write(self, &mut tx, &home, &stored, after, &BTreeMap::new()).await?;
            tx.notice(&topic(home.key.as_str()), home.id);
            let object = Object::new("infrastructure", home.id, home.name.as_str());
            let mut entry = self.entry(caller, "architecture.apply", object);
            entry.infrastructure = Some(home.id);
            entry.before = json!({ "digest": comparison.digest });
            entry.after = told(wanted, &digest(after)?, &comparison.changes);
            tx.commit(entry).await?;
            Ok(comparison)
        })
        .await
    }
}

/// What an entry tells of the changes.
fn told(wanted: &Wanted, digest: &str, changes: &[Change]) -> Value {
    let sentences: Vec<&str> = changes.iter().take(TOLD).map(|change| change.sentence.as_str()).collect();
    let more = changes.len() - sentences.len();
    json!({ "by": wanted.words(), "digest": digest, "changes": sentences, "more": more })
}

/// Why an environment stays that a template has no more.
fn stays(name: &Name) -> String {
    format!(
        "{name} stays with its database servers and its place in pipelines: it is in use, though the template has no such environment."
    )
}

fn compared(
    before: &Architecture,
    Grown { architecture: after, kept }: &Grown,
    (reported, accepted): (&Reported, &[Exception]),
    now: Timestamp,
) -> Result<Comparison> {
    let count = |of: &Architecture| -> Vec<Finding> {
        findings(of, reported, accepted, now).into_iter().filter(Finding::counts).collect()
    };
    let old = count(before);
    let known: BTreeSet<_> = old.iter().map(|finding| (finding.rule, finding.path.as_str())).collect();
    let new = count(after);
    let new = new.into_iter().filter(|finding| !known.contains(&(finding.rule, finding.path.as_str())));
    Ok(Comparison {
        digest: digest(before)?,
        changes: difference(before, after),
        before: ArchitectureCounts::from(before),
        after: ArchitectureCounts::from(after),
        findings: new.map(|finding| FindingView::of(after, finding)).collect(),
        kept: kept.iter().filter_map(|key| after.environments.get(key)).map(|of| stays(&of.name)).collect(),
    })
}
