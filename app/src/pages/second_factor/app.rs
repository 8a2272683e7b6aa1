//! The card of the authenticator app: set it up, or remove it.

use crate::actions::second_factor::{BeginAuthenticator, RemoveAuthenticator};
use crate::prelude::*;
use crate::ui::{Button, Card, Field, Kind, Tag, When};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use domain::time::Timestamp;
use leptos::server_fn::ServerFn;
use operations::Enrolment;
use qrcode::{Color, QrCode};
use std::fmt::Write as _;

/// The card.
pub fn card(
    since: Option<Timestamp>,
    enrolment: Option<Enrolment>,
    problem: Option<String>,
    now: Timestamp,
) -> AnyView {
    let body = match (since, enrolment) {
        (Some(at), _) => view! {
            <form method="post" action=RemoveAuthenticator::url() class="stack">
                <p><Tag tone=Tone::Ok icon=Icon::Check words="Set up"/>" "<When at now/></p>
                <div class="row"><Button words="Remove it" kind=Kind::Bad/></div>
            </form>
        }
        .into_any(),
        (None, Some(enrolment)) => confirm(enrolment, problem),
        (None, None) => view! {
            <form method="post" action=BeginAuthenticator::url() class="stack">
                <p class="small dim">"An app on your phone that shows six digits, new every 30 seconds. It needs no network and no scripts."</p>
                <div class="row"><Button words="Set up an app" kind=Kind::Go/></div>
            </form>
        }
        .into_any(),
    };
    view! { <Card title="Authenticator app" id="app">{body}</Card> }.into_any()
}

fn confirm(enrolment: Enrolment, problem: Option<String>) -> AnyView {
    let drawing = drawing(&enrolment.address);
    view! {
        <div class="stack">
            <p>"Read this with your authenticator app, or type the key into it."</p>
            {drawing.map(|(size, path)| {
                view! {
                    <svg class="qr" viewBox=format!("0 0 {size} {size}") role="img" aria-label="QR code for your authenticator app" shape-rendering="crispEdges">
                        <rect width=size.to_string() height=size.to_string() fill="white"></rect>
                        <path d=path fill="black"></path>
                    </svg>
                }
            })}
            <p class="small">"Key: "<code id="totp-key">{enrolment.words}</code></p>
            <form method="post" action="/second-factor/confirm" class="stack">
                <Field label="Code that the app shows now" name="code" verbatim=true required=true problem=problem autocomplete="one-time-code" maxlength=12/>
                <div class="row"><Button words="Confirm" kind=Kind::Go/></div>
            </form>
        </div>
    }
    .into_any()
}

/// Blank modules around the code, which readers need (ISO/IEC 18004).
const QUIET: usize = 4;

/// The size of the drawing, and the path of its dark modules.
fn drawing(text: &str) -> Option<(usize, String)> {
    let code = QrCode::new(text).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (at, colour) in code.to_colors().into_iter().enumerate() {
        if colour == Color::Dark {
            // Writing into a string cannot fail.
            let _ = write!(path, "M{} {}h1v1h-1z", at % width + QUIET, at / width + QUIET);
        }
    }
    Some((width + 2 * QUIET, path))
}

#[cfg(test)]
mod tests {
    use super::drawing;

    #[test]
    fn a_code_has_its_quiet_border() {
        let (size, path) = drawing("otpauth://totp/Towpath:ada?secret=GEZDGNBVGY3TQOJQ").unwrap();
        // The finder's corner is dark, and nothing is drawn before it.
        assert!(path.starts_with("M4 4h1v1h-1z"), "{path}");
        assert!(size > 21 + 8 && !path.contains("style"));
    }
}
