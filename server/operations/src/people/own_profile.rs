//! What people change about themselves: name, e-mail address, time zone and theme.

use super::held::{email, person_name};
use super::own_sessions::{own, person};
use crate::console::{Caller, Console};
use crate::door::Attempt;
use crate::error::{OperationError, Result};
use domain::access::Requirement;
use domain::audit::Object;
use domain::person::Theme;
use serde_json::json;
use storage::users::{self, PreferencesRow, UserRow};

/// What somebody is called and how pages look to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnProfile {
    /// The name people read.
    pub name: String,
    /// The e-mail address; may be empty.
    pub email: String,
    /// A name of the time zone database, such as `Europe/Lisbon`.
    pub time_zone: String,
    /// `system`, `light` or `dark`.
    pub theme: String,
}

impl Console {
    /// Changes the caller's own name, e-mail address, time zone and theme.
    ///
    /// # Errors
    /// Nobody is signed in, a field is not acceptable, or the e-mail address changes without a recent proof.
    pub async fn change_own_profile(&self, caller: &Caller, input: OwnProfile) -> Result<()> {
        let object = own(caller);
        self.audited(caller, Attempt::new("user.change_own", object.clone()), async {
            let user = person(caller)?;
            let name = person_name("name", &input.name)?;
            let email = email(&input.email)?;
            let time_zone = time_zone(&input.time_zone)?;
            let theme: Theme = super::set_up::field("theme", &input.theme)?;
            let mut pending = self.store().begin_change().await?;
            let row = users::by_id(&mut pending, user)
                .await?
                .filter(|row| row.active)
                .ok_or_else(|| OperationError::not_found("There is no such user any more."))?;
            let chosen = users::preferences(&mut pending, user).await?;
            // Mail is where the console may write to one day (ASVS 7.5.1).
            if email != row.email {
                self.proved(caller, "change your e-mail address")?;
            }
            let grant = self.permit_plain(caller, &Requirement::SignedIn)?;
            let mut tx = pending.authorised(grant);
            let changed = UserRow { name: name.clone(), email: email.clone(), ..row.clone() };
            users::update(&mut tx, &changed).await?;
            let preferences = PreferencesRow { time_zone, theme: theme.word().to_owned() };
            users::set_preferences(&mut tx, user, &preferences).await?;
            let mut entry =
                self.entry(caller, "user.change_own", Object::new("user", user, name.as_str()));
            let words = |name: &str, email: &str, chosen: &PreferencesRow| {
                json!({ "name": name, "email": email, "time_zone": chosen.time_zone, "theme": chosen.theme })
            };
            entry.before = words(row.name.as_str(), &row.email, &chosen);
            entry.after = words(name.as_str(), &email, &preferences);
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}

/// A time zone by its name, as the time zone database spells it.
fn time_zone(text: &str) -> Result<String> {
    let text = text.trim();
    let known = jiff::tz::TimeZone::get(text).ok().and_then(|zone| zone.iana_name().map(str::to_owned));
    known.ok_or_else(|| {
        let sentence = format!(
            "“{}” is no time zone; choose one of the list, such as UTC or Europe/Lisbon.",
            crate::door::short(text)
        );
        OperationError::invalid("time_zone", sentence)
    })
}

#[cfg(test)]
mod tests {
    use super::time_zone;

    #[test]
    fn time_zones_are_those_of_the_database() {
        assert_eq!(time_zone(" Europe/Lisbon ").unwrap(), "Europe/Lisbon");
        assert_eq!(time_zone("UTC").unwrap(), "UTC");
        for bad in ["", "Mars/Olympus", "../../etc/passwd", "local"] {
            assert!(time_zone(bad).is_err(), "{bad}");
        }
    }
}
