//! Who is signed in, and what they hold: for the frame around every page.

use crate::console::{Caller, Console};
use crate::door::fault;
use crate::error::{OperationError, Result};
use crate::view::{Count, InfrastructureRef, Me, NavigationCounts};
use domain::access::{Actor, WideRight, WideRights};
use storage::{Visibility, applications, deployments, environments, infrastructures, roles, users};

impl Console {
    /// The person who is signed in, with the infrastructures they have a role in.
    ///
    /// # Errors
    /// Nobody is signed in, or the user is deactivated.
    pub async fn me(&self, caller: &Caller) -> Result<Me> {
        self.traced(caller, "session.me", async {
            let signed_out = || OperationError::sign_in("You are not signed in.", "Sign in first.");
            let Actor::User { user } = caller.actor else { return Err(signed_out()) };
            let mut tx = self.store().read().await?;
            let row = users::by_id(&mut tx, user).await?.filter(|row| row.active).ok_or_else(signed_out)?;
            let mut list = Vec::new();
            for held in roles::infrastructures_of(&mut tx, user).await? {
                let infrastructure = infrastructures::by_id(&mut tx, held.infrastructure_id)
                    .await?
                    .ok_or_else(|| fault("a role in a missing infrastructure"))?;
                let sees = Visibility::Of(user);
                let id = infrastructure.id;
                let counts = NavigationCounts {
                    applications: applications::count(&mut tx, id, &sees).await?.into(),
                    environments: environments::count(&mut tx, id, &sees).await?.into(),
                    running: deployments::count_open(&mut tx, id, &sees).await?.into(),
                    users: if WideRights::from_bits(held.wide).has(WideRight::ManageTeams) {
                        Some(users::count(&mut tx).await?.into())
                    } else {
                        None
                    },
                };
                list.push(InfrastructureRef {
                    id,
                    key: infrastructure.key.to_string(),
                    name: infrastructure.name.to_string(),
                    role: held.role_name,
                    wide: WideRights::from_bits(held.wide),
                    counts,
                });
            }
            let chosen = users::preferences(&mut tx, user).await?;
            Ok(Me {
                user,
                email: row.email,
                theme: chosen.theme.parse().unwrap_or_default(),
                time_zone: chosen.time_zone,
                name: row.name.to_string(),
                username: row.username.to_string(),
                infrastructures: list,
            })
        })
        .await
    }
}

impl From<storage::Count> for Count {
    fn from(count: storage::Count) -> Self {
        Self { n: count.n, capped: count.capped }
    }
}
