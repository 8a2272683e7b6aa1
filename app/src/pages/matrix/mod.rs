//! matrix.

use crate::context::{Screen, framed};
use crate::ui::frame::Area;
use leptos::prelude::*;

/// Applications.
#[component]
pub fn Page() -> impl IntoView {
    framed(Area::Applications, |_| async move {
        Ok(Screen::new("Applications", view! { <h1>"Applications"</h1> }))
    })
}

/// The start: leads to the first infrastructure of the person who is signed in.
#[component]
pub fn Start() -> impl IntoView {
    Suspend::new(async move {
        let me = match crate::context::me().await {
            Ok(me) => me,
            Err(error) => return crate::context::refused(&error).await,
        };
        if let Some(first) = me.infrastructures.first() {
            let to = format!("/i/{}", first.key);
            crate::context::see_other(&to);
            return view! { <p><a href=to>{first.name.clone()}</a></p> }.into_any();
        }
        view! {
            <leptos_meta::Title text="No infrastructure · Towpath"/>
            <crate::ui::frame::Frame me infrastructure=None area=None topics=Vec::new() flash=None>
                <div class="empty">
                    <h1>"No infrastructure yet"</h1>
                    <p class="dim">"You have no role in an infrastructure. An administrator can give you one."</p>
                </div>
            </crate::ui::frame::Frame>
        }
        .into_any()
    })
}
