//! What an administrator does with the account: name and e-mail address, sessions, failed sign-ins, and whether it may sign in.

use super::one::Shown;
use crate::actions::second_factor::ResetSecondFactor;
use crate::actions::users::{
    ChangeUser, DeactivateUser, EndUserSession, EndUserSessions, ReactivateUser, UnblockUser,
};
use crate::context::Place;
use crate::prelude::*;
use crate::ui::{Button, Card, Cell, Field, Kind, Row, RowHead, Table, When, Why};
use crate::view::icons::Icon;
use crate::view::{times, words};
use domain::time::Timestamp;
use leptos::server_fn::ServerFn;
use operations::view::{SessionView, UserPage};

/// The cards.
pub(super) fn cards(
    place: &Place,
    page: &UserPage,
    sessions: Shown<Vec<SessionView>>,
    failed: Shown<Vec<(String, u32, Timestamp)>>,
) -> impl IntoView + use<> {
    let (open, attempts) = (open(place, page, sessions), attempts(place, page, failed));
    let (names, way_in, state) = (names(place, page), way_in(place, page), state(place, page));
    view! {
        <div class="split" id="account">
            <div>
                <Card title="Sessions" id="sessions" flush=true aside="what each browser says of itself, and its address">{open}</Card>
                <Card title="Failed sign-ins" id="failed" flush=true aside="counted for each address">{attempts}</Card>
            </div>
            <div>
                <Card title="Name and e-mail" id="names">{names}</Card>
                <Card title="Way in" id="way-in">{way_in}</Card>
                <Card title="May sign in" id="state">{state}</Card>
            </div>
        </div>
    }
}

/// What every form here sends.
fn about(place: &Place, page: &UserPage) -> impl IntoView + use<> {
    view! {
        <input type="hidden" name="infra" value=place.key.clone()/>
        <input type="hidden" name="user" value=page.row.id.to_string()/>
    }
}

fn names(place: &Place, page: &UserPage) -> impl IntoView + use<> {
    let name = place.typed("name").unwrap_or_else(|| page.row.name.clone());
    let email = place.typed("email").unwrap_or_else(|| page.row.email.clone());
    view! {
        <form method="post" action=ChangeUser::url() class="stack">
            {about(place, page)}
            <Field label="Name" name="name" value=Some(name) problem=place.problem("name") required=true maxlength=80/>
            <Field label="E-mail" name="email" kind="email" value=Some(email) problem=place.problem("email") maxlength=254/>
            <p class="small dim">"The user name "<span class="mono">{page.row.username.clone()}</span>" stays, since people are known by it."</p>
            <div class="row"><Button words="Save" possible=page.change.clone() id="save-names"/></div>
        </form>
    }
}

/// For somebody who has lost the password or the second factor.
fn way_in(place: &Place, page: &UserPage) -> impl IntoView + use<> {
    view! {
        <div class="stack wide">
        <form method="post" action=place.address("/users/renew-invitation") class="stack">
            <input type="hidden" name="user" value=page.row.id.to_string()/>
            <p class="small">"A link with which the user chooses a new password. It is shown to you once, counts once, and ends the one before."</p>
            <div class="row"><Button words="Make a link" icon=Icon::Link possible=page.change.clone() id="renew-invitation"/></div>
        </form>
        <form method="post" action=ResetSecondFactor::url() class="stack">
            {about(place, page)}
            <p class="small">"After the second factor is reset, the user sets one up anew where a role asks for it. Make sure by other means who asks you for this."</p>
            <div class="row"><Button words="Reset the second factor" kind=Kind::Bad possible=page.change.clone() id="reset-second-factor"/></div>
        </form>
        </div>
    }
}

fn state(place: &Place, page: &UserPage) -> impl IntoView + use<> {
    if page.row.active {
        view! {
            <form method="post" action=DeactivateUser::url() class="stack">
                {about(place, page)}
                <p class="small">"Deactivating ends every session at once, and nobody can sign in with this user any more. Roles, teams and grants stay, and so does everything in the audit log. A user is never deleted."</p>
                <div class="row"><Button words="Deactivate" kind=Kind::Bad icon=Icon::Ban possible=page.deactivate.clone() id="deactivate"/></div>
            </form>
        }
        .into_any()
    } else {
        view! {
            <form method="post" action=ReactivateUser::url() class="stack">
                {about(place, page)}
                <p class="small">"The user signs in again with the password from before, and has the same roles, teams and grants."</p>
                <div class="row"><Button words="Let in again" icon=Icon::Check possible=page.reactivate.clone() id="reactivate"/></div>
            </form>
        }
        .into_any()
    }
}

fn open(place: &Place, page: &UserPage, sessions: Shown<Vec<SessionView>>) -> AnyView {
    let sessions = match sessions {
        Err(refusal) => {
            return view! { <div class="none"><Why refusals=vec![refusal] id="sessions-why"/></div> }
                .into_any();
        }
        Ok(sessions) if sessions.is_empty() => {
            return view! { <p class="none dim">"Nobody is signed in with this user."</p> }.into_any();
        }
        Ok(sessions) => sessions,
    };
    let now = place.now;
    let rows = sessions
        .into_iter()
        .map(|each| {
            let label = format!("End the session of {}", each.device);
            let about = about(place, page);
            view! {
                <Row>
                    <RowHead>{each.device}<span class="sub mono">{each.address}</span></RowHead>
                    <Cell label="Began"><When at=each.began_at now/></Cell>
                    <Cell label="Last used"><When at=each.seen_at now/></Cell>
                    <Cell label="Action">
                        <form method="post" action=EndUserSession::url()>
                            {about}
                            <input type="hidden" name="session" value=each.id/>
                            <Button words="End" kind=Kind::Tiny label/>
                        </form>
                    </Cell>
                </Row>
            }
        })
        .collect_view();
    view! {
        <Table label="Sessions of this user" heads=vec!["Where", "Began", "Last used", "Action"]>{rows}</Table>
        <form method="post" action=EndUserSessions::url() class="addform">
            {about(place, page)}
            <Button words="End all sessions" kind=Kind::Bad icon=Icon::Out/>
        </form>
    }
    .into_any()
}

fn attempts(place: &Place, page: &UserPage, failed: Shown<Vec<(String, u32, Timestamp)>>) -> AnyView {
    let failed = match failed {
        Err(refusal) => {
            return view! { <div class="none"><Why refusals=vec![refusal] id="failed-why"/></div> }
                .into_any();
        }
        Ok(failed) if failed.is_empty() => {
            return view! { <p class="none dim">"Nobody has lately tried to sign in with this user in vain."</p> }.into_any();
        }
        Ok(failed) => failed,
    };
    let now = place.now;
    let rows = failed
        .into_iter()
        .map(|(address, failures, free_at)| {
            let pause = if free_at > now {
                format!("waits until {}", times::clock(free_at))
            } else {
                "none".to_owned()
            };
            view! {
                <Row>
                    <RowHead><span class="mono">{address}</span></RowHead>
                    <Cell label="Failures">{words::of(u64::from(failures), "failure", "failures")}</Cell>
                    <Cell label="Pause">{pause}</Cell>
                </Row>
            }
        })
        .collect_view();
    view! {
        <Table label="Where from" heads=vec!["From", "Failures", "Pause"]>{rows}</Table>
        <form method="post" action=UnblockUser::url() class="addform">
            {about(place, page)}
            <Button words="Let in again at once" icon=Icon::Check/>
        </form>
    }
    .into_any()
}
