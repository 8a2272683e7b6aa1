//! One plan: what the target runs now and would run next, what is wrong with that, and the start.

use super::new::label;
use super::{around, findings, settings};
use crate::actions::plans::{DiscardPlan, EditPlan, NotePlan, StartPlan};
use crate::context::{Place, Screen, framed};
use crate::pages::gates;
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{
    ApplicationName, Breadcrumbs, Button, Card, Cell, Choice, Crumb, Field, Glyph, Kind, LinkButton, Note,
    Row, RowHead, Select, StateTag, Table, Tag, TextArea, When, Why,
};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::words;
use domain::deployment::OnFailure;
use domain::gate::State;
use domain::plan::{Link, lines};
use leptos::server_fn::ServerFn;
use operations::Result;
use operations::view::{Check, PlanItemView, PlanOperation, PlanPage, Possible, Refusal};

/// The page.
#[component]
pub fn Page() -> impl IntoView {
    framed(Area::Plans, |place| async move { load(place).await })
}

async fn load(place: Place) -> Result<Screen> {
    let id = place.id("id")?;
    let page = place.console.plan(&place.caller, &place.key, id).await?;
    let title = page.name.clone();
    let draft = page.edit.is_ok();
    let screen = Screen::new(title, body(&place, page));
    // What was wrong with a value that was typed is said by this page alone: it stays.
    if place.problem("value").is_some() {
        return Ok(screen);
    }
    let screen = screen.live(format!("plan:{id}"));
    // A started plan is history; a draft is about what its environments are now.
    Ok(if draft { screen.live(format!("infrastructure:{}", place.key)) } else { screen })
}

fn body(place: &Place, page: PlanPage) -> impl IntoView + use<> {
    let editable = page.edit.is_ok();
    let counts = findings::counts(&page.findings);
    let moves = page.items.iter().filter(|item| item.operation != PlanOperation::Nothing).count() as u64;
    let total = page.items.len() as u64;
    let deployment = page.deployment.map(|id| place.address(&format!("/deployments/{id}")));
    let crumbs = vec![Crumb::new("Plans", place.address("/plans"))];
    let start = start(place, &page, deployment);
    let rows = page.items.iter().map(|item| row(place, &page, item, editable)).collect_view();
    let add = (editable && !page.addable.is_empty()).then(|| add_form(place, &page));
    let found = findings::list(place, &page, editable);
    let approval = gates::approval(place, &page);
    let forecast = gates::forecast(place, &page);
    let notes = notes(place, &page);
    let stale = around::stale(place, &page);
    let ahead = around::ahead(place, &page);
    let back = around::back(place, &page);
    let changed = settings::card(place, &page);
    let drift = settings::drift(&page);
    let (now, aside) = (place.now, format!("what {} runs now, and next", page.target.name));
    let afterwards = format!("{} as it would be afterwards", page.target.name);
    let tags = findings::tags(counts);
    view! {
        <div class="promotion">
            <div class="head">
                <div>
                    <Breadcrumbs crumbs/>
                    <div class="title"><h1>{page.name.clone()}</h1><StateTag look=words::plan(&page.status)/></div>
                    <p class="dim dots">
                        <span class="to">{page.source.name.clone()}<Glyph icon=Icon::Right/><span class="sr">"to"</span>{page.target.name.clone()}</span>
                        <span>{format!("{}, {}", words::of(total, "application", "applications"), moving(moves))}</span>
                        <span>"made by "{page.created_by.clone()}", changed "<When at=page.updated_at now/></span>
                    </p>
                </div>
            </div>
            {stale}
            {ahead}
            {drift}
            <div class="split">
                <div>
                    <Card title="Applications" id="applications" flush=true aside=aside>
                        <Table label="Applications in this plan" class="list stacks ops" heads=vec!["Application", "Now", "Next", "Operation", "Check"]>{rows}</Table>
                        {add}
                    </Card>
                    <Card title="Validation" id="validation" flush=true aside=afterwards tags>
                        {found}
                    </Card>
                    {changed}
                    {back}
                </div>
                <aside aria-label="Start, forecast and notes">
                    {start}
                    {forecast}
                    {approval}
                    {notes}
                </aside>
            </div>
        </div>
    }
}

