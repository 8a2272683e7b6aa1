//! The form of a part that is recorded by itself, new or there: one page for all kinds, made of the fields that the kind has. The tables of
//! them stand on the pages of the architecture and of an environment's settings.

mod table;

pub(crate) use table::cards;

use crate::actions::parts::{AddPart, ChangePart, RemovePart};
use crate::context::{Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Breadcrumbs, Button, Card, Choice, Crumb, Field, Kind, LinkButton, Note, Select};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use domain::architecture::parts::{self, Input};
use domain::architecture::words::PartKind;
use leptos::server_fn::ServerFn;
use operations::view::{Keyed, PartField, PartForm, PartInput};
use operations::{PartAt, Result};
use std::collections::BTreeMap;

/// A new part of the infrastructure.
#[component]
pub fn NewPage() -> impl IntoView {
    framed(Area::Architecture, |place| async move { load(place, false, true).await })
}

/// A part of the infrastructure that is there.
#[component]
pub fn EditPage() -> impl IntoView {
    framed(Area::Architecture, |place| async move { load(place, false, false).await })
}

/// A new part of an environment.
#[component]
pub fn NewTherePage() -> impl IntoView {
    framed(Area::Environments, |place| async move { load(place, true, true).await })
}

/// A part of an environment that is there.
#[component]
pub fn EditTherePage() -> impl IntoView {
    framed(Area::Environments, |place| async move { load(place, true, false).await })
}

/// Where the parts beside a part are listed: the architecture, or the settings of an environment.
pub(crate) fn home(infra: &str, environment: &str) -> String {
    if environment.is_empty() {
        format!("/i/{infra}/architecture")
    } else {
        format!("/i/{infra}/environments/{environment}/settings")
    }
}

/// The page of a part; of a new one where the key is empty.
pub(crate) fn address(infra: &str, environment: &str, kind: &str, key: &str) -> String {
    let key = if key.is_empty() { "new" } else { key };
    if environment.is_empty() {
        format!("/i/{infra}/architecture/{kind}/{key}")
    } else {
        format!("/i/{infra}/environments/{environment}/parts/{kind}/{key}")
    }
}

/// What a form sends, by the names of fields. A box that is not ticked sends nothing, so what is ticked comes apart, as `field=value`.
pub(crate) fn typed(
    kind: &str,
    mut fields: BTreeMap<String, String>,
    ticked: &[String],
) -> BTreeMap<String, String> {
    let known = kind.parse::<PartKind>().map(parts::fields).unwrap_or_default();
    for field in known {
        let of_field = ticked.iter().filter_map(|pair| pair.split_once('='));
        let values: Vec<&str> =
            of_field.filter(|(name, _)| *name == field.name).map(|(_, value)| value).collect();
        match field.input {
            Input::Several(_) => drop(fields.insert(field.name.to_owned(), values.join(","))),
            Input::YesNo => {
                let yes = if values.is_empty() { "no" } else { "yes" };
                fields.insert(field.name.to_owned(), yes.to_owned());
            }
            _ => {}
        }
    }
    fields
}

async fn load(place: Place, there: bool, new: bool) -> Result<Screen> {
    let environment = there.then(|| place.param("env"));
    let key = if new { String::new() } else { place.param("key") };
    let at = PartAt { environment, kind: place.param("kind"), key };
    let form = place.console.part_form(&place.caller, &place.key, &at).await?;
    let title = if new { format!("New {}", form.kind) } else { form.name.clone() };
    Ok(Screen::new(title.clone(), body(&place, &title, &form)))
}

fn body(place: &Place, title: &str, form: &PartForm) -> AnyView {
    let (environment, of) = match &form.environment {
        Some(of) => (of.key.as_str(), format!("of {}", of.name)),
        None => ("", format!("of {}", place.infrastructure.name)),
    };
    let back = home(&place.key, environment);
    let crumbs = match &form.environment {
        Some(of) => vec![
            Crumb::new("Environments", place.address("/environments")),
            Crumb::new(of.name.clone(), place.address(&format!("/environments/{}", of.key))),
            Crumb::new("Settings", back.clone()),
        ],
        None => vec![Crumb::new("Architecture", back.clone())],
    };
    let (what, remove) = (itself(place, form), form.key.as_deref().map(|key| remove(place, form, key)));
    view! {
        <div class="people">
            <div class="head">
                <div>
                    <Breadcrumbs crumbs/>
                    <h1>{title.to_owned()}</h1>
                    <p class="dim">{format!("{} {of}, as it is recorded: nothing measures it.", capital(&form.kind.one()))}</p>
                </div>
                <div class="acts"><LinkButton words="Back" href=back icon=Icon::Back/></div>
            </div>
            <Card title=capital(form.kind.label()) id="part">{what}</Card>
            {remove}
        </div>
    }
}

