//! Retiring an application that nobody uses any more, and bringing it back. It leaves the lists; its key, its versions and its history stay.

use super::find;
use super::usage::Kept;
use crate::console::{Caller, Console};
use crate::door::{Attempt, on, short, visibility};
use crate::error::{OperationError, Result};
use crate::infrastructure::topic;
use crate::paging::PageQuery;
use crate::people::set_up::field;
use crate::view::{ApplicationRef, Paged, RetiredView, RetirementView};
use domain::access::{Requirement, Right};
use domain::audit::Object;
use domain::environment::Reason;
use serde_json::json;
use storage::applications::ApplicationRow;
use storage::retirements::RetirementRow;
use storage::{Reader, Visibility, applications, environments, retirements};

/// Retired applications on one page.
const RETIRED: u32 = 50;

impl From<&RetirementRow> for RetirementView {
    fn from(row: &RetirementRow) -> Self {
        Self { reason: row.reason.to_string(), at: row.retired_at, by: row.retired_by.clone() }
    }
}

/// Whether an application is retired.
pub(crate) async fn is_retired(tx: &mut impl Reader, row: &ApplicationRow) -> Result<bool> {
    Ok(retirements::of(tx, row.id).await?.is_some())
}

/// Why nothing new is published to an application, if it is retired.
pub(crate) async fn refused(tx: &mut impl Reader, row: &ApplicationRow) -> Result<()> {
    let Some(retired) = retirements::of(tx, row.id).await? else { return Ok(()) };
    let text = retired.reason.as_str();
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    Err(OperationError::conflict(format!(
        "{} is retired: {text}{end} {} retired it on {}; bring it back first.",
        row.name,
        retired.retired_by,
        retired.retired_at.day()
    )))
}

/// What retiring and bringing back need: in one environment, Change on it, and to be allowed to create applications there.
pub(super) async fn to_retire(tx: &mut impl Reader, row: &ApplicationRow) -> Result<Requirement> {
    let all = environments::list(tx, row.infrastructure_id, &Visibility::Everything).await?;
    let one = |stage: &storage::environments::EnvironmentRow| {
        let create = Requirement::Environment(stage.id, Right::CreateApplications);
        Requirement::All(vec![on(row.id, stage.id, Right::Change), create])
    };
    Ok(Requirement::Any(all.iter().map(one).collect()))
}

impl Kept {
    /// Every reason against retiring, each with the way out.
    pub fn reasons(&self, name: &str) -> Vec<(String, &'static str)> {
        let of = |n: usize, one: &str, many: &str| {
            if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
        };
        let mut all = Vec::new();
        if !self.runs_in.is_empty() {
            let places = of(self.runs_in.len(), "environment", "environments");
            all.push((format!("{name} runs in {places}."), "Take it out of each of them by a plan."));
        }
        if !self.consumers.is_empty() {
            let uses = if self.consumers.len() == 1 { "place uses" } else { "places use" };
            all.push((
                format!("{} {uses} what {name} offers.", self.consumers.len()),
                "Deploy versions of the consumers that do without it.",
            ));
        }
        if !self.plans.is_empty() {
            let plans = if self.plans.len() == 1 { "open plan names" } else { "open plans name" };
            all.push((format!("{} {plans} {name}.", self.plans.len()), "Start or discard them."));
        }
        if !self.deployments.is_empty() {
            let sentence = match self.deployments.len() {
                1 => format!("1 deployment of {name} has not ended."),
                n => format!("{n} deployments of {name} have not ended."),
            };
            all.push((sentence, "Wait until it has ended."));
        }
        all
    }
}

