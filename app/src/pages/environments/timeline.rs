//! What happened to an environment: when its controller fell silent, when a front-end or a service of it stopped and started, what people
//! changed, and how deployments into it ended.

use crate::context::{Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Breadcrumbs, Card, Crumb, EmptyState, Glyph, Pager, When};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::words;
use domain::timeline::Kind;
use operations::view::{EventView, Timeline};
use operations::{PageQuery, Result};

/// The page.
#[component]
pub fn TimelinePage() -> impl IntoView {
    framed(Area::Environments, |place| async move { load(place).await })
}

async fn load(place: Place) -> Result<Screen> {
    let key = place.param("env");
    let query = PageQuery::after(place.query("after"));
    let page = place.console.timeline(&place.caller, &place.key, &key, &query).await?;
    let title = format!("Timeline of {}", page.environment.name);
    let screen = Screen::new(title, body(&place, page, query.after.is_some()));
    Ok(screen.live(format!("infrastructure:{}", place.key)))
}

fn body(place: &Place, page: Timeline, later: bool) -> impl IntoView + use<> {
    let Timeline { environment, events } = page;
    let here = place.address(&format!("/environments/{}", environment.key));
    let path = format!("/environments/{}/timeline", environment.key);
    let crumbs = vec![
        Crumb::new("Environments", place.address("/environments")),
        Crumb::new(environment.name.clone(), here),
    ];
    let first = later.then(|| place.address(&path));
    let next = events.next.as_deref().map(|after| place.with_query(&path, &[("after", Some(after))]));
    let lines = list(place, events.rows);
    view! {
        <div class="head"><div>
            <Breadcrumbs crumbs/>
            <h1>"Timeline"</h1>
            <p class="dim">"As it was reported and done, the newest first."</p>
        </div></div>
        <Card title=environment.name id="events" flush=true>{lines}</Card>
        <Pager first next/>
    }
}

/// The lines, or that there are none.
pub(super) fn list(place: &Place, events: Vec<EventView>) -> AnyView {
    if events.is_empty() {
        return view! {
            <EmptyState icon=Icon::Clock title="Nothing happened yet">
                <p>"When a front-end or one of its services stops or starts, when somebody changes the environment, and when a deployment has ended, it is told here."</p>
            </EmptyState>
        }
        .into_any();
    }
    let now = place.now;
    let lines = events
        .into_iter()
        .map(|each| {
            let (tone, icon) = look(&each);
            let words = told(&each);
            let link = each.deployment.map(|id| {
                let href = place.address(&format!("/deployments/{id}"));
                view! { " "<a class="link" href=href>"See the deployment"</a> }
            });
            view! {
                <li>
                    <span class=format!("st {}", tone.class())><Glyph icon/></span>
                    <span>{words}{link}</span>
                    <span class="push small dim"><When at=each.at now exact=true/></span>
                </li>
            }
        })
        .collect_view();
    view! { <ol class="happened">{lines}</ol> }.into_any()
}

fn look(event: &EventView) -> (Tone, Icon) {
    match event.kind {
        Kind::Silent => (Tone::Bad, Icon::Question),
        Kind::FrontEndSilent | Kind::ServiceStopped => (Tone::Bad, Icon::Cross),
        Kind::Heard | Kind::FrontEndAnswers | Kind::FrontEndEnrolled | Kind::ServiceStarted => {
            (Tone::Ok, Icon::Check)
        }
        Kind::MaintenanceBegun => (Tone::Warn, Icon::Alert),
        Kind::MaintenanceEnded => (Tone::Ok, Icon::Check),
        Kind::EnvironmentChanged => (Tone::Plain, Icon::Server),
        Kind::DeploymentEnded => {
            let look = words::deployment(&event.detail, false);
            (look.tone, look.icon)
        }
    }
}

/// What happened, in a sentence.
fn told(event: &EventView) -> String {
    let (server, service) = (&event.front_end, words::service(&event.service));
    match event.kind {
        Kind::Silent => "The deployment controller is silent: nothing is known since.".to_owned(),
        Kind::Heard => "The deployment controller is heard again.".to_owned(),
        Kind::FrontEndSilent => format!("{server} does not answer."),
        Kind::FrontEndAnswers => format!("{server} answers."),
        Kind::ServiceStopped => format!("{service} stopped on {server}."),
        Kind::ServiceStarted => format!("{service} started on {server}."),
        Kind::MaintenanceBegun => {
            format!("{} put it into maintenance: {}.", event.by, event.detail.trim_end_matches('.'))
        }
        Kind::MaintenanceEnded => format!("{} ended the maintenance.", event.by),
        Kind::FrontEndEnrolled => format!("{server} enrolled."),
        Kind::EnvironmentChanged => format!("{} changed {}.", event.by, event.detail.replace('_', " ")),
        Kind::DeploymentEnded => {
            format!(
                "A deployment into it ended: {}.",
                words::deployment(&event.detail, false).word.to_lowercase()
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_sentence() {
        for kind in Kind::ALL {
            let event = EventView {
                at: domain::time::Timestamp(0),
                kind,
                front_end: "prod-1".to_owned(),
                service: "server_api".to_owned(),
                by: "Ada".to_owned(),
                detail: "finished_successful".to_owned(),
                deployment: None,
            };
            let words = told(&event);
            assert!(words.ends_with('.') && !words.contains("server_api"), "{words}");
        }
    }
}
