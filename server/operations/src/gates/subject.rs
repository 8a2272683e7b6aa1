//! What the gates of a plan or a deployment depend on, gathered once for `domain::gate`.

use super::{EVERYTHING, told};
use crate::deployments::begin::RunPlan;
use crate::error::{OperationError, Result};
use crate::plans::Found;
use crate::plans::evaluate::Evaluated;
use domain::architecture::words::WebAddress;
use domain::gate::review::OVERRIDE_COUNTS;
use domain::gate::{Arrival, Asks, Decision, Freeze, Kind, Rule, Schedule, Subject, TestResult};
use domain::id::{
    ApplicationId, DeploymentId, EnvironmentId, InfrastructureId, PipelineId, PlanId, RevisionId, UserId,
};
use domain::text::{Key, Sha256};
use domain::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use storage::deployments::DeploymentRow;
use storage::environments::EnvironmentRow;
use storage::gates::{Group, NamedFreezeRow, NamedGateRow};
use storage::verifications::VerificationRow;
use storage::{
    Reader, approvals, environments, gates, parked, pipelines, plans, revisions, states, verifications,
};

/// One thing that the console asks for a gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trial {
    /// The name of the test.
    pub test: String,
    pub application: ApplicationId,
    /// Name and number.
    pub label: String,
    /// The stage before.
    pub environment: EnvironmentId,
    /// What runs there.
    pub revision: RevisionId,
    pub address: WebAddress,
}

/// What is asked about: a plan, or a deployment that was started.
pub(crate) struct About {
    pub home: InfrastructureId,
    pub plan: Option<PlanId>,
    author: Option<UserId>,
    digest: Sha256,
    source: Option<Source>,
    pub target: EnvironmentId,
    items: Vec<Item>,
    deployment: Option<DeploymentId>,
    schedule: Option<Schedule>,
    started: Option<Timestamp>,
}

/// The stage before.
#[derive(Clone)]
struct Source {
    id: EnvironmentId,
    key: Key,
    name: String,
}

impl From<&EnvironmentRow> for Source {
    fn from(row: &EnvironmentRow) -> Self {
        Self { id: row.id, key: row.key.clone(), name: row.name.to_string() }
    }
}

struct Item {
    application: ApplicationId,
    key: Key,
    /// Name and number.
    label: String,
    /// What is brought; none for what is taken out.
    after: Option<Sha256>,
}

impl About {
    /// A draft as it is now, to be carried out at once or at a time that was chosen.
    pub fn plan(found: &Found, evaluated: &Evaluated, schedule: Option<Schedule>) -> Self {
        let items = evaluated.items.iter().map(|item| {
            let line = evaluated.lines.iter().find(|line| line.key == item.key);
            let name = line.map_or_else(|| item.key.to_string(), |line| line.application.name.clone());
            let label = item.number.map_or_else(|| name.clone(), |number| format!("{name} {number}"));
            Item { application: item.application, key: item.key.clone(), label, after: item.after }
        });
        Self {
            home: found.plan.infrastructure_id,
            plan: Some(found.plan.id),
            author: found.plan.created_by,
            digest: evaluated.digest,
            source: Some(Source::from(&found.source)),
            target: found.target.id,
            items: items.collect(),
            deployment: None,
            schedule,
            started: None,
        }
    }

    /// A deployment that was started.
    pub async fn deployment(tx: &mut impl Reader, row: &DeploymentRow) -> Result<Self> {
        let run = RunPlan::of(row)?;
        let items = run.items.iter().map(|item| Item {
            application: item.application,
            key: item.key.clone(),
            label: item.name.clone(),
            after: item.after.as_ref().map(|release| release.sha256),
        });
        let items = items.collect();
        let parked = parked::of(tx, row.id).await?;
        let schedule = parked.and_then(|row| Some(Schedule { at: row.not_before?, until: row.expires_at? }));
        let source = match row.source_id {
            Some(id) => environments::by_id(tx, id).await?.as_ref().map(Source::from),
            None => None,
        };
        let author = match row.plan_id {
            Some(plan) => plans::by_id(tx, plan).await?.and_then(|plan| plan.created_by),
            None => None,
        };
        Ok(Self {
            home: row.infrastructure_id,
            plan: row.plan_id,
            author,
            // A publication has none, and nothing is approved for it.
            digest: row.digest.parse().unwrap_or_else(|_| Sha256::of(&[])),
            source,
            target: row.target_id,
            items,
            deployment: Some(row.id),
            schedule,
            started: Some(row.created_at),
        })
    }

