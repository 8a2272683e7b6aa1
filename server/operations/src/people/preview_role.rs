//! What another default role would give and take, before anybody saves it.

use super::held::{Held, another_administrator, application_of, find_user};
use crate::applications::show::possible;
use crate::console::{Caller, Console};
use crate::door::wide;
use crate::error::Result;
use crate::roles::{Giving, Known, other_person, refusal_of, role_ref};
use crate::view::{ChangeView, EnvironmentRef, RolePreview};
use domain::access::{Right, Rights, Standing, WideRight, changes, opens, wide_changes};
use domain::environment::Purpose;
use domain::id::{EnvironmentId, RoleId, UserId};

/// Applications with narrower roles that are looked at.
const LOOKED_AT: u32 = 1000;

impl Console {
    /// What would change for a user with another default role. Nothing is changed.
    ///
    /// # Errors
    /// User or role are not there, or the caller does not manage users.
    pub async fn preview_default_role(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: UserId,
        role: RoleId,
    ) -> Result<RolePreview> {
        self.traced(caller, "user.role_preview", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let needed = wide(home.id, WideRight::ManageInfrastructure);
            self.permit(&mut tx, caller, home.id, &needed, "change this user's role").await?;
            let user = find_user(&mut tx, id).await?;
            let known = Known::load(&mut tx, home).await?;
            let to = known.chosen("role", role)?;
            let held = Held::load(&mut tx, &known, id, LOOKED_AT).await?;
            let after = held.with_default(known.rights(role));
            let places: Vec<_> = known.environments.iter().map(|row| (row.id, row.purpose)).collect();
            let ids: Vec<_> = places.iter().map(|(id, _)| *id).collect();
            let rows = changes(&held.standing, &after, &ids);
            let views = rows.iter().filter_map(|change| {
                let environment = known.environments.iter().find(|row| row.id == change.environment)?;
                let narrowed = |id| held.narrowed.iter().find(|row| row.application_id == id);
                Some(ChangeView {
                    environment: EnvironmentRef::from(environment),
                    application: change.application.and_then(narrowed).map(application_of),
                    gained: change.gained(),
                    lost: change.lost(),
                    words: change.before.difference(change.after),
                })
            });
            let giving = Giving::load(self, &mut tx, caller, &known.home).await?;
            let administrator = known.administrator();
            let mut save = refusal_of(other_person(caller, id))
                .and_then(|()| refusal_of(giving.check(&known, &to.name, &known.rights(role))));
            if save.is_ok() && Some(role) != administrator {
                save = possible(another_administrator(&mut tx, &known.home, administrator, &user).await)?;
            }
            let (wide_gained, wide_lost) = wide_changes(&held.standing, &after);
            let from = held.role.and_then(|id| known.roles.iter().find(|role| role.id == id));
            Ok(RolePreview {
                name: user.name.to_string(),
                from: from.map(role_ref),
                to: role_ref(to),
                changes: views.collect(),
                wide_gained,
                wide_lost,
                opens_production: opens(&held.standing, &after, &places)
                    || (held.more && may_open(&held.standing, &after, &places)),
                more: held.more,
                save,
            })
        })
        .await
    }
}

/// Where not every narrower role was looked at: an environment that was closed and opens may let any of them act (R27).
fn may_open(before: &Standing, after: &Standing, places: &[(EnvironmentId, Purpose)]) -> bool {
    places.iter().any(|(id, purpose)| {
        let (held, will) = (before.default.at(*id), after.default.at(*id));
        *purpose == Purpose::Production && held == Rights::NONE && will.has(Right::Access)
    })
}
