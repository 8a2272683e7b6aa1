//! What another default role would give and take, before anybody saves it: the same as [`AccessChange::DefaultRole`] previews, for the page
//! of the user.

use super::held::{Held, find_user};
use crate::console::{Caller, Console};
use crate::error::Result;
use crate::preview::AccessChange;
use crate::roles::{Known, role_ref};
use crate::view::{ChangeView, RolePreview};
use domain::id::{RoleId, UserId};

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
        let change = AccessChange::DefaultRole(id, role);
        let preview = self.foreseen(caller, infrastructure, &change).await?;
        self.traced(caller, "user.role_preview", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let user = find_user(&mut tx, id).await?;
            let known = Known::load(&mut tx, home).await?;
            let held = Held::load(&mut tx, &known, id, 0).await?;
            let from = held.role.and_then(|id| known.roles.iter().find(|role| role.id == id));
            let to = known.chosen("role", role)?;
            let person = preview.people.into_iter().next();
            let more = person.as_ref().is_some_and(|person| {
                person.more || person.effects.iter().any(|effect| effect.more_applications > 0)
            });
            let changes = person.into_iter().flat_map(|person| person.effects).flat_map(|effect| {
                let none = effect.applications.is_empty().then_some(None);
                let applications: Vec<_> =
                    effect.applications.iter().cloned().map(Some).chain(none).collect();
                applications.into_iter().map(move |application| ChangeView {
                    environment: effect.environment.clone(),
                    application,
                    gained: effect.gained,
                    lost: effect.lost,
                    words: effect.words.clone(),
                })
            });
            Ok(RolePreview {
                name: user.name.to_string(),
                from: from.map(role_ref),
                to: role_ref(to),
                changes: changes.collect(),
                wide_gained: preview.wide_gained,
                wide_lost: preview.wide_lost,
                opens_production: preview.opens_production,
                more,
                save: preview.save,
            })
        })
        .await
    }
}
