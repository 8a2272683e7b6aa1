//! When a plan arrives at the stages to come: a flight of locks, one for each stage, and what keeps each of them shut until then.

use crate::context::Place;
use crate::prelude::*;
use crate::ui::Card;
use crate::view::times;
use domain::gate::Arrives;
use domain::time::Timestamp;
use operations::view::{PipelineForecast, PlanPage};

/// The most stages that are drawn as locks; more of them are a list alone.
const LOCKS: usize = 3;
/// The size of the drawing, and the lowest level of the water in it.
const WIDTH: usize = 296;
const HEIGHT: usize = 52;
const LOW: usize = 46;
/// How much higher the water stands behind each lock.
const RISE: usize = 17;

/// The card; nothing where no pipeline goes on behind the target, or the plan is history.
pub fn card(place: &Place, page: &PlanPage) -> Option<AnyView> {
    let forecast = &page.gates.forecast;
    if forecast.is_empty() || page.status != "draft" {
        return None;
    }
    let many = forecast.len() > 1;
    let lines = forecast.iter().map(|along| line(along, many, place.now)).collect_view();
    let (known, all) = forecast
        .iter()
        .flat_map(|along| &along.stages)
        .fold((0, 0), |(known, all), stage| (known + usize::from(stage.known), all + 1));
    let counted = match (known, all) {
        (0, _) => "How long deployments take is not known yet, so no time is counted for them.",
        (known, all) if known < all => "Deployments count as long as they usually take, where that is known.",
        _ => "Deployments count as long as they usually take.",
    };
    Some(view! {
        <Card title="Earliest arrival" id="forecast" aside="if it is started now">
            <div class="stack">
                {lines}
                <p class="tiny dim">{counted}" What people and tests have to do is thought done at once."</p>
            </div>
        </Card>
    }.into_any())
}

fn line(along: &PipelineForecast, named: bool, now: Timestamp) -> AnyView {
    let title = named.then(|| view! { <h3>{along.pipeline.clone()}</h3> });
    let drawn = (along.stages.len() <= LOCKS).then(|| flight(along.stages.len()));
    let label = format!("Earliest arrival along {}", along.pipeline);
    let times = along
        .stages
        .iter()
        .map(|stage| {
            let at = stage.begins;
            view! {
                <li><b>{stage.name.clone()}</b><time datetime=times::machine(at) title=times::exact(at)>{times::soon(at, now)}</time></li>
            }
        })
        .collect_view();
    let why = along.stages.iter().filter_map(why).collect_view();
    view! {
        <div>
            {title}
            {drawn}
            <ol class="arrive" aria-label=label>{times}</ol>
        </div>
        <dl class="kv">{why}</dl>
    }
    .into_any()
}

/// What keeps a stage shut; nothing where nothing does.
fn why(stage: &Arrives) -> Option<AnyView> {
    if stage.because.is_empty() && stage.needs.is_empty() {
        return None;
    }
    let because = stage.because.iter().map(|said| view! { <span>{said.clone()}" "</span> }).collect_view();
    let needs = stage.needs.iter().map(|said| view! { <span>{said.clone()}" "</span> }).collect_view();
    let needs = (!stage.needs.is_empty()).then(|| view! { <span class="own">"It needs: "{needs}</span> });
    Some(view! { <dt>{stage.name.clone()}</dt><dd>{because}{needs}</dd> }.into_any())
}

/// A flight of locks: the boat before the first of them, and the water a step higher behind each.
fn flight(locks: usize) -> AnyView {
    let wide = WIDTH / locks.max(1);
    let level = |lock: usize| LOW - RISE * lock;
    let right = |lock: usize| if lock + 1 == locks { WIDTH } else { wide * (lock + 1) };
    let mut water = format!("M0 {LOW}");
    let mut ahead = String::new();
    let mut gates = String::new();
    for lock in 0..locks {
        water.push_str(&format!("V{}H{}", level(lock), right(lock)));
        if lock > 0 {
            ahead.push_str(&format!("M{} {}H{}", wide * lock, level(lock), right(lock) - 2));
            gates.push_str(&format!("M{} {}V{}", wide * lock - 1, level(lock - 1), level(lock) - 7));
        }
    }
    water.push_str(&format!("V{HEIGHT}H0z"));
    let here = format!("M0 {LOW}H{}", wide - 2);
    let size = format!("0 0 {WIDTH} {HEIGHT}");
    view! {
        <svg class="flight" viewBox=size preserveAspectRatio="none" aria-hidden="true">
            <path class="water" d=water></path>
            <path class="here" d=here></path>
            <path class="ahead" d=ahead></path>
            <path class="gate" d=gates></path>
            <path class="boat" d="M38 38h26l-4 7H42z"></path>
        </svg>
    }
    .into_any()
}
