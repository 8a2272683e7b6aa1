//! One person in a preview: the roles on each application before and after, and what follows from them.

use super::{LOOKED_AT, places, words};
use crate::error::Result;
use crate::people::held::{Held, application_of};
use crate::roles::Known;
use crate::view::{ApplicationRef, EffectView, EnvironmentRef, PersonPreview};
use domain::access::{
    Alteration, Change, Holding, Rights, RoleRights, Standing, changes, opens, wide_changes,
};
use domain::id::{ApplicationId, RoleId, TeamId};
use std::collections::BTreeMap;
use storage::Reader;
use storage::applications::ApplicationRow;
use storage::holdings::PersonRow;

/// Applications that one line names; more are counted.
const NAMED: usize = 3;

/// An application that a person has narrower roles on, before or after.
pub(crate) struct Slot {
    application: ApplicationRef,
    /// The team that owns it, if the person is in it.
    team: Option<TeamId>,
    before: Holding,
    after: Holding,
}

/// Somebody whom a change concerns.
pub(crate) struct Person {
    row: PersonRow,
    default: (Holding, Holding),
    applications: BTreeMap<ApplicationId, Slot>,
    /// There are more applications with narrower roles than were looked at.
    pub more: bool,
}

impl Person {
    /// The person with what they hold, on the applications where they have a narrower role and on some others.
    pub async fn load(
        tx: &mut impl Reader,
        known: &Known,
        row: PersonRow,
        others: &[ApplicationRow],
    ) -> Result<Self> {
        let held = Held::load(tx, known, row.user_id, LOOKED_AT).await?;
        Ok(Self::of(row, &held, others))
    }

    /// The same for somebody whose roles were read already.
    pub fn of(row: PersonRow, held: &Held, others: &[ApplicationRow]) -> Self {
        let default = Holding { default: held.role, ..Holding::default() };
        let slot = |application, team, held| Slot { application, team, before: held, after: held };
        let mut applications: BTreeMap<_, _> =
            others.iter().map(|other| (other.id, slot(ApplicationRef::from(other), None, default))).collect();
        for row in &held.narrowed {
            let holding = Holding { team: row.team_role, grant: row.grant_role, ..default };
            applications.insert(row.application_id, slot(application_of(row), row.team_id, holding));
        }
        Self { row, default: (default, default), applications, more: held.more }
    }

    /// The same person after a change of what holds for every application.
    #[must_use]
    pub fn altered(mut self, alteration: Alteration) -> Self {
        self.default.1 = self.default.0.altered(alteration);
        for slot in self.applications.values_mut() {
            slot.after = slot.before.altered(alteration);
        }
        self
    }

    /// The same person after a change on some applications.
    #[must_use]
    pub fn altered_on(mut self, applications: &[ApplicationId], alteration: Alteration) -> Self {
        for application in applications {
            if let Some(slot) = self.applications.get_mut(application) {
                slot.after = slot.before.altered(alteration);
            }
        }
        self
    }

    /// The same person without a team.
    #[must_use]
    pub fn without_team(mut self, team: TeamId) -> Self {
        for slot in self.applications.values_mut().filter(|slot| slot.team == Some(team)) {
            slot.after = slot.before.altered(Alteration::Team(None));
        }
        self
    }

    /// What the person holds before and after, where some roles give something else then.
    pub fn standings(&self, known: &Known, instead: &BTreeMap<RoleId, RoleRights>) -> (Standing, Standing) {
        let now = BTreeMap::new();
        (self.standing(known, &now, false), self.standing(known, instead, true))
    }

    fn standing(&self, known: &Known, instead: &BTreeMap<RoleId, RoleRights>, after: bool) -> Standing {
        let pick = |one: Holding, other: Holding| if after { other } else { one };
        let mut standing = known.standing(pick(self.default.0, self.default.1), instead);
        standing.applications = self
            .applications
            .iter()
            .map(|(id, slot)| {
                let held = known.standing(pick(slot.before, slot.after), instead);
                (*id, held.applications.into_values().next().unwrap_or_default())
            })
            .collect();
        standing
    }

    /// What the person would see of the change.
    pub fn preview(&self, known: &Known, instead: &BTreeMap<RoleId, RoleRights>) -> PersonPreview {
        let (before, after) = self.standings(known, instead);
        let places = places(known);
        let ids: Vec<_> = places.iter().map(|(id, _)| *id).collect();
        let (wide_gained, wide_lost) = wide_changes(&before, &after);
        PersonPreview {
            user: self.row.user_id,
            username: self.row.username.to_string(),
            name: self.row.name.to_string(),
            effects: self.effects(known, &changes(&before, &after, &ids)),
            wide_gained,
            wide_lost,
            opens_production: opens(&before, &after, &places),
            more: self.more,
        }
    }

    /// The changes, with applications together where the same changes for them.
    fn effects(&self, known: &Known, rows: &[Change]) -> Vec<EffectView> {
        let mut effects = Vec::new();
        for environment in &known.environments {
            let mut same: BTreeMap<(bool, i64, i64), Vec<&Change>> = BTreeMap::new();
            for row in rows.iter().filter(|row| row.environment == environment.id) {
                let key = (row.application.is_some(), row.gained().bits(), row.lost().bits());
                same.entry(key).or_default().push(row);
            }
            effects.extend(same.into_iter().map(|((narrow, gained, lost), rows)| {
                let (gained, lost) = (Rights::from_bits(gained), Rights::from_bits(lost));
                let applications = rows.iter().filter_map(|row| row.application).take(NAMED);
                EffectView {
                    environment: EnvironmentRef::from(environment),
                    applications: applications
                        .filter_map(|id| self.applications.get(&id).map(|slot| slot.application.clone()))
                        .collect(),
                    more_applications: if narrow { rows.len().saturating_sub(NAMED) } else { 0 },
                    gained,
                    lost,
                    words: words(gained, lost),
                }
            }));
        }
        effects
    }
}
