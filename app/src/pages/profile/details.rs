//! What one is called, and how pages look: name, e-mail, language, time zone, theme.

use crate::actions::profile::ChangeProfile;
use crate::flash::Flash;
use crate::prelude::*;
use crate::ui::{Button, Card, Choice, Field, Kind, Select};
use crate::view::times;
use domain::person::Theme;
use leptos::server_fn::ServerFn;
use operations::view::Me;

/// The card.
pub(super) fn card(me: &Me, flash: Option<&Flash>) -> impl IntoView + use<> {
    let problem = |field: &str| flash.and_then(|flash| flash.problem(field));
    let value = |field: &str, now: &str| {
        Some(flash.and_then(|flash| flash.typed(field)).unwrap_or_else(|| now.to_owned()))
    };
    let zones = times::zones().into_iter().map(|name| Choice::new(name.clone(), name)).collect::<Vec<_>>();
    let themes = Theme::ALL
        .map(|theme| {
            let words = match theme {
                Theme::System => "As the browser says",
                Theme::Light => "Light",
                Theme::Dark => "Dark",
            };
            Choice::new(theme.word(), words)
        })
        .to_vec();
    let form = view! {
        <form method="post" action=ChangeProfile::url() class="stack">
            <div class="fields">
                <Field label="Name" name="name" value=value("name", &me.name) problem=problem("name") required=true maxlength=80 autocomplete="name"/>
                <Field label="E-mail" name="email" kind="email" value=value("email", &me.email) problem=problem("email") maxlength=254 autocomplete="email"/>
            </div>
            <div class="fields">
                <Select label="Time zone" name="time_zone" choices=zones value=value("time_zone", &me.time_zone) problem=problem("time_zone")/>
                <Select label="Theme" name="theme" choices=themes value=value("theme", me.theme.word()) problem=problem("theme")/>
            </div>
            <p class="small dim">"Language: English. There is no other one yet."</p>
            <div class="row"><Button words="Save" kind=Kind::Go/></div>
        </form>
    };
    view! { <Card title="You" id="you">{form}</Card> }
}
