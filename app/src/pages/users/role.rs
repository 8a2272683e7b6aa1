//! Another default role, with what it would give and take before anybody saves it. The address holds the chosen role.

use super::one::Shown;
use crate::actions::users::ChangeRole;
use crate::context::Place;
use crate::prelude::*;
use crate::ui::level::{Stair, class};
use crate::ui::{Button, Choice, Field, Glyph, Kind, Note, Select, Tag, Why, no_role};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::words;
use domain::access::Rights;
use domain::environment::Purpose;
use leptos::server_fn::ServerFn;
use operations::view::{ChangeView, EffectivePage, RolePreview, UserPage};

/// The card.
pub(super) fn card(
    place: &Place,
    user: &UserPage,
    effective: &EffectivePage,
    preview: Option<Shown<RolePreview>>,
) -> impl IntoView + use<> {
    let path = format!("/users/{}", user.row.id);
    let now = user.row.role.as_ref();
    let others = user.roles.iter().filter(|choice| now.is_none_or(|now| now.id != choice.role.id));
    let choices = std::iter::once(no_role())
        .chain(others.map(|choice| Choice::new(choice.role.id.to_string(), &choice.role.name)))
        .collect::<Vec<_>>();
    let tag = preview.is_some().then(|| view! { <Tag tone=Tone::Wait icon=Icon::Eye words="Preview"/> });
    let role = now.map_or_else(|| "none here".to_owned(), |role| role.name.clone());
    let content = match preview {
        None => {
            view! { <p class="small dim">"What it gives and takes is shown before anything is saved."</p> }
                .into_any()
        }
        Some(Err(refusal)) => view! { <Why refusals=vec![refusal] id="preview-why"/> }.into_any(),
        Some(Ok(preview)) => previewed(place, user, effective, preview),
    };
    view! {
        <section class="card preview" aria-labelledby="change-role">
            <header><h2 id="change-role">"Change default role"</h2>{tag}</header>
            <div class="body stack">
                <form method="get" action=place.address(&path) class="stack">
                    <p class="row"><span class="dim small">"Now"</span><Glyph icon=Icon::Badge/><b>{role}</b></p>
                    <Select label="New role" name="role" id="new-role" choices value=place.query("role")/>
                    <Button words="Preview" icon=Icon::Eye possible=user.set_role.clone() id="preview-role"/>
                </form>
                {content}
            </div>
        </section>
    }
}

fn previewed(place: &Place, user: &UserPage, effective: &EffectivePage, preview: RolePreview) -> AnyView {
    let all: Vec<&ChangeView> = preview.changes.iter().collect();
    let of_default: Vec<_> = all.iter().filter(|change| change.application.is_none()).collect();
    let gain = of_default.iter().filter(|change| change.gained != Rights::NONE).count() as u64;
    let lose = of_default.iter().filter(|change| change.lost != Rights::NONE).count() as u64;
    let sum = format!(
        "{} gain, {} lose",
        words::of(gain, "environment", "environments"),
        words::of(lose, "environment", "environments")
    );
    let nothing =
        preview.changes.is_empty() && preview.wide_gained.is_empty() && preview.wide_lost.is_empty();
    let changes = effective
        .environments
        .iter()
        .zip(&effective.default)
        .filter_map(|(environment, before)| {
            let here: Vec<&ChangeView> =
                all.iter().copied().filter(|change| change.environment.id == environment.id).collect();
            let production = environment.purpose == Purpose::Production && preview.opens_production;
            (!here.is_empty()).then(|| in_environment(&environment.name, *before, &here, production))
        })
        .collect_view();
    let wide = (!preview.wide_gained.is_empty() || !preview.wide_lost.is_empty()).then(|| {
        let gained = preview.wide_gained.iter().map(|right| chip(true, right.words())).collect_view();
        let lost = preview.wide_lost.iter().map(|right| chip(false, right.words())).collect_view();
        view! { <li class="change"><h3>"In the whole infrastructure"</h3><ul class="rights">{gained}{lost}</ul></li> }
    });
    let list = if nothing {
        view! { <p class="dim">"Nothing changes: both roles give the same."</p> }.into_any()
    } else {
        view! {
            <p class="small dim">{sum}", on every application without a narrower role"</p>
            <ul class="changes" aria-label="Gains and losses">{changes}{wide}</ul>
        }
        .into_any()
    };
    let name = preview.name.clone();
    let warning = preview.opens_production.then(|| {
        view! {
            <Note tone=Tone::Warn>
                <p><b>"Opens Production"</b></p>
                <p class="small">{format!("{name} can then change or deploy there, at once, in open sessions too.")}</p>
            </Note>
        }
    });
    let keep = (effective.narrowed.n > 0).then(|| {
        let words = words::counted(effective.narrowed, "application keeps", "applications keep");
        view! { <p class="small row"><Glyph icon=Icon::Link/><span>{words}" the team's role or the grant."</span></p> }
    });
    let more = preview.more.then(|| {
        view! { <p class="small dim">"There are more applications with narrower roles than were looked at."</p> }
    });
    view! {
        {list}
        {warning}
        {keep}
        {more}
        <form method="post" action=ChangeRole::url() class="stack">
            <input type="hidden" name="infra" value=place.key.clone()/>
            <input type="hidden" name="user" value=user.row.id.to_string()/>
            <input type="hidden" name="role" value=preview.to.id.to_string()/>
            <Field label="Reason" name="reason" value=place.typed("reason") problem=place.problem("reason") maxlength=500 help="stands in the audit entry; may be left empty"/>
            <div class="row">
                <Button words=format!("Make {} the default role", preview.to.name) kind=Kind::Go possible=preview.save id="save-role"/>
                <a class="btn quiet" href=place.address(&format!("/users/{}", user.row.id))>"Cancel"</a>
            </div>
        </form>
    }
    .into_any()
}

fn in_environment(name: &str, before: Rights, changes: &[&ChangeView], opens: bool) -> impl IntoView + use<> {
    let lines = changes
        .iter()
        .map(|change| {
            let about = change.application.as_ref().map(|application| {
                view! { <p class="tiny dim">{application.name.clone()}", which is closed or opened with it"</p> }
            });
            let gained = change.gained.iter().map(|right| chip(true, right.words())).collect_view();
            let lost = change.lost.iter().map(|right| chip(false, right.words())).collect_view();
            view! { {about}<ul class="rights">{lost}{gained}</ul> }
        })
        .collect_view();
    let stairs = changes.iter().find(|change| change.application.is_none()).map(|change| {
        let after = before.without(change.lost).with(change.gained);
        view! { <span class="push">{small(before)}</span><Glyph icon=Icon::Right/><span class="sr">"to"</span>{small(after)} }
    });
    let class = if opens { "change opening" } else { "change" };
    view! { <li class=class><div class="row"><h3>{name.to_owned()}</h3>{stairs}</div>{lines}</li> }
}

fn small(rights: Rights) -> impl IntoView {
    view! { <span class=format!("lvn {}", class(rights)) title=rights.described()><Stair rights/><b>{rights.level_of()}</b></span> }
}

fn chip(gained: bool, words: &'static str) -> impl IntoView {
    let (class, icon, verb) =
        if gained { ("gain", Icon::Plus, "gains ") } else { ("loss", Icon::Minus, "loses ") };
    view! { <li class=class><Glyph icon/><span class="sr">{verb}</span>{words}</li> }
}
