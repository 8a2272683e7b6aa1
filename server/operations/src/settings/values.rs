//! Setting a value for an environment, and going back to the package's default.

use super::{Known, entered, find, own_of};
use crate::applications::find as find_application;
use crate::console::{Caller, Console};
use crate::content;
use crate::door::{Attempt, on, short};
use crate::error::{OperationError, Result};
use crate::infrastructure::{find_environment, topic};
use domain::access::{Grant, Right};
use domain::audit::Object;
use domain::package::Setting;
use domain::setting::Held;
use serde_json::{Value, json};
use storage::applications::ApplicationRow;
use storage::environments::EnvironmentRow;
use storage::infrastructures::InfrastructureRow;
use storage::settings::ValueRow;
use storage::states::StateRow;
use storage::{PendingTx, Reader, WriteTx, settings, states};

/// What runs of an application in an environment, and the settings that it has.
pub(super) async fn running(
    tx: &mut impl Reader,
    environment: &EnvironmentRow,
    application: &ApplicationRow,
) -> Result<Option<(StateRow, Vec<Setting>)>> {
    let Some(state) = states::get(tx, environment.id, application.id).await? else { return Ok(None) };
    let revision = content::revision(tx, state.revision_id).await?;
    Ok(Some((state, content::summary(&revision)?.manifest.settings)))
}

/// The sentence for an application that is not in an environment.
pub(super) fn not_there(application: &ApplicationRow, environment: &EnvironmentRow) -> OperationError {
    OperationError::conflict(format!(
        "{} is not in {}; its settings there are set in the plan that brings it.",
        application.name, environment.name
    ))
}

/// An application in an environment whose settings somebody may change.
pub(super) struct Changing {
    pub pending: PendingTx,
    pub home: InfrastructureRow,
    pub place: EnvironmentRow,
    pub row: ApplicationRow,
    pub grant: Grant,
    /// What is done, for refusals.
    pub doing: String,
}

impl Console {
    /// Sets a value of an application's setting in an environment. It counts from the next deployment of the application there on, or once the
    /// settings are applied. It needs Deploy on the application there: who decides what runs in an environment decides with what.
    ///
    /// # Errors
    /// The application is not there for the caller or not in the environment, it has no such setting, the value is not acceptable, or Deploy
    /// is missing.
    pub async fn set_setting(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        application: &str,
        key: &str,
        value: &str,
    ) -> Result<()> {
        let object = Object::new("application", short(application), short(application));
        self.audited(caller, Attempt::within(infrastructure, "setting.set", object), async {
            let what = (environment, application, "set settings");
            let Changing { mut pending, home, place, row, grant, .. } =
                self.changing(caller, infrastructure, what).await?;
            let runs = running(&mut pending, &place, &row).await?;
            let (_, all) = runs.ok_or_else(|| not_there(&row, &place))?;
            let setting = find(&all, row.name.as_str(), key)?;
            let held = self.hold(place.id, row.id, setting, value)?;
            let known = Known::load(&mut pending, place.id, &[(row.id, None)], None).await?;
            let before = known.own(row.id)?.remove(&setting.key);
            let stored = stored(self, caller, (&place, &row), setting, &held);
            let mut tx = pending.authorised(grant);
            settings::put(&mut tx, &stored).await?;
            let before = json!({ setting.key.as_str(): entered(before.as_ref().map(|own| &own.held)) });
            let after = json!({ setting.key.as_str(): entered(Some(&held)) });
            self.changed(tx, caller, "setting.set", (&home, &place, &row), (before, after)).await
        })
        .await
    }

    /// Takes the environment's own value away, also one of a setting that the running version does not have any more: the package's default
    /// counts then.
    ///
    /// # Errors
    /// The application is not there for the caller, the environment has no value of its own, or Deploy is missing.
    pub async fn clear_setting(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        application: &str,
        key: &str,
    ) -> Result<()> {
        let object = Object::new("application", short(application), short(application));
        self.audited(caller, Attempt::within(infrastructure, "setting.clear", object), async {
            let what = (environment, application, "set settings");
            let Changing { mut pending, home, place, row, grant, .. } =
                self.changing(caller, infrastructure, what).await?;
            let all = settings::of(&mut pending, place.id, row.id).await?;
            let Some(old) = all.into_iter().find(|one| one.key.as_str() == key) else {
                return Err(OperationError::conflict(format!(
                    "{} has no value of its own for “{}” of {}.",
                    place.name,
                    short(key),
                    row.name
                )));
            };
            let before = own_of(&old)?;
            let mut tx = pending.authorised(grant);
            settings::remove(&mut tx, place.id, row.id, &old.key).await?;
            let before = json!({ old.key.as_str(): entered(Some(&before.held)) });
            let after = json!({ old.key.as_str(): null });
            self.changed(tx, caller, "setting.clear", (&home, &place, &row), (before, after)).await
        })
        .await
    }

    /// What every change of an application's settings in an environment begins with: it is there, and Deploy on it is held.
    pub(super) async fn changing(
        &self,
        caller: &Caller,
        infrastructure: &str,
        (environment, application, what): (&str, &str, &str),
    ) -> Result<Changing> {
        let mut pending = self.store().begin_change().await?;
        let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
        let place = find_environment(&mut pending, home.id, environment).await?;
        let row = find_application(&mut pending, home.id, application).await?;
        let doing = format!("{what} of {} in {}", row.name, place.name);
        let needed = on(row.id, place.id, Right::Deploy);
        let grant = self.permit(&mut pending, caller, home.id, &needed, &doing).await?;
        Ok(Changing { pending, home, place, row, grant, doing })
    }

    /// The end of a change of one value: the notice and the entry commit with it.
    async fn changed(
        &self,
        mut tx: WriteTx,
        caller: &Caller,
        operation: &str,
        (home, place, row): (&InfrastructureRow, &EnvironmentRow, &ApplicationRow),
        (before, after): (Value, Value),
    ) -> Result<()> {
        tx.notice(&topic(home.key.as_str()), row.id);
        let object = Object::new("application", row.id, row.name.as_str());
        let mut entry = self.entry(caller, operation, object);
        entry.infrastructure = Some(home.id);
        entry.related = vec![Object::new("environment", place.id, place.name.as_str())];
        (entry.before, entry.after) = (before, after);
        tx.commit(entry).await?;
        Ok(())
    }
}

fn stored(
    console: &Console,
    caller: &Caller,
    (place, row): (&EnvironmentRow, &ApplicationRow),
    setting: &Setting,
    held: &Held,
) -> ValueRow {
    let (value, sealed, mark) = super::columns(Some(held));
    ValueRow {
        environment_id: place.id,
        application_id: row.id,
        key: setting.key.clone(),
        kind: setting.kind,
        value,
        sealed,
        mark,
        set_at: console.now(),
        set_by: caller.name.clone(),
    }
}
