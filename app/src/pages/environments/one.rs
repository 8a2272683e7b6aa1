//! One environment.

use super::drawing::{Before, Drawing};
use super::{heard, maintenance, servers, state, timeline, zones};
use crate::context::{Place, Screen, framed};
use crate::pages::application::opens;
use crate::pages::deployments::table;
use crate::pages::{pipelines, settings};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{
    ApplicationName, Breadcrumbs, Button, Card, Cell, Crumb, EmptyState, Glyph, Kind, LinkButton, Note, Row,
    RowHead, RunningVersion, StateTag, Table, TextArea, When, Why,
};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::words;
use domain::environment::Health;
use operations::Result;
use operations::view::{
    EnvironmentApplication, EnvironmentCard, EnvironmentPage, EnvironmentRef, PipelinesPage, Possible,
};

/// The page.
#[component]
pub fn Page() -> impl IntoView {
    framed(Area::Environments, |place| async move { load(place).await })
}

async fn load(place: Place) -> Result<Screen> {
    let key = place.param("env");
    let page = place.console.environment(&place.caller, &place.key, &key).await?;
    let title = page.card.environment.name.clone();
    let topic = format!("infrastructure:{}", place.key);
    Ok(Screen::new(title, body(&place, page)).live(topic))
}

fn body(place: &Place, page: EnvironmentPage) -> impl IntoView + use<> {
    let EnvironmentPage {
        card,
        applications,
        deployments,
        previous,
        next,
        publish,
        manage,
        events,
        built,
        zones,
        findings,
    } = page;
    let environment = card.environment.clone();
    let name = environment.name.clone();
    let plans = next
        .into_iter()
        .take(HOPS)
        .map(|next| {
            let pairs = [("from", Some(environment.key.as_str())), ("to", Some(next.key.as_str()))];
            let (words, href) = (format!("Plan to {}", next.name), place.with_query("/plans/new", &pairs));
            view! { <LinkButton words href kind=Kind::Go icon=Icon::Up/> }
        })
        .collect_view();
    let publish = publish.map(|possible| publish_form(place, &environment.key, possible));
    let shown = applications.len() as u64;
    let all = (card.applications.capped || card.applications.n > shown).then(|| {
        let words = format!("All {} in the matrix", words::count(card.applications));
        view! { <p class="more"><a class="link small" href=place.address("")>{words}</a></p> }
    });
    // Of many only the newest are on the page, so what is modified may be among the others.
    let modified = all.is_some() || applications.iter().any(|each| each.running.modified);
    let modified = modified.then(|| {
        let href = place.address(&format!("/environments/{}/modified", environment.key));
        view! { <p class="more"><a class="link small" href=href>"Tag what is modified here"</a></p> }
    });
    let runs = view! { {running(place, &environment.key, applications)}{all}{modified} };
    let newest = if deployments.is_empty() {
        view! { <EmptyState icon=Icon::Up title="No deployment yet"><p>"Nothing was brought here so far."</p></EmptyState> }
            .into_any()
    } else {
        table(place, deployments)
    };
    let troubled = match card.health {
        Health::Unknown => {
            Some(view! { <Note tone=Tone::Bad><p>{words::health_sentence(card.health)}</p></Note> })
        }
        Health::Impaired => {
            let sentence = servers::impaired(&card);
            Some(view! { <Note tone=Tone::Warn><p>{sentence}</p></Note> })
        }
        Health::Healthy | Health::NotEnrolled => None,
    };
    let facts = facts(place, &card, previous);
    let all = place.address(&format!("/environments/{}/timeline", environment.key));
    let more = (!events.is_empty())
        .then(|| view! { <p class="more"><a class="link small" href=all>"The whole timeline"</a></p> });
    let happened = view! { {timeline::list(place, events)}{more} };
    let maintained = maintenance::note(place, &card);
    let settings = {
        let href = place.address(&format!("/environments/{}/settings", environment.key));
        view! { <LinkButton words="Settings" href icon=Icon::Server possible=manage.clone() id="to-settings"/> }
    };
    let dependencies = {
        let href = place.address(&format!("/environments/{}/dependencies", environment.key));
        view! { <LinkButton words="Dependencies" href icon=Icon::Layers/> }
    };
    let maintain = maintenance::form(place, &card, manage);
    let services = servers::services(&card, place.now);
    let servers = servers::list(&card, built.as_ref().map(|page| &page.architecture), place.now);
    let zones = zones::card(zones);
    let found = zones::found(place, findings);
    let balancer = built.as_ref().and_then(|page| before(page, &environment.key));
    let built = built.and_then(|page| stands_on(place, &page, &environment.key, &environment.name));
    let now = place.now;
    view! {
        <div class="head">
            <div>
                <Breadcrumbs crumbs=vec![Crumb::new("Environments", place.address("/environments"))]/>
                <div class="title"><h1>{name}</h1>{state(&card, now)}</div>
                {heard(&card, now)}
            </div>
            <div class="acts">{plans}{dependencies}{settings}</div>
        </div>
        <div class="environment">
            {maintained}
            {troubled}
            {facts}
            <Card title="How it stands" id="servers" flush=true aside="names and roles are recorded; the rest was reported">
                <Drawing card=card.clone() now balancer/>
                <details class="equal">
                    <summary>"The same as a list"</summary>
                    {servers}
                </details>
            </Card>
            {found}
            {built}
            <Card title="What runs here" id="applications" flush=true aside="what came last first, and where each front-end opens it">{runs}</Card>
            {zones}
            {services}
            {publish}
            {maintain}
            <Card title="Timeline" id="timeline" flush=true aside="as it was reported and done">{happened}</Card>
            <Card title="Newest deployments" id="deployments" flush=true>{newest}</Card>
        </div>
    }
}

