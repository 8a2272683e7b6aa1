//! One team: its members with their roles, its applications, and what a change of either would do.

use super::find::{self, Finds};
use super::{members, owned};
use crate::actions::teams::{DeleteTeam, EditTeam};
use crate::context::{Place, Screen, framed};
use crate::pages::preview;
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Breadcrumbs, Button, Card, Crumb, Field, Kind, TextArea};
use crate::view::icons::Icon;
use domain::id::TeamId;
use leptos::server_fn::ServerFn;
use operations::view::{AccessPreview, TeamPage};
use operations::{AccessChange, FieldProblem, OperationError, Result, TeamQuery};

/// The page.
#[component]
pub fn Page() -> impl IntoView {
    framed(Area::Teams, |place| async move { load(place).await })
}

/// What the page is asked to preview, and how it is saved.
pub(super) struct Asked {
    pub heading: String,
    pub change: AccessChange,
    pub saves: Saves,
}

/// The form that saves a change: its address, the words of its button, and its fields beside the team.
pub(super) struct Saves {
    pub url: &'static str,
    pub words: &'static str,
    pub fields: Vec<(&'static str, String)>,
}

async fn load(place: Place) -> Result<Screen> {
    let id: TeamId = place.id("id")?;
    let query = TeamQuery {
        members_after: place.query("members"),
        applications_after: place.query("applications"),
        limit: None,
    };
    let page = place.console.team(&place.caller, &place.key, id, &query).await?;
    let mut problems = Vec::new();
    let mut seen = None;
    let asked = asked(&place, id).await;
    let found = match asked {
        Ok(Some(asked)) => place
            .console
            .preview_access(&place.caller, &place.key, &asked.change)
            .await
            .map(|preview| Some((asked, preview))),
        Ok(None) => Ok(None),
        Err(error) => Err(error),
    };
    match found {
        Ok(found) => seen = found,
        Err(OperationError::Invalid { fields }) => problems = fields,
        Err(OperationError::NotFound { what }) => {
            problems.push(FieldProblem {
                field: if place.query("app").is_some() { "app" } else { "username" },
                sentence: what,
            });
        }
        Err(other) => return Err(other),
    }
    let finds = find::load(&place, &page).await?;
    let title = page.name.clone();
    Ok(Screen::new(title, body(&place, page, seen, &problems, finds)))
}

/// The change in the address, if there is one.
async fn asked(place: &Place, team: TeamId) -> Result<Option<Asked>> {
    if place.query("delete").is_some() {
        let saves = Saves { url: DeleteTeam::url(), words: "Delete the team", fields: vec![] };
        let heading = "Deleting the team".to_owned();
        return Ok(Some(Asked { heading, change: AccessChange::DeleteTeam(team), saves }));
    }
    match members::asked(place, team).await? {
        Some(asked) => Ok(Some(asked)),
        None => Ok(owned::asked(place, team)),
    }
}

fn body(
    place: &Place,
    page: TeamPage,
    seen: Option<(Asked, AccessPreview)>,
    problems: &[FieldProblem],
    finds: Finds,
) -> impl IntoView + use<> {
    let here = place.address(&format!("/teams/{}", page.id));
    let crumbs = vec![Crumb::new("Teams", place.address("/teams"))];
    let seen = seen.map(|(asked, seen)| saving(place, &here, page.id, asked, seen));
    let settings = settings(place, &here, &page);
    let (name, about) = (page.name.clone(), page.description.clone());
    let people = members::card(place, &here, &page, problems, finds.people);
    let applications = owned::card(place, &here, &page, problems, finds.applications);
    view! {
        <div class="head"><div>
            <Breadcrumbs crumbs/>
            <h1>{name}</h1>
            <p class="dim">{about}</p>
        </div></div>
        {seen}
        <div class="split">
            <div>{people}</div>
            <div>{applications}{settings}</div>
        </div>
    }
}

fn saving(
    place: &Place,
    here: &str,
    team: TeamId,
    asked: Asked,
    seen: AccessPreview,
) -> impl IntoView + use<> {
    let Asked { heading, saves, .. } = asked;
    let possible = seen.save.clone();
    let fields = saves
        .fields
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect_view();
    let form = view! {
        <form method="post" action=saves.url>
            <input type="hidden" name="infra" value=place.key.clone()/>
            <input type="hidden" name="team" value=team.to_string()/>
            {fields}
            <p class="small dim">{heading}</p>
            <div class="row">
                <Button words=saves.words kind=Kind::Go icon=Icon::Check possible id="save"/>
                {preview::back(here.to_owned())}
            </div>
        </form>
    };
    preview::shown(place, seen, form)
}

fn settings(place: &Place, here: &str, page: &TeamPage) -> impl IntoView + use<> {
    let typed = |field: &str, now: &str| Some(place.typed(field).unwrap_or_else(|| now.to_owned()));
    let forms = view! {
        <div class="stack wide">
            <form method="post" action=EditTeam::url() class="stack">
                <input type="hidden" name="infra" value=place.key.clone()/>
                <input type="hidden" name="team" value=page.id.to_string()/>
                <Field label="Name" name="name" value=typed("name", &page.name) problem=place.problem("name") required=true maxlength=80/>
                <TextArea label="What it is for" name="description" value=typed("description", &page.description) problem=place.problem("description") rows=2 maxlength=500/>
                <div class="row"><Button words="Save" possible=page.edit.clone() id="save-name"/></div>
            </form>
            <form method="get" action=here.to_owned()>
                <input type="hidden" name="delete" value="1"/>
                <Button words="Delete the team" kind=Kind::Bad possible=page.delete.clone() id="delete-team"/>
            </form>
        </div>
    };
    view! { <Card title="Name and purpose" id="settings">{forms}</Card> }
}
