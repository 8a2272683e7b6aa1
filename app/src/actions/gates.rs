//! Forms about gates, freezes and approvals.

use leptos::prelude::*;

/// A gate as it was typed.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct GateForm {
    /// `environment:KEY` or `pipeline:KEY`.
    place: String,
    #[serde(default)]
    number: String,
    /// `team:NAME` or `role:NAME`.
    #[serde(default)]
    group: String,
    #[serde(default)]
    hours: String,
    #[serde(default)]
    test: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    owner: String,
}

/// Adds a gate.
#[server(prefix = "/do", endpoint = "gates/add")]
pub async fn add_gate(infra: String, kind: String, wanted: GateForm) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, encoded};
    use crate::flash::Flash;
    use operations::GateInput;
    let to = format!("/i/{infra}/gates");
    let of = |text: &str, name: &str| text.strip_prefix(name).unwrap_or_default().to_owned();
    let outcome = async {
        let input = GateInput {
            kind: kind.clone(),
            environment: of(&wanted.place, "environment:"),
            pipeline: of(&wanted.place, "pipeline:"),
            number: wanted.number.clone(),
            team: of(&wanted.group, "team:"),
            role: of(&wanted.group, "role:"),
            hours: wanted.hours.clone(),
            test: wanted.test.clone(),
            address: wanted.address.clone(),
            owner: wanted.owner.clone(),
        };
        console()?.add_gate(&caller()?, &infra, &input).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("The gate is added; it counts from now on.")) })
    };
    let kept = [
        ("place", wanted.place.as_str()),
        ("number", wanted.number.as_str()),
        ("group", wanted.group.as_str()),
        ("hours", wanted.hours.as_str()),
        ("test", wanted.test.as_str()),
        ("address", wanted.address.as_str()),
        ("owner", wanted.owner.as_str()),
    ];
    answer(outcome.await, &format!("{to}/new?kind={}", encoded(&kind)), &kept);
    Ok(())
}

/// Removes a gate.
#[server(prefix = "/do", endpoint = "gates/remove")]
pub async fn remove_gate(infra: String, gate: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, identity};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/gates");
    let outcome = async {
        console()?.remove_gate(&caller()?, &infra, identity(&gate)?).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("The gate is removed.")) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Adds a freeze.
#[server(prefix = "/do", endpoint = "gates/freeze")]
pub async fn add_freeze(
    infra: String,
    place: String,
    from: String,
    until: String,
    time_zone: String,
    reason: String,
    #[server(default)] owner: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console};
    use crate::flash::Flash;
    use operations::FreezeInput;
    let to = format!("/i/{infra}/gates");
    let of = |name: &str| place.strip_prefix(name).unwrap_or_default().to_owned();
    let outcome = async {
        let input = FreezeInput {
            environment: of("environment:"),
            pipeline: of("pipeline:"),
            from: from.clone(),
            until: until.clone(),
            time_zone: time_zone.clone(),
            reason: reason.clone(),
            owner: owner.clone(),
        };
        console()?.add_freeze(&caller()?, &infra, &input).await?;
        let flash = Flash::done("The freeze is added. What is started in it waits, and goes on afterwards.");
        Ok(Done { to: to.clone(), flash: Some(flash) })
    };
    let kept = [
        ("place", place.as_str()),
        ("from", from.as_str()),
        ("until", until.as_str()),
        ("time_zone", time_zone.as_str()),
        ("reason", reason.as_str()),
        ("owner", owner.as_str()),
    ];
    answer(outcome.await, &format!("{to}/freeze"), &kept);
    Ok(())
}

/// Ends a freeze.
#[server(prefix = "/do", endpoint = "gates/end-freeze")]
pub async fn end_freeze(infra: String, freeze: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, identity};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/gates");
    let outcome = async {
        console()?.end_freeze(&caller()?, &infra, identity(&freeze)?).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("The freeze is over. What it parked goes on.")) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Asks for the approval of a plan.
#[server(prefix = "/do", endpoint = "plans/ask")]
pub async fn ask_approval(infra: String, plan: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, identity};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/plans/{plan}");
    let outcome = async {
        console()?.ask_approval(&caller()?, &infra, identity(&plan)?).await?;
        let flash =
            Flash::done("Approval is asked for. Those who can give it find the plan on the page Gates.");
        Ok(Done { to: to.clone(), flash: Some(flash) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Has the stage before checked.
#[server(prefix = "/do", endpoint = "plans/check")]
pub async fn check_plan(infra: String, plan: String) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, identity};
    use crate::flash::Flash;
    use crate::view::words;
    let to = format!("/i/{infra}/plans/{plan}");
    let outcome = async {
        let found = console()?.check_plan(&caller()?, &infra, identity(&plan)?).await?;
        let failed = found.iter().filter(|one| !one.passed).count() as u64;
        let all = words::of(found.len() as u64, "check", "checks");
        let flash = match failed {
            0 => Flash::done(format!("{all} made, and passed.")),
            n => Flash::done(format!("{all} made; {n} failed.")),
        };
        Ok(Done { to: to.clone(), flash: Some(flash) })
    };
    answer(outcome.await, &to, &[]);
    Ok(())
}

/// Approves or rejects a plan, as its digest says that it was seen.
#[server(prefix = "/do", endpoint = "plans/decide")]
pub async fn decide_plan(
    infra: String,
    plan: String,
    digest: String,
    decision: String,
    #[server(default)] words: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, identity};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/plans/{plan}");
    let outcome = async {
        let (console, caller, id) = (console()?, caller()?, identity(&plan)?);
        let flash = if decision == "approve" {
            console.approve_plan(&caller, &infra, id, &digest, &words).await?;
            Flash::done("You approved the plan as it is now.")
        } else {
            console.reject_plan(&caller, &infra, id, &digest, &words).await?;
            Flash::done("You rejected the plan.")
        };
        Ok(Done { to: to.clone(), flash: Some(flash) })
    };
    answer(outcome.await, &to, &[("words", words.as_str())]);
    Ok(())
}

/// Closes the review of what was overridden for a deployment.
#[server(prefix = "/do", endpoint = "deployments/review")]
pub async fn close_review(
    infra: String,
    deployment: String,
    #[server(default)] words: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, identity};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/deployments/{deployment}");
    let outcome = async {
        console()?.close_review(&caller()?, &infra, identity(&deployment)?, &words).await?;
        Ok(Done { to: to.clone(), flash: Some(Flash::done("The review is closed.")) })
    };
    answer(outcome.await, &to, &[("words", words.as_str())]);
    Ok(())
}

/// Overrides the freezes that hold a deployment.
#[server(prefix = "/do", endpoint = "deployments/override")]
pub async fn override_freezes(
    infra: String,
    deployment: String,
    #[server(default)] reason: String,
) -> Result<(), ServerFnError> {
    use crate::context::{Done, answer, caller, console, identity};
    use crate::flash::Flash;
    let to = format!("/i/{infra}/deployments/{deployment}");
    let outcome = async {
        console()?.override_freezes(&caller()?, &infra, identity(&deployment)?, &reason).await?;
        Ok(Done {
            to: to.clone(),
            flash: Some(Flash::done(
                "The freeze is overridden for this deployment, for a day. Somebody else has to review that.",
            )),
        })
    };
    answer(outcome.await, &to, &[("override_freezes", reason.as_str())]);
    Ok(())
}
