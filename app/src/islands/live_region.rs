//! Keeps the content of a page up to date.

use leptos::prelude::*;

/// The content of a page, shown again when something of its topics changes.
#[island]
pub fn LiveRegion(
    /// What to watch, such as `infrastructure:harbour`.
    topics: Vec<String>,
    children: Children,
) -> impl IntoView {
    view! { <div id="live" data-topics=topics.join(" ")>{children()}</div> }
}
