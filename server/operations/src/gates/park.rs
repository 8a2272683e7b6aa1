//! What is parked: looked at again by the engine, overridden by a person, ended where its time is over.

use super::start::{again_at, frozen, override_all, to_override};
use super::subject::About;
use super::{message, override_reason, told};
use crate::console::{Caller, Console};
use crate::deployments::list::is_prepared;
use crate::deployments::show::visible;
use crate::deployments::{topic, work_topic};
use crate::door::{Attempt, Place};
use crate::error::{OperationError, Result};
use crate::maintenance;
use domain::access::Requirement;
use domain::audit::Object;
use domain::environment::Purpose;
use domain::gate::Answer;
use domain::id::DeploymentId;
use domain::protocol::LogLevel;
use domain::time::Timestamp;
use serde_json::json;
use storage::deployments::DeploymentRow;
use storage::journal::NewLine;
use storage::parked::ParkedRow;
use storage::{JournalTx, Reader, deployments, journal, parked};

/// Asks the gates of a deployment that is about to begin. True where something holds it: then it is parked, and says why.
pub(crate) async fn held(tx: &mut JournalTx, row: &DeploymentRow, now: Timestamp) -> Result<bool> {
    let mut holds = About::deployment(tx, row).await?.subject(tx, now).await?.holds(now);
    holds.extend(maintenance::answer(tx, row.target_id).await?);
    if holds.is_empty() {
        parked::remove(tx, row.id).await?;
        return Ok(false);
    }
    let row_parked = ParkedRow {
        deployment_id: row.id,
        infrastructure_id: row.infrastructure_id,
        until_at: again_at(&holds, now),
        not_before: None,
        expires_at: None,
    };
    parked::put_again(tx, &row_parked).await?;
    let words = message(&holds);
    if parked::say(tx, row.id, &words).await? {
        let line = NewLine::own(row.id, now, LogLevel::Info, &words);
        journal::append_line(tx, &line).await?;
        tx.notice(&topic(row.id), row.id);
        tx.notice(&work_topic(row.target_id), row.id);
    }
    Ok(true)
}

/// The freezes that hold a deployment which waits for a person with everything prepared.
pub(crate) async fn frozen_meanwhile(
    tx: &mut impl Reader,
    row: &DeploymentRow,
    now: Timestamp,
) -> Result<Vec<Answer>> {
    let answers = About::deployment(tx, row).await?.subject(tx, now).await?.holds(now);
    Ok(answers.into_iter().filter(|answer| answer.freeze.is_some()).collect())
}

/// Ends what could not begin by the time that was chosen for it.
pub(crate) async fn expire(console: &Console) -> Result<()> {
    let mut tx = console.store().read().await?;
    let expired = parked::expired(&mut tx, console.now()).await?;
    drop(tx);
    for id in expired {
        console.expire(id).await?;
    }
    Ok(())
}

impl Console {
    async fn expire(&self, id: DeploymentId) -> Result<()> {
        let caller = Caller::engine();
        let object = Object::new("deployment", id, "Deployment");
        let attempt = Attempt::at(Place::Deployment(id), "deployment.expire", object);
        self.audited(&caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let grant = self.permit_plain(&caller, &Requirement::Engine)?;
            let found = deployments::by_id(&mut pending, id).await?;
            let parked = parked::of(&mut pending, id).await?;
            let ends = parked.and_then(|row| row.expires_at).filter(|at| *at <= self.now());
            let (Some(row), Some(ends)) = (found.filter(|row| row.status == "queued"), ends) else {
                return Ok(());
            };
            let waited = row.message.trim_start_matches("Parked, and keeps its place. ");
            let words =
                format!("It could not begin by {}, so it ended and changed nothing. {waited}", told(ends));
            let tx = pending.authorised(grant);
            self.end_unbegun(tx, &caller, "deployment.expire", &row, (LogLevel::Info, &words)).await
        })
        .await
    }

    /// Overrides the freezes that hold a parked deployment, for this one alone and for a day: it goes on as if they were not. Somebody else has
    /// to review it afterwards.
    ///
    /// # Errors
    /// It is not there, no freeze holds it, the reason is not acceptable, “Override Freezes” is missing, or production asks for a recent
    /// proof.
    pub async fn override_freezes(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: DeploymentId,
        reason: &str,
    ) -> Result<()> {
        let object = Object::new("deployment", id, "Deployment");
        self.audited(caller, Attempt::within(infrastructure, "deployment.override", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let (row, target, _) = visible(self, &mut pending, caller, home.id, id).await?;
            let doing = format!("override the freeze of {}", target.name);
            let grant = self.permit(&mut pending, caller, home.id, &to_override(home.id), &doing).await?;
            if target.purpose == Purpose::Production {
                self.proved(caller, &doing)?;
            }
            let now = self.now();
            let on = if row.status == "queued" || is_prepared(&row) {
                frozen(&frozen_meanwhile(&mut pending, &row, now).await?)
            } else {
                Vec::new()
            };
            if on.is_empty() {
                return Err(OperationError::conflict(format!("No freeze holds {}.", row.name)));
            }
            let reason = override_reason(reason)?;
            let mut tx = pending.authorised(grant);
            override_all(self, &mut tx, caller, (home.id, id), &on, &reason).await?;
            tx.notice(&crate::infrastructure::topic(home.key.as_str()), id);
            parked::wake(&mut tx, home.id, now).await?;
            tx.notice("engine", id);
            let mut entry =
                self.entry(caller, "deployment.override", Object::new("deployment", id, &row.name));
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("environment", target.id, target.name.as_str())];
            entry.related.extend(on.iter().map(|freeze| Object::new("freeze", freeze, "Freeze")));
            entry.before = json!({ "message": row.message });
            entry.after = json!({ "reason": reason });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}
