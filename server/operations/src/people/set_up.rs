//! The first administrator: a page that works only while there are no users, guarded by a code on the terminal.

use super::SignedIn;
use super::add_user::insert_user;
use super::held::{email, person_name, username};
use crate::console::{Caller, Console};
use crate::door::Attempt;
use crate::error::{OperationError, Result};
use crate::password;
use domain::access::{Actor, BuiltInRole, Requirement};
use domain::audit::Object;
use serde_json::json;
use storage::{infrastructures, roles, users};
use subtle::ConstantTimeEq;

/// What the set-up page asks for.
#[derive(Debug, Clone)]
pub struct SetUp {
    /// The code from the terminal.
    pub code: String,
    /// The name to sign in with.
    pub username: String,
    /// The name people read.
    pub name: String,
    /// The e-mail address; may be empty.
    pub email: String,
    /// The password.
    pub password: String,
}

/// A code of 16 letters and digits that are not taken for each other, in groups of four: 80 bits.
pub(crate) fn code(secret: &[u8; 32]) -> String {
    const SIGNS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
    let signs: Vec<char> =
        secret[..16].iter().map(|byte| char::from(SIGNS[usize::from(byte % 32)])).collect();
    signs.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

impl Console {
    /// Whether there are no users yet.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn needs_set_up(&self) -> Result<bool> {
        let mut tx = self.store().read().await?;
        Ok(users::count(&mut tx).await?.n == 0)
    }

    /// The code that the terminal shows while there are no users.
    #[must_use]
    pub fn set_up_code(&self) -> &str {
        &self.inner.set_up_code
    }

    /// Makes the first user an administrator of every infrastructure there is, and of a first one if there is none.
    ///
    /// # Errors
    /// The code is wrong, there are users already, or a field is not acceptable.
    pub async fn set_up(&self, caller: &Caller, input: SetUp) -> Result<SignedIn> {
        let attempt = Attempt::new("console.set_up", Object::new("console", "console", "Console"));
        self.audited(caller, attempt, async {
            let given: String = input.code.trim().to_lowercase();
            if !bool::from(given.as_bytes().ct_eq(self.inner.set_up_code.as_bytes())) {
                return Err(OperationError::invalid(
                    "code",
                    "This is not the code that the terminal of the console shows.",
                ));
            }
            let username = username(&input.username)?;
            let email = email(&input.email)?;
            let name = person_name("name", &input.name)?;
            password::acceptable(&input.password, &[username.as_str(), name.as_str()])?;
            let hash = self.inner.passwords.hash(&input.password, self.inner.ids.secret()).await?;

            let mut pending = self.store().begin_change().await?;
            if users::count(&mut pending).await?.n > 0 {
                return Err(OperationError::conflict("This console has users already. Sign in instead."));
            }
            let existing = infrastructures::list(&mut pending).await?;
            let grant = self.permit_plain(caller, &Requirement::Anyone)?;
            let mut tx = pending.authorised(grant);
            let user = insert_user(self, &mut tx, &username, &name, &email, Some(hash)).await?;
            let mut own = existing.iter().map(|row| row.id).collect::<Vec<_>>();
            if own.is_empty() {
                let (key, name) = (field("key", "main")?, field("name", "Main")?);
                own.push(self.insert_infrastructure(&mut tx, key, name).await?.id);
            }
            for infrastructure in own {
                let role = roles::by_name(&mut tx, infrastructure, BuiltInRole::Administrator.name())
                    .await?
                    .ok_or_else(|| crate::door::fault("an infrastructure without Administrator role"))?;
                roles::assign(&mut tx, user, infrastructure, role.id).await?;
            }
            let by = Caller { actor: Actor::User { user }, name: name.to_string(), ..caller.clone() };
            let mut entry = self.entry(&by, "console.set_up", Object::new("user", user, name.as_str()));
            entry.after = json!({ "username": username, "role": BuiltInRole::Administrator.name() });
            tx.commit(entry).await?;
            let device = self.remember_device(user, None).await?;
            Ok(SignedIn { user, name: name.to_string(), device, asks: None })
        })
        .await
    }
}

/// Parses a field of a form; the sentence of the parser is the sentence for people.
pub(crate) fn field<T: std::str::FromStr<Err = domain::text::Refused>>(
    field: &'static str,
    text: &str,
) -> Result<T> {
    text.parse().map_err(|refused: domain::text::Refused| OperationError::invalid(field, refused.0))
}
