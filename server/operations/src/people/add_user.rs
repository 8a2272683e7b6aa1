//! Adding an IT user with a role. Used by the command line as the local operator; screens for it come later.

use super::held::{self, email};
use super::set_up::code;
use crate::console::{Caller, Console};
use crate::door::{Attempt, masked, permitted_wide, short};
use crate::error::{OperationError, Result};
use crate::password;
use crate::roles::{Giving, Known};
use domain::audit::Object;
use domain::id::UserId;
use domain::text::{Name, Username};
use serde_json::json;
use storage::users::UserRow;
use storage::{WriteTx, infrastructures, roles, users};

/// A user to add.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The name to sign in with.
    pub username: String,
    /// The name people read.
    pub name: String,
    /// The e-mail address; may be empty.
    pub email: String,
    /// The name of a role.
    pub role: String,
    /// The key of the infrastructure the role is in; all of them where none is named.
    pub infrastructure: Option<String>,
    /// The password; a one-time password is made where none is given.
    pub password: Option<String>,
}

/// A user that was added.
#[derive(Debug, Clone)]
pub struct AddedUser {
    /// The user.
    pub user: UserId,
    /// The password that was made, to be shown once.
    pub one_time_password: Option<String>,
    /// How to choose a better password; none where it is hard to guess. It is advice, never a refusal.
    pub advice: Option<String>,
}

impl Console {
    /// Adds a user with a role in one infrastructure, or in all of them.
    ///
    /// # Errors
    /// A field is not acceptable, the name is taken, the role or infrastructure is not there, the role gives more than the caller holds
    /// (R28), or the right is missing.
    pub async fn add_user(&self, caller: &Caller, new: NewUser) -> Result<AddedUser> {
        let object = Object::new("user", short(&new.username), short(&new.name));
        self.audited(caller, Attempt::new("user.add", object), async {
            let username = held::username(&new.username)?;
            let name = held::person_name("name", &new.name)?;
            let made = new.password.is_none().then(|| code(&self.inner.ids.secret()));
            let typed = new.password.as_deref().or(made.as_deref()).unwrap_or_default();
            let email = email(&new.email)?;
            password::acceptable(typed, &[username.as_str(), name.as_str()])?;
            let hash = self.inner.passwords.hash(typed, self.inner.ids.secret()).await?;

            let mut pending = self.store().begin_change().await?;
            let all = infrastructures::list(&mut pending).await?;
            let chosen: Vec<_> = match &new.infrastructure {
                None => all.iter().collect(),
                Some(key) => all.iter().filter(|row| row.key.as_str() == key).collect(),
            };
            if chosen.is_empty() {
                let known = all.iter().map(|row| row.key.as_str()).collect::<Vec<_>>().join(", ");
                let sentence = format!("There is no such infrastructure; there is: {known}.");
                return Err(OperationError::invalid("infrastructure", sentence));
            }
            held::free(&mut pending, &username).await?;
            let mut given = Vec::new();
            for row in &chosen {
                let known = roles::list(&mut pending, row.id).await?;
                let Some(role) = known.iter().find(|role| role.name.eq_ignore_ascii_case(&new.role)) else {
                    let names = known.iter().map(|role| role.name.as_str()).collect::<Vec<_>>().join(", ");
                    let sentence = format!("There is no role “{}”; there is: {names}.", short(&new.role));
                    return Err(OperationError::invalid("role", sentence));
                };
                given.push((row.id, role.id));
            }
            let ids: Vec<_> = given.iter().map(|(infrastructure, _)| *infrastructure).collect();
            let grant = permitted_wide(self, &mut pending, caller, &ids, "add a user").await?;
            for (row, (_, role)) in chosen.iter().zip(&given) {
                let known = Known::load(&mut pending, (*row).clone()).await?;
                let giving = Giving::load(self, &mut pending, caller, row).await?;
                giving.check(&known, &known.role(*role)?.name, &known.rights(*role))?;
            }
            let mut tx = pending.authorised(grant);
            let user = insert_user(self, &mut tx, &username, &name, &email, Some(hash)).await?;
            for (infrastructure, role) in given {
                roles::assign(&mut tx, user, infrastructure, role).await?;
            }
            let mut entry = self.entry(caller, "user.add", Object::new("user", user, name.as_str()));
            entry.infrastructure = ids.first().copied().filter(|_| ids.len() == 1);
            entry.after = json!({
                "username": username, "email": email, "role": new.role, "password": masked(),
                "infrastructures": chosen.iter().map(|row| row.key.as_str()).collect::<Vec<_>>(),
            });
            tx.commit(entry).await?;
            Ok(AddedUser { user, one_time_password: made, advice: None })
        })
        .await
    }
}

/// Inserts an active user.
pub(crate) async fn insert_user(
    console: &Console,
    tx: &mut WriteTx,
    username: &Username,
    name: &Name,
    email: &str,
    password_hash: Option<String>,
) -> Result<UserId> {
    let now = console.now();
    let row = UserRow {
        id: console.id(),
        username: username.clone(),
        name: name.clone(),
        email: email.trim().to_owned(),
        password_changed_at: password_hash.is_some().then_some(now),
        password_hash,
        active: true,
        created_at: now,
        deactivated_at: None,
    };
    users::insert(tx, &row).await?;
    Ok(row.id)
}
