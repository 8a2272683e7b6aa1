//! What the rules find, and the form that accepts one of them.

use crate::actions::architecture::AcceptFinding;
use crate::context::Place;
use crate::prelude::*;
use crate::ui::{Button, Card, EmptyState, Field, StateTag};
use crate::view::icons::Icon;
use crate::view::{times, words};
use domain::architecture::rules::{Acceptance, Severity};
use domain::time::DAY;
use leptos::server_fn::ServerFn;
use operations::view::FindingView;

/// Findings that are shown at once; the others are unfolded.
const SHOWN: usize = 20;

/// So long an exception holds if nobody chooses another day.
const USUAL: i64 = 90 * DAY;

/// The findings that count, the worst first.
pub(super) fn card(place: &Place, findings: Vec<FindingView>) -> AnyView {
    let findings: Vec<FindingView> = findings.into_iter().filter(counts).collect();
    let told = told(&findings);
    let list = if findings.is_empty() {
        view! {
            <EmptyState icon=Icon::Check title="Nothing is found">
                <p>"Every rule is kept, or what breaks it is accepted."</p>
            </EmptyState>
        }
    } else {
        let mut items: Vec<AnyView> = findings
            .into_iter()
            .enumerate()
            .map(|(at, finding)| {
                let form = (!finding.refuses).then(|| accept(place, at, &finding));
                item(finding, form)
            })
            .collect();
        let more = items.split_off(items.len().min(SHOWN));
        let more = (!more.is_empty()).then(|| {
            let words = format!("Show {} more", more.len());
            // What was refused is among them perhaps, and is to be seen.
            let open = place.typed("rule").is_some();
            view! { <details class="more" open=open><summary>{words}</summary><ol class="verdicts">{more}</ol></details> }
        });
        view! { <ol class="verdicts">{items}</ol>{more} }
    };
    view! { <Card title="Findings" id="findings" flush=true aside=told>{list}</Card> }
}

/// Findings without a way to accept them: those that a comparison brings, or those of an environment.
pub(crate) fn list(findings: Vec<FindingView>) -> AnyView {
    let items = findings.into_iter().map(|finding| item(finding, None)).collect_view();
    view! { <ol class="verdicts">{items}</ol> }
}

const fn counts(finding: &FindingView) -> bool {
    !matches!(finding.acceptance, Some(Acceptance::Accepted { .. }))
}

/// How many of each severity, such as `3 errors, 1 warning`.
pub(crate) fn told(findings: &[FindingView]) -> String {
    let nouns = [
        (Severity::Error, "error", "errors"),
        (Severity::Warning, "warning", "warnings"),
        (Severity::Advice, "piece of advice", "pieces of advice"),
    ];
    let parts: Vec<String> = nouns
        .into_iter()
        .map(|(severity, one, many)| {
            let count = findings.iter().filter(|finding| finding.severity == severity).count();
            (count, words::of(count as u64, one, many))
        })
        .filter(|(count, _)| *count > 0)
        .map(|(_, told)| told)
        .collect();
    if parts.is_empty() { "none that counts".to_owned() } else { parts.join(", ") }
}

fn item(finding: FindingView, form: Option<AnyView>) -> AnyView {
    let expired = match &finding.acceptance {
        Some(Acceptance::Expired { reason, expires_at }) => {
            let said =
                format!("It was accepted until {} (“{reason}”) and counts again.", times::day(*expires_at));
            Some(view! { <p class="small">{said}</p> })
        }
        _ => None,
    };
    let look = words::severity(finding.severity);
    view! {
        <li class="verdict">
            <div class="row"><StateTag look/><span class="mono small dim">{finding.rule}</span><span class="small dim">{finding.place}</span></div>
            <p><b>{finding.what}</b></p>
            <p class="small dim">{finding.why}" "{finding.todo}</p>
            {expired}
            {form}
        </li>
    }
}

/// Accepts one finding; open again, with what was typed, where it was refused.
fn accept(place: &Place, at: usize, finding: &FindingView) -> AnyView {
    let mine = place.typed("rule").as_deref() == Some(finding.rule.as_str())
        && place.typed("path").as_deref() == Some(finding.path.as_str());
    let typed = |field: &str| place.typed(field).filter(|_| mine);
    let problem = |field: &str| place.problem(field).filter(|_| mine);
    let day = typed("expires_at").unwrap_or_else(|| times::date(place.now.plus(USUAL)));
    let label = format!("Accept {} at {}", finding.rule, finding.place);
    view! {
        <details class="accept" open=mine>
            <summary>"Accept it for a time"</summary>
            <form method="post" action=AcceptFinding::url() class="stack">
                <input type="hidden" name="infra" value=place.key.clone()/>
                <input type="hidden" name="rule" value=finding.rule.clone()/>
                <input type="hidden" name="path" value=finding.path.clone()/>
                <div class="fields">
                    <Field label="Reason" name="reason" id=format!("reason-{at}") value=typed("reason") problem=problem("reason") required=true maxlength=200/>
                    <Field label="Until" name="expires_at" id=format!("until-{at}") kind="date" value=Some(day) problem=problem("expires_at") required=true/>
                </div>
                <div class="row"><Button words="Accept" label/></div>
            </form>
        </details>
    }
}
