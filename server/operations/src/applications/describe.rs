//! An application's name and description in this infrastructure (A15). They are the console's own: a package brings a name of its own and never
//! changes this one, so that a name that is tried in Development is no news in Production.

use super::create::description;
use super::find;
use crate::console::{Caller, Console};
use crate::door::{Attempt, on, short};
use crate::error::{OperationError, Result};
use crate::infrastructure::topic;
use crate::people::set_up::field;
use crate::view::Renamed;
use domain::access::{Requirement, Right};
use domain::audit::Object;
use domain::id::{ApplicationId, EnvironmentId, InfrastructureId};
use domain::text::Name;
use serde_json::json;
use storage::applications::ApplicationRow;
use storage::{Reader, Visibility, applications, environments, states};

/// Where a name stays after it was changed here.
#[must_use]
pub fn where_it_stays(before: &str) -> Vec<String> {
    vec![
        format!("Packages that were published already say “{before}” inside, and so does what runs of them."),
        "A package that comes says whatever its manifest says; publishing it does not change the name here."
            .to_owned(),
        format!(
            "Entries of the audit log, plans that were named after it, and the history of deployments say “{before}”."
        ),
    ]
}

/// Refuses a name that another application has which is not retired: no environment could have both (R15). Who asks is told no more of it.
pub(crate) async fn name_is_free(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    (field, name): (&'static str, &Name),
    of: Option<ApplicationId>,
) -> Result<()> {
    let others = applications::named(tx, infrastructure, name).await?;
    if others.iter().all(|other| Some(other.id) == of) {
        return Ok(());
    }
    let sentence = format!(
        "Another application is called “{name}”, and no environment could have both (R15); choose another name."
    );
    Err(OperationError::invalid(field, sentence))
}

/// What renaming needs: Change wherever it runs, so that who works in Development alone renames nothing in Production; where it runs
/// nowhere, Change in some environment.
pub(crate) fn to_describe(
    row: &ApplicationRow,
    runs_in: &[EnvironmentId],
    all: &[EnvironmentId],
) -> Requirement {
    let change = |environments: &[EnvironmentId]| -> Vec<Requirement> {
        environments.iter().map(|environment| on(row.id, *environment, Right::Change)).collect()
    };
    if runs_in.is_empty() { Requirement::Any(change(all)) } else { Requirement::All(change(runs_in)) }
}

/// The same, read.
async fn needed(tx: &mut impl Reader, row: &ApplicationRow) -> Result<Requirement> {
    let runs = states::of_application(tx, row.id).await?;
    let runs: Vec<_> = runs.iter().map(|state| state.environment_id).collect();
    let all = environments::list(tx, row.infrastructure_id, &Visibility::Everything).await?;
    Ok(to_describe(row, &runs, &all.iter().map(|stage| stage.id).collect::<Vec<_>>()))
}

impl Console {
    /// Gives an application another name and description. The answer says where the old name stays.
    ///
    /// # Errors
    /// A word is not acceptable, another application has the name (R15), it is not there for the caller, or Change is missing somewhere
    /// where it runs.
    pub async fn describe_application(
        &self,
        caller: &Caller,
        infrastructure: &str,
        application: &str,
        name: &str,
        text: &str,
    ) -> Result<Renamed> {
        let object = Object::new("application", short(application), short(application));
        self.audited(caller, Attempt::within(infrastructure, "application.describe", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let row = find(&mut pending, home.id, application).await?;
            let needed = needed(&mut pending, &row).await?;
            let doing = format!("rename or describe {}", row.name);
            let grant = self.permit(&mut pending, caller, home.id, &needed, &doing).await?;
            let name = field::<Name>("name", name)?;
            if name != row.name {
                name_is_free(&mut pending, home.id, ("name", &name), Some(row.id)).await?;
            }
            let after = ApplicationRow { name, description: description(text)?, ..row.clone() };
            let old_name_stays =
                if after.name == row.name { vec![] } else { where_it_stays(row.name.as_str()) };
            let renamed =
                Renamed { before: row.name.to_string(), name: after.name.to_string(), old_name_stays };
            if after == row {
                return Ok(renamed);
            }
            let mut tx = pending.authorised(grant);
            applications::update(&mut tx, &after).await?;
            tx.notice(&topic(home.key.as_str()), row.id);
            let object = Object::new("application", row.id, after.name.as_str());
            let mut entry = self.entry(caller, "application.describe", object);
            entry.infrastructure = Some(home.id);
            entry.before = json!({ "name": row.name, "description": row.description });
            entry.after = json!({ "name": after.name, "description": after.description });
            tx.commit(entry).await?;
            Ok(renamed)
        })
        .await
    }
}
