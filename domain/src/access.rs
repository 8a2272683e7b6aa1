//! Who may do what (design 6): sets of rights for each role and environment, and the one function that decides.
//!
//! [`decide`] is the only source of a [`Grant`], and storage gives a writing transaction only for a `Grant`.

use crate::id::{ApplicationId, EnvironmentId, InfrastructureId, ServerId, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One right in one environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u32)]
pub enum Right {
    /// See that the environment is there.
    Access = 1,
    /// See applications, versions and what runs where.
    List = 1 << 1,
    /// See health and logs of applications.
    Monitor = 1 << 2,
    /// Use an application as a producer.
    AddDependencies = 1 << 3,
    /// Open and debug modules.
    Open = 1 << 4,
    /// Publish, tag and configure an application.
    Change = 1 << 5,
    /// Bring an application into this environment, or out of it.
    Deploy = 1 << 6,
    /// Servers, catalogs and settings of the environment itself.
    FullControl = 1 << 7,
    /// Toggle: create applications.
    CreateApplications = 1 << 8,
    /// Toggle: depend on system applications.
    AddSystemDependencies = 1 << 9,
}

impl Right {
    /// All rights, in the order of their numbers.
    pub const ALL: [Self; 10] = [
        Self::Access,
        Self::List,
        Self::Monitor,
        Self::AddDependencies,
        Self::Open,
        Self::Change,
        Self::Deploy,
        Self::FullControl,
        Self::CreateApplications,
        Self::AddSystemDependencies,
    ];

    /// The words people know the right by.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Access => "Access",
            Self::List => "List Applications",
            Self::Monitor => "Monitor",
            Self::AddDependencies => "Add Dependencies",
            Self::Open => "Open and Debug",
            Self::Change => "Change",
            Self::Deploy => "Deploy",
            Self::FullControl => "Full Control",
            Self::CreateApplications => "Create Applications",
            Self::AddSystemDependencies => "Add System Dependencies",
        }
    }
}

/// A set of rights in one environment, as one integer in storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rights(u32);

impl Rights {
    /// No right at all: the environment is closed.
    pub const NONE: Self = Self(0);

    /// The set of some rights.
    #[must_use]
    pub fn of(rights: &[Right]) -> Self {
        Self(rights.iter().fold(0, |set, right| set | *right as u32))
    }

    /// The set that a permission level stands for, 0 No Access to 6 Full Control; higher numbers are Full Control.
    #[must_use]
    pub fn level(level: u8) -> Self {
        use Right::*;
        let steps: [&[Right]; 7] = [
            &[],
            &[Access],
            &[List],
            &[Monitor, AddDependencies],
            &[Open],
            &[Change, Deploy],
            &[FullControl],
        ];
        steps.iter().take(usize::from(level) + 1).fold(Self::NONE, |set, step| set.with(Self::of(step)))
    }

    /// The set as it is stored. Bits that mean nothing are dropped.
    #[must_use]
    pub fn from_bits(bits: i64) -> Self {
        Self(bits as u32 & Self::of(&Right::ALL).0)
    }

    /// The integer to store.
    #[must_use]
    pub const fn bits(self) -> i64 {
        self.0 as i64
    }

    /// Whether the right is in the set.
    #[must_use]
    pub const fn has(self, right: Right) -> bool {
        self.0 & right as u32 != 0
    }

    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set without the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether every right of `self` is in `other`: what a grantor must satisfy (R28).
    #[must_use]
    pub const fn within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// The rights in the set.
    pub fn iter(self) -> impl Iterator<Item = Right> {
        Right::ALL.into_iter().filter(move |right| self.has(*right))
    }

    /// What the set gives by a team or an application grant: level 6 acts as 5, level 1 as 0 (design 6).
    #[must_use]
    pub fn narrowed(self) -> Self {
        let capped = self.without(Self::of(&[Right::FullControl, Right::AddSystemDependencies]));
        if capped == Self::level(1) { Self::NONE } else { capped }
    }
}

/// One right in a whole infrastructure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u32)]
pub enum WideRight {
    /// Manage infrastructure and users: environments, servers, users, roles.
    ManageInfrastructure = 1,
    /// Manage teams and application roles.
    ManageTeams = 1 << 1,
    /// Read the audit log.
    ReadAudit = 1 << 2,
}

