//! Forms on the page of a deployment.

use leptos::prelude::*;

/// Lets a deployment go on that is prepared and waits.
#[server(prefix = "/do", endpoint = "deployments/continue")]
pub async fn continue_deployment(infra: String, deployment: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    let to = format!("/i/{infra}/deployments/{deployment}");
    let outcome = async {
        let id = crate::context::identity(&deployment)?;
        console()?.continue_deployment(&caller()?, &infra, id).await?;
        Ok(Done { to: to.clone(), flash: None })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Stops a deployment.
#[server(prefix = "/do", endpoint = "deployments/abort")]
pub async fn abort_deployment(infra: String, deployment: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    let to = format!("/i/{infra}/deployments/{deployment}");
    let outcome = async {
        let id = crate::context::identity(&deployment)?;
        console()?.abort_deployment(&caller()?, &infra, id).await?;
        Ok(Done { to: to.clone(), flash: None })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Decides about a deployment that is suspended on a failed step: `retry`, `leave_out` or `take_back`.
#[server(prefix = "/do", endpoint = "deployments/decide")]
pub async fn decide_deployment(
    infra: String,
    deployment: String,
    decision: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use operations::OperationError;
    let to = format!("/i/{infra}/deployments/{deployment}");
    let outcome = async {
        let id = crate::context::identity(&deployment)?;
        let (console, caller) = (console()?, caller()?);
        match decision.as_str() {
            "retry" => console.retry_deployment(&caller, &infra, id).await?,
            "leave_out" => console.leave_out_of_deployment(&caller, &infra, id).await?,
            "take_back" => console.take_deployment_back(&caller, &infra, id).await?,
            _ => {
                let sentence = "A decision is retry, leave_out or take_back; choose one of them.";
                return Err(OperationError::invalid("decision", sentence));
            }
        }
        Ok(Done { to: to.clone(), flash: None })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Rolls a finished deployment back.
#[server(prefix = "/do", endpoint = "deployments/roll-back")]
pub async fn roll_back_deployment(
    infra: String,
    deployment: String,
    digest: String,
    reason: String,
    #[server(default)] conflicts: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use operations::RollBack;
    let back = format!("/i/{infra}/deployments/{deployment}?back=1");
    let outcome = async {
        let id = crate::context::identity(&deployment)?;
        let wanted = RollBack { digest: &digest, reason: &reason, conflicts: &conflicts };
        let run = console()?.roll_back(&caller()?, &infra, id, wanted).await?;
        Ok(Done { to: format!("/i/{infra}/deployments/{run}"), flash: None })
    };
    answer(outcome.await, &back, &[("reason", reason.as_str())]);
    Ok(())
}
