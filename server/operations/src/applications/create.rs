//! Creating an application before it has a package (A21).

use super::describe::name_is_free;
use super::retire;
use super::show::possible;
use crate::console::{Caller, Console};
use crate::door::{Attempt, permitted_wide, short, visibility};
use crate::error::{OperationError, Result};
use crate::infrastructure::{find_environment, topic};
use crate::people::set_up::field;
use crate::roles::{Giving, Known};
use crate::teams::applications::checked_roles;
use crate::teams::find_team;
use crate::view::{Creation, EnvironmentRef, PipelineRef};
use domain::access::{Actor, Requirement, Right};
use domain::audit::Object;
use domain::id::{ApplicationId, TeamId};
use domain::text::{Key, Name};
use serde_json::json;
use storage::applications::ApplicationRow;
use storage::{applications, environments, pipelines, teams};

/// Longest description, characters; as in a manifest.
pub const DESCRIPTION: usize = 500;

/// Teams of a person that are asked whether they may create applications.
const TEAMS: u32 = 50;

/// An application to create, as somebody typed it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApplicationInput {
    /// Key of the environment that the right “Create Applications” is asked for in.
    pub environment: String,
    /// Key in addresses and packages; it stays for ever.
    pub key: String,
    /// Name.
    pub name: String,
    /// `web`, `service` or `library`.
    pub kind: String,
    /// What it is.
    pub description: String,
    /// The team that it belongs to; none for no team.
    pub team: Option<TeamId>,
    /// Key of the pipeline that it is promoted along; none for any.
    pub pipeline: Option<String>,
}

/// A description as it is kept.
///
/// # Errors
/// It is too long.
pub(crate) fn description(text: &str) -> Result<String> {
    let text = text.trim();
    let length = text.chars().count();
    if length > DESCRIPTION {
        let sentence = format!("A description has at most {DESCRIPTION} characters; this one has {length}.");
        return Err(OperationError::invalid("description", sentence));
    }
    Ok(text.to_owned())
}

fn kind(word: &str) -> Result<String> {
    match word.trim() {
        known @ ("web" | "service" | "library") => Ok(known.to_owned()),
        _ => Err(OperationError::invalid(
            "kind",
            "An application is web, service or library; choose one of the list.",
        )),
    }
}

