//! One deployment: how far it is, what each front-end is doing, the log, and where what it brought opens.

use super::{decide, lanes, log, way_back};
use crate::context::{Place, Screen, encoded, framed};
use crate::pages::application::opens;
use crate::pages::{gates, settings};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{
    ApplicationName, Breadcrumbs, Card, Crumb, Glyph, Kind, LinkButton, Meter, Note, StateTag, When,
};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::{times, words};
use operations::view::{DeployedApplication, DeploymentPage, SnapshotView, StepView, Waits};
use operations::{DeploymentAsk, Result};

/// The page.
#[component]
pub fn Page() -> impl IntoView {
    framed(Area::Deployments, |place| async move { load(place).await })
}

async fn load(place: Place) -> Result<Screen> {
    let id = place.id("id")?;
    let query = log::asked(&place);
    let page = place.console.deployment_with(&place.caller, &place.key, id, &query).await?;
    let title = page.row.name.clone();
    let waits = gates::waits(&place, &page.row).await?;
    let screen = Screen::new(title, body(&place, page, &query, waits)).live(format!("deployment:{id}"));
    // The addresses are reported a moment after the end.
    Ok(screen.live(format!("infrastructure:{}", place.key)))
}

fn body(
    place: &Place,
    page: DeploymentPage,
    query: &DeploymentAsk,
    waits: Option<AnyView>,
) -> impl IntoView + use<> {
    let row = page.row.clone();
    let over = row.finished_at.is_some();
    let here = place.address(&format!("/deployments/{}", row.id));
    let plan = page.plan.map(|plan| place.address(&format!("/plans/{plan}")));
    let source = match (&row.source, row.kind.as_str()) {
        (Some(source), _) => source.name.clone(),
        (None, "rollback") => "Way back".to_owned(),
        (None, "settings") => "Settings".to_owned(),
        (None, "catch_up") => "The console".to_owned(),
        (None, _) => "Package".to_owned(),
    };
    let took = match (page.started_at, row.finished_at) {
        (Some(from), Some(to)) => Some(times::length(to.since(from))),
        (Some(from), None) => Some(times::length(place.now.since(from))),
        _ => None,
    };
    let done = page.steps.iter().filter(|step| !step.back && step.state == "done").count();
    let total = page.steps.iter().filter(|step| !step.back).count();
    let tone = match row.status.as_str() {
        "finished_successful" => Tone::Ok,
        "finished_with_warnings" => Tone::Warn,
        "running" if row.queued => Tone::Wait,
        "needs_user_intervention" if matches!(page.waits, Some(Waits::Failed { .. })) => Tone::Bad,
        "needs_user_intervention" => Tone::Warn,
        "running" => Tone::Run,
        _ => Tone::Bad,
    };
    let bar = stepbar(&page.steps);
    let decide = decide::card(place, &page);
    let go_back = (page.may_go_back && page.way_back.is_none()).then(|| {
        let href = format!("{here}?back=1#way-back");
        view! { <LinkButton words="Roll back" href icon=Icon::Back/> }
    });
    let way_back = way_back::card(place, &page);
    let review = gates::review(place, &page);
    let takes_back = way_back::takes_back(place, page.related.as_ref());
    let lines = log::view(place, &page, query);
    let lanes = lanes::all(&page, place.now);
    let brought = page.applications.into_iter().map(|one| brought(place, one, over)).collect_view();
    let servers = words::of(page.servers.len() as u64, "front-end", "front-ends");
    let count = words::of(row.applications.len() as u64, "application", "applications");
    let (digest, now) = (page.digest, place.now);
    view! {
        <div class="promotion">
            <div class="head">
                <div>
                    <Breadcrumbs crumbs=vec![Crumb::new("Deployments", place.address("/deployments"))]/>
                    <div class="title"><h1>{row.name.clone()}</h1><StateTag look=words::deployment(&row.status, row.queued)/></div>
                    <p class="dim dots">
                        <span class="to">{source}<Glyph icon=Icon::Right/><span class="sr">"to"</span>{row.target.name.clone()}</span>
                        <span>{count}</span><span>{servers}", one after the other"</span>{takes_back}
                    </p>
                </div>
                <div class="acts"><div class="row">
                    {go_back}
                    <a class="btn quiet" href=format!("/i/{}/deployments/{}/report", encoded(&place.key), row.id) download=""><Glyph icon=Icon::Down/>"Report"</a>
                    {plan.map(|href| view! { <LinkButton words="Plan" href icon=Icon::Plan/> })}
                    {(!over).then(|| view! { <LinkButton words="Refresh" href=here kind=Kind::Quiet/> })}
                </div></div>
            </div>
            <Note tone><p>{row.message.clone()}</p></Note>
            {decide}
            <dl class="facts">
                <div class="grow"><dt>"Progress"</dt>
                    <dd>{bar}</dd>
                    <dd class="sub">{format!("{} %, {done} of {total} steps done", row.percent)}</dd></div>
                <div><dt>"Started by"</dt><dd>{row.started_by.clone()}</dd><dd class="sub"><When at=row.created_at now/></dd></div>
                <div><dt>{if over { "Took" } else { "Running for" }}</dt><dd>{took.unwrap_or_else(|| "not begun".to_owned())}</dd>
                    <dd class="sub">{row.finished_at.map(|at| format!("ended {}", times::exact(at)))}</dd></div>
            </dl>
            <div class="cards">
                {way_back}
                {waits}
                {review}
                <Card title="Servers" id="steps" flush=true aside="each step, and how long it took">{lanes}</Card>
                <div class="split even">
                    <Card title="Applications" id="applications" flush=true aside="before, after, and where they open">
                        <ul class="brought">{brought}</ul>
                    </Card>
                    <Card title="Log" id="log" flush=true aside=format!("times in {}", times::zone_name())>{lines}</Card>
                </div>
            </div>
            {(!digest.is_empty()).then(|| view! {
                <p class="small dim digestline">"Plan digest "<code>{digest}</code></p>
            })}
        </div>
    }
}

