//! Who controls an environment, for any of its Platform Servers.

use super::enrol::speaks;
use crate::console::{Caller, Console};
use crate::error::{OperationError, Result};
use domain::id::EnvironmentId;
use domain::protocol::{ControlRequest, ControlResponse};
use storage::{Reader, servers};

impl Console {
    /// Who controls the environment of the Platform Server that asks.
    ///
    /// # Errors
    /// The caller is no Platform Server, speaks another protocol, or its environment has no controller.
    pub async fn who_controls(&self, caller: &Caller, request: ControlRequest) -> Result<ControlResponse> {
        self.traced(caller, "server.who_controls", async {
            speaks(request.protocol)?;
            let (_, environment) = self.platform_server(caller)?;
            let mut tx = self.store().read().await?;
            control_of(&mut tx, environment).await
        })
        .await
    }
}

async fn control_of(tx: &mut impl Reader, environment: EnvironmentId) -> Result<ControlResponse> {
    let controller = servers::controller_of(tx, environment).await?;
    let controller = controller
        .ok_or_else(|| OperationError::conflict("This environment has no deployment controller yet."))?;
    let states = servers::states_of(tx, environment).await?;
    let address = states.into_iter().find(|state| state.server_id == controller.id);
    Ok(ControlResponse {
        server: controller.id,
        server_name: controller.name.to_string(),
        public_key: controller.public_key,
        api_address: address.map(|state| state.api_address).unwrap_or_default(),
        epoch: servers::controller_epoch(tx, environment).await?,
    })
}
