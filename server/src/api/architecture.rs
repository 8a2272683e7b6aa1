//! Pipelines as they are drawn, and the architecture: what the rules find, its file, and making it as a file or a template has it.

use super::call::{At, Call, Input};
use axum::response::Response;
use domain::architecture::words::{Edition, Engine};
use domain::time::Timestamp;
use operations::{AcceptInput, InfrastructureInput, OperationError, PipelineInput, Wanted};
use serde::Deserialize;
use serde_json::json;

pub async fn pipelines(call: Call, At(infra): At<String>) -> Response {
    call.answer(call.console.pipelines(&call.caller, &infra).await)
}

pub async fn show(call: Call, At(infra): At<String>) -> Response {
    call.answer(call.console.architecture(&call.caller, &infra).await)
}

pub async fn file(call: Call, At(infra): At<String>) -> Response {
    let file = call.console.architecture_file(&call.caller, &infra).await;
    call.answer(file.map(|file| json!({ "file": file })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewInfrastructure {
    key: String,
    name: String,
    hosting: String,
    #[serde(default)]
    template: String,
    #[serde(default)]
    engine: String,
    #[serde(default)]
    administrator: String,
}

pub async fn add_infrastructure(
    call: Call,
    At(infra): At<String>,
    Input(new): Input<NewInfrastructure>,
) -> Response {
    let NewInfrastructure { key, name, hosting, template, engine, administrator } = new;
    let input = InfrastructureInput { key, name, hosting, template, engine, administrator };
    let made = call.console.add_infrastructure(&call.caller, &infra, &input).await;
    call.made(made.map(|key| json!({ "key": key })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangedInfrastructure {
    name: String,
    hosting: String,
}

pub async fn change_infrastructure(
    call: Call,
    At(infra): At<String>,
    Input(ChangedInfrastructure { name, hosting }): Input<ChangedInfrastructure>,
) -> Response {
    call.done(call.console.change_infrastructure(&call.caller, &infra, &name, &hosting).await)
}

/// A file, or a template and its engine.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    file: Option<String>,
    template: Option<Edition>,
    engine: Option<Engine>,
    /// The digest of what was compared; without one nothing is asked.
    expected: Option<String>,
}

impl Wish {
    fn wanted(&mut self) -> Result<Wanted, OperationError> {
        match (self.file.take(), self.template, self.engine) {
            (Some(file), None, None) => Ok(Wanted::File(file)),
            (None, Some(edition), Some(engine)) => Ok(Wanted::Template { edition, engine }),
            _ => Err(OperationError::invalid("file", "Send either a file, or a template and its engine.")),
        }
    }
}

pub async fn compare(call: Call, At(infra): At<String>, Input(mut wish): Input<Wish>) -> Response {
    let compared = async {
        let wanted = wish.wanted()?;
        call.console.compare_architecture(&call.caller, &infra, &wanted).await
    };
    call.answer(compared.await)
}

pub async fn apply(call: Call, At(infra): At<String>, Input(mut wish): Input<Wish>) -> Response {
    let applied = async {
        let wanted = wish.wanted()?;
        call.console.apply_architecture(&call.caller, &infra, &wanted, wish.expected.as_deref()).await
    };
    call.answer(applied.await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accept {
    rule: String,
    path: String,
    reason: String,
    expires_at: Timestamp,
}

pub async fn accept(call: Call, At(infra): At<String>, Input(accept): Input<Accept>) -> Response {
    let Accept { rule, path, reason, expires_at } = accept;
    let input = AcceptInput { rule, path, reason, expires_at };
    call.done(call.console.accept_finding(&call.caller, &infra, &input).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdraw {
    rule: String,
    path: String,
}

pub async fn withdraw(
    call: Call,
    At(infra): At<String>,
    Input(Withdraw { rule, path }): Input<Withdraw>,
) -> Response {
    call.done(call.console.withdraw_exception(&call.caller, &infra, &rule, &path).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPipeline {
    key: String,
    name: String,
    #[serde(default)]
    purposes: Vec<String>,
    stages: Vec<String>,
}

pub async fn create_pipeline(call: Call, At(infra): At<String>, Input(new): Input<NewPipeline>) -> Response {
    let NewPipeline { key, name, purposes, stages } = new;
    let input = PipelineInput { name, purposes, stages };
    let made = call.console.create_pipeline(&call.caller, &infra, &key, &input).await;
    call.made(made.map(|()| json!({ "key": key })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangedPipeline {
    name: String,
    #[serde(default)]
    purposes: Vec<String>,
    stages: Vec<String>,
}

pub async fn change_pipeline(
    call: Call,
    At((infra, pipeline)): At<(String, String)>,
    Input(changed): Input<ChangedPipeline>,
) -> Response {
    let ChangedPipeline { name, purposes, stages } = changed;
    let input = PipelineInput { name, purposes, stages };
    call.done(call.console.change_pipeline(&call.caller, &infra, &pipeline, &input).await)
}

pub async fn delete_pipeline(call: Call, At((infra, pipeline)): At<(String, String)>) -> Response {
    call.done(call.console.delete_pipeline(&call.caller, &infra, &pipeline).await)
}
