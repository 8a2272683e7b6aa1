//! The applications of a team, and the forms that begin a change.

use super::find;
use super::one::{Asked, Saves};
use crate::actions::teams::{GiveApplication, TakeApplication};
use crate::context::Place;
use crate::prelude::*;
use crate::ui::{ApplicationName, Button, Card, EmptyState, Kind, Pager};
use crate::view::icons::Icon;
use domain::id::TeamId;
use leptos::server_fn::ServerFn;
use operations::view::{Found, FoundApplication, TeamApplication, TeamPage};
use operations::{AccessChange, FieldProblem};

/// What the address asks about an application.
pub(super) fn asked(place: &Place, team: TeamId) -> Option<Asked> {
    let key = place.query("app")?;
    let fields = vec![("app", key.clone())];
    Some(if place.query("take").is_some() {
        let saves = Saves { url: TakeApplication::url(), words: "Take it from the team", fields };
        let heading = format!("Taking “{key}” from the team.");
        Asked { heading, change: AccessChange::TakeApplication(team, key), saves }
    } else {
        let saves = Saves { url: GiveApplication::url(), words: "Give it to the team", fields };
        let heading = format!("Giving “{key}” to the team.");
        Asked { heading, change: AccessChange::GiveApplication(team, key), saves }
    })
}

pub(super) fn card(
    place: &Place,
    here: &str,
    page: &TeamPage,
    problems: &[FieldProblem],
    found: Option<Found<FoundApplication>>,
) -> impl IntoView + use<> {
    let problem = problems.iter().find(|each| each.field == "app").map(|each| each.sentence.clone());
    let list = if page.applications.rows.is_empty() {
        view! { <EmptyState icon=Icon::Package title="No applications yet"><p>"An application belongs to one team at most."</p></EmptyState> }
            .into_any()
    } else {
        let rows = page.applications.rows.iter().map(|row| item(place, here, row)).collect_view();
        view! { <ul class="owned">{rows}</ul> }.into_any()
    };
    let first = place.query("applications").map(|_| here.to_owned());
    let next = page.applications.next.as_deref();
    let next =
        next.map(|after| place.with_query(&format!("/teams/{}", page.id), &[("applications", Some(after))]));
    let pager =
        (first.is_some() || next.is_some()).then(|| view! { <div class="addform"><Pager first next/></div> });
    let form = find::applications(place, here, page, found, problem);
    view! {
        <Card title="Applications" id="applications" flush=true>
            {list}
            {pager}
            {form}
        </Card>
    }
}

fn item(place: &Place, here: &str, row: &TeamApplication) -> impl IntoView + use<> {
    let key = row.application.key.clone();
    view! {
        <li>
            <ApplicationName application=row.application.clone() infrastructure=place.key.clone()/>
            <form method="get" action=here.to_owned()>
                <input type="hidden" name="app" value=key.clone()/>
                <input type="hidden" name="take" value="1"/>
                <Button words="Take away" kind=Kind::Tiny possible=row.take.clone() id=format!("take-{key}") label=format!("Take away {}", row.application.name)/>
            </form>
        </li>
    }
}
