//! The audit log: who did what, when, from where, with what outcome.

mod entry;

pub use entry::Page;

use crate::context::{Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Button, Cell, Choice, EmptyState, Field, Glyph, Pager, Row, Select, StateTag, Table};
use crate::view::icons::Icon;
use crate::view::{acts, times, words};
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
        limit: None,
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
        .chain(page.operations.iter().map(|name| Choice::new(name, acts::act(name, "done"))))
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
        view! { <div class="card"><EmptyState icon=Icon::Book title="Nothing matches"><p>"Take a filter away, or search for something else."</p></EmptyState></div> }.into_any()
    } else {
        table(&place, page.entries.rows)
    };
    let count = words::counted(page.matching, "entry", "entries");
    let about = object.is_some().then_some(" about one object");
    let body = view! {
        <div class="audit">
        <div class="head"><div>
            <h1>"Audit"</h1>
            <p class="dim">"Every change, sign-in and refusal. Nothing can be edited or taken out."</p>
        </div>
        // Who reads the log reads the review too, but not everybody of them sees the users.
        <div class="acts"><a class="btn" href=place.address("/users/review.csv") download=""><Glyph icon=Icon::Download/>"Access review (CSV)"</a></div>
        </div>
        <form method="get" action=place.address("/audit") class="filters" role="search" aria-label="Search the audit log">
            <Field label="Search" name="q" kind="search" value=query.search.clone() help="part of a person's or object's name"/>
            <Select label="Operation" name="operation" choices=operations value=query.operation.clone()/>
            <Select label="Outcome" name="outcome" choices=outcomes value=query.outcome.clone()/>
            <Button words="Search" icon=Icon::Search/>
            {filtered.then(|| view! { <a class="link small" href=place.address("/audit")>"Show all"</a> })}
        </form>
        <div class="between" role="status"><h2>{count}{about}</h2><span class="small dim">{format!("newest first, times in {}", times::zone_name())}</span></div>
        {content}
        <Pager summary=chain first next/>
        </div>
    };
    Ok(Screen::new("Audit", body))
}

fn table(place: &Place, rows: Vec<EntryRow>) -> AnyView {
    let rows = rows.into_iter().map(|row| line(place, row)).collect_view();
    view! {
        <div class="card">
            <Table label="Audit entries" class="log" heads=vec!["Time", "Who, from where", "What, on what", "Outcome"]>{rows}</Table>
        </div>
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
    let (kind, icon) = acts::actor(&row.actor_kind);
    let act = acts::act(&row.operation, &row.outcome);
    let (why, outcome) = (reason(&row.outcome, row.reason), words::outcome(&row.outcome));
    let about = acts::object(&row.object_kind);
    let kind = (row.actor_kind != "user").then(|| view! { <span class="sub">{kind}</span> });
    view! {
        <Row>
            <Cell label="Time" class="when">
                <a class="link" href=href title=times::exact(row.at)><time datetime=times::machine(row.at)>{times::clock(row.at)}</time></a>
                <span class="sub">{times::day(row.at)}", "{chain}</span>
            </Cell>
            <Cell label="Who, from where" class="by">
                <span class="p"><Glyph icon/><span>{row.actor_name}</span></span>
                {kind}
                <span class="sub mono">{row.address}</span>
            </Cell>
            <Cell label="What, on what" class="did">
                <span class="act" title=row.operation>{act}</span>
                <a class="obj" href=object title="All entries about it"><Glyph icon=about/>{row.object_name}<span class="sr">{format!(", {}: all entries about it", row.object_kind)}</span></a>
                {why}
            </Cell>
            <Cell label="Outcome" class="out"><StateTag look=outcome/></Cell>
        </Row>
    }
}

/// Why it was refused or failed, as the person was told.
pub(super) fn reason(outcome: &str, reason: String) -> Option<impl IntoView + use<>> {
    let (class, icon, word) = if outcome == "denied" {
        ("rule no", Icon::Ban, "Refused")
    } else {
        ("rule broke", Icon::Cross, "Failed")
    };
    (!reason.is_empty()).then(|| {
        view! {
            <span class=class><span class="r"><Glyph icon/>{word}</span>{reason}</span>
        }
    })
}
