//! The parts of an infrastructure or of an environment, each kind a table. The last cell of a row leads to its form.

use super::{address, capital};
use crate::context::Place;
use crate::prelude::*;
use crate::ui::{Card, Cell, Kind, LinkButton, Row, RowHead, Table, Tag};
use crate::view::icons::Icon;
use domain::architecture::words::PartKind;
use operations::view::PartRow;

/// Users that a row names; of more it tells the number.
const NAMED: usize = 2;

/// How a kind is listed: the id of its card, what an empty one says, and the heads of its columns between the first and the last.
const fn listed(kind: PartKind) -> (&'static str, &'static str, &'static [&'static str]) {
    match kind {
        PartKind::DataCenter => (
            "data-centers",
            "No data center is recorded. Record one for each place whose loss should not take everything.",
            &["Used by"],
        ),
        PartKind::DatabaseServer => (
            "databases",
            "No database server is recorded. The catalogs of environments lie on them.",
            &["Engine", "Where", "Size", "Used by"],
        ),
        PartKind::Tool => ("tools", "No tool is recorded.", &["Kind", "Address", "What for"]),
        PartKind::LoadBalancer => {
            ("load-balancer", "No load balancer is recorded. A farm has one.", &["Machine", "Data centers"])
        }
        PartKind::Zone => ("zones", "No deployment zone is recorded.", &["Address", "Used by"]),
        PartKind::Catalog => (
            "catalogs",
            "No catalog is recorded. An environment has three: Platform, Log and Session.",
            &["Name", "Database server"],
        ),
        PartKind::ExternalDatabase => (
            "external-databases",
            "None is recorded. These are databases of others that applications are integrated with.",
            &["Engine", "Machine"],
        ),
    }
}

/// The cards of these kinds. `environment` is the key of theirs; empty where they belong to the infrastructure.
pub(crate) fn cards(place: &Place, environment: &str, kinds: &[PartKind], rows: &[PartRow]) -> AnyView {
    kinds.iter().map(|kind| card(place, environment, *kind, rows)).collect_view().into_any()
}

fn card(place: &Place, environment: &str, kind: PartKind, rows: &[PartRow]) -> AnyView {
    let (id, nothing, columns) = listed(kind);
    let mine: Vec<&PartRow> = rows.iter().filter(|row| row.kind == kind).collect();
    let most = match kind {
        PartKind::LoadBalancer => 1,
        PartKind::Catalog => 3,
        _ => usize::MAX,
    };
    let single = kind == PartKind::LoadBalancer;
    let title = capital(if single { kind.label() } else { kind.plural() });
    let add = (mine.len() < most).then(|| {
        let (href, words) = (address(&place.key, environment, kind.word(), ""), "Add");
        view! { <span class="push"><LinkButton words href kind=Kind::Tiny icon=Icon::Plus label=format!("Add {}", kind.one())/></span> }
    });
    let tags = view! { <span class="small dim">"recorded"</span>{add} };
    if mine.is_empty() {
        return view! {
            <Card title id tags><p class="dim">{nothing}</p></Card>
        };
    }
    let heads: Vec<&'static str> =
        std::iter::once(first(kind)).chain(columns.iter().copied()).chain(["Action"]).collect();
    let label = format!("Recorded {}", kind.plural());
    let rows = mine.into_iter().map(|row| line(place, environment, row)).collect_view();
    view! {
        <Card title id flush=true tags>
            <Table label heads class="list stacks recorded">{rows}</Table>
        </Card>
    }
}

/// The head of the first column.
const fn first(kind: PartKind) -> &'static str {
    match kind {
        PartKind::Catalog => "Catalog",
        _ => "Name",
    }
}

