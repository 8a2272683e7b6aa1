//! A refusal or failure as a whole page.

use crate::prelude::*;
use crate::ui::{Glyph, PlainPage};
use crate::view::icons::Icon;
use axum::http::StatusCode;
use operations::OperationError;

/// What the page of an error says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorWords {
    /// The status of the answer.
    pub status: StatusCode,
    /// The heading.
    pub title: &'static str,
    /// What happened.
    pub sentence: String,
    /// Who or what lifts it; empty if nothing does.
    pub lifted_by: String,
}

impl From<&OperationError> for ErrorWords {
    fn from(error: &OperationError) -> Self {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let (title, lifted_by) = match error {
            OperationError::Denied { lifted_by, .. } => ("Not permitted", lifted_by.clone()),
            OperationError::ProofNeeded { .. } => ("Prove that it is you", String::new()),
            OperationError::NotFound { .. } => ("Not found", String::new()),
            OperationError::Conflict { .. } => ("Not possible now", String::new()),
            OperationError::Invalid { .. } => ("Not acceptable", String::new()),
            OperationError::Page { .. } => ("No such page", String::new()),
            OperationError::TooMany { .. } => ("Too many at once", String::new()),
            OperationError::Paused { .. } => ("Not now", String::new()),
            OperationError::Unwritable => ("No room left", String::new()),
            OperationError::Internal { .. } => ("Something went wrong", String::new()),
        };
        Self { status, title, sentence: error.sentence(), lifted_by }
    }
}

/// The inside of an error's page.
#[component]
pub fn ErrorBody(words: ErrorWords) -> impl IntoView {
    let icon = if words.status == StatusCode::NOT_FOUND { Icon::Question } else { Icon::Ban };
    view! {
        <div class="empty">
            <Glyph icon=icon/>
            <h1>{words.title}</h1>
            <p>{words.sentence}</p>
            {(!words.lifted_by.is_empty()).then(|| view! { <p class="dim">{words.lifted_by}</p> })}
            <p><a class="btn" href="/">"To the start"</a></p>
        </div>
    }
}

/// An error's page without a frame, for people who are not signed in.
#[component]
pub fn ErrorPage(words: ErrorWords) -> impl IntoView {
    view! {
        <PlainPage title=words.title>
            <ErrorBody words/>
        </PlainPage>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_has_its_status_and_sentence() {
        let words = ErrorWords::from(&OperationError::not_found("There is no application “x” here."));
        assert_eq!(words.status, StatusCode::NOT_FOUND);
        assert_eq!(words.sentence, "There is no application “x” here.");
        let denied = OperationError::denied("You may not tag Tides.", "An administrator can.");
        let words = ErrorWords::from(&denied);
        assert_eq!(
            (words.status, words.lifted_by.as_str()),
            (StatusCode::FORBIDDEN, "An administrator can.")
        );
    }
}
