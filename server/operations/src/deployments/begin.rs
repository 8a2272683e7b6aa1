//! Beginning a deployment: its steps are computed here, once, and stored; nothing else happens in the request.

use super::list::standing;
use super::ways::Ways;
use super::{topic, work_topic};
use crate::console::{Caller, Console};
use crate::content::{placed, summary};
use crate::door::fault;
use crate::error::{OperationError, Result};
use crate::settings::snapshot::{self, RunSettings};
use domain::deployment::queue::{Through, used};
use domain::deployment::{OUT_AT_ONCE, OnFailure, RunItem, Standing, Step, StepState, catch_up_steps, steps};
use domain::id::{ApplicationId, DeploymentId, EnvironmentId, PlanId, ServerId};
use domain::text::{Key, Sha256};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use storage::deployments::{DeploymentRow, StepRow};
use storage::environments::EnvironmentRow;
use storage::infrastructures::InfrastructureRow;
use storage::{Reader, WriteTx, applications, deployments, environments, queue, revisions};

/// What a deployment is begun with.
pub(crate) struct Run<'a> {
    pub infrastructure: &'a InfrastructureRow,
    pub plan: Option<(PlanId, Sha256)>,
    pub name: String,
    pub source: Option<&'a EnvironmentRow>,
    pub target: &'a EnvironmentRow,
    /// In the order of activation.
    pub items: Vec<RunItem>,
    pub servers: Vec<(ServerId, String)>,
    /// Whether it waits for a person once everything is prepared (R16).
    pub waits: bool,
    /// How many front-ends it changes at once.
    pub out_at_once: u32,
    /// What is to be done when a step fails.
    pub on_failure: OnFailure,
    /// The deployment that it takes back.
    pub rolls_back: Option<DeploymentId>,
    /// What it sets for its applications.
    pub settings: RunSettings,
    /// It only applies settings: what runs is activated once more.
    pub applies_settings: bool,
    /// It brings one front-end what the others run.
    pub catches_up: bool,
    /// The digest of each conflict that is accepted.
    pub accepted: BTreeSet<Sha256>,
}

/// The plan of a run as it is stored, unchangeable.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RunPlan {
    /// Version of this form.
    pub format: u32,
    pub source: Option<EnvironmentId>,
    pub target: EnvironmentId,
    pub items: Vec<RunItem>,
    pub servers: Vec<(ServerId, String)>,
    /// How many front-ends it changes at once.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub out_at_once: u32,
    /// It only applies settings.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub applies_settings: bool,
    /// It brings one front-end what the others run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub catches_up: bool,
    /// The digest of each conflict that was accepted with its start.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub accepted: BTreeSet<Sha256>,
}

