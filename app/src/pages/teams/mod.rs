//! The teams of an infrastructure.

mod find;
mod members;
mod new;
mod one;
mod owned;

pub(crate) use find::summary;
pub(crate) use members::not_given;
pub use new::NewPage;
pub use one::Page;

use crate::context::{Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Card, Cell, EmptyState, Kind, LinkButton, Row, RowHead, Table};
use crate::view::icons::Icon;
use operations::Result;
use operations::view::TeamsPage;

/// The list.
#[component]
pub fn ListPage() -> impl IntoView {
    framed(Area::Teams, |place| async move { load(place).await })
}

async fn load(place: Place) -> Result<Screen> {
    let page = place.console.teams(&place.caller, &place.key).await?;
    let topic = format!("infrastructure:{}", place.key);
    Ok(Screen::new("Teams", list(&place, page)).live(topic))
}

fn list(place: &Place, page: TeamsPage) -> impl IntoView + use<> {
    let TeamsPage { teams, create } = page;
    let table = if teams.is_empty() {
        view! {
            <EmptyState icon=Icon::People title="No teams yet">
                <p>"A team owns applications, and each of its members has a role on them in place of the default role."</p>
            </EmptyState>
        }
        .into_any()
    } else {
        let rows = teams
            .into_iter()
            .map(|team| {
                let href = place.address(&format!("/teams/{}", team.id));
                view! {
                    <Row>
                        <RowHead><a class="link" href=href>{team.name}</a><span class="sub">{team.description}</span></RowHead>
                        <Cell label="Members">{team.members}</Cell>
                        <Cell label="Applications">{team.applications}</Cell>
                    </Row>
                }
            })
            .collect_view();
        view! { <Table label="Teams" heads=vec!["Team", "Members", "Applications"]>{rows}</Table> }.into_any()
    };
    view! {
        <div class="head">
            <div>
                <h1>"Teams"</h1>
                <p class="dim">"A team's members have their role in it on the team's applications, in place of their default role."</p>
            </div>
            <div class="acts"><LinkButton words="New team" href=place.address("/teams/new") kind=Kind::Go icon=Icon::Plus possible=create id="new-team"/></div>
        </div>
        <Card title="All teams" id="teams" flush=true>{table}</Card>
    }
}
