//! The gates of an infrastructure: listed, added, removed.

use super::subject::{group, window};
use super::{Standing, owner, place};
use crate::applications::show::possible;
use crate::console::{Caller, Console};
use crate::door::{Attempt, permitted_wide, visibility};
use crate::error::{OperationError, Result};
use crate::infrastructure::topic;
use crate::people::set_up::field;
use crate::view::{EnvironmentRef, FreezeView, GateView, GatesPage, PipelineRef};
use domain::audit::Object;
use domain::gate::{CheckAddress, Kind, MOST_APPROVALS, MOST_HOURS, reachable};
use domain::id::{EnvironmentId, GateId, PipelineId};
use domain::text::Name;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use storage::gates::{GateRow, Group, NamedGateRow};
use storage::{Count, Reader, environments, gates, parked, pipelines, roles, teams};

/// A gate to add, as it is typed.
#[derive(Debug, Clone, Default)]
pub struct GateInput {
    /// `approval`, `soak` or `verification`.
    pub kind: String,
    /// Key of the environment that it stands at.
    pub environment: String,
    /// Key of the pipeline that it stands at.
    pub pipeline: String,
    /// How many approvals, or for how many hours a version soaks.
    pub number: String,
    /// Name of the team whose members approve.
    pub team: String,
    /// Name of the role whose holders approve.
    pub role: String,
    /// For how many hours an approval counts; empty for as long as the plan stays as it is.
    pub hours: String,
    /// Name of the test.
    pub test: String,
    /// What the console asks for it, with `{application}` and `{environment}` for keys; empty where others report the result.
    pub address: String,
    /// Who answers for it; empty for who adds it.
    pub owner: String,
}

/// A whole number from 1 to a limit.
fn number(name: &'static str, text: &str, most: u32) -> Result<u32> {
    text.trim()
        .parse()
        .ok()
        .filter(|n| (1..=most).contains(n))
        .ok_or_else(|| OperationError::invalid(name, format!("Give a whole number from 1 to {most}.")))
}

/// What a gate asks for, in one sentence.
fn sentence(row: &NamedGateRow) -> String {
    let counted = |n: u32, noun: &str| if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") };
    match row.kind {
        Kind::Approval => {
            let of = row.group_name.as_deref().unwrap_or_default();
            let kind = if row.team_id.is_some() { "the team" } else { "the role" };
            let lasts = row.hours.map(|hours| format!(", each for {}", counted(hours, "hour")));
            format!("{} of {kind} {of}{}.", counted(row.number, "approval"), lasts.unwrap_or_default())
        }
        Kind::Soak => {
            format!("Each version has run for {} in the stage before.", counted(row.number, "hour"))
        }
        Kind::Verification => {
            let asks = row.address.as_ref().map(|address| format!(" The console asks {address}."));
            format!("Each version has passed “{}” in the stage before.{}", row.name, asks.unwrap_or_default())
        }
    }
}

/// A gate as its audit entry tells it.
fn in_words(row: &NamedGateRow, at: &str) -> Value {
    json!({ "place": at, "rule": sentence(row), "owner": row.owner })
}

fn missing() -> OperationError {
    OperationError::not_found("There is no such gate here.")
}

