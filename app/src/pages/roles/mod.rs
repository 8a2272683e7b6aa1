//! The roles of an infrastructure: what each gives where, and how many hold it.

pub(crate) mod draft;
mod form;
mod new;
mod one;

pub use new::NewPage;
pub use one::Page;

use crate::context::{Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::level::Level;
use crate::ui::{Cell, Kind, LinkButton, Row, RowHead, Scroll, Tag};
use crate::view::icons::Icon;
use crate::view::words;
use domain::access::{Right, Rights};
use operations::Result;
use operations::view::{EnvironmentRef, RoleRow, RolesPage};

/// The list.
#[component]
pub fn ListPage() -> impl IntoView {
    framed(Area::Roles, |place| async move { load(place).await })
}

async fn load(place: Place) -> Result<Screen> {
    let page = place.console.roles(&place.caller, &place.key).await?;
    let topic = format!("infrastructure:{}", place.key);
    Ok(Screen::new("Roles", list(&place, page)).live(topic))
}

fn list(place: &Place, page: RolesPage) -> impl IntoView + use<> {
    let RolesPage { environments, roles, create } = page;
    let rows = roles
        .into_iter()
        .map(|role| {
            let href = place.address(&format!("/roles/{}", role.id));
            let held = held(&role);
            let cells = cells(&environments, &role);
            view! {
                <Row>
                    <RowHead>
                        <a class="link" href=href>{role.name.clone()}</a>
                        {role.built_in.then(|| view! { " "<Tag words="built in"/> })}
                        <span class="sub">{role.description}</span>
                    </RowHead>
                    {cells}
                    <Cell label="In the whole infrastructure" class="small">{wide(role.wide)}</Cell>
                    <Cell label="Held by" class="small">{held}</Cell>
                </Row>
            }
        })
        .collect_view();
    let heads: Vec<String> = ["Role".to_owned()]
        .into_iter()
        .chain(environments.iter().map(|each| each.name.clone()))
        .chain(["In the whole infrastructure".to_owned(), "Held by".to_owned()])
        .collect();
    view! {
        <div class="head">
            <div>
                <h1>"Roles"</h1>
                <p class="dim">"What each role gives in each environment. A person has one default role; teams and grants put another in its place for single applications."</p>
            </div>
            <div class="acts"><a class="btn" href=place.address("/second-factor")>"Second factor by role"</a><LinkButton words="New role" href=place.address("/roles/new") kind=Kind::Go icon=Icon::Plus possible=create id="new-role"/></div>
        </div>
        <section class="card roles" aria-label="Roles">
            <RightsTable label="Roles by environments" heads>{rows}</RightsTable>
        </section>
    }
}

/// A table whose heads are environments.
#[component]
fn RightsTable(#[prop(into)] label: String, heads: Vec<String>, children: Children) -> impl IntoView {
    view! {
        <Scroll label>
            <table class="list stacks" role="table">
                <thead role="rowgroup">
                    <tr role="row">
                        {heads.into_iter().map(|head| view! { <th role="columnheader" scope="col">{head}</th> }).collect_view()}
                    </tr>
                </thead>
                <tbody role="rowgroup">{children()}</tbody>
            </table>
        </Scroll>
    }
}

/// What a role gives in each environment.
fn cells(environments: &[EnvironmentRef], role: &RoleRow) -> impl IntoView + use<> {
    environments
        .iter()
        .zip(&role.cells)
        .map(|(environment, cell)| {
            let (rights, toggles) = (cell.rights, toggles(cell.rights));
            view! {
                <Cell label=environment.name.clone()>
                    <Level rights/>
                    {toggles.map(|words| view! { <span class="sub">{words}</span> })}
                </Cell>
            }
        })
        .collect_view()
}

/// The toggles in a set, in words.
fn toggles(rights: Rights) -> Option<String> {
    let both = Rights::of(&[Right::CreateApplications, Right::AddSystemDependencies]);
    let on = rights.without(rights.without(both));
    (on != Rights::NONE).then(|| format!("+ {}", on.words()))
}

/// Infrastructure-wide rights, in words.
fn wide(rights: domain::access::WideRights) -> String {
    if rights.is_empty() { "–".to_owned() } else { rights.words() }
}

/// How many hold a role, in words.
fn held(role: &RoleRow) -> String {
    let parts: Vec<String> = [
        (role.users, "user", "users"),
        (role.members, "team member", "team members"),
        (role.grants, "grant", "grants"),
    ]
    .into_iter()
    .filter(|(count, ..)| count.n > 0)
    .map(|(count, one, many)| words::counted(count, one, many))
    .collect();
    if parts.is_empty() { "nobody".to_owned() } else { parts.join(", ") }
}
