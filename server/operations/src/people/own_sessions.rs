//! The sessions of a person: where they are signed in, and ending them one by one or all (ASVS 7.4.5, 7.5.2).

use crate::console::{Caller, Console};
use crate::door::{Attempt, sentence};
use crate::error::{OperationError, Result};
use crate::view::SessionView;
use domain::access::{Actor, Requirement, decide};
use domain::audit::Object;
use domain::device;
use domain::id::UserId;
use domain::time::Timestamp;
use serde_json::json;
use storage::sessions;
use storage::sessions::{EndReason, SessionRow};

impl Console {
    /// The caller's own sessions, last used first. `current` is the hash of the one that asks.
    ///
    /// # Errors
    /// Nobody is signed in.
    pub async fn own_sessions(&self, caller: &Caller, current: Option<&str>) -> Result<Vec<SessionView>> {
        self.traced(caller, "session.list", async {
            let user = person(caller)?;
            let mut tx = self.store().read().await?;
            let rows = sessions::of_user(&mut tx, user, self.now()).await?;
            Ok(rows.into_iter().map(|row| session_view(row, current)).collect())
        })
        .await
    }

    /// Ends one of the caller's own sessions.
    ///
    /// # Errors
    /// There is no such session of the caller.
    pub async fn end_session(&self, caller: &Caller, id: &str) -> Result<()> {
        let object = own(caller);
        self.audited(caller, Attempt::new("session.end", object.clone()), async {
            let user = person(caller)?;
            let pending = self.store().begin_change().await?;
            let grant = self.permit_plain(caller, &Requirement::SignedIn)?;
            let mut tx = pending.authorised(grant);
            if !sessions::end(&mut tx, user, id, EndReason::ByOwner, self.now()).await? {
                return Err(OperationError::not_found("This session has ended already."));
            }
            let mut entry = self.entry(caller, "session.end", object);
            entry.before = json!({ "session": id.chars().take(8).collect::<String>() });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }

    /// Ends all of the caller's sessions but the one that asks; says how many.
    ///
    /// # Errors
    /// Nobody is signed in.
    pub async fn end_other_sessions(&self, caller: &Caller, current: &str) -> Result<u64> {
        let object = own(caller);
        self.audited(caller, Attempt::new("session.end_others", object.clone()), async {
            let user = person(caller)?;
            let pending = self.store().begin_change().await?;
            let grant = self.permit_plain(caller, &Requirement::SignedIn)?;
            let mut tx = pending.authorised(grant);
            let ended =
                sessions::end_of_user(&mut tx, user, Some(current), EndReason::ByOwner, self.now()).await?;
            let mut entry = self.entry(caller, "session.end_others", object);
            entry.before = json!({ "sessions": ended });
            tx.commit(entry).await?;
            Ok(ended)
        })
        .await
    }

    /// Why a session is not there any more, in a sentence that begins with “You were signed out”; none where it never was, or that is
    /// long ago.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn why_signed_out(&self, id_hash: &str) -> Result<Option<String>> {
        let now = self.now();
        let mut tx = self.store().read().await?;
        if let Some(reason) = sessions::end_reason(&mut tx, id_hash).await? {
            return Ok(Some(
                match reason {
                    EndReason::ByOwner => {
                        "You were signed out because you ended this session from another one."
                    }
                    EndReason::ByAdministrator => {
                        "You were signed out because an administrator ended your session."
                    }
                    EndReason::PasswordChanged => "You were signed out because your password was changed.",
                    EndReason::Deactivated => "You were signed out because your account was deactivated.",
                }
                .to_owned(),
            ));
        }
        let row = sessions::any(&mut tx, id_hash).await?.filter(|row| row.user_id.is_some());
        Ok(row.and_then(|row| ended_by_itself(row.idle_expires_at, row.expires_at, now)))
    }
}

pub(crate) fn session_view(row: SessionRow, current: Option<&str>) -> SessionView {
    SessionView {
        current: current == Some(row.id_hash.as_str()),
        device: device::words(&row.user_agent),
        id: row.id_hash,
        address: row.address,
        began_at: row.created_at,
        seen_at: row.last_seen_at,
        ends_at: row.expires_at,
    }
}

fn ended_by_itself(idle: Timestamp, absolute: Timestamp, now: Timestamp) -> Option<String> {
    if absolute <= now {
        return Some("You were signed out because a session ends after some hours in any case.".to_owned());
    }
    (idle <= now).then(|| "You were signed out because you did nothing here for a while.".to_owned())
}

/// The caller as an object of an entry.
pub(crate) fn own(caller: &Caller) -> Object {
    match caller.actor {
        Actor::User { user } => Object::new("user", user, &caller.name),
        _ => Object::new("user", "nobody", &caller.name),
    }
}

/// The user who is signed in.
pub(crate) fn person(caller: &Caller) -> Result<UserId> {
    match (caller.actor, decide(caller.actor, None, &Requirement::SignedIn)) {
        (Actor::User { user }, Ok(_)) => Ok(user),
        (_, Err(denied)) => Err(sentence(&denied, "see this", None)),
        _ => Err(OperationError::not_found("Only an IT user has sessions.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_absolute_end_is_told_before_the_idle_one() {
        let at = Timestamp;
        assert!(ended_by_itself(at(10), at(20), at(9)).is_none());
        assert!(ended_by_itself(at(10), at(20), at(10)).unwrap().contains("nothing here"));
        assert!(ended_by_itself(at(10), at(20), at(20)).unwrap().contains("in any case"));
    }
}
