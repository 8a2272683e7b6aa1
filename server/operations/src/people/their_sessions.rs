//! Somebody else's sessions, ended by who manages users (ASVS 7.4.5).

use super::held::find_user;
use super::own_sessions::session_view;
use crate::console::{Caller, Console};
use crate::error::{OperationError, Result};
use crate::roles::Target;
use crate::view::SessionView;
use domain::access::Actor;
use domain::audit::Object;
use domain::id::UserId;
use serde_json::json;
use storage::sessions;
use storage::sessions::EndReason;

impl Console {
    /// The sessions of a user, last used first.
    ///
    /// # Errors
    /// There is no such user, or the caller does not manage users wherever this one has a role.
    pub async fn user_sessions(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: UserId,
    ) -> Result<Vec<SessionView>> {
        self.traced(caller, "user.sessions", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let user = find_user(&mut tx, id).await?;
            self.manages(&mut tx, caller, home.id, &user, "see this user's sessions").await?;
            let rows = sessions::of_user(&mut tx, id, self.now()).await?;
            Ok(rows.into_iter().map(|row| session_view(row, None)).collect())
        })
        .await
    }

    /// Ends one session of a user.
    ///
    /// # Errors
    /// It has ended already, the user is the caller or is not there, or the caller does not manage users wherever this one has a role.
    pub async fn end_user_session(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: UserId,
        session: &str,
    ) -> Result<()> {
        let attempt = self.attempt("user.end_session", infrastructure, Target::User(id)).await?;
        self.audited(caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let user = find_user(&mut pending, id).await?;
            let grant =
                self.manages(&mut pending, caller, home.id, &user, "end this user's sessions").await?;
            others(caller, id)?;
            let mut tx = pending.authorised(grant);
            if !sessions::end(&mut tx, id, session, EndReason::ByAdministrator, self.now()).await? {
                return Err(OperationError::not_found("This session has ended already."));
            }
            let mut entry =
                self.entry(caller, "user.end_session", Object::new("user", id, user.name.as_str()));
            entry.infrastructure = Some(home.id);
            entry.before = json!({ "session": session.chars().take(8).collect::<String>() });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }

    /// Ends every session of a user; says how many.
    ///
    /// # Errors
    /// The user is the caller or is not there, or the caller does not manage users wherever this one has a role.
    pub async fn end_user_sessions(&self, caller: &Caller, infrastructure: &str, id: UserId) -> Result<u64> {
        let attempt = self.attempt("user.end_sessions", infrastructure, Target::User(id)).await?;
        self.audited(caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let user = find_user(&mut pending, id).await?;
            let grant =
                self.manages(&mut pending, caller, home.id, &user, "end this user's sessions").await?;
            others(caller, id)?;
            let mut tx = pending.authorised(grant);
            let reason = EndReason::ByAdministrator;
            let ended = sessions::end_of_user(&mut tx, id, None, reason, self.now()).await?;
            let mut entry =
                self.entry(caller, "user.end_sessions", Object::new("user", id, user.name.as_str()));
            entry.infrastructure = Some(home.id);
            entry.before = json!({ "sessions": ended });
            tx.commit(entry).await?;
            Ok(ended)
        })
        .await
    }
}

/// One's own sessions end on the own profile, where the one that asks stays.
fn others(caller: &Caller, id: UserId) -> Result<()> {
    if caller.actor == (Actor::User { user: id }) {
        return Err(OperationError::conflict(
            "End your own sessions on your profile; the one you use stays there.",
        ));
    }
    Ok(())
}