/// Above so many steps single ones can no longer be told apart.
const STEPS_IN_A_BAR: usize = 48;

/// Progress, a mark for each step.
fn stepbar(steps: &[StepView]) -> AnyView {
    let forth: Vec<&StepView> = steps.iter().filter(|step| !step.back).collect();
    let done = forth.iter().filter(|step| step.state == "done").count();
    if forth.is_empty() || forth.len() > STEPS_IN_A_BAR {
        let percent = (done * 100).checked_div(forth.len()).unwrap_or_default() as u8;
        return view! { <Meter label="Steps done" percent=Some(percent) tall=true/> }.into_any();
    }
    let marks = forth
        .iter()
        .map(|step| match step.state.as_str() {
            "done" => "d",
            "failed" => "f",
            "dispatched" | "uncertain" => "r",
            _ => "n",
        })
        .map(|class| view! { <i class=class></i> })
        .collect_view();
    view! {
        <span class="stepbar" role="progressbar" aria-label="Steps done" aria-valuenow=done.to_string() aria-valuemin="0" aria-valuemax=forth.len().to_string()>{marks}</span>
    }
    .into_any()
}

fn brought(place: &Place, one: DeployedApplication, over: bool) -> impl IntoView + use<> {
    let before = one.before.unwrap_or_else(|| "not there".to_owned());
    let after = one.after.unwrap_or_else(|| "taken out".to_owned());
    let settings = kept(one.settings);
    view! {
        <li>
            <div class="row wide">
                <ApplicationName application=one.application infrastructure=place.key.clone()/>
                <span class="push to"><span class="v same">{before}</span><Glyph icon=Icon::Right/><span class="sr">"to"</span><span class="v">{after}</span></span>
            </div>
            {over.then(|| opens(one.addresses))}
            {settings}
        </li>
    }
}

/// What its settings were when it was activated.
fn kept(settings: Vec<SnapshotView>) -> Option<AnyView> {
    if settings.is_empty() {
        return None;
    }
    let changed = settings.iter().filter(|one| one.changed).count() as u64;
    let all = words::of(settings.len() as u64, "setting", "settings");
    let summary =
        if changed == 0 { format!("{all}, as before") } else { format!("{all}, {changed} of them changed") };
    let rows = settings.into_iter().map(|one| {
        let was = (one.changed && one.before.is_some())
            .then(|| one.before.map(|before| format!(", and was {}", before.quoted())))
            .flatten();
        let from = format!("{}{}", one.origin.words(), was.unwrap_or_default());
        view! { <li><b>{one.name}</b>" "{settings::shown(&one.value)}<span class="sub">{from}</span></li> }
    });
    let rows = rows.collect_view();
    Some(
        view! { <details class="kept"><summary class="small">{summary}</summary><ul class="plain stack tight" aria-label="Settings at activation">{rows}</ul></details> },
    )
}
