//! Who uses whom in an environment: what is missing, broken or outdated, the circles, and one application's surroundings.

use crate::console::{Caller, Console};
use crate::content::{self, Placed, contents};
use crate::deployments::begin::RunPlan;
use crate::door::visibility;
use crate::error::{OperationError, Result};
use crate::infrastructure::find_environment;
use crate::view::{DependencyEnd, DependencyPage, DependencyView, EnvironmentRef};
use domain::access::{Requirement, Right};
use domain::dependency::{Bond, Dependency, MOST_BOXES, around, beside, cycles, dependencies, draw};
use domain::plan::Content;
use domain::text::Key;
use std::collections::{BTreeMap, BTreeSet};
use storage::{Reader, deployments, revisions, states};

/// Dependencies that are told one by one; of more the number is told.
const TOLD: usize = 200;

impl Console {
    /// The dependencies of what runs in an environment, as far as the caller may list the consumers; with `application`, of that one
    /// alone, and drawn with everything around it. What a producer that may not be seen offers is not told.
    ///
    /// # Errors
    /// The environment is not there for the caller, or the application does not run there or may not be listed.
    pub async fn dependencies(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        application: Option<&str>,
    ) -> Result<DependencyPage> {
        self.traced(caller, "environment.dependencies", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let place = find_environment(&mut tx, home.id, environment).await?;
            let see = Requirement::Environment(place.id, Right::Access);
            self.permit(&mut tx, caller, home.id, &see, &format!("see {}", place.name)).await?;
            let listed = states::listed_in(&mut tx, home.id, place.id, &visibility(caller)?).await?;
            let listed: BTreeSet<_> = listed.into_iter().collect();
            let placed = content::placed(&mut tx, place.id).await?;
            let seen = |key: &Key| placed.get(key).filter(|one| listed.contains(&one.application.id));
            let chosen = match application {
                None => None,
                Some(text) => {
                    let key = text.parse::<Key>().ok().filter(|key| seen(key).is_some());
                    Some(key.ok_or_else(|| {
                        OperationError::not_found(
                            "There is no such application there, or you may not see it.",
                        )
                    })?)
                }
            };
            let mut all = of_placed(&mut tx, &placed).await?;
            all.retain(|one| seen(&one.consumer).is_some());

            let view = |one: &Dependency| DependencyView::of(one, &seen, &placed);
            let worse = |bond: Bond| all.iter().filter(move |one| one.bond == bond);
            let found: Vec<&Dependency> =
                Bond::ALL.into_iter().rev().filter(|bond| *bond != Bond::Met).flat_map(worse).collect();
            let circles = cycles(&all);
            let about = |one: &&Dependency| {
                chosen.as_ref().is_none_or(|key| one.consumer == *key || one.producer == *key)
            };
            let about: Vec<&Dependency> = all.iter().filter(about).collect();
            let keys = drawn(&all, chosen.as_ref(), &found, &circles);
            let end = |key: &Key| DependencyEnd::of(key, seen(key));
            Ok(DependencyPage {
                environment: EnvironmentRef::from(&place),
                applications: listed.len(),
                dependencies: all.len(),
                counts: Bond::ALL.into_iter().map(|bond| (bond, worse(bond).count())).collect(),
                findings: found.iter().take(TOLD).map(|one| view(one)).collect(),
                more_findings: found.len().saturating_sub(TOLD),
                cycles: circles.iter().map(|circle| circle.iter().map(end).collect()).collect(),
                chosen: chosen.as_ref().map(end),
                shown: about.iter().take(TOLD).map(|one| view(one)).collect(),
                more: about.len().saturating_sub(TOLD),
                names: keys.iter().map(|key| (key.clone(), end(key))).collect(),
                drawing: draw(&all, &keys),
            })
        })
        .await
    }
}

/// What is drawn: the surroundings of the chosen application, else everything, else what is wrong; the first that can be read.
fn drawn(
    all: &[Dependency],
    chosen: Option<&Key>,
    found: &[&Dependency],
    circles: &[Vec<Key>],
) -> BTreeSet<Key> {
    let ends = |of: &mut dyn Iterator<Item = &Dependency>| -> BTreeSet<Key> {
        of.flat_map(|one| [one.consumer.clone(), one.producer.clone()]).collect()
    };
    let (first, second) = match chosen {
        Some(key) => (around(all, key), beside(all, key)),
        None => {
            let wrong = ends(&mut found.iter().copied());
            (ends(&mut all.iter()), wrong.into_iter().chain(circles.iter().flatten().cloned()).collect())
        }
    };
    if first.len() <= MOST_BOXES { first } else { second }
}

/// The dependencies of what runs, each with how it stands.
pub(crate) async fn of_placed(
    tx: &mut impl Reader,
    placed: &BTreeMap<Key, Placed>,
) -> Result<Vec<Dependency>> {
    let earlier = earlier(tx, placed).await?;
    let at = |key: &Key| placed.get(key).map(|one| one.state.changed_at);
    Ok(dependencies(&contents(placed), &earlier, |consumer, producer| at(consumer) < at(producer)))
}

/// What each producer was before the deployment that brought what runs now, where something that uses it is older than that.
async fn earlier(tx: &mut impl Reader, placed: &BTreeMap<Key, Placed>) -> Result<BTreeMap<Key, Content>> {
    let mut producers = BTreeSet::new();
    for one in placed.values() {
        for need in &one.content.consumes {
            let newer = |producer: &&Placed| producer.state.changed_at > one.state.changed_at;
            if placed.get(&need.application).filter(newer).is_some() {
                producers.insert(&need.application);
            }
        }
    }
    let mut plans: BTreeMap<_, Option<RunPlan>> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for key in producers {
        let Some(one) = placed.get(key) else { continue };
        let Some(id) = one.state.deployment_id else { continue };
        if let std::collections::btree_map::Entry::Vacant(open) = plans.entry(id) {
            let row = deployments::by_id(tx, id).await?;
            open.insert(row.as_ref().map(RunPlan::of).transpose()?);
        }
        let items = plans.get(&id).and_then(Option::as_ref).map(|plan| plan.items.as_slice());
        let item = items.and_then(|items| items.iter().find(|item| item.application == one.application.id));
        let Some(before) = item.and_then(|item| item.before.as_ref()) else { continue };
        if let Some(revision) = revisions::by_sha(tx, one.application.id, before.sha256).await? {
            found.insert(key.clone(), content::content(one.application.name.as_str(), &revision, None)?);
        }
    }
    Ok(found)
}
