//! Forms on the pages of plans.

use leptos::prelude::*;

/// Makes a plan from one environment to another.
#[server(prefix = "/do", endpoint = "plans/make")]
pub async fn make_plan(
    infra: String,
    from: String,
    to: String,
    #[server(default)] applications: Vec<String>,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, encoded};
    let back = format!("/i/{infra}/plans/new?from={}&to={}", encoded(&from), encoded(&to));
    let outcome = async {
        let id = console()?.make_plan(&caller()?, &infra, &from, &to, &applications).await?;
        Ok(Done { to: format!("/i/{infra}/plans/{id}"), flash: None })
    };
    answer(outcome.await, &back, &[]);
    Ok(())
}

/// Sets the operation of one application in a plan; adds the application where it is not in it yet.
#[server(prefix = "/do", endpoint = "plans/edit")]
pub async fn edit_plan(
    infra: String,
    plan: String,
    app: String,
    operation: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    let to = format!("/i/{infra}/plans/{plan}");
    let outcome = async {
        let id = crate::context::identity(&plan)?;
        console()?.edit_plan(&caller()?, &infra, id, &app, &operation).await?;
        Ok(Done { to: to.clone(), flash: None })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Changes a plan's name and notes.
#[server(prefix = "/do", endpoint = "plans/note")]
pub async fn note_plan(
    infra: String,
    plan: String,
    name: String,
    notes: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/plans/{plan}");
    let outcome = async {
        let id = crate::context::identity(&plan)?;
        console()?.note_plan(&caller()?, &infra, id, &name, &notes).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("Name and notes are saved.")) })
    };
    answer(outcome.await, &to, &[("name", name.as_str()), ("notes", notes.as_str())]);
    Ok(())
}

/// Discards a draft.
#[server(prefix = "/do", endpoint = "plans/discard")]
pub async fn discard_plan(infra: String, plan: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let back = format!("/i/{infra}/plans/{plan}");
    let outcome = async {
        let id = crate::context::identity(&plan)?;
        console()?.discard_plan(&caller()?, &infra, id).await?;
        Ok(Done { to: format!("/i/{infra}/plans"), flash: Some(Flash::done("The plan is discarded.")) })
    };
    answer(outcome.await, &back, &[]);
    Ok(())
}

/// Starts a plan, as its digest says that it was seen.
#[server(prefix = "/do", endpoint = "plans/start")]
pub async fn start_plan(
    infra: String,
    plan: String,
    digest: String,
    #[server(default)] reason: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    let back = format!("/i/{infra}/plans/{plan}");
    let outcome = async {
        let id = crate::context::identity(&plan)?;
        let run = console()?.start_plan_because(&caller()?, &infra, id, &digest, &reason).await?;
        Ok(Done { to: format!("/i/{infra}/deployments/{run}"), flash: None })
    };
    answer(outcome.await, &back, &[("reason", reason.as_str())]);
    Ok(())
}
