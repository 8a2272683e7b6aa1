//! The open invitations: who was invited, until when the link is good, a new link in its place, and withdrawing it.

use crate::actions::users::WithdrawInvitation;
use crate::context::{Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{
    Breadcrumbs, Button, Cell, Crumb, EmptyState, Kind, LinkButton, Pager, Row, RowHead, Table, Tag, When,
};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::words;
use domain::time::{DAY, Timestamp};
use leptos::server_fn::ServerFn;
use operations::view::OpenInvitation;
use operations::{PageQuery, Result};

/// The list of open invitations.
#[component]
pub fn InvitationsPage() -> impl IntoView {
    framed(Area::Users, |place| async move { list(place).await })
}

async fn list(place: Place) -> Result<Screen> {
    let query = PageQuery::after(place.query("after"));
    let page = place.console.invitations(&place.caller, &place.key, &query).await?.invitations;
    let first = query.after.is_some().then(|| place.address("/users/invitations"));
    let next =
        page.next.as_deref().map(|next| place.with_query("/users/invitations", &[("after", Some(next))]));
    let shown = page.rows.len() as u64;
    let summary = if shown == 0 {
        String::new()
    } else {
        format!("{}, what ends first before the others", words::of(shown, "invitation", "invitations"))
    };
    let content = if page.rows.is_empty() {
        view! {
            <div class="card">
                <EmptyState icon=Icon::Link title="No invitation is open">
                    <p>"Whoever is invited stands here until the link is used or withdrawn, for three days at most."</p>
                </EmptyState>
            </div>
        }
        .into_any()
    } else {
        table(&place, page.rows)
    };
    let body = view! {
        <div class="people">
        <div class="head">
            <div>
                <Breadcrumbs crumbs=vec![Crumb::new("IT users", place.address("/users"))]/>
                <h1>"Open invitations"</h1>
                <p class="dim">"Links that are good and were not used yet. A link is shown only when it is made; a new one ends the one before."</p>
            </div>
            <div class="acts">
                <LinkButton words="Invite" href=place.address("/users/invite") kind=Kind::Go icon=Icon::Link id="invite-user"/>
            </div>
        </div>
        {content}
        <Pager summary first next/>
        </div>
    };
    Ok(Screen::new("Open invitations", body))
}

fn table(place: &Place, rows: Vec<OpenInvitation>) -> AnyView {
    let rows = rows.into_iter().map(|row| line(place, row)).collect_view();
    let heads = vec!["Invited", "For", "Default role", "Invited by", "Good until", "Actions"];
    view! { <div class="card"><Table label="Open invitations" heads>{rows}</Table></div> }.into_any()
}

fn line(place: &Place, row: OpenInvitation) -> impl IntoView + use<> {
    let now = place.now;
    let href = place.address(&format!("/users/{}", row.user));
    let purpose = if row.renews { "a new password" } else { "the first password" };
    let by = row.invited_by.unwrap_or_else(|| "the local operator".to_owned());
    let soon =
        soon(row.expires_at, now).map(|words| view! { " "<Tag tone=Tone::Warn icon=Icon::Clock words/> });
    let (renew_label, withdraw_label) =
        (format!("New link for {}", row.name), format!("Withdraw the invitation of {}", row.name));
    let (renew_id, withdraw_id) = (format!("renew-{}", row.user), format!("withdraw-{}", row.user));
    let (user, key) = (row.user.to_string(), place.key.clone());
    let same = user.clone();
    let renew = place.address("/users/renew-invitation");
    view! {
        <Row>
            <RowHead><a class="entry" href=href><b>{row.name}</b></a><span class="sub mono">{row.username}</span></RowHead>
            <Cell label="For">{purpose}</Cell>
            <Cell label="Default role">{row.role.name}</Cell>
            <Cell label="Invited by">{by}<span class="sub"><When at=row.invited_at now/></span></Cell>
            <Cell label="Good until"><When at=row.expires_at now exact=true/>{soon}</Cell>
            <Cell label="Actions">
                <div class="row">
                    <form method="post" action=renew>
                        <input type="hidden" name="user" value=user/>
                        <Button words="New link" kind=Kind::Tiny possible=row.renew id=renew_id label=renew_label/>
                    </form>
                    <form method="post" action=WithdrawInvitation::url()>
                        <input type="hidden" name="infra" value=key/>
                        <input type="hidden" name="user" value=same/>
                        <Button words="Withdraw" kind=Kind::Tiny possible=row.withdraw id=withdraw_id label=withdraw_label/>
                    </form>
                </div>
            </Cell>
        </Row>
    }
}

/// What a link says in its last day.
fn soon(expires_at: Timestamp, now: Timestamp) -> Option<String> {
    (expires_at.since(now) < DAY).then(|| "less than a day left".to_owned())
}
