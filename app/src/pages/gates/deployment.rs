//! Why a deployment does not begin yet, on its page.

use super::plan::list;
use crate::actions::gates::OverrideFreezes;
use crate::context::Place;
use crate::prelude::*;
use crate::ui::{Button, Card, Field, Kind, When, Why};
use crate::view::icons::Icon;
use leptos::server_fn::ServerFn;
use operations::Result;
use operations::view::DeploymentRow;

/// The card of a deployment that is in the queue, or that a freeze holds while it waits for a person; nothing for another one.
///
/// # Errors
/// It is not there for the caller any more.
pub async fn waits(place: &Place, row: &DeploymentRow) -> Result<Option<AnyView>> {
    if !row.queued && row.status != "needs_user_intervention" {
        return Ok(None);
    }
    let page = place.console.deployment_gates(&place.caller, &place.key, row.id).await?;
    if !page.queued && page.answers.is_empty() {
        return Ok(None);
    }
    let now = place.now;
    // The note at the top of the page says it already where the engine did.
    let sentence = (page.sentence != row.message).then(|| view! { <p>{page.sentence}</p> });
    let behind = page.behind.map(|(id, name)| {
        let href = place.address(&format!("/deployments/{id}"));
        view! { <p>"Before it: "<a class="link" href=href>{name}</a></p> }
    });
    let earliest = page.earliest.map(
        |at| view! { <p class="small dim">"It begins at the earliest at "<When at now exact=true/>"."</p> },
    );
    let expires = page.expires_at.map(|at| view! { <p class="small dim">"It ends if it could not begin by "<When at now exact=true/>"."</p> });
    let frozen = page.override_freezes.map(|possible| match possible {
        Err(refusal) => view! { <Why refusals=vec![refusal] id="no-override"/> },
        Ok(()) => view! {
            <form method="post" action=OverrideFreezes::url() class="fields">
                <input type="hidden" name="infra" value=place.key.clone()/>
                <input type="hidden" name="deployment" value=row.id.to_string()/>
                <Field label="Override the freeze, because" name="reason" id="override_freezes" value=place.typed("override_freezes")
                    problem=place.problem("override_freezes") required=true maxlength=300/>
                <p class="small dim">"It counts for a day, for this deployment alone. Somebody else has to review it within three days."</p>
                <Button words="Override" kind=Kind::Bad icon=Icon::Up/>
            </form>
        },
    });
    let gates = list(place, &page.answers, "gates");
    Ok(Some(view! {
        <Card title="Why not now" id="why-not-now">
            <div class="stack">
                {sentence}
                {behind}
                {earliest}
                {expires}
                {frozen}
            </div>
            {gates}
        </Card>
    }))
}
