//! Deleting a version that nothing uses (R22, A12). Its content stays as a revision; the log keeps what it was.

use super::find as find_version;
use crate::applications::find;
use crate::console::{Caller, Console};
use crate::content;
use crate::door::{Attempt, fault, on, short};
use crate::error::{OperationError, Result};
use crate::infrastructure::topic;
use domain::access::Right;
use domain::audit::Object;
use serde_json::json;
use storage::applications::ApplicationRow;
use storage::versions::VersionRow;
use storage::{Reader, environments, versions};

/// Whether nothing uses a version: it is in no environment, plan or deployment.
pub(crate) async fn unused(
    tx: &mut impl Reader,
    application: &ApplicationRow,
    version: &VersionRow,
) -> Result<()> {
    let revision = content::revision(tx, version.revision_id).await?;
    let places = versions::base_of(tx, version.id).await?;
    let what = if !places.is_empty() {
        Some("an environment runs it, or something that is based on it")
    } else if !versions::plans(tx, version.id, 1).await?.is_empty() {
        Some("a plan names it")
    } else if !versions::deployments(tx, version, revision.sha256, revision.size, 1).await?.is_empty() {
        Some("a deployment brought it or took it out")
    } else {
        None
    };
    match what {
        None => Ok(()),
        Some(what) => {
            let sentence = format!(
                "{} {} stays: {what}. Only a version that was never used can be deleted (R22).",
                application.name, version.number
            );
            Err(OperationError::conflict(sentence).under("R22"))
        }
    }
}

impl Console {
    /// Deletes a version that is in no environment, plan or deployment.
    ///
    /// # Errors
    /// Something uses it (R22), it is not there for the caller, or Change is missing where it was tagged.
    pub async fn delete_version(
        &self,
        caller: &Caller,
        infrastructure: &str,
        application: &str,
        number: &str,
    ) -> Result<()> {
        let object = Object::new("application", short(application), short(application));
        self.audited(caller, Attempt::within(infrastructure, "version.delete", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let row = find(&mut pending, home.id, application).await?;
            let all = environments::list(&mut pending, home.id, &crate::door::visibility(caller)?).await?;
            self.seen(&mut pending, caller, &home, &row, all.iter().map(|stage| stage.id)).await?;
            let version = find_version(&mut pending, &row, number).await?;
            let doing = format!("delete version {} of {}", version.number, row.name);
            let needed = on(row.id, version.environment_id, Right::Change);
            let grant = self.permit(&mut pending, caller, home.id, &needed, &doing).await?;
            unused(&mut pending, &row, &version).await?;
            let place = environments::by_id(&mut pending, version.environment_id).await?;
            let place = place.ok_or_else(|| fault("a version without the environment it was tagged in"))?;
            let revision = content::revision(&mut pending, version.revision_id).await?;
            let mut tx = pending.authorised(grant);
            versions::remove(&mut tx, version.id).await?;
            tx.notice(&topic(home.key.as_str()), row.id);
            let object = Object::new("application", row.id, row.name.as_str());
            let mut entry = self.entry(caller, "version.delete", object);
            entry.infrastructure = Some(home.id);
            entry.related = vec![
                Object::new("environment", place.id, place.name.as_str()),
                Object::new("version", version.id, version.number.to_string()),
            ];
            entry.before = json!({
                "version": version.number, "change_log": version.change_log, "sha256": revision.sha256,
                "tagged_at": version.created_at, "tagged_by": version.created_by,
            });
            entry.after = json!({ "version": null });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}
