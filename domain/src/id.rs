//! Identities. Every object has a UUIDv7 of its own type, so that one kind cannot be passed for another.
//! Ids are made outside this crate and come in as parameters.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> { Uuid::parse_str(text).map(Self) }
        }
        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self { Self(id) }
        }
    )*};
}

ids! {
    /// An infrastructure: a set of environments with one portfolio of applications.
    InfrastructureId,
    /// One stage's complete installation.
    EnvironmentId,
    /// A host that runs applications: a front-end server of one environment.
    ServerId,
    /// The unit that is versioned, permitted and deployed.
    ApplicationId,
    /// Published content of an application, identified by its SHA-256.
    RevisionId,
    /// A revision with a number and a change log; immutable.
    VersionId,
    /// An ordered set of environments that isolates a portfolio.
    PipelineId,
    /// A named group of front-ends of an environment.
    ZoneId,
    /// A deployment plan: a draft until it is started.
    PlanId,
    /// One run of a plan, or the publication of a package.
    DeploymentId,
    /// A gate: what has to be so before a plan is carried out.
    GateId,
    /// A time in which nothing is brought somewhere.
    FreezeId,
    /// What somebody decided about a plan.
    ApprovalId,
    /// The result of a test of a version in an environment.
    VerificationId,
    /// An IT user.
    UserId,
    /// A role: a set of rights for each environment.
    RoleId,
    /// A team of IT users with applications.
    TeamId,
    /// A token of a service account.
    TokenId,
    /// An audit entry.
    EntryId,
    /// A one-use code with which a Platform Server enrols.
    EnrolmentId,
    /// An invitation: a one-time link with which somebody chooses a password.
    InvitationId,
    /// A passkey of somebody.
    PasskeyId,
    /// A question to an environment.
    QuestionId,
    /// One request, as it appears in logs, in audit entries and on error pages.
    RequestId,
}
