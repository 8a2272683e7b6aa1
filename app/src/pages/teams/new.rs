//! A new team.

use crate::actions::teams::CreateTeam;
use crate::context::{Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Breadcrumbs, Button, Card, Crumb, Field, Kind, TextArea};
use crate::view::icons::Icon;
use leptos::server_fn::ServerFn;
use operations::Result;
use operations::view::Possible;

/// The page.
#[component]
pub fn NewPage() -> impl IntoView {
    framed(Area::Teams, |place| async move { load(place).await })
}

async fn load(place: Place) -> Result<Screen> {
    let page = place.console.teams(&place.caller, &place.key).await?;
    Ok(Screen::new("New team", body(&place, page.create)))
}

fn body(place: &Place, create: Possible) -> impl IntoView + use<> {
    let form = view! {
        <form method="post" action=CreateTeam::url() class="stack">
            <input type="hidden" name="infra" value=place.key.clone()/>
            <Field label="Name" name="name" value=place.typed("name") problem=place.problem("name") required=true maxlength=80/>
            <TextArea label="What it is for" name="description" value=place.typed("description") problem=place.problem("description") rows=2 maxlength=500/>
            <p class="small dim">"It begins without members and applications, so nothing changes for anybody yet."</p>
            <div class="row"><Button words="Make the team" kind=Kind::Go icon=Icon::Check possible=create id="make"/></div>
        </form>
    };
    view! {
        <div class="head"><div>
            <Breadcrumbs crumbs=vec![Crumb::new("Teams", place.address("/teams"))]/>
            <h1>"New team"</h1>
        </div></div>
        <Card title="The team" id="team">{form}</Card>
    }
}
