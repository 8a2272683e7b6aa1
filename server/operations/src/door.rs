//! The one door (design 4): every read is decided here, every change begins here and ends with its entry.
//!
//! A change is: a transaction that can only read → [`Console::permit`] → a writing transaction → `commit(entry)`. The types
//! of `storage` leave no other way. [`Console::audited`] runs it and gives a refusal or failure an entry of its own.

use crate::console::{Caller, Console};
use crate::error::{Fault, OperationError, Result};
use domain::access::{Actor, Denied, Grant, Requirement, Right, Rule, Standing, WideRight, decide};
use domain::audit::{Entry, MASKED, Object, Outcome};
use domain::id::{
    ApplicationId, DeploymentId, EnvironmentId, InfrastructureId, RequestId, ServerId, TeamId, UserId,
};
use domain::text::Sha256;
use serde_json::Value;
use std::future::Future;
use storage::infrastructures::InfrastructureRow;
use storage::{
    Reader, Visibility, deployments, enrolments, environments, infrastructures, roles, servers, teams,
};

/// What is attempted: enough to write an entry even if nothing of it is found.
pub(crate) struct Attempt<'a> {
    operation: &'static str,
    object: Object,
    place: Place<'a>,
    after: Value,
}

/// By what the infrastructure is known that something is attempted in, before anything is looked up. A refusal belongs into the log of
/// that infrastructure and into no other's.
pub(crate) enum Place<'a> {
    /// In none: signing in, setting up, and what spans all of them.
    Console,
    /// By the key in the address.
    Key(&'a str),
    /// By a front-end server.
    Server(ServerId),
    /// By the code with which a server enrols.
    Code(&'a str),
    /// By a deployment.
    Deployment(DeploymentId),
}

impl<'a> Attempt<'a> {
    /// Something that concerns no single infrastructure.
    pub fn new(operation: &'static str, object: Object) -> Self {
        Self::at(Place::Console, operation, object)
    }

    /// Something in the infrastructure with a key.
    pub fn within(infrastructure: &'a str, operation: &'static str, object: Object) -> Self {
        Self::at(Place::Key(infrastructure), operation, object)
    }

    /// Something in a place.
    pub fn at(place: Place<'a>, operation: &'static str, object: Object) -> Self {
        Self { operation, object, place, after: Value::Null }
    }

    /// What is attempted, as the log names it.
    pub const fn operation(&self) -> &'static str {
        self.operation
    }

    /// What an entry of its refusal tells besides.
    pub fn telling(self, after: Value) -> Self {
        Self { after, ..self }
    }
}

impl Console {
    /// An entry for something done now. The caller of this adds before, after and related objects.
    pub(crate) fn entry(&self, caller: &Caller, operation: &str, object: Object) -> Entry {
        Entry {
            id: self.id(),
            at: self.now(),
            actor: caller.actor,
            actor_name: caller.name.clone(),
            origin: caller.origin.clone(),
            operation: operation.to_owned(),
            infrastructure: None,
            object,
            related: Vec::new(),
            outcome: Outcome::Done,
            before: Value::Null,
            after: Value::Null,
        }
    }

    /// Runs a change. A refusal or failure gets an entry with its outcome, in a transaction of its own.
    pub(crate) fn audited<T>(
        &self,
        caller: &Caller,
        attempt: Attempt<'_>,
        change: impl Future<Output = Result<T>>,
    ) -> impl Future<Output = Result<T>> {
        // As in `traced`.
        let change = Box::pin(change);
        async move {
            let result = match out_of_scope(caller, attempt.operation) {
                Some(refused) => Err(refused),
                None => self.traced(caller, attempt.operation, change).await,
            };
            if let Err(error) = &result {
                let reason = error.sentence();
                let outcome = match error {
                    OperationError::Denied { .. } => Outcome::Denied { reason },
                    _ => Outcome::Failed { reason },
                };
                let mut entry = self.entry(caller, attempt.operation, attempt.object);
                entry.infrastructure = match self.home_of(&attempt.place).await {
                    Ok(home) => home,
                    Err(fault) => {
                        tracing::error!(operation = attempt.operation, error = %fault, "a refusal has no infrastructure");
                        None
                    }
                };
                entry.outcome = outcome;
                entry.after = attempt.after;
                if let Err(fault) = self.store().record_refusal(entry).await {
                    tracing::error!(operation = attempt.operation, error = %fault, "a refusal has no entry");
                }
            }
            self.inner.committed.notify_one();
            result
        }
    }

    /// The infrastructure of a place, if there is one. It is asked once something was refused, so that it costs nothing otherwise.
    async fn home_of(&self, place: &Place<'_>) -> Result<Option<InfrastructureId>> {
        if let Place::Console = place {
            return Ok(None);
        }
        let mut tx = self.store().read().await?;
        let server = match place {
            Place::Console => None,
            Place::Key(key) => return Ok(infrastructures::by_key(&mut tx, key).await?.map(|row| row.id)),
            Place::Deployment(id) => {
                return Ok(deployments::by_id(&mut tx, *id).await?.map(|row| row.infrastructure_id));
            }
            Place::Server(server) => Some(*server),
            Place::Code(code) => {
                enrolments::by_hash(&mut tx, &code_hash(code)).await?.map(|row| row.server_id)
            }
        };
        let server = match server {
            Some(server) => servers::by_id(&mut tx, server).await?,
            None => None,
        };
        let environment = match server {
            Some(server) => environments::by_id(&mut tx, server.environment_id).await?,
            None => None,
        };
        Ok(environment.map(|row| row.infrastructure_id))
    }