fn line(place: &Place, environment: &str, row: &PartRow) -> AnyView {
    let of = |field: &str| row.shown.get(field).map_or("", String::as_str);
    let cells = match row.kind {
        PartKind::DataCenter => vec![users(row)],
        PartKind::DatabaseServer => {
            let primary = match of("standby_of") {
                "" => of("sharing").to_owned(),
                primary => format!("{}, standby of {primary}", of("sharing")),
            };
            let engine = format!("{} {}", of("engine"), of("version"));
            vec![
                two("Engine", engine.trim(), &primary, false),
                two("Where", of("data_center"), of("host"), true),
                plain("Size", &size(of("cores"), of("memory_gib"))),
                users(row),
            ]
        }
        PartKind::Tool => {
            vec![plain("Kind", of("kind")), mono("Address", of("address")), plain("What for", of("about"))]
        }
        PartKind::LoadBalancer => {
            vec![mono("Machine", of("host")), plain("Data centers", of("data_centers"))]
        }
        PartKind::Zone => vec![mono("Address", of("address")), users(row)],
        PartKind::Catalog => vec![mono("Name", of("name")), plain("Database server", of("database_server"))],
        PartKind::ExternalDatabase => {
            let engine = format!("{} {}", of("engine"), of("version"));
            vec![plain("Engine", engine.trim()), mono("Machine", of("host"))]
        }
    };
    let default = (of("is_default") == "yes").then(|| view! { " "<Tag words="Default"/> });
    let key = (row.kind != PartKind::LoadBalancer && row.kind != PartKind::Catalog)
        .then(|| view! { <span class="sub mono">{row.key.clone()}</span> });
    let (words, href) = ("Change", address(&place.key, environment, row.kind.word(), &row.key));
    let label = format!("Change {}", row.name);
    let name = row.name.clone();
    view! {
        <Row>
            <RowHead>{name}{default}{key}</RowHead>
            {cells}
            <Cell label="Action"><LinkButton words href kind=Kind::Tiny label/></Cell>
        </Row>
    }
}

fn nothing() -> AnyView {
    view! { <span class="dim">"not recorded"</span> }
}

fn plain(label: &'static str, text: &str) -> AnyView {
    let text = if text.is_empty() {
        nothing()
    } else {
        view! { {text.to_owned()} }
    };
    view! { <Cell label>{text}</Cell> }
}

fn mono(label: &'static str, text: &str) -> AnyView {
    if text.is_empty() {
        return plain(label, text);
    }
    let text = text.to_owned();
    view! { <Cell label class="mono address">{text}</Cell> }
}

/// A text with another one beneath it.
fn two(label: &'static str, text: &str, beneath: &str, machine: bool) -> AnyView {
    if text.is_empty() && !beneath.is_empty() {
        return if machine { mono(label, beneath) } else { plain(label, beneath) };
    }
    let class = if machine { "sub mono" } else { "sub" };
    let beneath = (!beneath.is_empty()).then(|| view! { <span class=class>{beneath.to_owned()}</span> });
    let text = if text.is_empty() {
        nothing()
    } else {
        view! { {text.to_owned()} }
    };
    view! { <Cell label>{text}{beneath}</Cell> }
}

fn size(cores: &str, memory: &str) -> String {
    let cores = match cores {
        "" => String::new(),
        "1" => "1 core".to_owned(),
        cores => format!("{cores} cores"),
    };
    let memory = if memory.is_empty() { String::new() } else { format!("{memory} GiB") };
    let both = [cores, memory];
    both.into_iter().filter(|each| !each.is_empty()).collect::<Vec<_>>().join(", ")
}

/// Who names it; of many, how many more.
fn users(row: &PartRow) -> AnyView {
    let text = match &row.used_by[..] {
        [] => return view! { <Cell label="Used by"><span class="dim">"nobody"</span></Cell> },
        few if few.len() <= NAMED => few.join(", "),
        many => format!("{} and {} more", many[..NAMED].join(", "), many.len() - NAMED),
    };
    view! { <Cell label="Used by" class="small">{text}</Cell> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_what_is_recorded() {
        assert_eq!(size("8", "64"), "8 cores, 64 GiB");
        assert_eq!(size("1", ""), "1 core");
        assert_eq!(size("", ""), "");
    }
}
