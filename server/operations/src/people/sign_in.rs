//! Signing in and out. Every outcome but a pause costs exactly one password verification, and leaves exactly one entry.

use super::SignedIn;
use crate::console::{Caller, Console};
use crate::door::{Attempt, short};
use crate::error::{OperationError, Result};
use domain::access::{Actor, Requirement};
use domain::audit::Object;
use domain::id::UserId;
use domain::text::{Sha256, Username};
use domain::throttle::{Counted, counted_address};
use domain::time::{SECOND, Timestamp};
use storage::devices::DeviceRow;
use storage::users::UserRow;
use storage::{attempts, devices, users};

const REFUSED: &str = "The user name or the password is not right.";
/// So many failures in a row, and a device is known no longer.
const DEVICE_FAILURES: u64 = 10;
/// What stands in place of an address where codes of a second factor are counted.
const CODES: &str = "second factor";
/// How long a device is known after it signed in, microseconds.
const DEVICE_MICROS: i64 = 90 * 24 * 3600 * SECOND;

/// What somebody signs in with.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// The user name.
    pub username: &'a str,
    /// The password.
    pub password: &'a str,
    /// What the device's cookie holds, if it signed in before.
    pub device: Option<&'a str>,
}

impl std::fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).finish_non_exhaustive()
    }
}

/// An account as attempts are counted for it: by what was typed, whether there is such a user or not (ASVS 6.3.8).
pub(crate) fn account(username: &str) -> String {
    Sha256::of(username.trim().to_lowercase().as_bytes()).to_string()
}

impl Console {
    /// Signs somebody in, or says that the second factor is still asked. An unknown user, a wrong password and a deactivated user look the same from outside.
    ///
    /// After too many failures from an address the next try waits (ASVS 6.3.1); a device that has signed in to the account
    /// before does not, so that nobody can lock somebody else out (ASVS 6.1.1).
    ///
    /// # Errors
    /// `Invalid` with one sentence for all of them; `Paused` where there were too many failures; `TooMany` where too many are
    /// being checked.
    pub async fn sign_in(&self, caller: &Caller, credentials: Credentials<'_>) -> Result<SignedIn> {
        let Credentials { username, password, device } = credentials;
        let attempt = Attempt::new("session.sign_in", Object::new("user", short(username), short(username)));
        let mut typed = caller.clone();
        typed.name = short(username);
        self.audited(&typed, attempt, async {
            let mut tx = self.store().read().await?;
            let user = match username.parse::<Username>() {
                Ok(username) => users::by_username(&mut tx, &username).await?,
                Err(_) => None,
            };
            let device = match (&user, device.map(hash)) {
                (Some(user), Some(hash)) => devices::find(&mut tx, &hash, user.id, self.now()).await?,
                _ => None,
            };
            drop(tx);
            let counter = Counter {
                account: account(username),
                address: counted_address(&caller.origin.address),
                device,
            };
            self.count(&counter).await?;
            let stored = user.as_ref().and_then(|user| user.password_hash.as_deref());
            let matches = self.inner.passwords.verify(password, stored).await?;
            let Some(user) = user.filter(|user| matches && user.active) else {
                self.failed(&counter).await?;
                return Err(refused());
            };

            let mut pending = self.store().begin_change().await?;
            // The user may have been changed while the password was being verified.
            let now = users::by_id(&mut pending, user.id).await?;
            if !now.is_some_and(|now| now.active && now.password_hash == user.password_hash) {
                return Err(refused());
            }
            let asks = self.half_open(&mut pending, &user, user.password_changed_at).await?;
            let grant = self.permit_plain(caller, &Requirement::Anyone)?;
            let by = Caller {
                actor: Actor::User { user: user.id },
                name: user.name.to_string(),
                ..caller.clone()
            };
            let object = Object::new("user", user.id, user.name.as_str());
            let operation = if asks.is_some() { "session.first_step" } else { "session.sign_in" };
            pending.authorised(grant).commit(self.entry(&by, operation, object)).await?;
            let device = if asks.is_some() {
                // The device is known once the second step is made.
                self.forget_failures(&counter).await?;
                String::new()
            } else {
                self.succeeded(&counter, user.id).await?
            };
            Ok(SignedIn { user: user.id, name: user.name.to_string(), device, asks })
        })
        .await
    }

    /// Leaves an entry for a sign-out; the session itself is deleted by its store.
    ///
    /// # Errors
    /// Nobody is signed in.
    pub async fn sign_out(&self, caller: &Caller) -> Result<()> {
        let Actor::User { user } = caller.actor else { return Ok(()) };
        let object = Object::new("user", user, &caller.name);
        let attempt = Attempt::new("session.sign_out", object.clone());
        self.audited(caller, attempt, async {
            let pending = self.store().begin_change().await?;
            let grant = self.permit_plain(caller, &Requirement::SignedIn)?;
            pending.authorised(grant).commit(self.entry(caller, "session.sign_out", object)).await?;
            Ok(())
        })
        .await
    }

