//! Rotating a token: a successor with the same name and scopes, while the old one stays good for a stated overlap.

use super::{MadeToken, find, may_hand_on, reaches_no_further};
use crate::console::{Caller, Console};
use crate::door::{Attempt, masked, permitted_wide};
use crate::error::{OperationError, Result};
use crate::infrastructure::topic;
use crate::roles::Known;
use domain::audit::Object;
use domain::id::{TokenId, UserId};
use domain::token::{Life, Scopes, Token, expires, rotated_until};
use serde_json::json;
use storage::tokens;
use storage::tokens::TokenRow;

impl Console {
    /// Makes a successor that lives for so many days. The old token ends after the overlap, and never later than it would have.
    ///
    /// # Errors
    /// There is no such token or it is good no longer, days or overlap are out of range, or one of the rules of making a token.
    pub async fn rotate_token(
        &self,
        caller: &Caller,
        infrastructure: &str,
        account: UserId,
        id: TokenId,
        days: i64,
        overlap_hours: i64,
    ) -> Result<MadeToken> {
        let object = Object::new("token", id, "Token");
        self.audited(caller, Attempt::within(infrastructure, "token.rotate", object), async {
            let made = Token::of(&self.inner.ids.secret());
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], "rotate a token").await?;
            let row = self.account(&mut pending, &home, account).await?;
            let old = find(&mut pending, account, id).await?;
            let known = Known::load(&mut pending, home).await?;
            may_hand_on(self, &mut pending, caller, &known, account).await?;
            reaches_no_further(caller, Scopes::from_bits(old.scopes))?;
            self.proved(caller, "make a token")?;
            let now = self.now();
            let life = Life { expires_at: old.expires_at, revoked_at: old.revoked_at, active: row.active };
            if !life.good(now) {
                let sentence = "This token is good no longer, so it cannot be rotated. Make a new one.";
                return Err(OperationError::conflict(sentence));
            }
            let expires_at =
                expires(now, days).map_err(|bad| OperationError::invalid("days", bad.to_string()))?;
            let until = rotated_until(now, old.expires_at, overlap_hours)
                .map_err(|bad| OperationError::invalid("overlap_hours", bad.to_string()))?;
            self.proved(caller, "rotate a token")?;
            let token = TokenRow {
                id: self.id(),
                hash: made.hash(),
                shown: made.shown(),
                created_at: now,
                created_by: caller.user(),
                expires_at,
                last_used_at: None,
                reads: 0,
                ..old.clone()
            };
            let mut tx = pending.authorised(grant);
            tokens::insert(&mut tx, &token).await?;
            tokens::shorten(&mut tx, account, id, until).await?;
            tx.notice(&topic(known.home.key.as_str()), account);
            let mut entry = self.entry(caller, "token.rotate", Object::new("token", id, old.name.as_str()));
            entry.infrastructure = Some(known.home.id);
            entry.related = vec![
                Object::new("user", account, row.name.as_str()),
                Object::new("token", token.id, token.name.as_str()),
            ];
            entry.before = json!({ "shown": old.shown, "expires_at": old.expires_at });
            entry.after = json!({
                "expires_at": until, "successor": masked(), "successor_shown": token.shown,
                "successor_expires_at": expires_at,
            });
            tx.commit(entry).await?;
            Ok(MadeToken { id: token.id, token: made, expires_at })
        })
        .await
    }
}