impl WideRight {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::ManageInfrastructure, Self::ManageTeams, Self::ReadAudit];

    /// The words people know the right by.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::ManageInfrastructure => "Manage Infrastructure and Users",
            Self::ManageTeams => "Manage Teams and Application Roles",
            Self::ReadAudit => "Read Audit",
        }
    }
}

/// A set of infrastructure-wide rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WideRights(u32);

impl WideRights {
    /// The set of some rights. Managing infrastructure and users includes managing teams (R29).
    #[must_use]
    pub fn of(rights: &[WideRight]) -> Self {
        Self::from_bits(rights.iter().fold(0, |set, right| set | i64::from(*right as u32)))
    }

    /// The set as it is stored; keeps R29.
    #[must_use]
    pub fn from_bits(bits: i64) -> Self {
        let mut set = bits as u32 & 7;
        if set & WideRight::ManageInfrastructure as u32 != 0 {
            set |= WideRight::ManageTeams as u32;
        }
        Self(set)
    }

    /// The integer to store.
    #[must_use]
    pub const fn bits(self) -> i64 {
        self.0 as i64
    }

    /// Whether the right is in the set.
    #[must_use]
    pub const fn has(self, right: WideRight) -> bool {
        self.0 & right as u32 != 0
    }
}

/// What a role gives.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RoleRights {
    /// The rights in each environment; one that is not named is closed.
    pub environments: BTreeMap<EnvironmentId, Rights>,
    /// The infrastructure-wide rights.
    pub wide: WideRights,
}

impl RoleRights {
    /// The rights in one environment.
    #[must_use]
    pub fn at(&self, environment: EnvironmentId) -> Rights {
        self.environments.get(&environment).copied().unwrap_or_default()
    }
}

/// The narrower roles that a user has for one application.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Narrower {
    /// By a team that owns the application (an application is in at most one team, R31).
    pub team: Option<RoleRights>,
    /// By a grant on the application itself.
    pub grant: Option<RoleRights>,
}

/// What one user holds in one infrastructure, as far as a decision needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The infrastructure.
    pub infrastructure: InfrastructureId,
    /// What the user's default role gives (R25).
    pub default: RoleRights,
    /// The narrower roles, for the applications that the decision is about.
    pub applications: BTreeMap<ApplicationId, Narrower>,
}

/// Where a right comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The default role gives No Access here, which closes the environment whatever is granted (R27).
    Closed,
    /// The default role.
    Default,
    /// The role in the team that owns the application.
    Team,
    /// A grant on the application.
    Grant,
}

impl Standing {
    /// The rights of the user for one application in one environment, and where they come from. The most specific
    /// role wins and replaces the others, even where it gives less (R26).
    #[must_use]
    pub fn effective(&self, application: ApplicationId, environment: EnvironmentId) -> (Rights, Source) {
        let default = self.default.at(environment);
        if default == Rights::NONE {
            return (Rights::NONE, Source::Closed);
        }
        let narrower = self.applications.get(&application);
        if let Some(role) = narrower.and_then(|n| n.grant.as_ref()) {
            return (role.at(environment).narrowed(), Source::Grant);
        }
        if let Some(role) = narrower.and_then(|n| n.team.as_ref()) {
            return (role.at(environment).narrowed(), Source::Team);
        }
        (default, Source::Default)
    }
}

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    /// Nobody has signed in.
    Anonymous,
    /// An IT user.
    User {
        /// The user.
        user: UserId,
    },
    /// A Platform Server, known by its signature.
    PlatformServer {
        /// The server.
        server: ServerId,
        /// Its environment.
        environment: EnvironmentId,
    },
    /// A person at the machine itself, by command line (design 4).
    LocalOperator,
    /// The console's own engine, carrying out what somebody started.
    Console,
}

