//! The log of an application in an environment, asked of one front-end at that moment.

use crate::context::{Place, Screen, framed};
use crate::pages::settings;
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{
    Breadcrumbs, Button, Card, Cell, Choice, EmptyState, Field, Glyph, LinkButton, Note, Row, RowHead,
    Select, Table,
};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::{times, words};
use domain::server_api::logs::{Asked, LogKind, LogLine, Said};
use domain::server_api::queue::ModuleQueue;
use operations::view::LogView;
use operations::{LogAsk, Result};

/// The page.
#[component]
pub fn Page() -> impl IntoView {
    framed(Area::Environments, |place| async move { load(place).await })
}

/// Where the page is.
pub(crate) fn address(place: &Place, environment: &str, application: &str) -> String {
    place.address(&path(environment, application))
}

fn path(environment: &str, application: &str) -> String {
    format!("/environments/{environment}/applications/{application}/log")
}

async fn load(place: Place) -> Result<Screen> {
    let (env, app) = (place.param("env"), place.param("app"));
    let some = |name: &str| place.query(name).filter(|text| !text.trim().is_empty());
    let ask = LogAsk {
        server: some("server"),
        kind: some("kind"),
        words: some("words"),
        before: some("before").and_then(|number| number.parse().ok()),
        limit: None,
    };
    let view = place.console.application_log(&place.caller, &place.key, &env, &app, &ask).await?;
    let title = format!("Log of {} in {}", view.application.name, view.environment.name);
    Ok(Screen::new(title, body(&place, view, &ask)))
}

fn body(place: &Place, view: LogView, ask: &LogAsk) -> AnyView {
    let (application, environment) = (view.application.clone(), view.environment.clone());
    let crumbs = settings::crumbs(place, &environment, &application);
    let filter = filter(place, &view, ask);
    let inside = match (view.page.clone(), view.unanswered.clone()) {
        (_, Some(sentence)) => view! {
            <div class="body"><Note tone=Tone::Warn><p>{sentence}</p>
            <p class="small">"The lines lie on the front-end; nothing of them is kept here."</p></Note></div>
        }
        .into_any(),
        (Some(page), None) if page.lines.is_empty() => empty(view.kind, ask),
        (Some(page), None) => lines(place, &view, ask, &page.lines, page.next),
        (None, None) => ().into_any(),
    };
    let queues = (!view.queues.is_empty()).then(|| queues(&view.queues));
    let asked = view.server.as_ref().map_or_else(String::new, |server| {
        format!("asked of {} just now, {}", server.name, times::clock(place.now))
    });
    let settings = settings::address(place, &environment.key, &application.key);
    view! {
        <div class="head"><div>
            <Breadcrumbs crumbs/>
            <h1>{format!("Log of {}", application.name)}</h1>
            <p class="dim">"What its modules wrote in "{environment.name.clone()}", what was asked of them, and what failed."</p>
        </div>
        <div class="row wrap"><LinkButton words="Settings" href=settings/></div></div>
        <div class="promotion">
            <Card title="Lines" id="lines" flush=true aside=asked>{filter}{inside}</Card>
            {queues}
        </div>
    }
    .into_any()
}

fn filter(place: &Place, view: &LogView, ask: &LogAsk) -> AnyView {
    let here = address(place, &view.environment.key, &view.application.key);
    let kinds = vec![
        Choice::new("output", "Output"),
        Choice::new("requests", "Requests"),
        Choice::new("errors", "Errors"),
    ];
    let kind = Some(view.kind.word().to_owned());
    let servers: Vec<Choice> =
        view.servers.iter().map(|one| Choice::new(one.key.clone(), one.name.clone())).collect();
    let server = view.server.as_ref().map(|one| one.key.clone());
    let clear = (ask.words.is_some() || ask.before.is_some()).then(|| {
        let href = place.with_query(
            &path(&view.environment.key, &view.application.key),
            &[("server", server.as_deref()), ("kind", kind.as_deref())],
        );
        view! { <LinkButton words="Newest, all" href/> }
    });
    view! {
        <form method="get" action=here class="logfilter">
            <Select label="Front-end" name="server" id="log-server" choices=servers value=server/>
            <Select label="Log" name="kind" id="log-kind" choices=kinds value=kind/>
            <Field label="Words" name="words" id="log-words" kind="search" value=ask.words.clone()/>
            <div class="row wrap"><Button words="Show" label="Show these lines"/>{clear}</div>
        </form>
    }
    .into_any()
}

