//! Changes of a user's teams and grants, begun on the user's page: what the address asks about, the forms that begin it, and the one that
//! saves it.

use super::one::{Shown, shown};
use crate::actions::teams::{GrantOn, PutMember, RemoveMember, RevokeOn};
use crate::context::{Place, identity};
use crate::pages::preview;
use crate::pages::teams::{not_given, summary};
use crate::prelude::*;
use crate::ui::{Button, Choice, Field, Kind, Note, Select, Why, new_role_choices, role_choices};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use domain::id::{RoleId, TeamId};
use leptos::server_fn::ServerFn;
use operations::view::{AccessPreview, Found, FoundApplication, GrantView, TeamOfUser, UserPage};
use operations::{AccessChange, FieldProblem, OperationError, Result};

/// What a change of the user's teams and grants needs.
pub(super) struct Narrower {
    /// The change that the address asks about, and what it would do.
    pub seen: Option<(Asked, Shown<AccessPreview>)>,
    /// What the forms offer.
    pub offers: Offers,
}

/// What the forms offer, and what is wrong with what the address asks.
#[derive(Default)]
pub(super) struct Offers {
    problems: Vec<FieldProblem>,
    /// The teams that the user is not in.
    teams: Vec<Choice>,
    found: Option<Found<FoundApplication>>,
}

/// A change, and the form that saves it: its address, the words of its button, and its fields beside the user.
pub(super) struct Asked {
    change: AccessChange,
    url: &'static str,
    words: &'static str,
    fields: Vec<(&'static str, String)>,
}

pub(super) async fn load(place: &Place, page: &UserPage) -> Result<Narrower> {
    let (console, caller, key) = (&place.console, &place.caller, place.key.as_str());
    let mut offers = Offers::default();
    let about = if place.query("app").is_some() { "app" } else { "team" };
    let seen = match previewed(place, page).await {
        Ok(seen) => seen,
        Err(OperationError::Invalid { fields }) => {
            offers.problems = fields;
            None
        }
        Err(OperationError::NotFound { what: sentence } | OperationError::Conflict { sentence, .. }) => {
            offers.problems.push(FieldProblem { field: about, sentence });
            None
        }
        Err(other) => return Err(other),
    };
    if page.join.is_ok() {
        let all = console.teams(caller, key).await?.teams;
        let others = all.into_iter().filter(|team| page.teams.iter().all(|own| own.id != team.id));
        offers.teams = others.map(|team| Choice::new(team.id.to_string(), team.name)).collect();
    }
    if let (Some(text), Ok(())) = (place.query("find"), &page.grant) {
        offers.found = Some(console.find_applications(caller, key, None, &text).await?);
    }
    Ok(Narrower { seen, offers })
}

async fn previewed(place: &Place, page: &UserPage) -> Result<Option<(Asked, Shown<AccessPreview>)>> {
    let Some(asked) = asked(place, page)? else { return Ok(None) };
    let seen = place.console.preview_access(&place.caller, &place.key, &asked.change).await;
    Ok(Some((asked, shown(seen)?)))
}

/// The change in the address, if there is one.
fn asked(place: &Place, page: &UserPage) -> Result<Option<Asked>> {
    let user = page.row.id;
    let role = |field: &'static str| {
        let chosen: Option<RoleId> = place.query("as").and_then(|id| id.parse().ok());
        chosen.ok_or_else(|| OperationError::invalid(field, "Choose the role that they have there."))
    };
    if let Some(text) = place.query("team") {
        let team: TeamId = identity(&text)?;
        let mut fields = vec![("team", text)];
        if place.query("leave").is_some() {
            let change = AccessChange::RemoveMember(team, user);
            let words = "Take them out of the team";
            return Ok(Some(Asked { change, url: RemoveMember::url(), words, fields }));
        }
        let role = role("team")?;
        fields.push(("role", role.to_string()));
        let change = AccessChange::PutMember(team, user, role);
        return Ok(Some(Asked { change, url: PutMember::url(), words: "Save the role in the team", fields }));
    }
    let Some(key) = place.query("app") else { return Ok(None) };
    let mut fields = vec![("app", key.clone())];
    if place.query("revoke").is_some() {
        let change = AccessChange::RevokeGrant(user, key);
        return Ok(Some(Asked { change, url: RevokeOn::url(), words: "Take the grant away", fields }));
    }
    let role = role("app")?;
    fields.push(("role", role.to_string()));
    let change = AccessChange::Grant(user, key, role);
    Ok(Some(Asked { change, url: GrantOn::url(), words: "Grant the role", fields }))
}

fn address(place: &Place, page: &UserPage) -> String {
    place.address(&format!("/users/{}", page.row.id))
}

/// What the change would do, with the form that saves it.
pub(super) fn saving(
    place: &Place,
    page: &UserPage,
    seen: Option<(Asked, Shown<AccessPreview>)>,
) -> impl IntoView + use<> {
    let here = address(place, page);
    let (asked, seen) = match seen {
        None => return ().into_any(),
        Some((_, Err(refusal))) => {
            return view! { <Note tone=Tone::Bad><Why refusals=vec![refusal] id="change-why"/></Note> };
        }
        Some((asked, Ok(seen))) => (asked, seen),
    };
    let fields = asked
        .fields
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect_view();
    let form = view! {
        <form method="post" action=asked.url>
            <input type="hidden" name="infra" value=place.key.clone()/>
            <input type="hidden" name="user" value=page.row.id.to_string()/>
            <input type="hidden" name="from" value="user"/>
            {fields}
            <div class="row">
                <Button words=asked.words kind=Kind::Go icon=Icon::Check possible=seen.save.clone() id="save"/>
                {preview::back(here)}
            </div>
        </form>
    };
    preview::shown(place, seen, form).into_any()
}

