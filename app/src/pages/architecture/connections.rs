//! What the infrastructure is connected with: tools and databases as they are recorded, what the last check of each found, and how to check
//! now.

use crate::actions::connections::{CheckTool, TestDatabase};
use crate::context::Place;
use crate::flash::Flash;
use crate::prelude::*;
use crate::ui::{
    Button, Card, Cell, EmptyState, Field, FoldedTable, Kind, Row, RowHead, StateTag, Tag, When,
};
use crate::view::icons::Icon;
use crate::view::tone::{Look, Tone};
use domain::architecture::connection::Trial;
use domain::architecture::words::CheckOutcome;
use domain::time::Timestamp;
use leptos::server_fn::ServerFn;
use operations::view::{CheckView, Checked, Connections, DatabaseView, Keyed, ToolView};

/// What the page says after somebody asked for a check.
#[must_use]
pub fn found(checked: &Checked) -> Flash {
    let sentence = format!("{}: {}", checked.name, checked.check.detail);
    match checked.check.outcome {
        CheckOutcome::Failed => Flash::refused(sentence),
        CheckOutcome::SignedIn | CheckOutcome::Reached => Flash::done(sentence),
    }
}

/// The card.
pub(super) fn card(place: &Place, connections: Connections) -> AnyView {
    let Connections { tools, databases, files } = connections;
    let aside = "recorded, with what the last check of each found";
    if tools.is_empty() && databases.is_empty() {
        return view! {
            <Card title="Connections" id="connections" flush=true aside>
                <EmptyState icon=Icon::Link title="Nothing is connected">
                    <p>"Tools, database servers and external databases that are recorded are checked here."</p>
                </EmptyState>
            </Card>
        };
    }
    let tools = (!tools.is_empty()).then(|| {
        let rows = tools.into_iter().map(|tool| tool_row(place, tool)).collect();
        let heads = vec!["Tool", "Purpose", "Address", "State", "Used also by", "Action"];
        view! {
            <section class="connected">
                <header><h3>"Tools"</h3><p class="small dim">"The console asks each of them every five minutes."</p></header>
                <FoldedTable label="Checks of tools" heads rows/>
            </section>
        }
    });
    let databases = (!databases.is_empty()).then(|| {
        let rows =
            databases.into_iter().enumerate().map(|(at, each)| database_row(place, at, each, files)).collect();
        // What was refused is among the others perhaps, and is to be seen.
        let open = place.typed("place").is_some();
        let heads = vec!["Database", "Engine", "Host", "Last test", "Action"];
        view! {
            <section class="connected">
                <header><h3>"Databases"</h3><p class="small dim">"Engine, version and host are as somebody recorded them. A test signs in where there is a driver."</p></header>
                <FoldedTable label="Tests of databases" heads rows open/>
            </section>
        }
    });
    view! { <Card title="Connections" id="connections" flush=true aside>{tools}{databases}</Card> }
}

fn look(outcome: CheckOutcome) -> Look {
    match outcome {
        CheckOutcome::SignedIn => Look::new(Tone::Ok, Icon::Check, "Signed in"),
        CheckOutcome::Reached => Look::new(Tone::Ok, Icon::Check, "Reached"),
        CheckOutcome::Failed => Look::new(Tone::Bad, Icon::Cross, "Failed"),
    }
}

/// How a database ended up, whose file was read by nobody who signed in.
fn look_of(trial: Trial, check: &CheckView) -> Look {
    match (trial, check.outcome) {
        (Trial::ReadFile, CheckOutcome::SignedIn) => Look::new(Tone::Ok, Icon::Check, "File read"),
        // No more than that something answers.
        (_, CheckOutcome::Reached) => Look::new(Tone::Plain, Icon::Check, "Address answers"),
        (_, other) => look(other),
    }
}

/// What a check found, when, and by whom.
fn state(check: CheckView, look: Look, now: Timestamp) -> AnyView {
    let CheckView { detail, at, by, address, outdated, .. } = check;
    if outdated {
        let said = format!("Another address was tried, {address}. Nothing is known of this one yet.");
        return view! {
            <Tag tone=Tone::Warn icon=Icon::Clock words="Outdated"/>
            <p class="small">{said}</p>
            <span class="sub"><When at now/>{format!(" by {by}")}</span>
        };
    }
    view! {
        <StateTag look/>
        <p class="small">{detail}</p>
        <span class="sub"><When at now/>{format!(" by {by}")}</span>
    }
}

