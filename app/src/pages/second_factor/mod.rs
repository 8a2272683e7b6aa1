//! One's own second factor: an authenticator app, passkeys, recovery codes.

mod app;

use crate::actions::second_factor::RemovePasskey;
use crate::context::{NewCodes, console, framed_for_me};
use crate::islands::passkey::PasskeyForm;
use crate::prelude::*;
use crate::ui::{Button, Card, Cell, Field, Kind, LinkButton, Note, Row, RowHead, Table, When, Why};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::words;
use domain::time::Timestamp;
use leptos::server_fn::ServerFn;
use operations::view::SecondFactorView;

/// The page. Right after codes were made it shows them, this once.
#[component]
pub fn Page() -> impl IntoView {
    let codes = use_context::<NewCodes>();
    framed_for_me("Second factor", |me, caller, flash| async move {
        let console = console()?;
        if let Some(NewCodes(codes)) = codes {
            return Ok(new_codes(codes).into_any());
        }
        let held = console.own_second_factor(&caller).await?;
        let enrolment = console.authenticator_to_confirm(&caller).await?;
        let problem = |field: &str| flash.as_ref().and_then(|flash| flash.problem(field));
        let name = flash.as_ref().and_then(|flash| flash.typed("name"));
        let app = app::card(held.authenticator, enrolment, problem("code"), console.time());
        Ok(view! {
            <div class="head"><div>
                <h1>"Second factor"</h1>
                <p class="dim">"Asked for after your password, so that a password alone opens nothing."</p>
            </div></div>
            {needed(&held)}
            <div class="pair">
                {app}
                {passkeys(&held, &me.name, name, problem("name"), console.time())}
                {recovery(&held)}
            </div>
        }
        .into_any())
    })
}

fn needed(held: &SecondFactorView) -> Option<AnyView> {
    (held.required && !held.exists()).then(|| {
        view! {
            <Note tone=Tone::Warn>
                <p><b>"Your role asks for a second factor."</b></p>
                <p>"Set one up here; until then nothing else of the console opens to you."</p>
            </Note>
        }
        .into_any()
    })
}

fn new_codes(codes: Vec<String>) -> impl IntoView {
    let list = codes.into_iter().map(|code| view! { <li class="mono">{code}</li> }).collect_view();
    view! {
        <div class="head"><div>
            <h1>"Your recovery codes"</h1>
            <p class="dim">"Each opens the second step once, where your app or passkey is lost."</p>
        </div></div>
        <Card title="Keep them now" id="codes">
            <div class="stack">
                <Note tone=Tone::Warn><p>"They are shown this once and never again. Print them, or keep them where you keep passwords."</p></Note>
                <ol class="codes">{list}</ol>
                <div class="row"><LinkButton words="I have kept them" href="/second-factor" kind=Kind::Go/></div>
            </div>
        </Card>
    }
}

fn passkeys(
    held: &SecondFactorView,
    owner: &str,
    name: Option<String>,
    problem: Option<String>,
    now: Timestamp,
) -> AnyView {
    let rows = held
        .passkeys
        .iter()
        .cloned()
        .map(|each| {
            let label = format!("Remove the passkey {}", each.name);
            let used = match each.used_at {
                Some(at) => view! { <When at now/> }.into_any(),
                None => view! { <span class="dim">"not yet"</span> }.into_any(),
            };
            view! {
                <Row>
                    <RowHead>{each.name}</RowHead>
                    <Cell label="Added"><When at=each.added_at now/></Cell>
                    <Cell label="Last used">{used}</Cell>
                    <Cell label="Action">
                        <form method="post" action=RemovePasskey::url()>
                            <input type="hidden" name="passkey" value=each.id.to_string()/>
                            <Button words="Remove" kind=Kind::Tiny label/>
                        </form>
                    </Cell>
                </Row>
            }
        })
        .collect_view();
    let list = (!held.passkeys.is_empty()).then(|| {
        view! { <Table label="Your passkeys" heads=vec!["Name", "Added", "Last used", "Action"]>{rows}</Table> }
    });
    let help = format!("By which you will know it, such as “{}’s laptop”.", first(owner));
    let add = match held.passkeys_possible.clone() {
        Ok(()) => view! {
            <noscript><p class="small">"Your browser runs no scripts, which a passkey needs. An authenticator app works without."</p></noscript>
            <PasskeyForm question="/second-factor/passkey".to_owned() action="/second-factor/passkeys".to_owned() creates=true words="Add a passkey".to_owned()>
                <Field label="Name" name="name" required=true value=name problem=problem maxlength=60
                    help=help/>
            </PasskeyForm>
        }
        .into_any(),
        Err(refusal) => view! { <Why refusals=vec![refusal] id="no-passkeys"/> }.into_any(),
    };
    view! {
        <Card title="Passkeys" id="passkeys" aside="your device's own lock, or a security key">
            <div class="stack">
                {list}
                <p class="small dim">"A passkey cannot be typed, so it cannot be given to a false page. It belongs to the address of this console."</p>
                {add}
            </div>
        </Card>
    }
    .into_any()
}

fn first(name: &str) -> &str {
    name.split_whitespace().next().unwrap_or(name)
}

fn recovery(held: &SecondFactorView) -> Option<AnyView> {
    held.exists().then(|| {
        let left = words::of(held.recovery_left, "code is left", "codes are left");
        let few = held.recovery_left < 3;
        view! {
            <Card title="Recovery codes" id="recovery" aside=left>
                <form method="post" action="/second-factor/recovery" class="stack">
                    {few.then(|| view! { <Note tone=Tone::Warn><p>"Few are left. Make new ones before you need them."</p></Note> })}
                    <p class="small dim">"Each opens the second step once. New ones end those before."</p>
                    <div class="row"><Button words="Make new codes" icon=Icon::Back/></div>
                </form>
            </Card>
        }
        .into_any()
    })
}
