//! Gates: what waits for somebody's word, when what stands still, and which rules stand before which environment.

mod deployment;
mod forecast;
mod forms;
mod plan;
mod reviews;

pub use deployment::waits;
pub use forecast::card as forecast;
pub use forms::{FreezePage, NewPage};
pub use plan::{approval, check, list, schedule};
pub use reviews::review;

use crate::actions::gates::{EndFreeze, RemoveGate};
use crate::context::{Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Button, Card, Cell, Glyph, Kind, LinkButton, Note, Pager, Row, RowHead, Table, Tag, When};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::words;
use leptos::server_fn::ServerFn;
use operations::view::{FreezeView, GateView, GatesPage, Possible, WaitingPlans};
use operations::{PageQuery, Result};

/// The page.
#[component]
pub fn Page() -> impl IntoView {
    framed(Area::Gates, |place| async move { load(place).await })
}

async fn load(place: Place) -> Result<Screen> {
    let query = PageQuery::after(place.query("after"));
    let waiting = place.console.waiting_plans(&place.caller, &place.key, &query).await?;
    let later = PageQuery::after(place.query("reviews"));
    let to_review = place.console.open_reviews(&place.caller, &place.key, &later).await?;
    let reviews = reviews::card(&place, to_review, later.after.is_some());
    let page = place.console.gates(&place.caller, &place.key).await?;
    let topic = format!("infrastructure:{}", place.key);
    let first = query.after.is_some();
    Ok(Screen::new("Gates", body(&place, waiting, first, reviews, page)).live(topic))
}

/// The card on the page of an environment or a pipeline that leads to its gates. `kind` is which of the two.
pub fn links(place: &Place, kind: &str, key: &str) -> AnyView {
    let all = place.address("/gates");
    let gate = place.with_query("/gates/new", &[("kind", Some("approval")), (kind, Some(key))]);
    let freeze = place.with_query("/gates/freeze", &[(kind, Some(key))]);
    view! {
        <Card title="Gates" id="gates">
            <div class="stack">
                <p>"Approvals, soak times, tests and freezes stand together on the page Gates."</p>
                <div class="row">
                    <LinkButton words="See the gates" href=all icon=Icon::Clock/>
                    <LinkButton words="Add a gate" href=gate icon=Icon::Plus/>
                    <LinkButton words="Add a freeze" href=freeze icon=Icon::Plus/>
                </div>
            </div>
        </Card>
    }
}

fn body(place: &Place, waiting: WaitingPlans, later: bool, reviews: AnyView, page: GatesPage) -> AnyView {
    let manage = page.manage.clone();
    let acts = manage.is_ok().then(|| {
        view! {
            <div class="acts">
                <LinkButton words="Add a freeze" href=place.address("/gates/freeze") icon=Icon::Plus/>
                <LinkButton words="Add a gate" href=place.address("/gates/new?kind=approval") kind=Kind::Go icon=Icon::Plus/>
            </div>
        }
    });
    let waiting = waiting_card(place, waiting, later);
    let freezes = freezes(place, page.freezes, &manage);
    let gates = gates(place, page.gates, &manage);
    view! {
        <div class="head">
            <div>
                <h1>"Gates"</h1>
                <p class="dim">"What has to be so before a plan is carried out, and when nothing is."</p>
            </div>
            {acts}
        </div>
        <div class="cards">
            {waiting}
            {reviews}
            {freezes}
            {gates}
        </div>
    }
}

fn waiting_card(place: &Place, waiting: WaitingPlans, later: bool) -> AnyView {
    let first = later.then(|| place.address("/gates"));
    let next = waiting.next.as_deref().map(|next| place.with_query("/gates", &[("after", Some(next))]));
    if waiting.rows.is_empty() {
        return view! {
            <Card title="Waiting for you" id="waiting"><p class="dim">"No plan waits for your approval."</p></Card>
        };
    }
    let now = place.now;
    let rows = waiting
        .rows
        .into_iter()
        .map(|row| {
            let href = place.address(&format!("/plans/{}#approval", row.id));
            view! {
                <Row>
                    <RowHead><a class="link" href=href>{row.name}</a></RowHead>
                    <Cell label="From, to"><span class="to">{row.source.name}<Glyph icon=Icon::Right/><span class="sr">"to"</span>{row.target.name}</span></Cell>
                    <Cell label="Asked"><When at=row.asked_at now/>" by "{row.asked_by}</Cell>
                </Row>
            }
        })
        .collect_view();
    let pager = (first.is_some() || next.is_some()).then(|| view! { <Pager first next/> });
    view! {
        <Card title="Waiting for you" id="waiting" flush=true aside="plans that somebody asked you to approve">
            <Table label="Table of plans that wait for you" heads=vec!["Plan", "From, to", "Asked"]>{rows}</Table>
            {pager}
        </Card>
    }
}

