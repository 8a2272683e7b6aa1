//! Signing in, on the flight of locks.

mod scene;

use crate::context;
use crate::prelude::*;
use crate::ui::frame::IconSheet;
use crate::ui::{Button, Field, FlashNote, Glyph, Kind};
use crate::view::icons::Icon;
use leptos_meta::{Body, Title};
use leptos_router::hooks::use_query_map;
use scene::Scene;

/// The form. The same words for an unknown name and a wrong password come from the operation (ASVS 6.3.8).
#[component]
pub fn Page() -> impl IntoView {
    let next = use_query_map().get_untracked().get("next");
    Suspend::new(async move {
        if let Ok(console) = context::console()
            && console.needs_set_up().await.unwrap_or(false)
        {
            context::see_other("/set-up");
            return view! { <p><a href="/set-up">"Set up"</a></p> }.into_any();
        }
        let flash = context::take_flash();
        let refused = flash.is_some();
        let username = flash.as_ref().and_then(|flash| flash.typed("username"));
        let next = next.as_deref().and_then(context::local_address).map(str::to_owned);
        view! {
            <Gatehouse title="Sign in">
                <form method="post" action="/sign-in" class="stack">
                    <FlashNote flash/>
                    {next.map(|next| view! { <input type="hidden" name="next" value=next/> })}
                    <Field label="User name" name="username" autofocus=!refused value=username required=true verbatim=true autocomplete="username"/>
                    <Field label="Password" name="password" kind="password" autofocus=refused required=true autocomplete="current-password"/>
                    <Button words="Sign in" kind=Kind::Go/>
                </form>
                <p class="small dim after">"No account, or locked out? Ask an administrator of your infrastructure."</p>
            </Gatehouse>
        }
        .into_any()
    })
}

/// A page before signing in: a drawing of locks with one form on it.
#[component]
pub fn Gatehouse(#[prop(into)] title: String, children: Children) -> impl IntoView {
    view! {
        <Title text=format!("{title} · Towpath")/>
        <Body attr:class="signin"/>
        <IconSheet/>
        <Scene/>
        <div class="gatehouse">
            <header class="top"><a class="brand" href="/">"Towpath"</a></header>
            <main class="enter" id="content">
                <span class="mark"><Glyph icon=Icon::Lock/></span>
                <h1>{title}</h1>
                {children()}
            </main>
            <footer class="foot tiny"><p>"Each try to sign in is kept in the audit log."</p></footer>
        </div>
    }
}
