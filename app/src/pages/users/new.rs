//! A new IT user. How the user comes to sign in the first time is one card of its own.

use crate::actions::users::CreateUser;
use crate::context::{Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Breadcrumbs, Button, Card, Crumb, Field, Kind, RoleSelect};
use crate::view::words;
use leptos::server_fn::ServerFn;
use operations::view::{Possible, RoleChoice};
use operations::{Result, UserQuery};

/// The page.
#[component]
pub fn NewPage() -> impl IntoView {
    framed(Area::Users, |place| async move { new(place).await })
}

async fn new(place: Place) -> Result<Screen> {
    let page = place.console.users(&place.caller, &place.key, &UserQuery::default()).await?;
    let body = view! {
        <div class="people">
        <div class="head"><div>
            <Breadcrumbs crumbs=vec![Crumb::new("IT users", place.address("/users"))]/>
            <h1>"New IT user"</h1>
        </div></div>
        <form method="post" action=CreateUser::url() class="stack narrow">
            <input type="hidden" name="infra" value=place.key.clone()/>
            {who(&place)}
            {role(&place, page.roles)}
            {first_sign_in(&place)}
            {save(&place, page.create)}
        </form>
        </div>
    };
    Ok(Screen::new("New IT user", body))
}

fn who(place: &Place) -> impl IntoView + use<> {
    let place = place.clone();
    view! {
        <Card title="Who it is" id="who">
            <div class="stack">
                <Field label="User name" name="username" value=place.typed("username") problem=place.problem("username") required=true verbatim=true maxlength=64
                    help="to sign in with: the letters a to z, digits, and . _ - @ +; it stays for good"/>
                <Field label="Name" name="name" value=place.typed("name") problem=place.problem("name") required=true maxlength=80 help="as people read it, of any script"/>
                <Field label="E-mail" name="email" kind="email" value=place.typed("email") problem=place.problem("email") maxlength=254 help="may be left empty"/>
            </div>
        </Card>
    }
}

fn role(place: &Place, roles: Vec<RoleChoice>) -> impl IntoView + use<> {
    let place = place.clone();
    let help = format!(
        "what the user may do on every application of {} without a team or grant",
        place.infrastructure.name
    );
    view! {
        <Card title="What the user may do" id="may">
            <div class="stack">
                <RoleSelect roles value=place.typed("role") problem=place.problem("role") help/>
            </div>
        </Card>
    }
}

/// The first password. It is suggested anew with each page and stored nowhere until the form is sent.
fn first_sign_in(place: &Place) -> impl IntoView + use<> {
    let (suggested, problem) = (place.console.suggested_password(), place.problem("password"));
    view! {
        <Card title="First sign-in" id="first-sign-in">
            <div class="stack">
                <Field label="First password" name="password" value=Some(suggested) problem required=true verbatim=true help=words::PASSWORD_HELP/>
                <p class="small dim">"This one was made for this page. Note it down or choose another: it is not shown again. The user changes it on the own profile."</p>
            </div>
        </Card>
    }
}

fn save(place: &Place, possible: Possible) -> impl IntoView + use<> {
    view! {
        <div class="row">
            <Button words="Add the user" kind=Kind::Go possible id="add-user"/>
            <a class="btn quiet" href=place.address("/users")>"Cancel"</a>
        </div>
    }
}
