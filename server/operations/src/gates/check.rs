//! The stage before, checked by the console: what a gate “verification” with an address asks for.

use super::subject::{About, Trial};
use crate::checks::due::BY;
use crate::checks::{AT_ONCE, turn};
use crate::console::{Caller, Console};
use crate::error::{OperationError, Result};
use crate::infrastructure::topic;
use crate::plans::edit::{self, draft};
use crate::plans::evaluate::evaluate;
use crate::view::StageCheck;
use domain::architecture::connection::of_status;
use domain::audit::Object;
use domain::gate::passes;
use domain::id::PlanId;
use futures::StreamExt as _;
use serde_json::json;
use storage::verifications::VerificationRow;
use storage::{Reader, verifications};

impl Console {
    /// Asks, for each version that a draft brings and that runs in the stage before, what its gates have the console ask there, and keeps
    /// what was found. It takes what editing the plan takes: the answer is the console's own.
    ///
    /// # Errors
    /// The plan is no draft (R05), no gate of it is such a check, nothing of it runs in the stage before, the plan or what it is about
    /// changes meanwhile, others check too much at once, or the caller may not. That a check fails is a result and no error.
    pub async fn check_plan(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: PlanId,
    ) -> Result<Vec<StageCheck>> {
        self.audited(caller, edit::attempt(infrastructure, "plan.check", id), async {
            let doing = "check the stage before";
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let found = draft(self, &mut tx, caller, &home, id).await?;
            self.permit(&mut tx, caller, home.id, &found.to_edit(), doing).await?;
            let asked = trials(&mut tx, &found).await?;
            drop(tx);
            if asked.is_empty() {
                let sentence = format!(
                    "There is nothing to check: no gate before {} has the console ask {} about what this plan brings and runs there.",
                    found.target.name, found.source.name
                );
                return Err(OperationError::conflict(sentence));
            }
            let answers: Vec<(bool, String)> = {
                let _turn = turn(&self.inner.checks)?;
                let ask = |trial: Trial| async move {
                    match self.inner.reach.ask(&trial.address).await {
                        Ok(status) => (passes(status), of_status(status).1),
                        Err(sentence) => (false, sentence),
                    }
                };
                futures::stream::iter(asked.clone()).map(ask).buffered(AT_ONCE).collect().await
            };

            let mut pending = self.store().begin_change().await?;
            let found = draft(self, &mut pending, caller, &home, id).await?;
            let grant = self.permit(&mut pending, caller, home.id, &found.to_edit(), doing).await?;
            if trials(&mut pending, &found).await? != asked {
                let sentence = "What there is to check was changed meanwhile. Check again.";
                return Err(OperationError::conflict(sentence));
            }
            let mut tx = pending.authorised(grant);
            let mut all = Vec::new();
            for (trial, (passed, detail)) in asked.into_iter().zip(answers) {
                let row = VerificationRow {
                    id: self.id(),
                    environment_id: trial.environment,
                    application_id: trial.application,
                    revision_id: trial.revision,
                    name: trial.test.clone(),
                    passed,
                    link: trial.address.to_string(),
                    at: self.now(),
                    reported_by: BY.to_owned(),
                    token_id: None,
                    by_console: true,
                    detail: detail.clone(),
                };
                verifications::insert(&mut tx, &row).await?;
                let Trial { test, label, address, .. } = trial;
                all.push(StageCheck { test, label, address: address.to_string(), passed, detail });
            }
            tx.notice(&edit::topic(id), id);
            tx.notice(&topic(home.key.as_str()), id);
            let mut entry = self.entry(caller, "plan.check", Object::new("plan", id, &found.plan.name));
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("environment", found.source.id, found.source.name.as_str())];
            entry.after = json!({ "found": all });
            tx.commit(entry).await?;
            Ok(all)
        })
        .await
    }
}

async fn trials(tx: &mut impl Reader, found: &crate::plans::Found) -> Result<Vec<Trial>> {
    let evaluated = evaluate(tx, found).await?;
    About::plan(found, &evaluated, None).trials(tx).await
}
