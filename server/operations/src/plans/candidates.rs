//! What a new plan could take: the applications that differ between two environments, a page at a time.

use crate::console::{Caller, Console};
use crate::door::visibility;
use crate::error::Result;
use crate::matrix::{Moving, cell_view};
use crate::paging;
use crate::pipelines::Lines;
use crate::view::{ApplicationRef, Candidate, EnvironmentRef, Paged, PlanCandidates};
use domain::id::EnvironmentId;
use domain::paging::PageSize;
use domain::pipeline as promotion;
use storage::candidates::{CandidateRow, Hop};
use storage::{candidates, environments};

/// What to show of the candidates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CandidateQuery {
    /// From here; the first environment where none or an unknown one is named.
    pub from: Option<String>,
    /// To there; the one after the source where none or an unknown one is named.
    pub to: Option<String>,
    /// Part of an application's name.
    pub search: Option<String>,
    /// Keys of applications that are chosen already.
    pub chosen: Vec<String>,
    /// The cursor of the page.
    pub after: Option<String>,
    /// How many rows; none for as many as the screen shows.
    pub limit: Option<PageSize>,
}

/// Candidates on one page.
const ROWS: u32 = 50;
/// Applications that can be chosen already.
const CHOSEN: usize = 100;

impl Console {
    /// The applications that a plan could take, as far as the caller may list them in both environments.
    ///
    /// # Errors
    /// The infrastructure is not there for the caller.
    pub async fn plan_candidates(
        &self,
        caller: &Caller,
        infrastructure: &str,
        query: &CandidateQuery,
    ) -> Result<PlanCandidates> {
        self.traced(caller, "plan.candidates", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let sees = visibility(caller)?;
            let stages = environments::list(&mut tx, home.id, &sees).await?;
            let at = |key: &Option<String>| {
                key.as_ref().and_then(|key| stages.iter().position(|stage| stage.key.as_str() == key))
            };
            let from = at(&query.from).unwrap_or(0);
            let lines = Lines::load(&mut tx, home.id, stages.iter().map(|stage| stage.id)).await?;
            let place = |id: EnvironmentId| stages.iter().position(|stage| stage.id == id);
            let onward =
                stages.get(from).and_then(|stage| lines.next(None, stage.id).into_iter().find_map(place));
            let to =
                at(&query.to).or(onward).unwrap_or_else(|| (from + 1).min(stages.len().saturating_sub(1)));
            let (source, target) = (stages.get(from), stages.get(to));
            let named =
                |id: EnvironmentId| stages.iter().find(|stage| stage.id == id).map(EnvironmentRef::from);
            let hops = lines.hops();
            let mut page = PlanCandidates {
                stages: stages.iter().map(EnvironmentRef::from).collect(),
                is_hop: source.zip(target).is_some_and(|(source, target)| {
                    lines.may_hop(None, promotion::Hop { from: source.id, to: target.id })
                }),
                hops: hops.into_iter().filter_map(|hop| named(hop.from).zip(named(hop.to))).collect(),
                source: source.map(EnvironmentRef::from),
                target: target.map(EnvironmentRef::from),
                chosen: Vec::new(),
                rows: Paged { rows: Vec::new(), next: None },
                matching: crate::view::Count::default(),
                differing: crate::view::Count::default(),
            };
            let (Some(source), Some(target)) = (source, target) else { return Ok(page) };
            if source.id == target.id {
                return Ok(page);
            }
            let hop = Hop { infrastructure: home.id, source: source.id, target: target.id };
            let search = query.search.as_deref().map(str::trim).unwrap_or_default();
            let mut keys: Vec<String> = query.chosen.iter().take(CHOSEN).cloned().collect();
            keys.sort_unstable();
            keys.dedup();
            let moving = Moving::load(&mut tx, home.id).await?;
            let view = |row: CandidateRow| Candidate {
                application: ApplicationRef::from(&row.application),
                here: cell_view(&row.here, &moving),
                there: row.there.as_ref().map(|cell| cell_view(cell, &moving)),
            };
            let chosen = candidates::by_keys(&mut tx, hop, &sees, &keys).await?;
            let wanted = paging::page(query.after.as_ref(), query.limit, ROWS);
            let found = candidates::list(&mut tx, hop, &sees, search, &wanted).await?;
            page.differing = candidates::count(&mut tx, hop, &sees, "").await?.into();
            page.matching = if search.is_empty() {
                page.differing
            } else {
                candidates::count(&mut tx, hop, &sees, search).await?.into()
            };
            // What is chosen stands before the others, and once.
            let others = found.rows.into_iter();
            let others =
                others.filter(|row| !chosen.iter().any(|one| one.application.id == row.application.id));
            page.rows = Paged { rows: others.map(&view).collect(), next: found.next };
            page.chosen = chosen.into_iter().map(&view).collect();
            Ok(page)
        })
        .await
    }
}
