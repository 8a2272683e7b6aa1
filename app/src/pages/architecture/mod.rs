//! The architecture of an infrastructure: what it counts, what the rules find, what is accepted, its connections, its file,
//! the reference architectures, and the network paths.

mod compare;
mod connections;
mod exceptions;
mod file;
pub(crate) mod findings;

pub use compare::Page as ComparePage;
pub use connections::found;

use crate::context::{Place, Screen, framed};
use crate::pages::infrastructures;
use crate::pages::parts::cards;
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Button, Card, Cell, Choice, FoldedTable, LinkButton, Row, RowHead, Select};
use crate::view::icons::Icon;
use domain::access::WideRight;
use domain::architecture::network::NetworkPath;
use domain::architecture::words::{Edition, Engine, PartKind};
use operations::Result;
use operations::view::{ArchitectureCounts, ArchitecturePage, PartRow};

/// The page.
#[component]
pub fn Page() -> impl IntoView {
    framed(Area::Architecture, |place| async move { load(place).await })
}

async fn load(place: Place) -> Result<Screen> {
    let page = place.console.architecture(&place.caller, &place.key).await?;
    let rows = place.console.parts(&place.caller, &place.key, None).await?;
    let topic = format!("infrastructure:{}", place.key);
    Ok(Screen::new("Architecture", body(&place, page, &rows)).live(topic))
}

fn body(place: &Place, page: ArchitecturePage, rows: &[PartRow]) -> AnyView {
    let facts = facts(&page);
    let templates = templates(place, page.edition);
    let ArchitecturePage { findings, exceptions, network, connections, .. } = page;
    let connected = connections::card(place, connections);
    let found = findings::card(place, findings);
    let accepted = (!exceptions.is_empty()).then(|| exceptions::card(place, exceptions));
    let parts = cards(place, "", &[PartKind::DatabaseServer, PartKind::DataCenter, PartKind::Tool], rows);
    let file = file::card(place);
    let paths = (!network.is_empty()).then(|| paths(network));
    let manages = place.infrastructure.wide.has(WideRight::ManageInfrastructure);
    let named = manages.then(|| infrastructures::card(place, page.hosting));
    let another = manages.then(|| {
        let href = place.address("/new-infrastructure");
        view! { <LinkButton words="New infrastructure" href icon=Icon::Plus/> }
    });
    let name = place.infrastructure.name.clone();
    view! {
        <div class="head">
            <div>
                <h1>"Architecture"</h1>
                <p class="dim">{format!("What {name} is made of, and what the rules say of it.")}</p>
            </div>
            <div class="acts"><LinkButton words="Pipelines" href=place.address("/pipelines") icon=Icon::Flow/>{another}</div>
        </div>
        {facts}
        <div class="stack wide">
            {found}
            {accepted}
            {parts}
            {connected}
            {file}
            {templates}
            {paths}
            {named}
        </div>
    }
}

/// Each kind of part, with how many there are.
const fn counted(counts: &ArchitectureCounts) -> [(&'static str, usize); 6] {
    [
        ("Environments", counts.environments),
        ("Front-end servers", counts.front_ends),
        ("Pipelines", counts.pipelines),
        ("Database servers", counts.database_servers),
        ("Data centers", counts.data_centers),
        ("Tools", counts.tools),
    ]
}

fn facts(page: &ArchitecturePage) -> AnyView {
    let counts = counted(&page.counts)
        .into_iter()
        .map(|(name, count)| {
            view! { <div><dt>{name}</dt><dd>{count.to_string()}</dd></div> }
        })
        .collect_view();
    let edition = page.edition.map_or("none", Edition::label);
    view! {
        <dl class="facts">
            <div><dt>"Hosting"</dt><dd>{page.hosting.label()}</dd></div>
            <div><dt>"Reference architecture"</dt><dd>{edition}</dd></div>
            {counts}
        </dl>
    }
}

/// The choice of a reference architecture. Its address is the comparison.
fn templates(place: &Place, edition: Option<Edition>) -> AnyView {
    let editions: Vec<Choice> =
        Edition::ALL.iter().map(|each| Choice::new(each.word(), each.label())).collect();
    let engines: Vec<Choice> =
        Engine::ALL.iter().map(|each| Choice::new(each.word(), each.label())).collect();
    let edition = Some(edition.unwrap_or(Edition::Basic).word().to_owned());
    let engine = Some(Engine::PostgreSql.word().to_owned());
    let action = place.address("/architecture/compare");
    view! {
        <Card title="Reference architectures" id="templates" aside="compared first; nothing changes before you say so">
            <div class="stack">
                <p>"Basic: three environments in one pipeline. Standard adds acceptance, a farm over two data centers and a standby. Enterprise has two pipelines that share Development."</p>
                <form method="get" action=action class="fields">
                    <Select label="Edition" name="template" choices=editions value=edition/>
                    <Select label="Engine of new database servers" name="engine" choices=engines value=engine/>
                    <Button words="Compare with the template" icon=Icon::Eye/>
                </form>
            </div>
        </Card>
    }
}

fn paths(network: Vec<NetworkPath>) -> AnyView {
    let unknown = || "not recorded".to_owned();
    let rows = network
        .into_iter()
        .map(|path| {
            let port = path.port.map_or_else(unknown, |port| port.to_string());
            let address = path.address.unwrap_or_else(unknown);
            view! {
                <Row>
                    <RowHead>{path.from}</RowHead>
                    <Cell label="To">{path.to}</Cell>
                    <Cell label="Address" class="mono">{address}</Cell>
                    <Cell label="Port">{port}</Cell>
                    <Cell label="Why" class="small">{path.why}</Cell>
                </Row>
            }
        })
        .collect();
    let heads = vec!["From", "To", "Address", "Port", "Why"];
    view! {
        <Card title="Network paths" id="network" flush=true aside="what must be open, in the direction in which a connection is opened">
            <FoldedTable label="Connections that must be open" heads rows/>
        </Card>
    }
}
