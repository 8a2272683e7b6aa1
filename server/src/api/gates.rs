//! Gates, freezes, tests, and why not now.

use super::call::{Ask, At, Call, Input, PageAsk, id};
use axum::response::Response;
use domain::id::{DeploymentId, FreezeId, GateId, PlanId};
use operations::{FreezeInput, GateInput, TestInput};
use serde::Deserialize;

pub async fn list(call: Call, At(infra): At<String>) -> Response {
    call.answer(call.console.gates(&call.caller, &infra).await)
}

/// A gate: of an environment or a pipeline, by its key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    kind: String,
    #[serde(default)]
    environment: String,
    #[serde(default)]
    pipeline: String,
    /// How many approvals, or for how many hours a version soaks.
    number: Option<u32>,
    #[serde(default)]
    team: String,
    #[serde(default)]
    role: String,
    /// For how many hours an approval counts.
    hours: Option<u32>,
    #[serde(default)]
    test: String,
    /// What the console asks for the test.
    #[serde(default)]
    address: String,
    #[serde(default)]
    owner: String,
}

pub async fn add(call: Call, At(infra): At<String>, Input(gate): Input<Gate>) -> Response {
    let Gate { kind, environment, pipeline, number, team, role, hours, test, address, owner } = gate;
    let text = |number: Option<u32>| number.map(|n| n.to_string()).unwrap_or_default();
    let (number, hours) = (text(number), text(hours));
    let input = GateInput { kind, environment, pipeline, number, team, role, hours, test, address, owner };
    call.made(call.console.add_gate(&call.caller, &infra, &input).await.map(id))
}

pub async fn remove(call: Call, At((infra, gate)): At<(String, GateId)>) -> Response {
    call.done(call.console.remove_gate(&call.caller, &infra, gate).await)
}

/// A freeze: of an environment or a pipeline, by its key, or of everything. Its times are those of a clock in the time zone.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Freeze {
    #[serde(default)]
    environment: String,
    #[serde(default)]
    pipeline: String,
    from: String,
    until: String,
    time_zone: String,
    reason: String,
    #[serde(default)]
    owner: String,
}

pub async fn freeze(call: Call, At(infra): At<String>, Input(freeze): Input<Freeze>) -> Response {
    let Freeze { environment, pipeline, from, until, time_zone, reason, owner } = freeze;
    let input = FreezeInput { environment, pipeline, from, until, time_zone, reason, owner };
    call.made(call.console.add_freeze(&call.caller, &infra, &input).await.map(id))
}

pub async fn end_freeze(call: Call, At((infra, freeze)): At<(String, FreezeId)>) -> Response {
    call.done(call.console.end_freeze(&call.caller, &infra, freeze).await)
}

pub async fn of_plan(call: Call, At((infra, plan)): At<(String, PlanId)>) -> Response {
    call.answer(call.console.plan_gates(&call.caller, &infra, plan).await)
}

pub async fn ask(call: Call, At((infra, plan)): At<(String, PlanId)>) -> Response {
    call.done(call.console.ask_approval(&call.caller, &infra, plan).await)
}

pub async fn check(call: Call, At((infra, plan)): At<(String, PlanId)>) -> Response {
    call.answer(call.console.check_plan(&call.caller, &infra, plan).await)
}

pub async fn of_deployment(call: Call, At((infra, deployment)): At<(String, DeploymentId)>) -> Response {
    call.answer(call.console.deployment_gates(&call.caller, &infra, deployment).await)
}

pub async fn reviews(call: Call, At(infra): At<String>, Ask(ask): Ask<PageAsk>) -> Response {
    call.answer(call.console.open_reviews(&call.caller, &infra, &ask.into()).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    reason: String,
}

pub async fn override_freezes(
    call: Call,
    At((infra, deployment)): At<(String, DeploymentId)>,
    Input(Override { reason }): Input<Override>,
) -> Response {
    call.done(call.console.override_freezes(&call.caller, &infra, deployment, &reason).await)
}

/// The result of a test of a version in an environment.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Test {
    version: String,
    name: String,
    passed: bool,
    #[serde(default)]
    link: String,
}

pub async fn report(
    call: Call,
    At((infra, env, app)): At<(String, String, String)>,
    Input(test): Input<Test>,
) -> Response {
    let Test { version, name, passed, link } = test;
    let input = TestInput { version, name, passed, link };
    call.done(call.console.report_test(&call.caller, &infra, &env, &app, &input).await)
}
