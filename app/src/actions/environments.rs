//! Forms on the pages of environments.

use leptos::prelude::*;

/// Puts an environment into maintenance, or gives another reason.
#[server(prefix = "/do", endpoint = "environments/maintain")]
pub async fn maintain(infra: String, env: String, reason: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/environments/{env}");
    let outcome = async {
        let done = console()?.begin_maintenance(&caller()?, &infra, &env, &reason).await?;
        let running = match done.open {
            0 => "Nothing is being brought there now.".to_owned(),
            1 => "One deployment was started before: wait until it has ended.".to_owned(),
            n => format!("{n} deployments were started before: wait until they have ended."),
        };
        let words = format!("It is in maintenance; new deployments are refused. {running}");
        Ok(Done { to: to.clone(), flash: Some(Flash::done(words)) })
    };
    answer(outcome.await, &to, &[("reason", reason.as_str())]);
    Ok(())
}

/// Ends an environment's maintenance.
#[server(prefix = "/do", endpoint = "environments/end-maintenance")]
pub async fn end_maintenance(infra: String, env: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/environments/{env}");
    let outcome = async {
        console()?.end_maintenance(&caller()?, &infra, &env).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("The maintenance has ended.")) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Takes an environment out.
#[server(prefix = "/do", endpoint = "environments/leave")]
pub async fn leave_environment(infra: String, env: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let outcome = async {
        console()?.leave_environment(&caller()?, &infra, &env).await?;
        let flash = Flash::done("The environment has left.");
        Ok(Done { to: format!("/i/{infra}/environments"), flash: Some(flash) })
    };
    answer(outcome.await, &format!("/i/{infra}/environments/{env}/leave"), &[]);
    Ok(())
}
