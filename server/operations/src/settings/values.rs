//! Setting a value for an environment, and going back to the package's default.

use super::{Known, entered, find, own_of};
use crate::applications::find as find_application;
use crate::console::{Caller, Console};
use crate::content;
use crate::door::{Attempt, on, short};
use crate::error::{OperationError, Result};
use crate::infrastructure::{find_environment, topic};
use domain::access::Right;
use domain::audit::Object;
use domain::package::Setting;
use domain::setting::Held;
use serde_json::json;
use storage::applications::ApplicationRow;
use storage::environments::EnvironmentRow;
use storage::settings::ValueRow;
use storage::states::StateRow;
use storage::{Reader, settings, states};

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
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let place = find_environment(&mut pending, home.id, environment).await?;
            let row = find_application(&mut pending, home.id, application).await?;
            let doing = format!("set settings of {} in {}", row.name, place.name);
            let needed = on(row.id, place.id, Right::Deploy);
            let grant = self.permit(&mut pending, caller, home.id, &needed, &doing).await?;
            let runs = running(&mut pending, &place, &row).await?;
            let (_, all) = runs.ok_or_else(|| not_there(&row, &place))?;
            let setting = find(&all, row.name.as_str(), key)?;
            let held = self.hold(place.id, row.id, setting, value)?;
            let known = Known::load(&mut pending, place.id, &[(row.id, None)], None).await?;
            let before = known.own(row.id)?.remove(&setting.key);
            let stored = stored(self, caller, (&place, &row), setting, &held);
            let mut tx = pending.authorised(grant);
            settings::put(&mut tx, &stored).await?;
            tx.notice(&topic(home.key.as_str()), row.id);
            let object = Object::new("application", row.id, row.name.as_str());
            let mut entry = self.entry(caller, "setting.set", object);
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("environment", place.id, place.name.as_str())];
            entry.before = json!({ setting.key.as_str(): entered(before.as_ref().map(|own| &own.held)) });
            entry.after = json!({ setting.key.as_str(): entered(Some(&held)) });
            tx.commit(entry).await?;
            Ok(())
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
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let place = find_environment(&mut pending, home.id, environment).await?;
            let row = find_application(&mut pending, home.id, application).await?;
            let doing = format!("set settings of {} in {}", row.name, place.name);
            let needed = on(row.id, place.id, Right::Deploy);
            let grant = self.permit(&mut pending, caller, home.id, &needed, &doing).await?;
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
            tx.notice(&topic(home.key.as_str()), row.id);
            let object = Object::new("application", row.id, row.name.as_str());
            let mut entry = self.entry(caller, "setting.clear", object);
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("environment", place.id, place.name.as_str())];
            entry.before = json!({ old.key.as_str(): entered(Some(&before.held)) });
            entry.after = json!({ old.key.as_str(): null });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
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
