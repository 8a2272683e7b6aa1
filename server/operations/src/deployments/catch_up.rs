//! Front-ends that catch up by themselves: one that was away while its farm went on, or that is new, is brought what the environment runs, by a
//! deployment of its own that the console begins. What a person left mixed stays so until a plan makes it even: only what is certain is brought.

use super::begin::{Run, RunPlan, begin};
use super::ways::Zones;
use crate::console::{Caller, Console};
use crate::content::{self, Placed};
use crate::door::{Attempt, Place, fault};
use crate::error::Result;
use crate::maintenance;
use domain::access::Requirement;
use domain::audit::Object;
use domain::deployment::{
    Ending, Lack, Left, OUT_AT_ONCE, OnFailure, Phase, RunItem, RunZone, StepState, Wanted, lacks, result,
};
use domain::id::{ApplicationId, EnvironmentId, ServerId};
use domain::plan::order;
use domain::protocol::ServerStatus;
use domain::text::Key;
use domain::time::{MINUTE, SECOND, Timestamp};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use storage::catch_up::OwedRow;
use storage::deployments::{DeploymentRow, StepRow};
use storage::environments::EnvironmentRow;
use storage::{
    Reader, WriteTx, applications, catch_up, deployments, environments, infrastructures, queue, servers,
    states, zones,
};

/// So long after a deployment a report may be older than its end.
const REPORTS_MICROS: i64 = 20 * SECOND;
/// So long after it failed it is not begun again.
const PAUSE_MICROS: i64 = 5 * MINUTE;
/// Who begins it, as people read it.
const WHO: &str = "Towpath";

/// A front-end that is not up to date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Behind {
    pub server: ServerId,
    pub name: String,
    /// What is to be brought or taken out now; empty while something else has to end first.
    pub lacks: Vec<Lack>,
}

/// The front-ends of an environment that are not up to date, by what they report just now.
pub(crate) async fn behind(
    tx: &mut impl Reader,
    environment: EnvironmentId,
    statuses: &[ServerStatus],
    now: Timestamp,
) -> Result<Vec<Behind>> {
    let reachable: Vec<&ServerStatus> = statuses.iter().filter(|status| status.reachable).collect();
    if reachable.is_empty() {
        return Ok(Vec::new());
    }
    let mut moving = BTreeSet::new();
    let mut caught: BTreeSet<ServerId> = BTreeSet::new();
    for row in deployments::open_in(tx, environment).await? {
        let plan = RunPlan::of(&row)?;
        caught.extend(plan.servers.iter().filter(|_| plan.catches_up).map(|(server, _)| *server));
        moving.extend(plan.items.into_iter().map(|item| item.key));
    }
    let place = environments::by_id(tx, environment).await?;
    let place = place.ok_or_else(|| fault("front-ends of a missing environment"))?;
    let wanted = wanted(tx, &place).await?;
    let (mut fresh, mut failed) = (BTreeSet::new(), BTreeSet::new());
    for row in deployments::ended_since(tx, environment, now.plus(-PAUSE_MICROS)).await? {
        let plan = RunPlan::of(&row)?;
        if plan.catches_up && row.status != "finished_successful" {
            failed.extend(plan.servers.iter().map(|(server, _)| *server));
        }
        if row.finished_at.is_some_and(|at| at > now.plus(-REPORTS_MICROS)) {
            fresh.extend(plan.items.into_iter().map(|item| item.key));
        }
    }
    let mut all = Vec::new();
    for server in servers::of_environment(tx, environment).await? {
        let Some(status) = reachable.iter().find(|status| status.server == server.id) else { continue };
        let reported: BTreeMap<Key, _> =
            status.applications.iter().map(|one| (one.application.clone(), one.sha256)).collect();
        let mut found = Vec::new();
        for lack in lacks(server.id, &reported, &wanted, &moving) {
            // What this infrastructure does not know is not the console's to take out.
            if wanted.contains_key(&lack.key)
                || applications::by_key(tx, place.infrastructure_id, lack.key.as_str()).await?.is_some()
            {
                found.push(lack);
            }
        }
        if found.is_empty() && !caught.contains(&server.id) {
            continue;
        }
        let waits = caught.contains(&server.id) || failed.contains(&server.id);
        let ready = |lack: &Lack| !waits && (lack.owed || !fresh.contains(&lack.key));
        let lacks = found.into_iter().filter(ready).collect();
        all.push(Behind { server: server.id, name: server.name.to_string(), lacks });
    }
    Ok(all)
}

