//! plans.

use crate::context::{Screen, framed};
use crate::ui::frame::Area;
use leptos::prelude::*;

/// Plans.
#[component]
pub fn ListPage() -> impl IntoView {
    framed(Area::Plans, |_| async move { Ok(Screen::new("Plans", view! { <h1>"Plans"</h1> })) })
}

/// New plan.
#[component]
pub fn NewPage() -> impl IntoView {
    framed(Area::Plans, |_| async move { Ok(Screen::new("New plan", view! { <h1>"New plan"</h1> })) })
}

/// Plan.
#[component]
pub fn Page() -> impl IntoView {
    framed(Area::Plans, |_| async move { Ok(Screen::new("Plan", view! { <h1>"Plan"</h1> })) })
}
