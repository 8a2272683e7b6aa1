//! One role: what it gives, what another version of it would change, and how it goes.

use super::draft::Draft;
use super::{form, held, new};
use crate::actions::roles::{DeleteRole, EditRole};
use crate::context::{Place, Screen, framed};
use crate::pages::preview;
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Breadcrumbs, Button, Card, Choice, Crumb, Kind, Select, Tag, Why};
use crate::view::icons::Icon;
use domain::id::RoleId;
use leptos::server_fn::ServerFn;
use operations::view::{AccessPreview, RolePage};
use operations::{AccessChange, FieldProblem, OperationError, Result};

/// The page.
#[component]
pub fn Page() -> impl IntoView {
    framed(Area::Roles, |place| async move { load(place).await })
}

async fn load(place: Place) -> Result<Screen> {
    let id: RoleId = place.id("id")?;
    let page = place.console.role(&place.caller, &place.key, id).await?;
    let asked = Draft::asked(&place, &page.environments).filter(|_| page.edit.is_ok());
    let mut problems = Vec::new();
    let mut seen = None;
    if let Some(draft) = &asked {
        let change = AccessChange::EditRole(id, draft.input());
        seen = told(place.console.preview_access(&place.caller, &place.key, &change).await, &mut problems)?;
    }
    let mut deletion = None;
    if place.query("delete").is_some() && page.delete.is_ok() {
        let substitute = place.query("substitute").and_then(|id| id.parse().ok());
        let change = AccessChange::DeleteRole(id, substitute);
        let found = place.console.preview_access(&place.caller, &place.key, &change).await;
        deletion = told(found, &mut problems)?.map(|preview| (substitute, preview));
    }
    let title = page.row.name.clone();
    Ok(Screen::new(title, body(&place, page, asked, seen, deletion, &problems)))
}

/// A preview, or what is wrong with the fields that ask for it.
fn told(found: Result<AccessPreview>, problems: &mut Vec<FieldProblem>) -> Result<Option<AccessPreview>> {
    match found {
        Ok(preview) => Ok(Some(preview)),
        Err(OperationError::Invalid { fields }) => {
            problems.extend(fields);
            Ok(None)
        }
        Err(other) => Err(other),
    }
}

fn body(
    place: &Place,
    page: RolePage,
    asked: Option<Draft>,
    seen: Option<AccessPreview>,
    deletion: Option<(Option<RoleId>, AccessPreview)>,
    problems: &[FieldProblem],
) -> impl IntoView + use<> {
    let here = place.address(&format!("/roles/{}", page.row.id));
    let now = Draft::of(&page);
    let draft = asked.clone().unwrap_or_else(|| now.clone());
    let seen = asked.zip(seen).map(|(draft, seen)| saving(place, &page, &here, &draft, seen));
    let deletion = deletion.map(|(other, seen)| going(place, &page, &here, other, seen));
    let edit = match &page.edit {
        Ok(()) => {
            form::shown(here.clone(), &draft, &page.environments, problems, "Show what this would change")
                .into_any()
        }
        Err(refusal) => view! {
            <div class="stack">
                {new::gives(&now, &page.environments)}
                <Button words="Change the role" possible=Err(refusal.clone()) id="change"/>
            </div>
        }
        .into_any(),
    };
    let delete = delete_form(&page, here, problems);
    view! {
        <div class="head"><div>
            <Breadcrumbs crumbs=vec![Crumb::new("Roles", place.address("/roles"))]/>
            <div class="title">
                <h1>{page.row.name.clone()}</h1>
                {page.row.built_in.then(|| view! { <Tag words="built in"/> })}
            </div>
            <p class="dim">{format!("Held by {}.", held(&page.row))}</p>
        </div></div>
        {seen}
        {deletion}
        <Card title="What it gives" id="gives">{edit}</Card>
        <Card title="Delete the role" id="delete">{delete}</Card>
    }
}

/// What a changed role would do, and the button that saves it.
fn saving(
    place: &Place,
    page: &RolePage,
    here: &str,
    draft: &Draft,
    seen: AccessPreview,
) -> impl IntoView + use<> {
    let possible = seen.save.clone();
    let form = view! {
        <form method="post" action=EditRole::url()>
            <input type="hidden" name="infra" value=place.key.clone()/>
            <input type="hidden" name="role" value=page.row.id.to_string()/>
            <input type="hidden" name="draft" value=draft.hidden()/>
            <div class="row">
                <Button words="Save the role" kind=Kind::Go icon=Icon::Check possible id="save"/>
                {preview::back(here.to_owned())}
            </div>
        </form>
    };
    preview::shown(place, seen, form)
}

/// What deleting the role would do, and the button that does it.
fn going(
    place: &Place,
    page: &RolePage,
    here: &str,
    other: Option<RoleId>,
    seen: AccessPreview,
) -> impl IntoView + use<> {
    let possible = seen.save.clone();
    let form = view! {
        <form method="post" action=DeleteRole::url()>
            <input type="hidden" name="infra" value=place.key.clone()/>
            <input type="hidden" name="role" value=page.row.id.to_string()/>
            <input type="hidden" name="substitute" value=other.map(|id| id.to_string()).unwrap_or_default()/>
            <div class="row">
                <Button words="Delete the role" kind=Kind::Bad icon=Icon::Cross possible id="delete-now"/>
                {preview::back(here.to_owned())}
            </div>
        </form>
    };
    preview::shown(place, seen, form)
}

fn delete_form(page: &RolePage, here: String, problems: &[FieldProblem]) -> AnyView {
    if let Err(refusal) = &page.delete {
        return view! { <Button words="Delete the role" kind=Kind::Bad possible=Err(refusal.clone()) id="delete-role"/> }
            .into_any();
    }
    let problem = problems.iter().find(|each| each.field == "substitute").map(|each| each.sentence.clone());
    let choices: Vec<Choice> = page
        .substitutes
        .iter()
        .filter(|choice| choice.give.is_ok())
        .map(|choice| Choice::new(choice.role.id.to_string(), &choice.role.name))
        .collect();
    let none = choices.is_empty();
    let refused: Vec<_> = page.substitutes.iter().filter_map(|choice| choice.give.clone().err()).collect();
    let select = page.needs_substitute.then(|| {
        view! {
            <Select label="Who holds it gets instead" name="substitute" choices problem/>
            {none.then(|| view! { <Why refusals=refused id="substitutes-why"/> })}
        }
    });
    view! {
        <form method="get" action=here class="fields">
            <input type="hidden" name="delete" value="1"/>
            {select}
            <Button words="Show what deleting would change" kind=Kind::Bad icon=Icon::Right/>
        </form>
    }
    .into_any()
}