fn freezes(place: &Place, freezes: Vec<FreezeView>, manage: &Possible) -> AnyView {
    if freezes.is_empty() {
        return view! {
            <Card title="Freezes" id="freezes"><p class="dim">"No freeze is on, and none is to come."</p></Card>
        };
    }
    let rows = freezes
        .into_iter()
        .map(|freeze| {
            let tag = if freeze.on {
                view! { <Tag tone=Tone::Wait icon=Icon::Clock words="On now"/> }
            } else {
                view! { <Tag words="To come"/> }
            };
            let end = manage.is_ok().then(|| {
                let (words, infra) = (if freeze.on { "End" } else { "Remove" }, place.key.clone());
                let label = format!("{words} the freeze of {}: {}", freeze.place.name, freeze.reason);
                view! {
                    <form method="post" action=EndFreeze::url()>
                        <input type="hidden" name="infra" value=infra/>
                        <input type="hidden" name="freeze" value=freeze.id.to_string()/>
                        <Button words kind=Kind::Tiny label/>
                    </form>
                }
            });
            let (from, until) = freeze.local;
            view! {
                <Row>
                    <RowHead>{from}" to "{until}<span class="sub">{freeze.time_zone}</span></RowHead>
                    <Cell label="State">{tag}</Cell>
                    <Cell label="What stands still">{freeze.place.name}</Cell>
                    <Cell label="Why" class="full">{freeze.reason}<span class="sub">"Owner: "{freeze.owner}</span></Cell>
                    <Cell label="Change">{end}</Cell>
                </Row>
            }
        })
        .collect_view();
    let heads = vec!["When", "State", "What stands still", "Why", "Change"];
    view! {
        <Card title="Freezes" id="freezes" flush=true aside="what is started in one waits, keeps its place and goes on afterwards">
            <Table label="Table of freezes" heads>{rows}</Table>
        </Card>
    }
}

fn gates(place: &Place, gates: Vec<GateView>, manage: &Possible) -> AnyView {
    if gates.is_empty() {
        return view! {
            <Card title="Rules" id="rules"><p class="dim">"No environment and no pipeline has a gate: whoever may deploy starts a plan at once."</p></Card>
        };
    }
    let rows = gates
        .into_iter()
        .map(|gate| {
            let remove = manage.is_ok().then(|| {
                let label = format!("Remove the gate before {}: {}", gate.place.name, gate.sentence);
                view! {
                    <form method="post" action=RemoveGate::url()>
                        <input type="hidden" name="infra" value=place.key.clone()/>
                        <input type="hidden" name="gate" value=gate.id.to_string()/>
                        <Button words="Remove" kind=Kind::Tiny label/>
                    </form>
                }
            });
            let people = gate.people.map(|people| {
                view! { <span class="sub">{words::counted(people, "person", "people")}" can"</span> }
            });
            let warning = gate
                .warning
                .map(|warning| view! { <Note tone=Tone::Warn><p class="small">{warning}</p></Note> });
            let along =
                (gate.place.kind == "pipeline").then(|| view! { <span class="sub">"pipeline"</span> });
            view! {
                <Row>
                    <RowHead>{gate.place.name}{along}</RowHead>
                    <Cell label="Rule">{gate.kind.words()}</Cell>
                    <Cell label="Asks for" class="full">{gate.sentence}{people}{warning}</Cell>
                    <Cell label="Owner">{gate.owner}</Cell>
                    <Cell label="Change">{remove}</Cell>
                </Row>
            }
        })
        .collect_view();
    let heads = vec!["Before", "Rule", "Asks for", "Owner", "Change"];
    view! {
        <Card title="Rules" id="rules" flush=true aside="a plan is not started while one of them is open">
            <Table label="Table of rules" heads>{rows}</Table>
        </Card>
    }
}
