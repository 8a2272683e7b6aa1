//! What a plan changes of settings, modules and databases: now, and next; and the values that it sets.

use crate::actions::settings::{PlanSetting, WithdrawPlanSetting};
use crate::context::Place;
use crate::pages::settings::form::{self, Asked};
use crate::pages::settings::shown;
use crate::prelude::*;
use crate::ui::{Button, Card, Cell, Glyph, Kind, Note, Row, RowHead, Table, Tag, When, Why};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::words;
use domain::package::compare::{Change, Difference};
use domain::setting::{Origin, Told};
use leptos::server_fn::ServerFn;
use operations::view::{PlanItemView, PlanPage, PlanSettingView};

/// The place of a setting in the page.
pub(super) fn anchor(application: &str, key: &str) -> String {
    format!("set-{application}-{key}")
}

/// The card; none where the plan's applications have neither settings nor modules or databases that move.
pub(super) fn card(place: &Place, page: &PlanPage) -> Option<AnyView> {
    let parts: Vec<AnyView> = page.items.iter().filter_map(|item| part(place, page, item)).collect();
    if parts.is_empty() {
        return None;
    }
    let settings = page.items.iter().any(|item| !item.settings.is_empty());
    let refused = page.settings.clone().err().filter(|_| settings && page.edit.is_ok());
    let refused = refused.map(|refusal| {
        view! { <div class="body small dim"><Why refusals=vec![refusal] id="no-settings"/></div> }
    });
    Some(view! {
        <Card title="Settings and modules" id="settings" flush=true aside="what runs now, and next; secrets are never shown">
            {parts}
            {refused}
        </Card>
    })
}

/// What has changed since an approval that counts.
pub(super) fn drift(page: &PlanPage) -> Option<AnyView> {
    if page.drift.is_empty() {
        return None;
    }
    let list = page.drift.iter().map(|sentence| view! { <li>{sentence.clone()}</li> }).collect_view();
    Some(view! {
        <Note tone=Tone::Warn>
            <p>"Settings that this plan does not set have changed since it was approved. The approval counts; the run takes what is set now."</p>
            <ul aria-label="Changed since the approval">{list}</ul>
        </Note>
    })
}

fn part(place: &Place, page: &PlanPage, item: &PlanItemView) -> Option<AnyView> {
    if item.settings.is_empty() && item.modules.is_empty() && item.database.is_none() {
        return None;
    }
    let moves = |one: &&PlanSettingView| {
        one.change.is_some() || one.origin == Some(Origin::Missing) || one.planned.is_some()
    };
    let (moving, staying): (Vec<_>, Vec<_>) = item.settings.iter().partition(|one| moves(one));
    let table = |all: Vec<&PlanSettingView>, label: String| {
        let rows = all.into_iter().map(|one| row(place, page, item, one)).collect_view();
        view! { <Table label class="list stacks ops" heads=vec!["Setting", "Now", "Next", "In this plan"]>{rows}</Table> }
    };
    let name = item.application.name.clone();
    let shown = (!moving.is_empty()).then(|| table(moving, format!("Settings of {name} that change")));
    let more = (!staying.is_empty()).then(|| {
        let mine = place.typed("setting-of").as_deref() == Some(item.application.key.as_str());
        let open = mine && staying.iter().any(|one| place.typed("setting").as_deref() == Some(&one.key));
        let summary = words::of(staying.len() as u64, "setting stays as it is", "settings stay as they are");
        let rest = table(staying, format!("Settings of {name} that stay"));
        view! { <details class="equal" open=open><summary>{summary}</summary>{rest}</details> }
    });
    let modules = (!item.modules.is_empty()).then(|| {
        let all = item.modules.iter().map(module).collect_view();
        view! { <ul class="plain moved" aria-label=format!("Modules of {name}")>{all}</ul> }
    });
    let database = item.database.clone().map(|sentences| view! { <p class="body small">{sentences}</p> });
    Some(view! { <section class="changed"><h3>{name}</h3>{modules}{database}{shown}{more}</section> })
}

