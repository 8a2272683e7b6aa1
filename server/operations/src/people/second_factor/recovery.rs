//! Recovery codes: each once in place of the second factor. They are shown once and stored as hashes; each has 80 random bits.

use crate::console::{Caller, Console};
use crate::door::Attempt;
use crate::error::{OperationError, Result};
use crate::people::own_sessions::{own, person};
use crate::people::set_up::code;
use domain::access::Requirement;
use domain::id::UserId;
use domain::text::Sha256;
use serde_json::json;
use storage::{WriteTx, recovery_codes, second_factors};

/// How many a person has.
const CODES: usize = 10;

/// How a code is stored, however it was typed: without blanks and dashes, in lower case.
pub(super) fn hash(typed: &str) -> String {
    let plain: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    Sha256::of(plain.to_lowercase().as_bytes()).to_string()
}

/// New codes in place of all others.
pub(super) async fn new_codes(console: &Console, tx: &mut WriteTx, user: UserId) -> Result<Vec<String>> {
    let codes: Vec<String> = (0..CODES).map(|_| code(&console.inner.ids.secret())).collect();
    let hashes: Vec<String> = codes.iter().map(|code| hash(code)).collect();
    recovery_codes::replace(tx, user, &hashes, console.now()).await?;
    Ok(codes)
}

impl Console {
    /// Makes new recovery codes; those before end.
    ///
    /// # Errors
    /// There is no second factor that they could stand for, or a recent proof is missing.
    pub async fn renew_recovery_codes(&self, caller: &Caller) -> Result<Vec<String>> {
        let object = own(caller);
        self.audited(caller, Attempt::new("second_factor.recovery", object.clone()), async {
            let user = person(caller)?;
            let mut pending = self.store().begin_change().await?;
            if second_factors::count(&mut pending, user).await? == 0 {
                let sentence =
                    "Recovery codes stand for a second factor, and you have none. Set one up first.";
                return Err(OperationError::conflict(sentence));
            }
            self.proved(caller, "make new recovery codes")?;
            let before = recovery_codes::left(&mut pending, user).await?;
            let grant = self.permit_plain(caller, &Requirement::SignedIn)?;
            let mut tx = pending.authorised(grant);
            let codes = new_codes(self, &mut tx, user).await?;
            let mut entry = self.entry(caller, "second_factor.recovery", object);
            entry.before = json!({ "recovery_codes": before });
            entry.after = json!({ "recovery_codes": codes.len() });
            tx.commit(entry).await?;
            Ok(codes)
        })
        .await
    }
}
