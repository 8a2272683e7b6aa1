//! What Platform Servers ask of the console: enrolling, syncing, fetching packages, answering questions.

mod control;
pub(crate) mod enrol;
pub mod identify;
mod keys;
pub(crate) mod relay;
pub mod sync;

use crate::console::{Caller, Console};
use crate::error::{OperationError, Result};
use crate::packages::PackageStream;
use domain::access::{Actor, Requirement};
use domain::id::{EnvironmentId, ServerId};
use domain::text::Sha256;
pub use object_store::GetRange;

impl Console {
    /// A package, or a part of it, for a Platform Server. Which packages exist is no secret among them: they name what they ask for
    /// by its hash, which they have from a task.
    ///
    /// # Errors
    /// The caller is no Platform Server, or there is no such package.
    pub async fn package(
        &self,
        caller: &Caller,
        sha256: &Sha256,
        range: Option<GetRange>,
    ) -> Result<PackageStream> {
        self.traced(caller, "package.fetch", async {
            self.platform_server(caller)?;
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

fn missing() -> OperationError {
    OperationError::not_found("There is no such package.")
}
