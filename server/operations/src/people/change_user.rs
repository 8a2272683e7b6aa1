//! Changing a user's name and e-mail address. The user name stays, since people are known by it.

use super::held::{email, find_user, person_name};
use crate::console::{Caller, Console};
use crate::error::Result;
use crate::infrastructure::topic;
use crate::roles::Target;
use domain::audit::Object;
use domain::id::UserId;
use serde_json::json;
use storage::users::{self, UserRow};

impl Console {
    /// Changes a user's name and e-mail address.
    ///
    /// # Errors
    /// A field is not acceptable, there is no such user, or the caller does not manage users wherever this one has a role.
    pub async fn change_user(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: UserId,
        name: &str,
        address: &str,
    ) -> Result<()> {
        let attempt = self.attempt("user.change", infrastructure, Target::User(id)).await?;
        self.audited(caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let user = find_user(&mut pending, id).await?;
            let grant = self.manages(&mut pending, caller, home.id, &user, "change this user").await?;
            let name = person_name("name", name)?;
            let email = email(address)?;
            let mut tx = pending.authorised(grant);
            let row = UserRow { name: name.clone(), email: email.clone(), ..user.clone() };
            users::update(&mut tx, &row).await?;
            tx.notice(&topic(home.key.as_str()), id);
            let mut entry = self.entry(caller, "user.change", Object::new("user", id, name.as_str()));
            entry.infrastructure = Some(home.id);
            entry.before = json!({ "name": user.name, "email": user.email });
            entry.after = json!({ "name": name, "email": email });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}
