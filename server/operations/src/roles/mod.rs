//! Roles: what they give, who holds them, and the rules of handing them on.

pub mod create;
pub mod delete;
pub mod edit;
pub mod show;

use crate::console::{Caller, Console};
use crate::door::{Attempt, in_team, short};
use crate::error::{OperationError, Result};
use crate::people::set_up::field;
use crate::view::{Possible, Refusal, RoleChoice, RoleRef};
use domain::access::{
    Actor, BuiltInRole, Giver, Holding, Narrower, Rights, RoleRights, Standing, TooMuch, WideRight,
    WideRights, may_cause, may_give, not_oneself,
};
use domain::audit::Object;
use domain::environment::Purpose;
use domain::id::{ApplicationId, EnvironmentId, RoleId, TeamId, UserId};
use domain::text::Name;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use storage::environments::EnvironmentRow;
use storage::infrastructures::InfrastructureRow;
use storage::roles::RoleRow;
use storage::{Reader, Visibility, environments, roles, teams, users};
use uuid::Uuid;

/// Longest description of a role or team, characters.
pub const DESCRIPTION: usize = 500;

/// What a role is to be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoleInput {
    /// Name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The rights in each environment, by its key. Every environment is named (R25).
    pub environments: BTreeMap<String, Rights>,
    /// The infrastructure-wide rights.
    pub wide: WideRights,
    /// The rights in environments to come; none: those of the built-in role by purpose, and nothing for others.
    pub new_environment: Option<Rights>,
}

/// What every use-case about access looks at: the roles of an infrastructure and its environments.
pub(crate) struct Known {
    pub home: InfrastructureRow,
    pub environments: Vec<EnvironmentRow>,
    pub roles: Vec<RoleRow>,
    rights: BTreeMap<RoleId, RoleRights>,
}

impl Known {
    pub async fn load(tx: &mut impl Reader, home: InfrastructureRow) -> Result<Self> {
        let environments = environments::list(tx, home.id, &Visibility::Everything).await?;
        let roles = roles::list(tx, home.id).await?;
        let mut all = roles::all_rights(tx, home.id).await?;
        let rights = roles
            .iter()
            .map(|role| {
                let environments = all.remove(&role.id).unwrap_or_default();
                (role.id, RoleRights { environments, wide: WideRights::from_bits(role.wide) })
            })
            .collect();
        Ok(Self { home, environments, roles, rights })
    }

    /// A role of this infrastructure.
    pub fn role(&self, id: RoleId) -> Result<&RoleRow> {
        let missing = || OperationError::not_found("There is no such role here.");
        self.roles.iter().find(|role| role.id == id).ok_or_else(missing)
    }

    /// A role that was chosen in a form.
    pub fn chosen(&self, field: &'static str, id: RoleId) -> Result<&RoleRow> {
        let known = || self.roles.iter().map(|role| role.name.as_str()).collect::<Vec<_>>().join(", ");
        self.roles.iter().find(|role| role.id == id).ok_or_else(|| {
            OperationError::invalid(field, format!("There is no such role here; there is: {}.", known()))
        })
    }

    /// What a role gives.
    pub fn rights(&self, id: RoleId) -> RoleRights {
        self.rights.get(&id).cloned().unwrap_or_default()
    }

    /// What follows from the roles that meet on one application, where some of them give other rights than they do now.
    pub fn standing(&self, holding: Holding, instead: &BTreeMap<RoleId, RoleRights>) -> Standing {
        let gives = |id: RoleId| instead.get(&id).cloned().unwrap_or_else(|| self.rights(id));
        let narrower = Narrower { team: holding.team.map(gives), grant: holding.grant.map(gives) };
        let some = narrower.team.is_some() || narrower.grant.is_some();
        Standing {
            infrastructure: self.home.id,
            default: holding.default.map(gives).unwrap_or_default(),
            // Which application it is does not matter here.
            applications: some.then_some((ApplicationId(Uuid::nil()), narrower)).into_iter().collect(),
            teams: BTreeMap::new(),
        }
    }

    pub fn administrator(&self) -> Option<RoleId> {
        self.roles.iter().find(|role| is_administrator(role)).map(|role| role.id)
    }

    /// The roles to choose, and which of them may be given.
    pub fn choices(&self, giving: &Giving) -> Vec<RoleChoice> {
        let choice = |role: &RoleRow| {
            let give = giving.check(self, &role.name, &self.rights(role.id));
            RoleChoice { role: role_ref(role), give: refusal_of(give) }
        };
        self.roles.iter().map(choice).collect()
    }

    fn place(&self, id: EnvironmentId) -> String {
        let row = self.environments.iter().find(|row| row.id == id);
        row.map_or_else(|| "another environment".to_owned(), |row| row.name.to_string())
    }
}

