//! Who has a role of their own on an application, and the forms that begin a change of that.

use crate::actions::teams::{GrantOn, RevokeOn};
use crate::context::Place;
use crate::pages::preview;
use crate::pages::teams::not_given;
use crate::prelude::*;
use crate::ui::{
    Button, Card, Cell, Field, Kind, Row, RowHead, Select, Table, Tag, When, Why, new_role_choices,
};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::words;
use domain::id::{RoleId, UserId};
use leptos::server_fn::ServerFn;
use operations::view::{AccessPreview, ApplicationRef, GranteeView, GranteesCard, PersonRef};
use operations::{AccessChange, FieldProblem, OperationError, Result};

/// What the card shows: who has a grant, and what a change that the address asks about would do.
pub(super) struct Grants {
    card: GranteesCard,
    seen: Option<(Option<RoleId>, UserId, AccessPreview)>,
    problems: Vec<FieldProblem>,
}

pub(super) async fn load(place: &Place, key: &str) -> Result<Grants> {
    let card = place.console.grantees(&place.caller, &place.key, key).await?;
    let (mut seen, mut problems) = (None, Vec::new());
    if card.see.is_ok() {
        match asked(place, key).await {
            Ok(found) => seen = found,
            Err(OperationError::Invalid { fields }) => problems = fields,
            Err(other) => return Err(other),
        }
    }
    Ok(Grants { card, seen, problems })
}

async fn asked(place: &Place, key: &str) -> Result<Option<(Option<RoleId>, UserId, AccessPreview)>> {
    let revoked: Option<UserId> = place.query("revoke").and_then(|id| id.parse().ok());
    let (role, user, change) = match (revoked, place.query("username")) {
        (Some(user), _) => (None, user, AccessChange::RevokeGrant(user, key.to_owned())),
        (None, Some(username)) => {
            let user = place.console.person(&place.caller, &place.key, None, &username).await?.user;
            let role: RoleId = place
                .query("role")
                .and_then(|id| id.parse().ok())
                .ok_or_else(|| OperationError::invalid("role", "Choose the role to grant."))?;
            (Some(role), user, AccessChange::Grant(user, key.to_owned(), role))
        }
        (None, None) => return Ok(None),
    };
    let seen = place.console.preview_access(&place.caller, &place.key, &change).await?;
    Ok(Some((role, user, seen)))
}

pub(super) fn card(place: &Place, application: &ApplicationRef, grants: Grants) -> impl IntoView + use<> {
    let Grants { card, seen, problems } = grants;
    let here = place.address(&format!("/applications/{}", application.key));
    let seen = seen.map(|(role, user, seen)| saving(place, &here, &application.key, role, user, seen));
    let team = card.team.clone().map(|(id, name)| {
        let href = place.address(&format!("/teams/{id}"));
        view! { <p class="small lead">"It belongs to the team "<a class="link" href=href>{name}</a>"; a grant counts before the role in the team."</p> }
    });
    let inside = match &card.see {
        Err(refusal) => {
            view! { <div class="body"><Why refusals=vec![refusal.clone()] id="grants-why"/></div> }.into_any()
        }
        Ok(()) => listed(place, &here, &card, &problems).into_any(),
    };
    let aside = if card.total.n > 0 { words::counted(card.total, "grant", "grants") } else { String::new() };
    view! {
        {seen}
        <Card title="Who has a grant here" id="grants" flush=true aside>{team}{inside}</Card>
    }
}

fn listed(
    place: &Place,
    here: &str,
    card: &GranteesCard,
    problems: &[FieldProblem],
) -> impl IntoView + use<> {
    let problem =
        |field: &str| problems.iter().find(|each| each.field == field).map(|each| each.sentence.clone());
    let rows = card.rows.iter().map(|row| grantee(place, here, row)).collect_view();
    let list = if card.rows.is_empty() {
        view! { <p class="body dim">"Nobody. Teams and default roles decide."</p> }.into_any()
    } else {
        let heads = vec!["Person", "Role", "Granted", "Take away"];
        view! { <Table label="Grants" heads>{rows}</Table> }.into_any()
    };
    let rest = (card.total.n > card.rows.len() as u64)
        .then(|| view! { <p class="body small dim">{format!("The first {} by name.", card.rows.len())}</p> });
    view! {
        {list}
        {rest}
        <form method="get" action=here.to_owned() class="addform">
            <Field label="User name" name="username" value=place.query("username") problem=problem("username") required=true verbatim=true/>
            <Select label="Role" name="role" choices=new_role_choices(&card.roles) value=place.query("role") problem=problem("role")/>
            <Button words="Show what a grant would change" icon=Icon::Right/>
            {not_given(&card.roles).map(|why| view! { <p class="small dim">{why}</p> })}
        </form>
    }
}

fn grantee(place: &Place, here: &str, row: &GranteeView) -> impl IntoView + use<> {
    let href = place.address(&format!("/users/{}", row.person.user));
    let id = row.person.user.to_string();
    let by = row.granted_by.clone().map(|name| format!(" by {name}")).unwrap_or_default();
    let (now, at, active, role) = (place.now, row.granted_at, row.active, row.role.name.clone());
    let label = format!("Take away the grant of {}", row.person.name);
    let revoke = view! {
        <form method="get" action=here.to_owned()>
            <input type="hidden" name="revoke" value=id.clone()/>
            <Button words="Take away" kind=Kind::Tiny possible=row.revoke.clone() id=format!("revoke-{id}") label/>
        </form>
    };
    let PersonRef { name, username, .. } = row.person.clone();
    view! {
        <Row>
            <RowHead>
                <a class="link" href=href>{name}</a>
                <span class="sub mono">{username}</span>
                {(!active).then(|| view! { <Tag tone=Tone::Warn icon=Icon::Ban words="deactivated"/> })}
            </RowHead>
            <Cell label="Role">{role}</Cell>
            <Cell label="Granted"><When at now/>{by}</Cell>
            <Cell label="Take away">{revoke}</Cell>
        </Row>
    }
}

fn saving(
    place: &Place,
    here: &str,
    key: &str,
    role: Option<RoleId>,
    user: UserId,
    seen: AccessPreview,
) -> impl IntoView + use<> {
    let possible = seen.save.clone();
    let (url, words) = match role {
        Some(_) => (GrantOn::url(), "Grant the role"),
        None => (RevokeOn::url(), "Take the grant away"),
    };
    let form = view! {
        <form method="post" action=url>
            <input type="hidden" name="infra" value=place.key.clone()/>
            <input type="hidden" name="app" value=key.to_owned()/>
            <input type="hidden" name="user" value=user.to_string()/>
            {role.map(|role| view! { <input type="hidden" name="role" value=role.to_string()/> })}
            <div class="row">
                <Button words=words kind=Kind::Go icon=Icon::Check possible id="save"/>
                {preview::back(here.to_owned())}
            </div>
        </form>
    };
    preview::shown(place, seen, form)
}
