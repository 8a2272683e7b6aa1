//! Maintenance mode: while an environment is in it, nothing new is brought there, and everybody reads why.

use crate::console::{Caller, Console};
use crate::door::{Attempt, permitted_wide, short};
use crate::error::{OperationError, Result};
use crate::infrastructure::{find_environment, topic};
use crate::people::set_up::field;
use crate::view::Maintenance;
use domain::audit::Object;
use domain::environment::Reason;
use domain::gate::{Answer, State};
use domain::id::EnvironmentId;
use serde_json::json;
use storage::environments::EnvironmentRow;
use storage::maintenance::MaintenanceRow;
use storage::{Reader, deployments, environments, maintenance, parked};

/// Why nothing new may be brought into an environment, if it is in maintenance.
pub(crate) async fn refused(tx: &mut impl Reader, environment: &EnvironmentRow) -> Result<()> {
    let Some(row) = maintenance::of(tx, environment.id).await? else { return Ok(()) };
    Err(OperationError::conflict(format!(
        "{} is in maintenance: {} {} put it there; start again when the maintenance has ended.",
        environment.name,
        sentence(&row.reason),
        row.started_by
    )))
}

/// Why nothing is tagged in an environment and nothing goes from there, if it is in maintenance (R21).
pub(crate) async fn refused_from(tx: &mut impl Reader, environment: EnvironmentId) -> Result<()> {
    let Some(row) = maintenance::of(tx, environment).await? else { return Ok(()) };
    let place = environments::by_id(tx, environment).await?;
    Err(OperationError::conflict(format!(
        "{} is in maintenance: {} {} put it there; nothing is tagged there and nothing goes from there until it has ended (R21).",
        place.map(|place| place.name.to_string()).unwrap_or_default(),
        sentence(&row.reason),
        row.started_by
    )))
}

/// What a maintenance says of a run that was started and has not begun: it waits for the end. None where there is no maintenance.
pub(crate) async fn answer(tx: &mut impl Reader, environment: EnvironmentId) -> Result<Option<Answer>> {
    let Some(row) = maintenance::of(tx, environment).await? else { return Ok(None) };
    let place = environments::by_id(tx, environment).await?;
    let name = place.map(|place| place.name.to_string()).unwrap_or_default();
    Ok(Some(Answer {
        rule: "maintenance",
        gate: None,
        freeze: None,
        title: "Maintenance",
        state: State::Parks,
        sentence: format!("{name} is in maintenance: {}", sentence(&row.reason)),
        short: String::new(),
        lifted_by: format!(
            "{} put it there; it goes on by itself when the maintenance ends.",
            row.started_by
        ),
        until: None,
    }))
}

/// A reason with its full stop.
fn sentence(reason: &Reason) -> String {
    let text = reason.as_str();
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

impl Console {
    /// Puts an environment into maintenance, or gives another reason while it is. New deployments and publications are refused from now
    /// on; what was started and has not begun waits for its end; what runs goes on. The answer says how many are open.
    ///
    /// # Errors
    /// The environment is not there, the reason is not acceptable, or “Manage Infrastructure and Users” is missing.
    pub async fn begin_maintenance(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        reason: &str,
    ) -> Result<Maintenance> {
        let object = Object::new("environment", short(environment), short(environment));
        self.audited(
            caller,
            Attempt::within(infrastructure, "environment.maintenance_begin", object),
            async {
                let reason = field::<Reason>("reason", reason)?;
                let mut pending = self.store().begin_change().await?;
                let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
                let place = find_environment(&mut pending, home.id, environment).await?;
                let doing = format!("put {} into maintenance", place.name);
                let grant = permitted_wide(self, &mut pending, caller, &[home.id], &doing).await?;
                let before = maintenance::of(&mut pending, place.id).await?;
                let open = deployments::open(&mut pending, home.id).await?;
                let open = open.iter().filter(|run| run.target_id == place.id).count() as u64;
                let mut tx = pending.authorised(grant);
                let row = match &before {
                    Some(now) => {
                        maintenance::set_reason(&mut tx, place.id, &reason).await?;
                        MaintenanceRow { reason, ..now.clone() }
                    }
                    None => {
                        let row = MaintenanceRow {
                            environment_id: place.id,
                            reason,
                            since: self.now(),
                            started_by: caller.name.clone(),
                        };
                        maintenance::put(&mut tx, &row).await?;
                        row
                    }
                };
                tx.notice(&topic(home.key.as_str()), place.id);
                let object = Object::new("environment", place.id, place.name.as_str());
                let mut entry = self.entry(caller, "environment.maintenance_begin", object);
                entry.infrastructure = Some(home.id);
                entry.before = json!({ "reason": before.map(|row| row.reason) });
                entry.after = json!({ "reason": row.reason, "open_deployments": open });
                tx.commit(entry).await?;
                Ok(Maintenance { open, ..Maintenance::from(row) })
            },
        )
        .await
    }

    /// Ends an environment's maintenance.
    ///
    /// # Errors
    /// It is in none, it is not there, or “Manage Infrastructure and Users” is missing.
    pub async fn end_maintenance(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
    ) -> Result<()> {
        let object = Object::new("environment", short(environment), short(environment));
        self.audited(caller, Attempt::within(infrastructure, "environment.maintenance_end", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let place = find_environment(&mut pending, home.id, environment).await?;
            let doing = format!("end the maintenance of {}", place.name);
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], &doing).await?;
            let Some(row) = maintenance::of(&mut pending, place.id).await? else {
                return Err(OperationError::conflict(format!("{} is in no maintenance.", place.name)));
            };
            let mut tx = pending.authorised(grant);
            maintenance::remove(&mut tx, place.id).await?;
            parked::wake(&mut tx, home.id, self.now()).await?;
            tx.notice("engine", place.id);
            tx.notice(&topic(home.key.as_str()), place.id);
            let object = Object::new("environment", place.id, place.name.as_str());
            let mut entry = self.entry(caller, "environment.maintenance_end", object);
            entry.infrastructure = Some(home.id);
            entry.before = json!({ "reason": row.reason, "since": row.since });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}

impl From<MaintenanceRow> for Maintenance {
    fn from(row: MaintenanceRow) -> Self {
        Self { reason: row.reason.to_string(), since: row.since, by: row.started_by, open: 0 }
    }
}
