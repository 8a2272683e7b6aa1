//! Forms about timers.

use leptos::prelude::*;

/// Runs a timer now.
#[server(prefix = "/do", endpoint = "timers/run")]
pub async fn run_timer(infra: String, env: String, app: String, timer: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/environments/{env}/applications/{app}/timers");
    let outcome = async {
        console()?.run_timer(&caller()?, &infra, &env, &app, &timer).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done(format!("{timer} runs now."))) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}
