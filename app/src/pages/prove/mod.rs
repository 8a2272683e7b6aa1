//! Proving again that it is oneself, before a dangerous act.

use crate::context::{console, framed_for_me, local_address};
use crate::islands::passkey::PasskeyForm;
use crate::prelude::*;
use crate::ui::{Button, Card, Field, Kind};
use leptos_router::hooks::use_query_map;

/// The page. It leads back to where the proof was asked for.
#[component]
pub fn Page() -> impl IntoView {
    let then = use_query_map().get_untracked().get("then");
    framed_for_me("Prove that it is you", |me, _, flash| async move {
        let ways = console()?.ways(me.user).await?;
        let then = then.as_deref().and_then(local_address).unwrap_or("/profile").to_owned();
        let problem = |field: &str| flash.as_ref().and_then(|flash| flash.problem(field));
        let (wrong_code, wrong_password) = (problem("code"), problem("password"));
        // What was typed into the form that led here goes back to it.
        let kept = flash.as_ref().filter(|flash| !flash.kept.is_empty()).map(|flash| flash.encode());
        let carried = {
            let then = then.clone();
            move || {
                let kept = kept.clone().map(|kept| view! { <input type="hidden" name="kept" value=kept/> });
                view! { <input type="hidden" name="then" value=then.clone()/>{kept} }
            }
        };
        let (with_code, with_passkey) = (carried.clone(), carried.clone());
        let code = ways.any().then(|| {
            view! {
                <Card title="With your second factor" id="second">
                    <form method="post" action="/prove" class="stack">
                        {with_code()}
                        <Field label="Code" name="code" verbatim=true required=true problem=wrong_code autocomplete="one-time-code"
                            help="Six digits from your authenticator app, or one of your recovery codes." maxlength=40/>
                        <div class="row"><Button words="Go on"/></div>
                    </form>
                </Card>
            }
        });
        let passkey = ways.passkeys.then(|| {
            view! {
                <Card title="With a passkey" id="passkey">
                    <noscript><p class="small">"Your browser runs no scripts, which a passkey needs."</p></noscript>
                    <PasskeyForm question="/prove/passkey".to_owned() action="/prove".to_owned() creates=false words="Use a passkey".to_owned()>
                        {with_passkey()}
                    </PasskeyForm>
                </Card>
            }
        });
        Ok(view! {
            <div class="head"><div>
                <h1>"Prove that it is you"</h1>
                <p class="dim">"What you are about to do asks for it, in case somebody else sits at your open session. It counts for ten minutes."</p>
            </div></div>
            <div class="pair">
                <Card title="With your password" id="by-password">
                    <form method="post" action="/prove" class="stack">
                        {carried()}
                        // For password managers (ASVS 6.2.7); without a name it is not sent.
                        <input type="text" autocomplete="username" value=me.username.clone() hidden=true/>
                        <Field label="Password" name="password" kind="password" required=true autofocus=true problem=wrong_password autocomplete="current-password"/>
                        <div class="row"><Button words="Go on" kind=Kind::Go/><a class="btn quiet" href=then>"Back"</a></div>
                    </form>
                </Card>
                {code}
                {passkey}
            </div>
        }
        .into_any())
    })
}