/// What an operation needs of its actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requirement {
    /// Nothing: signing in, and the first set-up.
    Anyone,
    /// To be signed in.
    SignedIn,
    /// A right in an environment, by the default role.
    Environment(EnvironmentId, Right),
    /// A right on an application in an environment.
    Application(ApplicationId, EnvironmentId, Right),
    /// A right in the whole infrastructure.
    Wide(InfrastructureId, WideRight),
    /// To be the Platform Server of this environment.
    ServerOf(EnvironmentId),
    /// To be the console's own engine.
    Engine,
    /// To work on the machine itself.
    Local,
    /// Every one of these. None at all is met by everybody who is signed in.
    All(Vec<Self>),
    /// At least one of these; the refusal of the first is reported.
    Any(Vec<Self>),
}

/// The rule behind a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Nobody is signed in.
    SignIn,
    /// The default role gives No Access in the environment (R27).
    ClosedEnvironment,
    /// The role that counts lacks the right (R26).
    MissingRight,
    /// The user has no role in the infrastructure (R25).
    NoRole,
    /// A Platform Server speaks for its own environment only.
    OtherEnvironment,
    /// Only a Platform Server does this.
    NotAServer,
    /// Only the engine does this.
    NotTheEngine,
    /// Only at the machine itself.
    NotLocal,
}

/// A refusal: the rule, what is missing, who can change that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// The rule.
    pub rule: Rule,
    /// The words of the missing right, if one is missing.
    pub missing: Option<&'static str>,
    /// The environment the refusal is about.
    pub environment: Option<EnvironmentId>,
    /// The application the refusal is about.
    pub application: Option<ApplicationId>,
    /// The object may not even be seen: the answer is "not found".
    pub hidden: bool,
}

impl Denied {
    fn by(rule: Rule) -> Self {
        Self { rule, missing: None, environment: None, application: None, hidden: false }
    }

    /// Who can lift it, for the sentence that people read.
    #[must_use]
    pub const fn lifted_by(&self) -> &'static str {
        match self.rule {
            Rule::SignIn => "Sign in first.",
            Rule::ClosedEnvironment | Rule::MissingRight | Rule::NoRole => {
                "Somebody with “Manage Infrastructure and Users” can give it."
            }
            Rule::OtherEnvironment | Rule::NotAServer | Rule::NotTheEngine => "Nobody can give it.",
            Rule::NotLocal => "Use the command line on the console's own machine.",
        }
    }
}

/// A permission that was checked, for one actor and one requirement. Only [`decide`] makes it.
///
/// ```compile_fail
/// // The field is private: a grant cannot be made up.
/// let grant = domain::access::Grant { actor: domain::access::Actor::Anonymous, sealed: () };
/// ```
#[derive(Debug)]
pub struct Grant {
    actor: Actor,
    sealed: (),
}

impl Grant {
    /// Who was permitted.
    #[must_use]
    pub const fn actor(&self) -> Actor {
        let () = self.sealed;
        self.actor
    }
}

/// Decides. `standing` is what the actor holds in the infrastructure that the requirement is about; none where the actor
/// is no user or has no role there.
///
/// # Errors
/// [`Denied`] with the rule, the missing right, and whether the object may be seen at all.
pub fn decide(actor: Actor, standing: Option<&Standing>, requirement: &Requirement) -> Result<Grant, Denied> {
    check(actor, standing, requirement)?;
    Ok(Grant { actor, sealed: () })
}

fn check(actor: Actor, standing: Option<&Standing>, requirement: &Requirement) -> Result<(), Denied> {
    match requirement {
        Requirement::Anyone => return Ok(()),
        Requirement::Engine => {
            return if actor == Actor::Console { Ok(()) } else { Err(Denied::by(Rule::NotTheEngine)) };
        }
        Requirement::ServerOf(wanted) => {
            return match actor {
                Actor::PlatformServer { environment, .. } if environment == *wanted => Ok(()),
                Actor::PlatformServer { .. } => {
                    Err(Denied { hidden: true, ..Denied::by(Rule::OtherEnvironment) })
                }
                _ => Err(Denied::by(Rule::NotAServer)),
            };
        }
        Requirement::Local => {
            return if actor == Actor::LocalOperator { Ok(()) } else { Err(Denied::by(Rule::NotLocal)) };
        }
        Requirement::All(all) => {
            if all.is_empty() {
                return check(actor, standing, &Requirement::SignedIn);
            }
            return all.iter().try_for_each(|one| check(actor, standing, one));
        }
        Requirement::Any(any) => {
            let mut first = None;
            for one in any {
                match check(actor, standing, one) {
                    Ok(()) => return Ok(()),
                    Err(denied) => first = first.or(Some(denied)),
                }
            }
            return Err(first.unwrap_or_else(|| Denied::by(Rule::MissingRight)));
        }
        Requirement::SignedIn
        | Requirement::Environment(..)
        | Requirement::Application(..)
        | Requirement::Wide(..) => {}
    }
    match actor {
        Actor::LocalOperator => Ok(()),
        Actor::User { .. } => user_may(standing, requirement),
        Actor::Anonymous | Actor::PlatformServer { .. } | Actor::Console => Err(Denied::by(Rule::SignIn)),
    }
}