pub(crate) fn role_ref(row: &RoleRow) -> RoleRef {
    RoleRef { id: row.id, name: row.name.clone() }
}

pub(crate) fn is_administrator(role: &RoleRow) -> bool {
    role.built_in.as_deref() == Some(BuiltInRole::Administrator.name())
}

fn built_in(role: &RoleRow) -> Option<BuiltInRole> {
    BuiltInRole::ALL.into_iter().find(|known| role.built_in.as_deref() == Some(known.name()))
}

/// What a role gives in a new environment of a purpose: what is stated, else what the built-in role gives there, else nothing.
pub(crate) fn in_new_environment(role: &RoleRow, purpose: Purpose) -> Rights {
    match (role.new_environment, built_in(role)) {
        (Some(bits), _) => Rights::from_bits(bits),
        (None, Some(known)) => known.rights(purpose),
        (None, None) => Rights::NONE,
    }
}

/// What the caller has to give.
pub(crate) struct Giving {
    standing: Option<Standing>,
    /// The caller's own default role.
    pub own_role: Option<RoleId>,
    /// The team that is managed by the role in it alone.
    managed: Option<TeamId>,
    local: bool,
}

impl Giving {
    pub async fn load(
        console: &Console,
        tx: &mut impl Reader,
        caller: &Caller,
        home: &InfrastructureRow,
    ) -> Result<Self> {
        let own_role = match caller.actor {
            Actor::User { user } => roles::membership(tx, user, home.id).await?.map(|held| held.role_id),
            _ => None,
        };
        let standing = console.standing(tx, caller, home.id, &[]).await?;
        Ok(Self { standing, own_role, managed: None, local: caller.actor == Actor::LocalOperator })
    }

    /// What the caller has to give in one team. Whoever manages all teams gives by the default role, also here.
    pub async fn in_team(
        console: &Console,
        tx: &mut impl Reader,
        caller: &Caller,
        home: &InfrastructureRow,
        team: TeamId,
    ) -> Result<Self> {
        let mut giving = Self::load(console, tx, caller, home).await?;
        if let (Some(standing), Actor::User { user }) = (&mut giving.standing, caller.actor)
            && !standing.default.wide.has(WideRight::ManageTeams)
        {
            in_team(tx, standing, user, team).await?;
            giving.managed = Some(team);
        }
        Ok(giving)
    }

    /// Runs a rule with who gives.
    fn as_giver<T>(&self, known: &Known, rule: impl FnOnce(Giver<'_>) -> T) -> T {
        match (&self.standing, self.managed) {
            _ if self.local => rule(Giver::LocalOperator),
            (Some(standing), Some(team)) => rule(Giver::Manager(standing, team)),
            (Some(standing), None) => rule(Giver::User(standing)),
            (None, _) => rule(Giver::User(&known.standing(Holding::default(), &BTreeMap::new()))),
        }
    }

    /// Whether somebody may come to hold one thing in place of another by what the caller does (R28). `how` begins the sentence, such as
    /// `You cannot take this away`.
    pub fn check_gain(&self, known: &Known, how: &str, changed: &[(Standing, Standing)]) -> Result<()> {
        let ids: Vec<_> = known.environments.iter().map(|row| row.id).collect();
        for (before, after) in changed {
            self.as_giver(known, |giver| may_cause(giver, before, after, &ids)).map_err(|more| {
                OperationError::denied(
                    format!("{how}: somebody would gain {}, which you do not hold.", beyond(known, &more)),
                    "Somebody who holds these rights can do it.",
                )
                .under("R28")
            })?;
        }
        Ok(())
    }

    /// Whether a role may be given (R28).
    pub fn check(&self, known: &Known, name: &str, rights: &RoleRights) -> Result<()> {
        self.as_giver(known, |giver| may_give(giver, rights)).map_err(|more| {
            OperationError::denied(
                format!("You cannot give “{name}”: it has {}, which you do not hold.", beyond(known, &more)),
                "Somebody who holds these rights can give them.",
            )
            .under("R28")
        })
    }

    /// Whether rights in environments to come may be given: what the caller's own role gives in every new environment, whatever its
    /// purpose.
    pub fn check_new(&self, known: &Known, rights: Rights) -> Result<()> {
        let own = self.own_role.and_then(|id| known.roles.iter().find(|role| role.id == id));
        let least = own.map_or(Rights::NONE, |role| {
            let of = |purpose| in_new_environment(role, purpose);
            Purpose::ALL.into_iter().map(of).fold(of(Purpose::Production), |a, b| a.without(a.without(b)))
        });
        if self.local || rights.within(least) {
            return Ok(());
        }
        let more = rights.without(least).words();
        Err(OperationError::denied(
            format!("You cannot give {more} in environments to come, where your own role does not have it."),
            "Somebody who holds these rights can give them.",
        )
        .under("R28"))
    }
}

fn beyond(known: &Known, more: &TooMuch) -> String {
    let mut parts: Vec<String> = known
        .environments
        .iter()
        .filter_map(|row| more.environments.iter().find(|(id, _)| *id == row.id))
        .map(|(id, rights)| format!("{} in {}", rights.words(), known.place(*id)))
        .collect();
    if !more.wide.is_empty() {
        parts.push(more.wide.words());
    }
    parts.join("; ")
}

/// A rule's answer for an object that is shown.
pub(crate) fn refusal_of(checked: Result<()>) -> Possible {
    checked.map_err(|error| match error {
        OperationError::Denied { sentence, lifted_by, .. } => Refusal { sentence, lifted_by },
        other => Refusal { sentence: other.sentence(), lifted_by: String::new() },
    })
}

/// Nobody changes what they hold themselves (R29), neither up nor down.
pub(crate) fn other_person(caller: &Caller, user: UserId) -> Result<()> {
    not_oneself(caller.actor, user).map_err(|_| {
        OperationError::denied(
            "You cannot change your own roles.",
            "Somebody else who manages users or teams can.",
        )
        .under("R29")
    })
}

/// What an entry of a refusal is about.
pub(crate) enum Target {
    User(UserId),
    Role(RoleId),
    Team(TeamId),
    New(&'static str, String),
}

impl Console {
    /// What is attempted, with the name of its object as far as it is there: so a refusal's entry says on whom.
    pub(crate) async fn attempt<'a>(
        &self,
        operation: &'static str,
        infrastructure: &'a str,
        target: Target,
    ) -> Result<Attempt<'a>> {
        let mut tx = self.store().read().await?;
        let unknown = || "not found".to_owned();
        let object = match target {
            Target::User(id) => {
                let row = users::by_id(&mut tx, id).await?;
                Object::new("user", id, row.map_or_else(unknown, |row| row.name.to_string()))
            }
            Target::Role(id) => {
                let row = roles::by_id(&mut tx, id).await?;
                Object::new("role", id, row.map_or_else(unknown, |row| row.name))
            }
            Target::Team(id) => {
                let row = teams::by_id(&mut tx, id).await?;
                Object::new("team", id, row.map_or_else(unknown, |row| row.name))
            }
            Target::New(kind, name) => Object::new(kind, short(&name), short(&name)),
        };
        Ok(Attempt::within(infrastructure, operation, object))
    }
}

