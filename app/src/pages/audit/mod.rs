//! The audit log: who did what, when, from where, with what outcome.

mod entry;

pub use entry::Page;

use crate::context::{Place, Screen, framed};
use crate::ui::frame::Area;
use crate::ui::{Button, Choice, EmptyState, Field, Pager, Scroll, Select, StateTag};
use crate::view::icons::Icon;
use crate::view::{times, words};
use leptos::prelude::*;
use operations::view::EntryRow;
use operations::{AuditQuery, Result};

/// The list of entries.
#[component]
pub fn ListPage() -> impl IntoView {
    framed(Area::Audit, |place| async move { list(place).await })
}

async fn list(place: Place) -> Result<Screen> {
    let object = place.query("kind").zip(place.query("object"));
    let query = AuditQuery {
        search: place.query("q"),
        operation: place.query("operation"),
        outcome: place.query("outcome"),
        object: object.clone(),
        after: place.query("after"),
    };
    let page = place.console.audit(&place.caller, &place.key, &query).await?;
    let filters = [
        ("q", query.search.as_deref()),
        ("operation", query.operation.as_deref()),
        ("outcome", query.outcome.as_deref()),
        ("kind", object.as_ref().map(|(kind, _)| kind.as_str())),
        ("object", object.as_ref().map(|(_, id)| id.as_str())),
    ];
    let filtered = filters.iter().any(|(_, value)| value.is_some());
    let first = query.after.is_some().then(|| place.with_query("/audit", &filters));
    let next = page.entries.next.as_deref().map(|next| {
        let pairs: Vec<_> = filters.iter().copied().chain([("after", Some(next))]).collect();
        place.with_query("/audit", &pairs)
    });
    let operations = std::iter::once(Choice::new("", "Every operation"))
        .chain(page.operations.iter().map(|name| Choice::new(name, name)))
        .collect::<Vec<_>>();
    let outcomes = [("", "Every outcome"), ("done", "Done"), ("denied", "Denied"), ("failed", "Failed")]
        .into_iter()
        .map(|(value, words)| Choice::new(value, words))
        .collect::<Vec<_>>();
    let chain = if page.unchained.n == 0 {
        format!("Every entry is chained, up to number {}.", page.chained)
    } else {
        format!(
            "Chained up to number {}; {} not chained yet.",
            page.chained,
            words::counted(page.unchained, "entry is", "entries are")
        )
    };
    let content = if page.entries.rows.is_empty() {
        view! { <EmptyState icon=Icon::Book title="Nothing matches"><p>"Take a filter away, or search for something else."</p></EmptyState> }.into_any()
    } else {
        table(&place, page.entries.rows)
    };
    let body = view! {
        <div class="head"><div>
            <h1>"Audit"</h1>
            <p class="dim">"Every change, sign-in and refusal. Nothing can be edited or taken out. "{chain}</p>
        </div></div>
        <form method="get" action=place.address("/audit") class="filters" role="search" aria-label="Search the audit log">
            <Field label="Search" name="q" kind="search" value=query.search.clone() help="part of a person's or object's name"/>
            <Select label="Operation" name="operation" choices=operations value=query.operation.clone()/>
            <Select label="Outcome" name="outcome" choices=outcomes value=query.outcome.clone()/>
            <Button words="Search" icon=Icon::Search/>
            {filtered.then(|| view! { <a class="link small" href=place.address("/audit")>"Show all"</a> })}
        </form>
        <p class="small dim" role="status">{words::counted(page.matching, "entry", "entries")}", newest first, times in UTC"</p>
        <div class="card flush">{content}</div>
        <Pager first next/>
    };
    Ok(Screen::new("Audit", body))
}

fn table(place: &Place, rows: Vec<EntryRow>) -> AnyView {
    let rows = rows.into_iter().map(|row| line(place, row)).collect_view();
    view! {
        <Scroll label="Audit entries">
            <table class="list stacks audit">
                <thead><tr>
                    <th scope="col">"Time"</th><th scope="col">"Who, from where"</th><th scope="col">"What, on what"</th>
                    <th scope="col">"Outcome"</th><th scope="col">"Chain"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </Scroll>
    }
    .into_any()
}

fn line(place: &Place, row: EntryRow) -> impl IntoView + use<> {
    let href = place.address(&format!("/audit/{}", row.id));
    let object = place.with_query(
        "/audit",
        &[("kind", Some(row.object_kind.as_str())), ("object", Some(row.object_id.as_str()))],
    );
    let chain = row.number.map_or_else(|| "not chained yet".to_owned(), |number| format!("no. {number}"));
    view! {
        <tr>
            <th scope="row" data-l="Time"><a class="link nowrap" href=href><time datetime=times::machine(row.at)>{times::exact(row.at)}</time></a></th>
            <td data-l="Who, from where"><span>{row.actor_name}</span><br/><span class="mono small dim">{row.address}</span></td>
            <td data-l="What, on what"><code>{row.operation}</code><br/>
                <span class="small">{row.object_kind}" "<a class="link" href=object>{row.object_name}</a></span></td>
            <td data-l="Outcome"><StateTag look=words::outcome(&row.outcome)/>
                {(!row.reason.is_empty()).then(|| view! { <p class="small prose">{row.reason}</p> })}</td>
            <td data-l="Chain" class="small dim nowrap">{chain}</td>
        </tr>
    }
}
