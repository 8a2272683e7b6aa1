//! The tokens of a service account: the table, and the forms that make and rotate them.
//!
//! Those two forms go to the server, which answers with the page that shows the token once.

use super::one::about;
use crate::actions::service_accounts::RevokeToken;
use crate::context::Place;
use crate::prelude::*;
use crate::ui::{Button, Cell, Choice, Field, Kind, Row, RowHead, Select, StateTag, Table, Tag, When};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::words;
use domain::time::{DAY, Timestamp};
use domain::token::{MOST_DAYS, MOST_OVERLAP_HOURS, Scope};
use leptos::server_fn::ServerFn;
use operations::view::{Possible, Refusal, ServiceAccountPage, TokenView};

/// A good token that expires within this time is warned about.
const SOON: i64 = 14 * DAY;

/// The table.
pub(super) fn table(place: &Place, page: &ServiceAccountPage) -> AnyView {
    if page.tokens.is_empty() {
        return view! { <p class="none dim">"This account has no token, so no program can use it yet."</p> }
            .into_any();
    }
    let rows = page.tokens.iter().map(|each| line(place, page, each.clone())).collect_view();
    let heads = vec!["Token", "Scopes", "Expires", "Last used", "State", "Action"];
    view! { <Table label="Tokens of this account" heads>{rows}</Table> }.into_any()
}

fn line(place: &Place, page: &ServiceAccountPage, each: TokenView) -> impl IntoView + use<> {
    let now = place.now;
    let scopes = each.scopes.iter().map(|scope| scope.word()).collect::<Vec<_>>().join(", ");
    let expires_at = each.expires_at;
    let soon = soon(&each, now).map(|words| view! { " "<Tag tone=Tone::Warn icon=Icon::Alert words/> });
    let used = match each.last_used_at {
        Some(at) => view! { <When at now/> }.into_any(),
        None => view! { <span class="dimmer">"never"</span> }.into_any(),
    };
    let look = words::token(each.good, each.revoked_at.is_some(), expires_at <= now);
    let action = if each.good {
        let about = about(place, page);
        let label = format!("Revoke {} ({})", each.name, each.shown);
        view! {
            <form method="post" action=RevokeToken::url()>
                {about}
                <input type="hidden" name="token" value=each.id.to_string()/>
                <Button words="Revoke" kind=Kind::Tiny label/>
            </form>
        }
        .into_any()
    } else {
        view! { <span class="dimmer">"none"</span> }.into_any()
    };
    view! {
        <Row>
            <RowHead>{each.name}<span class="sub mono">{each.shown}</span></RowHead>
            <Cell label="Scopes">{scopes}</Cell>
            <Cell label="Expires"><When at=expires_at now exact=true/>{soon}</Cell>
            <Cell label="Last used">{used}</Cell>
            <Cell label="State"><StateTag look/></Cell>
            <Cell label="Action">{action}</Cell>
        </Row>
    }
}

/// What a good token says in its last days.
fn soon(token: &TokenView, now: Timestamp) -> Option<String> {
    let left = token.expires_at.since(now);
    if !token.good || left >= SOON {
        return None;
    }
    Some(match left / DAY {
        0 => "less than a day left".to_owned(),
        1 => "1 day left".to_owned(),
        days => format!("{days} days left"),
    })
}

/// Whether a token can be made for the account now.
fn possible(page: &ServiceAccountPage) -> Possible {
    page.create_token.clone()?;
    if page.row.active {
        return Ok(());
    }
    Err(Refusal {
        sentence: format!("{} is deactivated.", page.row.name),
        lifted_by: "Let it in again first.".to_owned(),
    })
}

/// Whether the form that was refused is the one about rotating: it alone names a token.
fn rotated(place: &Place) -> Option<String> {
    place.typed("token")
}

/// The form of a new token.
pub(super) fn new(place: &Place, page: &ServiceAccountPage) -> impl IntoView + use<> {
    let mine = rotated(place).is_none();
    let typed = |field: &str| place.typed(field).filter(|_| mine);
    let problem = |field: &str| place.problem(field).filter(|_| mine);
    let days = typed("days").unwrap_or_else(|| "90".to_owned());
    let ticks = [Scope::Promotion, Scope::People, Scope::Infrastructure]
        .into_iter()
        .map(|scope| tick(scope, typed(scope.word()).is_some_and(|value| !value.is_empty())))
        .collect_view();
    let help = format!("days, 1 to {MOST_DAYS}");
    view! {
        <form method="post" action=place.address(&format!("/service-accounts/{}/tokens", page.row.id)) class="stack">
            <Field label="Name" name="name" value=typed("name") problem=problem("name") required=true maxlength=80 help="where the token is used"/>
            <fieldset class="choices">
                <legend>"Scopes"</legend>
                <label class="tick">
                    <input type="checkbox" checked=true disabled=true/>
                    <span>{Scope::Read.words()}</span>
                </label>
                {ticks}
            </fieldset>
            <Field label="Good for" name="days" kind="number" value=Some(days) problem=problem("days") required=true help/>
            <div class="row"><Button words="Make a token" kind=Kind::Go icon=Icon::Key possible=possible(page) id="make-token"/></div>
        </form>
    }
}

fn tick(scope: Scope, checked: bool) -> impl IntoView + use<> {
    view! {
        <label class="tick">
            <input type="checkbox" name=scope.word() value="on" checked=checked/>
            <span>{scope.words()}</span>
        </label>
    }
}

/// The form that replaces a token by a successor.
pub(super) fn rotate(place: &Place, page: &ServiceAccountPage) -> AnyView {
    let choices: Vec<Choice> = page
        .tokens
        .iter()
        .filter(|each| each.good)
        .map(|each| Choice::new(each.id.to_string(), format!("{} ({})", each.name, each.shown)))
        .collect();
    if choices.is_empty() {
        return view! { <p class="dim">"There is no good token to rotate."</p> }.into_any();
    }
    let chosen = rotated(place);
    let mine = chosen.is_some();
    let typed = |field: &str| place.typed(field).filter(|_| mine);
    let problem = |field: &str| place.problem(field).filter(|_| mine);
    let days = typed("days").unwrap_or_else(|| "90".to_owned());
    let hours = typed("overlap_hours").unwrap_or_else(|| "24".to_owned());
    let (days_help, hours_help) =
        (format!("days, 1 to {MOST_DAYS}"), format!("hours, 0 to {MOST_OVERLAP_HOURS}"));
    view! {
        <form method="post" action=place.address(&format!("/service-accounts/{}/rotate", page.row.id)) class="stack">
            <p class="small">"The successor has the same name and scopes. Both are good during the overlap, so that nothing stops."</p>
            <Select label="Token" name="token" choices value=chosen/>
            <Field label="The new one is good for" name="days" id="rotate-days" kind="number" value=Some(days) problem=problem("days") required=true help=days_help/>
            <Field label="The old one stays good for" name="overlap_hours" kind="number" value=Some(hours) problem=problem("overlap_hours") required=true help=hours_help/>
            <div class="row"><Button words="Rotate" icon=Icon::Key possible=possible(page) id="rotate-token"/></div>
        </form>
    }
    .into_any()
}