/// The forms beside a team that the user is in. Why nothing can be changed at all stands once, beneath the list.
pub(super) fn of_team(place: &Place, page: &UserPage, team: &TeamOfUser) -> Option<AnyView> {
    team.change.as_ref().ok()?;
    let (here, id, name) = (address(place, page), team.id.to_string(), team.name.clone());
    Some(view! {
        <div class="edit">
            <form method="get" action=here.clone() class="opform">
                <input type="hidden" name="team" value=id.clone()/>
                <Select label=format!("Role in {name}") name="as" id=format!("as-{id}") choices=role_choices(&page.roles) value=Some(team.role.id.to_string()) quiet=true/>
                <Button words="Change" kind=Kind::Tiny id=format!("change-{id}") label=format!("Change the role in {name}")/>
            </form>
            <form method="get" action=here>
                <input type="hidden" name="team" value=id.clone()/>
                <input type="hidden" name="leave" value="1"/>
                <Button words="Take out" kind=Kind::Tiny possible=team.leave.clone() id=format!("leave-{id}") label=format!("Take out of {name}")/>
            </form>
        </div>
    })
}

/// The forms beside a grant. A role is granted again in place of the one before; why nothing can be granted at all stands beneath the
/// list.
pub(super) fn of_grant(place: &Place, page: &UserPage, grant: &GrantView) -> Option<AnyView> {
    if page.grant.is_err() && grant.revoke.is_err() {
        return None;
    }
    let (here, key, name) =
        (address(place, page), grant.application.key.clone(), grant.application.name.clone());
    let change = page.grant.is_ok().then(|| {
        view! {
            <form method="get" action=here.clone() class="opform">
                <input type="hidden" name="app" value=key.clone()/>
                <Select label=format!("Role on {name}") name="as" id=format!("as-{key}") choices=role_choices(&page.roles) value=Some(grant.role.id.to_string()) quiet=true/>
                <Button words="Change" kind=Kind::Tiny id=format!("change-{key}") label=format!("Change the grant on {name}")/>
            </form>
        }
    });
    Some(view! {
        <div class="edit">
            {change}
            <form method="get" action=here>
                <input type="hidden" name="app" value=key.clone()/>
                <input type="hidden" name="revoke" value="1"/>
                <Button words="Take away" kind=Kind::Tiny possible=grant.revoke.clone() id=format!("revoke-{key}") label=format!("Take away the grant on {name}")/>
            </form>
        </div>
    })
}

impl Offers {
    fn problem(&self, fields: &[&str]) -> Option<String> {
        let found = self.problems.iter().find(|each| fields.contains(&each.field));
        found.map(|each| each.sentence.clone())
    }

    /// The form that puts the user into a team.
    pub(super) fn join(&self, place: &Place, page: &UserPage) -> AnyView {
        if page.join.is_err() {
            return view! { <div class="addform"><Button words="Add to team" possible=page.join.clone() id="join"/></div> };
        }
        let problem = self.problem(&["team", "role"]);
        if self.teams.is_empty() {
            let href = place.address("/teams");
            let problem = problem.map(|sentence| view! { <p class="err">{sentence}</p> });
            return view! { <div class="addform">{problem}<p class="small dim">"There is no other team. "<a class="link" href=href>"Teams"</a></p></div> };
        }
        view! {
            <form method="get" action=address(place, page) class="addform" aria-label="Add to team">
                <Select label="Team" name="team" choices=self.teams.clone() value=place.query("team") problem/>
                <Select label="Role in the team" name="as" id="as-in-team" choices=new_role_choices(&page.roles)/>
                <Button words="Add to team" icon=Icon::Right id="join"/>
                {not_given(&page.roles).map(|why| view! { <p class="small dim">{why}</p> })}
            </form>
        }
    }

    /// The search for an application to grant a role on, and what it found.
    pub(super) fn grant(&self, place: &Place, page: &UserPage) -> AnyView {
        let here = address(place, page);
        if page.grant.is_err() {
            return view! { <div class="addform"><Button words="Find an application to grant" possible=page.grant.clone() id="find-grant"/></div> };
        }
        let problem = self.problem(&["app", "role"]);
        let results = self.found.as_ref().map(|found| {
            let summary = summary(found.rows.len(), found.total, "application", "applications");
            let rows = found.rows.iter().map(|row| granting(&here, page, row)).collect_view();
            view! {
                <p class="none small dim" role="status">{summary}</p>
                <ul class="lines" aria-label="Applications found">{rows}</ul>
            }
        });
        view! {
            <form method="get" action=here.clone() class="addform" role="search" aria-label="Find an application to grant">
                <Field label="Name or key of an application" name="find" id="find-application" kind="search" value=place.query("find") problem required=true verbatim=true/>
                <Button words="Find an application to grant" icon=Icon::Search id="find-grant"/>
            </form>
            {results}
        }
    }
}

fn granting(here: &str, page: &UserPage, row: &FoundApplication) -> impl IntoView + use<> {
    let (key, name) = (row.application.key.clone(), row.application.name.clone());
    view! {
        <li class="edited">
            <span><b>{name.clone()}</b><span class="sub mono">{key.clone()}</span></span>
            <div class="edit">
                <form method="get" action=here.to_owned() class="opform">
                    <input type="hidden" name="app" value=key.clone()/>
                    <Select label=format!("Role to grant on {name}") name="as" id=format!("as-found-{key}") choices=new_role_choices(&page.roles) quiet=true/>
                    <Button words="Grant" kind=Kind::Tiny id=format!("grant-{key}") label=format!("Grant on {name}")/>
                </form>
            </div>
        </li>
    }
}