    /// Gives a fault the id of its request and writes it to the log once.
    pub(crate) fn traced<T>(
        &self,
        caller: &Caller,
        operation: &'static str,
        work: impl Future<Output = Result<T>>,
    ) -> impl Future<Output = Result<T>> {
        // On the heap at once: an operation's state is large, and one future in another would have it on the stack several times.
        let work = Box::pin(work);
        async move {
            work.await.map_err(|error| match error {
                OperationError::Internal { cause, .. } => {
                    let request = caller.origin.request.unwrap_or_else(|| RequestId(self.inner.ids.uuid()));
                    tracing::error!(%request, operation, error = %cause, "operation failed");
                    OperationError::Internal { request, cause }
                }
                other => other,
            })
        }
    }

    /// The caller's standing in an infrastructure, as far as the given applications need it.
    pub(crate) async fn standing(
        &self,
        tx: &mut impl Reader,
        caller: &Caller,
        infrastructure: InfrastructureId,
        applications: &[ApplicationId],
    ) -> Result<Option<Standing>> {
        Ok(match caller.actor {
            Actor::User { user } => roles::standing(tx, user, infrastructure, applications).await?,
            _ => None,
        })
    }

    /// Decides, within the transaction that the change will be made in.
    pub(crate) async fn permit(
        &self,
        tx: &mut impl Reader,
        caller: &Caller,
        infrastructure: InfrastructureId,
        requirement: &Requirement,
        doing: &str,
    ) -> Result<Grant> {
        let applications = applications_of(requirement);
        let mut standing = self.standing(tx, caller, infrastructure, &applications).await?;
        if let (Some(standing), Actor::User { user }) = (&mut standing, caller.actor) {
            for team in teams_of(requirement) {
                in_team(tx, standing, user, team).await?;
            }
        }
        match decide(caller.actor, standing.as_ref(), requirement) {
            Ok(grant) => Ok(as_meant(caller, grant)),
            Err(denied) => Err(refusal(tx, &denied, doing).await?),
        }
    }

    /// What is refused of several things, in their order. What the caller holds is read once for all of them.
    pub(crate) async fn refused(
        &self,
        tx: &mut impl Reader,
        caller: &Caller,
        infrastructure: InfrastructureId,
        needed: &[(Requirement, String)],
    ) -> Result<Vec<OperationError>> {
        let applications: Vec<_> = needed.iter().flat_map(|(one, _)| applications_of(one)).collect();
        let standing = self.standing(tx, caller, infrastructure, &applications).await?;
        let mut refused = Vec::new();
        for (requirement, doing) in needed {
            if let Err(denied) = decide(caller.actor, standing.as_ref(), requirement) {
                refused.push(refusal(tx, &denied, doing).await?);
            }
        }
        Ok(refused)
    }

    /// Decides where no infrastructure is concerned.
    pub(crate) fn permit_plain(&self, caller: &Caller, requirement: &Requirement) -> Result<Grant> {
        decide(caller.actor, None, requirement)
            .map(|grant| as_meant(caller, grant))
            .map_err(|denied| sentence(&denied, "do this", None))
    }

    /// The infrastructure of an address, if the caller has any part in it; otherwise it is not found.
    pub(crate) async fn infrastructure(
        &self,
        tx: &mut impl Reader,
        caller: &Caller,
        key: &str,
    ) -> Result<InfrastructureRow> {
        if let Err(denied) = decide(caller.actor, None, &Requirement::SignedIn) {
            return Err(sentence(&denied, "see this", None));
        }
        let missing =
            || OperationError::not_found(format!("There is no infrastructure “{}” here.", short(key)));
        let row = infrastructures::by_key(tx, key).await?.ok_or_else(missing)?;
        if let Actor::User { user } = caller.actor
            && !roles::stands(tx, user, row.id).await?
        {
            return Err(missing());
        }
        Ok(row)
    }
}

/// The refusal of a change that the caller's token does not reach. What the account may is decided besides: scopes only narrow.
pub(crate) fn out_of_scope(caller: &Caller, operation: &str) -> Option<OperationError> {
    let refused = caller.limits.scopes?.allow_change(operation).err()?;
    Some(OperationError::denied(
        refused.to_string(),
        match refused.missing {
            Some(_) => "Somebody who manages users can make a token with this scope.".to_owned(),
            None => "Nobody can give it; a person does this after signing in.".to_owned(),
        },
    ))
}

/// A grant for what the caller means to do: a dry run gets one that is only to try.
fn as_meant(caller: &Caller, grant: Grant) -> Grant {
    if caller.limits.dry_run { grant.only_to_try() } else { grant }
}

