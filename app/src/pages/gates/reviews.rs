//! Reviews of overrides: the card of a deployment, and what waits for one.

use crate::actions::gates::CloseReview;
use crate::context::Place;
use crate::prelude::*;
use crate::ui::{Button, Card, Cell, Kind, Pager, Row, RowHead, StateTag, Table, Tag, TextArea, When, Why};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::words;
use domain::time::Timestamp;
use leptos::server_fn::ServerFn;
use operations::view::{DeploymentPage, OpenReviews, OverrideView, ReviewView};

fn overrides(all: Vec<OverrideView>, now: Timestamp) -> AnyView {
    let items = all.into_iter().map(|one| {
        view! {
            <li>{one.by}" "{one.what}", "<When at=one.at now/><span class="sub">{one.reason}</span></li>
        }
    });
    let items = items.collect_view();
    view! { <ul class="plain stack tight" aria-label="What was overridden">{items}</ul> }.into_any()
}

/// By when it is due, and whether that is over.
fn due(at: Timestamp, overdue: bool, now: Timestamp) -> AnyView {
    if overdue {
        view! { <Tag tone=Tone::Bad icon=Icon::Alert words="Overdue"/><span class="sub">"since "<When at now exact=true/></span> }
            .into_any()
    } else {
        view! { "until "<When at now exact=true/> }.into_any()
    }
}

/// The card of a deployment for which something was overridden.
pub fn review(place: &Place, page: &DeploymentPage) -> Option<AnyView> {
    let ReviewView { overrides: all, due_at, overdue, closed, words, close } = page.review.clone()?;
    let now = place.now;
    let state = match closed {
        Some((at, by)) => view! {
            <p>"Reviewed by "{by}", "<When at now/></p>
            <blockquote class="small">{words}</blockquote>
        }
        .into_any(),
        None => view! { <p>"Somebody else has to look at it "{due(due_at, overdue, now)}"."</p> }.into_any(),
    };
    let form = close.map(|possible| match possible {
        Err(refusal) => view! { <Why refusals=vec![refusal] id="no-review"/> }.into_any(),
        Ok(()) => view! {
            <form method="post" action=CloseReview::url() class="fields">
                <input type="hidden" name="infra" value=place.key.clone()/>
                <input type="hidden" name="deployment" value=page.row.id.to_string()/>
                <TextArea label="What you found" name="words" value=place.typed("words") problem=place.problem("words") required=true maxlength=300/>
                <Button words="Close the review" kind=Kind::Go icon=Icon::Check/>
            </form>
        }
        .into_any(),
    });
    Some(view! {
        <Card title="Review of the override" id="review">
            <div class="stack">{overrides(all, now)}{state}{form}</div>
        </Card>
    })
}

/// What waits for a review.
pub fn card(place: &Place, found: OpenReviews, later: bool) -> AnyView {
    let first = later.then(|| place.address("/gates#reviews"));
    let next = found.rows.next.as_deref();
    let next = next.map(|next| place.with_query("/gates", &[("reviews", Some(next))]));
    if found.rows.rows.is_empty() {
        return view! {
            <Card title="To be reviewed" id="reviews"><p class="dim">"No override waits for a review."</p></Card>
        };
    }
    let now = place.now;
    let rows = found.rows.rows.into_iter().map(|row| {
        let run = row.deployment;
        let href = place.address(&format!("/deployments/{}#review", run.id));
        view! {
            <Row>
                <RowHead><a class="link" href=href>{run.name}</a></RowHead>
                <Cell label="Into">{run.target.name}</Cell>
                <Cell label="What was overridden" class="full">{overrides(row.overrides, now)}</Cell>
                <Cell label="State" class="full"><StateTag look=words::deployment(&run.status, run.queued)/></Cell>
                <Cell label="Due">{due(row.due_at, row.overdue, now)}</Cell>
            </Row>
        }
    });
    let rows = rows.collect_view();
    let pager = (first.is_some() || next.is_some()).then(|| view! { <Pager first next/> });
    let aside =
        format!("{}; somebody else looks at each", words::counted(found.count, "override", "overrides"));
    let heads = vec!["Deployment", "Into", "What was overridden", "State", "Due"];
    view! {
        <Card title="To be reviewed" id="reviews" flush=true aside>
            <Table label="Table of overrides to be reviewed" heads>{rows}</Table>
            {pager}
        </Card>
    }
}
