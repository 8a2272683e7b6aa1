//! Tokens of service accounts: made, rotated, revoked, and used.

pub(crate) mod identify;
pub mod rotate;

use crate::console::{Caller, Console};
use crate::door::{Attempt, masked, permitted_wide, short};
use crate::error::{OperationError, Result};
use crate::infrastructure::topic;
use crate::people::held::Held;
use crate::people::set_up::field;
use crate::roles::{Giving, Known};
use crate::view::TokenView;
use domain::access::RoleRights;
use domain::audit::Object;
use domain::id::{TokenId, UserId};
use domain::text::Name;
use domain::time::Timestamp;
use domain::token::{Life, Scope, Scopes, Token, expires};
use serde_json::json;
use storage::tokens::TokenRow;
use storage::{Reader, tokens};

/// Tokens of one account that may be good at the same time.
const MOST_GOOD: u64 = 50;
/// Applications with a role of their own that are looked at; an account with more gets no token on a screen.
const NARROWED: u32 = 1000;

/// A token to make.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// What it is for.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// How long it lives, days.
    pub days: i64,
}

/// A token that was made. Its text is shown once.
#[derive(Debug, Clone)]
pub struct MadeToken {
    /// Identity.
    pub id: TokenId,
    /// The token.
    pub token: Token,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl Console {
    /// Makes a token for a service account.
    ///
    /// # Errors
    /// A field is not acceptable; the account holds more than the caller, or the token would reach further than the caller's own (R28);
    /// the account is deactivated or has too many tokens; or the right or a recent proof is missing (ASVS 7.5.3).
    pub async fn create_token(
        &self,
        caller: &Caller,
        infrastructure: &str,
        account: UserId,
        new: NewToken,
    ) -> Result<MadeToken> {
        let object = Object::new("token", short(&new.name), short(&new.name));
        self.audited(caller, Attempt::within(infrastructure, "token.create", object), async {
            let made = Token::of(&self.inner.ids.secret());
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], "make a token").await?;
            let row = self.account(&mut pending, &home, account).await?;
            let known = Known::load(&mut pending, home).await?;
            may_hand_on(self, &mut pending, caller, &known, account).await?;
            self.proved(caller, "make a token")?;
            let name = field::<Name>("name", &new.name)?;
            let scopes = Scopes::of(&new.scopes);
            reaches_no_further(caller, scopes)?;
            let now = self.now();
            let expires_at =
                expires(now, new.days).map_err(|bad| OperationError::invalid("days", bad.to_string()))?;
            if !row.active {
                return Err(OperationError::conflict(format!(
                    "{} is deactivated. Let it in again before it gets a token.",
                    row.name
                )));
            }
            if row.tokens >= MOST_GOOD {
                return Err(OperationError::conflict(format!(
                    "{} has {MOST_GOOD} good tokens already. Revoke one that is not used.",
                    row.name
                )));
            }
            self.proved(caller, "make a token")?;
            let token = TokenRow {
                id: self.id(),
                user_id: account,
                name,
                hash: made.hash(),
                shown: made.shown(),
                scopes: scopes.bits(),
                created_at: now,
                created_by: caller.user(),
                expires_at,
                revoked_at: None,
                last_used_at: None,
                reads: 0,
            };
            let mut tx = pending.authorised(grant);
            tokens::insert(&mut tx, &token).await?;
            tx.notice(&topic(known.home.key.as_str()), account);
            let object = Object::new("token", token.id, token.name.as_str());
            let mut entry = self.entry(caller, "token.create", object);
            entry.infrastructure = Some(known.home.id);
            entry.related = vec![Object::new("user", account, row.name.as_str())];
            entry.after = json!({
                "token": masked(), "shown": token.shown, "scopes": scopes.words(), "expires_at": expires_at,
            });
            tx.commit(entry).await?;
            Ok(MadeToken { id: token.id, token: made, expires_at })
        })
        .await
    }

    /// Revokes a token; the next request with it is refused.
    ///
    /// # Errors
    /// There is no such token, it has ended already, or the right is missing.
    pub async fn revoke_token(
        &self,
        caller: &Caller,
        infrastructure: &str,
        account: UserId,
        id: TokenId,
    ) -> Result<()> {
        let object = Object::new("token", id, "Token");
        self.audited(caller, Attempt::within(infrastructure, "token.revoke", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], "revoke a token").await?;
            let row = self.account(&mut pending, &home, account).await?;
            let token = find(&mut pending, account, id).await?;
            let now = self.now();
            let mut tx = pending.authorised(grant);
            if !tokens::revoke(&mut tx, account, id, now).await? {
                return Err(OperationError::conflict("This token was revoked before."));
            }
            tx.notice(&topic(home.key.as_str()), account);
            let mut entry = self.entry(caller, "token.revoke", Object::new("token", id, token.name.as_str()));
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("user", account, row.name.as_str())];
            entry.before = json!({ "shown": token.shown, "expires_at": token.expires_at });
            entry.after = json!({ "revoked_at": now });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}

async fn find(tx: &mut impl Reader, account: UserId, id: TokenId) -> Result<TokenRow> {
    let missing = || OperationError::not_found("This service account has no such token.");
    tokens::by_id(tx, account, id).await?.ok_or_else(missing)
}

/// A token makes no token that may more than itself.
fn reaches_no_further(caller: &Caller, scopes: Scopes) -> Result<()> {
    match caller.limits.scopes {
        Some(own) if !scopes.within(own) => Err(OperationError::denied(
            format!("You cannot make a token with {}: your own has {}.", scopes.words(), own.words()),
            "Somebody who is signed in, or a token with these scopes.",
        )
        .under("R28")),
        _ => Ok(()),
    }
}

/// Whether the caller holds everything that an account holds, by default role, teams and grants: whoever has its token acts as it (R28).
pub(crate) async fn may_hand_on(
    console: &Console,
    tx: &mut impl Reader,
    caller: &Caller,
    known: &Known,
    account: UserId,
) -> Result<()> {
    let held = Held::load(tx, known, account, NARROWED).await?;
    let giving = Giving::load(console, tx, caller, &known.home).await?;
    if held.more {
        return Err(OperationError::conflict("This account has roles on too many applications for a token."));
    }
    let narrower = held.narrowed.iter().flat_map(|row| [row.grant_role, row.team_role]).flatten();
    let mut all: Vec<_> = held.role.into_iter().chain(narrower).collect();
    all.sort_unstable();
    all.dedup();
    for id in all {
        let rights: RoleRights = known.rights(id);
        giving.check(known, &known.role(id)?.name, &rights)?;
    }
    Ok(())
}

pub(crate) fn token_view(row: TokenRow, now: Timestamp, active: bool) -> TokenView {
    let life = Life { expires_at: row.expires_at, revoked_at: row.revoked_at, active };
    TokenView {
        good: life.good(now),
        id: row.id,
        name: row.name.to_string(),
        shown: row.shown,
        scopes: Scopes::from_bits(row.scopes).iter().collect(),
        created_at: row.created_at,
        expires_at: row.expires_at,
        revoked_at: row.revoked_at,
        last_used_at: row.last_used_at,
        reads: row.reads,
    }
}
