//! Accepting a finding for a time and a reason, and taking that back.

use crate::console::{Caller, Console};
use crate::door::{Attempt, permitted_wide, short};
use crate::error::{OperationError, Result};
use crate::infrastructure::topic;
use crate::people::set_up::field;
use domain::architecture::rules::{RuleId, findings};
use domain::architecture::seen::place;
use domain::architecture::words::About;
use domain::audit::Object;
use domain::time::{DAY, Timestamp};
use serde_json::json;
use storage::architecture;
use storage::architecture::exceptions::{self, ExceptionRow};

/// The longest time that a finding is accepted for, days. Then somebody looks again.
const DAYS: i64 = 400;

/// What of a finding is accepted.
#[derive(Debug, Clone)]
pub struct AcceptInput {
    /// The rule, such as `A10`.
    pub rule: String,
    /// The place, as the finding has it.
    pub path: String,
    /// Why it is accepted.
    pub reason: String,
    /// Until when, at most 400 days from now.
    pub expires_at: Timestamp,
}

impl Console {
    /// Accepts a finding: it does not count until the exception expires. Another exception of the same finding is replaced.
    ///
    /// # Errors
    /// The rule refuses (nobody accepts what breaks it), there is no such finding, a word is not acceptable, or “Manage Infrastructure and
    /// Users” is missing.
    pub async fn accept_finding(
        &self,
        caller: &Caller,
        infrastructure: &str,
        input: &AcceptInput,
    ) -> Result<()> {
        let object = Object::new("finding", short(&input.rule), short(&input.path));
        self.audited(caller, Attempt::within(infrastructure, "architecture.accept", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], "accept a finding").await?;
            let rule = field::<RuleId>("rule", &input.rule)?;
            let reason = field::<About>("reason", &input.reason)?;
            let now = self.now();
            if input.expires_at <= now || input.expires_at.since(now) > DAYS * DAY {
                let sentence = format!("A finding is accepted until a day to come, at most {DAYS} days from now.");
                return Err(OperationError::invalid("expires_at", sentence));
            }
            let stored = architecture::load_to_change(&mut pending, home.id).await?;
            let reported = self.reported(&mut pending, home.id, None).await?;
            let found = findings(&stored.architecture, &reported, &[], now);
            if !found.iter().any(|finding| finding.rule == rule && finding.path == input.path) {
                let sentence = format!("{rule} finds nothing there now, so there is nothing to accept.");
                return Err(OperationError::invalid("path", sentence));
            }
            if rule.rule().refuses {
                let sentence = format!("{rule} holds at every moment; nobody can accept what breaks it.");
                return Err(OperationError::invalid("rule", sentence));
            }
            let row = ExceptionRow {
                infrastructure_id: home.id,
                rule: rule.to_string(),
                path: input.path.clone(),
                reason: reason.to_string(),
                expires_at: input.expires_at,
                accepted_by: caller.user(),
                accepted_by_name: caller.name.clone(),
                accepted_at: now,
            };
            let mut tx = pending.authorised(grant);
            exceptions::put(&mut tx, &row).await?;
            tx.notice(&topic(home.key.as_str()), home.id);
            let object = Object::new("finding", &row.rule, place(&stored.architecture, &row.path));
            let mut entry = self.entry(caller, "architecture.accept", object);
            entry.infrastructure = Some(home.id);
            entry.after =
                json!({ "rule": row.rule, "path": row.path, "reason": row.reason, "expires_at": row.expires_at });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }

    /// Takes an exception back: the finding counts again.
    ///
    /// # Errors
    /// There is no such exception, or “Manage Infrastructure and Users” is missing.
    pub async fn withdraw_exception(
        &self,
        caller: &Caller,
        infrastructure: &str,
        rule: &str,
        path: &str,
    ) -> Result<()> {
        let object = Object::new("finding", short(rule), short(path));
        self.audited(caller, Attempt::within(infrastructure, "architecture.withdraw", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], "withdraw an exception").await?;
            let rows = exceptions::list(&mut pending, home.id).await?;
            let Some(row) = rows.into_iter().find(|row| row.rule == rule && row.path == path) else {
                return Err(OperationError::not_found("There is no such exception here."));
            };
            let stored = architecture::load_to_change(&mut pending, home.id).await?;
            let mut tx = pending.authorised(grant);
            exceptions::remove(&mut tx, home.id, rule, path).await?;
            tx.notice(&topic(home.key.as_str()), home.id);
            let object = Object::new("finding", &row.rule, place(&stored.architecture, &row.path));
            let mut entry = self.entry(caller, "architecture.withdraw", object);
            entry.infrastructure = Some(home.id);
            entry.before =
                json!({ "rule": row.rule, "path": row.path, "reason": row.reason, "expires_at": row.expires_at });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}
