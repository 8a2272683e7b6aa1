//! Forms on an application's page.

use leptos::prelude::*;

/// Assigns an application to a pipeline, or to none.
#[server(prefix = "/do", endpoint = "applications/pipeline")]
pub async fn assign_pipeline(infra: String, app: String, pipeline: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/applications/{app}");
    let outcome = async {
        let chosen = Some(pipeline.as_str()).filter(|key| !key.is_empty());
        console()?.assign_pipeline(&caller()?, &infra, &app, chosen).await?;
        let words = match chosen {
            Some(_) => "It is promoted along this pipeline only.",
            None => "It is promoted along any pipeline.",
        };
        Ok(Done { to: to.clone(), flash: Some(Flash::done(words)) })
    };
    answer(outcome.await, &to, &[("pipeline", pipeline.as_str())]);
    Ok(())
}

/// Chooses the deployment zone of an application in an environment.
#[server(prefix = "/do", endpoint = "applications/zone")]
pub async fn choose_zone(infra: String, app: String, env: String, zone: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/applications/{app}");
    let outcome = async {
        console()?.choose_zone(&caller()?, &infra, &env, &app, &zone).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("The deployment zone is chosen.")) })
    };
    answer(outcome.await, &to, &[("zone-in", env.as_str())]);
    Ok(())
}

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

/// Lifts the pin of an application in an environment.
#[server(prefix = "/do", endpoint = "applications/lift-pin")]
pub async fn lift_pin(infra: String, app: String, env: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/applications/{app}");
    let outcome = async {
        console()?.lift_pin(&caller()?, &infra, &app, &env).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("The pin is lifted.")) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}
