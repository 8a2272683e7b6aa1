//! Who still uses an application, and retiring it.

use crate::actions::applications::{BringApplicationBack, RetireApplication};
use crate::context::{Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Breadcrumbs, Button, Card, Crumb, Field, Kind, Note, Why};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use leptos::server_fn::ServerFn;
use operations::Result;
use operations::view::{ApplicationUsage, UsedBy};

/// The page.
#[component]
pub fn UsagePage() -> impl IntoView {
    framed(Area::Applications, |place| async move { load(place).await })
}

async fn load(place: Place) -> Result<Screen> {
    let key = place.param("app");
    let usage = place.console.application_usage(&place.caller, &place.key, &key).await?;
    let title = format!("Who uses {}", usage.application.name);
    let topic = format!("infrastructure:{}", place.key);
    Ok(Screen::new(title, body(&place, usage)).live(topic))
}

fn body(place: &Place, usage: ApplicationUsage) -> AnyView {
    let application = usage.application.clone();
    let here = place.address(&format!("/applications/{}", application.key));
    let crumbs = vec![
        Crumb::new("Applications", place.address("")),
        Crumb::new(application.name.clone(), here.clone()),
    ];
    let hidden = usage.hidden.then(|| {
        view! { <Note><p>"There is more that uses it, which you may not see."</p></Note> }
    });
    let runs = usage.runs_in.iter().map(|stage| {
        let href = place.address(&format!("/environments/{}", stage.key));
        view! { <li><a class="link" href=href>{stage.name.clone()}</a></li> }
    });
    let runs = list(runs.collect_view(), usage.runs_in.is_empty(), "It runs nowhere.");
    let consumers = usage.consumers.iter().map(|stage| {
        let each = stage.consumers.iter().map(|one| {
            let name = one.application.as_ref().map_or_else(|| one.key.clone(), |of| of.name.clone());
            let href = place.address(&format!("/applications/{}", one.key));
            view! { <li><a class="link" href=href>{name}</a><span class="dim small">{one.elements.join(", ")}</span></li> }
        });
        let each = each.collect_view();
        view! { <h3 class="small dim">{stage.environment.name.clone()}</h3><ul class="relations">{each}</ul> }
    });
    let consumers = consumers.collect_view();
    let consumers = match usage.consumers.is_empty() {
        true => view! { <p class="dim">"Nothing that runs anywhere uses what it offers."</p> }.into_any(),
        false => view! { <div class="stack tight">{consumers}</div> }.into_any(),
    };
    let named = |all: &[UsedBy], under: &str, none: &'static str| {
        let rows = all.iter().map(|one| {
            let href = place.address(&format!("/{under}/{}", one.id));
            let about = format!("to {}, by {}", one.target, one.by);
            view! { <li><a class="link" href=href>{one.name.clone()}</a><span class="dim small">{about}</span></li> }
        });
        list(rows.collect_view(), all.is_empty(), none)
    };
    let plans = named(&usage.plans, "plans", "No open plan names it.");
    let deployments = named(&usage.deployments, "deployments", "No deployment of it is under way.");
    let end = end(place, &usage);
    let title = format!("Who uses {}", application.name);
    view! {
        <div class="head"><div>
            <Breadcrumbs crumbs/>
            <h1>{title}</h1>
            <p class="dim">"An application can be retired once it runs nowhere, nothing uses it, and no plan or deployment is about it. Its key, its versions and its history stay."</p>
        </div></div>
        {end}
        {hidden}
        <div class="pair">
            <Card title="Runs in" id="runs-in">{runs}</Card>
            <Card title="Used by" id="consumers" aside="consumers, by environment">{consumers}</Card>
            <Card title="Open plans" id="plans">{plans}</Card>
            <Card title="Open deployments" id="deployments">{deployments}</Card>
        </div>
    }
    .into_any()
}

fn list(rows: Vec<AnyView>, empty: bool, none: &'static str) -> AnyView {
    match empty {
        true => view! { <p class="dim">{none}</p> }.into_any(),
        false => view! { <ul class="relations">{rows}</ul> }.into_any(),
    }
}

/// Retiring it, or bringing it back.
fn end(place: &Place, usage: &ApplicationUsage) -> AnyView {
    let hidden = view! {
        <input type="hidden" name="infra" value=place.key.clone()/>
        <input type="hidden" name="app" value=usage.application.key.clone()/>
    };
    let (title, inside) = match (&usage.retire, &usage.retired) {
        (Err(refusals), None) => {
            let refusals = refusals.clone();
            let why = view! { <Note tone=Tone::Warn><p>"It cannot be retired now."</p><Why refusals id="why-not"/></Note> };
            ("Retire it", why.into_any())
        }
        (Err(refusals), Some(_)) => {
            ("Retired", view! { <Why refusals=refusals.clone() id="why-not"/> }.into_any())
        }
        (Ok(()), Some(retired)) => {
            let sentence = format!("{} retired it: {}", retired.by, retired.reason);
            let form = view! {
                <form method="post" action=BringApplicationBack::url() class="stack">
                    {hidden}
                    <p>{sentence}</p>
                    <div class="row"><Button words="Bring it back" icon=Icon::Back/></div>
                </form>
            };
            ("Retired", form.into_any())
        }
        (Ok(()), None) => {
            let (value, problem) = (place.typed("reason"), place.problem("reason"));
            let form = view! {
                <form method="post" action=RetireApplication::url() class="stack">
                    {hidden}
                    <p>"Nobody uses it. It leaves the lists, and can be brought back."</p>
                    <Field label="Why" name="reason" value problem required=true maxlength=300/>
                    <div class="row"><Button words="Retire it" kind=Kind::Bad icon=Icon::Cross/></div>
                </form>
            };
            ("Retire it", form.into_any())
        }
    };
    view! { <Card title=title id="end">{inside}</Card> }.into_any()
}
