//! Looking for an application or a person that the team may get.

use crate::context::Place;
use crate::prelude::*;
use crate::ui::{ApplicationName, Button, Cell, Choice, Field, Kind, Row, RowHead, Select, Table, Tag};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::words;
use operations::Result;
use operations::view::{Count, Found, FoundApplication, FoundPerson, PersonRef, TeamPage};

/// What the address looks for; nothing where it does not ask.
#[derive(Default)]
pub(super) struct Finds {
    pub applications: Option<Found<FoundApplication>>,
    pub people: Option<Found<FoundPerson>>,
}

pub(super) async fn load(place: &Place, page: &TeamPage) -> Result<Finds> {
    let (console, caller, key) = (&place.console, &place.caller, place.key.as_str());
    let mut finds = Finds::default();
    if let (Some(text), Ok(())) = (place.query("find"), &page.edit) {
        finds.applications = Some(console.find_applications(caller, key, Some(page.id), &text).await?);
    }
    if let Some(text) = place.query("who") {
        finds.people = Some(console.find_people(caller, key, page.id, &text).await?);
    }
    Ok(finds)
}

/// How many there are, and how many of them are not shown.
pub(crate) fn summary(shown: usize, total: Count, one: &str, many: &str) -> String {
    let more = total.n.saturating_sub(shown as u64);
    let all = words::counted(total, one, many);
    if more == 0 && !total.capped {
        return format!("{all} found");
    }
    let more = words::count(Count { n: more, capped: total.capped });
    format!("{all} found, the first {shown} by name; {more} more are not shown, so type more of the name")
}

/// The search for an application, and what it found, each with the way to give it.
pub(super) fn applications(
    place: &Place,
    here: &str,
    page: &TeamPage,
    found: Option<Found<FoundApplication>>,
    problem: Option<String>,
) -> impl IntoView + use<> {
    let typed = place.query("find").or_else(|| place.query("app").filter(|_| problem.is_some()));
    let results = found.map(|found| {
        let summary = summary(found.rows.len(), found.total, "application", "applications");
        let rows = found.rows.iter().map(|row| application(place, here, row)).collect_view();
        view! {
            <p class="found small dim" role="status">{summary}</p>
            <ul class="owned" aria-label="Applications found">{rows}</ul>
        }
    });
    view! {
        <form method="get" action=here.to_owned() class="addform" role="search" aria-label="Find an application">
            <Field label="Name or key of an application" name="find" kind="search" value=typed problem required=true verbatim=true/>
            <Button words="Find applications" icon=Icon::Search possible=page.edit.clone() id="find-applications"/>
        </form>
        {results}
    }
}

fn application(place: &Place, here: &str, row: &FoundApplication) -> impl IntoView + use<> {
    let (key, name) = (row.application.key.clone(), row.application.name.clone());
    view! {
        <li>
            <ApplicationName application=row.application.clone() infrastructure=place.key.clone() beneath=key.clone()/>
            <form method="get" action=here.to_owned()>
                <input type="hidden" name="app" value=key.clone()/>
                <Button words="Give to team" kind=Kind::Tiny possible=row.give.clone() id=format!("give-{key}") label=format!("Give to team: {name}")/>
            </form>
        </li>
    }
}

/// The search for a person, and whom it found, each with the way to put them into the team.
pub(super) fn people(
    place: &Place,
    here: &str,
    choices: &[Choice],
    found: Option<Found<FoundPerson>>,
    problem: Option<String>,
) -> impl IntoView + use<> {
    let typed = place.query("who").or_else(|| place.query("username").filter(|_| problem.is_some()));
    let results = found.map(|found| {
        let summary = summary(found.rows.len(), found.total, "person", "people");
        let rows = found.rows.iter().map(|row| person(place, here, row, choices)).collect_view();
        let list = (!found.rows.is_empty()).then(|| {
            let heads = vec!["Person", "Default role", "Role in the team"];
            view! { <Table label="People found" heads>{rows}</Table> }
        });
        view! {
            <p class="found small dim" role="status">{summary}</p>
            {list}
        }
    });
    view! {
        <form method="get" action=here.to_owned() class="addform" role="search" aria-label="Find a person">
            <Field label="Name or user name of a person" name="who" kind="search" value=typed problem required=true verbatim=true/>
            <Button words="Find people" icon=Icon::Search id="find-people"/>
        </form>
        {results}
    }
}

fn person(place: &Place, here: &str, row: &FoundPerson, choices: &[Choice]) -> impl IntoView + use<> {
    let PersonRef { user, username, name } = row.person.clone();
    let id = user.to_string();
    let href = place.address(&format!("/users/{id}"));
    let role = match &row.role {
        Some(role) => view! { {role.name.clone()} },
        None => view! { <span class="dimmer">"none here"</span> },
    };
    let select = row.put.is_ok().then(|| {
        view! { <Select label=format!("Role of {name} in the team") name="role" id=format!("role-of-{id}") choices=choices.to_vec() quiet=true/> }
    });
    let (active, here, put) = (row.active, here.to_owned(), row.put.clone());
    let label = format!("Add to team: {name}");
    view! {
        <Row>
            <RowHead>
                <a class="link" href=href>{name}</a>
                <span class="sub mono">{username}</span>
                {(!active).then(|| view! { <Tag tone=Tone::Warn icon=Icon::Ban words="deactivated"/> })}
            </RowHead>
            <Cell label="Default role">{role}</Cell>
            <Cell label="Role in the team">
                <form method="get" action=here class="opform">
                    <input type="hidden" name="user" value=id.clone()/>
                    {select}
                    <Button words="Add to team" kind=Kind::Tiny possible=put id=format!("add-{id}") label/>
                </form>
            </Cell>
        </Row>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_counted() {
        let count = |n, capped| Count { n, capped };
        assert_eq!(summary(1, count(1, false), "person", "people"), "1 person found");
        assert_eq!(summary(0, count(0, false), "person", "people"), "0 people found");
        let more = summary(20, count(45, false), "person", "people");
        assert!(more.starts_with("45 people found, the first 20 by name; 25 more"), "{more}");
        let many = summary(20, count(1000, true), "person", "people");
        assert!(many.starts_with("1000+ people found") && many.contains("980+ more"), "{many}");
    }
}
