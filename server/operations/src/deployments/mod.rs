//! Deployments: begun, listed, shown, finished. What happens in between is the engine's.

pub mod begin;
pub(crate) mod catch_up;
pub mod decide;
pub mod finish;
pub mod list;
pub(crate) mod queue;
pub(crate) mod report;
pub mod show;
pub mod stages;
pub(crate) mod still;
pub mod way_back;
pub mod ways;

/// The topic of one deployment.
pub(crate) fn topic(id: domain::id::DeploymentId) -> String {
    domain::live::Topic::Deployment(id).to_string()
}

/// The topic that wakes an environment's controller.
pub(crate) fn work_topic(environment: domain::id::EnvironmentId) -> String {
    format!("environment:{environment}")
}
