//! Environments: the list, and one environment with its servers, what they reported, and what runs there.

mod dependencies;
mod drawing;
mod front_end;
mod leave;
mod maintenance;
mod new;
mod one;
mod servers;
mod settings;
mod timeline;
mod zones;

pub use dependencies::DependenciesPage;
pub use front_end::FrontEndPage;
pub use leave::LeavePage;
pub use new::NewPage;
pub use one::Page;
pub(crate) use servers::anchor;
pub use settings::{ADD as ADD_SERVER, ITSELF, SettingsPage};
pub use timeline::TimelinePage;

use crate::context::{Place, Screen, framed};
use crate::pages::pipelines;
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Glyph, Kind, LinkButton, StateTag, Tag, When};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::words;
use operations::Result;
use operations::view::{EnvironmentCard, ServerView};

/// The environments in their order.
#[component]
pub fn ListPage() -> impl IntoView {
    framed(Area::Environments, |place| async move { list(place).await })
}

async fn list(place: Place) -> Result<Screen> {
    let cards = place.console.environments(&place.caller, &place.key).await?;
    let manage =
        place.console.may_change_infrastructure(&place.caller, &place.key, "register an environment").await?;
    let topic = format!("infrastructure:{}", place.key);
    let count = words::of(cards.len() as u64, "environment", "environments");
    let register = {
        let href = place.address("/environments/new");
        view! { <LinkButton words="Register an environment" href kind=Kind::Go icon=Icon::Plus possible=manage id="register"/> }
    };
    let cards = cards.into_iter().map(|each| card(&place, each)).collect_view();
    let body = view! {
        <div class="head"><div>
            <h1>"Environments"</h1>
            <p class="dim">{count}", in the order that applications climb"</p>
        </div><div class="acts">{register}</div></div>
        <ul class="env-grid">{cards}</ul>
    };
    Ok(Screen::new("Environments", body).live(topic))
}

fn card(place: &Place, each: EnvironmentCard) -> impl IntoView + use<> {
    let href = place.address(&format!("/environments/{}", each.environment.key));
    let shown = if each.servers.len() > SERVERS { SERVERS - 1 } else { each.servers.len() };
    let servers = each.servers.iter().take(shown).map(server_line).collect_view();
    let more = more(&each.servers[shown..], &href);
    let about = format!("{}, {}", words::purpose(each.environment.purpose), each.topology);
    let deploying = each.deploying.map(|id| place.address(&format!("/deployments/{id}")));
    view! {
        <li class="env-card">
            <h2><a href=href>{each.environment.name.clone()}</a></h2>
            <p class="row wrap">{state(&each, place.now)}<span class="small dim">{about}</span></p>
            <p class="small">{words::counted(each.applications, "application runs here", "applications run here")}</p>
            <ul>{servers}{more}</ul>
            {each.maintenance.as_ref().map(|on| view! { <p class="row wrap"><Tag tone=Tone::Warn icon=Icon::Alert words="In maintenance"/><span class="small">{on.reason.clone()}</span></p> })}
            {deploying.map(|href| view! { <p><a class="link small" href=href>"A deployment runs into it"</a></p> })}
            {heard(&each, place.now)}
        </li>
    }
}

/// Front-ends in a card; of more than these the last line tells how many others there are, and how they stand.
const SERVERS: usize = 4;

/// The front-ends that are not listed, summed up, with the way to them.
fn more(servers: &[ServerView], environment: &str) -> Option<AnyView> {
    (!servers.is_empty()).then(|| {
        let answering = servers.iter().filter(|each| drawing::answers(each)).count();
        let look = pipelines::share(answering, servers.len(), ["answers", "answer"]);
        let (href, said) = (format!("{environment}#servers"), format!("{} more", servers.len()));
        view! {
            <li>
                <Glyph icon=Icon::Layers/>
                <a class="link" href=href>{said}</a>
                <span class="push"></span>
                <StateTag look/>
            </li>
        }
    })
}

/// How the console knows an environment; since when nothing is known of it, where that is so.
fn state(card: &EnvironmentCard, now: domain::time::Timestamp) -> AnyView {
    let look = words::health(card.health);
    match card.unknown_since {
        None => view! { <StateTag look/> }.into_any(),
        Some(at) => {
            let class = format!("tag {}", look.tone.class());
            view! { <span class=class><Glyph icon=look.icon/>{look.word}" since "<When at now/></span> }
                .into_any()
        }
    }
}

/// When the controller was heard last: measured, and so said.
fn heard(card: &EnvironmentCard, now: domain::time::Timestamp) -> impl IntoView + use<> {
    match card.heard_at {
        Some(at) => view! { <p class="small dim">"Controller heard "<When at now/></p> }.into_any(),
        None => view! { <p class="small dim">"The controller has not been heard yet."</p> }.into_any(),
    }
}

fn server_line(server: &ServerView) -> impl IntoView + use<> {
    view! {
        <li>
            <Glyph icon=Icon::Server/>
            <span>{server.name.clone()}{server.is_controller.then_some(", controller")}</span>
            <span class="push"></span>
            {reachable(server)}
        </li>
    }
}

/// Whether a front-end answers, in a shape and a word.
pub(super) fn reachable(server: &ServerView) -> impl IntoView + use<> {
    view! { <StateTag look=drawing::look(server)/> }
}
