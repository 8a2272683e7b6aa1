//! What is not there.

use crate::context::{framed_anywhere, set_status};
use crate::error::ErrorBody;
use crate::error::ErrorWords;
use crate::prelude::*;
use operations::OperationError;

/// The page of every address that nothing is at.
#[component]
pub fn NotFound() -> impl IntoView {
    framed_anywhere(|| {
        let words = ErrorWords::from(&OperationError::not_found("There is nothing at this address."));
        set_status(words.status);
        (words.title.to_owned(), view! { <ErrorBody words/> }.into_any())
    })
}
