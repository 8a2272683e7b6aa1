//! Reviews of overrides: each override opens one, and somebody else closes it (peers 11).

use crate::applications::show::possible;
use crate::console::{Caller, Console};
use crate::deployments::list::listed;
use crate::deployments::show::visible;
use crate::deployments::topic;
use crate::door::{Attempt, visibility, wide};
use crate::error::{OperationError, Result};
use crate::paging::PageQuery;
use crate::people::set_up::field;
use crate::view::{OpenReview, OpenReviews, OverrideView, Paged, ReviewView};
use domain::access::{Requirement, WideRight};
use domain::audit::Object;
use domain::environment::Reason;
use domain::gate::review::{REVIEW_DUE, may_review};
use domain::id::{DeploymentId, InfrastructureId};
use serde_json::json;
use storage::deployments::DeploymentRow;
use storage::reviews::{ActRow, ReviewRow};
use storage::{Reader, WriteTx, deployments, reviews};

/// Reviews on one page.
const REVIEWS: u32 = 20;

/// What was overridden, as the end of a sentence.
pub(crate) const FREEZE: &str = "overrode the freeze";
pub(crate) const CONFLICTS: &str = "started it in spite of its conflicts";

/// Notes what somebody overrides for a deployment: somebody else has to look at it.
pub(crate) async fn note(
    console: &Console,
    tx: &mut WriteTx,
    caller: &Caller,
    (home, id): (InfrastructureId, DeploymentId),
    (what, reason): (&str, &str),
) -> Result<()> {
    let now = console.now();
    let number = reviews::acts(tx, &[id]).await?.len() as u64 + 1;
    let created = deployments::by_id(tx, id).await?.map_or(now, |row| row.created_at);
    let review = ReviewRow {
        deployment_id: id,
        infrastructure_id: home,
        created_at: created,
        due_at: now.plus(REVIEW_DUE),
        closed_at: None,
        closed_by: None,
        words: None,
    };
    let act = ActRow {
        deployment_id: id,
        number,
        at: now,
        what: what.to_owned(),
        reason: reason.to_owned(),
        user_id: caller.user(),
        made_by: caller.name.clone(),
    };
    reviews::open(tx, &review, &act).await?;
    Ok(())
}

/// The rights whose use is reviewed: who holds one of them knows what it is about.
fn to_review(home: InfrastructureId) -> Requirement {
    let rights = [WideRight::OverrideFreezes, WideRight::ContinueWithErrors, WideRight::LowerVersions];
    Requirement::Any(rights.into_iter().map(|right| wide(home, right)).collect())
}

/// That somebody may close a review: not their own.
fn not_own(caller: &Caller, acts: &[ActRow]) -> Result<()> {
    let overrode: Vec<_> = acts.iter().map(|act| act.user_id).collect();
    may_review(caller.user(), &overrode).map_err(|sentence| {
        let lifted_by =
            "Somebody else with “Override Freezes”, “Continue with Errors” or “Deploy Lower Versions” can.";
        OperationError::denied(sentence, lifted_by)
    })
}

fn told(acts: &[ActRow], id: DeploymentId) -> Vec<OverrideView> {
    let own = acts.iter().filter(|act| act.deployment_id == id);
    let view = |act: &ActRow| OverrideView {
        at: act.at,
        by: act.made_by.clone(),
        what: act.what.clone(),
        reason: act.reason.clone(),
    };
    own.map(view).collect()
}

impl Console {
    /// The review of a deployment, as its page shows it; none where nothing was overridden for it.
    pub(crate) async fn review(
        &self,
        tx: &mut impl Reader,
        caller: &Caller,
        row: &DeploymentRow,
    ) -> Result<Option<ReviewView>> {
        let (id, home) = (row.id, row.infrastructure_id);
        let Some(review) = reviews::of(tx, id).await? else { return Ok(None) };
        let acts = reviews::acts(tx, &[id]).await?;
        let close = match review.closed_at {
            Some(_) => None,
            None => {
                let right = self.permit(tx, caller, home, &to_review(home), "review this override").await;
                Some(possible(right.map(drop).and_then(|()| not_own(caller, &acts)))?)
            }
        };
        Ok(Some(ReviewView {
            overrides: told(&acts, id),
            due_at: review.due_at,
            overdue: review.closed_at.is_none() && review.due_at <= self.now(),
            closed: review.closed_at.zip(review.closed_by),
            words: review.words,
            close,
        }))
    }

