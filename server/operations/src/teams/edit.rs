//! Making a team, changing what it is called, and deleting it.

use super::members::without_team;
use super::{find_team, free_name};
use crate::console::{Caller, Console};
use crate::error::Result;
use crate::infrastructure::topic;
use crate::roles::{Giving, Known, Target, description};
use domain::audit::Object;
use domain::id::TeamId;
use serde_json::json;
use storage::holdings::Of;
use storage::teams::{self, TeamRow};
use storage::{Reader, gates};

/// Whether a team may end: the caller holds what its members would then (R28).
pub(crate) async fn checked_end(
    tx: &mut impl Reader,
    known: &Known,
    giving: &Giving,
    team: TeamId,
) -> Result<()> {
    let changed = without_team(tx, known, Of::Team(team)).await?;
    giving.check_gain(known, "You cannot delete this team", &changed)
}

impl Console {
    /// Makes a team, without members and applications.
    ///
    /// # Errors
    /// A word is not acceptable, the name is taken, or the right is missing.
    pub async fn create_team(
        &self,
        caller: &Caller,
        infrastructure: &str,
        name: &str,
        about: &str,
    ) -> Result<TeamId> {
        let target = Target::New("team", name.to_owned());
        let attempt = self.attempt("team.create", infrastructure, target).await?;
        self.audited(caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant = self.manages_teams(&mut pending, caller, home.id, "make a team").await?;
            let name = free_name(&mut pending, &home, name, None).await?;
            let row = TeamRow {
                id: self.id(),
                infrastructure_id: home.id,
                name: name.to_string(),
                description: description(about)?,
                created_at: self.now(),
            };
            let mut tx = pending.authorised(grant);
            teams::insert(&mut tx, &row).await?;
            tx.notice(&topic(home.key.as_str()), row.id);
            let mut entry = self.entry(caller, "team.create", Object::new("team", row.id, &row.name));
            entry.infrastructure = Some(home.id);
            entry.after = json!({ "name": row.name, "description": row.description });
            tx.commit(entry).await?;
            Ok(row.id)
        })
        .await
    }

    /// Changes a team's name and description.
    ///
    /// # Errors
    /// A word is not acceptable, the name is taken, there is no such team, or the right is missing.
    pub async fn edit_team(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: TeamId,
        name: &str,
        about: &str,
    ) -> Result<()> {
        let attempt = self.attempt("team.edit", infrastructure, Target::Team(id)).await?;
        self.audited(caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant = self.manages_teams(&mut pending, caller, home.id, "change this team").await?;
            let team = find_team(&mut pending, home.id, id).await?;
            let name = free_name(&mut pending, &home, name, Some(id)).await?;
            let row = TeamRow { name: name.to_string(), description: description(about)?, ..team.clone() };
            let mut tx = pending.authorised(grant);
            teams::update(&mut tx, &row).await?;
            tx.notice(&topic(home.key.as_str()), id);
            let mut entry = self.entry(caller, "team.edit", Object::new("team", id, &row.name));
            entry.infrastructure = Some(home.id);
            entry.before = json!({ "name": team.name, "description": team.description });
            entry.after = json!({ "name": row.name, "description": row.description });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }

    /// Deletes a team. Its members keep their default roles and grants, and its applications belong to no team.
    ///
    /// # Errors
    /// A member would gain more than the caller holds (R28), there is no such team, or the right is missing.
    pub async fn delete_team(&self, caller: &Caller, infrastructure: &str, id: TeamId) -> Result<()> {
        let attempt = self.attempt("team.delete", infrastructure, Target::Team(id)).await?;
        self.audited(caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant = self.manages_teams(&mut pending, caller, home.id, "delete this team").await?;
            let team = find_team(&mut pending, home.id, id).await?;
            let counts = teams::list(&mut pending, home.id).await?.into_iter().find(|row| row.id == id);
            let (members, applications) = counts.map_or((0, 0), |row| (row.members, row.applications));
            let known = Known::load(&mut pending, home).await?;
            let giving = Giving::load(self, &mut pending, caller, &known.home).await?;
            checked_end(&mut pending, &known, &giving, id).await?;
            crate::gates::rules::needed(gates::of_team(&mut pending, id).await?, &team.name)?;
            self.proved(caller, "delete a team")?;
            let mut tx = pending.authorised(grant);
            teams::delete(&mut tx, id).await?;
            tx.notice(&topic(known.home.key.as_str()), id);
            let mut entry = self.entry(caller, "team.delete", Object::new("team", id, &team.name));
            entry.infrastructure = Some(known.home.id);
            entry.before = json!({
                "name": team.name, "description": team.description, "members": members, "applications": applications,
            });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}
