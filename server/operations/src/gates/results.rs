//! Results of tests, reported by whoever runs them: what a gate “verification” asks for.

use crate::applications::find as find_application;
use crate::console::{Caller, Console};
use crate::door::{Attempt, on, short};
use crate::error::{OperationError, Result};
use crate::infrastructure::{find_environment, topic};
use crate::people::set_up::field;
use domain::access::Right;
use domain::audit::Object;
use domain::text::{Name, VersionNumber};
use serde_json::json;
use storage::verifications::VerificationRow;
use storage::{states, verifications, versions};

/// Longest link, characters.
const LINK: usize = 500;

/// The result of a test, as it is reported.
#[derive(Debug, Clone, Default)]
pub struct TestInput {
    /// Number of the version that was tested.
    pub version: String,
    /// Name of the test.
    pub name: String,
    /// How it ended.
    pub passed: bool,
    /// Where more of it is to be read.
    pub link: String,
}

impl Console {
    /// Reports the result of a test of a version in an environment. The last result of a name counts; it needs the right to deploy the
    /// application there, since a gate may open by it.
    ///
    /// # Errors
    /// Something of it is not there or not acceptable, the version does not run there, or the right is missing.
    pub async fn report_test(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        application: &str,
        input: &TestInput,
    ) -> Result<()> {
        let object = Object::new("application", short(application), short(application));
        self.audited(caller, Attempt::within(infrastructure, "application.verify", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let place = find_environment(&mut pending, home.id, environment).await?;
            let row = find_application(&mut pending, home.id, application).await?;
            let doing = format!("report tests of {} in {}", row.name, place.name);
            let needed = on(row.id, place.id, Right::Deploy);
            let grant = self.permit(&mut pending, caller, home.id, &needed, &doing).await?;
            let name = field::<Name>("name", &input.name)?;
            let number = field::<VersionNumber>("version", &input.version)?;
            let link = input.link.trim();
            let sound = link.is_empty() || link.starts_with("https://") || link.starts_with("http://");
            if !sound || link.chars().count() > LINK || link.chars().any(char::is_whitespace) {
                let sentence = format!("A link begins with https:// and has at most {LINK} characters.");
                return Err(OperationError::invalid("link", sentence));
            }
            let version = versions::by_number(&mut pending, row.id, number.order()).await?;
            let version = version.ok_or_else(|| {
                let sentence = format!("There is no version {number} of {}.", row.name);
                OperationError::invalid("version", sentence)
            })?;
            let state = states::get(&mut pending, place.id, row.id).await?;
            if state.is_none_or(|state| state.revision_id != version.revision_id) {
                let sentence = format!("{} does not run {} {number} now.", place.name, row.name);
                return Err(OperationError::invalid("version", sentence));
            }
            let mut tx = pending.authorised(grant);
            let result = VerificationRow {
                id: self.id(),
                environment_id: place.id,
                application_id: row.id,
                revision_id: version.revision_id,
                name: name.to_string(),
                passed: input.passed,
                link: link.to_owned(),
                at: self.now(),
                reported_by: caller.name.clone(),
                token_id: caller.origin.token.as_deref().and_then(|token| token.parse().ok()),
                by_console: false,
                detail: String::new(),
            };
            verifications::insert(&mut tx, &result).await?;
            tx.notice(&topic(home.key.as_str()), row.id);
            let object = Object::new("application", row.id, row.name.as_str());
            let mut entry = self.entry(caller, "application.verify", object);
            entry.infrastructure = Some(home.id);
            entry.related = vec![
                Object::new("environment", place.id, place.name.as_str()),
                Object::new("version", version.id, number.to_string()),
            ];
            entry.after = json!({ "test": name, "version": number, "passed": input.passed, "link": link });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}
