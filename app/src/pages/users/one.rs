//! One IT user: who it is, what the user may do where and why, and what an administrator can change.

use super::narrower::{self, Narrower};
use super::{account, rights, role, sources};
use crate::context::{Place, Screen, framed, identity};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Breadcrumbs, Crumb, Glyph, Kind, LinkButton, StateTag, Tag, When};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::{times, words};
use domain::access::WideRight;
use domain::id::{RoleId, UserId};
use operations::view::{EffectivePage, FactorOfUser, Refusal, SessionView, UserPage};
use operations::{EffectiveQuery, OperationError, Result};

/// The page.
#[component]
pub fn Page() -> impl IntoView {
    framed(Area::Users, |place| async move { one(place).await })
}

/// Something of the page that this caller may not see, with the reason in its place.
pub(super) type Shown<T> = std::result::Result<T, Refusal>;

/// A refusal stands on the page where the content would; everything else ends the page.
pub(super) fn shown<T>(result: Result<T>) -> Result<Shown<T>> {
    match result {
        Ok(content) => Ok(Ok(content)),
        Err(OperationError::Denied { sentence, lifted_by, sign_in: false, .. }) => {
            Ok(Err(Refusal { sentence, lifted_by }))
        }
        Err(error) => Err(error),
    }
}

async fn one(place: Place) -> Result<Screen> {
    let (console, caller, key) = (place.console.clone(), place.caller.clone(), place.key.clone());
    let id: UserId = place.id("id")?;
    let page = console.user(&caller, &key, id).await?;
    let query = EffectiveQuery { search: place.query("q"), after: place.query("after"), limit: None };
    let effective = console.effective_rights(&caller, &key, id, &query).await?;
    let sessions = shown(console.user_sessions(&caller, &key, id).await)?;
    let factor = shown(console.user_second_factor(&caller, &key, id).await)?;
    let Narrower { seen, offers } = narrower::load(&place, &page).await?;
    let failed = shown(console.failed_sign_ins(&caller, id).await)?;
    let chosen = place.query("role");
    let preview = match &chosen {
        None => None,
        Some(text) => {
            let role: RoleId = identity(text)?;
            Some(shown(console.preview_default_role(&caller, &key, id, role).await)?)
        }
    };
    let name = page.row.name.clone();
    let body = view! {
        <div class="people">
            {head(&place, &page, &sessions)}
            {facts(&place, &page, &effective, &sessions, &factor)}
            {narrower::saving(&place, &page, seen)}
            <div class="rights-grid">
                {rights::card(&place, &page, &effective, &query, chosen.as_deref())}
                {role::card(&place, &page, &effective, preview)}
            </div>
            <h2 class="section">"Where the rights come from"</h2>
            {sources::cards(&place, &page, &offers)}
            <h2 class="section">"Account"</h2>
            {account::cards(&place, &page, sessions, failed)}
        </div>
    };
    Ok(Screen::new(name, body))
}

fn head(place: &Place, page: &UserPage, sessions: &Shown<Vec<SessionView>>) -> impl IntoView + use<> {
    let open = sessions.as_ref().ok().filter(|list| !list.is_empty()).map(|list| {
        let words = format!("{} open", words::of(list.len() as u64, "session", "sessions"));
        view! { <Tag tone=Tone::Run icon=Icon::Screen words/> }
    });
    let id = page.row.id.to_string();
    let activity = place.with_query("/audit", &[("kind", Some("user")), ("object", Some(id.as_str()))]);
    let reads = if place.infrastructure.wide.has(WideRight::ReadAudit) {
        Ok(())
    } else {
        Err(Refusal {
            sentence: format!("Your role lacks “{}”.", WideRight::ReadAudit.words()),
            lifted_by: "Somebody with “Manage Infrastructure and Users” can give it.".to_owned(),
        })
    };
    view! {
        <div class="head who">
            <span class="avatar big" aria-hidden="true">{words::initials(&page.row.name)}</span>
            <div>
                <Breadcrumbs crumbs=vec![Crumb::new("IT users", place.address("/users"))]/>
                <div class="title"><h1>{page.row.name.clone()}</h1><StateTag look=words::user(page.row.active)/>{open}</div>
            </div>
            <div class="acts">
                <LinkButton words="Activity" href=activity icon=Icon::Book possible=reads id="activity"/>
                <LinkButton words="Account" href="#account" kind=Kind::Quiet icon=Icon::Down/>
            </div>
        </div>
    }
}

fn facts(
    place: &Place,
    page: &UserPage,
    effective: &EffectivePage,
    sessions: &Shown<Vec<SessionView>>,
    factor: &Shown<FactorOfUser>,
) -> impl IntoView + use<> {
    let now = place.now;
    let state = match page.deactivated_at {
        Some(at) => format!("Deactivated on {}", times::day(at)),
        None => format!("Added on {}", times::day(page.created_at)),
    };
    let seen = sessions.as_ref().ok().and_then(|list| list.iter().map(|each| each.seen_at).max());
    let seen = match seen {
        Some(at) => view! { "Last seen "<When at now/> }.into_any(),
        None => view! { "No session open" }.into_any(),
    };
    let (all, narrowed) = (effective.applications, effective.narrowed);
    let rest = (!all.capped && !narrowed.capped).then(|| all.n.saturating_sub(narrowed.n));
    let applies = match rest {
        Some(rest) => format!("for {rest} of {}", words::counted(all, "application", "applications")),
        None => "for every application without a narrower role".to_owned(),
    };
    let role = page.row.role.as_ref().map_or_else(|| "none here".to_owned(), |role| role.name.clone());
    let many = |n: usize, one: &str, more: &str| {
        let plus = if page.more { " or more" } else { "" };
        format!("{}{plus}", words::of(n as u64, one, more))
    };
    let (teams, grants) =
        (many(page.teams.len(), "team", "teams"), many(page.grants.len(), "grant", "grants"));
    let narrower = format!("for {}", words::counted(narrowed, "application", "applications"));
    view! {
        <dl class="facts">
            <div><dt>"Identity"</dt><dd class="mono">{page.row.username.clone()}</dd><dd class="sub">{page.row.email.clone()}</dd></div>
            <div><dt>"State"</dt><dd>{state}</dd><dd class="sub">{seen}</dd></div>
            <div><dt>"Default role"</dt><dd><a class="link" href="#from-role">{role}</a></dd><dd class="sub">{applies}</dd></div>
            <div><dt>"More specific"</dt>
                <dd><Glyph icon=Icon::People/>" "<a class="link" href="#from-team">{teams}</a>" · "<Glyph icon=Icon::Key/>" "<a class="link" href="#from-grant">{grants}</a></dd>
                <dd class="sub">{narrower}</dd></div>
            {factor.as_ref().ok().map(second_factor)}
        </dl>
    }
}

/// The second factor, for who may manage the person.
fn second_factor(factor: &FactorOfUser) -> impl IntoView + use<> {
    let app = factor.authenticator.map(|at| format!("authenticator app since {}", times::day(at)));
    let passkeys = factor
        .passkeys_since
        .map(|at| format!("{} since {}", words::of(factor.passkeys, "passkey", "passkeys"), times::day(at)));
    let held: Vec<String> = app.into_iter().chain(passkeys).collect();
    let needed = match (factor.required, held.is_empty()) {
        (true, true) => "a role requires it: it is set up before anything else opens",
        (true, false) => "a role requires it",
        (false, _) => "no role requires it",
    };
    let held = if held.is_empty() { "none".to_owned() } else { held.join(", ") };
    view! { <div><dt>"Second factor"</dt><dd>{held}</dd><dd class="sub">{needed}</dd></div> }
}
