//! One front-end: whether it controls its environment, and whether its Platform Server is believed. What a change means stands beside its
//! button, so this page is where it is confirmed.

use crate::actions::environments::{ConfirmServer, MakeController, RefuseServer, RevokeServer};
use crate::context::{Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Breadcrumbs, Button, Card, Crumb, Kind, LinkButton, Note, Tag, When};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use leptos::server_fn::ServerFn;
use operations::view::{EnvironmentSettings, FrontEndSettings, WaitingView};
use operations::{OperationError, Result};

/// The page.
#[component]
pub fn FrontEndPage() -> impl IntoView {
    framed(Area::Environments, |place| async move { load(place).await })
}

async fn load(place: Place) -> Result<Screen> {
    let (key, server) = (place.param("env"), place.param("server"));
    let page = place.console.environment_settings(&place.caller, &place.key, &key).await?;
    let each = page.front_ends.iter().find(|each| each.key == server).ok_or_else(|| {
        let server = domain::text::shorten(&server);
        OperationError::not_found(format!("{} has no server “{server}”.", page.name))
    })?;
    Ok(Screen::new(format!("{} of {}", each.name, page.name), body(&place, &page, each)))
}

fn body(place: &Place, page: &EnvironmentSettings, each: &FrontEndSettings) -> AnyView {
    let here = place.address(&format!("/environments/{}", page.key));
    let crumbs = vec![
        Crumb::new("Environments", place.address("/environments")),
        Crumb::new(page.name.clone(), here.clone()),
        Crumb::new("Settings", format!("{here}/settings")),
    ];
    let role = if each.is_controller { "deployment controller and front-end" } else { "front-end" };
    let waiting = each.waiting.as_ref().map(|waiting| self::waiting(place, page, each, waiting));
    let (standing, control, revoke) =
        (standing(place, each), control(place, page, each), revoke(place, page, each));
    view! {
        <div class="people">
            <div class="head">
                <div>
                    <Breadcrumbs crumbs/>
                    <h1 class="mono">{each.name.clone()}</h1>
                    <p class="dim">{format!("{role} of {}", page.name)}</p>
                </div>
                <div class="acts"><LinkButton words="To the settings" href=format!("{here}/settings") icon=Icon::Back/></div>
            </div>
            {waiting}
            <Card title="Platform Server" id="identity">{standing}</Card>
            <Card title="Deployment controller" id="controller">{control}</Card>
            <Card title="Revoke" id="revoke">{revoke}</Card>
        </div>
    }
    .into_any()
}

/// Whether its Platform Server is believed.
fn standing(place: &Place, each: &FrontEndSettings) -> AnyView {
    match (each.enrolled_at, each.revoked_at) {
        (Some(at), _) => {
            let key = each.own_key.clone().map(|key| {
                let since = key.since.map(|at| view! { <dt>"Signs with it"</dt><dd>"since "<When at now=place.now/></dd> });
                let next = key.next.map(|next| view! { <dt>"Its next one"</dt><dd class="mono">{next}</dd> });
                view! { <dt>"Fingerprint of its key"</dt><dd class="mono">{key.fingerprint}</dd>{since}{next} }
            });
            view! { <dl class="kv"><dt>"Enrolled"</dt><dd><When at now=place.now/></dd>{key}</dl> }.into_any()
        }
        (None, Some(at)) => {
            view! { <p><Tag tone=Tone::Bad icon=Icon::Cross words="Revoked"/>" "<When at now=place.now/>"."</p> }.into_any()
        }
        (None, None) => view! { <p><Tag words="Not enrolled"/></p> }.into_any(),
    }
}

fn named(place: &Place, page: &EnvironmentSettings, each: &FrontEndSettings) -> AnyView {
    view! {
        <input type="hidden" name="infra" value=place.key.clone()/>
        <input type="hidden" name="env" value=page.key.clone()/>
        <input type="hidden" name="server" value=each.key.clone()/>
    }
    .into_any()
}

/// The key that waits, beside what is done about it.
fn waiting(
    place: &Place,
    page: &EnvironmentSettings,
    each: &FrontEndSettings,
    waiting: &WaitingView,
) -> AnyView {
    let (shown, sent) = (waiting.fingerprint.clone(), waiting.fingerprint.clone());
    let (since, now) = (waiting.since, place.now);
    let (confirmed, refused) = (named(place, page, each), named(place, page, each));
    view! {
        <Card title="A Platform Server waits" id="waiting">
            <div class="stack">
                <Note tone=Tone::Warn><p>"It enrolled with a code of this front-end "<When at=since now/>", and is not believed yet. Compare the \
                    fingerprint with the one that towpath-platform enrol printed on its host."</p></Note>
                <dl class="kv"><dt>"Fingerprint of its key"</dt><dd class="mono">{shown}</dd></dl>
                <div class="row wrap">
                    <form method="post" action=ConfirmServer::url()>
                        {confirmed}
                        <input type="hidden" name="fingerprint" value=sent/>
                        <Button words="They are the same: confirm" kind=Kind::Go icon=Icon::Check/>
                    </form>
                    <form method="post" action=RefuseServer::url()>
                        {refused}
                        <Button words="Refuse" kind=Kind::Bad icon=Icon::Cross/>
                    </form>
                </div>
            </div>
        </Card>
    }
    .into_any()
}

fn control(place: &Place, page: &EnvironmentSettings, each: &FrontEndSettings) -> AnyView {
    if each.is_controller {
        return view! {
            <p>"It takes the work for this environment from the console. Another front-end is made the controller on its own page."</p>
        }
        .into_any();
    }
    let now = page.front_ends.iter().find(|other| other.is_controller);
    let now = match now {
        Some(controller) => format!("{} is the controller now. ", controller.name),
        None => "There is no controller now. ".to_owned(),
    };
    let words = format!("Make {} the controller", each.name);
    view! {
        <div class="stack">
            <p>{now}"From the moment of this change it is refused, and gets no work. The Platform Servers of this environment obey by themselves within half a \
                minute; nothing has to be typed on their hosts."</p>
            <p>"What runs goes on. Deployments under way go on with the new controller."</p>
            <form method="post" action=MakeController::url()>
                {named(place, page, each)}
                <div class="row"><Button words kind=Kind::Go icon=Icon::Check possible=each.control.clone() id="make-controller"/></div>
            </form>
        </div>
    }
    .into_any()
}

fn revoke(place: &Place, page: &EnvironmentSettings, each: &FrontEndSettings) -> AnyView {
    let controls = each.is_controller.then(|| {
        view! {
            <Note tone=Tone::Warn><p>"It is the deployment controller: nothing is deployed here until another front-end is, or until it has enrolled anew."</p></Note>
        }
    });
    view! {
        <div class="stack">
            <p>"Its key and its enrolment codes are no good from this moment, and the controller speaks to it no more. Its applications go on running there; \
                take it out of the load balancer yourself. It comes back with a new code."</p>
            {controls}
            <form method="post" action=RevokeServer::url()>
                {named(place, page, each)}
                <div class="row">
                    <Button words=format!("Revoke {}", each.name) kind=Kind::Bad icon=Icon::Cross possible=each.revoke.clone() id="revoke-server"/>
                </div>
            </form>
        </div>
    }
    .into_any()
}