/// The load balancer that is recorded, told of below with what the environment stands on.
fn before(page: &PipelinesPage, key: &str) -> Option<Before> {
    let (_, of) = page.architecture.environments.iter().find(|(each, _)| each.as_str() == key)?;
    let name = of.load_balancer.as_ref()?.name.to_string();
    Some(Before { name, href: "#built".to_owned() })
}

/// What the environment stands on, drawn; none where nothing but its front-ends is recorded, which are drawn above.
fn stands_on(place: &Place, page: &PipelinesPage, key: &str, name: &str) -> Option<AnyView> {
    let of = page.architecture.environments.iter().find(|(each, _)| each.as_str() == key)?.1;
    if of.load_balancer.is_none() && of.catalogs.is_empty() && of.external_databases.is_empty() {
        return None;
    }
    let drawn = pipelines::drawing::shown(place, page, &format!("What {name} stands on"));
    let listed = pipelines::text::of_environment(place, page, key);
    Some(
        view! {
            <Card title="What it stands on" id="built" flush=true aside="recorded; whether front-ends answer was reported">
                {drawn}
                <details class="equal">
                    <summary>"The same as a list"</summary>
                    {listed}
                </details>
            </Card>
        }
        .into_any(),
    )
}

/// More hops from one environment than this are chosen on the page of a new plan.
const HOPS: usize = 3;

