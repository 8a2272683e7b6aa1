//! The second step of signing in.

use crate::context;
use crate::islands::passkey::PasskeyForm;
use crate::pages::sign_in::Gatehouse;
use crate::prelude::*;
use crate::ui::{Button, Field, FlashNote, Kind};
use leptos_router::hooks::use_query_map;

/// The form; who is not half-way is led to the first step.
#[component]
pub fn Page() -> impl IntoView {
    let next = use_query_map().get_untracked().get("next");
    Suspend::new(async move {
        let next = next.as_deref().and_then(context::local_address).unwrap_or_default().to_owned();
        let Some(half) = context::waits_for() else {
            let to = if next.is_empty() { "/sign-in".to_owned() } else { context::sign_in_address(&next) };
            context::see_other(&to);
            return view! { <p><a href=to>"Sign in"</a></p> }.into_any();
        };
        let ways = match context::console() {
            Ok(console) => console.ways(half.user).await,
            Err(error) => Err(error),
        };
        let ways = match ways {
            Ok(ways) => ways,
            Err(error) => return context::refused(&error).await,
        };
        let flash = context::take_flash();
        let problem = flash.as_ref().and_then(|flash| flash.problem("code"));
        let help = if ways.app {
            "Six digits from your authenticator app, or one of your recovery codes."
        } else {
            "One of your recovery codes, if you have no passkey at hand."
        };
        view! {
            <Gatehouse title="One more step">
                <p class="to">{half.name}</p>
                {ways.passkeys.then(|| passkey(next.clone()))}
                <form method="post" action="/sign-in/second" class="stack">
                    <FlashNote flash/>
                    <input type="hidden" name="next" value=next/>
                    <Field label="Code" name="code" verbatim=true required=true autofocus=ways.app problem=problem autocomplete="one-time-code" help=help maxlength=40/>
                    <Button words="Sign in" kind=Kind::Go/>
                </form>
                <p class="small dim after">
                    "Nothing of these at hand? An administrator can reset your second factor. "
                    <a class="link" href="/sign-in">"Sign in as somebody else"</a>
                </p>
            </Gatehouse>
        }
        .into_any()
    })
}

fn passkey(next: String) -> impl IntoView {
    view! {
        <noscript><p class="small">"Your browser runs no scripts, which a passkey needs. A code works without."</p></noscript>
        <PasskeyForm question="/sign-in/passkey".to_owned() action="/sign-in/second".to_owned() creates=false words="Use a passkey".to_owned()>
            <input type="hidden" name="next" value=next/>
        </PasskeyForm>
    }
}
