//! Inviting users, and helping those who lost their password or second factor.

use crate::actions::second_factor::ResetSecondFactor;
use crate::context::{NewInvitation, Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Button, Card, Cell, Field, Kind, LinkButton, Note, RoleSelect, Row, RowHead, Table};
use crate::view::icons::Icon;
use crate::view::times;
use crate::view::tone::Tone;
use leptos::server_fn::ServerFn;
use operations::UserQuery;
use operations::view::{UserRow, UsersPage};

/// The page. Right after a link was made it shows it, this once.
#[component]
pub fn Page() -> impl IntoView {
    let made = use_context::<NewInvitation>();
    framed(Area::Users, |place| async move {
        let query = UserQuery { search: place.query("search"), ..UserQuery::default() };
        let page = place.console.users(&place.caller, &place.key, &query).await?;
        let (new, known) = (form(&place, &page), known(&place, page.users.rows));
        let body = view! {
            <div class="head">
                <div>
                    <h1>"Invite users"</h1>
                    <p class="dim">"By a link that counts once. The invited person chooses a password that nobody else knows."</p>
                </div>
                <div class="acts">
                    <LinkButton words="Open invitations" href=place.address("/users/invitations") icon=Icon::Clock possible=page.create id="open-invitations"/>
                </div>
            </div>
            {made.map(link)}
            <div class="pair">
                <Card title="Somebody new" id="new">{new}</Card>
                <Card title="Somebody who is here" id="users" flush=true aside="a new link, or a new second factor">
                    {known}
                </Card>
            </div>
        };
        Ok(Screen::new("Invite users", body))
    })
}

fn link(made: NewInvitation) -> impl IntoView {
    view! {
        <Card title="The link" id="made" aside="shown this once">
            <div class="stack">
                <Note tone=Tone::Warn>
                    <p><b>"Hand this to "{made.invited.name}" yourself."</b></p>
                    <p>"The console sends no e-mail. Whoever has the link can use it, once, until "{times::exact(made.invited.expires_at)}"."</p>
                </Note>
                <Field label="Link" name="link" value=Some(made.link) quiet=true verbatim=true/>
            </div>
        </Card>
    }
}

fn form(place: &Place, page: &UsersPage) -> impl IntoView + use<> {
    let roles = page.roles.clone();
    let help = format!(
        "what the user may do on every application of {} without a team or grant",
        place.infrastructure.name
    );
    view! {
        <form method="post" action=place.address("/users/invite") class="stack">
            <Field label="User name" name="username" value=place.typed("username") problem=place.problem("username") required=true verbatim=true/>
            <Field label="Name" name="name" value=place.typed("name") problem=place.problem("name") required=true/>
            <Field label="E-mail" name="email" kind="email" value=place.typed("email") problem=place.problem("email") verbatim=true/>
            <RoleSelect roles value=place.typed("role") problem=place.problem("role") help/>
            <div class="row"><Button words="Make a link" kind=Kind::Go possible=page.create.clone() id="invite"/></div>
        </form>
    }
}

fn known(place: &Place, users: Vec<UserRow>) -> impl IntoView + use<> {
    let search = place.query("search");
    let key = place.key.clone();
    let renew = place.address("/users/renew-invitation");
    let rows = users
        .into_iter()
        .map(|user| {
            let (new_link, reset) =
                (format!("New link for {}", user.name), format!("Reset the second factor of {}", user.name));
            let (renew, key) = (renew.clone(), key.clone());
            view! {
                <Row>
                    <RowHead>{user.name}<span class="sub mono">{user.username}</span></RowHead>
                    <Cell label="Password">
                        <form method="post" action=renew>
                            <input type="hidden" name="user" value=user.id.to_string()/>
                            <Button words="New link" kind=Kind::Tiny label=new_link/>
                        </form>
                    </Cell>
                    <Cell label="Second factor">
                        <form method="post" action=ResetSecondFactor::url()>
                            <input type="hidden" name="infra" value=key/>
                            <input type="hidden" name="user" value=user.id.to_string()/>
                            <Button words="Reset" kind=Kind::Tiny label=reset/>
                        </form>
                    </Cell>
                </Row>
            }
        })
        .collect_view();
    view! {
        <form method="get" action=place.address("/users/invite") class="addform">
            <Field label="Search users" name="search" value=search quiet=true placeholder="Name or user name"/>
            <Button words="Search"/>
        </form>
        <Table label="Users" heads=vec!["User", "Password", "Second factor"]>{rows}</Table>
    }
}
