//! One deployment: how far it is, what each front-end is doing, the log, and where what it brought opens.

use super::lanes;
use crate::context::{Place, Screen, framed};
use crate::pages::application::opens;
use crate::ui::frame::Area;
use crate::ui::{Breadcrumbs, Card, Crumb, Glyph, Kind, LinkButton, Meter, Note, Scroll, StateTag, When};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::{times, words};
use leptos::prelude::*;
use operations::Result;
use operations::view::{DeployedApplication, DeploymentPage, LineView};

/// The page.
#[component]
pub fn Page() -> impl IntoView {
    framed(Area::Deployments, |place| async move { load(place).await })
}

async fn load(place: Place) -> Result<Screen> {
    let id = place.id("id")?;
    let page = place.console.deployment(&place.caller, &place.key, id).await?;
    let title = page.row.name.clone();
    let screen = Screen::new(title, body(&place, page)).live(format!("deployment:{id}"));
    // The addresses are reported a moment after the end.
    Ok(screen.live(format!("infrastructure:{}", place.key)))
}

fn body(place: &Place, page: DeploymentPage) -> impl IntoView + use<> {
    let row = page.row.clone();
    let over = row.finished_at.is_some();
    let here = place.address(&format!("/deployments/{}", row.id));
    let plan = page.plan.map(|plan| place.address(&format!("/plans/{plan}")));
    let source = row.source.as_ref().map_or_else(|| "Package".to_owned(), |source| source.name.clone());
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
        "running" => Tone::Run,
        _ => Tone::Bad,
    };
    let steps = lanes::all(&page, place.now);
    let brought = page.applications.into_iter().map(|one| brought(place, one, over)).collect_view();
    let (lines, digest, now) = (log(page.lines), page.digest, place.now);
    let servers = page.servers.len().to_string();
    view! {
        <div class="head">
            <div>
                <Breadcrumbs crumbs=vec![Crumb::new("Deployments", place.address("/deployments"))]/>
                <div class="title"><h1>{row.name.clone()}</h1><StateTag look=words::deployment(&row.status, row.queued)/></div>
                <p class="dim hopline">{source}<Glyph icon=Icon::Right/><span class="sr">"to"</span>{row.target.name.clone()}</p>
            </div>
            <span class="push"></span>
            {plan.map(|href| view! { <LinkButton words="Plan" href icon=Icon::Plan/> })}
            {(!over).then(|| view! { <LinkButton words="Refresh" href=here kind=Kind::Quiet/> })}
        </div>
        <Note tone><p>{row.message.clone()}</p></Note>
        <dl class="facts">
            <div><dt>"Progress"</dt>
                <dd><Meter label="Progress" percent=Some(row.percent) tall=true/></dd>
                <dd class="sub">{format!("{done} of {total} steps done")}</dd></div>
            <div><dt>"Started by"</dt><dd>{row.started_by.clone()}</dd><dd class="sub"><When at=row.created_at now/></dd></div>
            <div><dt>{if over { "Took" } else { "Running for" }}</dt><dd>{took.unwrap_or_else(|| "not begun".to_owned())}</dd>
                <dd class="sub">{row.finished_at.map(times::exact).unwrap_or_default()}</dd></div>
            <div><dt>"Front-ends"</dt><dd>{servers}</dd><dd class="sub">"one after the other"</dd></div>
        </dl>
        <Card title="Steps" id="steps" flush=true>{steps}</Card>
        <div class="split even">
            <Card title="Applications" id="applications" aside="before, after, and where they open">
                <ul class="brought">{brought}</ul>
            </Card>
            <Card title="Log" id="log" flush=true aside="times in UTC">{lines}</Card>
        </div>
        {(!digest.is_empty()).then(|| view! {
            <p class="small dim digestline">"Plan digest "<code>{digest}</code></p>
        })}
    }
}

fn brought(place: &Place, one: DeployedApplication, over: bool) -> impl IntoView + use<> {
    let before = one.before.unwrap_or_else(|| "not there".to_owned());
    let after = one.after.unwrap_or_else(|| "taken out".to_owned());
    let href = place.address(&format!("/applications/{}", one.application.key));
    view! {
        <li>
            <p class="row wrap">
                <a class="link" href=href><b>{one.application.name}</b></a>
                <span class="hopline mono">{before}<Glyph icon=Icon::Right/><span class="sr">"to"</span>{after}</span>
            </p>
            {over.then(|| opens(one.addresses))}
        </li>
    }
}

fn log(lines: Vec<LineView>) -> AnyView {
    if lines.is_empty() {
        return view! { <p class="body dim">"Nothing has been written yet."</p> }.into_any();
    }
    view! {
        <Scroll label="Lines of the log">
            <ol class="log">
                {lines.into_iter().map(|line| {
                    let word = match line.level.as_str() {
                        "error" => Some(("bad", "Error: ")),
                        "warning" => Some(("warn", "Warning: ")),
                        _ => None,
                    };
                    let class = word.map_or("", |(class, _)| class);
                    view! {
                        <li class=class>
                            <time datetime=times::machine(line.at)>{times::clock(line.at)}</time>
                            <span>{word.map(|(_, word)| view! { <b>{word}</b> })}{line.message}</span>
                        </li>
                    }
                }).collect_view()}
            </ol>
        </Scroll>
    }
    .into_any()
}
