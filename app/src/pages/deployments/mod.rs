//! Deployments: the list, and one of them while it runs and afterwards.

mod decide;
mod lanes;
mod log;
mod one;
pub(crate) mod way_back;

pub use one::Page;

use crate::context::{Place, Screen, framed};
use crate::pages::filters::Filters;
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Button, Cell, EmptyState, Glyph, Meter, Pager, Row, RowHead, StateTag, Table, When};
use crate::view::icons::Icon;
use crate::view::words;
use operations::Result;
use operations::view::DeploymentRow;

/// The list of deployments.
#[component]
pub fn ListPage() -> impl IntoView {
    framed(Area::Deployments, |place| async move { list(place).await })
}

const STATUSES: [(&str, &str); 7] = [
    ("", "Any status"),
    ("running", "Running or queued"),
    ("needs_user_intervention", "Waits for a person"),
    ("finished_successful", "Finished successfully"),
    ("finished_with_warnings", "Finished with warnings"),
    ("finished_with_errors", "Finished with errors"),
    ("aborted", "Aborted"),
];

async fn list(place: Place) -> Result<Screen> {
    let filters = Filters::of(&place);
    let query = filters.query(place.query("after"));
    let found = place.console.deployments(&place.caller, &place.key, &query).await?;
    let fields = filters.fields(&place, &STATUSES).await?;
    let filters = filters.pairs();
    let filtered = filters.iter().any(|(_, value)| value.is_some());
    let first = query.after.is_some().then(|| place.with_query("/deployments", &filters));
    let next = found.next.as_deref().map(|next| {
        let pairs: Vec<_> = filters.iter().copied().chain([("after", Some(next))]).collect();
        place.with_query("/deployments", &pairs)
    });
    let content = if found.rows.is_empty() {
        let (title, sentence) = if filtered {
            ("Nothing matches", "No deployment is like that. Take a filter away.")
        } else {
            ("No deployments yet", "Publish a package into Development, or start a plan.")
        };
        view! { <EmptyState icon=Icon::Up title><p>{sentence}</p></EmptyState> }.into_any()
    } else {
        table(&place, found.rows)
    };
    let topic = format!("infrastructure:{}", place.key);
    let body = view! {
        <div class="head"><div>
            <h1>"Deployments"</h1>
            <p class="dim">"What was brought where, newest first."</p>
        </div></div>
        <form method="get" action=place.address("/deployments") class="filters" role="search" aria-label="Filter the deployments">
            {fields}
            <Button words="Filter"/>
            {filtered.then(|| view! { <a class="link small" href=place.address("/deployments")>"Show all"</a> })}
        </form>
        <div class="card">{content}</div>
        <Pager first next/>
    };
    Ok(Screen::new("Deployments", body).live(topic))
}

/// A table of deployments; other pages show their newest with it.
pub(crate) fn table(place: &Place, rows: Vec<DeploymentRow>) -> AnyView {
    let now = place.now;
    let rows = rows
        .into_iter()
        .map(|row| {
            let href = place.address(&format!("/deployments/{}", row.id));
            let meter = (row.status == "running" && !row.queued).then(
                || view! { <Meter label=format!("Progress of {}", row.name) percent=Some(row.percent)/> },
            );
            let waits = row.queued.then(|| view! { <p class="small dim">{row.message.clone()}</p> });
            let (hop, few, look) =
                (hop(&row), few(&row.applications), words::deployment(&row.status, row.queued));
            view! {
                <Row>
                    <RowHead><a class="link" href=href>{row.name}</a></RowHead>
                    <Cell label="From, to">{hop}</Cell>
                    <Cell label="Applications">{few}</Cell>
                    <Cell label="Status" class="full"><StateTag look/>{meter}{waits}</Cell>
                    <Cell label="Started"><When at=row.created_at now/>" by "{row.started_by}</Cell>
                </Row>
            }
        })
        .collect_view();
    let heads = vec!["Deployment", "From, to", "Applications", "Status", "Started"];
    view! { <Table label="Table of deployments" heads>{rows}</Table> }.into_any()
}

/// The first names of a list, and how many more there are.
fn few(names: &[String]) -> String {
    const SHOWN: usize = 4;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// From where to where; a publication comes from a package.
fn hop(row: &DeploymentRow) -> impl IntoView + use<> {
    let source = row.source.as_ref().map_or_else(|| "Package".to_owned(), |source| source.name.clone());
    let target = row.target.name.clone();
    view! { <span class="to">{source}<Glyph icon=Icon::Right/><span class="sr">"to"</span>{target}</span> }
}

#[cfg(test)]
mod tests {
    use super::few;

    #[test]
    fn long_lists_end_with_how_many_more() {
        let names = ["A", "B", "C", "D", "E", "F"].map(str::to_owned);
        assert_eq!(few(&names[..4]), "A, B, C, D");
        assert_eq!(few(&names), "A, B, C, D and 2 more");
        assert_eq!(few(&[]), "");
    }
}
