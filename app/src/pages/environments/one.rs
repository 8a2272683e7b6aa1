//! One environment.

use super::{heard, reachable};
use crate::context::{Place, Screen, framed};
use crate::pages::application::opens;
use crate::pages::deployments::table;
use crate::ui::frame::Area;
use crate::ui::{
    Breadcrumbs, Button, Card, Crumb, EmptyState, Kind, LinkButton, Note, RunningVersion, Scroll, StateTag,
    Tag, When, Why,
};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::words;
use leptos::prelude::*;
use operations::Result;
use operations::view::{EnvironmentApplication, EnvironmentPage, Possible, ServerView};

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
    let EnvironmentPage { card, applications, deployments, next, publish, .. } = page;
    let environment = card.environment.clone();
    let name = environment.name.clone();
    let plan = next.map(|next| {
        let pairs = [("from", Some(environment.key.as_str())), ("to", Some(next.key.as_str()))];
        (format!("Plan to {}", next.name), place.with_query("/plans/new", &pairs))
    });
    let servers = card.servers.iter().map(|each| server(each, place.now)).collect_view();
    let publish = publish.map(|possible| publish_form(place, &environment.key, possible));
    let runs = running(place, applications);
    let newest = if deployments.is_empty() {
        view! { <EmptyState icon=Icon::Up title="No deployment yet"><p>"Nothing was brought here so far."</p></EmptyState> }
            .into_any()
    } else {
        table(place, deployments)
    };
    let silent = (card.health == domain::environment::Health::Unknown)
        .then(|| view! { <Note tone=Tone::Bad><p>{words::health_sentence(card.health)}</p></Note> });
    view! {
        <div class="head">
            <div>
                <Breadcrumbs crumbs=vec![Crumb::new("Environments", place.address("/environments"))]/>
                <div class="title"><h1>{name}</h1><StateTag look=words::health(card.health)/></div>
                <p class="dim">{words::purpose(environment.purpose)}", "{words::of(card.servers.len() as u64, "front-end server", "front-end servers")}</p>
                {heard(&card, place.now)}
            </div>
            <span class="push"></span>
            {plan.map(|(words, href)| view! { <LinkButton words href kind=Kind::Go icon=Icon::Up/> })}
        </div>
        <div class="environment">
            {silent}
            <Card title="Front-end servers" id="servers" aside="name and role are recorded; the rest was reported" flush=true>
                <div class="fronts">{servers}</div>
            </Card>
            <Card title="Applications" id="applications" flush=true aside="what runs here, and where each front-end opens it">{runs}</Card>
            {publish}
            <Card title="Newest deployments" id="deployments" flush=true>{newest}</Card>
        </div>
    }
}

fn server(each: &ServerView, now: domain::time::Timestamp) -> impl IntoView + use<> {
    let state = reachable(each);
    let role = if each.is_controller { "deployment controller and front-end" } else { "front-end" };
    let report = match each.reported.clone() {
        None => view! { <p class="small dim">"Nothing was reported about it yet."</p> }.into_any(),
        Some(report) => {
            let services =
                report.services.iter().map(|key| words::service(key)).collect::<Vec<_>>().join(", ");
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
            <div class="row wrap"><h3>{each.name.clone()}</h3>{state}<span class="small dim">{role}</span></div>
            {report}
        </section>
    }
}

fn running(place: &Place, applications: Vec<EnvironmentApplication>) -> AnyView {
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
            let href = place.address(&format!("/applications/{}", each.application.key));
            let (modified, mixed) = (each.running.modified, each.running.mixed);
            let running = each.running.clone();
            view! {
                <tr>
                    <th scope="row"><a class="link" href=href>{each.application.name}</a></th>
                    <td data-l="Version"><span class="mono"><RunningVersion running/></span>" "
                        {modified.then(|| view! { <Tag tone=Tone::Warn icon=Icon::Alert words="Modified"/> })}
                        {mixed.then(|| view! { <Tag tone=Tone::Bad icon=Icon::Alert words="Mixed"/> })}</td>
                    <td data-l="Since"><When at=each.running.changed_at now=place.now/>" by "{each.running.changed_by}</td>
                    <td data-l="Opens at">{opens(each.addresses)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Scroll label="Applications in this environment">
            <table class="list stacks">
                <thead><tr>
                    <th scope="col">"Application"</th><th scope="col">"Version"</th><th scope="col">"Since"</th><th scope="col">"Opens at"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </Scroll>
    }
    .into_any()
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
                    <div class="row"><Button words="Publish" icon=Icon::Package/></div>
                </form>
            }
            .into_any()
        }
    };
    view! { <Card title="Publish a package" id="publish">{form}</Card> }.into_any()
}