impl Console {
    /// The gates and the freezes of an infrastructure, as far as the caller may see what they stand at.
    ///
    /// # Errors
    /// The infrastructure is not there for the caller.
    pub async fn gates(&self, caller: &Caller, infrastructure: &str) -> Result<GatesPage> {
        self.traced(caller, "gate.list", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let manage = permitted_wide(self, &mut tx, caller, &[home.id], "change the gates").await;
            let places = environments::list(&mut tx, home.id, &visibility(caller)?).await?;
            let seen: BTreeSet<EnvironmentId> = places.iter().map(|row| row.id).collect();
            let stages = pipelines::stages(&mut tx, home.id).await?;
            let lines: BTreeSet<PipelineId> = stages
                .iter()
                .filter(|row| seen.contains(&row.environment_id))
                .map(|row| row.pipeline_id)
                .collect();
            let shown = |environment: Option<EnvironmentId>, pipeline: Option<PipelineId>| {
                environment.is_none_or(|id| seen.contains(&id))
                    && pipeline.is_none_or(|id| lines.contains(&id))
            };
            let (mut all, mut known) = (Vec::new(), BTreeMap::new());
            for row in gates::list(&mut tx, home.id).await? {
                if shown(row.environment_id, row.pipeline_id) {
                    all.push(view(&mut tx, row, &mut known).await?);
                }
            }
            let order = |view: &GateView| {
                let at = places.iter().position(|row| row.key.as_str() == view.place.key);
                let at = at.filter(|_| view.place.kind == "environment").unwrap_or(usize::MAX);
                (at, view.place.key.clone())
            };
            all.sort_by_key(order);
            let now = self.now();
            let mut freezes: Vec<FreezeView> = gates::freezes(&mut tx, home.id, now)
                .await?
                .into_iter()
                .filter(|row| shown(row.environment_id, row.pipeline_id))
                .map(|row| {
                    let environment = row.environment_key.as_ref().zip(row.environment_name.as_ref());
                    let pipeline = row.pipeline_key.as_ref().zip(row.pipeline_name.as_ref());
                    FreezeView {
                        id: row.id,
                        place: place(environment, pipeline),
                        from: row.from_at,
                        until: row.until_at,
                        local: window(row.from_at, row.until_at, &row.time_zone),
                        time_zone: row.time_zone,
                        reason: row.reason,
                        owner: row.owner,
                        on: row.from_at <= now,
                    }
                })
                .collect();
            freezes.sort_by_key(|freeze| (freeze.from, freeze.until));
            let all_lines = pipelines::list(&mut tx, home.id).await?;
            let teams = teams::list(&mut tx, home.id).await?;
            let roles = roles::list(&mut tx, home.id).await?;
            Ok(GatesPage {
                gates: all,
                freezes,
                manage: possible(manage.map(drop))?,
                environments: places.iter().map(EnvironmentRef::from).collect(),
                pipelines: all_lines
                    .iter()
                    .filter(|row| lines.contains(&row.id))
                    .map(PipelineRef::from)
                    .collect(),
                teams: teams.into_iter().map(|row| row.name).collect(),
                roles: roles.into_iter().map(|row| row.name).collect(),
            })
        })
        .await
    }

    /// Adds a gate. It counts at once, also for plans whose approval was asked for, and for what is parked.
    ///
    /// # Errors
    /// Something of it is not acceptable, more approvals are asked for than there are people, or “Manage Infrastructure and Users” is
    /// missing.
    pub async fn add_gate(&self, caller: &Caller, infrastructure: &str, input: &GateInput) -> Result<GateId> {
        let object = Object::new("gate", "new", "New gate");
        self.audited(caller, Attempt::within(infrastructure, "gate.add", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], "add a gate").await?;
            let kind = field::<Kind>("kind", &input.kind)?;
            let at = Standing::find(&mut pending, home.id, &input.environment, &input.pipeline).await?;
            if at.environment.is_none() && at.pipeline.is_none() {
                let sentence = "A gate stands at an environment or at a pipeline; choose one of them.";
                return Err(OperationError::invalid("place", sentence));
            }
            if gates::list(&mut pending, home.id).await?.len() >= gates::MOST as usize {
                let sentence = format!("There are {} gates, and no more are taken.", gates::MOST);
                return Err(OperationError::conflict(sentence));
            }
            let mut row = GateRow {
                id: self.id(),
                infrastructure_id: home.id,
                environment_id: at.environment,
                pipeline_id: at.pipeline,
                kind,
                team_id: None,
                role_id: None,
                number: 1,
                hours: None,
                name: String::new(),
                address: None,
                owner: owner(&input.owner, caller)?,
                created_at: self.now(),
                created_by: caller.name.clone(),
            };
            match kind {
                Kind::Approval => {
                    row.number = number("number", &input.number, MOST_APPROVALS)?;
                    if !input.hours.trim().is_empty() {
                        row.hours = Some(number("hours", &input.hours, MOST_HOURS)?);
                    }
                    let (group, name) = chosen(&mut pending, home.id, input).await?;
                    let people = gates::people(&mut pending, group).await?.n;
                    reachable(row.number, &name, people)
                        .map_err(|refused| OperationError::invalid("number", refused.0))?;
                    match group {
                        Group::Team(team) => row.team_id = Some(team),
                        Group::Role(role) => row.role_id = Some(role),
                    }
                }
                Kind::Soak => row.number = number("number", &input.number, MOST_HOURS)?,
                Kind::Verification => {
                    row.name = field::<Name>("test", &input.test)?.to_string();
                    if !input.address.trim().is_empty() {
                        row.address = Some(field::<CheckAddress>("address", &input.address)?);
                    }
                }
            }
            let mut tx = pending.authorised(grant);
            gates::insert(&mut tx, &row).await?;
            parked::wake(&mut tx, home.id, self.now()).await?;
            let added = gates::by_id(&mut tx, row.id, home.id).await?.ok_or_else(missing)?;
            tx.notice(&topic(home.key.as_str()), row.id);
            tx.notice("engine", row.id);
            let name = format!("{} before {}", kind.words(), at.name);
            let mut entry = self.entry(caller, "gate.add", Object::new("gate", row.id, name));
            entry.infrastructure = Some(home.id);
            if let Some(environment) = at.environment {
                entry.related = vec![Object::new("environment", environment, &at.name)];
            }
            entry.after = in_words(&added, &at.name);
            tx.commit(entry).await?;
            Ok(row.id)
        })
        .await
    }

    /// Removes a gate. It counts no more, also for what is parked.
    ///
    /// # Errors
    /// There is no such gate, or “Manage Infrastructure and Users” is missing.
    pub async fn remove_gate(&self, caller: &Caller, infrastructure: &str, id: GateId) -> Result<()> {
        let object = Object::new("gate", id, "Gate");
        self.audited(caller, Attempt::within(infrastructure, "gate.remove", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], "remove a gate").await?;
            let row = gates::by_id(&mut pending, id, home.id).await?.ok_or_else(missing)?;
            let at = row.environment_name.as_ref().or(row.pipeline_name.as_ref());
            let at = at.map(ToString::to_string).unwrap_or_default();
            let mut tx = pending.authorised(grant);
            gates::remove(&mut tx, id).await?;
            parked::wake(&mut tx, home.id, self.now()).await?;
            tx.notice(&topic(home.key.as_str()), id);
            tx.notice("engine", id);
            let name = format!("{} before {at}", row.kind.words());
            let mut entry = self.entry(caller, "gate.remove", Object::new("gate", id, name));
            entry.infrastructure = Some(home.id);
            if let Some(environment) = row.environment_id {
                entry.related = vec![Object::new("environment", environment, &at)];
            }
            entry.before = in_words(&row, &at);
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}