impl Console {
    /// Retires an application that runs nowhere, is in no open plan or deployment, and has no consumers anywhere.
    ///
    /// # Errors
    /// Something still uses it, it is retired already, the reason is not acceptable, it is not there for the caller, or a right is missing.
    pub async fn retire_application(
        &self,
        caller: &Caller,
        infrastructure: &str,
        application: &str,
        reason: &str,
    ) -> Result<()> {
        let object = Object::new("application", short(application), short(application));
        self.audited(caller, Attempt::within(infrastructure, "application.retire", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let row = find(&mut pending, home.id, application).await?;
            let needed = to_retire(&mut pending, &row).await?;
            let doing = format!("retire {}", row.name);
            let grant = self.permit(&mut pending, caller, home.id, &needed, &doing).await?;
            let reason = field::<Reason>("reason", reason)?;
            if is_retired(&mut pending, &row).await? {
                return Err(OperationError::conflict(format!("{} is retired already.", row.name)));
            }
            let reasons = Kept::load(&mut pending, &row).await?.reasons(row.name.as_str());
            if !reasons.is_empty() {
                let all: Vec<String> =
                    reasons.into_iter().map(|(what, way)| format!("{what} {way}")).collect();
                return Err(OperationError::conflict(all.join(" ")));
            }
            let retired = RetirementRow {
                application_id: row.id,
                infrastructure_id: home.id,
                reason,
                retired_at: self.now(),
                retired_by: caller.name.clone(),
            };
            let mut tx = pending.authorised(grant);
            retirements::put(&mut tx, &retired).await?;
            tx.notice(&topic(home.key.as_str()), row.id);
            let object = Object::new("application", row.id, row.name.as_str());
            let mut entry = self.entry(caller, "application.retire", object);
            entry.infrastructure = Some(home.id);
            entry.before = json!({ "retired": false });
            entry.after = json!({ "retired": true, "reason": retired.reason });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }

    /// Brings a retired application back into the lists.
    ///
    /// # Errors
    /// It is not retired, it is not there for the caller, or a right is missing.
    pub async fn bring_application_back(
        &self,
        caller: &Caller,
        infrastructure: &str,
        application: &str,
    ) -> Result<()> {
        let object = Object::new("application", short(application), short(application));
        self.audited(caller, Attempt::within(infrastructure, "application.bring_back", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let row = find(&mut pending, home.id, application).await?;
            let needed = to_retire(&mut pending, &row).await?;
            let doing = format!("bring {} back", row.name);
            let grant = self.permit(&mut pending, caller, home.id, &needed, &doing).await?;
            let Some(retired) = retirements::of(&mut pending, row.id).await? else {
                return Err(OperationError::conflict(format!("{} is not retired.", row.name)));
            };
            // It is not among those that are asked for.
            if !applications::named(&mut pending, home.id, &row.name).await?.is_empty() {
                let sentence = format!(
                    "Another application is called “{}” by now, and no environment could have both (R15); rename one of them first.",
                    row.name
                );
                return Err(OperationError::conflict(sentence).under("R15"));
            }
            let mut tx = pending.authorised(grant);
            retirements::remove(&mut tx, row.id).await?;
            tx.notice(&topic(home.key.as_str()), row.id);
            let object = Object::new("application", row.id, row.name.as_str());
            let mut entry = self.entry(caller, "application.bring_back", object);
            entry.infrastructure = Some(home.id);
            entry.before = json!({ "retired": true, "reason": retired.reason, "by": retired.retired_by });
            entry.after = json!({ "retired": false });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }

    /// The retired applications that the caller may see, the latest first.
    ///
    /// # Errors
    /// The infrastructure is not there for the caller, or the cursor is none of this list.
    pub async fn retired_applications(
        &self,
        caller: &Caller,
        infrastructure: &str,
        query: &PageQuery,
    ) -> Result<Paged<RetiredView>> {
        self.traced(caller, "application.retired", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let found =
                retirements::list(&mut tx, home.id, &visibility(caller)?, &query.page(RETIRED)).await?;
            let rows = found.rows.iter().map(|row| RetiredView {
                application: ApplicationRef::from(&row.application),
                retired: RetirementView::from(&row.retirement),
            });
            Ok(Paged { rows: rows.collect(), next: found.next })
        })
        .await
    }
}
