//! Tagging: what runs in an environment becomes a version, with a number and a change log, and never changes again.

use super::find;
use crate::console::{Caller, Console};
use crate::content;
use crate::door::{Attempt, on, short};
use crate::error::{OperationError, Result};
use crate::infrastructure::{find_environment, topic};
use crate::people::set_up::field;
use domain::access::Right;
use domain::audit::Object;
use domain::id::ApplicationId;
use domain::text::VersionNumber;
use serde_json::json;
use storage::environments::EnvironmentRow;
use storage::states::StateRow;
use storage::versions::VersionRow;
use storage::{Reader, WriteTx, states, versions};

/// Longest change log, characters.
pub const CHANGE_LOG: usize = 2000;

impl Console {
    /// Tags what runs of an application in an environment.
    ///
    /// # Errors
    /// The number is no number, not higher than every number before (R22), the state is tagged already, or the right is missing.
    pub async fn tag(
        &self,
        caller: &Caller,
        infrastructure: &str,
        application: &str,
        environment: &str,
        number: &str,
        change_log: &str,
    ) -> Result<VersionNumber> {
        let object = Object::new("application", short(application), short(application));
        self.audited(caller, Attempt::within(infrastructure, "application.tag", object), async {
            let change_log = change_log.trim();
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let place = find_environment(&mut pending, home.id, environment).await?;
            let row = find(&mut pending, home.id, application).await?;
            let doing = format!("tag {} in {}", row.name, place.name);
            let needed = on(row.id, place.id, Right::Change);
            let grant = self.permit(&mut pending, caller, home.id, &needed, &doing).await?;
            let number = field::<VersionNumber>("number", number)?;
            let length = change_log.chars().count();
            if length > CHANGE_LOG {
                let sentence =
                    format!("A change log has at most {CHANGE_LOG} characters; this one has {length}.");
                return Err(OperationError::invalid("change_log", sentence));
            }
            let state = states::get(&mut pending, place.id, row.id).await?.ok_or_else(|| {
                OperationError::conflict(format!(
                    "{} is not in {}, so there is nothing to tag.",
                    row.name, place.name
                ))
            })?;
            may_tag(&mut pending, row.id, &state, number).await?;
            let before = content::number_of(&mut pending, &state).await?;
            let mut tx = pending.authorised(grant);
            let version = insert(self, &mut tx, caller, &place, &state, number, change_log).await?;
            tx.notice(&topic(home.key.as_str()), row.id);
            let object = Object::new("application", row.id, row.name.as_str());
            let mut entry = self.entry(caller, "application.tag", object);
            entry.infrastructure = Some(home.id);
            entry.related = vec![
                Object::new("environment", place.id, place.name.as_str()),
                Object::new("version", version, number.to_string()),
            ];
            entry.before = json!({ "version": before, "modified": state.modified });
            entry.after = json!({ "version": number, "modified": false, "change_log": change_log });
            tx.commit(entry).await?;
            Ok(number)
        })
        .await
    }
}

/// Whether a state can get this number: it is modified, and the number is higher than every one before (R22).
pub(crate) async fn may_tag(
    tx: &mut impl Reader,
    application: ApplicationId,
    state: &StateRow,
    number: VersionNumber,
) -> Result<()> {
    let latest = versions::latest(tx, application).await?;
    may_tag_above(state, number, latest.map(|version| version.number))
}

/// The same where the highest number so far is known.
pub(crate) fn may_tag_above(
    state: &StateRow,
    number: VersionNumber,
    latest: Option<VersionNumber>,
) -> Result<()> {
    if !state.modified {
        let sentence = "What runs here is a version already; there is nothing new to tag.";
        return Err(OperationError::conflict(sentence));
    }
    if state.mixed {
        let sentence = "The front-ends do not run the same, so there is no one content to tag.";
        return Err(OperationError::conflict(sentence));
    }
    match latest {
        Some(latest) if number <= latest => {
            let sentence = format!(
                "A version number grows: choose one above {}, such as {}.",
                latest,
                VersionNumber::next_after(Some(latest))
            );
            Err(OperationError::invalid("number", sentence))
        }
        _ => Ok(()),
    }
}

/// The number that is proposed: the package's own claim where it is higher than the last, else the next one (R23).
pub(crate) fn proposed(claimed: Option<VersionNumber>, latest: Option<VersionNumber>) -> VersionNumber {
    claimed
        .filter(|claim| latest.is_none_or(|last| *claim > last))
        .unwrap_or_else(|| VersionNumber::next_after(latest))
}

/// Makes the version and sets the state to it.
pub(crate) async fn insert(
    console: &Console,
    tx: &mut WriteTx,
    caller: &Caller,
    place: &EnvironmentRow,
    state: &StateRow,
    number: VersionNumber,
    change_log: &str,
) -> Result<domain::id::VersionId> {
    let version = VersionRow {
        id: console.id(),
        application_id: state.application_id,
        revision_id: state.revision_id,
        number,
        number_order: number.order(),
        change_log: change_log.to_owned(),
        environment_id: place.id,
        created_at: console.now(),
        created_by: caller.name.clone(),
    };
    versions::insert(tx, &version).await?;
    let tagged = StateRow { version_id: Some(version.id), modified: false, ..state.clone() };
    states::put(tx, &tagged).await?;
    Ok(version.id)
}

#[cfg(test)]
mod tests {
    use super::proposed;

    #[test]
    fn a_claim_counts_if_it_is_higher() {
        let v = |text: &str| Some(text.parse().unwrap());
        assert_eq!(proposed(v("1.2.0"), v("1.1.0")).to_string(), "1.2.0");
        assert_eq!(proposed(v("1.0.0"), v("1.1.0")).to_string(), "1.2.0");
        assert_eq!(proposed(None, None).to_string(), "0.1.0");
    }
}
