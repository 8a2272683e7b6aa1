//! The members of a team: who is in it with which role, and the forms that begin a change.

use super::find;
use super::one::{Asked, Saves};
use crate::actions::teams::{PutMember, RemoveMember};
use crate::context::Place;
use crate::prelude::*;
use crate::ui::{
    Button, Card, Cell, Choice, EmptyState, Kind, Pager, Row, RowHead, Select, Table, Tag, new_role_choices,
    role_choices,
};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use domain::id::{RoleId, TeamId, UserId};
use leptos::server_fn::ServerFn;
use operations::view::{Found, FoundPerson, MemberView, RoleChoice, TeamPage};
use operations::{AccessChange, FieldProblem, OperationError, Result};

/// What the address asks about a member: by user name for somebody new, by identity for one who is in the team.
pub(super) async fn asked(place: &Place, team: TeamId) -> Result<Option<Asked>> {
    let known: Option<UserId> = place.query("user").and_then(|id| id.parse().ok());
    if let (Some(user), true) = (known, place.query("remove").is_some()) {
        let fields = vec![("user", user.to_string())];
        let saves = Saves { url: RemoveMember::url(), words: "Take them out of the team", fields };
        let heading = "Taking a member out of the team.".to_owned();
        return Ok(Some(Asked { heading, change: AccessChange::RemoveMember(team, user), saves }));
    }
    let username = place.query("username");
    if known.is_none() && username.is_none() {
        return Ok(None);
    }
    let role: RoleId = place
        .query("role")
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| OperationError::invalid("role", "Choose the role that they have in the team."))?;
    let (user, heading) = match (known, username) {
        (Some(user), _) => (user, "A role in the team.".to_owned()),
        (None, username) => {
            let named = username.unwrap_or_default();
            let person = place.console.person(&place.caller, &place.key, Some(team), &named).await?;
            (person.user, format!("Putting {} into the team.", person.name))
        }
    };
    let fields = vec![("user", user.to_string()), ("role", role.to_string())];
    let saves = Saves { url: PutMember::url(), words: "Save the member", fields };
    Ok(Some(Asked { heading, change: AccessChange::PutMember(team, user, role), saves }))
}

/// How many roles cannot be given, and why the first of them cannot.
pub(crate) fn not_given(roles: &[RoleChoice]) -> Option<String> {
    let refused: Vec<_> = roles.iter().filter_map(|choice| choice.give.clone().err()).collect();
    let first = refused.first()?;
    Some(match refused.len() {
        1 => first.sentence.clone(),
        more => format!("{} And {} more roles that give more than you hold.", first.sentence, more - 1),
    })
}

pub(super) fn card(
    place: &Place,
    here: &str,
    page: &TeamPage,
    problems: &[FieldProblem],
    found: Option<Found<FoundPerson>>,
) -> impl IntoView + use<> {
    let problem =
        |field: &str| problems.iter().find(|each| each.field == field).map(|each| each.sentence.clone());
    let choices = role_choices(&page.roles);
    let list = if page.members.rows.is_empty() {
        view! { <EmptyState icon=Icon::People title="No members yet"><p>"Put somebody in below."</p></EmptyState> }.into_any()
    } else {
        let rows = page.members.rows.iter().map(|member| row(place, here, member, &choices)).collect_view();
        let heads = vec!["Member", "Role in the team", "Another role", "Out of the team"];
        view! { <Table label="Members and their roles" heads>{rows}</Table> }.into_any()
    };
    let first = place.query("members").map(|_| here.to_owned());
    let next = page.members.next.as_deref();
    let next =
        next.map(|after| place.with_query(&format!("/teams/{}", page.id), &[("members", Some(after))]));
    let pager =
        (first.is_some() || next.is_some()).then(|| view! { <div class="addform"><Pager first next/></div> });
    let form = find::people(
        place,
        here,
        &new_role_choices(&page.roles),
        found,
        problem("username").or_else(|| problem("role")),
    );
    let not_given = not_given(&page.roles).map(|why| view! { <p class="body small dim">{why}</p> });
    view! {
        <Card title="Members" id="members" flush=true aside="each has one role on all of the team's applications">
            {list}
            {pager}
            {form}
            {not_given}
        </Card>
    }
}

fn row(place: &Place, here: &str, member: &MemberView, choices: &[Choice]) -> impl IntoView + use<> {
    let href = place.address(&format!("/users/{}", member.user));
    let id = member.user.to_string();
    let named = |words: &str| format!("{words} {}", member.name);
    let another = view! {
        <form method="get" action=here.to_owned() class="opform">
            <input type="hidden" name="user" value=id.clone()/>
            <Select label=named("Role of") name="role" id=format!("role-{id}") choices=choices.to_vec() value=Some(member.role.id.to_string()) quiet=true/>
            <Button words="Change" kind=Kind::Tiny possible=member.change.clone() id=format!("change-{id}") label=named("Change the role of")/>
        </form>
    };
    let remove = view! {
        <form method="get" action=here.to_owned()>
            <input type="hidden" name="user" value=id.clone()/>
            <input type="hidden" name="remove" value="1"/>
            <Button words="Take out" kind=Kind::Tiny possible=member.remove.clone() id=format!("remove-{id}") label=named("Take out")/>
        </form>
    };
    let MemberView { name, username, active, role, manages, .. } = member.clone();
    view! {
        <Row>
            <RowHead>
                <a class="link" href=href>{name}</a>
                <span class="sub mono">{username}</span>
                {(!active).then(|| view! { <Tag tone=Tone::Warn icon=Icon::Ban words="deactivated"/> })}
            </RowHead>
            <Cell label="Role in the team">
                {role.name}
                {manages.then(|| view! { <span class="sub">"manages this team"</span> })}
            </Cell>
            <Cell label="Another role">{another}</Cell>
            <Cell label="Out of the team">{remove}</Cell>
        </Row>
    }
}
