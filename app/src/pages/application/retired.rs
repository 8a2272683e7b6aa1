//! The retired applications.

use crate::context::{Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Breadcrumbs, Card, Cell, Crumb, EmptyState, Pager, Row, RowHead, Table, When};
use crate::view::icons::Icon;
use operations::view::{Paged, RetiredView};
use operations::{PageQuery, Result};

/// The list.
#[component]
pub fn RetiredPage() -> impl IntoView {
    framed(Area::Applications, |place| async move { load(place).await })
}

async fn load(place: Place) -> Result<Screen> {
    let query = PageQuery::after(place.query("after"));
    let found = place.console.retired_applications(&place.caller, &place.key, &query).await?;
    let topic = format!("infrastructure:{}", place.key);
    Ok(Screen::new("Retired applications", body(&place, found, query.after.is_some())).live(topic))
}

fn body(place: &Place, found: Paged<RetiredView>, later: bool) -> AnyView {
    let crumbs = vec![Crumb::new("Applications", place.address(""))];
    let here = "/retired-applications";
    let first = later.then(|| place.address(here));
    let next = found.next.as_deref().map(|after| place.with_query(here, &[("after", Some(after))]));
    let now = place.now;
    let rows = found.rows.into_iter().map(|row| {
        let href = place.address(&format!("/applications/{}", row.application.key));
        view! {
            <Row>
                <RowHead><a class="link" href=href>{row.application.name}</a><span class="sub mono">{row.application.key}</span></RowHead>
                <Cell label="Why"><span class="prose">{row.retired.reason}</span></Cell>
                <Cell label="Retired"><When at=row.retired.at now/>" by "{row.retired.by}</Cell>
            </Row>
        }
    });
    let rows: Vec<_> = rows.collect();
    let list = if rows.is_empty() {
        view! {
            <EmptyState icon=Icon::Package title="None is retired">
                <p>"An application that nobody uses any more can be retired on its page, under “Who uses it”."</p>
            </EmptyState>
        }
        .into_any()
    } else {
        view! { <Table label="Retired applications" heads=vec!["Application", "Why", "Retired"]>{rows}</Table> }.into_any()
    };
    view! {
        <div class="head"><div>
            <Breadcrumbs crumbs/>
            <h1>"Retired applications"</h1>
            <p class="dim">"Each keeps its key, its versions and its history, and can be brought back on its page."</p>
        </div></div>
        <Card title="The latest first" id="retired" flush=true>{list}</Card>
        <Pager first next/>
    }
    .into_any()
}
