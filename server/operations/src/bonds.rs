//! How the dependencies of what runs stand, kept beside it in the same transaction, so that no list has to look at everything (A05).

use crate::content::{Placed, contents};
use crate::dependencies::of_placed;
use crate::error::Result;
use domain::dependency::worst;
use domain::id::EnvironmentId;
use domain::text::Key;
use std::collections::{BTreeMap, BTreeSet};
use storage::{WriteTx, states};

/// Looks again at what changed in an environment and at whatever uses it. What nobody has looked at yet is looked at too. Whoever calls it holds
/// the environment ([`states::hold`]) since before they changed anything: two at once would each look at what the other one changes.
pub(crate) async fn keep(tx: &mut WriteTx, environment: EnvironmentId, changed: &[&Key]) -> Result<()> {
    let mut found = states::with_keys_in(tx, environment, changed).await?;
    found.extend(states::not_looked_at_in(tx, environment).await?);
    for key in changed {
        found.extend(states::consumers_in(tx, environment, key).await?);
    }
    let mut before = BTreeMap::new();
    let mut placed = BTreeMap::new();
    for row in found {
        before.insert(row.application.key.clone(), row.bond);
        placed.insert(row.application.key.clone(), Placed::of(row)?);
    }
    let needs = placed.values().flat_map(|one| &one.content.consumes);
    let producers: BTreeSet<Key> = needs.map(|need| need.application.clone()).collect();
    let beside: Vec<&Key> = producers.iter().filter(|key| !placed.contains_key(key)).collect();
    for row in states::with_keys_in(tx, environment, &beside).await? {
        placed.insert(row.application.key.clone(), Placed::of(row)?);
    }
    let all = of_placed(tx, &placed).await?;
    for (key, bond) in worst(&contents(&placed), &all) {
        if let (Some(was), Some(one)) = (before.get(&key), placed.get(&key))
            && *was != Some(bond)
        {
            states::stand(tx, environment, one.application.id, bond).await?;
        }
    }
    Ok(())
}
