//! Registering an environment in four steps. Each step is a form whose address leads to the next one, with what was typed so far, so that
//! it works without scripts and one can go back; the last one does it.

use crate::context::{Place, Screen, ShownCodes, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Breadcrumbs, Button, Card, Choice, Crumb, Field, Kind, LinkButton, Note, Select};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::words;
use domain::access::Rights;
use domain::architecture::words::Topology;
use domain::environment::Purpose;
use operations::view::{Registered, Registration, StatedLevel};
use operations::{RegisterEnvironment, Result};
use std::collections::BTreeMap;

/// What the steps are about, by their numbers.
const STEPS: [&str; 4] = ["The environment", "Its place", "What roles may do there", "Summary"];

/// The page.
#[component]
pub fn NewPage() -> impl IntoView {
    let made = use_context::<ShownCodes>();
    framed(Area::Environments, |place| async move { load(place, made).await })
}

/// What was typed so far.
struct Typed {
    input: RegisterEnvironment,
    front_ends: String,
}

impl Typed {
    fn of(place: &Place) -> Self {
        let text = |name: &str| place.query(name).unwrap_or_default();
        let or = |name: &str, usual: &str| place.query(name).unwrap_or_else(|| usual.to_owned());
        let front_ends = text("front_ends");
        let levels = place.queries("level");
        let levels = levels.iter().filter_map(|pair| {
            let (role, level) = pair.split_once('=')?;
            Some((role.parse().ok()?, level.parse().ok()?))
        });
        let input = RegisterEnvironment {
            key: text("key"),
            name: text("name"),
            purpose: or("purpose", Purpose::Test.word()),
            topology: or("topology", Topology::Standalone.word()),
            address: text("address"),
            front_ends: front_ends.split(',').map(str::to_owned).collect(),
            after: text("after"),
            levels: levels.collect(),
        };
        Self { input, front_ends }
    }

    /// What the fields of one step say, to be sent along by another.
    fn of_step(&self, step: usize) -> Vec<(&'static str, String)> {
        let input = &self.input;
        match step {
            1 => vec![
                ("name", input.name.clone()),
                ("key", input.key.clone()),
                ("purpose", input.purpose.clone()),
                ("topology", input.topology.clone()),
                ("address", input.address.clone()),
                ("front_ends", self.front_ends.clone()),
            ],
            2 => vec![("after", input.after.clone())],
            3 => input.levels.iter().map(|(role, level)| ("level", format!("{role}={level}"))).collect(),
            _ => Vec::new(),
        }
    }

    /// Hidden fields with what the other steps say.
    fn beside(&self, step: usize) -> Vec<AnyView> {
        (1..=3)
            .filter(|other| *other != step)
            .flat_map(|other| self.of_step(other))
            .map(|(name, value)| view! { <input type="hidden" name=name value=value/> }.into_any())
            .collect()
    }

    /// The address of a step, with everything.
    fn address(&self, place: &Place, step: usize) -> String {
        let all: Vec<_> = (1..=3).flat_map(|each| self.of_step(each)).collect();
        let number = step.to_string();
        let mut pairs = vec![("step", Some(number.as_str()))];
        pairs.extend(all.iter().map(|(name, value)| (*name, Some(value.as_str()))));
        place.with_query("/environments/new", &pairs)
    }
}

async fn load(place: Place, made: Option<ShownCodes>) -> Result<Screen> {
    if let Some(ShownCodes(made)) = made {
        return Ok(Screen::new("Registered", registered(&place, made)));
    }
    let typed = Typed::of(&place);
    let page = place.console.registration(&place.caller, &place.key, &typed.input).await?;
    let asked = place.query("step").and_then(|step| step.parse().ok()).unwrap_or(1_usize).clamp(1, 4);
    // A step with something wrong in it is shown before those that come after it.
    let step = if asked > 1 { wrong(&page).map_or(asked, |first| first.min(asked)) } else { asked };
    let shown = step < asked;
    Ok(Screen::new("Register an environment", body(&place, &typed, &page, step, shown)))
}

/// The first step with a field that is not acceptable.
fn wrong(page: &Registration) -> Option<usize> {
    let step = |field: &str| match field {
        "after" => 2,
        "levels" => 3,
        _ => 1,
    };
    page.problems.iter().map(|(field, _)| step(field)).min()
}

