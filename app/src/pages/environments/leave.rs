//! Taking an environment out: what would be lost, and what keeps it.

use crate::actions::environments::LeaveEnvironment;
use crate::context::{Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Breadcrumbs, Button, Card, Crumb, Kind, LinkButton, Note};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use leptos::server_fn::ServerFn;
use operations::Result;
use operations::view::EnvironmentLeaving;

/// The page.
#[component]
pub fn LeavePage() -> impl IntoView {
    framed(Area::Environments, |place| async move { load(place).await })
}

async fn load(place: Place) -> Result<Screen> {
    let key = place.param("env");
    let page = place.console.environment_leaving(&place.caller, &place.key, &key).await?;
    Ok(Screen::new(format!("Take {} out", page.name), body(&place, &key, page)))
}

fn body(place: &Place, key: &str, page: EnvironmentLeaving) -> impl IntoView + use<> {
    let EnvironmentLeaving { name, kept, lost } = page;
    let here = place.address(&format!("/environments/{key}"));
    let crumbs = vec![
        Crumb::new("Environments", place.address("/environments")),
        Crumb::new(name.clone(), here.clone()),
    ];
    let lost = lost.into_iter().map(|line| view! { <li>{line}</li> }).collect_view();
    let act = match kept {
        Some(sentence) => view! { <Note tone=Tone::Bad><p>{sentence}</p></Note> }.into_any(),
        None => view! {
            <form method="post" action=LeaveEnvironment::url()>
                <input type="hidden" name="infra" value=place.key.clone()/>
                <input type="hidden" name="env" value=key.to_owned()/>
                <div class="row"><Button words=format!("Take {name} out") kind=Kind::Bad icon=Icon::Cross/></div>
            </form>
        }
        .into_any(),
    };
    view! {
        <div class="people">
            <div class="head"><div>
                <Breadcrumbs crumbs/>
                <h1>{format!("Take {name} out")}</h1>
                <p class="dim">"The log keeps all that is recorded of it, and how much there was of the rest. Nothing else of it stays."</p>
            </div></div>
            <Card title="What would be lost" id="lost">
                <div class="stack">
                    <ul>{lost}</ul>
                    {act}
                    <div class="row"><LinkButton words="Leave it as it is" href=here icon=Icon::Back/></div>
                </div>
            </Card>
        </div>
    }
}
