//! What an application has done for it in an environment without anybody asking: timers, jobs and e-mails.

use crate::actions::timers::RunTimer;
use crate::context::{Place, Screen, framed};
use crate::pages::settings;
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{
    Breadcrumbs, Button, Card, Cell, Crumb, EmptyState, Glyph, Kind, LinkButton, Note, Row, RowHead, Table,
    When, Why,
};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::words;
use domain::package::Missed;
use domain::server_api::emails::Emails;
use domain::server_api::jobs::{Queue, QueueState, Queued};
use domain::server_api::timers::{Cause, Outcome, TimerRun, TimerStatus};
use domain::time::Timestamp;
use leptos::server_fn::ServerFn;
use operations::Result;
use operations::view::{TimerRunsView, TimersView};

/// The page.
#[component]
pub fn Page() -> impl IntoView {
    framed(Area::Environments, |place| async move { load(place).await })
}

/// The history of one timer.
#[component]
pub fn RunsPage() -> impl IntoView {
    framed(Area::Environments, |place| async move { load_runs(place).await })
}

/// Where the page is.
pub(crate) fn address(place: &Place, environment: &str, application: &str) -> String {
    place.address(&path(environment, application))
}

fn path(environment: &str, application: &str) -> String {
    format!("/environments/{environment}/applications/{application}/timers")
}

async fn load(place: Place) -> Result<Screen> {
    let (env, app) = (place.param("env"), place.param("app"));
    let view = place.console.timers(&place.caller, &place.key, &env, &app).await?;
    let title = format!("Timers of {} in {}", view.application.name, view.environment.name);
    Ok(Screen::new(title, body(&place, view)))
}

async fn load_runs(place: Place) -> Result<Screen> {
    let (env, app, timer) = (place.param("env"), place.param("app"), place.param("timer"));
    let before = place.query("before").and_then(|text| text.parse().ok()).map(Timestamp);
    let page = (timer.as_str(), before);
    let view = place.console.timer_runs(&place.caller, &place.key, &env, &app, page).await?;
    let title = format!("Runs of {} in {}", view.timer, view.environment.name);
    Ok(Screen::new(title, history(&place, view)))
}

fn body(place: &Place, view: TimersView) -> AnyView {
    let (application, environment) = (view.application.clone(), view.environment.clone());
    let crumbs = settings::crumbs(place, &environment, &application);
    let lead = format!("What {} does by itself in {}.", application.name, environment.name);
    let inside = match &view.unanswered {
        Some(sentence) => {
            let sentence = sentence.clone();
            view! { <Note tone=Tone::Warn><p>{sentence}</p><p class="small">"Timers, jobs and e-mails are kept by the scheduler of the environment; nothing of them is kept here."</p></Note> }
                .into_any()
        }
        None => {
            let timers = timers(place, &view);
            let jobs = jobs(place, &view.jobs);
            let emails = emails(place, &view.emails);
            view! { {timers}{jobs}{emails} }.into_any()
        }
    };
    view! {
        <div class="head"><div>
            <Breadcrumbs crumbs/>
            <h1>{format!("Timers of {}", application.name)}</h1>
            <p class="dim">{lead}</p>
        </div></div>
        {inside}
    }
    .into_any()
}

fn timers(place: &Place, view: &TimersView) -> AnyView {
    let refused = view.run.clone().err().filter(|_| !view.timers.is_empty()).map(|refusal| {
        view! { <div class="body small dim"><Why refusals=vec![refusal] id="no-run"/></div> }
    });
    let inside = if view.timers.is_empty() {
        view! {
            <EmptyState icon=Icon::Clock title="No timers"><p>"What runs here has no timers."</p></EmptyState>
        }
        .into_any()
    } else {
        let rows = view.timers.iter().map(|timer| row(place, view, timer)).collect_view();
        let heads = vec!["Timer", "Schedule", "Next", "Last run", "Run"];
        view! { <Table label="Table of timers" heads>{rows}</Table> }.into_any()
    };
    view! { <Card title="Timers" id="timers" flush=true aside="each time once in the whole environment">{inside}{refused}</Card> }
        .into_any()
}