    /// Counts an attempt before it is known how it ends, so that many at once are as many as one after the other.
    pub(crate) async fn count(&self, counter: &Counter) -> Result<()> {
        let (now, scheme) = (self.now(), self.settings().sign_in_pauses);
        let mut tx = self.store().attempt().await?;
        match &counter.device {
            Some(device) if device.failures + 1 >= DEVICE_FAILURES => {
                devices::forget(&mut tx, &device.id_hash).await?
            }
            Some(device) => devices::count_failure(&mut tx, &device.id_hash).await?,
            None => {
                let own = attempts::get(&mut tx, &counter.account, &counter.address).await?;
                let all = attempts::get(&mut tx, "", &counter.address).await?;
                if let Some(wait) = own.wait(now).into_iter().chain(all.wait(now)).max() {
                    return Err(paused(wait));
                }
                let own = own.failed(scheme, Counted::AccountFromAddress, now);
                attempts::put(&mut tx, &counter.account, &counter.address, own).await?;
            }
        }
        tx.commit(now).await?;
        Ok(())
    }

    /// Counts a failure for its address. For a whole address only failures count: behind one, many people may sign in at once.
    pub(crate) async fn failed(&self, counter: &Counter) -> Result<()> {
        let (now, scheme) = (self.now(), self.settings().sign_in_pauses);
        let mut tx = self.store().attempt().await?;
        let all = attempts::get(&mut tx, "", &counter.address).await?;
        attempts::put(&mut tx, "", &counter.address, all.failed(scheme, Counted::Address, now)).await?;
        tx.commit(now).await?;
        Ok(())
    }

    /// Forgets the attempts and remembers the device; gives what its cookie is to hold.
    pub(crate) async fn succeeded(&self, counter: &Counter, user: UserId) -> Result<String> {
        self.forget_failures(counter).await?;
        self.remember_device(user, counter.device.as_ref()).await
    }

    /// Forgets the attempts of an account from an address: one of them was right.
    pub(crate) async fn forget_failures(&self, counter: &Counter) -> Result<()> {
        // A device that is known was counted apart: its success says nothing about who else tries from there.
        if counter.device.is_none() {
            let mut tx = self.store().attempt().await?;
            attempts::clear(&mut tx, &counter.account, &counter.address).await?;
            tx.commit(self.now()).await?;
        }
        Ok(())
    }

    /// What the attempts of a user are counted for.
    pub(crate) async fn counter_of(
        &self,
        caller: &Caller,
        user: &UserRow,
        device: Option<&str>,
    ) -> Result<Counter> {
        let mut tx = self.store().read().await?;
        let device = match device.map(hash) {
            Some(hash) => devices::find(&mut tx, &hash, user.id, self.now()).await?,
            None => None,
        };
        let address = counted_address(&caller.origin.address);
        Ok(Counter { account: account(user.username.as_str()), address, device })
    }

    /// Counts a code before it is known whether it is right. Codes are counted for the account from everywhere: six digits are few, and
    /// only who has the password gets as far.
    pub(crate) async fn count_code(&self, user: &UserRow) -> Result<()> {
        let (now, scheme) = (self.now(), self.settings().sign_in_pauses);
        let account = account(user.username.as_str());
        let mut tx = self.store().attempt().await?;
        let codes = attempts::get(&mut tx, &account, CODES).await?;
        if let Some(wait) = codes.wait(now) {
            return Err(paused(wait));
        }
        attempts::put(&mut tx, &account, CODES, codes.failed(scheme, Counted::AccountFromAddress, now))
            .await?;
        tx.commit(now).await?;
        Ok(())
    }

    /// Forgets the codes of an account: one of them was right.
    pub(crate) async fn forget_codes(&self, user: &UserRow) -> Result<()> {
        let mut tx = self.store().attempt().await?;
        attempts::clear(&mut tx, &account(user.username.as_str()), CODES).await?;
        tx.commit(self.now()).await?;
        Ok(())
    }

    /// Remembers a device that has just signed in, under a new secret in place of the one before.
    pub(crate) async fn remember_device(&self, user: UserId, before: Option<&DeviceRow>) -> Result<String> {
        let now = self.now();
        let secret = hex::encode(self.inner.ids.secret());
        let mut tx = self.store().attempt().await?;
        if let Some(before) = before {
            devices::forget(&mut tx, &before.id_hash).await?;
        }
        let row = DeviceRow {
            id_hash: hash(&secret),
            user_id: user,
            failures: 0,
            created_at: now,
            expires_at: now.plus(DEVICE_MICROS),
        };
        devices::remember(&mut tx, &row).await?;
        tx.commit(now).await?;
        Ok(secret)
    }

    /// Forgets attempts and devices that are too old to matter.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn purge_attempts(&self) -> Result<()> {
        let now = self.now();
        let before = Timestamp(now.0.saturating_sub(domain::throttle::WINDOW_MICROS));
        let mut tx = self.store().attempt().await?;
        attempts::purge(&mut tx, before, now).await?;
        devices::purge(&mut tx, now).await?;
        tx.commit(now).await?;
        Ok(())
    }
}

/// What an attempt is counted for.
pub(crate) struct Counter {
    account: String,
    address: String,
    device: Option<DeviceRow>,
}

fn hash(secret: &str) -> String {
    Sha256::of(secret.as_bytes()).to_string()
}

fn refused() -> OperationError {
    OperationError::invalid("username", REFUSED)
}

fn paused(wait_micros: i64) -> OperationError {
    let seconds = wait_micros.div_euclid(SECOND) + 1;
    let wait = match seconds {
        ..=90 => format!("{seconds} s"),
        _ => format!("{} min", (seconds + 59) / 60),
    };
    OperationError::Paused {
        sentence: format!(
            "There were too many failed sign-ins from your address. Try again in {wait}; an administrator can unblock you at once."
        ),
        retry_after_seconds: seconds.unsigned_abs(),
    }
}
