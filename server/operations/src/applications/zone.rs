//! The deployment zone of an application in an environment (R42).

use super::find;
use crate::console::{Caller, Console};
use crate::deployments::ways::Zones;
use crate::door::{Attempt, on, short};
use crate::error::{OperationError, Result};
use crate::infrastructure::{find_environment, topic};
use domain::access::Right;
use domain::audit::Object;
use serde_json::json;
use storage::zones::ApplicationZoneRow;
use storage::{states, zones};

impl Console {
    /// Chooses the deployment zone that an application goes to in an environment; an empty key is the default one. Where it runs already, its
    /// next deployment brings it to the zone's front-ends and takes it out of the others; until then nothing moves.
    ///
    /// # Errors
    /// There is no such application, environment or zone, or Deploy on the application there is missing.
    pub async fn choose_zone(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        application: &str,
        zone: &str,
    ) -> Result<()> {
        let object = Object::new("application", short(application), short(application));
        self.audited(caller, Attempt::within(infrastructure, "application.zone", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let place = find_environment(&mut pending, home.id, environment).await?;
            let row = find(&mut pending, home.id, application).await?;
            let doing = format!("choose the deployment zone of {} in {}", row.name, place.name);
            let needed = on(row.id, place.id, Right::Deploy);
            let grant = self.permit(&mut pending, caller, home.id, &needed, &doing).await?;
            let all = zones::of_environment(&mut pending, place.id).await?;
            let wanted = zone.trim();
            let chosen = match wanted {
                "" => all.iter().find(|each| each.is_default),
                key => all.iter().find(|each| each.key.as_str() == key),
            };
            let Some(chosen) = chosen else {
                let sentence = format!(
                    "{} has no deployment zone “{}”; choose one of the list.",
                    place.name,
                    short(wanted)
                );
                return Err(OperationError::invalid("zone", sentence));
            };
            let now = Zones::load(&mut pending, &place).await?;
            let before = now.of(row.id)?;
            if before.id == chosen.id {
                return Ok(());
            }
            let runs = states::get(&mut pending, place.id, row.id).await?.is_some();
            let mut tx = pending.authorised(grant);
            let choice = ApplicationZoneRow {
                environment_id: place.id,
                application_id: row.id,
                zone_id: chosen.id,
                pending: runs,
            };
            zones::choose(&mut tx, &choice).await?;
            tx.notice(&topic(home.key.as_str()), row.id);
            let object = Object::new("application", row.id, row.name.as_str());
            let mut entry = self.entry(caller, "application.zone", object);
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("environment", place.id, place.name.as_str())];
            entry.before = json!({ "zone": before.name });
            entry.after = json!({ "zone": chosen.name });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}
