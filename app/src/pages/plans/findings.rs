//! What the validation found, each with its ways out: one click each.

use super::around::hidden;
use crate::actions::plans::{EditPlan, FillPlan};
use crate::context::Place;
use crate::prelude::*;
use crate::ui::{Button, Glyph, Kind, LinkButton, Tag};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::words;
use leptos::server_fn::ServerFn;
use operations::view::{Finding, PlanOperation, PlanPage, WayOut};
use std::collections::BTreeSet;

/// Errors and warnings.
pub(super) fn counts(findings: &[Finding]) -> (u64, u64) {
    let errors = findings.iter().filter(|finding| finding.is_error).count() as u64;
    (errors, findings.len() as u64 - errors)
}

/// How many there are of each, beside the heading.
pub(super) fn tags((errors, warnings): (u64, u64)) -> AnyView {
    view! {
        {(errors > 0).then(|| view! { <Tag tone=Tone::Bad icon=Icon::Cross words=words::of(errors, "conflict", "conflicts")/> })}
        {(warnings > 0).then(|| view! { <Tag tone=Tone::Warn icon=Icon::Alert words=words::of(warnings, "warning", "warnings")/> })}
    }
    .into_any()
}

/// The findings, or that there are none.
pub(super) fn list(place: &Place, page: &PlanPage, editable: bool) -> AnyView {
    if page.findings.is_empty() {
        let sentence = format!("{} would hold nothing broken.", page.target.name);
        return view! { <p class="body fine"><Glyph icon=Icon::Check/>{sentence}</p> }.into_any();
    }
    let all = page.findings.iter().map(|finding| one(place, page, finding, editable)).collect_view();
    let together = |n: usize, what: &'static str, words: String, help: &'static str| {
        (editable && n > 1).then(|| {
            view! {
                <form method="post" action=FillPlan::url() class="body">
                    {hidden(place, page)}
                    <input type="hidden" name="what" value=what/>
                    <Button words kind=Kind::Go icon=Icon::Plus/>
                    <p class="small dim">{help}</p>
                </form>
            }
        })
    };
    let (lacking, outdated) = (lacking(page), outdated(&page.findings));
    let words = format!("Bring all {lacking} producers along");
    let along = together(lacking, "producers", words, "and what they use in turn, where it is not there");
    let words = format!("Redeploy all {outdated} outdated consumers");
    let once_more =
        together(outdated, "outdated", words, "each as it is, so that it takes what its producers offer now");
    view! {
        {along}
        {once_more}
        {all}
    }
    .into_any()
}

/// How many producers the ways out of conflicts would bring along: what the plan does not change yet.
fn lacking(page: &PlanPage) -> usize {
    let moves = |way: &WayOut| {
        let own = page.items.iter().find(|item| item.application.id == way.application.id);
        own.is_some_and(|item| item.operation != PlanOperation::Nothing)
    };
    let errors = page.findings.iter().filter(|finding| finding.is_error);
    let ways = errors.flat_map(|finding| {
        finding.ways_out.iter().filter(|way| {
            way.application.id != finding.application.id
                && matches!(way.operation, PlanOperation::Deploy(..) | PlanOperation::TagAndDeploy(_))
                && !moves(way)
        })
    });
    ways.map(|way| way.application.id).collect::<BTreeSet<_>>().len()
}

/// How many consumers are outdated that can be deployed once more.
fn outdated(findings: &[Finding]) -> usize {
    let ways = findings.iter().flat_map(|finding| &finding.ways_out);
    let again = ways.filter(|way| way.operation == PlanOperation::Redeploy);
    again.map(|way| way.application.id).collect::<BTreeSet<_>>().len()
}

fn one(place: &Place, page: &PlanPage, finding: &Finding, editable: bool) -> impl IntoView + use<> {
    let (tone, icon, word) = if finding.is_error {
        (Tone::Bad, Icon::Cross, "Conflict")
    } else {
        (Tone::Warn, Icon::Alert, "Warning")
    };
    let ways = finding.ways_out.iter().filter(|_| editable).enumerate().map(|(index, way)| {
        let key = way.application.key.clone();
        let kind = if index == 0 { Kind::Go } else { Kind::Plain };
        if let Some(setting) = &way.setting {
            let href = format!("#{}", super::settings::anchor(&key, setting));
            return view! { <li><LinkButton words=way.words.clone() href kind/></li> }.into_any();
        }
        if let Some(stage) = &way.back_to {
            let target = page.target.key.as_str();
            let pairs =
                [("from", Some(target)), ("to", Some(stage.key.as_str())), ("app", Some(key.as_str()))];
            let href = place.with_query("/plans/new", &pairs);
            return view! { <li><LinkButton words=way.words.clone() href kind icon=Icon::Back/></li> }
                .into_any();
        }
        view! {
            <li>
                <form method="post" action=EditPlan::url()>
                    {hidden(place, page)}
                    <input type="hidden" name="app" value=key/>
                    <input type="hidden" name="operation" value=way.operation.code()/>
                    <Button words=way.words.clone() kind/>
                </form>
            </li>
        }
        .into_any()
    });
    let ways = ways.collect::<Vec<_>>();
    view! {
        <article class="finding">
            <div class="row"><span class=format!("st {}", tone.class())><Glyph icon/>{word}</span><h3>{finding.kind}</h3></div>
            <p>{finding.sentence.clone()}</p>
            {(!ways.is_empty()).then(|| view! { <ul class="fixes" aria-label="Ways out">{ways}</ul> })}
        </article>
    }
}

#[cfg(test)]
mod tests {
    use super::counts;

    #[test]
    fn nothing_found_counts_nothing() {
        assert_eq!(counts(&[]), (0, 0));
    }
}
