//! deployments.

use crate::context::{Screen, framed};
use crate::ui::frame::Area;
use leptos::prelude::*;

/// Deployments.
#[component]
pub fn ListPage() -> impl IntoView {
    framed(
        Area::Deployments,
        |_| async move { Ok(Screen::new("Deployments", view! { <h1>"Deployments"</h1> })) },
    )
}

/// Deployment.
#[component]
pub fn Page() -> impl IntoView {
    framed(
        Area::Deployments,
        |_| async move { Ok(Screen::new("Deployment", view! { <h1>"Deployment"</h1> })) },
    )
}
