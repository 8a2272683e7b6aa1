//! Forms on the page of a deployment.

use leptos::prelude::*;

/// Lets a deployment go on that waits.
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

/// Ends a deployment that waits, before anything has changed.
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