/// What an environment runs, by key.
async fn wanted(tx: &mut impl Reader, place: &EnvironmentRow) -> Result<BTreeMap<Key, Wanted>> {
    let environment = place.id;
    let chosen = Zones::load(tx, place).await?;
    let mut members: BTreeMap<_, BTreeSet<ServerId>> = BTreeMap::new();
    for row in zones::servers(tx, environment).await? {
        members.entry(row.zone_id).or_default().insert(row.server_id);
    }
    let mut owed: BTreeMap<ApplicationId, BTreeSet<ServerId>> = BTreeMap::new();
    for row in catch_up::owed(tx, environment).await?.into_iter().filter(|row| row.due) {
        owed.entry(row.application_id).or_default().insert(row.server_id);
    }
    let mut all = BTreeMap::new();
    for row in catch_up::runs(tx, environment).await? {
        let application = row.application_id;
        let zone = chosen.of(application)?;
        let servers = members.get(&zone.id).cloned().unwrap_or_default();
        let one = Wanted {
            application,
            sha256: row.sha256,
            mixed: row.mixed,
            servers: (!chosen.moves(application)).then_some(servers),
            owed: owed.remove(&application).unwrap_or_default(),
        };
        all.insert(row.key, one);
    }
    Ok(all)
}

impl Console {
    /// Begins a deployment for each front-end that is not up to date and can be brought so now; `late` are those that these reports name.
    pub(crate) async fn bring_up_to_date(
        &self,
        environment: EnvironmentId,
        mut late: Vec<Behind>,
        statuses: &[ServerStatus],
    ) -> Result<()> {
        late.retain(|one| !one.lacks.is_empty());
        if late.is_empty() {
            return Ok(());
        }
        let mut tx = self.store().read().await?;
        if maintenance::answer(&mut tx, environment).await?.is_some() {
            return Ok(());
        }
        let place = environments::by_id(&mut tx, environment).await?;
        let place = place.ok_or_else(|| fault("front-ends of a missing environment"))?;
        drop(tx);
        for one in late {
            self.catch_up(&place, &one, statuses).await?;
        }
        Ok(())
    }