fn row(place: &Place, view: &TimersView, timer: &TimerStatus) -> AnyView {
    let (name, key) = (timer.name.clone(), timer.key.to_string());
    let beneath = format!("{key}, of {}", timer.module);
    let (schedule, zone) = (timer.schedule.clone(), timer.time_zone.clone());
    let missed = match timer.missed {
        Missed::Once => "missed times are made up for once",
        Missed::Skip => "missed times are left out",
    };
    let now = place.now;
    let next = match timer.next_at {
        Some(at) => view! { <When at now/> }.into_any(),
        None => view! { <span class="dimmer">"never"</span> }.into_any(),
    };
    let last = match &timer.last {
        Some(run) => {
            let look = outcome(run.outcome);
            let at = run.began_at;
            view! { {look}" "<When at now/> }.into_any()
        }
        None => view! { <span class="dimmer">"not yet"</span> }.into_any(),
    };
    let here = path(&view.environment.key, &view.application.key);
    let runs = place.address(&format!("{here}/{key}"));
    let run = view.run.is_ok().then(|| {
        let label = format!("Run {name} now");
        view! {
            <form method="post" action=RunTimer::url()>
                <input type="hidden" name="infra" value=place.key.clone()/>
                <input type="hidden" name="env" value=view.environment.key.clone()/>
                <input type="hidden" name="app" value=view.application.key.clone()/>
                <input type="hidden" name="timer" value=key.clone()/>
                <Button words="Run now" kind=Kind::Tiny label/>
            </form>
        }
    });
    let all = format!("Runs of {name}");
    view! {
        <Row>
            <RowHead><b>{name}</b><span class="sub">{beneath}</span></RowHead>
            <Cell label="Schedule"><code class="value">{schedule}</code><span class="sub">{format!("{zone}; {missed}")}</span></Cell>
            <Cell label="Next">{next}</Cell>
            <Cell label="Last run">{last}<span class="sub"><a class="link" href=runs aria-label=all>"All runs"</a></span></Cell>
            <Cell label="Run" class="full">{run}</Cell>
        </Row>
    }
    .into_any()
}

/// The outcome of a run, with its glyph.
fn outcome(of: Outcome) -> AnyView {
    let (tone, icon, word) = match of {
        Outcome::Running => (Tone::Run, Icon::Clock, "Under way"),
        Outcome::Done => (Tone::Ok, Icon::Check, "Done"),
        Outcome::Failed => (Tone::Bad, Icon::Alert, "Failed"),
        Outcome::Skipped => (Tone::Wait, Icon::Clock, "Left out"),
        Outcome::Unknown => (Tone::Warn, Icon::Alert, "Not known"),
    };
    view! { <span class=format!("st {}", tone.class())><Glyph icon/>{word}</span> }.into_any()
}

fn counted(queue: &Queue) -> String {
    let of = |state: QueueState| {
        queue.counts.iter().filter(|one| one.state == state).map(|one| one.count).sum::<u64>()
    };
    format!(
        "{} waiting, {} at work, {} done, {} failed",
        of(QueueState::Waiting),
        of(QueueState::Running),
        of(QueueState::Done),
        of(QueueState::Failed)
    )
}

fn queued(place: &Place, one: &Queued, name: String) -> AnyView {
    let now = place.now;
    let (tone, icon, word) = match one.state {
        QueueState::Waiting => (Tone::Wait, Icon::Clock, "Waiting"),
        QueueState::Running => (Tone::Run, Icon::Clock, "At work"),
        QueueState::Done => (Tone::Ok, Icon::Check, "Done"),
        QueueState::Failed => (Tone::Bad, Icon::Alert, "Failed"),
    };
    let state = view! { <span class=format!("st {}", tone.class())><Glyph icon/>{word}</span> };
    let tries = format!("{} of {}", one.tries, one.tries_max);
    let (due, ended) = (one.due_at, one.ended_at);
    let when = match (one.state, ended) {
        (QueueState::Waiting, _) => view! { "due "<When at=due now/> }.into_any(),
        (_, Some(at)) => view! { <When at now/> }.into_any(),
        _ => ().into_any(),
    };
    let (queued_at, error) = (one.queued_at, one.error.clone());
    let key = one.key.clone().map(|key| view! { <span class="sub">{key}</span> });
    view! {
        <Row>
            <RowHead><b>{name}</b>{key}</RowHead>
            <Cell label="State">{state}" "{when}</Cell>
            <Cell label="Tries">{tries}</Cell>
            <Cell label="Queued"><When at=queued_at now/></Cell>
            <Cell label="Said" class="full"><span class="small">{error}</span></Cell>
        </Row>
    }
    .into_any()
}

