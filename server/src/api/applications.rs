//! Applications: created, described, blocked, retired; publishing a package, tagging a version.

use super::call::{Ask, At, Call, Input, PageAsk, id};
use axum::body::Body;
use axum::response::Response;
use domain::id::TeamId;
use futures::StreamExt as _;
use operations::{ApplicationInput, OperationError, PublishInput};
use serde::Deserialize;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;

/// The page is one of its versions.
pub async fn show(call: Call, At((infra, app)): At<(String, String)>, Ask(ask): Ask<PageAsk>) -> Response {
    call.answer(call.console.application(&call.caller, &infra, &app, &ask.into()).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tag {
    environment: String,
    number: String,
    #[serde(default)]
    change_log: String,
}

pub async fn tag(call: Call, At((infra, app)): At<(String, String)>, Input(tag): Input<Tag>) -> Response {
    let Tag { environment, number, change_log } = tag;
    let made = call.console.tag(&call.caller, &infra, &app, &environment, &number, &change_log).await;
    call.made(made.map(|number| json!({ "number": number })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assign {
    /// The pipeline's key; none for any.
    pipeline: Option<String>,
}

pub async fn assign(
    call: Call,
    At((infra, app)): At<(String, String)>,
    Input(Assign { pipeline }): Input<Assign>,
) -> Response {
    call.done(call.console.assign_pipeline(&call.caller, &infra, &app, pipeline.as_deref()).await)
}

/// The name of what is to be blocked, retired or solved is in the address; the body says why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Because {
    reason: String,
}

pub async fn block(
    call: Call,
    At((infra, env, app)): At<(String, String, String)>,
    Input(Because { reason }): Input<Because>,
) -> Response {
    call.done(call.console.block_application(&call.caller, &infra, &env, &app, &reason).await)
}

pub async fn unblock(call: Call, At((infra, env, app)): At<(String, String, String)>) -> Response {
    call.done(call.console.unblock_application(&call.caller, &infra, &env, &app).await)
}

pub async fn solve(
    call: Call,
    At((infra, env, app)): At<(String, String, String)>,
    Input(Because { reason }): Input<Because>,
) -> Response {
    call.done(call.console.solve_hotfix(&call.caller, &infra, &env, &app, &reason).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Create {
    environment: String,
    key: String,
    name: String,
    kind: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    team: Option<TeamId>,
    #[serde(default)]
    pipeline: Option<String>,
}

pub async fn create(call: Call, At(infra): At<String>, Input(new): Input<Create>) -> Response {
    let Create { environment, key, name, kind, description, team, pipeline } = new;
    let input = ApplicationInput { environment, key, name, kind, description, team, pipeline };
    call.made(call.console.create_application(&call.caller, &infra, &input).await.map(id))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Describe {
    name: String,
    #[serde(default)]
    description: String,
}

/// The answer says where the old name stays.
pub async fn describe(
    call: Call,
    At((infra, app)): At<(String, String)>,
    Input(Describe { name, description }): Input<Describe>,
) -> Response {
    let renamed = call.console.describe_application(&call.caller, &infra, &app, &name, &description).await;
    if call.caller.limits.dry_run {
        return call.done(renamed.map(drop));
    }
    call.answer(renamed)
}

pub async fn usage(call: Call, At((infra, app)): At<(String, String)>) -> Response {
    call.answer(call.console.application_usage(&call.caller, &infra, &app).await)
}

pub async fn retire(
    call: Call,
    At((infra, app)): At<(String, String)>,
    Input(Because { reason }): Input<Because>,
) -> Response {
    call.done(call.console.retire_application(&call.caller, &infra, &app, &reason).await)
}

pub async fn bring_back(call: Call, At((infra, app)): At<(String, String)>) -> Response {
    call.done(call.console.bring_application_back(&call.caller, &infra, &app).await)
}

pub async fn retired(call: Call, At(infra): At<String>, Ask(ask): Ask<PageAsk>) -> Response {
    call.answer(call.console.retired_applications(&call.caller, &infra, &ask.into()).await)
}

/// What is said with a package, in the address, since the body is the package.
#[derive(Deserialize)]
pub struct Said {
    #[serde(default)]
    application: String,
    #[serde(default)]
    notes: String,
}

/// The body is the package. It goes to a temporary file while it arrives.
pub async fn publish(
    call: Call,
    At((infra, env)): At<(String, String)>,
    Ask(said): Ask<Said>,
    body: Body,
) -> Response {
    let input = PublishInput { application: said.application, notes: said.notes };
    let arriving = async { Ok((receive(&call, body).await?, input)) };
    let done = call.console.receive_and_publish(&call.caller, &infra, &env, arriving).await;
    call.made(done.map(|done| json!({ "deployment": done.deployment, "sentence": done.sentence })))
}

async fn receive(call: &Call, body: Body) -> Result<tempfile::NamedTempFile, OperationError> {
    let most = call.console.settings().package_bytes;
    let folder = call.web.shared.uploads.clone();
    let file = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&folder)?;
        tempfile::Builder::new().prefix("upload-").suffix(".oap").tempfile_in(&folder)
    });
    let file = file.await.map_err(std::io::Error::other)??;
    let mut writer = tokio::fs::File::from_std(file.reopen()?);
    let mut parts = body.into_data_stream();
    let mut size = 0;
    while let Some(part) = parts.next().await {
        let broken = |_| OperationError::invalid("package", "The upload broke off; send the package again.");
        let part = part.map_err(broken)?;
        size += part.len() as u64;
        if size > most {
            let sentence =
                format!("The package is larger than {} MiB, which is the most that is accepted.", most >> 20);
            return Err(OperationError::invalid("package", sentence));
        }
        writer.write_all(&part).await?;
    }
    writer.flush().await?;
    if size == 0 {
        return Err(OperationError::invalid("package", "The body is to be a package file (.oap)."));
    }
    Ok(file)
}

/// Lifts the pin in an environment.
pub async fn lift_pin(call: Call, At((infra, app, environment)): At<(String, String, String)>) -> Response {
    call.done(call.console.lift_pin(&call.caller, &infra, &app, &environment).await)
}
