//! One's own profile: who one is, the password, and where one is signed in.

use crate::actions::profile::{ChangePassword, EndOthers, EndSession};
use crate::context::{console, framed_for_me, session_hash};
use crate::ui::{Button, Card, Cell, Field, Kind, LinkButton, Row, RowHead, Table, Tag, When};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::{times, words};
use domain::access::WideRight;
use domain::time::Timestamp;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use operations::view::{Me, SecondFactorView, SessionView};

/// The page.
#[component]
pub fn Page() -> impl IntoView {
    framed_for_me("Your profile", |me, caller, flash| async move {
        let console = console()?;
        let sessions = console.own_sessions(&caller, Some(&session_hash())).await?;
        let problem = |field: &str| flash.as_ref().and_then(|flash| flash.problem(field));
        let form = password_form(&me.username, problem("old"), problem("new"), problem("again"));
        let factor = second_factor(&console.own_second_factor(&caller).await?);
        let now = console.time();
        Ok(view! {
            <div class="head"><div>
                <h1>{me.name.clone()}</h1>
                <p class="dim mono">{me.username.clone()}</p>
            </div></div>
            <div class="split">
                <div>
                    <Card title="Where you are signed in" id="sessions" flush=true aside="what each browser says of itself, and its address">
                        {table(sessions, now)}
                    </Card>
                </div>
                <div>
                    {roles(&me)}
                    {factor}
                    <Card title="Password" id="password">{form}</Card>
                </div>
            </div>
        }
        .into_any())
    })
}

fn roles(me: &Me) -> impl IntoView + use<> {
    let list = me
        .infrastructures
        .iter()
        .map(|each| {
            view! { <dt>{each.name.clone()}</dt><dd>{each.role.clone()}</dd> }
        })
        .collect_view();
    let none = me
        .infrastructures
        .is_empty()
        .then(|| view! { <p class="dim">"You have no role yet. An administrator can give you one."</p> });
    let managed = me
        .infrastructures
        .iter()
        .filter(|each| each.wide.has(WideRight::ManageInfrastructure))
        .map(|each| {
            let at = format!("/i/{}", each.key);
            view! {
                <p class="small">
                    {each.name.clone()}": "<a class="link" href=format!("{at}/users/invite")>"invite users"</a>", "
                    <a class="link" href=format!("{at}/second-factor")>"second factor by role"</a>
                </p>
            }
        })
        .collect_view();
    view! {
        <Card title="Your roles" id="roles" aside="in each infrastructure">
            <dl class="kv">{list}</dl>
            {managed}
            {none}
        </Card>
    }
}

fn second_factor(held: &SecondFactorView) -> impl IntoView + use<> {
    let mut parts = Vec::new();
    if held.authenticator.is_some() {
        parts.push("an authenticator app".to_owned());
    }
    if !held.passkeys.is_empty() {
        parts.push(words::of(held.passkeys.len() as u64, "passkey", "passkeys"));
    }
    let (say, go) = if held.exists() {
        let left = words::of(held.recovery_left, "recovery code", "recovery codes");
        (format!("You have {}, and {left} left.", parts.join(" and ")), "Manage it")
    } else {
        ("You have none: your password alone opens your account.".to_owned(), "Set one up")
    };
    view! {
        <Card title="Second factor" id="second-factor">
            <div class="stack">
                <p>{say}</p>
                <div class="row"><LinkButton words=go href="/second-factor"/></div>
            </div>
        </Card>
    }
}

fn table(sessions: Vec<SessionView>, now: Timestamp) -> AnyView {
    let several = sessions.len() > 1;
    let rows = sessions
        .into_iter()
        .map(|each| {
            let action = if each.current {
                view! { <Tag tone=Tone::Ok icon=Icon::Check words="This one"/> }.into_any()
            } else {
                let label = format!("End the session of {}", each.device);
                view! {
                    <form method="post" action=EndSession::url()>
                        <input type="hidden" name="session" value=each.id.clone()/>
                        <Button words="End" kind=Kind::Tiny label/>
                    </form>
                }
                .into_any()
            };
            view! {
                <Row>
                    <RowHead>{each.device}<span class="sub mono">{each.address}</span></RowHead>
                    <Cell label="Began"><When at=each.began_at now/></Cell>
                    <Cell label="Last used"><When at=each.seen_at now/></Cell>
                    <Cell label="Ends at the latest">{times::exact(each.ends_at)}</Cell>
                    <Cell label="Action">{action}</Cell>
                </Row>
            }
        })
        .collect_view();
    let heads = vec!["Where", "Began", "Last used", "Ends at the latest", "Action"];
    let others = several.then(|| {
        view! {
            <form method="post" action=EndOthers::url() class="addform">
                <Button words="End all others" kind=Kind::Bad icon=Icon::Out/>
            </form>
        }
    });
    view! { <Table label="Your sessions" heads>{rows}</Table>{others} }.into_any()
}

fn password_form(
    username: &str,
    old: Option<String>,
    new: Option<String>,
    again: Option<String>,
) -> impl IntoView + use<> {
    view! {
        <form method="post" action=ChangePassword::url() class="stack">
            // For password managers (ASVS 6.2.7); without a name it is not sent.
            <input type="text" autocomplete="username" value=username.to_owned() hidden=true/>
            <Field label="Present password" name="old" kind="password" problem=old required=true autocomplete="current-password"/>
            <Field label="New password" name="new" kind="password" problem=new required=true autocomplete="new-password" help=words::PASSWORD_HELP/>
            <Field label="New password, once more" name="again" kind="password" problem=again required=true autocomplete="new-password"/>
            <p class="small dim">"Every other session of yours ends."</p>
            <div class="row"><Button words="Change the password" kind=Kind::Go/></div>
        </form>
    }
}
