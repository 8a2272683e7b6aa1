//! Deployment plans.

use super::call::{Ask, At, Call, Input, TimeAsk, id};
use axum::response::Response;
use domain::id::PlanId;
use domain::paging::PageSize;
use domain::time::Timestamp;
use operations::{CandidateQuery, Filling, NoteInput, StartInput};
use serde::Deserialize;

pub async fn list(call: Call, At(infra): At<String>, Ask(ask): Ask<TimeAsk>) -> Response {
    call.answer(call.console.plans(&call.caller, &infra, &ask.into()).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CandidatesAsk {
    from: Option<String>,
    to: Option<String>,
    search: Option<String>,
    after: Option<String>,
    limit: Option<PageSize>,
}

pub async fn candidates(call: Call, At(infra): At<String>, Ask(ask): Ask<CandidatesAsk>) -> Response {
    let CandidatesAsk { from, to, search, after, limit } = ask;
    let query = CandidateQuery { from, to, search, after, limit, chosen: Vec::new() };
    call.answer(call.console.plan_candidates(&call.caller, &infra, &query).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromotableAsk {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    /// With commas between.
    #[serde(default)]
    applications: String,
}

pub async fn promotable(call: Call, At(infra): At<String>, Ask(ask): Ask<PromotableAsk>) -> Response {
    let PromotableAsk { from, to, applications } = ask;
    let wanted: Vec<String> =
        applications.split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect();
    call.answer(call.console.promotable(&call.caller, &infra, (&from, &to), &wanted).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Make {
    from: String,
    to: String,
    applications: Vec<String>,
}

pub async fn make(call: Call, At(infra): At<String>, Input(make): Input<Make>) -> Response {
    let Make { from, to, applications } = make;
    let made = call.console.make_plan(&call.caller, &infra, &from, &to, &applications).await;
    call.made(made.map(id))
}

pub async fn show(call: Call, At((infra, plan)): At<(String, PlanId)>) -> Response {
    call.answer(call.console.plan(&call.caller, &infra, plan).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    name: String,
    notes: String,
    /// Links, one in a line: an address and, where wanted, what is there; what is not named stays.
    links: Option<String>,
    /// `roll_back` or `wait`; what is not named stays.
    on_failure: Option<String>,
}

pub async fn note(call: Call, At((infra, plan)): At<(String, PlanId)>, Input(note): Input<Note>) -> Response {
    let Note { name, notes, links, on_failure } = &note;
    let (links, on_failure) = (links.as_deref(), on_failure.as_deref());
    let input = NoteInput { name, notes, links, on_failure };
    call.done(call.console.note_plan(&call.caller, &infra, plan, &input).await)
}

pub async fn refresh(call: Call, At((infra, plan)): At<(String, PlanId)>) -> Response {
    call.done(call.console.refresh_plan(&call.caller, &infra, plan).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fill {
    /// Only what differs between source and target.
    #[serde(default)]
    differing: bool,
    /// Only the producers that the plan lacks, and those that they lack.
    #[serde(default)]
    producers: bool,
    /// Only the consumers that the plan makes outdated, to be redeployed.
    #[serde(default)]
    outdated: bool,
}

pub async fn fill(call: Call, At((infra, plan)): At<(String, PlanId)>, Input(fill): Input<Fill>) -> Response {
    let what = match fill {
        Fill { producers: true, .. } => Filling::Producers,
        Fill { outdated: true, .. } => Filling::Outdated,
        Fill { differing: true, .. } => Filling::Differing,
        Fill { .. } => Filling::All,
    };
    call.done(call.console.fill_plan(&call.caller, &infra, plan, what).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reuse {
    /// Where what it brought goes on to; not read where it is tried again.
    #[serde(default)]
    to: String,
}

pub async fn reuse(
    call: Call,
    At((infra, plan)): At<(String, PlanId)>,
    Input(reuse): Input<Reuse>,
) -> Response {
    call.made(call.console.reuse_plan(&call.caller, &infra, plan, &reuse.to).await)
}

pub async fn discard(call: Call, At((infra, plan)): At<(String, PlanId)>) -> Response {
    call.done(call.console.discard_plan(&call.caller, &infra, plan).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    operation: String,
}

pub async fn edit(
    call: Call,
    At((infra, plan, app)): At<(String, PlanId, String)>,
    Input(edit): Input<Edit>,
) -> Response {
    call.done(call.console.edit_plan(&call.caller, &infra, plan, &app, &edit.operation).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// What the plan showed: a run is for one digest only.
    digest: String,
    /// Why it leaves its pipeline, where it does.
    #[serde(default)]
    reason: String,
    /// The digest of the conflicts that are accepted, as the plan shows it.
    #[serde(default)]
    conflicts: String,
    /// Why it is started in spite of them.
    #[serde(default)]
    conflicts_reason: String,
    /// What the digest is of, as the plan showed it: then a refusal tells what changed since.
    #[serde(default)]
    canonical: String,
    /// Why the freezes that hold it are overridden; without it the run waits for their end.
    #[serde(default)]
    override_freezes: String,
    /// Not before this time, with `until`.
    at: Option<Timestamp>,
    /// If it could not begin by then, it ends.
    until: Option<Timestamp>,
}

pub async fn start(
    call: Call,
    At((infra, plan)): At<(String, PlanId)>,
    Input(start): Input<Start>,
) -> Response {
    let Start { digest, reason, conflicts, conflicts_reason, canonical, override_freezes, at, until } = start;
    let input =
        StartInput { digest, canonical, reason, override_freezes, at, until, conflicts, conflicts_reason };
    call.made(call.console.start_plan_with(&call.caller, &infra, plan, &input).await.map(id))
}
