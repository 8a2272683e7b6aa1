//! A new service account.

use crate::actions::service_accounts::CreateServiceAccount;
use crate::context::{Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Breadcrumbs, Button, Card, Crumb, Field, Kind, RoleSelect};
use leptos::server_fn::ServerFn;
use operations::view::RoleChoice;
use operations::{PageQuery, Result};

/// The page.
#[component]
pub fn NewPage() -> impl IntoView {
    framed(Area::ServiceAccounts, |place| async move { new(place).await })
}

async fn new(place: Place) -> Result<Screen> {
    let page = place.console.service_accounts(&place.caller, &place.key, &PageQuery::default()).await?;
    let back = place.address("/service-accounts");
    let body = view! {
        <div class="people">
        <div class="head"><div>
            <Breadcrumbs crumbs=vec![Crumb::new("Service accounts", back.clone())]/>
            <h1>"New service account"</h1>
        </div></div>
        <form method="post" action=CreateServiceAccount::url() class="stack narrow">
            <input type="hidden" name="infra" value=place.key.clone()/>
            {what(&place)}
            {role(&place, page.roles)}
            <div class="row">
                <Button words="Add the service account" kind=Kind::Go id="add-service-account"/>
                <a class="btn quiet" href=back>"Cancel"</a>
            </div>
        </form>
        </div>
    };
    Ok(Screen::new("New service account", body))
}

fn what(place: &Place) -> impl IntoView + use<> {
    let place = place.clone();
    view! {
        <Card title="What it is" id="what">
            <div class="stack">
                <Field label="User name" name="username" value=place.typed("username") problem=place.problem("username") required=true verbatim=true maxlength=64
                    help="as the audit log knows it: the letters a to z, digits, and . _ - @ +; it stays for good"/>
                <Field label="Name" name="name" value=place.typed("name") problem=place.problem("name") required=true maxlength=80 help="the program that will use it, as people read it"/>
                <p class="small dim">"It has no password and nobody signs in with it. It acts with tokens, which you make on its page."</p>
            </div>
        </Card>
    }
}

fn role(place: &Place, roles: Vec<RoleChoice>) -> impl IntoView + use<> {
    let place = place.clone();
    let help =
        format!("what its tokens may do at most on every application of {}", place.infrastructure.name);
    view! {
        <Card title="What it may do" id="may">
            <div class="stack">
                <RoleSelect roles value=place.typed("role") problem=place.problem("role") help/>
            </div>
        </Card>
    }
}
