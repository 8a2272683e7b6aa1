//! What the validation found, each with its ways out: one click each.

use crate::actions::plans::{EditPlan, FillPlan};
use crate::context::Place;
use crate::prelude::*;
use crate::ui::{Button, Glyph, Kind, LinkButton, Tag};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::words;
use leptos::server_fn::ServerFn;
use operations::view::{Finding, PlanOperation, PlanPage};
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
    let lacking = lacking(&page.findings);
    let along = (editable && lacking > 1).then(|| {
        let words = format!("Bring all {lacking} producers along");
        view! {
            <form method="post" action=FillPlan::url() class="body">
                <input type="hidden" name="infra" value=place.key.clone()/>
                <input type="hidden" name="plan" value=page.id.to_string()/>
                <input type="hidden" name="what" value="producers"/>
                <Button words kind=Kind::Go icon=Icon::Plus/>
                <p class="small dim">"and what they use in turn, where it is not there"</p>
            </form>
        }
    });
    view! {
        {along}
        {all}
    }
    .into_any()
}

/// How many producers the ways out of conflicts would bring along.
fn lacking(findings: &[Finding]) -> usize {
    let errors = findings.iter().filter(|finding| finding.is_error);
    let ways = errors.flat_map(|finding| {
        finding.ways_out.iter().filter(|way| {
            way.setting.is_none()
                && way.application != finding.application.id
                && matches!(way.operation, PlanOperation::Deploy(..) | PlanOperation::TagAndDeploy(_))
        })
    });
    ways.map(|way| way.application).collect::<BTreeSet<_>>().len()
}

fn one(place: &Place, page: &PlanPage, finding: &Finding, editable: bool) -> impl IntoView + use<> {
    let (tone, icon, word) = if finding.is_error {
        (Tone::Bad, Icon::Cross, "Conflict")
    } else {
        (Tone::Warn, Icon::Alert, "Warning")
    };
    let ways = finding.ways_out.iter().filter(|_| editable).enumerate().map(|(index, way)| {
        let known = page.items.iter().map(|item| &item.application).chain(page.addable.iter());
        let key = known
            .clone()
            .find(|one| one.id == way.application)
            .map(|one| one.key.clone())
            .unwrap_or_default();
        let kind = if index == 0 { Kind::Go } else { Kind::Plain };
        if let Some(setting) = &way.setting {
            let href = format!("#{}", super::settings::anchor(&key, setting));
            return view! { <li><LinkButton words=way.words.clone() href kind/></li> };
        }
        view! {
            <li>
                <form method="post" action=EditPlan::url()>
                    <input type="hidden" name="infra" value=place.key.clone()/>
                    <input type="hidden" name="plan" value=page.id.to_string()/>
                    <input type="hidden" name="app" value=key/>
                    <input type="hidden" name="operation" value=way.operation.code()/>
                    <Button words=way.words.clone() kind/>
                </form>
            </li>
        }
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
