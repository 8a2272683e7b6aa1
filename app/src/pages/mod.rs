//! The pages, one kind a folder.

pub mod application;
pub mod architecture;
pub mod audit;
pub mod deployments;
pub mod environments;
pub mod errors;
pub mod gates;
pub mod invitation;
pub mod invite;
pub mod matrix;
pub mod parts;
pub mod pipelines;
pub mod plans;
pub(crate) mod preview;
pub mod profile;
pub mod prove;
pub mod role_factors;
pub mod roles;
pub mod second_factor;
pub mod second_step;
pub mod service_accounts;
pub mod set_up;
pub mod sign_in;
pub mod teams;
pub mod users;
pub mod versions;
