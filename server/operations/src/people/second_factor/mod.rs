//! The second factor: an authenticator app or passkeys, with recovery codes for who loses them.
//!
//! Reading order: `authenticator`, `passkey` and `recovery` (what a person sets up), `check` (whether an answer is right), `step` (signing in
//! with it), `prove` (giving it again before dangerous acts), `require` (roles that ask for it, and beginning anew for somebody).

pub mod authenticator;
mod check;
pub mod passkey;
pub mod prove;
pub mod recovery;
pub mod require;
pub mod step;

use crate::console::{Caller, Console};
use crate::error::{OperationError, Result};
use crate::people::held::find_user;
use crate::people::own_sessions::person;
use crate::view::{FactorOfUser, PasskeyView, SecondFactorView};
use domain::id::UserId;
use storage::{Reader, WriteTx, authenticators, passkeys, recovery_codes, second_factors};

/// By which ways somebody can give the second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ways {
    /// By an authenticator app.
    pub app: bool,
    /// By a passkey.
    pub passkeys: bool,
}

impl Ways {
    /// Whether there is a second factor at all.
    #[must_use]
    pub const fn any(self) -> bool {
        self.app || self.passkeys
    }
}

impl Console {
    /// By which ways a user can give the second factor: for the page that asks for it.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn ways(&self, user: UserId) -> Result<Ways> {
        let mut tx = self.store().read().await?;
        let app = authenticators::of_user(&mut tx, user).await?.is_some_and(|row| row.confirmed_at.is_some());
        let passkeys = !passkeys::of_user(&mut tx, user).await?.is_empty();
        Ok(Ways { app, passkeys })
    }

    /// The caller's own second factor.
    ///
    /// # Errors
    /// Nobody is signed in.
    pub async fn own_second_factor(&self, caller: &Caller) -> Result<SecondFactorView> {
        self.traced(caller, "second_factor.show", async {
            let user = person(caller)?;
            let mut tx = self.store().read().await?;
            let passkeys = passkeys::of_user(&mut tx, user).await?;
            Ok(SecondFactorView {
                authenticator: authenticators::of_user(&mut tx, user).await?.and_then(|row| row.confirmed_at),
                passkeys: passkeys
                    .into_iter()
                    .map(|row| PasskeyView {
                        id: row.id,
                        name: row.name,
                        added_at: row.created_at,
                        used_at: row.last_used_at,
                    })
                    .collect(),
                recovery_left: recovery_codes::left(&mut tx, user).await?,
                required: second_factors::required(&mut tx, user).await?,
                passkeys_possible: self.inner.relying_party.possible(),
            })
        })
        .await
    }

    /// The second factor of a user, for who manages the person.
    ///
    /// # Errors
    /// There is no such user, or the caller does not manage users wherever this one has a role.
    pub async fn user_second_factor(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: UserId,
    ) -> Result<FactorOfUser> {
        self.traced(caller, "user.second_factor", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let user = find_user(&mut tx, id).await?;
            self.manages(&mut tx, caller, home.id, &user, "see this user's second factor").await?;
            let passkeys = passkeys::of_user(&mut tx, id).await?;
            Ok(FactorOfUser {
                authenticator: authenticators::of_user(&mut tx, id).await?.and_then(|row| row.confirmed_at),
                passkeys: passkeys.len() as u64,
                passkeys_since: passkeys.first().map(|row| row.created_at),
                required: second_factors::required(&mut tx, id).await?,
            })
        })
        .await
    }

    /// Whether a role asks a user for a second factor that the user does not have; until then a session opens nothing else.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn must_enrol(&self, user: UserId) -> Result<bool> {
        let mut tx = self.store().read().await?;
        Ok(second_factors::missing(&mut tx, user).await?)
    }
}

/// Whether one second factor may go: not the last one where a role asks for one.
async fn may_remove(tx: &mut impl Reader, user: UserId) -> Result<()> {
    if second_factors::count(tx, user).await? <= 1 && second_factors::required(tx, user).await? {
        let sentence = "Your role asks for a second factor, and this is the only one that you have. Add another one before you remove it.";
        return Err(OperationError::conflict(sentence));
    }
    Ok(())
}

/// Without a second factor recovery codes are worth nothing; says how many went.
async fn clear_recovery(tx: &mut WriteTx, user: UserId) -> Result<u64> {
    if second_factors::count(tx, user).await? > 0 {
        return Ok(0);
    }
    Ok(recovery_codes::remove(tx, user).await?)
}