fn facts(place: &Place, card: &EnvironmentCard, previous: Vec<EnvironmentRef>) -> impl IntoView + use<> {
    let topology = match card.servers.len() as u64 {
        0 => format!("{}, no front-end yet", words::topology(card.topology)),
        n => format!("{}, {}", words::topology(card.topology), words::of(n, "front-end", "front-ends")),
    };
    let address = card.address.clone().map(|address| {
        let shown = address.clone();
        view! { <div><dt>"Address"</dt><dd><a class="link mono" href=address>{shown}</a></dd></div> }
    });
    let stages = if card.two_stage { "In two stages" } else { "In one go" };
    let mut versions: Vec<&str> = card
        .servers
        .iter()
        .filter_map(|each| each.reported.as_ref())
        .map(|report| report.version.as_str())
        .collect();
    versions.sort_unstable();
    versions.dedup();
    let versions = if versions.is_empty() { "not reported yet".to_owned() } else { versions.join(", ") };
    let from = (!previous.is_empty()).then(|| {
        let links = previous.into_iter().enumerate().map(|(at, from)| {
            let href = place.address(&format!("/environments/{}", from.key));
            view! { {(at > 0).then_some(", ")}<a class="link" href=href>{from.name}</a> }
        });
        view! { <div><dt>"Receives from"</dt><dd>{links.collect_view()}</dd></div> }
    });
    view! {
        <dl class="facts">
            <div><dt>"Purpose"</dt><dd>{words::purpose(card.environment.purpose)}</dd></div>
            <div><dt>"Topology"</dt><dd>{topology}</dd></div>
            {address}
            <div><dt>"Deployments"</dt><dd>{stages}</dd></div>
            <div><dt>"Platform Server"</dt><dd>{versions}</dd></div>
            <div><dt>"Applications"</dt><dd>{words::count(card.applications)}</dd></div>
            {from}
        </dl>
    }
}

fn running(place: &Place, environment: &str, applications: Vec<EnvironmentApplication>) -> AnyView {
    if applications.is_empty() {
        return view! {
            <EmptyState icon=Icon::Package title="Nothing runs here yet">
                <p>"Applications come here by promotion, or by publishing a package into Development."</p>
            </EmptyState>
        }
        .into_any();
    }
    let rows = applications
        .into_iter()
        .map(|each| {
            let state = words::running(&each.running)
                .map_or_else(|| view! { <span class="st ok"><Glyph icon=Icon::Check/>"In order"</span> }.into_any(), |look| view! { <StateTag look/> }.into_any());
            let (running, infrastructure, now) = (each.running.clone(), place.key.clone(), place.now);
            let href = settings::address(place, environment, &each.application.key);
            let label = format!("Settings of {}", each.application.name);
            view! {
                <Row>
                    <RowHead><ApplicationName application=each.application infrastructure/></RowHead>
                    <Cell label="Version"><RunningVersion running/><a class="link sub" href=href aria-label=label>"Settings"</a></Cell>
                    <Cell label="State">{state}</Cell>
                    <Cell label="Since"><When at=each.running.changed_at now/>" by "{each.running.changed_by}</Cell>
                    <Cell label="Opens at" class="full">{opens(each.addresses)}</Cell>
                </Row>
            }
        })
        .collect_view();
    let heads = vec!["Application", "Version", "State", "Since", "Opens at"];
    view! { <Table label="Applications in this environment" heads>{rows}</Table> }.into_any()
}

fn publish_form(place: &Place, environment: &str, possible: Possible) -> AnyView {
    let form = match possible {
        Err(refusal) => view! { <Why refusals=vec![refusal] id="no-publish"/> }.into_any(),
        Ok(()) => {
            let action = place.address(&format!("/environments/{environment}/publish"));
            view! {
                <form method="post" action=action enctype="multipart/form-data" class="publish">
                    <div class="field">
                        <label for="package">"Package file (.oap)"</label>
                        <input class="input" type="file" id="package" name="package" accept=".oap" required=true aria-describedby="package-help"/>
                        <p class="help" id="package-help">"Made with: towpath package build DIR. It is checked as a whole before anything changes."</p>
                    </div>
                    <TextArea label="Release notes" name="notes" id="notes" value=place.typed("notes") problem=place.problem("notes")
                        help="What is new. They are kept with it, and proposed as the change log of its version."/>
                    <div class="row"><Button words="Publish" icon=Icon::Package/></div>
                </form>
            }
            .into_any()
        }
    };
    view! { <Card title="Publish a package" id="publish">{form}</Card> }.into_any()
}
