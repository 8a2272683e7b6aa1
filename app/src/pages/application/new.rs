//! A new application that has no package yet.

use crate::actions::applications::CreateApplication;
use crate::context::{Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Breadcrumbs, Button, Card, Choice, Crumb, Field, Kind, Select, TextArea, Why};
use crate::view::icons::Icon;
use leptos::server_fn::ServerFn;
use operations::Result;
use operations::view::Creation;

/// The page.
#[component]
pub fn NewPage() -> impl IntoView {
    framed(Area::Applications, |place| async move { load(place).await })
}

async fn load(place: Place) -> Result<Screen> {
    let offers = place.console.application_creation(&place.caller, &place.key).await?;
    Ok(Screen::new("New application", body(&place, offers)))
}

fn body(place: &Place, offers: Creation) -> AnyView {
    let crumbs = vec![Crumb::new("Applications", place.address(""))];
    let open: Vec<Choice> = offers
        .environments
        .iter()
        .filter(|(_, may)| may.is_ok())
        .map(|(stage, _)| Choice::new(&stage.key, &stage.name))
        .collect();
    let inside = if open.is_empty() {
        let refusals = offers.environments.into_iter().find_map(|(_, may)| may.err()).into_iter().collect();
        view! { <Why refusals id="no-create"/> }.into_any()
    } else {
        form(place, open, &offers)
    };
    view! {
        <div class="head"><div>
            <Breadcrumbs crumbs/>
            <h1>"New application"</h1>
            <p class="dim">"It has no package yet and runs nowhere. Its team, its pipeline and what it is blocked from can be settled before the first one comes; that one has to name its key."</p>
        </div></div>
        <Card title="The application" id="application">{inside}</Card>
    }
    .into_any()
}

fn form(place: &Place, environments: Vec<Choice>, offers: &Creation) -> AnyView {
    let typed = |field: &str| place.typed(field);
    let problem = |field: &str| place.problem(field);
    let kinds = vec![
        Choice::new("web", "Web: people open it"),
        Choice::new("service", "Service: programs call it"),
        Choice::new("library", "Library: others are built on it"),
    ];
    let none = |words: &str| std::iter::once(Choice::new("", words)).collect::<Vec<_>>();
    let mut teams = none("No team");
    teams.extend(offers.teams.iter().map(|(id, name)| Choice::new(id, name)));
    let mut pipelines = none("Any pipeline");
    pipelines.extend(offers.pipelines.iter().map(|each| Choice::new(&each.key, &each.name)));
    let pipeline = (!offers.pipelines.is_empty()).then(|| {
        view! { <Select label="Pipeline" name="wanted[pipeline]" id="pipeline" choices=pipelines value=typed("pipeline") problem=problem("pipeline")/> }
    });
    view! {
        <form method="post" action=CreateApplication::url() class="stack">
            <input type="hidden" name="infra" value=place.key.clone()/>
            <Field label="Name" name="wanted[name]" id="name" value=typed("name") problem=problem("name") required=true maxlength=80/>
            <Field label="Key" name="wanted[key]" id="key" value=typed("key") problem=problem("key") required=true verbatim=true maxlength=63
                help="In addresses and packages: lower-case letters, digits and inner hyphens. It never changes."/>
            <Select label="Kind" name="wanted[kind]" id="kind" choices=kinds value=typed("kind") problem=problem("kind")/>
            <TextArea label="Description" name="wanted[description]" id="description" value=typed("description") problem=problem("description") maxlength=500/>
            <Select label="Create it by the right in" name="wanted[environment]" id="environment" choices=environments value=typed("environment") problem=problem("environment")
                help="“Create Applications” there allows it, by your default role or by your role in the team."/>
            <Select label="Team" name="wanted[team]" id="team" choices=teams value=typed("team") problem=problem("team")/>
            {pipeline}
            <div class="row"><Button words="Create it" kind=Kind::Go icon=Icon::Plus/></div>
        </form>
    }
    .into_any()
}
