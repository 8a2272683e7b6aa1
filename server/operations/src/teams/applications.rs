//! The applications of a team. An application is in at most one (R31).

use super::find_team;
use crate::applications::find;
use crate::console::{Caller, Console};
use crate::error::{OperationError, Result};
use crate::infrastructure::topic;
use crate::roles::{Giving, Known, Target};
use domain::audit::Object;
use domain::id::TeamId;
use serde_json::json;
use storage::teams;

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
            if let Some(other) = teams::of_application(&mut pending, row.id).await? {
                let sentence = format!(
                    "{} belongs to the team “{}” already, and an application is in at most one team. Take it from there first.",
                    row.name, other.name
                );
                return Err(OperationError::conflict(sentence));
            }
            let known = Known::load(&mut pending, home).await?;
            let giving = Giving::load(self, &mut pending, caller, &known.home).await?;
            for role in teams::roles_in(&mut pending, team).await? {
                giving.check(&known, &known.role(role)?.name, &known.rights(role))?;
            }
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
    /// The team does not have it, team or application are not there, or the right is missing.
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
            let mut tx = pending.authorised(grant);
            if !teams::remove_application(&mut tx, team, row.id).await? {
                let sentence = format!("{} does not belong to {}.", row.name, found.name);
                return Err(OperationError::conflict(sentence));
            }
            tx.notice(&topic(home.key.as_str()), team);
            let object = Object::new("team", team, &found.name);
            let mut entry = self.entry(caller, "team.application_take", object);
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("application", row.id, row.name.as_str())];
            entry.before = json!({ "application": row.name, "team": found.name });
            entry.after = json!({ "application": row.name, "team": null });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}
