//! Applications: what they are, publishing a package, tagging a version.

use super::call::{Ask, At, Call, Input, PageAsk};
use axum::body::Body;
use axum::response::Response;
use futures::StreamExt as _;
use operations::OperationError;
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

/// The body is the package. It goes to a temporary file while it arrives.
pub async fn publish(call: Call, At((infra, env)): At<(String, String)>, body: Body) -> Response {
    let file = receive(&call, body);
    let done = call.console.receive_and_publish(&call.caller, &infra, &env, file).await;
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
