//! What an architecture would become, before it does: counts, changes, new findings, and the button that makes it so.

use super::{counted, file, findings};
use crate::context::{AskedArchitecture, Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Breadcrumbs, Button, Card, Crumb, EmptyState, Glyph, Kind, LinkButton, Note};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::words;
use domain::architecture::difference::{Change, Happens};
use domain::architecture::words::{Edition, Engine};
use operations::view::{ArchitectureCounts, Comparison};
use operations::{OperationError, Result};

/// The page. A file comes with the form that this page answers; a template is asked for by the address too.
#[component]
pub fn Page() -> impl IntoView {
    let asked = use_context::<AskedArchitecture>();
    framed(Area::Architecture, |place| async move { load(place, asked).await })
}

async fn load(place: Place, asked: Option<AskedArchitecture>) -> Result<Screen> {
    // Who may not see the architecture is told so before anything of the text is read.
    place.console.architecture(&place.caller, &place.key).await?;
    let by_address = || {
        let (template, engine) = (place.query("template")?, place.query("engine")?);
        Some(AskedArchitecture { template, engine, ..AskedArchitecture::default() })
    };
    let Some(asked) = asked.or_else(by_address) else {
        return Ok(screen(&place, None, nothing_asked(&place)));
    };
    let compared = match asked.wanted() {
        Ok(wanted) => place.console.compare_architecture(&place.caller, &place.key, &wanted).await,
        Err(error) => Err(error),
    };
    let shown = match compared {
        Ok(comparison) => comparison_of(&place, &asked, comparison),
        Err(OperationError::Invalid { fields }) => {
            let sentences = fields.into_iter().map(|field| field.sentence).collect();
            unreadable(&place, asked.clone(), sentences)
        }
        Err(OperationError::Conflict { sentence, .. }) => unreadable(&place, asked.clone(), vec![sentence]),
        Err(error) => return Err(error),
    };
    Ok(screen(&place, Some(&asked), shown))
}

fn screen(place: &Place, asked: Option<&AskedArchitecture>, shown: AnyView) -> Screen {
    let crumbs = vec![Crumb::new("Architecture", place.address("/architecture"))];
    let with = asked.map(with);
    let body = view! {
        <div class="head"><div>
            <Breadcrumbs crumbs/>
            <h1>"Compare"</h1>
            {with.map(|with| view! { <p class="dim">{with}</p> })}
        </div></div>
        {shown}
    };
    Screen::new("Compare the architecture", body)
}

/// What the architecture is compared with.
fn with(asked: &AskedArchitecture) -> String {
    let template = (asked.template.parse::<Edition>(), asked.engine.parse::<Engine>());
    match (&asked.file, template) {
        (Some(_), _) => "The architecture as it is, and as the file has it.".to_owned(),
        (None, (Ok(edition), Ok(engine))) => {
            format!("The architecture as it is, and with the reference architecture {edition} on {engine}.")
        }
        (None, _) => "The architecture as it is, and with a reference architecture.".to_owned(),
    }
}

fn back(place: &Place) -> AnyView {
    let href = place.address("/architecture");
    view! { <LinkButton words="Back" href icon=Icon::Back/> }
}

fn nothing_asked(place: &Place) -> AnyView {
    let back = back(place);
    view! {
        <div class="card">
            <EmptyState icon=Icon::Layers title="Nothing to compare with">
                <p>"Choose a reference architecture, or put in the text of a file."</p>
                <p>{back}</p>
            </EmptyState>
        </div>
    }
}

/// What was asked for is no architecture: why, and what was typed, to be put right.
fn unreadable(place: &Place, asked: AskedArchitecture, sentences: Vec<String>) -> AnyView {
    let back = back(place);
    if let Some(text) = asked.file {
        let form = file::form(place, text, sentences);
        return view! {
            <Card title="The file is not taken" id="as-file" aside="nothing was changed">
                <div class="stack">{form}<div class="row">{back}</div></div>
            </Card>
        };
    }
    let lines = sentences.into_iter().map(|sentence| view! { <p>{sentence}</p> }).collect_view();
    view! {
        <div class="stack">
            <Note tone=Tone::Bad>{lines}</Note>
            <div class="row">{back}</div>
        </div>
    }
}