    /// The gates that it meets. What is published meets none.
    pub async fn gates(&self, tx: &mut impl Reader) -> Result<Vec<NamedGateRow>> {
        if self.plan.is_none() {
            return Ok(Vec::new());
        }
        let mut rows = gates::into(tx, self.target).await?;
        if rows.iter().any(|row| row.pipeline_id.is_some()) {
            let concerned = self.concerned(tx).await?;
            rows.retain(|row| row.pipeline_id.is_none_or(|id| concerned.contains(&id)));
        }
        Ok(rows)
    }

    /// Everything that its gates depend on at a time.
    pub async fn subject(&self, tx: &mut impl Reader, now: Timestamp) -> Result<Subject> {
        let rows = self.gates(tx).await?;
        let mut frozen = gates::freezes(tx, self.home, now).await?;
        frozen.retain(|row| row.environment_id.is_none_or(|id| id == self.target));
        if frozen.iter().any(|row| row.pipeline_id.is_some()) {
            let concerned = self.concerned(tx).await?;
            frozen.retain(|row| row.pipeline_id.is_none_or(|id| concerned.contains(&id)));
        }

        let mut authors: BTreeSet<UserId> = self.author.into_iter().collect();
        let mut decisions = Vec::new();
        if let Some(plan) = self.plan {
            authors.extend(approvals::authors(tx, plan).await?);
            for row in approvals::of_plan(tx, plan).await? {
                decisions.push(Decision {
                    user: row.user_id,
                    name: row.user_name,
                    approves: row.approves,
                    words: row.words,
                    digest: row.digest,
                    at: row.at,
                });
            }
        }
        let people: BTreeSet<UserId> =
            decisions.iter().map(|one| one.user).chain(authors.iter().copied()).collect();
        let mut rules = Vec::new();
        for row in &rows {
            rules.push(rule(tx, row, &people).await?);
        }
        let asks = |kind| rows.iter().any(|row| row.kind == kind) && self.started.is_none();
        let (soaks, tested) = (asks(Kind::Soak), asks(Kind::Verification));
        let (mut arrivals, mut results) = (Vec::new(), Vec::new());
        if let (true, Some(source)) = (soaks || tested, &self.source) {
            for (item, revision, since) in self.arriving(tx, source.id).await? {
                let label = item.label.clone();
                arrivals.push(Arrival { label: label.clone(), since });
                let Some(revision) = revision else { continue };
                for gate in rows.iter().filter(|row| row.kind == Kind::Verification) {
                    let address = gate.address.as_ref().map(|address| address.of(&source.key, &item.key));
                    // Where there is no address for it, nothing can have been found.
                    let Ok(address) = address.transpose() else { continue };
                    let address = address.as_ref().map(WebAddress::as_str);
                    let found = verifications::newest(tx, source.id, revision, &gate.name, address).await?;
                    let Some(VerificationRow { passed, detail, reported_by, at, .. }) = found else {
                        continue;
                    };
                    let (label, gate) = (label.clone(), gate.id);
                    results.push(TestResult { label, gate, passed, detail, by: reported_by, at });
                }
            }
        }
        let overridden = match self.deployment {
            Some(id) => {
                let all = parked::overrides(tx, id).await?.into_iter();
                all.filter(|row| now < row.at.plus(OVERRIDE_COUNTS)).map(|row| row.freeze_id).collect()
            }
            None => BTreeSet::new(),
        };
        let before = self.source.as_ref().map_or_else(String::new, |source| source.name.clone());
        Ok(Subject {
            digest: self.digest,
            authors,
            before,
            rules,
            decisions,
            freezes: frozen.into_iter().map(freeze).collect(),
            overridden,
            arrivals,
            results,
            schedule: self.schedule,
            started: self.started,
        })
    }

    /// What it brings, each with the content that it is and since when just that runs in the stage before.
    async fn arriving(
        &self,
        tx: &mut impl Reader,
        source: EnvironmentId,
    ) -> Result<Vec<(&Item, Option<RevisionId>, Option<Timestamp>)>> {
        let mut all = Vec::new();
        for item in &self.items {
            let Some(sha256) = item.after else { continue };
            let revision = revisions::by_sha(tx, item.application, sha256).await?.map(|row| row.id);
            let state = states::get(tx, source, item.application).await?;
            let state = state.filter(|state| Some(state.revision_id) == revision && !state.mixed);
            all.push((item, revision, state.map(|state| state.changed_at)));
        }
        Ok(all)
    }

