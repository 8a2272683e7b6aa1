//! What a change of roles, teams or grants would give and take, before anybody saves it.

use super::{Narrower, Right, Rights, Standing, WideRights};
use crate::environment::Purpose;
use crate::id::{ApplicationId, EnvironmentId};
use std::collections::BTreeSet;

/// What changes for one user in one environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The environment.
    pub environment: EnvironmentId,
    /// The application; none for what the default role gives on all applications without a narrower role.
    pub application: Option<ApplicationId>,
    /// The rights as they are.
    pub before: Rights,
    /// The rights as they would be.
    pub after: Rights,
}

impl Change {
    /// The rights that are gained.
    #[must_use]
    pub const fn gained(&self) -> Rights {
        self.after.without(self.before)
    }

    /// The rights that are lost.
    #[must_use]
    pub const fn lost(&self) -> Rights {
        self.before.without(self.after)
    }
}

/// What changes between two standings of one user: in each environment first by the default role, then for every application that has
/// a narrower role before or after, since there the default role does not count. Where nothing changes there is no row.
/// Taking a narrower role away may give rights (R26), and shows here as such.
#[must_use]
pub fn changes(before: &Standing, after: &Standing, environments: &[EnvironmentId]) -> Vec<Change> {
    let narrower = |standing: &Standing| -> Vec<ApplicationId> {
        let some = |(id, held): (&ApplicationId, &Narrower)| {
            (held.team.is_some() || held.grant.is_some()).then_some(*id)
        };
        standing.applications.iter().filter_map(some).collect()
    };
    let applications: BTreeSet<_> = narrower(before).into_iter().chain(narrower(after)).collect();
    let mut rows = Vec::new();
    for &environment in environments {
        let row = |application, before, after| Change { environment, application, before, after };
        rows.push(row(None, before.default.at(environment), after.default.at(environment)));
        rows.extend(applications.iter().map(|&application| {
            let rights = |standing: &Standing| standing.effective(application, environment).0;
            row(Some(application), rights(before), rights(after))
        }));
    }
    rows.retain(|row| row.before != row.after);
    rows
}

/// The infrastructure-wide rights that are gained, and those that are lost.
#[must_use]
pub const fn wide_changes(before: &Standing, after: &Standing) -> (WideRights, WideRights) {
    let (before, after) = (before.default.wide, after.default.wide);
    (after.without(before), before.without(after))
}

/// Whether rights that are gained in an environment of a purpose open production: Deploy or Change, there.
fn grave(gained: Rights, purpose: Purpose) -> bool {
    purpose == Purpose::Production && (gained.has(Right::Deploy) || gained.has(Right::Change))
}

/// Whether the change opens production: in an environment of that purpose the user gains Deploy or Change on something.
#[must_use]
pub fn opens(before: &Standing, after: &Standing, environments: &[(EnvironmentId, Purpose)]) -> bool {
    totals(&[(before.clone(), after.clone())], environments).iter().any(|total| total.opens)
}

/// What a change gives and takes in one environment, whoever it is that gains or loses, and on whatever application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// The environment.
    pub environment: EnvironmentId,
    /// The rights that somebody gains.
    pub gained: Rights,
    /// The rights that somebody loses.
    pub lost: Rights,
    /// The environment is production, and somebody gains Deploy or Change there.
    pub opens: bool,
}

/// What a change does in each environment, over all the standings that it makes others of. Where nothing changes there is no total.
#[must_use]
pub fn totals(changed: &[(Standing, Standing)], environments: &[(EnvironmentId, Purpose)]) -> Vec<Total> {
    let total = |&(environment, purpose): &(EnvironmentId, Purpose)| {
        let rows = changed.iter().flat_map(|(before, after)| changes(before, after, &[environment]));
        let (gained, lost) = rows.fold((Rights::NONE, Rights::NONE), |(gained, lost), row| {
            (gained.with(row.gained()), lost.with(row.lost()))
        });
        let something = gained != Rights::NONE || lost != Rights::NONE;
        something.then_some(Total { environment, gained, lost, opens: grave(gained, purpose) })
    };
    environments.iter().filter_map(total).collect()
}
