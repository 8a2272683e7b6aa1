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

/// Blocks an application from an environment.
#[server(prefix = "/do", endpoint = "applications/block")]
pub async fn block_application(
    infra: String,
    app: String,
    env: String,
    reason: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/applications/{app}");
    let outcome = async {
        console()?.block_application(&caller()?, &infra, &env, &app, &reason).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("It is blocked from there.")) })
    };
    answer(outcome.await, &to, &[("blocked-in", env.as_str()), ("reason", reason.as_str())]);
    Ok(())
}

/// Lifts the block of an application from an environment.
#[server(prefix = "/do", endpoint = "applications/unblock")]
pub async fn unblock_application(infra: String, app: String, env: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/applications/{app}");
    let outcome = async {
        console()?.unblock_application(&caller()?, &infra, &env, &app).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("The block is lifted.")) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Marks a hotfix as solved.
#[server(prefix = "/do", endpoint = "applications/solve")]
pub async fn solve_hotfix(
    infra: String,
    app: String,
    env: String,
    reason: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/applications/{app}");
    let outcome = async {
        console()?.solve_hotfix(&caller()?, &infra, &env, &app, &reason).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("The hotfix is solved.")) })
    };
    answer(outcome.await, &to, &[("solved-in", env.as_str()), ("reason", reason.as_str())]);
    Ok(())
}

/// A new application as it was typed.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct ApplicationForm {
    environment: String,
    key: String,
    name: String,
    kind: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    team: String,
    #[serde(default)]
    pipeline: String,
}

/// Creates an application that has no package yet.
#[server(prefix = "/do", endpoint = "applications/create")]
pub async fn create_application(infra: String, wanted: ApplicationForm) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, identity};
    use crate::flash::Flash;
    use operations::ApplicationInput;
    let kept = [
        ("environment", wanted.environment.as_str()),
        ("key", wanted.key.as_str()),
        ("name", wanted.name.as_str()),
        ("kind", wanted.kind.as_str()),
        ("description", wanted.description.as_str()),
        ("team", wanted.team.as_str()),
        ("pipeline", wanted.pipeline.as_str()),
    ];
    let back = format!("/i/{infra}/new-application");
    let outcome = async {
        let wanted = wanted.clone();
        let team = if wanted.team.is_empty() { None } else { Some(identity(&wanted.team)?) };
        let (key, name) = (wanted.key.trim().to_owned(), wanted.name.trim().to_owned());
        let input = ApplicationInput {
            environment: wanted.environment,
            key: wanted.key,
            name: wanted.name,
            kind: wanted.kind,
            description: wanted.description,
            team,
            pipeline: Some(wanted.pipeline),
        };
        console()?.create_application(&caller()?, &infra, &input).await?;
        let flash = Flash::done(format!("{name} is created. Its first package has to name the key “{key}”."));
        Ok(Done { to: format!("/i/{infra}/applications/{key}"), flash: Some(flash) })
    };
    answer(outcome.await, &back, &kept);
    Ok(())
}

/// Gives an application another name and description.
#[server(prefix = "/do", endpoint = "applications/describe")]
pub async fn describe_application(
    infra: String,
    app: String,
    name: String,
    #[server(default)] description: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/applications/{app}");
    let outcome = async {
        let done = console()?.describe_application(&caller()?, &infra, &app, &name, &description).await?;
        let mut words = vec!["Name and description are saved.".to_owned()];
        words.extend(done.old_name_stays);
        Ok(Done { to: to.clone(), flash: Some(Flash::done(words.join(" "))) })
    };
    answer(outcome.await, &to, &[("name", name.as_str()), ("description", description.as_str())]);
    Ok(())
}

/// Retires an application that nobody uses any more.
#[server(prefix = "/do", endpoint = "applications/retire")]
pub async fn retire_application(infra: String, app: String, reason: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/applications/{app}/usage");
    let outcome = async {
        console()?.retire_application(&caller()?, &infra, &app, &reason).await?;
        Ok(Done {
            to: to.clone(),
            flash: Some(Flash::done(
                "It is retired. It is in no list any more; its key, its versions and its history stay.",
            )),
        })
    };
    answer(outcome.await, &to, &[("reason", reason.as_str())]);
    Ok(())
}

/// Brings a retired application back.
#[server(prefix = "/do", endpoint = "applications/bring-back")]
pub async fn bring_application_back(infra: String, app: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/applications/{app}");
    let outcome = async {
        console()?.bring_application_back(&caller()?, &infra, &app).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("It is back in the lists.")) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}
