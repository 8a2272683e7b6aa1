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
            let Actor::PlatformServer { environment, .. } = caller.actor else {
                return Err(self
                    .permit_plain(caller, &Requirement::ServerOf(nobody()))
                    .err()
                    .unwrap_or_else(missing));
            };
            self.permit_plain(caller, &Requirement::ServerOf(environment))?;
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
}

fn nobody() -> domain::id::EnvironmentId {
    domain::id::EnvironmentId(uuid::Uuid::nil())
}

fn missing() -> OperationError {
    OperationError::not_found("There is no such package.")
}
