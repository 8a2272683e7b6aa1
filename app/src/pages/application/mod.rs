//! application.

use crate::context::{Screen, framed};
use crate::ui::frame::Area;
use leptos::prelude::*;

/// Application.
#[component]
pub fn Page() -> impl IntoView {
    framed(
        Area::Applications,
        |_| async move { Ok(Screen::new("Application", view! { <h1>"Application"</h1> })) },
    )
}
