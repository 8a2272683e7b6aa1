//! Versions: one by itself, compared, tagged again, several at once, deleted.

use super::call::{Ask, At, Call, Input, PageAsk};
use axum::response::Response;
use operations::{AgainInput, TagInput};
use serde::Deserialize;
use serde_json::json;

pub async fn show(call: Call, At((infra, app, number)): At<(String, String, String)>) -> Response {
    call.answer(call.console.version(&call.caller, &infra, &app, &number).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sides {
    from: Option<String>,
    to: Option<String>,
}

pub async fn compare(
    call: Call,
    At((infra, app)): At<(String, String)>,
    Ask(Sides { from, to }): Ask<Sides>,
) -> Response {
    let of = call.console.compare_versions(&call.caller, &infra, &app, from.as_deref(), to.as_deref()).await;
    call.answer(of)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Again {
    environment: String,
    #[serde(default)]
    number: String,
    #[serde(default)]
    change_log: String,
}

pub async fn again(
    call: Call,
    At((infra, app, number)): At<(String, String, String)>,
    Input(again): Input<Again>,
) -> Response {
    let input =
        AgainInput { environment: again.environment, number: again.number, change_log: again.change_log };
    let made = call.console.tag_again(&call.caller, &infra, &app, &number, &input).await;
    call.made(made.map(|number| json!({ "number": number })))
}

pub async fn delete(call: Call, At((infra, app, number)): At<(String, String, String)>) -> Response {
    call.done(call.console.delete_version(&call.caller, &infra, &app, &number).await)
}

/// What can be tagged in an environment at once.
pub async fn modified(
    call: Call,
    At((infra, env)): At<(String, String)>,
    Ask(ask): Ask<PageAsk>,
) -> Response {
    call.answer(call.console.modified(&call.caller, &infra, &env, &ask.into()).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Together {
    versions: Vec<Tagged>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tagged {
    application: String,
    #[serde(default)]
    number: String,
    #[serde(default)]
    change_log: String,
}

pub async fn tag_together(
    call: Call,
    At((infra, env)): At<(String, String)>,
    Input(Together { versions }): Input<Together>,
) -> Response {
    let input = |one: Tagged| TagInput {
        application: one.application,
        number: one.number,
        change_log: one.change_log,
    };
    let inputs: Vec<TagInput> = versions.into_iter().map(input).collect();
    let made = call.console.tag_together(&call.caller, &infra, &env, &inputs).await;
    let told = |made: Vec<(String, _)>| {
        let all = made.into_iter().map(|(app, number)| json!({ "application": app, "number": number }));
        json!({ "versions": all.collect::<Vec<_>>() })
    };
    call.made(made.map(told))
}
