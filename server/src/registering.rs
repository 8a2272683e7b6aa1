//! The form that registers an environment. The enrolment codes are shown in the answer to it, this once.

use crate::factors::page;
use crate::forms::{UNREADABLE, back};
use crate::respond::see_other;
use crate::web::Web;
use app::context::{ShownCodes, encoded, refusal, sign_in_address};
use app::flash::{CookieSecurity, Flash};
use axum::Extension;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::http::request::Parts;
use axum::response::Response;
use domain::access::Actor;
use operations::{Caller, OperationError, RegisterEnvironment};

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
