//! The settings of an environment: what it is called and for, where it stands, its front-ends, and its other parts.

use super::new::enrolling;
use crate::actions::environments::{ChangeEnvironment, ChangeServer, LeaveServer};
use crate::context::{Place, Screen, ShownServerCode, framed};
use crate::pages::gates::links;
use crate::pages::parts::cards;
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{
    Breadcrumbs, Button, Card, Choice, Crumb, EmptyState, Field, Kind, LinkButton, Note, Select, Tag, When,
};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::words;
use domain::architecture::words::{PartKind, Service, Topology};
use domain::environment::Purpose;
use leptos::server_fn::ServerFn;
use operations::Result;
use operations::view::{EnvironmentSettings, FrontEndSettings};

/// The page.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let made = use_context::<ShownServerCode>();
    framed(Area::Environments, |place| async move { load(place, made).await })
}

async fn load(place: Place, made: Option<ShownServerCode>) -> Result<Screen> {
    let key = place.param("env");
    let page = place.console.environment_settings(&place.caller, &place.key, &key).await?;
    let rows = place.console.parts(&place.caller, &place.key, Some(&key)).await?;
    let kinds = [PartKind::LoadBalancer, PartKind::Zone, PartKind::Catalog, PartKind::ExternalDatabase];
    let parts = cards(&place, &key, &kinds, &rows);
    Ok(Screen::new(format!("Settings of {}", page.name), body(&place, &page, parts, made)))
}

/// A field of one of the forms of this page: what was typed there, and what is wrong with it. `form` tells them apart.
struct Of<'p> {
    place: &'p Place,
    form: &'p str,
}

impl Of<'_> {
    fn mine(&self) -> bool {
        self.place.typed("form").as_deref() == Some(self.form)
    }

    fn value(&self, field: &str, recorded: &str) -> Option<String> {
        let typed = self.place.typed(field).filter(|_| self.mine());
        Some(typed.unwrap_or_else(|| recorded.to_owned()))
    }

    fn problem(&self, field: &str) -> Option<String> {
        self.place.problem(field).filter(|_| self.mine())
    }
}

fn body(place: &Place, page: &EnvironmentSettings, parts: AnyView, made: Option<ShownServerCode>) -> AnyView {
    let here = place.address(&format!("/environments/{}", page.key));
    let crumbs = vec![
        Crumb::new("Environments", place.address("/environments")),
        Crumb::new(page.name.clone(), here.clone()),
    ];
    let code = made.map(code);
    let gates = links(place, "environment", &page.key);
    let (itself, front_ends, add) = (itself(place, page), front_ends(place, page), add(place, page));
    let leave = {
        let (words, href) = (format!("Take {} out", page.name), format!("{here}/leave"));
        view! { <LinkButton words href kind=Kind::Bad icon=Icon::Cross/> }
    };
    view! {
        <div class="people">
            <div class="head">
                <div>
                    <Breadcrumbs crumbs/>
                    <h1>{format!("Settings of {}", page.name)}</h1>
                    <p class="dim">"What is recorded of it. What its Platform Servers report stands on its page."</p>
                </div>
                <div class="acts"><LinkButton words=format!("To {}", page.name) href=here icon=Icon::Back/></div>
            </div>
            {code}
            <Card title="The environment" id="environment">{itself}</Card>
            <Card title="Front-ends" id="front-ends">{front_ends}</Card>
            <Card title="Add a front-end" id="add">{add}</Card>
            {parts}
            {gates}
            <Card title="Take the environment out" id="leave">
                <div class="stack">
                    <p>"What would be lost is shown first, and what keeps it."</p>
                    <div class="row">{leave}</div>
                </div>
            </Card>
        </div>
    }
}

/// The code that was just made, this once.
fn code(made: ShownServerCode) -> AnyView {
    let ShownServerCode { server, code } = made;
    view! {
        <Card title="Enrolment code" id="code">
            <div class="stack">
                <Note tone=Tone::Warn><p>"This code is shown this once, and it is good for one Platform Server and a short time."</p></Note>
                <dl class="kv"><dt class="mono">{server}</dt><dd class="mono">{code}</dd></dl>
                {enrolling()}
            </div>
        </Card>
    }
}