    /// What the console asks for its gates: of each version that runs in the stage before.
    pub async fn trials(&self, tx: &mut impl Reader) -> Result<Vec<Trial>> {
        let checks: Vec<_> =
            self.gates(tx).await?.into_iter().filter(|gate| gate.address.is_some()).collect();
        let (Some(source), false) = (&self.source, checks.is_empty()) else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        for (item, revision, since) in self.arriving(tx, source.id).await? {
            let (Some(revision), Some(_)) = (revision, since) else { continue };
            for (gate, address) in checks.iter().filter_map(|gate| Some((gate, gate.address.as_ref()?))) {
                all.push(Trial {
                    test: gate.name.clone(),
                    application: item.application,
                    label: item.label.clone(),
                    environment: source.id,
                    revision,
                    address: address
                        .of(&source.key, &item.key)
                        .map_err(|refused| OperationError::conflict(refused.0))?,
                });
            }
        }
        Ok(all)
    }

    /// The pipelines whose gates and freezes it meets: those that its applications belong to, as far as the target is a stage of them. What
    /// belongs to none meets those that its hop is one of, and where it is no hop of any all that the target is a stage of.
    pub async fn concerned(&self, tx: &mut impl Reader) -> Result<BTreeSet<PipelineId>> {
        let mut stages: BTreeMap<PipelineId, Vec<EnvironmentId>> = BTreeMap::new();
        for row in pipelines::stages(tx, self.home).await? {
            stages.entry(row.pipeline_id).or_default().push(row.environment_id);
        }
        stages.retain(|_, places| places.contains(&self.target));
        let source = self.source.as_ref().map(|source| source.id);
        let hops = |places: &Vec<EnvironmentId>| {
            places.windows(2).any(|pair| Some(pair[0]) == source && pair[1] == self.target)
        };
        let along: BTreeSet<PipelineId> =
            stages.iter().filter(|(_, places)| hops(places)).map(|(id, _)| *id).collect();
        let any = if along.is_empty() { stages.keys().copied().collect() } else { along };
        let mut all = BTreeSet::new();
        for item in &self.items {
            match pipelines::of_application(tx, item.application).await? {
                Some(row) if stages.contains_key(&row.id) => drop(all.insert(row.id)),
                Some(_) => {}
                None => all.extend(any.iter().copied()),
            }
        }
        Ok(all)
    }
}

/// A stored freeze.
pub(crate) fn freeze(row: NamedFreezeRow) -> Freeze {
    let name = row.environment_name.or(row.pipeline_name).map(|name| name.to_string());
    Freeze {
        id: row.id,
        place: name.unwrap_or_else(|| EVERYTHING.to_owned()),
        from: row.from_at,
        until: row.until_at,
        reason: row.reason,
        owner: row.owner,
    }
}

/// The group of a gate that asks for approvals.
pub(crate) fn group(row: &NamedGateRow) -> Option<Group> {
    row.team_id.map(Group::Team).or(row.role_id.map(Group::Role))
}

/// A stored gate as a rule.
async fn rule(tx: &mut impl Reader, row: &NamedGateRow, people: &BTreeSet<UserId>) -> Result<Rule> {
    let name = row.environment_name.as_ref().or(row.pipeline_name.as_ref());
    let asks = match (row.kind, group(row)) {
        (Kind::Approval, Some(group)) => {
            let mut members = BTreeSet::new();
            for user in people {
                if gates::is_in(tx, group, *user).await? {
                    members.insert(*user);
                }
            }
            Asks::Approval {
                number: row.number,
                group: row.group_name.clone().unwrap_or_default(),
                people: gates::people(tx, group).await?.n,
                members,
                hours: row.hours,
            }
        }
        (Kind::Verification, _) => {
            Asks::Verification { name: row.name.clone(), address: row.address.clone() }
        }
        (Kind::Soak, _) => Asks::Soak { hours: row.number },
        // Its team or role cannot go before the gate does.
        (Kind::Approval, None) => return Err(crate::door::fault(format!("gate {} has no group", row.id))),
    };
    let place = name.map_or_else(|| EVERYTHING.to_owned(), ToString::to_string);
    Ok(Rule { id: row.id, place, owner: row.owner.clone(), asks })
}

/// From when until when something stands still, in words of its own time zone.
pub(crate) fn window(from: Timestamp, until: Timestamp, zone: &str) -> (String, String) {
    let there = |at: Timestamp| {
        let moment = jiff::Timestamp::from_microsecond(at.0).ok()?.in_tz(zone).ok()?;
        Some(moment.strftime("%a %-d %b %Y %H:%M").to_string())
    };
    (there(from).unwrap_or_else(|| told(from)), there(until).unwrap_or_else(|| told(until)))
}
