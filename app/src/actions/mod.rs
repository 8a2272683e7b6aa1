//! What forms do: server functions under `/do`, plain url-encoded posts, each answered with 303 to a page.
//!
//! Each ends with `crate::context::answer`, which leads to what was made, or back to the form with the reason.

pub mod applications;
pub mod architecture;
pub mod connections;
pub mod deployments;
pub mod environments;
pub mod gates;
pub mod infrastructures;
pub mod parts;
pub mod pipelines;
pub mod plans;
pub mod profile;
pub mod roles;
pub mod second_factor;
pub mod service_accounts;
pub mod settings;
pub mod teams;
pub mod timers;
pub mod users;
pub mod versions;