fn hidden(place: &Place, page: &EnvironmentSettings) -> AnyView {
    view! {
        <input type="hidden" name="infra" value=place.key.clone()/>
        <input type="hidden" name="env" value=page.key.clone()/>
    }
}

fn itself(place: &Place, page: &EnvironmentSettings) -> AnyView {
    let of = Of { place, form: ITSELF };
    let purposes: Vec<Choice> =
        Purpose::ALL.iter().map(|each| Choice::new(each.word(), words::purpose(*each))).collect();
    let topologies = vec![
        Choice::new(Topology::Standalone.word(), "Standalone: one front-end"),
        Choice::new(Topology::Farm.word(), "Farm: several front-ends behind a load balancer"),
    ];
    let others = page.order.iter().map(|each| Choice::new(each.key.clone(), format!("After {}", each.name)));
    let places: Vec<Choice> = std::iter::once(Choice::new("", "First of all")).chain(others).collect();
    let address = page.address.clone().unwrap_or_default();
    let after = page.after.clone().unwrap_or_default();
    let two_stage = if of.mine() {
        place.typed("two_stage").is_some_and(|typed| !typed.is_empty())
    } else {
        page.two_stage
    };
    let most = |limit: Option<u32>| limit.map(|most| most.to_string()).unwrap_or_default();
    view! {
        <form method="post" action=ChangeEnvironment::url() class="stack">
            {hidden(place, page)}
            <Field label="Name" name="wanted[name]" id="name" value=of.value("name", &page.name) problem=of.problem("name") required=true maxlength=80/>
            <p class="small dim">"Its key, "<span class="mono">{page.key.clone()}</span>", stays."</p>
            <Select label="Purpose" name="wanted[purpose]" id="purpose" choices=purposes value=of.value("purpose", page.purpose.word()) problem=of.problem("purpose")
                help="it stays once the environment was used"/>
            <Select label="Topology" name="wanted[topology]" id="topology" choices=topologies value=of.value("topology", page.topology.word()) problem=of.problem("topology")/>
            <Field label="Address" name="wanted[address]" id="address" value=of.value("address", &address) problem=of.problem("address") verbatim=true maxlength=200
                help="where its applications are opened, such as https://apps.example; if there is one already"/>
            <Select label="Place in the order" name="wanted[after]" id="after" choices=places value=of.value("after", &after) problem=of.problem("after")
                help="applications climb in this order, and pipelines follow it"/>
            <fieldset class="choices">
                <legend>"Deployments"</legend>
                <label class="tick"><input type="checkbox" name="wanted[two_stage]" value="yes" checked=two_stage/>
                    <span>"In two stages: once everything is prepared, a deployment waits until somebody lets it go on"</span></label>
            </fieldset>
            <div class="fields">
                <Field label="Applications at most" name="wanted[application_limit]" id="application_limit" value=of.value("application_limit", &most(page.application_limit))
                    problem=of.problem("application_limit") verbatim=true maxlength=7 help="empty for any number"/>
                <Field label="Open deployments at most" name="wanted[deployment_limit]" id="deployment_limit" value=of.value("deployment_limit", &most(page.deployment_limit))
                    problem=of.problem("deployment_limit") verbatim=true maxlength=7 help="those in the queue count too; empty for any number"/>
                <Field label="Deployments at once" name="wanted[deployments_at_once]" id="deployments_at_once" value=of.value("deployments_at_once", &most(page.deployments_at_once))
                    problem=of.problem("deployments_at_once") verbatim=true maxlength=7 help="so many run at the same time, if they are independent; the others wait; empty for 5"/>
            </div>
            <div class="fields">
                <Field label="Front-ends out at once" name="wanted[out_at_once]" id="out_at_once" value=of.value("out_at_once", &most(page.out_at_once))
                    problem=of.problem("out_at_once") verbatim=true maxlength=7 help="so many are changed at the same time; one of each deployment zone always stays, where it has more; empty for 1"/>
                <Field label="Drain, seconds" name="wanted[drain_seconds]" id="drain_seconds" value=of.value("drain_seconds", &most(page.drain_seconds))
                    problem=of.problem("drain_seconds") verbatim=true maxlength=3 help="so long a front-end tells the load balancer that it leaves; empty where its command line says it"/>
                <Field label="Wait for open requests, seconds" name="wanted[open_requests_seconds]" id="open_requests_seconds"
                    value=of.value("open_requests_seconds", &most(page.open_requests_seconds)) problem=of.problem("open_requests_seconds") verbatim=true maxlength=3
                    help="so long at most after the drain; empty for 30"/>
            </div>
            <div class="row"><Button words="Save the environment" kind=Kind::Go icon=Icon::Check/></div>
        </form>
    }
}