/// How many of a plan's applications move.
fn moving(moves: u64) -> String {
    match moves {
        0 => "none moves".to_owned(),
        1 => "1 moves".to_owned(),
        more => format!("{more} move"),
    }
}

fn row(place: &Place, page: &PlanPage, item: &PlanItemView, editable: bool) -> impl IntoView + use<> {
    let key = item.application.key.clone();
    let id = format!("op-{key}");
    let options =
        item.options.iter().map(|option| Choice::new(option.code(), option.words())).collect::<Vec<_>>();
    let operation = if item.blocked.is_some() {
        item.operation.words().into_any()
    } else if editable {
        view! {
            <form method="post" action=EditPlan::url() class="opform">
                {around::hidden(place, page)}
                <input type="hidden" name="app" value=key.clone()/>
                <Select label=format!("Operation for {}", item.application.name) name="operation" id choices=options value=Some(item.operation.code()) quiet=true/>
                <Button words="Set" kind=Kind::Tiny label=format!("Set the operation for {}", item.application.name)/>
            </form>
        }
        .into_any()
    } else {
        item.operation.words().into_any()
    };
    let idle = item.operation == PlanOperation::Nothing;
    let now = match &item.now {
        Some(running) => view! { <span class="v same">{label(running)}</span> }.into_any(),
        None => view! { <span class="st">"not there"</span> }.into_any(),
    };
    let next = match (&item.operation, item.next) {
        (PlanOperation::Redeploy, number) => {
            let number = number.map_or_else(|| "the same".to_owned(), |number| number.to_string());
            view! { <span class="next"><Glyph icon=Icon::Right/><span class="v same">{number}</span><span class="sub">"once more"</span></span> }.into_any()
        }
        (PlanOperation::Undeploy, _) => view! { <span class="st bad"><Glyph icon=Icon::Cross/>"taken out"</span> }.into_any(),
        (_, Some(number)) => {
            view! { <span class="next"><Glyph icon=Icon::Right/><span class="v">{number.to_string()}</span></span> }.into_any()
        }
        (_, None) => view! { <span class="st">"no change"</span> }.into_any(),
    };
    let check = match item.check {
        Check::Fine => view! { <span class="st ok"><Glyph icon=Icon::Check/>"Fine"</span> }.into_any(),
        Check::Warning => {
            view! { <a href="#validation"><Tag tone=Tone::Warn icon=Icon::Alert words="Warning"/></a> }
                .into_any()
        }
        Check::Conflict => {
            view! { <a href="#validation"><Tag tone=Tone::Bad icon=Icon::Cross words="Conflict"/></a> }
                .into_any()
        }
    };
    let (application, infrastructure) = (item.application.clone(), place.key.clone());
    let blocked = item.blocked.clone().map(|sentence| {
        view! { <p class="small row"><Tag icon=Icon::Padlock words="Blocked"/><span>{sentence}</span></p> }
    });
    let other = item.source_runs.clone().map(|runs| {
        let sentence = format!("{} runs {runs}, not this.", page.source.name);
        view! { <p class="small row"><Tag tone=Tone::Warn icon=Icon::Alert words="Differs"/><span>{sentence}</span></p> }
    });
    let zone = item.zone.clone().map(|zone| view! { <span class="sub">{format!("zone {zone}")}</span> });
    view! {
        <Row class=if idle { "idle" } else { "" }>
            <RowHead><ApplicationName application infrastructure/>{zone}</RowHead>
            <Cell label="Now">{now}</Cell>
            <Cell label="Next">{next}</Cell>
            <Cell label="Operation" class="full">{operation}{other}{blocked}</Cell>
            <Cell label="Check">{check}</Cell>
        </Row>
    }
}

fn add_form(place: &Place, page: &PlanPage) -> impl IntoView + use<> {
    let fill = around::fill(place, page);
    let choices = page.addable.iter().map(|one| Choice::new(&one.key, &one.name)).collect::<Vec<_>>();
    view! {
        <form method="post" action=EditPlan::url() class="addform">
            {around::hidden(place, page)}
            <input type="hidden" name="operation" value="nothing"/>
            <Select label="Another application" name="app" id="add-app" choices/>
            <Button words="Add" icon=Icon::Plus/>
        </form>
        {fill}
    }
}