/// The first letter large.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

fn hidden(place: &Place, form: &PartForm) -> AnyView {
    let environment = form.environment.as_ref().map(|of| of.key.clone()).unwrap_or_default();
    view! {
        <input type="hidden" name="infra" value=place.key.clone()/>
        <input type="hidden" name="env" value=environment/>
        <input type="hidden" name="kind" value=form.kind.word()/>
    }
}

fn itself(place: &Place, form: &PartForm) -> AnyView {
    if let Some(nothing) = nothing_to_choose(place, form) {
        return nothing;
    }
    let mut fields: Vec<AnyView> = form.fields.iter().map(|field| shown(place, field)).collect();
    match &form.key {
        Some(key) => {
            // That of a load balancer is always the same, and that of a catalog stands in its name.
            let told = !matches!(form.kind, PartKind::LoadBalancer | PartKind::Catalog);
            let stays = told.then(|| view! { <p class="small dim">"Its key, "<span class="mono">{key.clone()}</span>", stays."</p> });
            view! {
                <form method="post" action=ChangePart::url() class="stack">
                    {hidden(place, form)}
                    <input type="hidden" name="key" value=key.clone()/>
                    {fields}
                    {stays}
                    <div class="row"><Button words=format!("Save the {}", form.kind) kind=Kind::Go icon=Icon::Check/></div>
                </form>
            }
        }
        None => {
            // Which catalog comes first; a key follows the name that it is made of.
            let at = usize::from(form.keys.is_none() && !fields.is_empty());
            if let Some(key) = key(place, form) {
                fields.insert(at, key);
            }
            view! {
                <form method="post" action=AddPart::url() class="stack">
                    {hidden(place, form)}
                    {fields}
                    <div class="row"><Button words=format!("Add the {}", form.kind) kind=Kind::Go icon=Icon::Plus/></div>
                </form>
            }
        }
    }
}

/// A form that cannot be filled in, because what it needs is not there, says so and leads there.
fn nothing_to_choose(place: &Place, form: &PartForm) -> Option<AnyView> {
    if form.key.is_none() && form.keys.as_ref().is_some_and(Vec::is_empty) {
        return Some(
            view! { <Note tone=Tone::Plain><p>"It has all of its catalogs already: change one of them instead."</p></Note> },
        );
    }
    let empty = form.fields.iter().any(|field| {
        field.required
            && field.input == PartInput::Choice
            && field.choices.is_empty()
            && field.text.is_empty()
    });
    let href = address(&place.key, "", PartKind::DatabaseServer.word(), "");
    empty.then(|| {
        view! {
            <Note tone=Tone::Warn>
                <p><b>"No database server is recorded yet."</b></p>
                <p class="small">"A catalog lies on one, so that comes first."</p>
                <p><LinkButton words="Add a database server" href icon=Icon::Plus/></p>
            </Note>
        }
    })
}

/// The key of a new part: typed, chosen, or none where there is only one.
fn key(place: &Place, form: &PartForm) -> Option<AnyView> {
    let (value, problem) = (place.typed("key"), place.problem("key"));
    if let Some(keys) = &form.keys {
        let choices = choices(keys);
        return Some(view! { <Select label="Which catalog" name="key" choices value problem/> });
    }
    (form.kind != PartKind::LoadBalancer).then(|| {
        view! {
            <Field label="Key" name="key" value problem verbatim=true maxlength=63
                help="as it stands in addresses and in the file; made of the name if you leave it out. It stays for good"/>
        }
    })
}

fn choices(of: &[Keyed]) -> Vec<Choice> {
    of.iter().map(|each| Choice::new(each.key.clone(), capital(&each.name))).collect()
}