fn front_ends(place: &Place, page: &EnvironmentSettings) -> AnyView {
    if page.front_ends.is_empty() {
        return view! {
            <EmptyState icon=Icon::Server title="No front-end yet">
                <p>"The first one that is added is the deployment controller."</p>
            </EmptyState>
        };
    }
    let all = page.front_ends.iter().map(|each| front_end(place, page, each)).collect_view();
    view! { <div class="stack wide">{all}</div> }
}

fn front_end(place: &Place, page: &EnvironmentSettings, each: &FrontEndSettings) -> AnyView {
    let key = each.key.clone();
    let role = if each.is_controller { "deployment controller and front-end" } else { "front-end" };
    let state = match (each.enrolled_at, each.revoked_at) {
        (Some(at), _) => {
            view! { <span class="small dim">"enrolled "<When at now=place.now/></span> }.into_any()
        }
        (None, Some(_)) => view! { <Tag tone=Tone::Bad icon=Icon::Cross words="Revoked"/> }.into_any(),
        (None, None) => view! { <Tag words="Not enrolled"/> }.into_any(),
    };
    let waits = each
        .waiting
        .is_some()
        .then(|| view! { <Tag tone=Tone::Warn icon=Icon::Question words="Waits for confirmation"/> });
    let itself = place.address(&format!("/environments/{}/servers/{key}", page.key));
    let itself_label = format!("Controller and key of {}", each.name);
    let code = place.address(&format!("/environments/{}/servers/code", page.key));
    let open = Of { place, form: &key }.mine();
    let change = change(place, page, each);
    let (words, label) = ("Take out", format!("Take out {}", each.name));
    let (leave, leave_id) = (each.leave.clone(), format!("leave-{key}"));
    let code_label = format!("Make a new code for {}", each.name);
    view! {
        <section class="front">
            <div class="row wrap"><h3 class="mono">{each.name.clone()}</h3><span class="small dim">{role}</span>{state}{waits}</div>
            <details open=open>
                <summary>{format!("Change {}", each.name)}</summary>
                {change}
            </details>
            <div class="row wrap">
                <form method="post" action=code class="stack">
                    <input type="hidden" name="server" value=key.clone()/>
                    <Button words="Make a new code" icon=Icon::Key label=code_label/>
                    <label class="tick"><input type="checkbox" name="confirm" value="yes"/><span>"Its key is confirmed before it is believed"</span></label>
                </form>
                <LinkButton words="Controller and key" href=itself icon=Icon::Server label=itself_label/>
                <form method="post" action=LeaveServer::url()>
                    {hidden(place, page)}
                    <input type="hidden" name="server" value=key/>
                    <Button words kind=Kind::Bad icon=Icon::Cross possible=leave id=leave_id label/>
                </form>
            </div>
        </section>
    }
}

fn centers(page: &EnvironmentSettings) -> Vec<Choice> {
    let known = page.data_centers.iter().map(|each| Choice::new(each.key.clone(), each.name.clone()));
    std::iter::once(Choice::new("", "Not recorded")).chain(known).collect()
}

