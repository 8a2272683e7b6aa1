//! One service account: what it is, its tokens, and whether it may be used. Right after a token was made it is shown, this once.

use super::tokens;
use crate::actions::service_accounts::{DeactivateServiceAccount, ReactivateServiceAccount};
use crate::context::{Place, Screen, ShownToken, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Breadcrumbs, Button, Card, Crumb, Field, Kind, Note, StateTag, When};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::{times, words};
use domain::id::UserId;
use leptos::server_fn::ServerFn;
use operations::Result;
use operations::view::{Possible, ServiceAccountPage};

/// The page.
#[component]
pub fn Page() -> impl IntoView {
    let made = use_context::<ShownToken>();
    framed(Area::ServiceAccounts, |place| async move { one(place, made).await })
}

async fn one(place: Place, made: Option<ShownToken>) -> Result<Screen> {
    let (console, caller) = (place.console.clone(), place.caller.clone());
    let id: UserId = place.id("id")?;
    let page = console.service_account(&caller, &place.key, id).await?;
    let user = console.user(&caller, &place.key, id).await?;
    let possible = if page.row.active { user.deactivate } else { user.reactivate };
    let name = page.row.name.clone();
    let (list, new, rotate) =
        (tokens::table(&place, &page), tokens::new(&place, &page), tokens::rotate(&place, &page));
    let state = state(&place, &page, possible);
    let body = view! {
        <div class="people">
            {head(&place, &page)}
            {facts(&place, &page)}
            {made.map(token)}
            <Card title="Tokens" id="tokens" flush=true aside="newest first">{list}</Card>
            <div class="pair">
                <Card title="New token" id="new-token">{new}</Card>
                <Card title="Rotate a token" id="rotate">{rotate}</Card>
            </div>
            <h2 class="section">"Account"</h2>
            <Card title="May be used" id="state">{state}</Card>
        </div>
    };
    Ok(Screen::new(name, body))
}

/// What every form here sends to a server function.
pub(super) fn about(place: &Place, page: &ServiceAccountPage) -> impl IntoView + use<> {
    view! {
        <input type="hidden" name="infra" value=place.key.clone()/>
        <input type="hidden" name="account" value=page.row.id.to_string()/>
    }
}

fn head(place: &Place, page: &ServiceAccountPage) -> impl IntoView + use<> {
    view! {
        <div class="head">
            <div>
                <Breadcrumbs crumbs=vec![Crumb::new("Service accounts", place.address("/service-accounts"))]/>
                <div class="title"><h1>{page.row.name.clone()}</h1><StateTag look=words::user(page.row.active)/></div>
            </div>
        </div>
    }
}

fn token(shown: ShownToken) -> impl IntoView {
    let follows = shown.rotated.then(|| {
        view! { <p>"The old token stays good for the overlap that was chosen. Put this one in its place before that ends."</p> }
    });
    view! {
        <Card title="The token" id="made" aside="shown this once">
            <div class="stack">
                <Note tone=Tone::Warn>
                    <p><b>"Copy it now: the console keeps only a hash of it."</b></p>
                    <p>"Whoever has it acts as this service account until "{times::exact(shown.made.expires_at)}"."</p>
                    {follows}
                </Note>
                <Field label="Token" name="made-token" value=Some(shown.made.token.reveal().to_owned()) quiet=true verbatim=true/>
            </div>
        </Card>
    }
}

fn facts(place: &Place, page: &ServiceAccountPage) -> impl IntoView + use<> {
    let now = place.now;
    let row = &page.row;
    let role = row.role.as_ref().map_or_else(|| "none here".to_owned(), |role| role.name.clone());
    let used = match row.last_used_at {
        Some(at) => view! { "Last used "<When at now/> }.into_any(),
        None => view! { "Never used" }.into_any(),
    };
    let good = words::of(row.tokens, "good token", "good tokens");
    view! {
        <dl class="facts">
            <div><dt>"Identity"</dt><dd class="mono">{row.username.clone()}</dd><dd class="sub">{format!("Added on {}", times::day(row.created_at))}</dd></div>
            <div><dt>"Default role"</dt><dd>{role}</dd><dd class="sub">"what its tokens may do at most"</dd></div>
            <div><dt>"Tokens"</dt><dd>{good}</dd><dd class="sub">{used}</dd></div>
        </dl>
    }
}

fn state(place: &Place, page: &ServiceAccountPage, possible: Possible) -> AnyView {
    if page.row.active {
        view! {
            <form method="post" action=DeactivateServiceAccount::url() class="stack">
                {about(place, page)}
                <p class="small">"Deactivating revokes every token at once, for good. Roles, teams and grants stay, and so does everything in the audit log. A service account is never deleted."</p>
                <div class="row"><Button words="Deactivate" kind=Kind::Bad icon=Icon::Ban possible id="deactivate"/></div>
            </form>
        }
        .into_any()
    } else {
        view! {
            <form method="post" action=ReactivateServiceAccount::url() class="stack">
                {about(place, page)}
                <p class="small">"The account has the same roles, teams and grants again. Its old tokens stay revoked, so it needs a new one."</p>
                <div class="row"><Button words="Let in again" icon=Icon::Check possible id="reactivate"/></div>
            </form>
        }
        .into_any()
    }
}