fn body(place: &Place, typed: &Typed, page: &Registration, step: usize, tell: bool) -> impl IntoView + use<> {
    let steps = STEPS
        .iter()
        .zip(1..)
        .map(|(words, number)| {
            let words = format!("{number}. {words}");
            if number < step {
                view! { <li><a class="link" href=typed.address(place, number)>{words}</a></li> }.into_any()
            } else if number == step {
                view! { <li aria-current="step"><b>{words}</b></li> }.into_any()
            } else {
                view! { <li class="dim">{words}</li> }.into_any()
            }
        })
        .collect_view();
    let problems: BTreeMap<String, String> =
        if tell { page.problems.iter().cloned().collect() } else { BTreeMap::new() };
    let form = match step {
        1 => what(place, typed, &problems).into_any(),
        2 => order(place, typed, page, &problems).into_any(),
        3 => levels(place, typed, page, &problems).into_any(),
        _ => summary(place, typed, page).into_any(),
    };
    let title = STEPS.get(step - 1).copied().unwrap_or_default();
    view! {
        <div class="people">
            <div class="head"><div>
                <Breadcrumbs crumbs=vec![Crumb::new("Environments", place.address("/environments"))]/>
                <h1>"Register an environment"</h1>
                <ol class="steps" aria-label="Steps">{steps}</ol>
            </div></div>
            <Card title id="step">{form}</Card>
        </div>
    }
}

fn what(place: &Place, typed: &Typed, problems: &BTreeMap<String, String>) -> impl IntoView + use<> {
    let input = &typed.input;
    let problem = |field: &str| problems.get(field).cloned();
    let purposes: Vec<Choice> =
        Purpose::ALL.iter().map(|each| Choice::new(each.word(), words::purpose(*each))).collect();
    let topologies = vec![
        Choice::new(Topology::Standalone.word(), "Standalone: one front-end"),
        Choice::new(Topology::Farm.word(), "Farm: several front-ends behind a load balancer"),
    ];
    view! {
        <form method="get" action=place.address("/environments/new") class="stack">
            {typed.beside(1)}
            <Field label="Name" name="name" value=Some(input.name.clone()) problem=problem("name") required=true maxlength=80/>
            <Field label="Key" name="key" value=Some(input.key.clone()) problem=problem("key") verbatim=true maxlength=63
                help="as it stands in addresses; made of the name if you leave it out. It stays for good"/>
            <Select label="Purpose" name="purpose" choices=purposes value=Some(input.purpose.clone())/>
            <Select label="Topology" name="topology" choices=topologies value=Some(input.topology.clone())/>
            <Field label="Address" name="address" value=Some(input.address.clone()) problem=problem("address") verbatim=true maxlength=200
                help="where its applications are opened, such as https://apps.example; if there is one already"/>
            <Field label="Front-ends" name="front_ends" value=Some(typed.front_ends.clone()) problem=problem("front_ends") verbatim=true
                help="their names, with commas between, such as stage-1, stage-2; the first is the deployment controller"/>
            <div class="row"><Button words="To its place" kind=Kind::Go icon=Icon::Right sends=("step".to_owned(), "2".to_owned())/></div>
        </form>
    }
}

fn order(
    place: &Place,
    typed: &Typed,
    page: &Registration,
    problems: &BTreeMap<String, String>,
) -> impl IntoView + use<> {
    // Where nothing was chosen it comes last before management, which is where most come.
    let last = page.order.iter().rfind(|each| each.purpose != Purpose::Management);
    let chosen = match (place.query("after"), last) {
        (Some(after), _) => after,
        (None, Some(last)) => last.key.clone(),
        (None, None) => String::new(),
    };
    let radio = |key: String, words: String| {
        let checked = key == chosen;
        view! {
            <label class="tick"><input type="radio" name="after" value=key checked=checked/><span>{words}</span></label>
        }
    };
    let first = radio(String::new(), "First of all".to_owned());
    let others =
        page.order.iter().map(|each| radio(each.key.clone(), format!("After {}", each.name))).collect_view();
    let problem = problems
        .get("after")
        .cloned()
        .map(|sentence| view! { <Note tone=Tone::Bad><p>{sentence}</p></Note> });
    view! {
        <form method="get" action=place.address("/environments/new") class="stack">
            {typed.beside(2)}
            <p class="dim">"Applications climb in this order, and pipelines follow it."</p>
            {problem}
            <fieldset class="choices"><legend>"Where it stands"</legend>{first}{others}</fieldset>
            <div class="row">
                <Button words="To the roles" kind=Kind::Go icon=Icon::Right sends=("step".to_owned(), "3".to_owned())/>
                <LinkButton words="Back" href=typed.address(place, 1) icon=Icon::Back/>
            </div>
        </form>
    }
}

