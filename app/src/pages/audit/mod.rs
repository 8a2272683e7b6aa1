//! audit.

use crate::context::{Screen, framed};
use crate::ui::frame::Area;
use leptos::prelude::*;

/// Audit.
#[component]
pub fn ListPage() -> impl IntoView {
    framed(Area::Audit, |_| async move { Ok(Screen::new("Audit", view! { <h1>"Audit"</h1> })) })
}

/// Audit entry.
#[component]
pub fn Page() -> impl IntoView {
    framed(Area::Audit, |_| async move { Ok(Screen::new("Audit entry", view! { <h1>"Audit entry"</h1> })) })
}
