//! The use-cases of the console behind one door, and the deployment engine.
//!
//! Reading order: `console` (what everything works with), `door` (how anything is permitted and recorded), then one use-case
//! a file, and `engine`.

pub mod agents;
pub mod applications;
pub mod architecture;
mod audit;
mod bonds;
mod checks;
mod console;
mod content;
mod dependencies;
pub mod deployments;
mod door;
mod engine;
mod environments;
mod error;
mod gates;
pub mod infrastructure;
mod live;
mod logs;
mod maintenance;
mod matrix;
mod packages;
mod paging;
mod passkeys;
mod password;
pub mod people;
pub mod pipelines;
mod plans;
pub mod preview;
mod requests;
pub mod roles;
pub mod service_accounts;
mod settings;
pub mod teams;
mod timeline;
mod timers;
pub mod tokens;
mod vault;
pub mod versions;
pub mod view;

pub use agents::GetRange;
pub use agents::identify::SignedHeaders;
pub use applications::create::ApplicationInput;
pub use applications::publish::{PublishInput, Published};
pub use architecture::{AcceptInput, PartAt, Wanted};
pub use audit::AuditQuery;
pub use checks::{DatabaseTest, Reach};
pub use console::{Caller, Clock, Console, Ids, Limits, OpenOptions, Settings};
pub use deployments::show::DeploymentAsk;
pub use deployments::way_back::RollBack;
pub use engine::EngineHandle;
pub use error::{Fault, FieldProblem, OperationError, Result};
pub use gates::{FreezeInput, GateInput, StartInput, TestInput};
pub use infrastructure::{
    EnvironmentInput, InfrastructureInput, NewEnvironment, NewServer, PipelineInput, RegisterEnvironment,
    ServerInput,
};
pub use live::Change;
pub use logs::LogAsk;
pub use matrix::MatrixQuery;
pub use packages::PackageStream;
pub use paging::{PageQuery, TimeQuery};
pub use people::SignedIn;
pub use people::add_user::{AddedUser, NewUser};
pub use people::create_user::UserInput;
pub use people::effective::EffectiveQuery;
pub use people::invitations::accept::InvitationView;
pub use people::invitations::invite::{InvitationInput, Invited};
pub use people::list::UserQuery;
pub use people::own_profile::OwnProfile;
pub use people::second_factor::authenticator::Enrolment;
pub use people::second_factor::passkey::Ceremony;
pub use people::second_factor::prove::Evidence;
pub use people::second_factor::step::{Answer, HalfOpen};
pub use people::sessions::{SessionRow, Sessions};
pub use people::set_up::SetUp;
pub use people::sign_in::Credentials;
pub use plans::PlanRow;
pub use plans::again::{Filling, Reused};
pub use plans::candidates::CandidateQuery;
pub use plans::edit::NoteInput;
pub use preview::AccessChange;
pub use requests::RefusedRequest;
pub use roles::RoleInput;
pub use storage::{Store, StoreError, point};
pub use teams::show::TeamQuery;
pub use tokens::{MadeToken, NewToken};
pub use vault::MasterKey;
pub use versions::again::AgainInput;
pub use versions::together::TagInput;
