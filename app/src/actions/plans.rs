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

/// Changes a plan's name, notes and links.
#[server(prefix = "/do", endpoint = "plans/note")]
pub async fn note_plan(
    infra: String,
    plan: String,
    name: String,
    notes: String,
    #[server(default)] links: Option<String>,
    #[server(default)] on_failure: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    use operations::NoteInput;
    let to = format!("/i/{infra}/plans/{plan}");
    let outcome = async {
        let id = crate::context::identity(&plan)?;
        let on_failure = Some(on_failure.as_str()).filter(|word| !word.is_empty());
        let input = NoteInput { name: &name, notes: &notes, links: links.as_deref(), on_failure };
        console()?.note_plan(&caller()?, &infra, id, &input).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("Name and notes are saved.")) })
    };
    let typed = links.as_deref().unwrap_or_default();
    answer(outcome.await, &to, &[("name", name.as_str()), ("notes", notes.as_str()), ("links", typed)]);
    Ok(())
}

/// Compares a draft with its environments anew.
#[server(prefix = "/do", endpoint = "plans/refresh")]
pub async fn refresh_plan(infra: String, plan: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    let to = format!("/i/{infra}/plans/{plan}");
    let outcome = async {
        let id = crate::context::identity(&plan)?;
        console()?.refresh_plan(&caller()?, &infra, id).await?;
        Ok(Done { to: to.clone(), flash: None })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Adds to a draft what can be added: all, only what differs (`differing`), the producers that it lacks (`producers`), or the consumers
/// that it makes outdated (`outdated`).
#[server(prefix = "/do", endpoint = "plans/fill")]
pub async fn fill_plan(
    infra: String,
    plan: String,
    #[server(default)] what: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use operations::Filling;
    let to = format!("/i/{infra}/plans/{plan}");
    let outcome = async {
        let id = crate::context::identity(&plan)?;
        let what = match what.as_str() {
            "differing" => Filling::Differing,
            "producers" => Filling::Producers,
            "outdated" => Filling::Outdated,
            _ => Filling::All,
        };
        console()?.fill_plan(&caller()?, &infra, id, what).await?;
        Ok(Done { to: to.clone(), flash: None })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Makes a new plan out of one that was started: on to the next stage, or the same again.
#[server(prefix = "/do", endpoint = "plans/reuse")]
pub async fn reuse_plan(
    infra: String,
    plan: String,
    #[server(default)] to: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    let back = format!("/i/{infra}/plans/{plan}");
    let outcome = async {
        let id = crate::context::identity(&plan)?;
        let made = console()?.reuse_plan(&caller()?, &infra, id, &to).await?;
        let flash = made.sentence().map(Flash::done);
        Ok(Done { to: format!("/i/{infra}/plans/{}", made.id), flash })
    };
    answer(outcome.await, &back, &[]);
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

/// What a start is, beside what is started.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct StartForm {
    /// What the digest is of.
    #[serde(default)]
    canonical: String,
    #[serde(default)]
    override_freezes: String,
    #[serde(default)]
    at: String,
    #[serde(default)]
    until: String,
    /// The digest of the conflicts that are accepted.
    #[serde(default)]
    conflicts: String,
    #[serde(default)]
    conflicts_reason: String,
}

/// Starts a plan, as its digest says that it was seen.
#[server(prefix = "/do", endpoint = "plans/start")]
pub async fn start_plan(
    infra: String,
    plan: String,
    digest: String,
    #[server(default)] reason: String,
    #[server(default)] more: StartForm,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, me};
    use crate::view::times::{Zone, moment};
    use operations::{OperationError, StartInput};
    let back = format!("/i/{infra}/plans/{plan}");
    let outcome = async {
        let id = crate::context::identity(&plan)?;
        let zone = Zone::named(&me().await?.time_zone);
        let time = |field: &'static str, text: &str| match text.trim() {
            "" => Ok(None),
            text => moment(text, &zone).map(Some).ok_or_else(|| {
                OperationError::invalid(field, "Write a time as 2026-12-24T18:00, or leave it out.")
            }),
        };
        let input = StartInput {
            digest: digest.clone(),
            canonical: more.canonical.clone(),
            reason: reason.clone(),
            override_freezes: more.override_freezes.clone(),
            at: time("at", &more.at)?,
            until: time("until", &more.until)?,
            conflicts: more.conflicts.clone(),
            conflicts_reason: more.conflicts_reason.clone(),
        };
        let run = console()?.start_plan_with(&caller()?, &infra, id, &input).await?;
        Ok(Done { to: format!("/i/{infra}/deployments/{run}"), flash: None })
    };
    let kept = [
        ("reason", reason.as_str()),
        ("override_freezes", more.override_freezes.as_str()),
        ("at", more.at.as_str()),
        ("until", more.until.as_str()),
        ("conflicts_reason", more.conflicts_reason.as_str()),
    ];
    answer(outcome.await, &back, &kept);
    Ok(())
}