fn empty(kind: LogKind, ask: &LogAsk) -> AnyView {
    let sentence = match (kind, ask.words.is_some() || ask.before.is_some()) {
        (_, true) => "No line is such a one.",
        (LogKind::Output, _) => {
            "Its modules wrote nothing as long as the log goes back. Static files write nothing ever."
        }
        (LogKind::Requests, _) => "Nobody asked for it on this front-end as long as the log goes back.",
        (LogKind::Errors | LogKind::Events, _) => "Nothing failed here as long as the log goes back.",
    };
    view! { <EmptyState icon=Icon::Package title="No lines"><p>{sentence}</p></EmptyState> }.into_any()
}

fn lines(place: &Place, view: &LogView, ask: &LogAsk, lines: &[LogLine], next: Option<i64>) -> AnyView {
    let older = next.map(|before| {
        let before = before.to_string();
        let href = place.with_query(
            &path(&view.environment.key, &view.application.key),
            &[
                ("server", view.server.as_ref().map(|one| one.key.as_str())),
                ("kind", Some(view.kind.word())),
                ("words", ask.words.as_deref()),
                ("before", Some(&before)),
            ],
        );
        view! { <LinkButton words="Older lines" href/> }
    });
    let count = words::of(lines.len() as u64, "line", "lines");
    let end = if next.is_none() { "The log goes back no further." } else { "The newest first." };
    let shown = lines.iter().map(line).collect_view();
    view! {
        <div class="log" tabindex="0" role="region" aria-label="Lines of the log"><ol>{shown}</ol></div>
        <footer class="foot row wrap"><span>{format!("{count}. {end}")}</span>{older}</footer>
    }
    .into_any()
}

/// Tone, icon, word and text of a line.
fn told(line: &LogLine) -> (Tone, Icon, String, String) {
    match &line.said {
        Said::Output { stream, text } => match stream.as_str() {
            "error" => (Tone::Warn, Icon::Alert, "Error output".to_owned(), text.clone()),
            "supervisor" => (Tone::Plain, Icon::Info, "Supervisor".to_owned(), text.clone()),
            _ => (Tone::Plain, Icon::Info, "Output".to_owned(), text.clone()),
        },
        Said::Request(asked) => {
            let tone = match asked.status {
                None | Some(500..) => Tone::Bad,
                Some(400..500) => Tone::Warn,
                _ => Tone::Plain,
            };
            let icon = if tone == Tone::Plain { Icon::Check } else { Icon::Alert };
            let status = asked.status.map_or_else(|| "Gone".to_owned(), |status| status.to_string());
            (tone, icon, status, request(asked))
        }
        Said::Error { reason, request: of } => {
            let asked = of.as_ref().map(|asked| format!(" {}", request(asked))).unwrap_or_default();
            (Tone::Bad, Icon::Alert, "Error".to_owned(), format!("{reason}{asked}"))
        }
        Said::Event { event, detail } => (Tone::Plain, Icon::Info, event.clone(), detail.clone()),
    }
}

/// A request in one line.
fn request(asked: &Asked) -> String {
    let took = asked.micros.max(0);
    let took = if took < 10_000 { format!("{took} µs") } else { format!("{} ms", took / 1000) };
    format!(
        "{} {}, {took}, {} bytes, for {} ({})",
        asked.method, asked.path, asked.bytes, asked.client, asked.request_id
    )
}

fn line(line: &LogLine) -> impl IntoView + use<> {
    let (tone, icon, word, text) = told(line);
    let class = match tone {
        Tone::Bad => "e",
        Tone::Warn => "w",
        _ => "",
    };
    let module = line.module.clone().map(|module| view! { <span class="dim">{module}" "</span> });
    view! {
        <li class=class>
            <time datetime=times::machine(line.at) title=times::machine(line.at)>{times::clock(line.at)}</time>
            <span class=format!("st {}", tone.class())><Glyph icon/>{word}</span>
            <span class="m">{module}{text}</span>
        </li>
    }
}

fn queues(queues: &[ModuleQueue]) -> AnyView {
    let rows = queues.iter().map(|one| {
        let refused = one.refused + one.given_up;
        let refused = if refused == 0 { "none".to_owned() } else { refused.to_string() };
        let (module, working) = (one.module.to_string(), format!("{} of {}", one.working, one.concurrent));
        let (waiting, most) = (one.waiting.to_string(), one.most.to_string());
        view! {
            <Row>
                <RowHead><b>{module}</b></RowHead>
                <Cell label="At work">{working}</Cell>
                <Cell label="Waiting">{waiting}</Cell>
                <Cell label="Most that waited">{most}</Cell>
                <Cell label="Turned away">{refused}</Cell>
            </Row>
        }
    });
    let rows = rows.collect_view();
    let heads = vec!["Module", "At work", "Waiting", "Most that waited", "Turned away"];
    view! {
        <Card title="Request queue" id="queue" flush=true aside="of this front-end, now; counted since the release is served there">
            <Table label="Table of queues" heads>{rows}</Table>
        </Card>
    }
    .into_any()
}
