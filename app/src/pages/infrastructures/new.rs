//! A new infrastructure: what it is called, where it runs, and what it begins as.

use super::hostings;
use crate::actions::infrastructures::CreateInfrastructure;
use crate::context::{Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Breadcrumbs, Button, Card, Choice, Crumb, Field, Kind, Select};
use crate::view::icons::Icon;
use domain::architecture::template::template;
use domain::architecture::words::{Edition, Engine, Hosting};
use leptos::server_fn::ServerFn;
use operations::Result;
use operations::view::Possible;

/// The page.
#[component]
pub fn NewPage() -> impl IntoView {
    framed(Area::Architecture, |place| async move { load(place).await })
}

async fn load(place: Place) -> Result<Screen> {
    let doing = "make an infrastructure";
    let possible = place.console.may_change_infrastructure(&place.caller, &place.key, doing).await?;
    Ok(Screen::new("New infrastructure", body(&place, possible)))
}

/// What an infrastructure can begin as, each with what it counts.
fn starts() -> Vec<Choice> {
    let empty = Choice::new("", "Empty: register its environments one by one");
    let counted = |edition: &Edition| {
        let made = template(*edition, Hosting::OnPremises, Engine::PostgreSql).ok()?;
        let pipelines = match made.pipelines.len() {
            1 => "1 pipeline".to_owned(),
            n => format!("{n} pipelines"),
        };
        let words = format!(
            "{}: {} environments in {pipelines}, {} database servers, {} front-ends",
            edition.label(),
            made.environments.len(),
            made.database_servers.len(),
            made.front_end_count()
        );
        Some(Choice::new(edition.word(), words))
    };
    std::iter::once(empty).chain(Edition::ALL.iter().filter_map(counted)).collect()
}

fn body(place: &Place, possible: Possible) -> AnyView {
    view! {
        <div class="head"><div>
            <Breadcrumbs crumbs=vec![Crumb::new("Architecture", place.address("/architecture"))]/>
            <h1>"New infrastructure"</h1>
            <p class="dim">"A set of environments with applications, roles and teams of its own. Nothing of this one is changed; IT users are the same everywhere, but have no role there until somebody gives them one."</p>
        </div></div>
        <form method="post" action=CreateInfrastructure::url() class="stack narrow">
            <input type="hidden" name="infra" value=place.key.clone()/>
            {what(place)}
            {begins(place)}
            {who(place)}
            <div class="row">
                <Button words="Make the infrastructure" kind=Kind::Go icon=Icon::Plus possible id="make-infrastructure"/>
                <a class="btn quiet" href=place.address("/architecture")>"Cancel"</a>
            </div>
        </form>
    }
    .into_any()
}

fn what(place: &Place) -> impl IntoView + use<> {
    let place = place.clone();
    let hosting = Some(place.typed("hosting").unwrap_or_else(|| Hosting::OnPremises.word().to_owned()));
    view! {
        <Card title="What it is" id="what">
            <div class="stack">
                <Field label="Name" name="wanted[name]" id="name" value=place.typed("name") problem=place.problem("name") required=true maxlength=80/>
                <Field label="Key" name="wanted[key]" id="key" value=place.typed("key") problem=place.problem("key") required=true verbatim=true maxlength=63
                    help="In addresses: lower-case letters, digits and inner hyphens. It never changes."/>
                <Select label="Hosting" name="wanted[hosting]" id="hosting" choices=hostings() value=hosting problem=place.problem("hosting")
                    help="A self-managed one lists the network paths that it needs."/>
            </div>
        </Card>
    }
}

fn begins(place: &Place) -> impl IntoView + use<> {
    let place = place.clone();
    let engines: Vec<Choice> =
        Engine::ALL.iter().map(|each| Choice::new(each.word(), each.label())).collect();
    let engine = Some(place.typed("engine").unwrap_or_else(|| Engine::PostgreSql.word().to_owned()));
    view! {
        <Card title="What it begins as" id="begins">
            <div class="stack">
                <Select label="Reference architecture" name="wanted[template]" id="template" choices=starts() value=place.typed("template") problem=place.problem("template")
                    help="It can grow into the next one later; what would change is shown first."/>
                <Select label="Engine of its database servers" name="wanted[engine]" id="engine" choices=engines value=engine problem=place.problem("engine")
                    help="Only a reference architecture has any."/>
            </div>
        </Card>
    }
}

fn who(place: &Place) -> impl IntoView + use<> {
    let place = place.clone();
    view! {
        <Card title="Who administers it" id="who">
            <Field label="User name" name="wanted[administrator]" id="administrator" value=place.typed("administrator") problem=place.problem("administrator") verbatim=true maxlength=64
                help="Left empty it is you. Whoever it is becomes its Administrator and gives the others their roles."/>
        </Card>
    }
}
