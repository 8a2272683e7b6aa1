//! Service accounts: the list, a new one, and one account's page with its tokens.

mod new;
mod one;
mod tokens;

pub use new::NewPage;
pub use one::Page;

use crate::context::{Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Cell, EmptyState, Kind, LinkButton, Pager, Row, RowHead, StateTag, Table, When};
use crate::view::icons::Icon;
use crate::view::words;
use operations::view::ServiceAccountRow;
use operations::{PageQuery, Result};

/// The list of service accounts.
#[component]
pub fn ListPage() -> impl IntoView {
    framed(Area::ServiceAccounts, |place| async move { list(place).await })
}

async fn list(place: Place) -> Result<Screen> {
    let query = PageQuery::after(place.query("after"));
    let page = place.console.service_accounts(&place.caller, &place.key, &query).await?;
    let first = query.after.is_some().then(|| place.address("/service-accounts"));
    let next = page
        .accounts
        .next
        .as_deref()
        .map(|next| place.with_query("/service-accounts", &[("after", Some(next))]));
    let shown = page.accounts.rows.len() as u64;
    let summary = if shown == 0 {
        String::new()
    } else {
        format!("{} by name", words::of(shown, "service account", "service accounts"))
    };
    let content = if page.accounts.rows.is_empty() {
        view! {
            <div class="card">
                <EmptyState icon=Icon::Key title="There is no service account here">
                    <p>"Add one for each program that calls this console, so that its token can be revoked alone."</p>
                </EmptyState>
            </div>
        }
        .into_any()
    } else {
        table(&place, page.accounts.rows)
    };
    let body = view! {
        <div class="people">
        <div class="head">
            <div>
                <h1>"Service accounts"</h1>
                <p class="dim">{format!("For programs that call this console with a token, in {} only.", place.infrastructure.name)}</p>
            </div>
            <div class="acts">
                <LinkButton words="New service account" href=place.address("/service-accounts/new") kind=Kind::Go icon=Icon::Plus id="new-service-account"/>
            </div>
        </div>
        {content}
        <Pager summary first next/>
        </div>
    };
    Ok(Screen::new("Service accounts", body))
}

fn table(place: &Place, rows: Vec<ServiceAccountRow>) -> AnyView {
    let rows = rows.into_iter().map(|row| line(place, row)).collect_view();
    let heads = vec!["Service account", "Default role", "State", "Good tokens", "Last used"];
    view! { <div class="card"><Table label="Service accounts" heads>{rows}</Table></div> }.into_any()
}

fn line(place: &Place, row: ServiceAccountRow) -> impl IntoView + use<> {
    let href = place.address(&format!("/service-accounts/{}", row.id));
    let now = place.now;
    let role = match row.role {
        Some(role) => view! { {role.name} }.into_any(),
        None => view! { <span class="dimmer">"none here"</span> }.into_any(),
    };
    let used = match row.last_used_at {
        Some(at) => view! { <When at now/> }.into_any(),
        None => view! { <span class="dimmer">"never"</span> }.into_any(),
    };
    view! {
        <Row>
            <RowHead><a class="entry" href=href><b>{row.name}</b></a><span class="sub mono">{row.username}</span></RowHead>
            <Cell label="Default role">{role}</Cell>
            <Cell label="State"><StateTag look=words::user(row.active)/></Cell>
            <Cell label="Good tokens">{row.tokens.to_string()}</Cell>
            <Cell label="Last used">{used}</Cell>
        </Row>
    }
}