fn user_may(standing: Option<&Standing>, requirement: &Requirement) -> Result<(), Denied> {
    if *requirement == Requirement::SignedIn {
        return Ok(());
    }
    let Some(standing) = standing else {
        return Err(Denied { hidden: true, ..Denied::by(Rule::NoRole) });
    };
    let (held, closed, wanted, environment, application) = match *requirement {
        Requirement::Environment(environment, right) => {
            let held = standing.default.at(environment);
            (held, held == Rights::NONE, right, environment, None)
        }
        Requirement::Application(application, environment, right) => {
            let (held, source) = standing.effective(application, environment);
            (held, source == Source::Closed, right, environment, Some(application))
        }
        Requirement::Wide(infrastructure, right) => {
            return if standing.infrastructure != infrastructure {
                Err(Denied { hidden: true, ..Denied::by(Rule::NoRole) })
            } else if standing.default.wide.has(right) {
                Ok(())
            } else {
                Err(Denied { missing: Some(right.words()), ..Denied::by(Rule::MissingRight) })
            };
        }
        _ => return Err(Denied::by(Rule::MissingRight)),
    };
    if held.has(wanted) {
        return Ok(());
    }
    let seen = if application.is_some() { Right::List } else { Right::Access };
    Err(Denied {
        rule: if closed { Rule::ClosedEnvironment } else { Rule::MissingRight },
        missing: Some(wanted.words()),
        environment: Some(environment),
        application,
        hidden: !held.has(seen),
    })
}

/// The rights that the built-in roles give, for an environment of the given purpose. New environments get the same
/// (stated default).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BuiltInRole {
    /// Everything, unchangeable.
    Administrator,
    /// Changes and deploys in development, deploys into test, lists the rest.
    Developer,
    /// Deploys everywhere, changes nothing, reads the audit log.
    ReleaseManager,
    /// Lists everything, changes nothing.
    Reader,
}

impl BuiltInRole {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Administrator, Self::Developer, Self::ReleaseManager, Self::Reader];

    /// The role's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Administrator => "Administrator",
            Self::Developer => "Developer",
            Self::ReleaseManager => "Release Manager",
            Self::Reader => "Reader",
        }
    }

    /// Its infrastructure-wide rights.
    #[must_use]
    pub fn wide(self) -> WideRights {
        match self {
            Self::Administrator => WideRights::of(&WideRight::ALL),
            Self::ReleaseManager => WideRights::of(&[WideRight::ReadAudit]),
            Self::Developer | Self::Reader => WideRights::default(),
        }
    }

    /// Its rights in an environment of a purpose.
    #[must_use]
    pub fn rights(self, purpose: crate::environment::Purpose) -> Rights {
        use crate::environment::Purpose;
        match self {
            Self::Administrator => Rights::of(&Right::ALL),
            Self::Developer => match purpose {
                Purpose::Development => Rights::level(5).with(Rights::of(&[Right::CreateApplications])),
                Purpose::Test => Rights::level(4).with(Rights::of(&[Right::Deploy])),
                Purpose::Acceptance => Rights::level(3),
                Purpose::Production | Purpose::Management => Rights::level(2),
            },
            Self::ReleaseManager => Rights::level(3).with(Rights::of(&[Right::Deploy])),
            Self::Reader => Rights::level(2),
        }
    }
}

#[cfg(test)]
mod tests;
