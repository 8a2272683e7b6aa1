//! Pins: an application that was rolled back stays at what it went back to, until somebody lifts the pin.

use super::find;
use crate::console::{Caller, Console};
use crate::door::{Attempt, on, short};
use crate::error::{OperationError, Result};
use crate::infrastructure::{find_environment, topic};
use crate::view::{Pin, Refusal};
use domain::access::Right;
use domain::audit::Object;
use domain::id::{ApplicationId, EnvironmentId};
use serde_json::json;
use storage::environments::EnvironmentRow;
use storage::pins::PinRow;
use storage::{Reader, pins};

/// Why an application cannot be changed in an environment where it is pinned.
fn refusal(pin: &PinRow, application: &str, environment: &str) -> Refusal {
    Refusal {
        sentence: format!("{application} is pinned in {environment}: {}, by {}.", pin.reason, pin.pinned_by),
        lifted_by: format!(
            "Somebody who may deploy {application} in {environment} lifts the pin on its page."
        ),
    }
}

/// Why these applications cannot be changed in an environment: a reason for each that is pinned there.
pub(crate) async fn refusals(
    tx: &mut impl Reader,
    target: &EnvironmentRow,
    applications: &[(ApplicationId, String)],
) -> Result<Vec<Refusal>> {
    let pinned = pins::in_environment(tx, target.id).await?;
    let of = |(id, name): &(ApplicationId, String)| {
        let pin = pinned.iter().find(|pin| pin.application_id == *id)?;
        Some(refusal(pin, name, target.name.as_str()))
    };
    Ok(applications.iter().filter_map(of).collect())
}

/// The pin of an application in an environment, for its page.
pub(crate) fn view(rows: &[PinRow], environment: EnvironmentId) -> Option<Pin> {
    let row = rows.iter().find(|row| row.environment_id == environment)?;
    Some(Pin {
        deployment: row.deployment_id,
        reason: row.reason.clone(),
        since: row.pinned_at,
        by: row.pinned_by.clone(),
    })
}

impl Console {
    /// Lifts the pin of an application in an environment.
    ///
    /// # Errors
    /// It is not there, it is not pinned, or Deploy on it is missing in that environment.
    pub async fn lift_pin(
        &self,
        caller: &Caller,
        infrastructure: &str,
        application: &str,
        environment: &str,
    ) -> Result<()> {
        let object = Object::new("application", short(application), short(application));
        self.audited(caller, Attempt::within(infrastructure, "application.lift_pin", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let place = find_environment(&mut pending, home.id, environment).await?;
            let row = find(&mut pending, home.id, application).await?;
            let doing = format!("lift the pin of {} in {}", row.name, place.name);
            let needed = on(row.id, place.id, Right::Deploy);
            let grant = self.permit(&mut pending, caller, home.id, &needed, &doing).await?;
            let Some(pin) = pins::get(&mut pending, place.id, row.id).await? else {
                let sentence = format!("{} is not pinned in {}.", row.name, place.name);
                return Err(OperationError::conflict(sentence));
            };
            let mut tx = pending.authorised(grant);
            pins::lift(&mut tx, place.id, row.id).await?;
            tx.notice(&topic(home.key.as_str()), row.id);
            let object = Object::new("application", row.id, row.name.as_str());
            let mut entry = self.entry(caller, "application.lift_pin", object);
            entry.infrastructure = Some(home.id);
            entry.related = vec![
                Object::new("environment", place.id, place.name.as_str()),
                Object::new("deployment", pin.deployment_id, "Rollback"),
            ];
            entry.before = json!({ "reason": pin.reason, "by": pin.pinned_by, "since": pin.pinned_at });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}
