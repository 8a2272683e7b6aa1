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

/// Whether the change opens production: in an environment of that purpose the user gains Deploy or Change on something.
#[must_use]
pub fn opens(before: &Standing, after: &Standing, environments: &[(EnvironmentId, Purpose)]) -> bool {
    let production: Vec<_> = environments
        .iter()
        .filter(|(_, purpose)| *purpose == Purpose::Production)
        .map(|(environment, _)| *environment)
        .collect();
    let grave = |row: &Change| row.gained().has(Right::Deploy) || row.gained().has(Right::Change);
    changes(before, after, &production).iter().any(grave)
}