/// A role as it was typed, with every word accepted.
pub(crate) struct Accepted {
    pub name: Name,
    pub description: String,
    pub rights: RoleRights,
    pub new_environment: Option<Rights>,
}

pub(crate) fn accept(known: &Known, input: &RoleInput, itself: Option<RoleId>) -> Result<Accepted> {
    let name = field::<Name>("name", &input.name)?;
    let same = |role: &&RoleRow| role.name.to_lowercase() == name.as_str().to_lowercase();
    if known.roles.iter().filter(|role| Some(role.id) != itself).any(|role| same(&role)) {
        let sentence = format!("There is a role “{name}” already; choose another name.");
        return Err(OperationError::invalid("name", sentence));
    }
    let mut environments = BTreeMap::new();
    for row in &known.environments {
        let Some(rights) = input.environments.get(row.key.as_str()) else {
            let sentence =
                format!("A role says what it gives in every environment; {} is missing.", row.name);
            return Err(OperationError::invalid("environments", sentence));
        };
        environments.insert(row.id, *rights);
    }
    if let Some(key) = input
        .environments
        .keys()
        .find(|key| known.environments.iter().all(|row| row.key.as_str() != key.as_str()))
    {
        let sentence = format!("There is no environment “{}” here.", short(key));
        return Err(OperationError::invalid("environments", sentence));
    }
    Ok(Accepted {
        name,
        description: description(&input.description)?,
        rights: RoleRights { environments, wide: input.wide },
        new_environment: input.new_environment,
    })
}

/// A description of a role or team: some lines of text.
pub(crate) fn description(text: &str) -> Result<String> {
    let text = text.trim();
    let length = text.chars().count();
    if length > DESCRIPTION {
        let sentence = format!("A description has at most {DESCRIPTION} characters; this one has {length}.");
        return Err(OperationError::invalid("description", sentence));
    }
    Ok(text.to_owned())
}

/// What a role gives, in words, for an entry.
fn in_words(known: &Known, name: &str, description: &str, rights: &RoleRights, new: Option<Rights>) -> Value {
    let environments: BTreeMap<&str, String> =
        known.environments.iter().map(|row| (row.name.as_str(), rights.at(row.id).described())).collect();
    json!({
        "name": name,
        "description": description,
        "environments": environments,
        "infrastructure": rights.wide.words(),
        "new_environments": new.map_or_else(|| "by purpose".to_owned(), Rights::described),
    })
}
