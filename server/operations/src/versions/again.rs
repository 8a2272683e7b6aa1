//! Tagging again: an older version's content gets a new, higher number, which is the way back that R03 leaves (A10, B28).

use super::find as find_version;
use crate::applications::tag::change_log;
use crate::applications::{find, retire};
use crate::console::{Caller, Console};
use crate::content::number_of;
use crate::door::{Attempt, on, short};
use crate::error::{OperationError, Result};
use crate::infrastructure::{find_environment, topic};
use crate::maintenance;
use crate::people::set_up::field;
use domain::access::Right;
use domain::audit::Object;
use domain::text::VersionNumber;
use domain::version::{Ground, Numbers};
use serde_json::json;
use storage::versions::VersionRow;
use storage::{states, versions};

/// An older version to be tagged again, as somebody typed it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgainInput {
    /// Key of the environment that it is tagged in: plans from there can bring it on.
    pub environment: String,
    /// The new number; empty for the one that is proposed.
    pub number: String,
    /// What is said about it.
    pub change_log: String,
}

/// What an older version can be tagged as again, where an environment runs another number.
pub(crate) fn numbers(
    ends: Vec<VersionNumber>,
    running: Option<VersionNumber>,
    older: VersionNumber,
) -> Numbers {
    Numbers { ends, base: Some(running.map_or(older, |running| running.max(older))), floor: Some(older) }
}

impl Console {
    /// Gives an older version's content a new number, in an environment. Nothing runs otherwise than before.
    ///
    /// # Errors
    /// The number is no number or not above those that it has to be above (R22), the change log is too long, application, version or
    /// environment are not there for the caller, or Change is missing there.
    pub async fn tag_again(
        &self,
        caller: &Caller,
        infrastructure: &str,
        application: &str,
        number: &str,
        input: &AgainInput,
    ) -> Result<VersionNumber> {
        let object = Object::new("application", short(application), short(application));
        self.audited(caller, Attempt::within(infrastructure, "version.tag_again", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let place = find_environment(&mut pending, home.id, &input.environment).await?;
            let row = find(&mut pending, home.id, application).await?;
            let doing = format!("tag {} in {}", row.name, place.name);
            let needed = on(row.id, place.id, Right::Change);
            let grant = self.permit(&mut pending, caller, home.id, &needed, &doing).await?;
            let older = find_version(&mut pending, &row, number).await?;
            maintenance::refused_from(&mut pending, place.id).await?;
            retire::refused(&mut pending, &row).await?;
            let change_log = change_log(&input.change_log)?;
            let ends =
                versions::line_ends(&mut pending, &[row.id]).await?.remove(&row.id).unwrap_or_default();
            let running = match states::get(&mut pending, place.id, row.id).await? {
                Some(state) => number_of(&mut pending, &state).await?,
                None => None,
            };
            let numbers = numbers(ends, running, older.number);
            let new = match input.number.trim() {
                "" => numbers.proposed(Ground::Earlier, None),
                typed => field::<VersionNumber>("number", typed)?,
            };
            numbers.check(Ground::Earlier, new).map_err(|fault| {
                let sentence = format!(
                    "A version number grows: choose one above {}, such as {}.",
                    fault.limit, fault.proposed
                );
                OperationError::invalid("number", sentence)
            })?;
            let version = VersionRow {
                id: self.id(),
                application_id: row.id,
                revision_id: older.revision_id,
                number: new,
                number_order: new.order(),
                change_log: change_log.to_owned(),
                environment_id: place.id,
                created_at: self.now(),
                created_by: caller.name.clone(),
            };
            let mut tx = pending.authorised(grant);
            versions::insert(&mut tx, &version).await?;
            tx.notice(&topic(home.key.as_str()), row.id);
            let object = Object::new("application", row.id, row.name.as_str());
            let mut entry = self.entry(caller, "version.tag_again", object);
            entry.infrastructure = Some(home.id);
            entry.related = vec![
                Object::new("environment", place.id, place.name.as_str()),
                Object::new("version", version.id, new.to_string()),
            ];
            entry.before = json!({ "version": older.number });
            entry.after =
                json!({ "version": new, "content_of": older.number, "change_log": version.change_log });
            tx.commit(entry).await?;
            Ok(new)
        })
        .await
    }
}
