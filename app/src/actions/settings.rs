//! Forms about settings. What was typed comes back after a refusal only where the form says that it is no secret.

use leptos::prelude::*;

/// A value that was typed for a setting.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct SettingForm {
    /// Key of the setting.
    key: String,
    #[serde(default)]
    value: String,
    /// It is no secret.
    #[serde(default)]
    plain: bool,
}

impl SettingForm {
    /// What the form gets back after a refusal: never a secret.
    #[must_use]
    pub fn kept<'f>(&'f self, application: &'f str) -> [(&'f str, &'f str); 3] {
        let value = if self.plain { self.value.as_str() } else { "" };
        [("setting-of", application), ("setting", self.key.as_str()), ("value", value)]
    }
}

/// Sets a value for an environment.
#[server(prefix = "/do", endpoint = "settings/set")]
pub async fn set_setting(
    infra: String,
    env: String,
    app: String,
    wanted: SettingForm,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/environments/{env}/applications/{app}/settings");
    let outcome = async {
        console()?.set_setting(&caller()?, &infra, &env, &app, &wanted.key, &wanted.value).await?;
        let words =
            format!("{} is set. It counts once it is applied, or with the next deployment.", wanted.key);
        Ok(Done { to: to.clone(), flash: Some(Flash::done(words)) })
    };
    answer(outcome.await, &to, &wanted.kept(&app));
    Ok(())
}

/// Goes back to the default of the package.
#[server(prefix = "/do", endpoint = "settings/clear")]
pub async fn clear_setting(
    infra: String,
    env: String,
    app: String,
    key: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/environments/{env}/applications/{app}/settings");
    let outcome = async {
        console()?.clear_setting(&caller()?, &infra, &env, &app, &key).await?;
        let words = format!("The environment has no value of its own for {key} any more.");
        Ok(Done { to: to.clone(), flash: Some(Flash::done(words)) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Starts what runs once more, with the settings that count now.
#[server(prefix = "/do", endpoint = "settings/apply")]
pub async fn apply_settings(infra: String, env: String, app: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    let back = format!("/i/{infra}/environments/{env}/applications/{app}/settings");
    let outcome = async {
        let run = console()?.apply_settings(&caller()?, &infra, &env, &app).await?;
        Ok(Done { to: format!("/i/{infra}/deployments/{run}"), flash: None })
    };
    answer(outcome.await, &back, &[]);
    Ok(())
}

/// Sets a value in a plan.
#[server(prefix = "/do", endpoint = "plans/setting")]
pub async fn plan_setting(
    infra: String,
    plan: String,
    app: String,
    wanted: SettingForm,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    let to = format!("/i/{infra}/plans/{plan}#settings");
    let outcome = async {
        let id = crate::context::identity(&plan)?;
        console()?.plan_setting(&caller()?, &infra, id, &app, &wanted.key, &wanted.value).await?;
        Ok(Done { to: to.clone(), flash: None })
    };
    answer(outcome.await, &to, &wanted.kept(&app));
    Ok(())
}

/// Sets a value in a plan no more.
#[server(prefix = "/do", endpoint = "plans/withdraw-setting")]
pub async fn withdraw_plan_setting(
    infra: String,
    plan: String,
    app: String,
    key: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    let to = format!("/i/{infra}/plans/{plan}#settings");
    let outcome = async {
        let id = crate::context::identity(&plan)?;
        console()?.withdraw_plan_setting(&caller()?, &infra, id, &app, &key).await?;
        Ok(Done { to: to.clone(), flash: None })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}