/// A field as it was typed, or as it is recorded.
fn shown(place: &Place, field: &PartField) -> AnyView {
    let value = place.typed(field.name).unwrap_or_else(|| field.text.clone());
    let problem = place.problem(field.name);
    let PartField { label, required, .. } = *field;
    let name = format!("fields[{}]", field.name);
    let id = field.name.replace('_', "-");
    let help = Some(field.help.to_owned()).filter(|help| !help.is_empty());
    match field.input {
        PartInput::Text { most } => line(Line {
            label,
            name,
            id,
            value,
            help,
            problem,
            required,
            most,
            verbatim: field.name != "name" && field.name != "about",
        }),
        PartInput::Host | PartInput::WebAddress => {
            line(Line { label, name, id, value, help, problem, required, most: 200, verbatim: true })
        }
        PartInput::Number { most } => {
            let most = most.to_string().len().try_into().unwrap_or(10);
            line(Line { label, name, id, value, help, problem, required, most, verbatim: true })
        }
        PartInput::Choice => {
            let mut choices = choices(&field.choices);
            if !required {
                choices.insert(0, Choice::new("", "Not recorded"));
            }
            // What is chosen stays chosen, also where the list has it no more.
            if !value.is_empty() && choices.iter().all(|each| each.value != value) {
                choices.push(Choice::new(value.clone(), value.clone()));
            }
            match help {
                Some(help) => view! { <Select label name id choices value=Some(value) problem help/> },
                None => view! { <Select label name id choices value=Some(value) problem/> },
            }
        }
        PartInput::Several => several(field, &value, problem),
        PartInput::YesNo => {
            let ticked = value == "yes";
            let wrong = problem.map(|sentence| view! { <Note tone=Tone::Bad><p>{sentence}</p></Note> });
            let pair = format!("{}=yes", field.name);
            view! {
                {wrong}
                <label class="tick">
                    <input type="checkbox" name="ticked[]" value=pair checked=ticked/>
                    <span>{label}<span class="small dim">{help}</span></span>
                </label>
            }
        }
    }
}

/// What a field of one line has.
struct Line {
    label: &'static str,
    name: String,
    id: String,
    value: String,
    help: Option<String>,
    problem: Option<String>,
    required: bool,
    most: u32,
    verbatim: bool,
}

fn line(of: Line) -> AnyView {
    let Line { label, name, id, value, help, problem, required, most, verbatim } = of;
    match help {
        Some(help) => {
            view! { <Field label name id value=Some(value) problem required verbatim maxlength=most help/> }
        }
        None => view! { <Field label name id value=Some(value) problem required verbatim maxlength=most/> },
    }
}

fn several(field: &PartField, value: &str, problem: Option<String>) -> AnyView {
    let wrong = problem.map(|sentence| view! { <Note tone=Tone::Bad><p>{sentence}</p></Note> });
    let boxes = field
        .choices
        .iter()
        .map(|each| {
            let ticked = value.split(',').any(|key| key == each.key);
            let pair = format!("{}={}", field.name, each.key);
            view! { <label class="tick"><input type="checkbox" name="ticked[]" value=pair checked=ticked/><span>{each.name.clone()}</span></label> }
        })
        .collect_view();
    let none = field.choices.is_empty().then(|| view! { <p class="small dim">"None is recorded yet."</p> });
    view! {
        {wrong}
        <fieldset class="choices"><legend>{field.label}</legend>{boxes}{none}</fieldset>
    }
}

/// Taking it out, and what keeps it.
fn remove(place: &Place, form: &PartForm, key: &str) -> AnyView {
    let users = form.used_by.iter().map(|each| view! { <li>{capital(each)}</li> }).collect_view();
    let used = (!form.used_by.is_empty()).then(|| {
        view! { <Card title="Used by" id="used-by" aside="as recorded"><ul>{users}</ul></Card> }
    });
    let possible = form.remove.clone().unwrap_or(Ok(()));
    let words = format!("Take out {}", form.name);
    let which = view! {
        {hidden(place, form)}
        <input type="hidden" name="key" value=key.to_owned()/>
    };
    view! {
        {used}
        <Card title="Take it out" id="take-out">
            <form method="post" action=RemovePart::url() class="stack">
                {which}
                <p class="small dim">"The log keeps what it was."</p>
                <div class="row"><Button words kind=Kind::Bad icon=Icon::Cross possible id="remove"/></div>
            </form>
        </Card>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_ticked_is_said_too() {
        let sent = BTreeMap::from([("name".to_owned(), "Gate".to_owned())]);
        let none = typed("load_balancer", sent.clone(), &[]);
        assert_eq!(none["data_centers"], "", "the last one can be taken away");
        let both = ["data_centers=east", "data_centers=west", "is_default=yes"].map(str::to_owned);
        assert_eq!(typed("load_balancer", sent.clone(), &both)["data_centers"], "east,west");
        assert_eq!(typed("zone", sent.clone(), &both)["is_default"], "yes");
        assert_eq!(typed("zone", sent.clone(), &[])["is_default"], "no");
        assert_eq!(typed("bridge", sent.clone(), &both), sent);
    }
}