    /// The deployments for which something was overridden that nobody has reviewed, newest first.
    ///
    /// # Errors
    /// The infrastructure is not there for the caller, or the cursor is none of this list.
    pub async fn open_reviews(
        &self,
        caller: &Caller,
        infrastructure: &str,
        query: &PageQuery,
    ) -> Result<OpenReviews> {
        self.traced(caller, "deployment.reviews", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let sees = visibility(caller)?;
            let found = deployments::to_review(&mut tx, home.id, &sees, &query.page(REVIEWS)).await?;
            let count = deployments::count_to_review(&mut tx, home.id, &sees).await?;
            let ids: Vec<DeploymentId> = found.rows.iter().map(|row| row.id).collect();
            let due = reviews::of_some(&mut tx, &ids).await?;
            let acts = reviews::acts(&mut tx, &ids).await?;
            let now = self.now();
            let mut rows = Vec::new();
            for deployment in listed(&mut tx, home.id, &found.rows, now).await? {
                let Some(review) = due.iter().find(|row| row.deployment_id == deployment.id) else {
                    continue;
                };
                rows.push(OpenReview {
                    overrides: told(&acts, deployment.id),
                    due_at: review.due_at,
                    overdue: review.due_at <= now,
                    deployment,
                });
            }
            Ok(OpenReviews { rows: Paged { rows, next: found.next }, count: count.into() })
        })
        .await
    }

    /// Closes the review of what was overridden for a deployment, with what was found.
    ///
    /// # Errors
    /// It is not there, nothing of it waits for a review, the caller made the override or is no person, a right is missing, or nothing is
    /// said.
    pub async fn close_review(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: DeploymentId,
        words: &str,
    ) -> Result<()> {
        let object = Object::new("deployment", id, "Deployment");
        self.audited(caller, Attempt::within(infrastructure, "deployment.review", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let (row, target, _) = visible(self, &mut pending, caller, home.id, id).await?;
            let needed = to_review(home.id);
            let grant = self.permit(&mut pending, caller, home.id, &needed, "review this override").await?;
            let acts = reviews::acts(&mut pending, &[id]).await?;
            let review = reviews::of(&mut pending, id).await?.filter(|review| review.closed_at.is_none());
            let Some(review) = review else {
                let sentence = format!("Nothing that was overridden for {} waits for a review.", row.name);
                return Err(OperationError::conflict(sentence));
            };
            not_own(caller, &acts)?;
            if words.trim().is_empty() {
                let sentence = "Say what you found, so that the duty is closed with a reason.";
                return Err(OperationError::invalid("words", sentence));
            }
            let words = field::<Reason>("words", words)?;
            let mut tx = pending.authorised(grant);
            if !reviews::close(&mut tx, &review, self.now(), (&caller.name, words.as_str())).await? {
                let sentence = "Somebody was faster: it is reviewed already, or something more was overridden. Look again.";
                return Err(OperationError::conflict(sentence));
            }
            tx.notice(&topic(id), id);
            tx.notice(&crate::infrastructure::topic(home.key.as_str()), id);
            let mut entry = self.entry(caller, "deployment.review", Object::new("deployment", id, &row.name));
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("environment", target.id, target.name.as_str())];
            let each =
                acts.iter().map(|act| json!({ "by": act.made_by, "what": act.what, "reason": act.reason }));
            entry.before = json!({ "overrides": each.collect::<Vec<_>>(), "due_at": review.due_at });
            entry.after = json!({ "words": words });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}