fn levels(
    place: &Place,
    typed: &Typed,
    page: &Registration,
    problems: &BTreeMap<String, String>,
) -> impl IntoView + use<> {
    let fields = page
        .levels
        .iter()
        .map(|each| {
            if each.fixed {
                return view! { <p><b>{each.name.clone()}</b>" has every right in every environment."</p> }.into_any();
            }
            let stated = Choice::new("", format!("As the role states: {}", each.words));
            let levels = (0..=6u8).map(|level| {
                Choice::new(format!("{}={level}", each.role), format!("{level} {}", Rights::level_name(level)))
            });
            let value = typed.input.levels.get(&each.role).map(|level| format!("{}={level}", each.role));
            let choices: Vec<Choice> = std::iter::once(stated).chain(levels).collect();
            let id = format!("level-{}", each.role);
            view! { <Select label=each.name.clone() name="level" id choices value=Some(value.unwrap_or_default())/> }.into_any()
        })
        .collect_view();
    let problem = problems
        .get("levels")
        .cloned()
        .map(|sentence| view! { <Note tone=Tone::Bad><p>{sentence}</p></Note> });
    view! {
        <form method="get" action=place.address("/environments/new") class="stack">
            {typed.beside(3)}
            {problem}
            {fields}
            <div class="row">
                <Button words="To the summary" kind=Kind::Go icon=Icon::Right sends=("step".to_owned(), "4".to_owned())/>
                <LinkButton words="Back" href=typed.address(place, 2) icon=Icon::Back/>
            </div>
        </form>
    }
}

fn summary(place: &Place, typed: &Typed, page: &Registration) -> impl IntoView + use<> {
    let input = &typed.input;
    let purpose = input.purpose.parse().map(words::purpose).unwrap_or_default();
    let names: Vec<&str> =
        input.front_ends.iter().map(|name| name.trim()).filter(|name| !name.is_empty()).collect();
    let front_ends = if names.is_empty() { "none yet".to_owned() } else { names.join(", ") };
    let after = page.order.iter().find(|each| each.key == input.after);
    let stands = after.map_or_else(|| "first of all".to_owned(), |each| format!("after {}", each.name));
    let address =
        if input.address.trim().is_empty() { "not known yet".to_owned() } else { input.address.clone() };
    let roles = page
        .levels
        .iter()
        .map(|StatedLevel { role, name, words, .. }| {
            let given = match input.levels.get(role) {
                Some(level) => format!("{level} {}", Rights::level_name(*level)),
                None => words.clone(),
            };
            view! { <dt>{name.clone()}</dt><dd>{given}</dd> }
        })
        .collect_view();
    let (name, key) = (input.name.clone(), page.key.clone());
    let hidden = typed.beside(4);
    view! {
        <div class="stack">
            <dl class="kv">
                <dt>"Name"</dt><dd>{name}</dd>
                <dt>"Key"</dt><dd class="mono">{key}</dd>
                <dt>"Purpose"</dt><dd>{purpose}</dd>
                <dt>"Topology"</dt><dd>{input.topology.clone()}</dd>
                <dt>"Address"</dt><dd>{address}</dd>
                <dt>"Front-ends"</dt><dd>{front_ends}</dd>
                <dt>"Place"</dt><dd>{stands}</dd>
                {roles}
            </dl>
            <p class="small dim">"Each front-end gets a code with which its Platform Server enrols. The codes are shown once, on the next page."</p>
            <form method="post" action=place.address("/environments/register")>
                {hidden}
                <div class="row">
                    <Button words="Register the environment" kind=Kind::Go icon=Icon::Check/>
                    <LinkButton words="Back" href=typed.address(place, 3) icon=Icon::Back/>
                </div>
            </form>
        </div>
    }
}

/// What was registered, with the codes that are shown this once.
fn registered(place: &Place, made: Registered) -> impl IntoView + use<> {
    let Registered { key, name, codes, .. } = made;
    let href = place.address(&format!("/environments/{key}"));
    let codes = if codes.is_empty() {
        view! { <p>"It has no front-end yet. The architecture's file adds them."</p> }.into_any()
    } else {
        let rows = codes
            .into_iter()
            .map(|(server, code)| view! { <dt class="mono">{server}</dt><dd class="mono">{code}</dd> })
            .collect_view();
        view! {
            <Note tone=Tone::Warn><p>"These codes are shown this once, and each is good for one Platform Server and a short time."</p></Note>
            <dl class="kv">{rows}</dl>
            {enrolling()}
        }
        .into_any()
    };
    view! {
        <div class="people">
            <div class="head"><div>
                <Breadcrumbs crumbs=vec![Crumb::new("Environments", place.address("/environments"))]/>
                <h1>{format!("{name} is registered")}</h1>
            </div></div>
            <Card title="Enrolment codes" id="codes">
                <div class="stack">
                    {codes}
                    <p class="small dim">"The environment's page says by itself when each of them has enrolled and is heard."</p>
                    <div class="row"><LinkButton words=format!("To {name}") href kind=Kind::Go icon=Icon::Right/></div>
                </div>
            </Card>
        </div>
    }
}

/// How a Platform Server enrols with a code. The controller of an environment comes first.
pub(super) fn enrolling() -> impl IntoView + use<> {
    view! {
        <div class="stack tight small dim">
            <p>"On the machine of the front-end, the deployment controller's before the others:"</p>
            <p><code class="mono">"TOWPATH_ENROLMENT_CODE=… towpath-platform enrol --console URL --data DIR"</code></p>
            <p><code class="mono">"towpath-platform run --data DIR"</code></p>
        </div>
    }
}