/// A module that comes, goes or is another one.
fn module(one: &Difference) -> AnyView {
    let (tone, icon) = match one.change {
        Change::Added => (Tone::Ok, Icon::Plus),
        Change::Removed => (Tone::Bad, Icon::Cross),
        Change::Changed => (Tone::Plain, Icon::Differ),
    };
    let details = one.details.iter().filter(|_| one.change == Change::Changed).map(|detail| {
        let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "none".to_owned());
        let (before, after) = (side(&detail.before), side(&detail.after));
        view! {
            <span class="next small"><span class="dim">{detail.what}" "</span><code>{before}</code><Glyph icon=Icon::Right/><span class="sr">"to"</span><code>{after}</code></span>
        }
    });
    let details = details.collect_view();
    view! { <li><span>"Module "<b>{one.name.clone()}</b></span><Tag tone icon words=one.change.words()/>{details}</li> }
}

fn row(place: &Place, page: &PlanPage, item: &PlanItemView, one: &PlanSettingView) -> AnyView {
    let now = match &one.now {
        None => view! { <span class="st">"not there"</span> },
        Some(told) => shown(told),
    };
    let next = match (&one.next, one.origin) {
        (None, _) => {
            view! { <span class="st"><Glyph icon=Icon::Cross/>"falls away"</span><span class="sub">"its value is kept"</span> }
        }
        (Some(Told::Secret), Some(Origin::Set)) => {
            view! { <span class="st"><Glyph icon=Icon::Padlock/>"Will be set"</span> }
        }
        (Some(told), origin) => {
            let from = match origin {
                Some(Origin::Default) => "default of the package",
                Some(Origin::Set) => "set with this plan",
                Some(Origin::Missing) => "needed: the package has no default",
                _ => "of the target itself",
            };
            view! { {shown(told)}<span class="sub">{from}</span> }
        }
    };
    let beneath = format!("{}, {}", one.key, one.kind.words().to_lowercase());
    let plan = in_plan(place, page, item, one);
    let (here, name) = (anchor(&item.application.key, &one.key), one.name.clone());
    view! {
        <Row>
            <RowHead><b id=here>{name}</b><span class="sub">{beneath}</span></RowHead>
            <Cell label="Now">{now}</Cell>
            <Cell label="Next">{next}</Cell>
            <Cell label="In this plan" class="full">{plan}</Cell>
        </Row>
    }
}

/// Who set it in the plan, and the form.
fn in_plan(place: &Place, page: &PlanPage, item: &PlanItemView, one: &PlanSettingView) -> AnyView {
    let (application, key) = (item.application.key.clone(), one.key.clone());
    let by = one.planned.clone().map(|(by, at)| {
        let used = (one.origin != Some(Origin::Set))
            .then(|| view! { <span class="sub warn">"It does not fit what the plan brings, so it does not count."</span> });
        view! { <p class="small">"set by "{by}", "<When at=at now=place.now/></p>{used} }
    });
    let may = page.edit.is_ok() && page.settings.is_ok();
    let away = (may && one.planned.is_some()).then(|| {
        view! {
            <form method="post" action=WithdrawPlanSetting::url()>
                <input type="hidden" name="infra" value=place.key.clone()/>
                <input type="hidden" name="plan" value=page.id.to_string()/>
                <input type="hidden" name="app" value=application.clone()/>
                <input type="hidden" name="key" value=key.clone()/>
                <Button words="Do not set it" kind=Kind::Tiny label=format!("Do not set it: {}", one.name)/>
            </form>
        }
    });
    let form = (may && one.next.is_some()).then(|| {
        let mine = place.typed("setting-of").as_deref() == Some(application.as_str())
            && place.typed("setting").as_deref() == Some(key.as_str());
        let now = match &one.next {
            Some(Told::Value { value }) => Some(value.clone()),
            _ => None,
        };
        let asked = Asked {
            id: format!("value-{application}-{key}"),
            name: one.name.clone(),
            kind: one.kind,
            value: place.typed("value").filter(|_| mine).or(now),
            problem: place.problem("value").filter(|_| mine),
        };
        let open = asked.problem.is_some() || one.origin == Some(Origin::Missing);
        let hidden = form::hidden(place, &application, &key, one.kind);
        let field = form::field(asked);
        let label = format!("Set in this plan: {}", one.name);
        view! {
            <details class="tagging" open=open>
                <summary class="btn tiny" aria-label=format!("Set {}", one.name)>"Set"</summary>
                <form method="post" action=PlanSetting::url() class="stack">
                    {hidden}
                    <input type="hidden" name="plan" value=page.id.to_string()/>
                    {field}
                    <div class="row"><Button words="Set in this plan" label=label/></div>
                </form>
            </details>
        }
    });
    view! { <div class="stack tight">{by}{form}{away}</div> }
}
