//! The settings of an application in an environment: what counts, where it comes from, and whether what runs has it.

use super::values::running;
use super::{Known, own_of};
use crate::applications::find as find_application;
use crate::applications::show::possible;
use crate::console::{Caller, Console};
use crate::content;
use crate::door::on;
use crate::error::Result;
use crate::infrastructure::find_environment;
use crate::view::{ApplicationRef, EnvironmentRef, OwnView, SettingView, SettingsPage};
use domain::access::Right;
use domain::setting::{Effective, Told, effective};
use storage::Reader;
use storage::settings::ValueRow;

fn own_view(row: &ValueRow) -> Result<OwnView> {
    Ok(OwnView {
        key: row.key.to_string(),
        kind: row.kind,
        value: Told::of(Some(&own_of(row)?.held)),
        at: row.set_at,
        by: row.set_by.clone(),
    })
}

impl Console {
    /// The settings of an application in an environment. Secrets are told of as set, and no more.
    ///
    /// # Errors
    /// The application or environment is not there for the caller.
    pub async fn settings_of(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        application: &str,
    ) -> Result<SettingsPage> {
        self.traced(caller, "setting.list", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let place = find_environment(&mut tx, home.id, environment).await?;
            let row = find_application(&mut tx, home.id, application).await?;
            let see = on(row.id, place.id, Right::List);
            self.permit(&mut tx, caller, home.id, &see, "see these settings").await?;
            let doing = format!("set settings of {} in {}", row.name, place.name);
            let change = on(row.id, place.id, Right::Deploy);
            let change = self.permit(&mut tx, caller, home.id, &change, &doing).await;
            let doing = format!("apply the settings of {} in {}", row.name, place.name);
            let deploy = on(row.id, place.id, Right::Deploy);
            let deploy = self.permit(&mut tx, caller, home.id, &deploy, &doing).await;
            let runs = running(&mut tx, &place, &row).await?;
            let brought_by = runs.as_ref().and_then(|(state, _)| state.deployment_id);
            let known = Known::load(&mut tx, place.id, &[(row.id, brought_by)], None).await?;
            let all = runs.as_ref().map(|(_, all)| all.as_slice()).unwrap_or_default();
            let own = known.own(row.id)?;
            let ran = known.running(row.id, brought_by, all);
            let mut views = Vec::new();
            for setting in all {
                let counts = effective(setting, own.get(&setting.key), None);
                let stored = known.own_rows(row.id).iter().find(|one| one.key == setting.key);
                let none = Effective { origin: counts.origin, held: None };
                let runs_with = ran.get(&setting.key).unwrap_or(&none);
                views.push(SettingView {
                    key: setting.key.to_string(),
                    name: setting.name.to_string(),
                    description: setting.description.clone(),
                    kind: setting.kind,
                    needed: setting.is_needed(),
                    default: setting.default.clone(),
                    origin: counts.origin,
                    value: counts.told(),
                    own: stored.map(own_view).transpose()?,
                    fits: own.get(&setting.key).is_none_or(|own| own.fits(setting)),
                    runs_with: runs_with.told(),
                    applied: runs_with.mark() == counts.mark(),
                });
            }
            let unused = known.own_rows(row.id).iter();
            let unused = unused.filter(|one| !all.iter().any(|setting| setting.key == one.key));
            let unused = unused.map(own_view).collect::<Result<Vec<_>>>()?;
            let to_apply = views.iter().filter(|view| !view.applied).count() as u64;
            let label = self.label_of(&mut tx, runs.as_ref().map(|(state, _)| state)).await?;
            Ok(SettingsPage {
                application: ApplicationRef::from(&row),
                environment: EnvironmentRef::from(&place),
                runs: label,
                since: runs.as_ref().map(|(state, _)| state.changed_at),
                deployment: brought_by,
                settings: views,
                unused,
                to_apply,
                change: possible(change.map(drop))?,
                apply: if to_apply > 0 { Some(possible(deploy.map(drop))?) } else { None },
            })
        })
        .await
    }

    /// What runs, such as `1.4.0+`.
    async fn label_of(
        &self,
        tx: &mut impl Reader,
        state: Option<&storage::states::StateRow>,
    ) -> Result<Option<String>> {
        let Some(state) = state else { return Ok(None) };
        let number = content::number_of(tx, state).await?;
        let revision = content::revision(tx, state.revision_id).await?;
        let plus = if state.modified && number.is_some() { "+" } else { "" };
        let label = number.map_or_else(|| revision.sha256.short(), |number| number.to_string());
        Ok(Some(format!("{label}{plus}")))
    }
}
