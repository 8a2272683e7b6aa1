//! Blocking an application from an environment, with a reason that everybody reads who would bring it there (R14, A19).

use super::find;
use crate::console::{Caller, Console};
use crate::door::{Attempt, on, short};
use crate::error::{OperationError, Result};
use crate::infrastructure::{find_environment, topic};
use crate::people::set_up::field;
use crate::plans::Found;
use crate::plans::evaluate::Line;
use crate::view::{BlockView, PlanOperation};
use domain::access::Right;
use domain::audit::Object;
use domain::block::{NotNow, may_block, sentence};
use domain::environment::Reason;
use domain::id::ApplicationId;
use serde_json::json;
use std::collections::BTreeMap;
use storage::applications::ApplicationRow;
use storage::blocks::BlockRow;
use storage::environments::EnvironmentRow;
use storage::{Reader, blocks, states};

/// Who lifts a block, beneath its sentence.
pub(crate) const LIFTED_BY: &str =
    "Somebody who may deploy it there can lift the block on the application's page.";

impl BlockView {
    /// A block in words.
    pub(crate) fn of(row: &BlockRow, application: &str, environment: &str) -> Self {
        Self {
            reason: row.reason.to_string(),
            at: row.blocked_at,
            by: row.blocked_by.clone(),
            sentence: sentence(application, environment, &row.blocked_by, &row.blocked_at.day(), &row.reason),
        }
    }
}

/// Why an application may not come into an environment, if it is blocked from there.
pub(crate) async fn refused(
    tx: &mut impl Reader,
    application: &ApplicationRow,
    environment: &EnvironmentRow,
) -> Result<()> {
    let Some(row) = blocks::of(tx, environment.id, application.id).await? else { return Ok(()) };
    let block = BlockView::of(&row, application.name.as_str(), environment.name.as_str());
    Err(OperationError::conflict(block.sentence).under("R14"))
}

/// The blocks of a plan's target: what they keep out, and the lines that they hold at “do nothing” although something else was chosen.
pub(crate) struct Blocks {
    all: BTreeMap<ApplicationId, BlockRow>,
    held: Vec<String>,
}

impl Blocks {
    /// Reads them and holds the lines of a draft: one that would bring a blocked application does nothing, and nothing else can be chosen. A
    /// block that came after the plan was made is noticed just so. What was started or discarded is history and stays as it was.
    pub async fn hold(tx: &mut impl Reader, found: &Found, lines: &mut [Line]) -> Result<Self> {
        let target = &found.target;
        let rows = match found.plan.status.as_str() {
            "draft" => blocks::in_environment(tx, target.id).await?,
            _ => Vec::new(),
        };
        let all: BTreeMap<_, _> = rows.into_iter().map(|row| (row.application_id, row)).collect();
        let mut held = Vec::new();
        for line in lines {
            let Some(row) = all.get(&line.application.id) else { continue };
            let block = BlockView::of(row, &line.application.name, target.name.as_str());
            if line.operation != PlanOperation::Nothing {
                held.push(block.sentence.clone());
            }
            line.operation = PlanOperation::Nothing;
            line.options = vec![PlanOperation::Nothing];
            line.next = None;
            line.gone = false;
            line.blocked = Some(block.sentence);
        }
        Ok(Self { all, held })
    }

    /// Whether an application may not come.
    pub fn keep_out(&self, application: ApplicationId) -> bool {
        self.all.contains_key(&application)
    }

    /// The sentences about lines that somebody had chosen something else for.
    pub fn held(&self) -> &[String] {
        &self.held
    }

    /// Refuses a start that was meant to bring what is held now.
    pub fn refuse_what_was_held(&self) -> Result<()> {
        match self.held.first() {
            Some(sentence) => Err(OperationError::conflict(sentence.clone()).under("R14")),
            None => Ok(()),
        }
    }
}

impl Console {
    /// Blocks an application from an environment, while it is not there and nothing brings it.
    ///
    /// # Errors
    /// It runs there or is on its way, it is blocked already, the reason is not acceptable, it is not there for the caller, or Deploy on it
    /// there is missing.
    pub async fn block_application(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        application: &str,
        reason: &str,
    ) -> Result<()> {
        let object = Object::new("application", short(application), short(application));
        self.audited(caller, Attempt::within(infrastructure, "application.block", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let place = find_environment(&mut pending, home.id, environment).await?;
            let row = find(&mut pending, home.id, application).await?;
            let doing = format!("block {} from {}", row.name, place.name);
            let needed = on(row.id, place.id, Right::Deploy);
            let grant = self.permit(&mut pending, caller, home.id, &needed, &doing).await?;
            let reason = field::<Reason>("reason", reason)?;
            refused(&mut pending, &row, &place).await?;
            possible_now(&mut pending, &row, &place).await?;
            let block = BlockRow {
                environment_id: place.id,
                application_id: row.id,
                reason,
                blocked_at: self.now(),
                blocked_by: caller.name.clone(),
            };
            let mut tx = pending.authorised(grant);
            blocks::put(&mut tx, &block).await?;
            tx.notice(&topic(home.key.as_str()), row.id);
            let object = Object::new("application", row.id, row.name.as_str());
            let mut entry = self.entry(caller, "application.block", object);
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("environment", place.id, place.name.as_str())];
            entry.before = json!({ "blocked": null });
            entry.after = json!({ "blocked": block.reason });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }

    /// Lifts the block of an application from an environment.
    ///
    /// # Errors
    /// It is not blocked there, it is not there for the caller, or Deploy on it there is missing.
    pub async fn unblock_application(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        application: &str,
    ) -> Result<()> {
        let object = Object::new("application", short(application), short(application));
        self.audited(caller, Attempt::within(infrastructure, "application.unblock", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let place = find_environment(&mut pending, home.id, environment).await?;
            let row = find(&mut pending, home.id, application).await?;
            let doing = format!("lift the block of {} from {}", row.name, place.name);
            let needed = on(row.id, place.id, Right::Deploy);
            let grant = self.permit(&mut pending, caller, home.id, &needed, &doing).await?;
            let Some(block) = blocks::of(&mut pending, place.id, row.id).await? else {
                let sentence = format!("{} is not blocked from {}.", row.name, place.name);
                return Err(OperationError::conflict(sentence));
            };
            let mut tx = pending.authorised(grant);
            blocks::remove(&mut tx, place.id, row.id).await?;
            tx.notice(&topic(home.key.as_str()), row.id);
            let object = Object::new("application", row.id, row.name.as_str());
            let mut entry = self.entry(caller, "application.unblock", object);
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("environment", place.id, place.name.as_str())];
            entry.before =
                json!({ "blocked": block.reason, "since": block.blocked_at, "by": block.blocked_by });
            entry.after = json!({ "blocked": null });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}

/// Whether an application can be blocked now: it is not there, and nothing that has begun brings it.
async fn possible_now(
    tx: &mut impl Reader,
    application: &ApplicationRow,
    environment: &EnvironmentRow,
) -> Result<()> {
    let runs = states::get(tx, environment.id, application.id).await?.is_some();
    let on_its_way = blocks::on_its_way(tx, environment.id, application.id).await?;
    may_block(runs, on_its_way).map_err(|fault| {
        let (app, place) = (&application.name, &environment.name);
        let sentence = match fault {
            NotNow::Runs => format!("{app} is in {place}, so it cannot be blocked from there: take it out first."),
            NotNow::OnItsWay => {
                format!("A deployment brings {app} into {place} just now; it cannot be blocked before that has ended.")
            }
        };
        OperationError::conflict(sentence).under("R14")
    })
}