impl Console {
    /// Creates an application that has no package yet. Its first package has to name the same key. “Create Applications” in the environment
    /// is enough, by the default role, or for a team by the role in it (matrix 4.2).
    ///
    /// # Errors
    /// A word is not acceptable, the key or the name is taken (R15), team or pipeline are not there, the team's members would get more than the caller holds
    /// (R28), or a right is missing.
    pub async fn create_application(
        &self,
        caller: &Caller,
        infrastructure: &str,
        input: &ApplicationInput,
    ) -> Result<ApplicationId> {
        let object = Object::new("application", short(&input.key), short(&input.name));
        self.audited(caller, Attempt::within(infrastructure, "application.create", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let place = find_environment(&mut pending, home.id, &input.environment).await?;
            let doing = format!("create an application in {}", place.name);
            let mut ways = vec![Requirement::Environment(place.id, Right::CreateApplications)];
            ways.extend(
                input.team.map(|team| Requirement::InTeam(team, place.id, Right::CreateApplications)),
            );
            let grant = self.permit(&mut pending, caller, home.id, &Requirement::Any(ways), &doing).await?;
            let (key, name) = (field::<Key>("key", &input.key)?, field::<Name>("name", &input.name)?);
            let (kind, description) = (kind(&input.kind)?, description(&input.description)?);
            if let Some(taken) = applications::by_key(&mut pending, home.id, key.as_str()).await? {
                let retired = retire::is_retired(&mut pending, &taken).await?;
                let but = if retired { ", which is retired and keeps it" } else { "" };
                let sentence = format!("The key “{key}” belongs to {}{but}; choose another one.", taken.name);
                return Err(OperationError::invalid("key", sentence));
            }
            name_is_free(&mut pending, home.id, ("name", &name), None).await?;
            let team = match input.team {
                None => None,
                Some(team) => {
                    let row = find_team(&mut pending, home.id, team).await?;
                    let known = Known::load(&mut pending, home.clone()).await?;
                    let giving = Giving::load(self, &mut pending, caller, &known.home).await?;
                    checked_roles(&mut pending, &known, &giving, team).await?;
                    Some(row)
                }
            };
            let pipeline = match input.pipeline.as_deref().map(str::trim).filter(|key| !key.is_empty()) {
                None => None,
                Some(key) => {
                    let all = pipelines::list(&mut pending, home.id).await?;
                    let Some(found) = all.into_iter().find(|each| each.key.as_str() == key) else {
                        let sentence = format!(
                            "There is no pipeline “{}” here; choose one of the list, or none.",
                            short(key)
                        );
                        return Err(OperationError::invalid("pipeline", sentence));
                    };
                    let doing = format!("assign {name} to a pipeline");
                    permitted_wide(self, &mut pending, caller, &[home.id], &doing).await?;
                    Some(found)
                }
            };
            let row = ApplicationRow {
                id: self.id(),
                infrastructure_id: home.id,
                key,
                name,
                description,
                kind,
                created_at: self.now(),
            };
            let mut tx = pending.authorised(grant);
            applications::insert(&mut tx, &row).await?;
            if let Some(team) = &team {
                teams::insert_application(&mut tx, team.id, row.id).await?;
            }
            if let Some(pipeline) = &pipeline {
                pipelines::assign(&mut tx, row.id, Some(pipeline.id)).await?;
            }
            tx.notice(&topic(home.key.as_str()), row.id);
            let object = Object::new("application", row.id, row.name.as_str());
            let mut entry = self.entry(caller, "application.create", object);
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("environment", place.id, place.name.as_str())];
            entry.related.extend(team.iter().map(|team| Object::new("team", team.id, &team.name)));
            entry.after = json!({
                "key": row.key, "name": row.name, "kind": row.kind, "description": row.description,
                "team": team.map(|team| team.name), "pipeline": pipeline.map(|pipeline| pipeline.name),
            });
            tx.commit(entry).await?;
            Ok(row.id)
        })
        .await
    }
}

impl Console {
    /// What the form for a new application offers: the environments, each with whether the caller may create in it, teams and pipelines.
    ///
    /// # Errors
    /// The infrastructure is not there for the caller.
    pub async fn application_creation(&self, caller: &Caller, infrastructure: &str) -> Result<Creation> {
        self.traced(caller, "application.creation", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let stages = environments::list(&mut tx, home.id, &visibility(caller)?).await?;
            let own = match caller.actor {
                Actor::User { user } => teams::of_user(&mut tx, user, home.id, TEAMS).await?,
                _ => Vec::new(),
            };
            let mut places = Vec::new();
            for stage in &stages {
                let doing = format!("create an application in {}", stage.name);
                let mut ways = vec![Requirement::Environment(stage.id, Right::CreateApplications)];
                let by_team = |team: &teams::TeamOfUserRow| {
                    Requirement::InTeam(team.team_id, stage.id, Right::CreateApplications)
                };
                ways.extend(own.iter().map(by_team));
                let may = self.permit(&mut tx, caller, home.id, &Requirement::Any(ways), &doing).await;
                places.push((EnvironmentRef::from(stage), possible(may.map(drop))?));
            }
            let may = permitted_wide(self, &mut tx, caller, &[home.id], "assign it to a pipeline").await;
            let all = pipelines::list(&mut tx, home.id).await?;
            let teams = teams::list(&mut tx, home.id).await?;
            Ok(Creation {
                environments: places,
                teams: teams.into_iter().map(|team| (team.id.to_string(), team.name)).collect(),
                pipelines: all.iter().filter(|_| may.is_ok()).map(PipelineRef::from).collect(),
            })
        })
        .await
    }
}
