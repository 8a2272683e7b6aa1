//! What stands around a plan: that it is stale, its way back, what it becomes when it has ended.

use crate::actions::plans::{FillPlan, RefreshPlan, ReusePlan};
use crate::context::Place;
use crate::pages::deployments::way_back;
use crate::prelude::*;
use crate::ui::{Button, Card, Choice, Kind, Note, Select};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::{times, words};
use leptos::server_fn::ServerFn;
use operations::view::PlanPage;

pub(super) fn hidden(place: &Place, page: &PlanPage) -> impl IntoView + use<> {
    view! {
        <input type="hidden" name="infra" value=place.key.clone()/>
        <input type="hidden" name="plan" value=page.id.to_string()/>
    }
}

/// What happened since the plan was compared with its environments, and the click that takes it in.
pub(super) fn stale(place: &Place, page: &PlanPage) -> Option<AnyView> {
    if page.stale.is_empty() {
        return None;
    }
    let refresh = page.edit.is_ok().then(|| {
        view! {
            <form method="post" action=RefreshPlan::url()>
                {hidden(place, page)}
                <Button words="Refresh the plan" icon=Icon::Back/>
            </form>
        }
    });
    let list = page.stale.iter().map(|sentence| view! { <li>{sentence.clone()}</li> }).collect_view();
    Some(
        view! {
            <Note tone=Tone::Warn>
                <p>"This plan is stale: what it was made from has changed. What is shown here is as it is now."</p>
                <ul aria-label="What has changed">{list}</ul>
                {refresh}
            </Note>
        }
        .into_any(),
    )
}

/// What is open into the target, and comes first.
pub(super) fn ahead(place: &Place, page: &PlanPage) -> Option<AnyView> {
    if page.ahead == 0 {
        return None;
    }
    let open = words::of(page.ahead, "deployment is", "deployments are");
    let sentence = format!("{open} open into {}. What they bring is taken as there.", page.target.name);
    let href = place.address("/deployments");
    Some(view! {
        <Note tone=Tone::Wait><p>{sentence}" "<a class="link" href=href>"See the deployments"</a></p></Note>
    })
}

/// Adds everything at once.
pub(super) fn fill(place: &Place, page: &PlanPage) -> impl IntoView + use<> {
    let one = |what: &'static str, words: &'static str| {
        view! {
            <form method="post" action=FillPlan::url()>
                {hidden(place, page)}
                <input type="hidden" name="what" value=what/>
                <Button words kind=Kind::Tiny/>
            </form>
        }
    };
    view! {
        <div class="row wrap fill">
            {one("differing", "Add all that differ")}
            {one("all", "Add all")}
        </div>
    }
}

/// The way back, worked out beforehand.
pub(super) fn back(place: &Place, page: &PlanPage) -> Option<AnyView> {
    let (items, breaks) = page.way_back.clone();
    if items.is_empty() {
        return None;
    }
    let list = way_back::list(place, items);
    let broken = way_back::broken(breaks);
    Some(
        view! {
            <Card title="Way back" id="way-back" aside="if it has to be rolled back afterwards">
                <div class="stack">
                    {list}
                    {broken}
                    <p class="small dim">"Data that applications have written meanwhile stays as it is."</p>
                </div>
            </Card>
        }
        .into_any(),
    )
}

/// How long it takes by what happened before.
pub(super) fn usually(page: &PlanPage) -> Option<impl IntoView + use<>> {
    let (middle, of) = page.usually?;
    let last = words::of(u64::from(of), "promotion", "promotions");
    let sentence =
        format!("It usually takes {}, by the last {last} into {}.", times::length(middle), page.target.name);
    Some(view! { <p class="small dim">{sentence}</p> })
}

/// What a plan that has been carried out becomes: the same for the next stage, or the same again.
pub(super) fn next(place: &Place, page: &PlanPage) -> Option<AnyView> {
    if page.again {
        return Some(
            view! {
                <form method="post" action=ReusePlan::url()>
                    {hidden(place, page)}
                    <Button words="Plan the same again" icon=Icon::Plan/>
                </form>
            }
            .into_any(),
        );
    }
    let onward = page.onward.as_ref().filter(|onward| !onward.is_empty())?;
    let choices = onward.iter().map(|each| Choice::new(&each.key, &each.name)).collect::<Vec<_>>();
    Some(
        view! {
            <form method="post" action=ReusePlan::url() class="stack">
                {hidden(place, page)}
                <Select label="On to" name="to" id="onward" choices help="the same versions, from where this plan brought them"/>
                <div class="row"><Button words="Plan the next hop" icon=Icon::Plan/></div>
            </form>
        }
        .into_any(),
    )
}
