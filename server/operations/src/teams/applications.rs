//! The applications of a team. An application is in at most one (R31).

use super::find_team;
use super::members::without_team;
use crate::applications::find;
use crate::console::{Caller, Console};
use crate::error::{OperationError, Result};
use crate::infrastructure::topic;
use crate::roles::{Giving, Known, Target};
use domain::audit::Object;
use domain::id::TeamId;
use serde_json::json;
use storage::applications::ApplicationRow;
use storage::holdings::Of;
use storage::teams::TeamRow;
use storage::{Reader, teams};

/// Whether a team may get an application: no other team has it, and the caller holds what its members would.
pub(crate) async fn checked_give(
    tx: &mut impl Reader,
    known: &Known,
    giving: &Giving,
    team: TeamId,
    application: &ApplicationRow,
) -> Result<()> {
    if let Some(other) = teams::of_application(tx, application.id).await? {
        return Err(in_a_team(application.name.as_str(), &other.name));
    }
    checked_roles(tx, known, giving, team).await
}

/// R31: an application is in at most one team, and the one that has it is named.
pub(crate) fn in_a_team(application: &str, team: &str) -> OperationError {
    OperationError::conflict(format!(
        "{application} belongs to the team “{team}” already, and an application is in at most one team. Take it from there first.",
    ))
    .under("R31")
}

/// Whether the caller holds what the members of a team would have on one more application (R28).
pub(crate) async fn checked_roles(
    tx: &mut impl Reader,
    known: &Known,
    giving: &Giving,
    team: TeamId,
) -> Result<()> {
    for role in teams::roles_in(tx, team).await? {
        giving.check(known, &known.role(role)?.name, &known.rights(role))?;
    }
    Ok(())
}

/// Whether an application may be taken from a team: it is there, and the caller holds what its members would then (R28).
pub(crate) async fn checked_take(
    tx: &mut impl Reader,
    known: &Known,
    giving: &Giving,
    team: &TeamRow,
    application: &ApplicationRow,
) -> Result<()> {
    if teams::of_application(tx, application.id).await?.is_none_or(|owner| owner.id != team.id) {
        let sentence = format!("{} does not belong to {}.", application.name, team.name);
        return Err(OperationError::conflict(sentence));
    }
    let changed = without_team(tx, known, Of::Application(team.id, application.id)).await?;
    giving.check_gain(known, "You cannot take this application from the team", &changed)
}

impl Console {
    /// Gives an application to a team, whose members then have their roles on it.
    ///
    /// # Errors
    /// A team has it already (R31), the role of a member gives more than the caller holds (R28), team or application are not there, or
    /// the right is missing.
    pub async fn give_application(
        &self,
        caller: &Caller,
        infrastructure: &str,
        team: TeamId,
        application: &str,
    ) -> Result<()> {
        let attempt = self.attempt("team.application_give", infrastructure, Target::Team(team)).await?;
        self.audited(caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant = self.manages_teams(&mut pending, caller, home.id, "change this team").await?;
            let found = find_team(&mut pending, home.id, team).await?;
            let row = find(&mut pending, home.id, application).await?;
            let known = Known::load(&mut pending, home).await?;
            let giving = Giving::load(self, &mut pending, caller, &known.home).await?;
            checked_give(&mut pending, &known, &giving, team, &row).await?;
            self.proved(caller, "give an application to a team")?;
            let mut tx = pending.authorised(grant);
            teams::insert_application(&mut tx, team, row.id).await?;
            tx.notice(&topic(known.home.key.as_str()), team);
            let object = Object::new("team", team, &found.name);
            let mut entry = self.entry(caller, "team.application_give", object);
            entry.infrastructure = Some(known.home.id);
            entry.related = vec![Object::new("application", row.id, row.name.as_str())];
            entry.before = json!({ "application": row.name, "team": null });
            entry.after = json!({ "application": row.name, "team": found.name });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }

    /// Takes an application from a team.
    ///
    /// # Errors
    /// The team does not have it, a member would gain more than the caller holds (R28), team or application are not there, or the right
    /// is missing.
    pub async fn take_application(
        &self,
        caller: &Caller,
        infrastructure: &str,
        team: TeamId,
        application: &str,
    ) -> Result<()> {
        let attempt = self.attempt("team.application_take", infrastructure, Target::Team(team)).await?;
        self.audited(caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant = self.manages_teams(&mut pending, caller, home.id, "change this team").await?;
            let found = find_team(&mut pending, home.id, team).await?;
            let row = find(&mut pending, home.id, application).await?;
            let known = Known::load(&mut pending, home).await?;
            let giving = Giving::load(self, &mut pending, caller, &known.home).await?;
            checked_take(&mut pending, &known, &giving, &found, &row).await?;
            self.proved(caller, "take an application from a team")?;
            let mut tx = pending.authorised(grant);
            teams::remove_application(&mut tx, team, row.id).await?;
            tx.notice(&topic(known.home.key.as_str()), team);
            let object = Object::new("team", team, &found.name);
            let mut entry = self.entry(caller, "team.application_take", object);
            entry.infrastructure = Some(known.home.id);
            entry.related = vec![Object::new("application", row.id, row.name.as_str())];
            entry.before = json!({ "application": row.name, "team": found.name });
            entry.after = json!({ "application": row.name, "team": null });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}