    async fn catch_up(&self, place: &EnvironmentRow, late: &Behind, statuses: &[ServerStatus]) -> Result<()> {
        let caller = Caller { name: WHO.to_owned(), ..Caller::engine() };
        let object = Object::new("server", late.server, &late.name);
        let attempt = Attempt::at(Place::Server(late.server), "deployment.catch_up", object);
        self.audited(&caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let grant = self.permit_plain(&caller, &Requirement::Engine)?;
            let home = infrastructures::by_id(&mut pending, place.infrastructure_id).await?;
            let home = home.ok_or_else(|| fault("an environment without its infrastructure"))?;
            let items = items(&mut pending, place, late).await?;
            if items.is_empty() {
                return Ok(());
            }
            let mut tx = pending.authorised(grant);
            // Starts take turns: whoever looked at the same report before has begun it by now.
            queue::hold(&mut tx, place.id).await?;
            let again = behind(&mut tx, place.id, statuses, self.now()).await?;
            if !again.contains(late) {
                return Ok(());
            }
            let name = format!("Bring {} up to date", late.name);
            let run = Run {
                infrastructure: &home,
                plan: None,
                name: name.clone(),
                source: None,
                target: place,
                items: items.clone(),
                servers: vec![(late.server, late.name.clone())],
                waits: false,
                out_at_once: OUT_AT_ONCE,
                on_failure: OnFailure::RollBack,
                rolls_back: None,
                settings: BTreeMap::new(),
                applies_settings: false,
                catches_up: true,
                accepted: BTreeSet::new(),
            };
            let deployment = begin(self, &mut tx, &caller, run).await?;
            tx.notice(&crate::infrastructure::topic(home.key.as_str()), deployment);
            let mut entry =
                self.entry(&caller, "deployment.catch_up", Object::new("deployment", deployment, name));
            entry.infrastructure = Some(home.id);
            entry.related = vec![
                Object::new("environment", place.id, place.name.as_str()),
                Object::new("server", late.server, &late.name),
            ];
            let told = |item: &RunItem| json!([item.name, item.after.as_ref().map(|after| after.label())]);
            entry.after =
                json!({ "front_end": late.name, "applications": items.iter().map(told).collect::<Vec<_>>() });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}

/// What a front-end is brought, producers first, and what is taken out of it.
async fn items(tx: &mut impl Reader, place: &EnvironmentRow, late: &Behind) -> Result<Vec<RunItem>> {
    let placed = content::placed(tx, place.id).await?;
    let own: BTreeSet<ServerId> = [late.server].into();
    let zone = |brings: bool| {
        let (servers, leaving) =
            if brings { (own.clone(), BTreeSet::new()) } else { (BTreeSet::new(), own.clone()) };
        Some(RunZone { name: late.name.clone(), servers, leaving })
    };
    let lacked: BTreeMap<&Key, &Lack> = late.lacks.iter().map(|lack| (&lack.key, lack)).collect();
    let mut all = Vec::new();
    for key in order(&content::contents(&placed)) {
        let (Some(lack), Some(one)) = (lacked.get(&key), placed.get(&key)) else { continue };
        let Placed { application, .. } = one;
        let release = Some(one.release());
        all.push(RunItem {
            application: application.id,
            key,
            name: application.name.to_string(),
            before: release.clone(),
            after: release,
            zone: zone(lack.brings),
        });
    }
    for key in lacked.keys().filter(|key| !placed.contains_key(**key)) {
        let Some(row) = applications::by_key(tx, place.infrastructure_id, key.as_str()).await? else {
            continue;
        };
        let name = row.name.to_string();
        all.push(RunItem {
            application: row.id,
            key: row.key,
            name,
            before: None,
            after: None,
            zone: zone(false),
        });
    }
    Ok(all)
}

/// How such a deployment ended: the status outside, and one sentence.
pub(super) fn outcome(
    row: &DeploymentRow,
    plan: &RunPlan,
    ending: Ending,
    steps: &[StepRow],
) -> (&'static str, String) {
    let name = plan.servers.first().map(|(_, name)| name.as_str()).unwrap_or_default();
    match ending {
        Ending::Successful => ("finished_successful", format!("{name} runs what the others run.")),
        Ending::Aborted => ("aborted", format!("{} {name} is not up to date.", row.message)),
        _ => {
            let failed = steps.iter().find(|step| step.state == StepState::Failed.word());
            let why =
                failed.map(|step| format!(" {} failed: {}", step.title, step.reason)).unwrap_or_default();
            ("finished_with_errors", format!("{name} is not up to date, and is tried again later.{why}"))
        }
    }
}

/// What such a deployment has brought is owed no more. Where nothing of an application is owed any more, it is even again.
pub(super) async fn caught_up(
    tx: &mut WriteTx,
    row: &DeploymentRow,
    plan: &RunPlan,
    steps: &[StepRow],
) -> Result<()> {
    for item in &plan.items {
        let own = steps.iter().filter(|step| step.application_id == Some(item.application));
        if result(&own.map(super::list::standing).collect::<Vec<_>>()) != Left::New {
            continue;
        }
        let mut was_owed = false;
        for (server, _) in &plan.servers {
            was_owed |= catch_up::forget_of(tx, row.target_id, item.application, *server).await?;
        }
        let rest = catch_up::owed(tx, row.target_id).await?;
        if !was_owed || rest.iter().any(|owed| owed.application_id == item.application) {
            continue;
        }
        if let Some(state) = states::get(tx, row.target_id, item.application).await? {
            states::put(tx, &states::StateRow { mixed: false, ..state }).await?;
        }
    }
    Ok(())
}

/// What the end of any other deployment means for what is owed of one of its applications.
pub(super) async fn settle(
    tx: &mut WriteTx,
    row: &DeploymentRow,
    application: ApplicationId,
    (ending, left): (Ending, Left),
) -> Result<()> {
    match (ending, left) {
        // Those that could not be reached get it when they are back; what others were owed before is another matter by now.
        (Ending::LeftOut, Left::Mixed) => {
            for owed in catch_up::owed(tx, row.target_id).await? {
                if owed.application_id == application && owed.deployment_id != row.id {
                    catch_up::forget_of(tx, row.target_id, application, owed.server_id).await?;
                }
            }
            catch_up::due(tx, row.id, application).await?;
        }
        (_, Left::Old) => {
            for owed in catch_up::owed(tx, row.target_id).await? {
                if owed.application_id == application && owed.deployment_id == row.id {
                    catch_up::forget_of(tx, row.target_id, application, owed.server_id).await?;
                }
            }
        }
        _ => catch_up::forget(tx, row.target_id, application).await?,
    }
    Ok(())
}

/// The front-ends that can be left out of a failed step: the one that it changes; else, where it prepares, those that cannot be reached.
pub(super) async fn to_leave_out(
    tx: &mut impl Reader,
    row: &DeploymentRow,
    plan: &RunPlan,
    step: &StepRow,
) -> Result<Vec<(ServerId, String)>> {
    let mut out = plan.servers.clone();
    if let Some(server) = step.server_id {
        out.retain(|(id, _)| *id == server);
        return Ok(out);
    }
    let states = servers::states_of(tx, row.target_id).await?;
    out.retain(|(id, _)| states.iter().any(|state| state.server_id == *id && !state.reachable));
    Ok(out)
}

/// Notes what is owed to a front-end that a person leaves out, if it cannot be reached: a failed step was never begun there. True where it
/// will catch up by itself.
pub(super) async fn owe(
    tx: &mut WriteTx,
    row: &DeploymentRow,
    plan: &RunPlan,
    server: ServerId,
    steps: &[StepRow],
) -> Result<bool> {
    let states = servers::states_of(tx, row.target_id).await?;
    if !states.iter().any(|state| state.server_id == server && !state.reachable) {
        return Ok(false);
    }
    let open = |step: &&StepRow| {
        let open = [StepState::Pending, StepState::Failed];
        let open = open.iter().any(|state| state.word() == step.state);
        open && step.server_id == Some(server) && step.phase == Phase::Forward.word()
    };
    let left: BTreeSet<_> = steps.iter().filter(open).filter_map(|step| step.application_id).collect();
    for item in plan.items.iter().filter(|item| left.contains(&item.application) && item.after.is_some()) {
        let owed = OwedRow {
            environment_id: row.target_id,
            server_id: server,
            application_id: item.application,
            deployment_id: row.id,
            due: false,
        };
        catch_up::owe(tx, &owed).await?;
    }
    Ok(!left.is_empty())
}