const fn one() -> u32 {
    OUT_AT_ONCE
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it a reference")]
const fn is_one(most: &u32) -> bool {
    *most == OUT_AT_ONCE
}

impl RunPlan {
    /// Reads it back.
    pub fn of(row: &DeploymentRow) -> Result<Self> {
        serde_json::from_str(&row.run_plan)
            .map_err(|error| fault(format!("deployment {} has a plan that cannot be read: {error}", row.id)))
    }

    /// A stored step of this run as the reducer sees it.
    pub fn standing(&self, step: &StepRow) -> Standing {
        let item = self.items.iter().find(|item| step.application_id == Some(item.application));
        let leaves = item.zip(step.server_id).is_some_and(|(item, server)| item.leaves(server));
        Standing { leaves, ..standing(step) }
    }
}

/// What a run is made of, checked.
pub(crate) struct Way {
    /// The items, each with its deployment zone.
    pub items: Vec<RunItem>,
    /// The front-ends that it goes to.
    pub servers: Vec<(ServerId, String)>,
    /// Whether it waits for a person once everything is prepared (R16).
    pub waits: bool,
    /// How many front-ends it may change at once.
    pub out_at_once: u32,
}

fn counted(n: u32, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// Where a run of these items goes, or why there can be none now: maintenance, no Platform Server, a zone without a front-end, a limit.
pub(crate) async fn way(
    tx: &mut impl Reader,
    target: &EnvironmentRow,
    mut items: Vec<RunItem>,
) -> Result<Way> {
    let ways = Ways::load(tx, target).await?;
    for item in &mut items {
        item.zone = ways.zone(item.application, &item.key, &item.name)?;
    }
    let servers = ways.servers(&items)?;
    let limits = environments::limits(tx, target.id).await?;
    let open = deployments::open_into(tx, target.id).await?.n;
    if let Some(most) = limits.deployment_limit
        && open >= u64::from(most)
    {
        let words = counted(most, "deployment");
        return Err(OperationError::conflict(format!(
            "{} takes {words} at a time, and so many are open; start again when one of them has ended.",
            target.name
        )));
    }
    if let Some(most) = limits.application_limit {
        let moving = deployments::moving(tx, target.infrastructure_id).await?;
        let moving: BTreeSet<_> =
            moving.iter().filter(|row| row.target_id == target.id).map(|row| row.application_id).collect();
        let comes = |item: &&RunItem| {
            item.before.is_none() && item.after.is_some() && !moving.contains(&item.application)
        };
        let new = items.iter().filter(comes).count() as u64;
        let there = environments::applications(tx, target.id).await?;
        if new > 0 && there + new > u64::from(most) {
            return Err(OperationError::conflict(format!(
                "{} takes at most {}: it has {there}, and {new} more would come.",
                target.name,
                counted(most, "application")
            )));
        }
    }
    let out_at_once = ways.out_at_once(limits.out_at_once);
    Ok(Way { items, servers, waits: limits.two_stage, out_at_once })
}

/// Stores a deployment with its steps, queued.
pub(crate) async fn begin(
    console: &Console,
    tx: &mut WriteTx,
    caller: &Caller,
    run: Run<'_>,
) -> Result<DeploymentId> {
    let id: DeploymentId = console.id();
    let plan = RunPlan {
        format: 1,
        source: run.source.map(|source| source.id),
        target: run.target.id,
        items: run.items.clone(),
        servers: run.servers.clone(),
        out_at_once: run.out_at_once,
        applies_settings: run.applies_settings,
        catches_up: run.catches_up,
        accepted: run.accepted.clone(),
    };
    let json = |error: serde_json::Error| fault(format!("a run cannot be written: {error}"));
    let row = DeploymentRow {
        id,
        infrastructure_id: run.infrastructure.id,
        plan_id: run.plan.map(|(plan, _)| plan),
        kind: if run.source.is_some() || run.rolls_back.is_some() { "promotion" } else { "publication" }
            .to_owned(),
        name: run.name,
        source_id: run.source.map(|source| source.id),
        target_id: run.target.id,
        status: "queued".to_owned(),
        digest: run.plan.map(|(_, digest)| digest.to_string()).unwrap_or_default(),
        run_plan: serde_json::to_string(&plan).map_err(json)?,
        message: "Waiting for its turn.".to_owned(),
        started_by: caller.name.clone(),
        created_at: console.now(),
        started_at: None,
        finished_at: None,
        fence: 0,
        lease_owner: None,
        lease_until: None,
        boot_id: None,
        revision: 1,
        waits: run.waits,
        on_failure: run.on_failure.word().to_owned(),
        decision: None,
        suspended: false,
        rolls_back_id: run.rolls_back,
    };
    let stored = stored(id, &plan)?;
    // Starts into an environment take turns, so that each knows of what was started before it.
    queue::hold(tx, run.target.id).await?;
    deployments::insert(tx, &row, &stored).await?;
    let target = (run.target.id, run.target.name.as_str());
    let known = snapshot::Of { items: &run.items, wanted: &run.settings, catches_up: run.catches_up };
    snapshot::keep(console, tx, id, target, &known).await?;
    let used = uses(tx, &row, &run.items).await?;
    queue::uses(tx, id, used).await?;
    tx.notice(&topic(id), id);
    tx.notice(&work_topic(run.target.id), id);
    tx.notice("engine", id);
    Ok(id)
}

/// The steps of a run as they are stored, none of them begun.
pub(super) fn stored(id: DeploymentId, plan: &RunPlan) -> Result<Vec<StepRow>> {
    let one = |step: Step| {
        Ok(StepRow {
            deployment_id: id,
            ordinal: step.ordinal,
            phase: step.phase.word().to_owned(),
            key: step.key,
            action: serde_json::to_string(&step.action)
                .map_err(|error| fault(format!("a step cannot be written: {error}")))?,
            application_id: Some(step.application),
            server_id: step.server,
            title: step.title,
            state: StepState::Pending.word().to_owned(),
            fence: 0,
            attempt: 0,
            done: 0,
            total: 0,
            reason: String::new(),
            started_at: None,
            finished_at: None,
        })
    };
    let all = match plan.servers.first().filter(|_| plan.catches_up) {
        Some((server, name)) => catch_up_steps(id, &plan.items, (*server, name)),
        None => steps(id, &plan.items, &plan.servers),
    };
    all.into_iter().map(one).collect()
}

/// What the applications of a run use beside themselves, directly or through others: as the target is, and as it will be after everything
/// that is open into it, this run among them (R10).
async fn uses(
    tx: &mut WriteTx,
    row: &DeploymentRow,
    items: &[RunItem],
) -> Result<BTreeMap<ApplicationId, Through>> {
    let (mut ids, mut needs) = (BTreeMap::new(), BTreeMap::<ApplicationId, BTreeSet<Key>>::new());
    for (key, one) in placed(tx, row.target_id).await? {
        let of = needs.entry(one.application.id).or_default();
        of.extend(one.content.consumes.into_iter().map(|need| need.application));
        ids.insert(key, one.application.id);
    }
    let mut coming = Vec::new();
    for open in deployments::open_in(tx, row.target_id).await? {
        coming.extend(RunPlan::of(&open)?.items);
    }
    for item in coming {
        ids.insert(item.key, item.application);
        let Some(after) = item.after else { continue };
        let Some(revision) = revisions::by_sha(tx, item.application, after.sha256).await? else { continue };
        let modules = summary(&revision)?.manifest.modules;
        let used = modules.into_iter().flat_map(|module| module.consumes).map(|need| need.application);
        needs.entry(item.application).or_default().extend(used);
    }
    let mut graph: BTreeMap<ApplicationId, BTreeSet<ApplicationId>> = BTreeMap::new();
    for (by, keys) in needs {
        for key in keys {
            // What is neither there nor on its way may still come later.
            if !ids.contains_key(&key)
                && let Some(found) = applications::by_key(tx, row.infrastructure_id, key.as_str()).await?
            {
                ids.insert(key.clone(), found.id);
            }
            graph.entry(by).or_default().extend(ids.get(&key));
        }
    }
    Ok(used(&items.iter().map(|item| item.application).collect(), &graph))
}
