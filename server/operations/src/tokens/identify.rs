//! Who calls with a token.

use crate::console::{Caller, Console, Limits};
use crate::door::Attempt;
use crate::error::{OperationError, Result};
use domain::access::{Actor, Proof};
use domain::audit::{Object, Origin};
use domain::id::TokenId;
use domain::throttle::{Counted, counted_address};
use domain::time::{MINUTE, SECOND, Timestamp};
use domain::token::{Life, Scopes, Token};
use std::collections::HashMap;
use storage::{attempts, tokens};

/// The use of a token is written down at most this often.
const TOUCH_EVERY: i64 = MINUTE;
/// So many tokens are remembered between two notes; beyond that each use is noted at once.
const REMEMBERED: usize = 10_000;

/// When each token's use was noted last, and the reads since then.
pub(crate) type Uses = HashMap<TokenId, (Timestamp, u64)>;

impl Console {
    /// The service account behind a token. Bad tokens from an address are followed by pauses, as failed sign-ins are.
    ///
    /// # Errors
    /// `Denied` with one sentence for an unknown, revoked or expired token and a deactivated account; another one for a typing error;
    /// `Paused` where there were too many.
    pub async fn token_caller(&self, origin: Origin, bearer: &str, read: bool) -> Result<Caller> {
        let nobody = Caller {
            actor: Actor::Anonymous,
            name: "token".to_owned(),
            origin: origin.clone(),
            proof: Proof::None,
            limits: Limits::default(),
        };
        let address = format!("token {}", counted_address(&origin.address));
        let now = self.now();
        let mut tx = self.store().read().await?;
        if let Some(wait) = attempts::get(&mut tx, "", &address).await?.wait(now) {
            let seconds = (wait + SECOND - 1) / SECOND;
            return Err(OperationError::Paused {
                sentence: format!("Too many bad tokens from your address. Try again in {seconds} s."),
                retry_after_seconds: seconds.unsigned_abs(),
            });
        }
        let (sentence, shown) = match bearer.parse::<Token>() {
            Err(mistyped) => {
                drop(tx);
                (mistyped.to_string(), "no token".to_owned())
            }
            Ok(token) => {
                let found = tokens::by_hash(&mut tx, &token.hash()).await?;
                drop(tx);
                let good = found.filter(|row| {
                    Life { expires_at: row.expires_at, revoked_at: row.revoked_at, active: row.active }
                        .good(now)
                });
                if let Some(row) = good {
                    self.used(row.id, now, read).await?;
                    return Ok(Caller {
                        actor: Actor::User { user: row.user_id },
                        name: row.name.to_string(),
                        origin: Origin { token: Some(row.id.to_string()), ..origin },
                        proof: Proof::Token,
                        limits: Limits { scopes: Some(Scopes::from_bits(row.scopes)), ..Limits::default() },
                    });
                }
                let sentence = "This token is not known, or it is good no longer.";
                (sentence.to_owned(), token.shown())
            }
        };
        self.bad_token(&address, now).await?;
        let attempt = Attempt::new("token.refused", Object::new("token", &shown, &shown));
        self.audited(&nobody, attempt, async {
            Err(OperationError::sign_in(sentence, "Somebody who manages users can make a token."))
        })
        .await
    }

    async fn bad_token(&self, address: &str, now: Timestamp) -> Result<()> {
        let mut tx = self.store().attempt().await?;
        let before = attempts::get(&mut tx, "", address).await?;
        let after = before.failed(self.settings().sign_in_pauses, Counted::Address, now);
        attempts::put(&mut tx, "", address, after).await?;
        Ok(tx.commit(now).await?)
    }

    /// Counts a use. It is written down with the first use after a minute; reads in between are added then.
    async fn used(&self, id: TokenId, now: Timestamp, read: bool) -> Result<()> {
        let reads = {
            let mut uses = self.inner.token_uses.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let (noted, reads) = uses.get(&id).copied().unwrap_or((Timestamp(0), 0));
            let reads = reads + u64::from(read);
            if now.since(noted) < TOUCH_EVERY {
                uses.insert(id, (noted, reads));
                return Ok(());
            }
            if uses.len() < REMEMBERED || uses.contains_key(&id) {
                uses.insert(id, (now, 0));
            }
            reads
        };
        let mut tx = self.store().session_touch().await?;
        tokens::touch(&mut tx, id, now, reads).await?;
        Ok(tx.commit(now).await?)
    }
}
