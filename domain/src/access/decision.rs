//! Who acts, what an operation needs, and the one function that decides.

use super::{Right, Rights, Source, Standing, WideRight};
use crate::id::{ApplicationId, EnvironmentId, InfrastructureId, ServerId, TeamId, UserId};
use serde::{Deserialize, Serialize};

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
    /// To manage the members of a team, by the default role or by the role in the team itself.
    Team(InfrastructureId, TeamId),
    /// A right in an environment by the role in a team, for what is made for that team (toggle “Create Applications”).
    InTeam(TeamId, EnvironmentId, Right),
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

impl Rule {
    /// The rule's number in the list of rules (docs/api.md), where it has one.
    #[must_use]
    pub const fn number(self) -> Option<&'static str> {
        match self {
            Self::ClosedEnvironment => Some("R27"),
            Self::MissingRight => Some("R26"),
            Self::NoRole => Some("R25"),
            Self::SignIn
            | Self::OtherEnvironment
            | Self::NotAServer
            | Self::NotTheEngine
            | Self::NotLocal => None,
        }
    }
}

/// A refusal: the rule, what is missing, who can change that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// The rule.
    pub rule: Rule,
    /// The words of what is missing: a right, or who one would have to be.
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
        let missing = match rule {
            Rule::SignIn => "a session",
            Rule::ClosedEnvironment | Rule::MissingRight => "a right",
            Rule::NoRole => "a role",
            Rule::OtherEnvironment => "this environment's own Platform Server",
            Rule::NotAServer => "a Platform Server's signature",
            Rule::NotTheEngine => "the console's engine",
            Rule::NotLocal => "the console's own machine",
        };
        Self { rule, missing: Some(missing), environment: None, application: None, hidden: false }
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
/// let grant = domain::access::Grant { actor: domain::access::Actor::Anonymous, rehearsal: false, sealed: () };
/// ```
#[derive(Debug)]
pub struct Grant {
    actor: Actor,
    rehearsal: bool,
    sealed: (),
}

impl Grant {
    /// The same permission, only to try: what is done with it is rolled back at the end.
    #[must_use]
    pub fn only_to_try(self) -> Self {
        Self { rehearsal: true, ..self }
    }

    /// Whether it is only to try.
    #[must_use]
    pub const fn is_rehearsal(&self) -> bool {
        self.rehearsal
    }

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
    Ok(Grant { actor, rehearsal: false, sealed: () })
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
        | Requirement::Wide(..)
        | Requirement::Team(..)
        | Requirement::InTeam(..) => {}
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
        Requirement::InTeam(team, environment, right) => {
            let closed = standing.default.at(environment) == Rights::NONE;
            let role = standing.teams.get(&team).filter(|_| !closed);
            let held = role.map(|role| role.at(environment).narrowed()).unwrap_or_default();
            (held, closed, right, environment, None)
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
        Requirement::Team(infrastructure, team) => {
            return if standing.infrastructure != infrastructure {
                Err(Denied { hidden: true, ..Denied::by(Rule::NoRole) })
            } else if standing.manages(team) {
                Ok(())
            } else {
                Err(Denied {
                    missing: Some(WideRight::ManageTeams.words()),
                    ..Denied::by(Rule::MissingRight)
                })
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
