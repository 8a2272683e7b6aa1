//! What Platform Servers ask of the console: enrolling, syncing, fetching packages, answering questions.

mod control;
pub(crate) mod enrol;
pub mod identify;
mod keys;
pub(crate) mod relay;
pub mod sync;

use self::sync::controls;
use crate::console::{Caller, Console};
use crate::door::{Attempt, Place, fault};
use crate::error::{OperationError, Result};
use crate::packages::PackageStream;
use domain::access::{Actor, Requirement};
use domain::audit::Object;
use domain::id::{EnvironmentId, ServerId};
use domain::protocol::TaskAction;
use domain::text::Sha256;
pub use object_store::GetRange;
use serde_json::json;
use storage::{Reader, journal, places};

impl Console {
    /// A package, or a part of it, for the deployment controller of an environment: one that is to be prepared there, or that is or was
    /// there. All others are to it as if they did not exist.
    ///
    /// # Errors
    /// The caller is no Platform Server, or not the controller of its environment; or there is no such package for it. An entry is left.
    pub async fn package(
        &self,
        caller: &Caller,
        sha256: &Sha256,
        range: Option<GetRange>,
    ) -> Result<PackageStream> {
        let (server, environment) = self.platform_server(caller)?;
        let object = Object::new("server", server, caller.name.as_str());
        let attempt = Attempt::at(Place::Server(server), "package.fetch", object);
        let attempt = attempt.telling(json!({ "package": sha256.to_string() }));
        self.audited(caller, attempt, async {
            let mut tx = self.store().read().await?;
            controls(&mut tx, server, environment).await?;
            if !places::was_here(&mut tx, *sha256, environment).await?
                && !is_prepared(&mut tx, sha256, environment).await?
            {
                return Err(missing());
            }
            drop(tx);
            self.inner.packages.get(sha256, range).await.map_err(|error| match error {
                OperationError::Internal {
                    cause: crate::error::Fault::Packages(object_store::Error::NotFound { .. }),
                    ..
                } => missing(),
                other => other,
            })
        })
        .await
    }

    /// The Platform Server that asks, and its environment; anybody else is refused.
    pub(crate) fn platform_server(&self, caller: &Caller) -> Result<(ServerId, EnvironmentId)> {
        let Actor::PlatformServer { server, environment } = caller.actor else {
            self.permit_plain(caller, &Requirement::ServerOf(EnvironmentId(uuid::Uuid::nil())))?;
            return Err(OperationError::not_found("There is nothing here."));
        };
        self.permit_plain(caller, &Requirement::ServerOf(environment))?;
        Ok((server, environment))
    }
}

/// Whether a deployment with a place in the environment prepares a package.
async fn is_prepared(tx: &mut impl Reader, wanted: &Sha256, environment: EnvironmentId) -> Result<bool> {
    for action in journal::prepared(tx, environment).await? {
        let action = serde_json::from_str(&action)
            .map_err(|error| fault(format!("a step of {environment} cannot be read: {error}")))?;
        if matches!(action, TaskAction::Prepare { sha256, .. } if sha256 == *wanted) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn missing() -> OperationError {
    OperationError::not_found("There is no such package.")
}