fn comparison_of(place: &Place, asked: &AskedArchitecture, comparison: Comparison) -> AnyView {
    let Comparison { digest, changes, before, after, findings, kept } = comparison;
    let refused = asked.refused.as_ref().map(|flash| {
        let (sentence, lifted_by) = (flash.sentence.clone(), flash.lifted_by.clone());
        view! {
            <Note tone=Tone::Bad>
                <p><b>{sentence}</b></p>
                {(!lifted_by.is_empty()).then(|| view! { <p class="small">{lifted_by}</p> })}
            </Note>
        }
    });
    if changes.is_empty() {
        let back = back(place);
        return view! {
            <div class="stack wide">
                {refused}
                <div class="card">
                    <EmptyState icon=Icon::Check title="Nothing would change">
                        <p>"The architecture already is like that."</p>
                        <p>{back}</p>
                    </EmptyState>
                </div>
            </div>
        };
    }
    let number = changes.len() as u64;
    let stays = (!kept.is_empty()).then(|| {
        let lines = kept.into_iter().map(|sentence| view! { <p>{sentence}</p> }).collect_view();
        view! { <Note>{lines}</Note> }
    });
    let facts = counts(&before, &after);
    let groups = [Happens::Added, Happens::Changed, Happens::Removed]
        .into_iter()
        .filter_map(|happens| group(happens, &changes))
        .collect_view();
    let new = (!findings.is_empty()).then(|| {
        let aside = words::of(findings.len() as u64, "finding", "findings");
        let list = findings::list(findings);
        view! { <Card title="What the rules would find then" id="new-findings" flush=true aside>{list}</Card> }
    });
    let form = apply(place, asked, digest, number);
    view! {
        <div class="stack wide">
            {refused}
            {facts}
            {stays}
            <Card title="What would change" id="changes" aside=words::of(number, "change", "changes")>
                <div class="stack wide">{groups}{form}</div>
            </Card>
            {new}
        </div>
    }
}

/// What there is of each kind, before and after.
fn counts(before: &ArchitectureCounts, after: &ArchitectureCounts) -> AnyView {
    let facts = counted(before)
        .into_iter()
        .zip(counted(after))
        .map(|((name, old), (_, new))| {
            let shown = if old == new {
                old.to_string().into_any()
            } else {
                view! { <span class="to">{old.to_string()}<Glyph icon=Icon::Right/><span class="sr">"becomes "</span><b>{new.to_string()}</b></span> }
            };
            view! { <div><dt>{name}</dt><dd>{shown}</dd></div> }
        })
        .collect_view();
    view! { <dl class="facts">{facts}</dl> }
}

/// The changes of one kind.
fn group(happens: Happens, changes: &[Change]) -> Option<AnyView> {
    let (title, icon, class) = match happens {
        Happens::Added => ("Added", Icon::Plus, "becomes ok"),
        Happens::Changed => ("Changed", Icon::Differ, "becomes"),
        Happens::Removed => ("Removed", Icon::Minus, "becomes bad"),
    };
    let lines: Vec<String> = changes
        .iter()
        .filter(|change| change.happens == happens)
        .map(|change| change.sentence.clone())
        .collect();
    if lines.is_empty() {
        return None;
    }
    let head = format!("{title}: {}", lines.len());
    let lines =
        lines.into_iter().map(|line| view! { <li><Glyph icon/><span>{line}</span></li> }).collect_view();
    Some(view! { <section><h3>{head}</h3><ul class=class>{lines}</ul></section> })
}

/// The button that makes it so, with what was compared.
fn apply(place: &Place, asked: &AskedArchitecture, digest: String, number: u64) -> AnyView {
    let wanted = match asked.file.clone() {
        Some(file) => view! { <input type="hidden" name="file" value=file/> },
        None => view! {
            <input type="hidden" name="template" value=asked.template.clone()/>
            <input type="hidden" name="engine" value=asked.engine.clone()/>
        },
    };
    let words =
        if number == 1 { "Make this change".to_owned() } else { format!("Make these {number} changes") };
    view! {
        <form method="post" action=place.address("/architecture/apply")>
            {wanted}
            <input type="hidden" name="expected" value=digest/>
            <div class="row"><Button words kind=Kind::Go icon=Icon::Check/>{back(place)}</div>
        </form>
    }
}
