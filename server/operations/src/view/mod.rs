//! What screens, command line and API are shown: plain values, already filtered to what the caller may see.

mod access;
mod applications;
mod architecture;
mod audit;
mod connections;
mod dependencies;
mod deployments;
mod environments;
mod found;
mod gates;
mod grants;
mod logs;
mod matrix;
mod parts;
mod people;
mod plans;
mod settings;
mod timers;
mod tokens;
mod versions;

pub use access::{
    AccessPreview, ChangeView, EffectView, EffectiveCell, EffectivePage, EffectiveRow, MemberView,
    PersonPreview, PersonRef, ReviewRow, RoleCell, RoleChoice, RolePage, RolePreview, RoleRef, RoleRow,
    RolesPage, TeamApplication, TeamOfUser, TeamPage, TeamRow, TeamsPage, TotalView, UserPage, UserRow,
    UsersPage,
};
pub use applications::{
    ApplicationPage, ApplicationPlace, ApplicationRef, ApplicationUsage, BackStep, BlockView, ConsumersIn,
    Creation, HotfixView, ModuleView, Pin, PipelineRef, RelationView, Renamed, RetiredView, RetirementView,
    SolvedView, UsedBy, VersionRow, ZoneChoice,
};
pub use architecture::{
    ArchitectureCounts, ArchitecturePage, Comparison, ExceptionView, FindingView, PipelinesPage,
};
pub use audit::{AuditPage, EntryPage, EntryRow};
pub use connections::{CheckView, Checked, Connections, DatabaseView, ToolView};
pub use dependencies::{DependencyEnd, DependencyPage, DependencyView, UsedElement};
pub use deployments::{
    DeployedApplication, DeploymentPage, DeploymentRow, LineView, LogCounts, RelatedDeployment, StepView,
    Waits, WayBack, WayBackItem,
};
pub use environments::{
    AddedServer, EnvironmentApplication, EnvironmentCard, EnvironmentLeaving, EnvironmentPage,
    EnvironmentRef, EnvironmentSettings, EventView, FrontEndSettings, KeyView, Keyed, Maintenance,
    OpenAddress, Registered, Registration, ServerApplication, ServerReport, ServerView, StatedLevel,
    Timeline, WaitingView, ZoneView,
};
pub use found::{Found, FoundApplication, FoundPerson};
pub use gates::{
    DecisionView, DeploymentGates, FreezeView, GatePlace, GateView, GatesPage, OpenReview, OpenReviews,
    OverrideView, PipelineForecast, PlanGates, ReviewView, StageCheck, WaitingPlan, WaitingPlans,
};
pub use grants::{GrantView, GranteeView, GranteesCard};
pub use logs::LogView;
pub use matrix::{HotfixState, Matrix, MatrixCell, MatrixColumn, MatrixRow, Running};
pub use parts::{PartField, PartForm, PartInput, PartRow, PutPart};
pub use people::{
    FactorOfUser, InfrastructureRef, InvitationsPage, Me, NavigationCounts, OpenInvitation, PasskeyView,
    RoleFactor, SecondFactorView, SessionView,
};
pub use plans::{
    Candidate, Check, Finding, FindingElement, PlanCandidates, PlanItemView, PlanOperation, PlanPage,
    Promotable, WayOut,
};
pub use settings::{OwnView, PlanSettingView, SettingView, SettingsPage, SnapshotView};
pub use timers::{TimerRunsView, TimersView};
pub use tokens::{ServiceAccountPage, ServiceAccountRow, ServiceAccountsPage, TokenView};
pub use versions::{AgainView, ModifiedPage, ModifiedView, Side, VersionComparison, VersionPage};

use serde::{Serialize, Serializer};

/// How [`Possible`] is written: `{"possible": true}`, or false with the reason and who lifts it.
fn possible<S: Serializer>(possible: &Possible, serializer: S) -> Result<S::Ok, S::Error> {
    match possible {
        Ok(()) => serde_json::json!({ "possible": true }),
        Err(refusal) => serde_json::json!({
            "possible": false, "sentence": refusal.sentence, "lifted_by": refusal.lifted_by,
        }),
    }
    .serialize(serializer)
}

/// The same where there may be nothing to do at all.
fn perhaps_possible<S: Serializer>(each: &Option<Possible>, serializer: S) -> Result<S::Ok, S::Error> {
    match each {
        Some(each) => possible(each, serializer),
        None => serializer.serialize_none(),
    }
}

/// The same for something that leads to an environment.
fn possible_there<S: Serializer>(
    each: &Option<(EnvironmentRef, Possible)>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct There<'t> {
        environment: &'t EnvironmentRef,
        #[serde(serialize_with = "possible")]
        can: Possible,
    }
    each.as_ref().map(|(environment, can)| There { environment, can: can.clone() }).serialize(serializer)
}

/// The same with every reason why not.
fn possible_but<S: Serializer>(each: &Result<(), Vec<Refusal>>, serializer: S) -> Result<S::Ok, S::Error> {
    match each {
        Ok(()) => serde_json::json!({ "possible": true }),
        Err(refusals) => serde_json::json!({ "possible": false, "refusals": refusals }),
    }
    .serialize(serializer)
}

/// Why something that is shown cannot be done now: one sentence, and who or what lifts it.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Refusal {
    /// What is in the way.
    pub sentence: String,
    /// Who can lift it, or when it lifts by itself.
    pub lifted_by: String,
}

/// Whether an action can be taken now.
pub type Possible = Result<(), Refusal>;

/// A counter that stops counting: `capped` means “n or more”.
#[derive(Debug, Clone, Serialize, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// How many were counted.
    pub n: u64,
    /// Whether counting stopped there.
    pub capped: bool,
}

/// One page of a list.
#[derive(Debug, Clone, Serialize, PartialEq, Default)]
pub struct Paged<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// The cursor of the next page, opaque; none on the last.
    pub next: Option<String>,
}
