//! The settings of an application in an environment: what counts, where it comes from, and whether what runs has it.

pub(crate) mod form;

use crate::actions::settings::{ApplySettings, ClearSetting, SetSetting};
use crate::context::{Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{
    Breadcrumbs, Button, Card, Cell, Crumb, EmptyState, Kind, Note, Row, RowHead, Table, Tag, When, Why,
};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::words;
use domain::setting::{Origin, Told};
use form::Asked;
use leptos::server_fn::ServerFn;
use operations::Result;
use operations::view::{ApplicationRef, EnvironmentRef, OwnView, SettingView, SettingsPage};

/// The page.
#[component]
pub fn Page() -> impl IntoView {
    framed(Area::Environments, |place| async move { load(place).await })
}

async fn load(place: Place) -> Result<Screen> {
    let (env, app) = (place.param("env"), place.param("app"));
    let page = place.console.settings_of(&place.caller, &place.key, &env, &app).await?;
    let title = format!("Settings of {} in {}", page.application.name, page.environment.name);
    let topic = format!("infrastructure:{}", place.key);
    let screen = Screen::new(title, body(&place, page));
    // What was wrong with a field is said by this page alone: it stays.
    Ok(if place.problem("value").is_some() { screen } else { screen.live(topic) })
}

/// Where the page is.
pub(crate) fn address(place: &Place, environment: &str, application: &str) -> String {
    place.address(&format!("/environments/{environment}/applications/{application}/settings"))
}

/// The way to a page about an application in an environment.
pub(crate) fn crumbs(
    place: &Place,
    environment: &EnvironmentRef,
    application: &ApplicationRef,
) -> Vec<Crumb> {
    vec![
        Crumb::new("Environments", place.address("/environments")),
        Crumb::new(environment.name.clone(), place.address(&format!("/environments/{}", environment.key))),
        Crumb::new(application.name.clone(), place.address(&format!("/applications/{}", application.key))),
    ]
}

fn body(place: &Place, page: SettingsPage) -> AnyView {
    let (application, environment) = (page.application.clone(), page.environment.clone());
    let crumbs = crumbs(place, &environment, &application);
    let runs = match (&page.runs, page.since) {
        (Some(runs), Some(since)) => {
            view! { <p class="dim">{environment.name.clone()}" runs "<span class="v">{runs.clone()}</span>", since "<When at=since now=place.now/>"."</p> }
        }
        _ => view! { <p class="dim">{format!("It is not in {}.", environment.name)}</p> },
    };
    let apply = apply(place, &page);
    let refused = page.change.clone().err().filter(|_| !page.settings.is_empty()).map(|refusal| {
        view! { <div class="body small dim"><Why refusals=vec![refusal] id="no-change"/></div> }
    });
    let inside = if page.settings.is_empty() {
        let sentence = match page.runs {
            Some(_) => "What runs here reads no settings.",
            None => "What is not here yet gets its settings in the plan that brings it.",
        };
        view! { <EmptyState icon=Icon::Package title="No settings"><p>{sentence}</p></EmptyState> }
    } else {
        let rows = page.settings.iter().map(|one| row(place, &page, one)).collect_view();
        let heads = vec!["Setting", "Value", "Set", "Change"];
        view! { <Table label="Table of settings" heads>{rows}</Table> }
    };
    let unused = unused(place, &page);
    let title = format!("Settings of {}", application.name);
    view! {
        <div class="head"><div>
            <Breadcrumbs crumbs/>
            <h1>{title}</h1>
            {runs}
        </div></div>
        {apply}
        <Card title="Settings" id="settings" flush=true aside=format!("what counts in {}; secrets are never shown", environment.name)>{inside}{refused}</Card>
        {unused}
    }
}

/// What counts and does not run yet, and the click that brings it.
fn apply(place: &Place, page: &SettingsPage) -> Option<AnyView> {
    let possible = page.apply.clone()?;
    let what = words::of(page.to_apply, "setting counts", "settings count");
    let sentence = format!("{what} otherwise than what {} was started with.", page.application.name);
    let run = page.deployment.map(|id| {
        let href = place.address(&format!("/deployments/{id}"));
        view! { <a class="link" href=href>"What it was started with"</a> }
    });
    let (infra, env, app) = (place.key.clone(), page.environment.key.clone(), page.application.key.clone());
    Some(view! {
        <Note tone=Tone::Warn>
            <p>{sentence}" "{run}</p>
            <p class="small">"It goes on as it runs until the settings are applied, or until its next deployment. Applying starts it once more, one front-end after the other."</p>
            <form method="post" action=ApplySettings::url()>
                <input type="hidden" name="infra" value=infra/>
                <input type="hidden" name="env" value=env/>
                <input type="hidden" name="app" value=app/>
                <Button words="Apply the settings" kind=Kind::Go icon=Icon::Up possible id="apply"/>
            </form>
        </Note>
    })
}

/// A value in a cell.
pub(crate) fn shown(told: &Told) -> AnyView {
    match told {
        Told::Value { value } if value.is_empty() => view! { <span class="dimmer">"empty"</span> },
        Told::Value { value } => view! { <code class="value">{value.clone()}</code> },
        Told::Secret => {
            view! { <span class="st"><crate::ui::Glyph icon=Icon::Padlock/>"Set, never shown"</span> }
        }
        Told::Missing => {
            view! { <span class="st bad"><crate::ui::Glyph icon=Icon::Alert/>"No value"</span> }
        }
    }
}

fn row(place: &Place, page: &SettingsPage, one: &SettingView) -> AnyView {
    let name = one.name.clone();
    let beneath = format!("{}, {}", one.key, one.kind.words().to_lowercase());
    let about =
        (!one.description.is_empty()).then(|| view! { <span class="sub">{one.description.clone()}</span> });
    let from = match (one.origin, one.fits) {
        (_, false) => view! { <Tag tone=Tone::Warn icon=Icon::Alert words="Does not fit this version"/> },
        (Origin::Default, _) => view! { <span class="sub">"default of the package"</span> },
        (Origin::Missing, _) => view! { <span class="sub">"needed: the package has no default"</span> },
        _ => view! { <span class="sub">{format!("of {} itself", page.environment.name)}</span> },
    };
    let runs_with = (!one.applied).then(|| {
        view! { <span class="sub warn">{format!("runs with {}", one.runs_with.quoted())}</span> }
    });
    let set = match &one.own {
        Some(own) => {
            view! { <When at=own.at now=place.now/>" by "{own.by.clone()} }
        }
        None => view! { <span class="dimmer">"–"</span> },
    };
    let change = match page.change {
        Err(_) => view! { <span class="dimmer">"–"</span> },
        Ok(()) => change(place, page, one),
    };
    let value = shown(&one.value);
    view! {
        <Row>
            <RowHead><b>{name}</b><span class="sub">{beneath}</span>{about}</RowHead>
            <Cell label="Value">{value}{from}{runs_with}</Cell>
            <Cell label="Set">{set}</Cell>
            <Cell label="Change" class="full">{change}</Cell>
        </Row>
    }
}

fn change(place: &Place, page: &SettingsPage, one: &SettingView) -> AnyView {
    let mine = place.typed("setting").as_deref() == Some(one.key.as_str());
    let problem = place.problem("value").filter(|_| mine);
    let typed = place.typed("value").filter(|_| mine);
    let now = match &one.value {
        Told::Value { value } => Some(value.clone()),
        _ => None,
    };
    let asked = Asked {
        id: format!("value-{}", one.key),
        name: one.name.clone(),
        kind: one.kind,
        value: typed.or(now),
        problem,
    };
    let open = asked.problem.is_some();
    let hidden = form::hidden(place, &page.application.key, &one.key, one.kind);
    let field = form::field(asked);
    let environment = page.environment.key.clone();
    let back = one.own.is_some().then(|| {
        let words = if one.default.is_some() { "Back to the default" } else { "Take the value away" };
        clear(place, page, &one.key, words)
    });
    let label = format!("Set {}", one.name);
    view! {
        <details class="tagging" open=open>
            <summary class="btn tiny" aria-label=format!("Change {}", one.name)>"Change"</summary>
            <form method="post" action=SetSetting::url() class="stack">
                {hidden}
                <input type="hidden" name="env" value=environment/>
                {field}
                <div class="row"><Button words="Set" label=label/></div>
            </form>
            {back}
        </details>
    }
}

fn clear(place: &Place, page: &SettingsPage, key: &str, words: &'static str) -> AnyView {
    view! {
        <form method="post" action=ClearSetting::url() class="clear">
            <input type="hidden" name="infra" value=place.key.clone()/>
            <input type="hidden" name="env" value=page.environment.key.clone()/>
            <input type="hidden" name="app" value=page.application.key.clone()/>
            <input type="hidden" name="key" value=key.to_owned()/>
            <Button words kind=Kind::Tiny label=format!("{words}: {key}")/>
        </form>
    }
}

/// Values that what runs has no use for. They are kept: the version before, or a later one, may have.
fn unused(place: &Place, page: &SettingsPage) -> Option<AnyView> {
    if page.unused.is_empty() {
        return None;
    }
    let now = place.now;
    let rows = page.unused.iter().map(|one| {
        let OwnView { key, value, at, by, .. } = one.clone();
        let away = page.change.is_ok().then(|| clear(place, page, &key, "Take away"));
        view! {
            <Row>
                <RowHead><code>{key}</code></RowHead>
                <Cell label="Value">{shown(&value)}</Cell>
                <Cell label="Set"><When at=at now/>" by "{by}</Cell>
                <Cell label="Change" class="full">{away}</Cell>
            </Row>
        }
    });
    let rows = rows.collect_view();
    let heads = vec!["Setting", "Value", "Set", "Change"];
    Some(view! {
        <Card title="Kept, and not used" id="unused" flush=true aside="what runs does not have these settings">
            <Table label="Table of unused settings" heads>{rows}</Table>
        </Card>
    })
}