fn start(place: &Place, page: &PlanPage, deployment: Option<String>) -> AnyView {
    if let Some(href) = deployment {
        let digest = digest(&page.digest);
        let next = around::next(place, page);
        return view! {
            <Card title="Started" id="start">
                <p>"This plan was carried out as it stands here."</p>
                <p><LinkButton words="To its deployment" href kind=Kind::Go icon=Icon::Up/></p>
                {next}
                {digest}
            </Card>
        }
        .into_any();
    }
    let outside = page.outside.as_ref().map(|sentence| {
        let (value, problem) = (place.typed("reason"), place.problem("reason"));
        let sentence = format!("{sentence} You may leave the pipelines; the log keeps why.");
        view! {
            <Note tone=Tone::Warn><p>{sentence}</p></Note>
            <Field label="Why it goes there" name="reason" value problem required=true maxlength=300/>
        }
    });
    let accepting = page.errors.as_ref().map(|digest| {
        let (value, problem) = (place.typed("conflicts_reason"), place.problem("conflicts_reason"));
        view! {
            <p>"The conflicts stay. The log keeps them, and why it was started all the same."</p>
            <input type="hidden" name="more[conflicts]" value=digest.clone()/>
            <Field label="Why it is started all the same" name="more[conflicts_reason]" id="conflicts_reason" value problem required=true maxlength=300/>
        }
    });
    let usually = around::usually(page);
    let with_errors = page.errors.is_some();
    let (fine, words, kind) = if with_errors {
        ("Everything else is in order.", "Start it with errors".to_owned(), Kind::Bad)
    } else {
        ("Nothing is in the way.", format!("Deploy to {}", page.target.name), Kind::Go)
    };
    let later = page.start.is_ok().then(|| gates::schedule(place, page));
    let ready = if page.gates.override_freezes.is_some() {
        format!("{} stands still now.", page.target.name)
    } else {
        format!("{fine} {} changes as soon as it is this plan's turn.", page.target.name)
    };
    let form = match &page.start {
        Ok(()) => {
            let form = view! {
            <form method="post" action=StartPlan::url() class="stack">
                {around::hidden(place, page)}
                <input type="hidden" name="digest" value=page.digest.clone()/>
                <input type="hidden" name="more[canonical]" value=page.canonical.clone()/>
                {outside}
                {accepting}
                {later}
                <p>{ready}</p>
                {usually}
                <Button words kind icon=Icon::Up/>
            </form>
            };
            if with_errors { in_spite(place, page, form) } else { form }
        }
        Err(reasons) => closed(page, reasons).into_any(),
    };
    let digest = digest(&page.digest);
    let told = gates::list(place, &page.gates.answers, "gates");
    let check = gates::check(place, page);
    let earliest = page.gates.earliest.map(|at| {
        view! { <p class="small dim">"What ends by itself has ended at "<When at now=place.now exact=true/>"."</p> }
    });
    view! { <Card title="Start" id="start">{form}{told}{check}{earliest}{digest}</Card> }.into_any()
}

/// The start that is closed by conflicts, and behind it the form for who may go on with them: never by accident (B10).
fn in_spite(place: &Place, page: &PlanPage, form: AnyView) -> AnyView {
    let refusal = Refusal {
        sentence: format!("{} would hold a broken application.", page.target.name),
        lifted_by: "Each conflict below has its ways out.".to_owned(),
    };
    let closed = closed(page, &[refusal]);
    let open = place.problem("conflicts_reason").is_some();
    view! {
        {closed}
        <details class="otherway" open=open>
            <summary>"Go on with errors"</summary>
            {form}
        </details>
    }
    .into_any()
}

/// The start with every reason against it.
fn closed(page: &PlanPage, reasons: &[Refusal]) -> impl IntoView + use<> {
    // What the gates refuse stands in their own list beneath, with the others.
    let gated = page.gates.answers.iter().filter(|answer| answer.state == State::Refuses).count();
    let reasons = reasons.iter().take(reasons.len() - gated.min(reasons.len())).cloned().collect::<Vec<_>>();
    let described = if reasons.is_empty() { "gates" } else { "why-not gates" };
    let own = (!reasons.is_empty()).then(|| why_not(reasons));
    view! {
        <button class="btn" type="button" aria-disabled="true" aria-describedby=described>
            <Glyph icon=Icon::Up/>{format!("Deploy to {}", page.target.name)}
        </button>
        {own}
    }
}

