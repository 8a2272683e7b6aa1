//! One environment.

use super::drawing::Drawing;
use super::{heard, maintenance, reachable, timeline};
use crate::context::{Place, Screen, framed};
use crate::pages::application::opens;
use crate::pages::deployments::table;
use crate::pages::{pipelines, settings};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{
    ApplicationName, Breadcrumbs, Button, Card, Cell, Crumb, EmptyState, Glyph, Kind, LinkButton, Note, Row,
    RowHead, RunningVersion, Scroll, StateTag, Table, Tag, TextArea, When, Why,
};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::words;
use domain::architecture::words::Service;
use operations::Result;
use operations::view::{
    EnvironmentApplication, EnvironmentCard, EnvironmentPage, EnvironmentRef, PipelinesPage, Possible,
    ServerView,
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
    let EnvironmentPage { card, applications, deployments, previous, next, publish, manage, events, built } =
        page;
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
    let servers = card.servers.iter().map(|each| server(each, place.now)).collect_view();
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
    let silent = (card.health == domain::environment::Health::Unknown)
        .then(|| view! { <Note tone=Tone::Bad><p>{words::health_sentence(card.health)}</p></Note> });
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
    let heard_now = card.health != domain::environment::Health::Unknown;
    let services = services(&card.servers, heard_now, place.now);
    let built = built.and_then(|page| stands_on(place, &page, &environment.key, &environment.name));
    let now = place.now;
    view! {
        <div class="head">
            <div>
                <Breadcrumbs crumbs=vec![Crumb::new("Environments", place.address("/environments"))]/>
                <div class="title"><h1>{name}</h1><StateTag look=words::health(card.health)/></div>
                {heard(&card, now)}
            </div>
            <div class="acts">{plans}{dependencies}{settings}</div>
        </div>
        <div class="environment">
            {maintained}
            {silent}
            {facts}
            <Card title="How it stands" id="servers" flush=true aside="names and roles are recorded; the rest was reported">
                <Drawing card=card.clone() now/>
                <details class="equal">
                    <summary>"The same as a list"</summary>
                    <div class="fronts">{servers}</div>
                </details>
            </Card>
            {built}
            <Card title="What runs here" id="applications" flush=true aside="what came last first, and where each front-end opens it">{runs}</Card>
            {services}
            {publish}
            {maintain}
            <Card title="Timeline" id="timeline" flush=true aside="as it was reported">{happened}</Card>
            <Card title="Newest deployments" id="deployments" flush=true>{newest}</Card>
        </div>
    }
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
    let topology = match card.servers.len() {
        0 => "no front-end yet".to_owned(),
        1 => "Standalone, 1 front-end".to_owned(),
        more => format!("Farm, {more} front-ends"),
    };
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
            <div><dt>"Platform Server"</dt><dd>{versions}</dd></div>
            <div><dt>"Applications"</dt><dd>{words::count(card.applications)}</dd></div>
            {from}
        </dl>
    }
}

/// The five services of Platform Servers, by front-end. One that no report names is not installed, as far as is known.
fn services(
    servers: &[ServerView],
    heard: bool,
    now: domain::time::Timestamp,
) -> Option<impl IntoView + use<>> {
    let known: Vec<String> = Service::ALL.iter().map(|service| service.word().to_owned()).collect();
    let reported = servers.iter().any(|each| each.reported.is_some());
    if !reported || servers.len() > SERVICE_COLUMNS {
        return None;
    }
    let heads = servers
        .iter()
        .map(|each| view! { <th role="columnheader" scope="col" class="mono">{each.name.clone()}</th> })
        .collect_view();
    let rows = known
        .into_iter()
        .map(|service| {
            let cells = servers.iter().map(|each| running_service(each, &service, heard, now)).collect_view();
            view! { <Row><RowHead>{words::service(&service)}</RowHead>{cells}</Row> }
        })
        .collect_view();
    Some(view! {
        <Card title="Platform Server services" id="services" flush=true aside="as each front-end was reported last">
            <Scroll label="Table of services">
                <table class="list stacks" role="table">
                    <thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">"Service"</th>{heads}</tr></thead>
                    <tbody role="rowgroup">{rows}</tbody>
                </table>
            </Scroll>
        </Card>
    })
}

/// More front-ends than this make a table that nobody can read; the list above has them all.
const SERVICE_COLUMNS: usize = 6;

fn running_service(
    server: &ServerView,
    service: &str,
    heard: bool,
    now: domain::time::Timestamp,
) -> impl IntoView + use<> {
    let state = match &server.reported {
        Some(report) => match report.services.iter().find(|each| each.service == service) {
            None => view! { <span class="dimmer">"Not installed"</span> }.into_any(),
            Some(_) if !heard || !report.reachable => {
                view! { <Tag tone=Tone::Bad icon=Icon::Question words="Unknown"/><span class="sub">"heard last "<When at=report.at now/></span> }.into_any()
            }
            // An earlier version does not say since when.
            Some(each) if each.running => {
                let since = (each.since.0 > 0).then(|| view! { ", running since "<When at=each.since now/> });
                let since = view! { <span class="sub">"heartbeat "<When at=report.at now/>{since}</span> };
                view! { <Tag tone=Tone::Ok icon=Icon::Check words="Running"/>{since} }.into_any()
            }
            Some(each) => {
                view! { <Tag tone=Tone::Bad icon=Icon::Cross words="Stopped"/><span class="sub">"last heartbeat "<When at=each.since now/></span> }.into_any()
            }
        },
        None => view! { <span class="dimmer">"not reported"</span> }.into_any(),
    };
    view! { <Cell label=server.name.clone()>{state}</Cell> }
}

fn server(each: &ServerView, now: domain::time::Timestamp) -> impl IntoView + use<> {
    let state = reachable(each);
    let role = if each.is_controller { "deployment controller and front-end" } else { "front-end" };
    let report = match each.reported.clone() {
        None => view! { <p class="small dim">"Nothing was reported about it yet."</p> }.into_any(),
        Some(report) => {
            let running = report.services.iter().filter(|each| each.running);
            let services = running.map(|each| words::service(&each.service)).collect::<Vec<_>>().join(", ");
            let services = if services.is_empty() { "none reported".to_owned() } else { services };
            view! {
                <dl class="kv">
                    <dt>"Applications open at"</dt><dd><a class="link mono" href=report.public_address.clone()>{report.public_address.clone()}</a></dd>
                    <dt>"Services"</dt><dd>{services}</dd>
                    <dt>"Platform Server"</dt><dd>{report.version}</dd>
                    <dt>"Reported"</dt><dd><When at=report.at now/></dd>
                </dl>
            }
            .into_any()
        }
    };
    view! {
        <section class="front">
            <div class="row"><h3 class="mono">{each.name.clone()}</h3>{state}<span class="small dim">{role}</span></div>
            {report}
        </section>
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
