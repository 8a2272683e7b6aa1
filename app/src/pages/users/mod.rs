//! IT users: the list, a new one, the open invitations, and one user's page.

mod account;
mod invitations;
mod narrower;
mod new;
mod one;
mod rights;
mod role;
mod sources;

pub use invitations::InvitationsPage;
pub use new::NewPage;
pub use one::Page;

use crate::context::{Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{
    Button, Cell, Choice, EmptyState, Field, Glyph, Kind, LinkButton, Pager, Row, RowHead, Select, StateTag,
    Table,
};
use crate::view::icons::Icon;
use crate::view::words;
use operations::view::UserRow;
use operations::{Result, UserQuery};

/// The list of users.
#[component]
pub fn ListPage() -> impl IntoView {
    framed(Area::Users, |place| async move { list(place).await })
}

async fn list(place: Place) -> Result<Screen> {
    let (search, state, role) = (place.query("q"), place.query("state"), place.query("role"));
    let query = UserQuery {
        search: search.clone(),
        active: match state.as_deref() {
            Some("active") => Some(true),
            Some("deactivated") => Some(false),
            _ => None,
        },
        role: role.as_deref().and_then(|id| id.parse().ok()),
        after: place.query("after"),
        limit: None,
    };
    let page = place.console.users(&place.caller, &place.key, &query).await?;
    let filters = [("q", search.as_deref()), ("state", state.as_deref()), ("role", role.as_deref())];
    let filtered = filters.iter().any(|(_, value)| value.is_some());
    let first = query.after.is_some().then(|| place.with_query("/users", &filters));
    let next = page.users.next.as_deref().map(|next| {
        let pairs: Vec<_> = filters.iter().copied().chain([("after", Some(next))]).collect();
        place.with_query("/users", &pairs)
    });
    let states = [("", "Everybody"), ("active", "Active"), ("deactivated", "Deactivated")]
        .into_iter()
        .map(|(value, words)| Choice::new(value, words))
        .collect::<Vec<_>>();
    let roles = std::iter::once(Choice::new("", "Every role"))
        .chain(page.roles.iter().map(|choice| Choice::new(choice.role.id.to_string(), &choice.role.name)))
        .collect::<Vec<_>>();
    let count = words::counted(page.total, "IT user", "IT users");
    let shown = page.users.rows.len();
    let content = if page.users.rows.is_empty() {
        let (title, advice) = if filtered {
            ("Nobody matches", "Take a filter away, or search for something else.")
        } else {
            ("There is nobody here", "Add the first IT user.")
        };
        view! { <div class="card"><EmptyState icon=Icon::People title=title><p>{advice}</p></EmptyState></div> }.into_any()
    } else {
        table(&place, page.users.rows)
    };
    let summary = if shown == 0 { String::new() } else { format!("{shown} of {count}, by name") };
    let body = view! {
        <div class="people">
        <div class="head">
            <div>
                <h1>"IT users"</h1>
                <p class="dim">{format!("Everybody who may sign in to this console, with their default role in {}.", place.infrastructure.name)}</p>
            </div>
            <div class="acts">
                <a class="btn" href=place.address("/users/review.csv") download=""><Glyph icon=Icon::Download/>"Access review (CSV)"</a>
                <LinkButton words="Open invitations" href=place.address("/users/invitations") icon=Icon::Clock possible=page.create.clone() id="open-invitations"/>
                <LinkButton words="Invite" href=place.address("/users/invite") icon=Icon::Link possible=page.create.clone() id="invite-user"/>
                <LinkButton words="New IT user" href=place.address("/users/new") kind=Kind::Go icon=Icon::Plus possible=page.create id="new-user"/>
            </div>
        </div>
        <form method="get" action=place.address("/users") class="filters" role="search" aria-label="Search the IT users">
            <Field label="Search" name="q" kind="search" value=search.clone() help="part of a name, user name or e-mail address"/>
            <Select label="State" name="state" choices=states value=state.clone()/>
            <Select label="Default role" name="role" choices=roles value=role.clone()/>
            <Button words="Search" icon=Icon::Search/>
            {filtered.then(|| view! { <a class="link small" href=place.address("/users")>"Show all"</a> })}
        </form>
        <p class="sr" role="status">{count.clone()}</p>
        {content}
        <Pager summary first next/>
        </div>
    };
    Ok(Screen::new("IT users", body))
}

fn table(place: &Place, rows: Vec<UserRow>) -> AnyView {
    let rows = rows.into_iter().map(|row| line(place, row)).collect_view();
    let heads = vec!["IT user", "E-mail", "Default role", "State"];
    view! { <div class="card"><Table label="IT users" heads>{rows}</Table></div> }.into_any()
}

fn line(place: &Place, row: UserRow) -> impl IntoView + use<> {
    let href = place.address(&format!("/users/{}", row.id));
    let role = match row.role {
        Some(role) => view! { {role.name} }.into_any(),
        None => view! { <span class="dimmer">"none here"</span> }.into_any(),
    };
    let email = if row.email.is_empty() {
        view! { <span class="dimmer">"none"</span> }.into_any()
    } else {
        view! { {row.email} }.into_any()
    };
    view! {
        <Row>
            <RowHead>
                <div class="app">
                    <span class="avatar" aria-hidden="true">{words::initials(&row.name)}</span>
                    <span class="app-words"><a class="entry" href=href><b>{row.name.clone()}</b></a><span class="tiny dimmer mono">{row.username}</span></span>
                </div>
            </RowHead>
            <Cell label="E-mail" class="address">{email}</Cell>
            <Cell label="Default role">{role}</Cell>
            <Cell label="State"><StateTag look=words::user(row.active)/></Cell>
        </Row>
    }
}