fn jobs(place: &Place, queue: &Queue) -> Option<AnyView> {
    if queue.counts.is_empty() {
        return None;
    }
    let rows = queue.queued.iter().map(|one| {
        let name = one.handler.as_ref().map_or_else(|| "Job".to_owned(), ToString::to_string);
        queued(place, one, name)
    });
    let rows = rows.collect_view();
    let heads = vec!["Job", "State", "Tries", "Queued", "Said"];
    Some(
        view! {
            <Card title="Jobs" id="jobs" flush=true aside=counted(queue)><Table label="Table of jobs" heads>{rows}</Table></Card>
        }
        .into_any(),
    )
}

fn emails(place: &Place, emails: &Emails) -> Option<AnyView> {
    if emails.queue.counts.is_empty() {
        return None;
    }
    let rows = emails.queue.queued.iter().map(|one| queued(place, one, "E-mail".to_owned())).collect_view();
    let over = match (&emails.smtp, &emails.from) {
        (Some(smtp), Some(from)) => format!("Sent by {smtp} from {from}."),
        (Some(smtp), None) => format!("Sent by {smtp}."),
        (None, _) => {
            "No mail server is set at the deployment controller, so e-mails wait (run --smtp).".to_owned()
        }
    };
    let heads = vec!["E-mail", "State", "Tries", "Queued", "Said"];
    Some(
        view! {
            <Card title="E-mails" id="emails" flush=true aside=counted(&emails.queue)>
                <p class="body small dim">{over}</p>
                <Table label="Table of e-mails" heads>{rows}</Table>
            </Card>
        }
        .into_any(),
    )
}

fn history(place: &Place, view: TimerRunsView) -> AnyView {
    let (application, environment) = (view.application.clone(), view.environment.clone());
    let mut crumbs = settings::crumbs(place, &environment, &application);
    crumbs.push(Crumb::new("Timers", address(place, &environment.key, &application.key)));
    let here = path(&environment.key, &application.key);
    let older = view.before.map(|before| {
        let before = before.0.to_string();
        let href = place.with_query(&format!("{here}/{}", view.timer), &[("before", Some(&before))]);
        view! { <LinkButton words="Older runs" href/> }
    });
    let inside = if view.runs.is_empty() {
        view! {
            <EmptyState icon=Icon::Clock title="No runs"><p>"It has not run as long as the history goes back."</p></EmptyState>
        }
        .into_any()
    } else {
        let count = words::of(view.runs.len() as u64, "run", "runs");
        let rows = view.runs.iter().map(|one| run(place, one)).collect_view();
        let heads = vec!["Planned for", "Why", "Outcome", "On", "Said"];
        view! {
            <Table label="Table of runs" heads>{rows}</Table>
            <footer class="foot row wrap"><span>{format!("{count}, the newest first.")}</span>{older}</footer>
        }
        .into_any()
    };
    view! {
        <div class="head"><div>
            <Breadcrumbs crumbs/>
            <h1>{format!("Runs of {}", view.timer)}</h1>
            <p class="dim">{format!("{} in {}.", application.name, environment.name)}</p>
        </div></div>
        <Card title="Runs" id="runs" flush=true>{inside}</Card>
    }
    .into_any()
}

fn run(place: &Place, one: &TimerRun) -> AnyView {
    let now = place.now;
    let why = match one.cause {
        Cause::Schedule => "Its schedule",
        Cause::Missed => "Missed before",
        Cause::Person => "Somebody asked",
    };
    let (planned, ended) = (one.planned_at, one.ended_at);
    let look = outcome(one.outcome);
    let ended = ended.map(|at| view! { " "<When at now/> });
    let (server, detail) = (one.server.clone().unwrap_or_else(|| "–".to_owned()), one.detail.clone());
    view! {
        <Row>
            <RowHead><When at=planned now/></RowHead>
            <Cell label="Why">{why}</Cell>
            <Cell label="Outcome">{look}{ended}</Cell>
            <Cell label="On">{server}</Cell>
            <Cell label="Said" class="full"><span class="small">{detail}</span></Cell>
        </Row>
    }
    .into_any()
}
