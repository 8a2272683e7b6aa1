//! One user: role, teams, grants, and what follows from them for every application, with the source of each cell.

use super::held::{Held, another_administrator_everywhere, application_of, find_user};
use super::narrower::Looking;
use crate::applications::show::possible;
use crate::console::{Caller, Console};
use crate::door::wide;
use crate::error::{OperationError, Result};
use crate::roles::{Giving, Known, other_person, refusal_of, role_ref};
use crate::teams::members::no_role;
use crate::view::{EffectiveCell, EffectiveRow, EnvironmentRef, Possible, Refusal, UserPage, UserRow};
use domain::access::{Actor, Rights, Source, WideRight};
use domain::id::{InfrastructureId, RoleId, UserId};
use storage::grants::NarrowedRow;
use storage::{Reader, grants, teams};

/// Teams, grants and applications on the page, at most so many of each.
const SHOWN: u32 = 200;

impl Console {
    /// One user's page. Everybody may look at their own.
    ///
    /// # Errors
    /// There is no such user, or the caller lacks “Manage Teams and Application Roles”.
    pub async fn user(&self, caller: &Caller, infrastructure: &str, id: UserId) -> Result<UserPage> {
        self.traced(caller, "user.show", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let own = caller.actor == Actor::User { user: id };
            let grant = possible(self.may_see_user(&mut tx, caller, home.id, id).await?)?;
            let user = find_user(&mut tx, id).await?;
            let known = Known::load(&mut tx, home).await?;
            let giving = Giving::load(self, &mut tx, caller, &known.home).await?;
            let held = Held::load(&mut tx, &known, id, SHOWN).await?;
            let mut in_teams = teams::of_user(&mut tx, id, known.home.id, SHOWN + 1).await?;
            let mut granted = grants::of_user(&mut tx, id, known.home.id, SHOWN + 1).await?;
            let more = held.more || in_teams.len() > SHOWN as usize || granted.len() > SHOWN as usize;
            in_teams.truncate(SHOWN as usize);
            granted.truncate(SHOWN as usize);
            // Whoever sees somebody else's page manages teams and roles; nobody changes their own.
            let may = refusal_of(other_person(caller, id)).and(grant);
            let looking = Looking { caller, known: &known, giving: &giving, may: &may };
            let in_teams = looking.teams(&mut tx, id, in_teams).await?;
            let granted = looking.grants(&mut tx, id, granted).await?;

            let place = known.home.id;
            let change = self.may_manage(&mut tx, caller, place, &user, "change this user").await?;
            let deactivate = self.may_manage(&mut tx, caller, place, &user, "deactivate this user").await?;
            let reactivate = self.may_manage(&mut tx, caller, place, &user, "let this user in again").await?;
            let role = held.role.and_then(|id| known.roles.iter().find(|role| role.id == id));
            Ok(UserPage {
                effective: effective(&known, &held),
                wide: held.standing.default.wide,
                teams: in_teams,
                grants: granted,
                more,
                environments: known.environments.iter().map(EnvironmentRef::from).collect(),
                roles: known.choices(&giving),
                set_role: self.may_set_role(&mut tx, caller, &known, id).await?,
                deactivate: match deactivate {
                    Ok(()) if !user.active => Err(already("This user is deactivated already.")),
                    Ok(()) if own => Err(already("You cannot deactivate yourself.")),
                    Ok(()) => possible(another_administrator_everywhere(&mut tx, &user, false).await)?,
                    refused => refused,
                },
                reactivate: match reactivate {
                    Ok(()) if user.active => Err(already("This user may sign in already.")),
                    Ok(()) => possible(self.may_let_in(&mut tx, caller, id).await)?,
                    refused => refused,
                },
                grant: may
                    .clone()
                    .and_then(|()| refusal_of(open_somewhere(&known, &held, user.name.as_str()))),
                join: may.and_then(|()| match held.role {
                    Some(_) => Ok(()),
                    None => refusal_of(Err(no_role(user.name.as_str(), known.home.name.as_str()))),
                }),
                change,
                created_at: user.created_at,
                deactivated_at: user.deactivated_at,
                row: UserRow {
                    id,
                    username: user.username.to_string(),
                    name: user.name.to_string(),
                    email: user.email,
                    active: user.active,
                    role: role.map(role_ref),
                },
            })
        })
        .await
    }

    async fn may_manage(
        &self,
        tx: &mut impl Reader,
        caller: &Caller,
        home: InfrastructureId,
        user: &storage::users::UserRow,
        doing: &str,
    ) -> Result<Possible> {
        possible(self.manages(tx, caller, home, user, doing).await.map(drop))
    }

    async fn may_set_role(
        &self,
        tx: &mut impl Reader,
        caller: &Caller,
        known: &Known,
        user: UserId,
    ) -> Result<Possible> {
        let needed = wide(known.home.id, WideRight::ManageInfrastructure);
        let checked = self.permit(tx, caller, known.home.id, &needed, "change this user's role").await;
        Ok(possible(checked.map(drop))?.and_then(|()| refusal_of(other_person(caller, user))))
    }
}

fn already(sentence: &str) -> Refusal {
    Refusal { sentence: sentence.to_owned(), lifted_by: String::new() }
}

/// R27: a grant has no effect where the default role gives No Access, so there is nothing to grant where it gives that everywhere.
pub(crate) fn open_somewhere(known: &Known, held: &Held, name: &str) -> Result<()> {
    let open = known.environments.iter().any(|row| held.standing.default.at(row.id) != Rights::NONE);
    match held.role {
        Some(_) if open => Ok(()),
        Some(role) => Err(OperationError::conflict(format!(
            "The default role of {name}, “{}”, has No Access in every environment, so a grant would have no effect. \
             Give another default role first.",
            known.role(role)?.name
        ))
        .under("R27")),
        None => Err(OperationError::conflict(format!(
            "{name} has no role in {}, so a grant would have no effect. Give a default role first.",
            known.home.name
        ))
        .under("R25")),
    }
}

/// The default row, then one for each application with a narrower role.
pub(crate) fn effective(known: &Known, held: &Held) -> Vec<EffectiveRow> {
    let name_of = |id: Option<RoleId>| {
        let role = id.and_then(|id| known.roles.iter().find(|role| role.id == id));
        role.map_or_else(|| "no role".to_owned(), |role| role.name.clone())
    };
    let default = name_of(held.role);
    let row = |application: Option<&NarrowedRow>| EffectiveRow {
        application: application.map(application_of),
        cells: known
            .environments
            .iter()
            .map(|environment| {
                let (rights, source) = match application {
                    Some(row) => held.standing.effective(row.application_id, environment.id),
                    None => match held.standing.default.at(environment.id) {
                        Rights::NONE => (Rights::NONE, Source::Closed),
                        rights => (rights, Source::Default),
                    },
                };
                let (source_name, role_name) = match (source, application) {
                    (Source::Grant, Some(row)) => (name_of(row.grant_role), name_of(row.grant_role)),
                    (Source::Team, Some(row)) => {
                        (row.team_name.clone().unwrap_or_default(), name_of(row.team_role))
                    }
                    _ => (default.clone(), default.clone()),
                };
                EffectiveCell {
                    environment: environment.id,
                    rights,
                    level: rights.level_of(),
                    words: rights.described(),
                    source,
                    source_name,
                    role_name,
                }
            })
            .collect(),
    };
    std::iter::once(row(None)).chain(held.narrowed.iter().map(|narrowed| row(Some(narrowed)))).collect()
}