/// The team or role that a form names: just one of them.
async fn chosen(
    tx: &mut impl Reader,
    home: domain::id::InfrastructureId,
    input: &GateInput,
) -> Result<(Group, String)> {
    let (team, role) = (input.team.trim(), input.role.trim());
    match (team.is_empty(), role.is_empty()) {
        (false, true) => match teams::by_name(tx, home, team).await? {
            Some(row) => Ok((Group::Team(row.id), row.name)),
            None => {
                let sentence = format!("There is no team “{}” here.", crate::door::short(team));
                Err(OperationError::invalid("group", sentence))
            }
        },
        (true, false) => match roles::by_name(tx, home, role).await? {
            Some(row) => Ok((Group::Role(row.id), row.name)),
            None => {
                let sentence = format!("There is no role “{}” here.", crate::door::short(role));
                Err(OperationError::invalid("group", sentence))
            }
        },
        _ => {
            let sentence = "A team or a role approves; choose one of them.";
            Err(OperationError::invalid("group", sentence))
        }
    }
}

/// A gate for people. Each group is counted once.
async fn view(
    tx: &mut impl Reader,
    row: NamedGateRow,
    known: &mut BTreeMap<Group, Count>,
) -> Result<GateView> {
    let people = match group(&row) {
        Some(group) => match known.get(&group) {
            Some(people) => Some(*people),
            None => {
                let people = gates::people(tx, group).await?;
                known.insert(group, people);
                Some(people)
            }
        },
        None => None,
    };
    let name = row.group_name.as_deref().unwrap_or_default();
    let warning = people.and_then(|people| match reachable(row.number, name, people.n) {
        Err(refused) => Some(refused.0),
        Ok(()) if people.n == u64::from(row.number) => {
            Some(format!("A plan that somebody of {name} wrote cannot reach it: nobody approves their own."))
        }
        Ok(()) => None,
    });
    let environment = row.environment_key.as_ref().zip(row.environment_name.as_ref());
    let pipeline = row.pipeline_key.as_ref().zip(row.pipeline_name.as_ref());
    Ok(GateView {
        id: row.id,
        place: place(environment, pipeline),
        kind: row.kind,
        sentence: sentence(&row),
        number: row.number,
        hours: row.hours,
        test: (row.kind == Kind::Verification).then(|| row.name.clone()),
        address: row.address.as_ref().map(ToString::to_string),
        people: people.map(Into::into),
        warning,
        owner: row.owner,
        group: row.group_name,
    })
}

/// Why a team or a role cannot go: gates need it.
pub(crate) fn needed(gates: u64, name: &str) -> Result<()> {
    if gates == 0 {
        return Ok(());
    }
    let what = if gates == 1 { "A gate needs".to_owned() } else { format!("{gates} gates need") };
    Err(OperationError::conflict(format!(
        "{what} approvals of “{name}”; remove them first, on the page Gates."
    )))
}
