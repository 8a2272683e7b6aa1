//! The pipelines of an infrastructure, drawn as lanes with the environments that are their stages, and the same as a list.

pub(crate) mod drawing;
mod edit;
mod folded;
pub(crate) mod text;

pub use edit::{EditPage, NewPage};
pub(crate) use folded::share;

use crate::context::{Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Card, EmptyState, Kind, LinkButton, Note};
use crate::view::icons::Icon;
use crate::view::tone::{Look, Tone};
use crate::view::words;
use operations::Result;
use operations::view::PipelinesPage;

/// The page.
#[component]
pub fn Page() -> impl IntoView {
    framed(Area::Pipelines, |place| async move { load(place).await })
}

async fn load(place: Place) -> Result<Screen> {
    let chosen = place.query("pipeline");
    let page = place.console.pipelines_folded(&place.caller, &place.key, chosen.as_deref()).await?;
    let topic = format!("infrastructure:{}", place.key);
    Ok(Screen::new("Pipelines", body(&place, &page, chosen.as_deref())).live(topic))
}

fn body(place: &Place, page: &PipelinesPage, chosen: Option<&str>) -> AnyView {
    let pipelines = words::of(page.counts.pipelines as u64, "pipeline", "pipelines");
    let environments = words::of(page.counts.environments as u64, "environment", "environments");
    let shown = if page.counts.environments == 0 {
        let way = way_on(place, page, "begin");
        view! {
            <div class="card">
                <EmptyState icon=Icon::Flow title="No environment yet">
                    <p>"An infrastructure begins with its architecture: take a reference architecture, or bring a file."</p>
                    <p>{way}</p>
                </EmptyState>
            </div>
        }
    } else {
        let drawn = format!("Pipelines of {}", place.infrastructure.name);
        let (drawn, listed) = (drawing::shown(place, page, &drawn), text::shown(place, page));
        let choice = folded::choice(place, page, chosen);
        view! {
            {(page.counts.pipelines == 0).then(|| no_pipeline(place, page))}
            {folded::all(place, page)}
            <Card title="How it stands" id="map" flush=true aside="what is recorded; states were reported">
                {choice}
                {drawn}
                <details class="equal">
                    <summary>"The same as a list"</summary>
                    {listed}
                </details>
            </Card>
        }
    };
    let new = (page.counts.environments > 0).then(|| {
        let (href, possible) = (place.address("/pipelines/new"), page.manage.clone());
        view! { <LinkButton words="New pipeline" href kind=Kind::Go icon=Icon::Plus possible id="new-pipeline"/> }
    });
    view! {
        <div class="head">
            <div>
                <h1>"Pipelines"</h1>
                <p class="dim">{format!("{pipelines} over {environments}. Applications climb from the left to the right.")}</p>
            </div>
            <div class="acts">{way_on(place, page, "to-architecture")}{new}</div>
        </div>
        {shown}
    }
}

/// To where pipelines are made.
fn way_on(place: &Place, page: &PipelinesPage, id: &'static str) -> AnyView {
    let href = place.address("/architecture");
    view! { <LinkButton words="Architecture" href icon=Icon::Layers possible=page.manage.clone() id/> }
}

fn no_pipeline(place: &Place, page: &PipelinesPage) -> AnyView {
    let way = way_on(place, page, "make-pipeline");
    view! {
        <Note tone=Tone::Warn>
            <p><b>"No pipeline is recorded."</b></p>
            <p class="small">"Without one, promotion goes from any environment to any other. A pipeline says which hops are offered."</p>
            <p>{way}</p>
        </Note>
    }
}

/// Whether a front-end answers its controller; `path` is its place in the architecture.
fn answers(page: &PipelinesPage, path: &str) -> Look {
    match page.servers.get(path) {
        Some(true) => Look::new(Tone::Ok, Icon::Check, "Answers"),
        Some(false) => Look::new(Tone::Bad, Icon::Cross, "No answer"),
        None => Look::new(Tone::Plain, Icon::Circle, "Not heard"),
    }
}
