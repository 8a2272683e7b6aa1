//! `GET /server/v1/health`: how the front-ends and their services are.

use crate::id::ServerId;
use crate::protocol::{ServerStatus, ServiceStatus};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// About whom a question is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    /// All front-ends, as the deployment controller knows them. Another front-end asks it with the token that it was sent.
    Environment,
    /// The front-end that is asked.
    Server,
}

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HealthQuery {
    /// About whom; the deployment controller tells of the environment, another front-end of itself.
    #[serde(default)]
    #[param(inline)]
    pub of: Option<Of>,
}

/// How the front-ends are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// The environment's name.
    pub environment: String,
    /// The front-end that was asked comes first, the others by name.
    pub servers: Vec<ServerHealth>,
}

/// How one front-end is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServerHealth {
    /// The front-end.
    pub server: ServerId,
    /// Its name.
    pub name: String,
    /// Whether it is the environment's deployment controller.
    pub controller: bool,
    /// Whether it answered the controller's last question. What follows is what it said last.
    pub reachable: bool,
    /// Version of its Platform Server; empty where it never answered.
    pub version: String,
    /// Where its applications are opened.
    pub public_address: String,
    /// Where its Server.API answers.
    pub api_address: String,
    /// Its services.
    pub services: Vec<ServiceStatus>,
}

impl ServerHealth {
    /// From what is known of a front-end.
    #[must_use]
    pub fn of(status: ServerStatus, name: String, controller: bool) -> Self {
        Self {
            server: status.server,
            name,
            controller,
            reachable: status.reachable,
            version: status.version,
            public_address: status.public_address,
            api_address: status.api_address,
            services: status.services,
        }
    }
}
