//! One's own profile: one card a file, in the order of the page.

mod details;
mod password;
mod roles;
mod second_factor;
mod sessions;

use crate::context::{console, framed_for_me, session_hash};
use crate::prelude::*;

/// The page.
#[component]
pub fn Page() -> impl IntoView {
    framed_for_me("Your profile", |me, caller, flash| async move {
        let console = console()?;
        let list = console.own_sessions(&caller, Some(&session_hash())).await?;
        let held = console.own_second_factor(&caller).await?;
        let now = console.time();
        Ok(view! {
            <div class="head"><div>
                <h1>{me.name.clone()}</h1>
                <p class="dim mono">{me.username.clone()}</p>
            </div></div>
            <div class="split">
                <div>
                    {details::card(&me, flash.as_ref())}
                    {sessions::card(list, now)}
                </div>
                <div>
                    {roles::card(&me)}
                    {second_factor::card(&held)}
                    {password::card(&me, flash.as_ref())}
                </div>
            </div>
        }
        .into_any())
    })
}
