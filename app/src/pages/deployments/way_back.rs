//! The way back of a finished deployment, said before it is taken.

use crate::actions::deployments::RollBackDeployment;
use crate::context::Place;
use crate::prelude::*;
use crate::ui::{ApplicationName, Button, Card, Field, Glyph, Kind, Note, Why};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use leptos::server_fn::ServerFn;
use operations::view::{DeploymentPage, RelatedDeployment, WayBack, WayBackItem};

/// The card.
pub(super) fn card(place: &Place, page: &DeploymentPage) -> Option<AnyView> {
    let way_back = page.way_back.clone()?;
    let taken = page.related.as_ref().filter(|related| related.takes_back);
    let already = taken.map(|related| {
        let href = place.address(&format!("/deployments/{}", related.id));
        view! { <p>"It was rolled back by "<a href=href>{related.name.clone()}</a>"."</p> }
    });
    let WayBack { items, breaks, conflicts, digest, start } = way_back;
    let rows = list(place, items);
    let form = match start {
        Err(refusal) => view! { <Why refusals=vec![refusal] id="no-way-back"/> }.into_any(),
        Ok(()) => {
            let (value, problem) = (place.typed("reason"), place.problem("reason"));
            view! {
                <form method="post" action=RollBackDeployment::url() class="stack">
                    <input type="hidden" name="infra" value=place.key.clone()/>
                    <input type="hidden" name="deployment" value=page.row.id.to_string()/>
                    <input type="hidden" name="digest" value=digest/>
                    <input type="hidden" name="conflicts" value=conflicts/>
                    <Field label="Why it is rolled back" name="reason" value problem required=true maxlength=300/>
                    <p class="small dim">"What goes back is pinned there: nothing deploys over it until somebody lifts the pin. Data that applications have written stays as it is."</p>
                    <div class="row"><Button words="Roll back" kind=Kind::Bad icon=Icon::Back/></div>
                </form>
            }
            .into_any()
        }
    };
    let breaks = broken(breaks);
    Some(
        view! {
            <Card title="Way back" id="way-back" aside=format!("as {} is now", page.row.target.name)>
                <div class="stack">{already}{rows}{breaks}{form}</div>
            </Card>
        }
        .into_any(),
    )
}

/// Whom going back would break.
pub(crate) fn broken(breaks: Vec<String>) -> Option<impl IntoView + use<>> {
    (!breaks.is_empty()).then(|| {
        view! {
            <Note tone=Tone::Bad>
                <p>"Going back would break something:"</p>
                <ul>{breaks.into_iter().map(|sentence| view! { <li>{sentence}</li> }).collect_view()}</ul>
            </Note>
        }
    })
}

/// What each application goes back to.
pub(crate) fn list(place: &Place, items: Vec<WayBackItem>) -> impl IntoView + use<> {
    let infrastructure = place.key.clone();
    let rows = items.into_iter().map(move |item| {
        let WayBackItem { application, now, to, stays, settings, database } = item;
        let what = match stays {
            Some(sentence) => view! { <p class="small dim">{sentence}</p> }.into_any(),
            None => {
                let now = now.unwrap_or_else(|| "not there".to_owned());
                let to = to.unwrap_or_else(|| "taken out".to_owned());
                view! { <span class="push to"><span class="v same">{now}</span><Glyph icon=Icon::Right/><span class="sr">"back to"</span><span class="v">{to}</span></span> }
                    .into_any()
            }
        };
        let settings = settings.into_iter().chain(database).map(|sentence| view! { <p class="small dim">{sentence}</p> });
        let settings = settings.collect_view();
        view! { <li><div class="row wide wrap"><ApplicationName application infrastructure=infrastructure.clone()/>{what}</div>{settings}</li> }
    });
    view! { <ul class="brought back">{rows.collect_view()}</ul> }
}

/// The link from a rollback to what it takes back.
pub(super) fn takes_back(
    place: &Place,
    related: Option<&RelatedDeployment>,
) -> Option<impl IntoView + use<>> {
    let related = related.filter(|related| !related.takes_back)?;
    let href = place.address(&format!("/deployments/{}", related.id));
    Some(view! { <span>"takes back "<a href=href>{related.name.clone()}</a></span> })
}
