//! Maintenance mode on an environment's page: what everybody reads while it is on, and the form of those who may set it.

use crate::actions::environments::{EndMaintenance, Maintain};
use crate::context::Place;
use crate::prelude::*;
use crate::ui::{Button, Card, Field, Note, When, Why};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::words;
use leptos::server_fn::ServerFn;
use operations::view::{EnvironmentCard, Maintenance, Possible};

/// What everybody reads first while it is on.
pub(super) fn note(place: &Place, card: &EnvironmentCard) -> Option<impl IntoView + use<>> {
    let Maintenance { reason, since, by, open } = card.maintenance.clone()?;
    let running = (open > 0).then(|| {
        let words = format!(
            "{} started before it. What runs goes on: wait until that has ended, or abort it. What has not begun waits for the end of the maintenance.",
            words::of(open, "deployment was", "deployments were")
        );
        let href = place.address("/deployments");
        view! { <p class="small">{words}" "<a class="link" href=href>"See the deployments"</a></p> }
    });
    let now = place.now;
    Some(view! {
        <Note tone=Tone::Warn>
            <p><strong>"In maintenance since "<When at=since now/>": "</strong>{reason}</p>
            <p class="small">{by}" put it there. New deployments into it and publications are refused until it ends."</p>
            {running}
        </Note>
    })
}

/// The form.
pub(super) fn form(place: &Place, card: &EnvironmentCard, manage: Possible) -> impl IntoView + use<> {
    let (on, manageable) = (card.maintenance.is_some(), manage.is_ok());
    let (infra, env) = (place.key.clone(), card.environment.key.clone());
    let inner = match manage {
        Err(refusal) => view! { <Why refusals=vec![refusal] id="no-maintenance"/> }.into_any(),
        Ok(()) => {
            let typed =
                place.typed("reason").or_else(|| card.maintenance.as_ref().map(|each| each.reason.clone()));
            let problem = place.problem("reason");
            let words = if on { "Change the reason" } else { "Put into maintenance" };
            let end = on.then(|| {
                view! {
                    <form method="post" action=EndMaintenance::url()>
                        <input type="hidden" name="infra" value=infra.clone()/>
                        <input type="hidden" name="env" value=env.clone()/>
                        <div class="row"><Button words="End the maintenance" icon=Icon::Check/></div>
                    </form>
                }
            });
            view! {
                <form method="post" action=Maintain::url() class="publish">
                    <input type="hidden" name="infra" value=infra.clone()/>
                    <input type="hidden" name="env" value=env.clone()/>
                    <Field label="Reason" name="reason" value=typed problem=problem required=true maxlength=300
                        help="Everybody reads it whose deployment is refused meanwhile. What runs goes on; what has not begun waits."/>
                    <div class="row"><Button words/></div>
                </form>
                {end}
            }
            .into_any()
        }
    };
    let leave = manageable.then(|| {
        let href = place.address(&format!("/environments/{}/leave", card.environment.key));
        view! { <p class="small"><a class="link" href=href>"Take this environment out"</a></p> }
    });
    view! { <Card title="Maintenance" id="maintenance"><div class="stack">{inner}{leave}</div></Card> }
}
