//! What a change of roles, teams or grants would give and take, before anybody saves it. Nothing is changed.
//!
//! What holds for everybody is worked out for each combination of roles that is held (`storage::holdings`), however many hold it; the
//! first people are shown by name, each with all that changes for them.

mod concerned;
pub(crate) mod person;

use crate::console::{Caller, Console};
use crate::door::{out_of_scope, permitted_wide, wide};
use crate::error::Result;
use crate::roles::{Giving, Known, RoleInput};
use crate::view::{AccessPreview, EnvironmentRef, PersonPreview, Possible, TotalView};
use concerned::Concerned;
use domain::access::{
    Requirement, Rights, RoleRights, Standing, Total, WideRight, WideRights, totals, wide_changes,
};
use domain::environment::Purpose;
use domain::id::{EnvironmentId, RoleId, TeamId, UserId};
use person::Person;
use std::collections::BTreeMap;
use storage::{Count, Reader};

/// People who are shown by name.
pub const SHOWN: u32 = 50;
/// Applications with narrower roles that are looked at for each of them.
const LOOKED_AT: u32 = 200;

/// A change that somebody thinks about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessChange {
    /// Another default role for a user.
    DefaultRole(UserId, RoleId),
    /// A role is to be this.
    EditRole(RoleId, RoleInput),
    /// A role goes; the other one takes its place.
    DeleteRole(RoleId, Option<RoleId>),
    /// A user is to be in a team with a role.
    PutMember(TeamId, UserId, RoleId),
    /// A user leaves a team.
    RemoveMember(TeamId, UserId),
    /// A team gets an application, known by its key.
    GiveApplication(TeamId, String),
    /// A team loses an application, known by its key.
    TakeApplication(TeamId, String),
    /// A team goes.
    DeleteTeam(TeamId),
    /// A user gets a role on an application, known by its key.
    Grant(UserId, String, RoleId),
    /// A user loses the grant on an application, known by its key.
    RevokeGrant(UserId, String),
}

impl AccessChange {
    /// The team whose own managers may make the change.
    const fn team(&self) -> Option<TeamId> {
        match self {
            Self::PutMember(team, ..) | Self::RemoveMember(team, _) => Some(*team),
            _ => None,
        }
    }

    /// Something is taken away, which may give rights (R26).
    const fn takes(&self) -> bool {
        matches!(
            self,
            Self::RemoveMember(..) | Self::TakeApplication(..) | Self::DeleteTeam(_) | Self::RevokeGrant(..)
        )
    }
}

/// What a change does, as far as it is known before it is looked at person by person.
pub(crate) struct Outlook {
    /// Roles that give something else afterwards.
    pub instead: BTreeMap<RoleId, RoleRights>,
    /// What is held before and after, each combination once.
    pub changed: Vec<(Standing, Standing)>,
    /// Whom it concerns, the first by name.
    pub people: Vec<Person>,
    /// How many it concerns.
    pub count: Count,
    /// Whether the caller may make it.
    pub save: Possible,
}

impl Console {
    /// What a change would give and take, and to whom. Nothing is changed.
    ///
    /// # Errors
    /// Something that the change names is not there or is not acceptable, the caller lacks the right that the change needs, or the
    /// caller's token could not make it.
    pub async fn preview_access(
        &self,
        caller: &Caller,
        infrastructure: &str,
        change: &AccessChange,
    ) -> Result<AccessPreview> {
        match out_of_scope(caller, "access.preview") {
            Some(refused) => Err(refused),
            None => self.foreseen(caller, infrastructure, change).await,
        }
    }

    /// The same without a look at the token's scopes: reading is part of each.
    ///
    /// # Errors
    /// As above.
    pub(crate) async fn foreseen(
        &self,
        caller: &Caller,
        infrastructure: &str,
        change: &AccessChange,
    ) -> Result<AccessPreview> {
        self.traced(caller, "access.preview", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            self.may_preview(&mut tx, caller, home.id, change).await?;
            let known = Known::load(&mut tx, home).await?;
            let giving = match change.team() {
                Some(team) => Giving::in_team(self, &mut tx, caller, &known.home, team).await?,
                None => Giving::load(self, &mut tx, caller, &known.home).await?,
            };
            let concerned = Concerned { caller, known: &known, giving: &giving };
            let outlook = concerned.outlook(&mut tx, change).await?;
            Ok(shown(&known, outlook, change.takes()))
        })
        .await
    }

    /// The right that the change needs.
    async fn may_preview(
        &self,
        tx: &mut impl Reader,
        caller: &Caller,
        home: domain::id::InfrastructureId,
        change: &AccessChange,
    ) -> Result<()> {
        let doing = "see what this would change";
        let needed = match change {
            AccessChange::DefaultRole(..) | AccessChange::EditRole(..) | AccessChange::DeleteRole(..) => {
                return permitted_wide(self, tx, caller, &[home], doing).await.map(drop);
            }
            _ => match change.team() {
                Some(team) => Requirement::Team(home, team),
                None => wide(home, WideRight::ManageTeams),
            },
        };
        self.permit(tx, caller, home, &needed, doing).await.map(drop)
    }
}

/// The environments with their purposes.
pub(crate) fn places(known: &Known) -> Vec<(EnvironmentId, Purpose)> {
    known.environments.iter().map(|row| (row.id, row.purpose)).collect()
}

fn shown(known: &Known, outlook: Outlook, takes: bool) -> AccessPreview {
    let people: Vec<PersonPreview> =
        outlook.people.iter().map(|person| person.preview(known, &outlook.instead)).collect();
    let totals: Vec<Total> = totals(&outlook.changed, &places(known));
    let wide = |pick: fn((WideRights, WideRights)) -> WideRights| {
        outlook
            .changed
            .iter()
            .fold(WideRights::default(), |all, (before, after)| all.with(pick(wide_changes(before, after))))
    };
    let (wide_gained, wide_lost) = (wide(|(gained, _)| gained), wide(|(_, lost)| lost));
    let gains = !wide_gained.is_empty() || totals.iter().any(|total| total.gained != Rights::NONE);
    let environment = |total: &Total| {
        let row = known.environments.iter().find(|row| row.id == total.environment)?;
        Some(TotalView {
            environment: EnvironmentRef::from(row),
            gained: total.gained,
            lost: total.lost,
            opens_production: total.opens,
            words: words(total.gained, total.lost),
        })
    };
    AccessPreview {
        environments: totals.iter().filter_map(environment).collect(),
        wide_gained,
        wide_lost,
        opens_production: totals.iter().any(|total| total.opens),
        widens_by_removal: takes && gains,
        more: outlook.count.n.saturating_sub(people.len() as u64),
        concerned: outlook.count.into(),
        people,
        save: outlook.save,
    }
}

/// What is gained and lost, in words.
pub(crate) fn words(gained: Rights, lost: Rights) -> String {
    // What one person gains another may lose: the difference of one pair of sets would not say it.
    match (gained == Rights::NONE, lost == Rights::NONE) {
        (true, true) => "stays the same".to_owned(),
        (false, true) => format!("gains {}", gained.words()),
        (true, false) => format!("loses {}", lost.words()),
        (false, false) => format!("gains {}; loses {}", gained.words(), lost.words()),
    }
}
