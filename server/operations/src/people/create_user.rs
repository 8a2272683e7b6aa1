//! Adding a user on a screen, with a role that the caller may give.

use super::add_user::{AddedUser, insert_user};
use super::held::{self, email};
use super::set_up::code;
use crate::console::{Caller, Console};
use crate::door::{masked, permitted_wide};
use crate::error::Result;
use crate::infrastructure::topic;
use crate::password;
use crate::roles::{Giving, Known, Target};
use domain::audit::Object;
use domain::id::RoleId;
use serde_json::json;
use storage::roles;

/// A user to add in one infrastructure.
#[derive(Debug, Clone)]
pub struct UserInput {
    /// The name to sign in with.
    pub username: String,
    /// The name people read.
    pub name: String,
    /// The e-mail address; may be empty.
    pub email: String,
    /// The default role.
    pub role: RoleId,
    /// The password; a one-time password is made where none is given.
    pub password: Option<String>,
}

impl Console {
    /// A password that nobody guesses, for the form of a new user. It is stored nowhere until the form is sent.
    #[must_use]
    pub fn suggested_password(&self) -> String {
        code(&self.inner.ids.secret())
    }

    /// Adds a user with a default role in an infrastructure.
    ///
    /// # Errors
    /// A field is not acceptable, the user name is taken, the role gives more than the caller holds (R28), or the right is missing.
    pub async fn create_user(
        &self,
        caller: &Caller,
        infrastructure: &str,
        input: UserInput,
    ) -> Result<AddedUser> {
        let attempt = self.attempt("user.add", infrastructure, Target::New("user", input.name.clone()));
        let attempt = attempt.await?;
        self.audited(caller, attempt, async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            permitted_wide(self, &mut tx, caller, &[home.id], "add a user").await?;
            drop(tx);
            let username = held::username(&input.username)?;
            let name = held::person_name("name", &input.name)?;
            let email = email(&input.email)?;
            let made = input.password.is_none().then(|| code(&self.inner.ids.secret()));
            let typed = input.password.as_deref().or(made.as_deref()).unwrap_or_default();
            password::acceptable(typed, &[username.as_str(), name.as_str()])?;
            // Slow, so it comes before the writer is held.
            let hash = self.inner.passwords.hash(typed, self.inner.ids.secret()).await?;

            let mut pending = self.store().begin_change().await?;
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], "add a user").await?;
            let known = Known::load(&mut pending, home).await?;
            let role = known.chosen("role", input.role)?;
            let giving = Giving::load(self, &mut pending, caller, &known.home).await?;
            giving.check(&known, &role.name, &known.rights(role.id))?;
            held::free(&mut pending, &username).await?;
            self.proved(caller, "add a user")?;
            let mut tx = pending.authorised(grant);
            let user = insert_user(self, &mut tx, &username, &name, &email, Some(hash)).await?;
            roles::assign(&mut tx, user, known.home.id, role.id).await?;
            tx.notice(&topic(known.home.key.as_str()), user);
            let mut entry = self.entry(caller, "user.add", Object::new("user", user, name.as_str()));
            entry.infrastructure = Some(known.home.id);
            entry.related = vec![Object::new("role", role.id, &role.name)];
            entry.after =
                json!({ "username": username, "email": email, "role": role.name, "password": masked() });
            tx.commit(entry).await?;
            let advice = password::advice(typed, &[username.as_str(), name.as_str()]);
            Ok(AddedUser { user, one_time_password: made, advice })
        })
        .await
    }
}