fn change(place: &Place, page: &EnvironmentSettings, each: &FrontEndSettings) -> AnyView {
    let of = Of { place, form: &each.key };
    let id = |field: &str| format!("{field}-{}", each.key);
    let host = each.host.clone().unwrap_or_default();
    let count = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
    let center = each.data_center.clone().unwrap_or_default();
    let zones = page
        .zones
        .iter()
        .map(|zone| {
            let checked = each.zones.contains(&zone.key);
            view! {
                <label class="tick"><input type="checkbox" name="wanted[zones][]" value=zone.key.clone() checked=checked/><span>{zone.name.clone()}</span></label>
            }
        })
        .collect_view();
    let note =
        |field| of.problem(field).map(|sentence| view! { <Note tone=Tone::Bad><p>{sentence}</p></Note> });
    let (problem, odd) = (note("zones"), note("services"));
    let controller = Service::DeploymentController.word();
    let controls = each
        .is_controller
        .then(|| view! { <input type="hidden" name="wanted[services][]" value=controller/> });
    let services = Service::ALL.iter().filter(|service| **service != Service::DeploymentController).map(|service| {
        let checked = each.services.iter().any(|word| word == service.word());
        view! {
            <label class="tick"><input type="checkbox" name="wanted[services][]" value=service.word() checked=checked/><span>{words::service(service.word())}</span></label>
        }
    });
    let services = services.collect_view();
    let (version, system) =
        (each.version.clone().unwrap_or_default(), each.system.clone().unwrap_or_default());
    view! {
        <form method="post" action=ChangeServer::url() class="stack">
            {hidden(place, page)}
            <input type="hidden" name="server" value=each.key.clone()/>
            <Field label="Name" name="wanted[name]" id=id("name") value=of.value("name", &each.name) problem=of.problem("name") required=true maxlength=80/>
            <Field label="Machine" name="wanted[host]" id=id("host") value=of.value("host", &host) problem=of.problem("host") verbatim=true maxlength=200
                help="a host name or an IP address"/>
            <div class="fields">
                <Field label="Processor cores" name="wanted[cores]" id=id("cores") value=of.value("cores", &count(each.cores.map(u32::from))) problem=of.problem("cores")
                    verbatim=true maxlength=4/>
                <Field label="Memory in GiB" name="wanted[memory_gib]" id=id("memory") value=of.value("memory_gib", &count(each.memory_gib)) problem=of.problem("memory_gib")
                    verbatim=true maxlength=5/>
            </div>
            <Field label="System" name="wanted[system]" id=id("system") value=of.value("system", &system) problem=of.problem("system") maxlength=80
                help="its operating system and application server, such as Windows Server 2022, IIS 10"/>
            <Select label="Data center" name="wanted[data_center]" id=id("data-center") choices=centers(page) value=of.value("data_center", &center) problem=of.problem("data_center")/>
            {problem}
            <fieldset class="choices"><legend>"Deployment zones"</legend>{zones}</fieldset>
            {odd}
            <fieldset class="choices"><legend>"Services installed on it"</legend>{controls}{services}</fieldset>
            <Field label="Platform Server" name="wanted[version]" id=id("version") value=of.value("version", &version) problem=of.problem("version") verbatim=true maxlength=17
                help="its version, such as 11.26.1; what it reports is on the environment's page"/>
            <div class="row"><Button words="Save the front-end" icon=Icon::Check label=format!("Save the front-end {}", each.name)/></div>
        </form>
    }
}

fn add(place: &Place, page: &EnvironmentSettings) -> AnyView {
    let of = Of { place, form: ADD };
    let action = place.address(&format!("/environments/{}/servers", page.key));
    view! {
        <form method="post" action=action class="stack">
            <Field label="Name" name="name" id="add-name" value=of.value("name", "") problem=of.problem("name") required=true maxlength=80/>
            <Field label="Key" name="key" id="add-key" value=of.value("key", "") problem=of.problem("key") verbatim=true maxlength=63
                help="as it stands in addresses; made of the name if you leave it out. It stays for good"/>
            <Field label="Machine" name="host" id="add-host" value=of.value("host", "") problem=of.problem("host") verbatim=true maxlength=200
                help="a host name or an IP address, if it is to be recorded"/>
            <Select label="Data center" name="data_center" id="add-data-center" choices=centers(page) value=of.value("data_center", "") problem=of.problem("data_center")/>
            <p class="small dim">"It comes into the default deployment zone. The code with which its Platform Server enrols is shown once, on the next page."</p>
            <div class="row"><Button words="Add the front-end" kind=Kind::Go icon=Icon::Plus/></div>
        </form>
    }
}

/// What the form of a new front-end is called among those of this page. No key of a front-end has a sign like this.
pub const ADD: &str = "+";

/// What the form of the environment itself is called.
pub const ITSELF: &str = "=";
