//! Forms with the file of an architecture: the text is compared, then made so, and stands in the answer. It is no part of an address
//! and too long for a cookie, so these answer with the page itself.

use crate::factors::{page, refused};
use crate::forms::{UNREADABLE, back};
use crate::respond::see_other;
use crate::web::Web;
use app::context::{AskedArchitecture, encoded, refusal, sign_in_address};
use app::flash::{CookieSecurity, Flash};
use axum::Extension;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::http::request::Parts;
use axum::response::Response;
use domain::access::Actor;
use operations::{Caller, OperationError};
use serde::Deserialize;

/// `POST /i/{infra}/architecture/compare` and `…/apply`: a file, or a template and its engine.
#[derive(Deserialize)]
pub struct Wish {
    #[serde(default)]
    file: Option<String>,
    #[serde(default)]
    template: String,
    #[serde(default)]
    engine: String,
    /// What was compared, by its digest; needed to make it so.
    #[serde(default)]
    expected: String,
}

impl Wish {
    /// What is asked for, and the digest of what was compared.
    fn parted(self) -> (AskedArchitecture, String) {
        let Self { file, template, engine, expected } = self;
        (AskedArchitecture { file, template, engine, refused: None }, expected)
    }
}

/// Shows what would change; nothing does.
pub async fn compare(
    State(web): State<Web>,
    Path(infra): Path<String>,
    Extension(caller): Extension<Caller>,
    Extension(security): Extension<CookieSecurity>,
    parts: Parts,
    form: Result<Form<Wish>, FormRejection>,
) -> Response {
    if caller.actor == Actor::Anonymous {
        return see_other(&sign_in_address(&home(&infra)));
    }
    let Ok(Form(wish)) = form else { return back(&home(&infra), &Flash::refused(UNREADABLE), security) };
    page(&web, parts, &comparison(&infra), wish.parted().0).await
}

/// Makes it so. What is refused is compared anew, with the reason above it.
pub async fn apply(
    State(web): State<Web>,
    Path(infra): Path<String>,
    Extension(caller): Extension<Caller>,
    Extension(security): Extension<CookieSecurity>,
    parts: Parts,
    form: Result<Form<Wish>, FormRejection>,
) -> Response {
    let to = home(&infra);
    if caller.actor == Actor::Anonymous {
        return see_other(&sign_in_address(&to));
    }
    let Ok(Form(wish)) = form else { return back(&to, &Flash::refused(UNREADABLE), security) };
    let (asked, expected) = wish.parted();
    let outcome = async {
        let wanted = asked.wanted()?;
        // A form without it was not made by the page that compares.
        web.console.apply_architecture(&caller, &infra, &wanted, Some(&expected)).await
    };
    let outcome = outcome.await;
    match outcome {
        Ok(done) => {
            let sentence = match done.changes.len() {
                0 => "The architecture already was like that; nothing was changed.".to_owned(),
                1 => "The architecture is changed: 1 change.".to_owned(),
                number => format!("The architecture is changed: {number} changes."),
            };
            back(&to, &Flash::done(sentence), security)
        }
        Err(error @ (OperationError::Denied { sign_in: true, .. } | OperationError::ProofNeeded { .. })) => {
            refused(&error, &to, &[], security)
        }
        Err(error) => {
            let asked = AskedArchitecture { refused: Some(refusal(&error)), ..asked };
            page(&web, parts, &comparison(&infra), asked).await
        }
    }
}

fn home(infra: &str) -> String {
    format!("/i/{}/architecture", encoded(infra))
}

fn comparison(infra: &str) -> String {
    format!("/i/{}/architecture/compare", encoded(infra))
}
