//! Forms on an application's page.

use leptos::prelude::*;

/// Tags what runs of an application in an environment.
#[server(prefix = "/do", endpoint = "applications/tag")]
pub async fn tag_version(
    infra: String,
    app: String,
    env: String,
    number: String,
    change_log: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/applications/{app}");
    let outcome = async {
        let number = console()?.tag(&caller()?, &infra, &app, &env, &number, &change_log).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done(format!("Version {number} is tagged."))) })
    };
    let kept =
        [("tagged-in", env.as_str()), ("number", number.as_str()), ("change_log", change_log.as_str())];
    answer(outcome.await, &to, &kept);
    Ok(())
}
