//! The deployment zones of an environment, and what the rules find in it.

use super::anchor;
use crate::context::Place;
use crate::pages::architecture::findings;
use crate::prelude::*;
use crate::ui::{Card, Cell, Row, RowHead, Table};
use crate::view::words;
use operations::view::{FindingView, ZoneView};

/// Front-ends of a zone that are named; of more the last word tells how many others there are.
const NAMED: usize = 6;

/// Each zone with its front-ends and how many applications go there.
pub(super) fn card(zones: Vec<ZoneView>) -> AnyView {
    let rows = zones
        .into_iter()
        .map(|zone| {
            let ZoneView { key: _, name, address, is_default, front_ends, applications } = zone;
            let note =
                is_default.then(|| view! { <span class="sub">"applications that name none go there"</span> });
            let is_empty = front_ends.is_empty();
            let more = front_ends.len().saturating_sub(NAMED);
            let servers = front_ends
                .into_iter()
                .take(NAMED)
                .enumerate()
                .map(|(at, server)| {
                    let (href, name) = (format!("#{}", anchor(&server.key)), server.name);
                    view! { {(at > 0).then_some(", ")}<a class="link mono" href=href>{name}</a> }
                })
                .collect_view();
            let servers = match more {
                0 => servers.into_any(),
                more => view! { {servers}{format!(" and {more} more")} }.into_any(),
            };
            let none = view! { <span class="dimmer">"none: it takes nothing"</span> };
            let servers = if is_empty { none } else { servers };
            let address = address.map(|address| {
                let shown = address.clone();
                view! { <a class="link mono" href=address>{shown}</a> }
            });
            let address =
                address.unwrap_or_else(|| view! { <span class="dimmer">"the environment's"</span> });
            let applications = words::of(applications, "application", "applications");
            view! {
                <Row>
                    <RowHead>{name}{note}</RowHead>
                    <Cell label="Front-ends">{servers}</Cell>
                    <Cell label="Applications">{applications}</Cell>
                    <Cell label="Address">{address}</Cell>
                </Row>
            }
        })
        .collect_view();
    let heads = vec!["Deployment zone", "Front-ends", "Applications", "Address"];
    view! {
        <Card title="Deployment zones" id="zones" flush=true aside="recorded; an application goes to one of them">
            <Table label="Deployment zones of this environment" heads>{rows}</Table>
        </Card>
    }
    .into_any()
}

/// What the rules find in the environment, each with what to do; none where nothing is found.
pub(super) fn found(place: &Place, all: Vec<FindingView>) -> Option<AnyView> {
    if all.is_empty() {
        return None;
    }
    let (told, href) = (findings::told(&all), place.address("/architecture#findings"));
    let list = findings::list(all);
    Some(
        view! {
            <Card title="What the rules say of it" id="findings" flush=true aside=told>
                {list}
                <p class="more"><a class="link small" href=href>"All findings, and accepting one"</a></p>
            </Card>
        }
        .into_any(),
    )
}