/// What a caller may see in lists.
pub(crate) fn visibility(caller: &Caller) -> Result<Visibility> {
    match caller.actor {
        Actor::User { user } => Ok(Visibility::Of(user)),
        Actor::LocalOperator | Actor::Console => Ok(Visibility::Everything),
        Actor::Anonymous | Actor::PlatformServer { .. } => Err(sentence(&decide_nothing(), "see this", None)),
    }
}

fn decide_nothing() -> Denied {
    Denied { rule: Rule::SignIn, missing: None, environment: None, application: None, hidden: false }
}

fn applications_of(requirement: &Requirement) -> Vec<ApplicationId> {
    match requirement {
        Requirement::Application(application, ..) => vec![*application],
        Requirement::All(list) | Requirement::Any(list) => list.iter().flat_map(applications_of).collect(),
        _ => vec![],
    }
}

fn teams_of(requirement: &Requirement) -> Vec<TeamId> {
    match requirement {
        Requirement::Team(_, team) | Requirement::InTeam(team, ..) => vec![*team],
        Requirement::All(list) | Requirement::Any(list) => list.iter().flat_map(teams_of).collect(),
        _ => vec![],
    }
}

/// Adds what a user's role in a team gives to what they hold.
pub(crate) async fn in_team(
    tx: &mut impl Reader,
    standing: &mut Standing,
    user: UserId,
    team: TeamId,
) -> Result<()> {
    if let Some(role) = teams::role_of(tx, team, user).await? {
        standing.teams.insert(team, roles::rights_of(tx, role).await?);
    }
    Ok(())
}

/// The error of a refusal, with the name of the environment it is about.
pub(crate) async fn refusal(tx: &mut impl Reader, denied: &Denied, doing: &str) -> Result<OperationError> {
    let place = match denied.environment {
        Some(id) => environments::by_id(tx, id).await?.map(|environment| environment.name.to_string()),
        None => None,
    };
    Ok(sentence(denied, doing, place.as_deref()))
}

/// The error of a refusal in words: what, why, who lifts it. What may not be seen is not found.
pub(crate) fn sentence(denied: &Denied, doing: &str, place: Option<&str>) -> OperationError {
    if denied.hidden {
        return OperationError::not_found("There is nothing here, or you may not see it.");
    }
    let here = place.map_or_else(|| "here".to_owned(), |name| format!("in {name}"));
    let why = match denied.rule {
        Rule::SignIn => "You are not signed in.".to_owned(),
        Rule::ClosedEnvironment => format!("Your default role has No Access {here}, which closes it."),
        Rule::MissingRight => match denied.missing {
            Some(right) => format!("Your role lacks “{right}” {here}."),
            None => format!("Your role does not allow it {here}."),
        },
        Rule::NoRole => "You have no role in this infrastructure.".to_owned(),
        Rule::OtherEnvironment => "A Platform Server speaks for its own environment only.".to_owned(),
        Rule::NotAServer => "Only a Platform Server does this.".to_owned(),
        Rule::NotTheEngine => "Only the console's engine does this.".to_owned(),
        Rule::NotLocal => "This is done at the console's own machine.".to_owned(),
    };
    OperationError::Denied {
        sentence: format!("You cannot {doing}. {why}"),
        lifted_by: denied.lifted_by().to_owned(),
        sign_in: denied.rule == Rule::SignIn,
        rule: denied.rule.number(),
    }
}

/// A right on an application in an environment.
pub(crate) const fn on(application: ApplicationId, environment: EnvironmentId, right: Right) -> Requirement {
    Requirement::Application(application, environment, right)
}

/// An infrastructure-wide right.
pub(crate) const fn wide(infrastructure: InfrastructureId, right: WideRight) -> Requirement {
    Requirement::Wide(infrastructure, right)
}

/// What somebody typed, cut to what a sentence can hold.
pub(crate) fn short(text: &str) -> String {
    domain::text::shorten(text)
}

/// How the code with which a server enrols is stored.
pub(crate) fn code_hash(code: &str) -> String {
    Sha256::of(code.trim().as_bytes()).to_string()
}

/// The mask that stands for a secret in an entry.
pub(crate) fn masked() -> Value {
    Value::from(MASKED)
}

/// A fault that cannot be.
pub(crate) fn fault(text: impl Into<String>) -> OperationError {
    OperationError::from(Fault::Other(text.into()))
}

/// The right to manage infrastructure and users, in every one of these.
pub(crate) async fn permitted_wide(
    console: &Console,
    tx: &mut impl Reader,
    caller: &Caller,
    infrastructures: &[InfrastructureId],
    doing: &str,
) -> Result<Grant> {
    let mut last = None;
    for infrastructure in infrastructures {
        let needed = wide(*infrastructure, WideRight::ManageInfrastructure);
        last = Some(console.permit(tx, caller, *infrastructure, &needed, doing).await?);
    }
    last.ok_or_else(|| OperationError::not_found("There is no infrastructure here."))
}
