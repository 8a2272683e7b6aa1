//! The form of a role: its name, and for each environment a level or single rights.

use super::draft::{Draft, NEW, OWN, RIGHTS, TOGGLES, WIDE, level};
use crate::prelude::*;
use crate::ui::{Button, Choice, Field, Kind, Select, TextArea};
use crate::view::icons::Icon;
use domain::access::Rights;
use operations::FieldProblem;
use operations::view::EnvironmentRef;

/// The form. It sends nothing: its address is the preview of what it says.
pub fn shown(
    action: String,
    draft: &Draft,
    environments: &[EnvironmentRef],
    problems: &[FieldProblem],
    submit: &'static str,
) -> impl IntoView + use<> {
    let problem =
        |field: &str| problems.iter().find(|each| each.field == field).map(|each| each.sentence.clone());
    let sets = environments
        .iter()
        .map(|each| set(&each.key, &each.name, None, draft.at(&each.key), false))
        .collect_view();
    let coming = set(
        NEW,
        "Environments to come",
        Some("What the role gives in an environment that is registered later."),
        draft.new_environment().unwrap_or_default(),
        draft.new_environment().is_none(),
    );
    let wide = WIDE
        .into_iter()
        .map(|(right, word)| tick("wide", word, right.words(), draft.wide().has(right)))
        .collect_view();
    view! {
        <form method="get" action=action class="stack wide">
            <input type="hidden" name="preview" value="1"/>
            <div class="fields">
                <Field label="Name" name="name" value=Some(draft.name().to_owned()) required=true maxlength=80 problem=problem("name")/>
            </div>
            <TextArea label="What it is for" name="description" value=Some(draft.description().to_owned()) rows=2 maxlength=500 problem=problem("description")/>
            <div class="rightsets">{sets}{coming}</div>
            <fieldset class="choices rightset">
                <legend>"In the whole infrastructure"</legend>
                {wide}
                <p class="help small dim">"Managing infrastructure and users includes managing teams."</p>
            </fieldset>
            <div class="row"><Button words=submit kind=Kind::Go icon=Icon::Right/></div>
        </form>
    }
}

/// The choice for one environment.
fn set(
    key: &str,
    name: &str,
    help: Option<&'static str>,
    rights: Rights,
    unstated: bool,
) -> impl IntoView + use<> {
    let chosen = if unstated { String::new() } else { level(rights) };
    let unstated = (key == NEW).then(|| Choice::new("", "Not stated: as built in, else nothing"));
    let levels = (0..=6u8)
        .map(|level| Choice::new(level.to_string(), format!("{level} {}", Rights::level_name(level))));
    let choices: Vec<Choice> =
        unstated.into_iter().chain(levels).chain([Choice::new(OWN, "Right by right")]).collect();
    let own = chosen == OWN;
    let id = if key == NEW { "new-environments".to_owned() } else { format!("level-{key}") };
    let ticks = |field: &'static str, known: &[(domain::access::Right, &'static str)]| {
        known
            .iter()
            .map(|(right, word)| tick(&format!("{field}-{key}"), word, right.words(), rights.has(*right)))
            .collect_view()
    };
    view! {
        <fieldset class="choices rightset">
            <legend>{name.to_owned()}</legend>
            {help.map(|help| view! { <p class="small dim">{help}</p> })}
            <Select label="Level" name=format!("level-{key}") id=id choices value=Some(chosen)/>
            <details open=own>
                <summary>"Right by right"</summary>
                <div class="stack tight">
                    {ticks("right", &RIGHTS)}
                    <p class="small dim">"These count where the level is “Right by right”."</p>
                </div>
            </details>
            {ticks("toggle", &TOGGLES)}
        </fieldset>
    }
}

fn tick(name: &str, value: &'static str, words: &'static str, checked: bool) -> impl IntoView + use<> {
    view! {
        <label class="tick">
            <input type="checkbox" name=name.to_owned() value=value checked=checked/>
            <span>{words}</span>
        </label>
    }
}
