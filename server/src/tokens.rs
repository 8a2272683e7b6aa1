//! Forms that make tokens of service accounts. The token is shown in the answer to the form, this once.

use crate::factors::{page, refused};
use crate::forms::{UNREADABLE, back};
use crate::web::Web;
use app::context::{ShownToken, encoded};
use app::flash::{CookieSecurity, Flash};
use axum::Extension;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::http::request::Parts;
use axum::response::Response;
use domain::token::{BadLife, Scope};
use operations::{Caller, NewToken, OperationError, Result as Done};
use serde::Deserialize;

/// `POST /i/{infra}/service-accounts/{id}/tokens`
#[derive(Deserialize)]
pub struct Create {
    #[serde(default)]
    name: String,
    #[serde(default)]
    days: String,
    /// Ticked if not empty, like the next.
    #[serde(default)]
    promotion: String,
    #[serde(default)]
    people: String,
    #[serde(default)]
    infrastructure: String,
}

/// Makes a token, and shows it.
pub async fn create(
    State(web): State<Web>,
    Path((infra, account)): Path<(String, String)>,
    Extension(caller): Extension<Caller>,
    Extension(security): Extension<CookieSecurity>,
    parts: Parts,
    form: Result<Form<Create>, FormRejection>,
) -> Response {
    let to = account_page(&infra, &account);
    let Ok(Form(form)) = form else { return back(&to, &Flash::refused(UNREADABLE), security) };
    let kept = [
        ("name", form.name.as_str()),
        ("days", form.days.as_str()),
        ("promotion", form.promotion.as_str()),
        ("people", form.people.as_str()),
        ("infrastructure", form.infrastructure.as_str()),
    ];
    let outcome = async {
        let account = app::context::identity(&account)?;
        let ticked = [
            (Scope::Promotion, &form.promotion),
            (Scope::People, &form.people),
            (Scope::Infrastructure, &form.infrastructure),
        ];
        let scopes =
            ticked.into_iter().filter(|(_, value)| !value.is_empty()).map(|(scope, _)| scope).collect();
        let days = number("days", &form.days, BadLife::Days)?;
        let new = NewToken { name: form.name.clone(), scopes, days };
        web.console.create_token(&caller, &infra, account, new).await
    };
    match outcome.await {
        Ok(made) => page(&web, parts, &to, ShownToken { made, rotated: false }).await,
        Err(error) => refused(&error, &to, &kept, security),
    }
}

/// `POST /i/{infra}/service-accounts/{id}/rotate`
#[derive(Deserialize)]
pub struct Rotate {
    #[serde(default)]
    token: String,
    #[serde(default)]
    days: String,
    #[serde(default)]
    overlap_hours: String,
}

/// Makes the successor of a token, and shows it.
pub async fn rotate(
    State(web): State<Web>,
    Path((infra, account)): Path<(String, String)>,
    Extension(caller): Extension<Caller>,
    Extension(security): Extension<CookieSecurity>,
    parts: Parts,
    form: Result<Form<Rotate>, FormRejection>,
) -> Response {
    let to = account_page(&infra, &account);
    let Ok(Form(form)) = form else { return back(&to, &Flash::refused(UNREADABLE), security) };
    // The identity of the token that is replaced; the token itself is known to nobody here.
    let kept = [
        ("token", form.token.as_str()),
        ("days", form.days.as_str()),
        ("overlap_hours", form.overlap_hours.as_str()),
    ];
    let outcome = async {
        let (account, token) = (app::context::identity(&account)?, app::context::identity(&form.token)?);
        let days = number("days", &form.days, BadLife::Days)?;
        let hours = number("overlap_hours", &form.overlap_hours, BadLife::Overlap)?;
        web.console.rotate_token(&caller, &infra, account, token, days, hours).await
    };
    match outcome.await {
        Ok(made) => page(&web, parts, &to, ShownToken { made, rotated: true }).await,
        Err(error) => refused(&error, &to, &kept, security),
    }
}

/// A number that was typed; what is none is out of range.
fn number(field: &'static str, text: &str, bad: BadLife) -> Done<i64> {
    text.trim().parse().map_err(|_| OperationError::invalid(field, bad.to_string()))
}

fn account_page(infra: &str, account: &str) -> String {
    format!("/i/{}/service-accounts/{}", encoded(infra), encoded(account))
}
