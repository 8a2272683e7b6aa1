//! Whether one has a second factor.

use crate::prelude::*;
use crate::ui::{Card, LinkButton};
use crate::view::words;
use operations::view::SecondFactorView;

/// What there is, and the way to it.
pub fn card(held: &SecondFactorView) -> impl IntoView + use<> {
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
