//! Where a link of an invitation leads: the invited person chooses a password.

use crate::context::{self, caller, console};
use crate::error::ErrorWords;
use crate::pages::sign_in::Gatehouse;
use crate::prelude::*;
use crate::ui::{Button, Field, FlashNote, Kind};
use crate::view::words;
use leptos_router::hooks::use_query_map;

/// The form. What the link holds goes along in it and stands nowhere else.
#[component]
pub fn Page() -> impl IntoView {
    let token = use_query_map().get_untracked().get("token").unwrap_or_default();
    Suspend::new(async move {
        let found = match (console(), caller()) {
            (Ok(console), Ok(caller)) => console.invitation(&caller, &token).await,
            (Err(error), _) | (_, Err(error)) => Err(error),
        };
        let invitation = match found {
            Ok(invitation) => invitation,
            Err(error) => {
                let words = ErrorWords::from(&error);
                context::set_status(words.status);
                return view! {
                    <Gatehouse title="This link is not good">
                        <p>{words.sentence}</p>
                        <p class="small dim after"><a class="link" href="/sign-in">"Sign in"</a></p>
                    </Gatehouse>
                }
                .into_any();
            }
        };
        let flash = context::take_flash();
        let before = flash.clone().unwrap_or_default();
        let (title, word) = if invitation.renews {
            ("Choose a new password", "Set the password")
        } else {
            ("Welcome", "Begin")
        };
        view! {
            <Gatehouse title=title>
                <p class="to">{invitation.name}</p>
                <form method="post" action=context::INVITATION class="stack">
                    <FlashNote flash/>
                    <input type="hidden" name="token" value=token/>
                    <p>"Your user name is "<b class="mono">{invitation.username.clone()}</b>"."</p>
                    // For password managers (ASVS 6.2.7); without a name it is not sent.
                    <input type="text" autocomplete="username" value=invitation.username hidden=true/>
                    <Field label="Password" name="password" kind="password" problem=before.problem("password") required=true autofocus=true
                        autocomplete="new-password" help=words::PASSWORD_HELP/>
                    <Field label="Password, once more" name="again" kind="password" problem=before.problem("again") required=true autocomplete="new-password"/>
                    <Button words=word kind=Kind::Go/>
                </form>
            </Gatehouse>
        }
        .into_any()
    })
}
