//! environments.

use crate::context::{Screen, framed};
use crate::ui::frame::Area;
use leptos::prelude::*;

/// Environments.
#[component]
pub fn ListPage() -> impl IntoView {
    framed(Area::Environments, |_| async move {
        Ok(Screen::new("Environments", view! { <h1>"Environments"</h1> }))
    })
}

/// Environment.
#[component]
pub fn Page() -> impl IntoView {
    framed(
        Area::Environments,
        |_| async move { Ok(Screen::new("Environment", view! { <h1>"Environment"</h1> })) },
    )
}
