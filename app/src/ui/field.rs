//! Fields of forms: a label, help, what was typed, and what was wrong with it.

use super::Glyph;
use crate::prelude::*;
use crate::view::icons::Icon;

/// A field of one line.
#[component]
pub fn Field(
    #[prop(into)] label: String,
    /// Name in the form, and id in the page unless `id` says otherwise.
    #[prop(into)]
    name: String,
    #[prop(optional, into)] id: Option<String>,
    #[prop(optional_no_strip)] value: Option<String>,
    /// `text` if nothing is said.
    #[prop(default = "text")]
    kind: &'static str,
    #[prop(optional, into)] help: Option<String>,
    #[prop(optional_no_strip)] problem: Option<String>,
    #[prop(optional)] required: bool,
    /// What a browser may fill in (HTML autofill, WCAG 1.3.5).
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// For names, codes and numbers: no correction, no capitals.
    #[prop(optional)]
    verbatim: bool,
    #[prop(optional)] autofocus: bool,
    /// The label is for screen readers only, where the place says what to type.
    #[prop(optional)]
    quiet: bool,
    #[prop(optional, into)] placeholder: Option<String>,
    #[prop(optional)] maxlength: Option<u32>,
    /// Id of a text elsewhere that describes it too, such as the reason of a refused form.
    #[prop(optional_no_strip)]
    described_by: Option<String>,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| name.clone());
    let describe = described(&id, help.is_some(), problem.is_some(), described_by.as_deref());
    let invalid = (problem.is_some() || described_by.is_some()).then_some("true");
    view! {
        <div class="field">
            <label for=id.clone() class=quiet.then_some("sr")>{label}</label>
            <input
                class="input"
                id=id.clone()
                name=name
                type=kind
                value=value
                required=required
                autocomplete=autocomplete
                autocapitalize=verbatim.then_some("none")
                spellcheck=verbatim.then_some("false")
                autofocus=autofocus
                placeholder=placeholder
                maxlength=maxlength.map(|n| n.to_string())
                aria-invalid=invalid
                aria-describedby=describe
            />
            <Beneath id help problem/>
        </div>
    }
}

/// A field of several lines.
#[component]
pub fn TextArea(
    #[prop(into)] label: String,
    #[prop(into)] name: String,
    #[prop(optional, into)] id: Option<String>,
    #[prop(optional_no_strip)] value: Option<String>,
    #[prop(default = 3)] rows: u32,
    #[prop(optional, into)] help: Option<String>,
    #[prop(optional_no_strip)] problem: Option<String>,
    #[prop(optional)] required: bool,
    #[prop(optional)] maxlength: Option<u32>,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| name.clone());
    let describe = described(&id, help.is_some(), problem.is_some(), None);
    let invalid = problem.is_some().then_some("true");
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <textarea
                class="input"
                id=id.clone()
                name=name
                rows=rows.to_string()
                required=required
                maxlength=maxlength.map(|n| n.to_string())
                aria-invalid=invalid
                aria-describedby=describe
            >
                {value.unwrap_or_default()}
            </textarea>
            <Beneath id help problem/>
        </div>
    }
}

/// One of the choices of a [`Select`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The value in the form.
    pub value: String,
    /// The words people read.
    pub words: String,
}

impl Choice {
    /// A choice of both.
    pub fn new(value: impl Into<String>, words: impl Into<String>) -> Self {
        Self { value: value.into(), words: words.into() }
    }
}

/// A choice of one.
#[component]
pub fn Select(
    #[prop(into)] label: String,
    #[prop(into)] name: String,
    #[prop(optional, into)] id: Option<String>,
    choices: Vec<Choice>,
    /// The chosen value.
    #[prop(optional_no_strip)]
    value: Option<String>,
    /// The label is for screen readers only, where the place says what is chosen.
    #[prop(optional)]
    quiet: bool,
    #[prop(optional, into)] help: Option<String>,
    #[prop(optional_no_strip)] problem: Option<String>,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| name.clone());
    let describe = described(&id, help.is_some(), problem.is_some(), None);
    let invalid = problem.is_some().then_some("true");
    let options = choices
        .into_iter()
        .map(|choice| {
            let selected = value.as_deref() == Some(choice.value.as_str());
            view! { <option value=choice.value selected=selected>{choice.words}</option> }
        })
        .collect_view();
    view! {
        <div class="field">
            <label for=id.clone() class=quiet.then_some("sr")>{label}</label>
            <select class="input" id=id.clone() name=name aria-invalid=invalid aria-describedby=describe>{options}</select>
            <Beneath id help problem/>
        </div>
    }
}

#[component]
fn Beneath(id: String, help: Option<String>, problem: Option<String>) -> impl IntoView {
    view! {
        {help.map(|help| view! { <p class="help" id=format!("{id}-help")>{help}</p> })}
        {problem.map(|problem| view! { <p class="err" id=format!("{id}-problem")><Glyph icon=Icon::Alert/>{problem}</p> })}
    }
}

fn described(id: &str, help: bool, problem: bool, other: Option<&str>) -> Option<String> {
    let mut ids = Vec::new();
    if problem {
        ids.push(format!("{id}-problem"));
    }
    if help {
        ids.push(format!("{id}-help"));
    }
    ids.extend(other.map(str::to_owned));
    (!ids.is_empty()).then(|| ids.join(" "))
}
