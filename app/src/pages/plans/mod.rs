//! Plans: the list, a new one, and one plan.

mod around;
mod findings;
mod new;
mod one;
mod settings;

pub use new::NewPage;
pub use one::Page;

use crate::context::{Place, Screen, framed};
use crate::pages::filters::Filters;
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{
    Button, Cell, EmptyState, Glyph, Kind, LinkButton, Pager, Row, RowHead, StateTag, Table, When,
};
use crate::view::icons::Icon;
use crate::view::words;
use operations::Result;

/// The list of plans.
#[component]
pub fn ListPage() -> impl IntoView {
    framed(Area::Plans, |place| async move { list(place).await })
}

const STATUSES: [(&str, &str); 4] =
    [("", "Any status"), ("draft", "Draft"), ("started", "Started"), ("discarded", "Discarded")];

async fn list(place: Place) -> Result<Screen> {
    let filters = Filters::of(&place);
    let query = filters.query(place.query("after"));
    let plans = place.console.plans(&place.caller, &place.key, &query).await?;
    let fields = filters.fields(&place, &STATUSES).await?;
    let filters = filters.pairs();
    let filtered = filters.iter().any(|(_, value)| value.is_some());
    let first = query.after.is_some().then(|| place.with_query("/plans", &filters));
    let next = plans.next.as_deref().map(|next| {
        let pairs: Vec<_> = filters.iter().copied().chain([("after", Some(next))]).collect();
        place.with_query("/plans", &pairs)
    });
    let now = place.now;
    let rows = plans.rows;
    let content = if rows.is_empty() {
        let (title, sentence) = if filtered {
            ("Nothing matches", "No plan is like that. Take a filter away.")
        } else {
            (
                "No plans yet",
                "A plan brings applications from one environment to the next. Make one, look at what it would change, then start it.",
            )
        };
        view! { <EmptyState icon=Icon::Plan title><p>{sentence}</p></EmptyState> }.into_any()
    } else {
        let rows = rows
            .into_iter()
            .map(|row| (place.address(&format!("/plans/{}", row.id)), row))
            .map(|(href, row)| {
                view! {
                    <Row>
                        <RowHead><a class="link" href=href>{row.name}</a></RowHead>
                        <Cell label="From, to"><span class="to">{row.source.name}<Glyph icon=Icon::Right/><span class="sr">"to"</span>{row.target.name}</span></Cell>
                        <Cell label="Applications">{words::of(u64::from(row.applications), "application", "applications")}</Cell>
                        <Cell label="Status"><StateTag look=words::plan(&row.status)/></Cell>
                        <Cell label="Changed"><When at=row.updated_at now/>", made by "{row.created_by}</Cell>
                    </Row>
                }
            })
            .collect_view();
        let heads = vec!["Plan", "From, to", "Applications", "Status", "Changed"];
        view! { <Table label="Table of plans" heads>{rows}</Table> }.into_any()
    };
    let topic = format!("infrastructure:{}", place.key);
    let body = view! {
        <div class="head">
            <div>
                <h1>"Plans"</h1>
                <p class="dim">"What is to go from one environment to the next."</p>
            </div>
            <div class="acts"><LinkButton words="New plan" href=place.address("/plans/new") kind=Kind::Go icon=Icon::Plus/></div>
        </div>
        <form method="get" action=place.address("/plans") class="filters" role="search" aria-label="Filter the plans">
            {fields}
            <Button words="Filter"/>
            {filtered.then(|| view! { <a class="link small" href=place.address("/plans")>"Show all"</a> })}
        </form>
        <div class="card">{content}</div>
        <Pager first next/>
    };
    Ok(Screen::new("Plans", body).live(topic))
}