fn tool_row(place: &Place, tool: ToolView) -> AnyView {
    let ToolView { key, name, kind, address, about, check, also } = tool;
    let state = match check {
        Some(check) => {
            let look = look(check.outcome);
            state(check, look, place.now)
        }
        None => view! { <Tag icon=Icon::Clock words="Not checked yet"/> }.into_any(),
    };
    let (infra, label) = (place.key.clone(), format!("Check now: {name}"));
    view! {
        <Row>
            <RowHead>{name}<span class="sub">{kind.label()}</span></RowHead>
            <Cell label="Purpose">{about.unwrap_or_else(|| "not recorded".to_owned())}</Cell>
            <Cell label="Address" class="mono small">{address}</Cell>
            <Cell label="State" class="full told">{state}</Cell>
            <Cell label="Used also by">{used_by(also)}</Cell>
            <Cell label="Action">
                <form method="post" action=CheckTool::url()>
                    <input type="hidden" name="infra" value=infra/>
                    <input type="hidden" name="tool" value=key/>
                    <Button words="Check now" kind=Kind::Tiny label/>
                </form>
            </Cell>
        </Row>
    }
}

/// Other infrastructures, each a link to its own card.
fn used_by(also: Vec<Keyed>) -> AnyView {
    if also.is_empty() {
        return view! { <span class="dim">"no other that you manage"</span> }.into_any();
    }
    let links = also.into_iter().map(|each| {
        let href = format!("/i/{}/architecture#connections", each.key);
        view! { <li><a href=href>{each.name}</a></li> }
    });
    view! { <ul class="others">{links.collect_view()}</ul> }.into_any()
}

fn database_row(place: &Place, at: usize, database: DatabaseView, files: bool) -> AnyView {
    let what = match &database.environment {
        Some(of) => format!("external, used by {}", of.name),
        None => "database server".to_owned(),
    };
    let engine = database.engine.clone();
    let version = database.version.clone().unwrap_or_else(|| "version not recorded".to_owned());
    let host = match (&database.host, database.trial) {
        (Some(host), _) => view! { <span class="mono small host">{host.clone()}</span> }.into_any(),
        (None, Trial::ReadFile) => view! { <span class="dim">"a file"</span> }.into_any(),
        (None, _) => view! { <span class="dim">"not recorded"</span> }.into_any(),
    };
    let state = match database.check.clone() {
        Some(check) => {
            let look = look_of(database.trial, &check);
            state(check, look, place.now)
        }
        None => view! { <span class="dim">"not tested yet"</span> }.into_any(),
    };
    let action = action(place, at, &database, files);
    view! {
        <Row>
            <RowHead>{database.name}<span class="sub">{what}</span></RowHead>
            <Cell label="Engine">{engine}<span class="sub">{version}</span></Cell>
            <Cell label="Host">{host}</Cell>
            <Cell label="Last test" class="full told">{state}</Cell>
            <Cell label="Action" class="full">{action}</Cell>
        </Row>
    }
}

/// How it is tested: a form where there is a driver, a button where there is none, a sentence where nothing can be tried.
fn action(place: &Place, at: usize, database: &DatabaseView, files: bool) -> AnyView {
    let sentence = |text: &'static str| view! { <span class="small dim">{text}</span> }.into_any();
    match database.trial {
        Trial::ReadFile if !files => {
            return sentence("Not tested: the configuration names no folder of database files.");
        }
        Trial::SignIn | Trial::Reach if database.address.is_none() => {
            return sentence("Not tested: no host is recorded.");
        }
        _ => {}
    }
    let hidden = view! {
        <input type="hidden" name="infra" value=place.key.clone()/>
        <input type="hidden" name="place" value=database.place.clone()/>
    };
    if database.trial == Trial::Reach {
        return view! {
            <form method="post" action=TestDatabase::url()>{hidden}<Button words="Test the address" kind=Kind::Tiny label=format!("Test the address: {}", database.name)/></form>
        }
        .into_any();
    }
    let mine = place.typed("place").as_deref() == Some(database.place.as_str());
    let typed = |field: &str| place.typed(field).filter(|_| mine);
    let problem = |field: &str| place.problem(field).filter(|_| mine);
    let fields = if database.trial == Trial::ReadFile {
        let help =
            "Below the folder of database files of the console's machine, such as shop.db. It is only read.";
        view! {
            <Field label="File" name="database" id=format!("database-{at}") value=typed("database") problem=problem("database") help required=true verbatim=true/>
        }
        .into_any()
    } else {
        view! {
            <Field label="User" name="user" id=format!("user-{at}") value=typed("user") problem=problem("user") required=true verbatim=true/>
            <Field label="Password" name="password" id=format!("password-{at}") kind="password" problem=problem("password") help="For this one sign-in; it is not kept."/>
            <Field label="Database" name="database" id=format!("database-{at}") value=typed("database") problem=problem("database") required=true verbatim=true/>
        }
        .into_any()
    };
    let summary =
        if database.trial == Trial::ReadFile { "Test by reading a file" } else { "Test by signing in" };
    view! {
        <details class="accept" open=mine>
            <summary aria-label=format!("{summary}: {}", database.name)>{summary}</summary>
            <form method="post" action=TestDatabase::url() class="stack">
                {hidden}
                {fields}
                <div class="row"><Button words="Test" label=format!("Test {}", database.name)/></div>
            </form>
        </details>
    }
    .into_any()
}
