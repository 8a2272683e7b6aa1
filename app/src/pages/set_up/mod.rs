//! The first user of a new console.

use crate::context;
use crate::pages::sign_in::Gatehouse;
use crate::prelude::*;
use crate::ui::{Button, Field, FlashNote, Kind};
use crate::view::words;

/// The form; who comes later is led to the start.
#[component]
pub fn Page() -> impl IntoView {
    Suspend::new(async move {
        let needed = match context::console() {
            Ok(console) => console.needs_set_up().await,
            Err(error) => Err(error),
        };
        match needed {
            Ok(true) => {}
            Ok(false) => {
                context::see_other("/");
                return view! { <p><a href="/">"To the start"</a></p> }.into_any();
            }
            Err(error) => return context::refused(&error).await,
        }
        let flash = context::take_flash();
        let before = flash.clone().unwrap_or_default();
        view! {
            <Gatehouse title="Set up this console">
                <p class="to">"The first person becomes its administrator."</p>
                <form method="post" action="/set-up" class="stack">
                    <FlashNote flash/>
                    <Field label="Set-up code" name="code" value=before.typed("code") problem=before.problem("code") required=true verbatim=true autofocus=true
                        help="It stands in the terminal where the console was started."/>
                    <Field label="User name" name="username" value=before.typed("username") problem=before.problem("username") required=true verbatim=true autocomplete="username"/>
                    <Field label="Name" name="name" value=before.typed("name") problem=before.problem("name") required=true autocomplete="name"/>
                    <Field label="E-mail" name="email" kind="email" value=before.typed("email") problem=before.problem("email") required=true verbatim=true autocomplete="email"/>
                    <Field label="Password" name="password" kind="password" problem=before.problem("password") required=true autocomplete="new-password"
                        help=words::PASSWORD_HELP/>
                    <Button words="Set up" kind=Kind::Go/>
                </form>
            </Gatehouse>
        }
        .into_any()
    })
}
