//! Forms that register an environment and add front-ends. Enrolment codes are shown in the answer to them, this once.

use crate::factors::{page, refused};
use crate::forms::{UNREADABLE, back};
use crate::respond::see_other;
use crate::web::Web;
use app::context::{ShownCodes, ShownServerCode, encoded, refusal, sign_in_address};
use app::flash::{CookieSecurity, Flash};
use axum::Extension;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::http::request::Parts;
use axum::response::Response;
use domain::access::Actor;
use operations::{Caller, OperationError, RegisterEnvironment, ServerInput};
use serde::Deserialize;

/// `POST /i/{infra}/environments/register`
pub async fn register(
    State(web): State<Web>,
    Path(infra): Path<String>,
    Extension(caller): Extension<Caller>,
    Extension(security): Extension<CookieSecurity>,
    parts: Parts,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let to = format!("/i/{}/environments/new", encoded(&infra));
    if caller.actor == Actor::Anonymous {
        return see_other(&sign_in_address(&to));
    }
    let Ok(Form(fields)) = form else { return back(&to, &Flash::refused(UNREADABLE), security) };
    match web.console.register_environment(&caller, &infra, &input(&fields)).await {
        Ok(made) => page(&web, parts, &to, ShownCodes(made)).await,
        Err(error @ OperationError::Invalid { .. }) => {
            // The step with the field that is not acceptable says so, and what was typed stays.
            let pairs = fields.iter().map(|(name, value)| format!("&{}={}", encoded(name), encoded(value)));
            back(&format!("{to}?step=4{}", pairs.collect::<String>()), &refusal(&error), security)
        }
        Err(error) => back(&to, &refusal(&error), security),
    }
}

/// What the fields say.
fn input(fields: &[(String, String)]) -> RegisterEnvironment {
    let text = |name: &str| {
        let found = fields.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let level = |pair: &str| {
        let (role, level) = pair.split_once('=')?;
        Some((role.parse().ok()?, level.parse().ok()?))
    };
    let levels = fields.iter().filter(|(field, _)| field == "level");
    RegisterEnvironment {
        key: text("key"),
        name: text("name"),
        purpose: text("purpose"),
        topology: text("topology"),
        address: text("address"),
        front_ends: text("front_ends").split(',').map(str::to_owned).collect(),
        after: text("after"),
        levels: levels.filter_map(|(_, pair)| level(pair)).collect(),
    }
}

/// `POST /i/{infra}/environments/{env}/servers`
#[derive(Deserialize)]
pub struct Add {
    #[serde(default)]
    name: String,
    #[serde(default)]
    key: String,
    #[serde(default)]
    host: String,
    #[serde(default)]
    data_center: String,
}

/// Adds a front-end, and shows its code.
pub async fn add_server(
    State(web): State<Web>,
    Path((infra, env)): Path<(String, String)>,
    Extension(caller): Extension<Caller>,
    Extension(security): Extension<CookieSecurity>,
    parts: Parts,
    form: Result<Form<Add>, FormRejection>,
) -> Response {
    let to = settings(&infra, &env);
    let Ok(Form(Add { name, key, host, data_center })) = form else {
        return back(&to, &Flash::refused(UNREADABLE), security);
    };
    let input = ServerInput {
        name: name.clone(),
        host: host.clone(),
        data_center: data_center.clone(),
        ..ServerInput::default()
    };
    let kept = [
        ("form", app::pages::environments::ADD_SERVER),
        ("name", name.as_str()),
        ("key", key.as_str()),
        ("host", host.as_str()),
        ("data_center", data_center.as_str()),
    ];
    match web.console.add_server(&caller, &infra, &env, &key, &input).await {
        Ok(made) => page(&web, parts, &to, ShownServerCode { server: made.key, code: made.code }).await,
        Err(error) => refused(&error, &to, &kept, security),
    }
}

/// `POST /i/{infra}/environments/{env}/servers/code`
#[derive(Deserialize)]
pub struct Code {
    #[serde(default)]
    server: String,
    /// Filled where somebody is to confirm the key.
    #[serde(default)]
    confirm: String,
}

/// Makes a new code for a front-end, and shows it.
pub async fn server_code(
    State(web): State<Web>,
    Path((infra, env)): Path<(String, String)>,
    Extension(caller): Extension<Caller>,
    Extension(security): Extension<CookieSecurity>,
    parts: Parts,
    form: Result<Form<Code>, FormRejection>,
) -> Response {
    let to = settings(&infra, &env);
    let Ok(Form(Code { server, confirm })) = form else {
        return back(&to, &Flash::refused(UNREADABLE), security);
    };
    let made = match confirm.as_str() {
        "" => web.console.enrolment_code(&caller, &infra, &env, &server).await,
        _ => web.console.enrolment_code_to_confirm(&caller, &infra, &env, &server).await,
    };
    match made {
        Ok(code) => page(&web, parts, &to, ShownServerCode { server, code }).await,
        Err(error) => refused(&error, &to, &[], security),
    }
}

fn settings(infra: &str, env: &str) -> String {
    format!("/i/{}/environments/{}/settings", encoded(infra), encoded(env))
}
