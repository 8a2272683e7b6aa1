//! A new role: the form, and what it would give before it is made.

use super::draft::Draft;
use super::{form, toggles, wide};
use crate::actions::roles::CreateRole;
use crate::context::{Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::level::Level;
use crate::ui::{Breadcrumbs, Button, Card, Crumb, Kind, LinkButton, Why};
use crate::view::icons::Icon;
use leptos::server_fn::ServerFn;
use operations::Result;
use operations::view::{EnvironmentRef, RolesPage};

/// The page.
#[component]
pub fn NewPage() -> impl IntoView {
    framed(Area::Roles, |place| async move { load(place).await })
}

async fn load(place: Place) -> Result<Screen> {
    let page = place.console.roles(&place.caller, &place.key).await?;
    Ok(Screen::new("New role", body(&place, page)))
}

fn body(place: &Place, page: RolesPage) -> impl IntoView + use<> {
    let RolesPage { environments, create, .. } = page;
    let asked = Draft::asked(place, &environments);
    let problems = place.flash.as_ref().map(|flash| flash.fields.clone()).unwrap_or_default();
    let problems: Vec<_> = ["name", "description"]
        .into_iter()
        .filter_map(|field| {
            let sentence = problems.get(field)?.clone();
            Some(operations::FieldProblem { field, sentence })
        })
        .collect();
    let seen = asked.as_ref().map(|draft| {
        let form = view! {
            <form method="post" action=CreateRole::url()>
                <input type="hidden" name="infra" value=place.key.clone()/>
                <input type="hidden" name="draft" value=draft.hidden()/>
                <div class="row">
                    <Button words="Make the role" kind=Kind::Go icon=Icon::Check possible=create.clone() id="make"/>
                    <LinkButton words="Leave it" href=place.address("/roles") icon=Icon::Back/>
                </div>
            </form>
        };
        let given = gives(draft, &environments);
        view! { <Card title=format!("“{}” would give", draft.name()) id="would">{given}{form}</Card> }
    });
    let refused = create.err().map(|refusal| view! { <Why refusals=vec![refusal] id="why"/> });
    let draft = asked.unwrap_or_default();
    let form =
        form::shown(place.address("/roles/new"), &draft, &environments, &problems, "Show what it would give");
    view! {
        <div class="head"><div>
            <Breadcrumbs crumbs=vec![Crumb::new("Roles", place.address("/roles"))]/>
            <h1>"New role"</h1>
            {refused}
        </div></div>
        {seen}
        <Card title="The role" id="role">{form}</Card>
    }
}

/// What a draft gives, environment by environment.
pub(super) fn gives(draft: &Draft, environments: &[EnvironmentRef]) -> impl IntoView + use<> {
    let rows = environments
        .iter()
        .map(|each| {
            let rights = draft.at(&each.key);
            let toggles = toggles(rights);
            view! {
                <dt>{each.name.clone()}</dt>
                <dd><Level rights/>{toggles.map(|words| view! { <span class="sub">{words}</span> })}</dd>
            }
        })
        .collect_view();
    let coming = match draft.new_environment() {
        Some(rights) => view! { <Level rights/> }.into_any(),
        None => view! { <span class="dim">"not stated"</span> }.into_any(),
    };
    view! {
        <dl class="kv gives">
            {rows}
            <dt>"Environments to come"</dt><dd>{coming}</dd>
            <dt>"In the whole infrastructure"</dt><dd>{wide(draft.wide())}</dd>
        </dl>
    }
}