fn why_not(reasons: Vec<Refusal>) -> impl IntoView {
    view! {
        <ul class="gates" id="why-not" aria-label="Why not now">
            {reasons.into_iter().map(|reason| view! {
                <li><span class="mark bad"><Glyph icon=Icon::Ban/></span><div><p class="reason">{reason.sentence}</p><p class="own">{reason.lifted_by}</p></div></li>
            }).collect_view()}
        </ul>
    }
}

fn digest(digest: &str) -> impl IntoView + use<> {
    let parts: Vec<String> =
        digest.as_bytes().chunks(4).map(|part| String::from_utf8_lossy(part).into_owned()).collect();
    let short = match (&parts[..], parts.last()) {
        ([a, b, c, ..], Some(last)) => format!("{a} {b} {c} … {last}"),
        _ => digest.to_owned(),
    };
    let full = digest.to_owned();
    view! {
        <details class="digest">
            <summary>"Plan digest "<code>{short}</code></summary>
            <p class="tiny dim">"The run carries out just what this digest covers: what the plan does, and what its applications are now. If any of that changes, the start is refused."</p>
            <code class="whole">{full}</code>
        </details>
    }
}

fn notes(place: &Place, page: &PlanPage) -> AnyView {
    if let Err(refusal) = &page.edit {
        let notes = if page.notes.is_empty() { "None were written.".to_owned() } else { page.notes.clone() };
        let why = (page.status == "draft")
            .then(|| view! { <Why refusals=vec![refusal.clone()] id="why-not-edit"/> });
        let body = view! { <p class="prose">{notes}</p>{links(page)}{why} };
        return view! { <Card title="Notes" id="notes-title">{body}</Card> }.into_any();
    }
    let name = place.typed("name").unwrap_or_else(|| page.name.clone());
    let notes = place.typed("notes").unwrap_or_else(|| page.notes.clone());
    let (infra, plan) = (place.key.clone(), page.id.to_string());
    let typed_links = place.typed("links").unwrap_or_else(|| lines(&page.links));
    let (bad_name, bad_notes) = (place.problem("name"), place.problem("notes"));
    let (bad_links, linked) = (place.problem("links"), links(page));
    let failing: Vec<Choice> =
        OnFailure::ALL.iter().map(|each| Choice::new(each.word(), each.words())).collect();
    let on_failure = Some(page.on_failure.word().to_owned());
    let discard = discard(&infra, &plan, page.discard.clone());
    view! {
        <Card title="Name and notes" id="notes-title">
            {linked}
            <form method="post" action=NotePlan::url() class="stack">
                <input type="hidden" name="infra" value=infra/>
                <input type="hidden" name="plan" value=plan/>
                <Field label="Name" name="name" value=Some(name) required=true problem=bad_name/>
                <TextArea label="Notes" name="notes" value=Some(notes) problem=bad_notes
                    help="They become the change log of what this plan tags."/>
                <TextArea label="Links" name="links" value=Some(typed_links) problem=bad_links
                    help="One in a line: its address, and what is there."/>
                <Select label="If a step fails" name="on_failure" id="on-failure" choices=failing value=on_failure
                    help="A person can try it again, leave a front-end out, take everything back, or abort."/>
                <div class="row"><Button words="Save"/></div>
            </form>
            {discard}
        </Card>
    }
    .into_any()
}

/// What the plan refers to elsewhere; nothing where it does not.
fn links(page: &PlanPage) -> Option<AnyView> {
    if page.links.is_empty() {
        return None;
    }
    let one = |link: &Link| {
        let words = if link.words.is_empty() { link.address.to_string() } else { link.words.clone() };
        // Whoever is there learns nothing of the console.
        view! { <li><a class="link" href=link.address.to_string() rel="noopener noreferrer external">{words}</a></li> }
    };
    let list = page.links.iter().map(one).collect_view();
    Some(view! { <ul class="links" aria-label="Links">{list}</ul> }.into_any())
}

fn discard(infra: &str, plan: &str, possible: Possible) -> impl IntoView + use<> {
    view! {
        <form method="post" action=DiscardPlan::url() class="discard">
            <input type="hidden" name="infra" value=infra.to_owned()/>
            <input type="hidden" name="plan" value=plan.to_owned()/>
            <Button words="Discard this plan" kind=Kind::Bad icon=Icon::Cross possible id="discard"/>
        </form>
    }
}
