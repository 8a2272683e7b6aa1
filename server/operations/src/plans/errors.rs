//! Continuing with errors (B10): a plan that would leave something broken is started in spite of that only by somebody with a right of their own,
//! who has seen just these conflicts and says why.

use super::evaluate::Evaluated;
use crate::console::{Caller, Console};
use crate::door::wide;
use crate::error::{OperationError, Result};
use crate::gates::StartInput;
use crate::people::set_up::field;
use crate::view::Refusal;
use domain::access::{Requirement, WideRight};
use domain::environment::Reason;
use domain::id::InfrastructureId;
use domain::plan::{Kind, Severity, conflicts_digest};
use storage::Reader;

/// What stands against a plan, counted.
struct Stopping {
    blockers: usize,
    lower: usize,
    others: usize,
}

impl Stopping {
    fn of(evaluated: &Evaluated) -> Self {
        let count = |what: &dyn Fn(Kind) -> bool| {
            evaluated.conflicts.iter().filter(|conflict| what(conflict.kind)).count()
        };
        Self {
            blockers: count(&|kind| kind.severity() == Severity::Blocker),
            lower: count(&|kind| kind == Kind::LowerVersion),
            others: count(&|kind| kind.severity() == Severity::Error && kind != Kind::LowerVersion),
        }
    }

    const fn all(&self) -> usize {
        self.blockers + self.lower + self.others
    }

    /// The rights that going on in spite of them needs.
    fn rights(&self) -> Vec<WideRight> {
        let broken = (self.others > 0).then_some(WideRight::ContinueWithErrors);
        let lower = (self.lower > 0).then_some(WideRight::LowerVersions);
        broken.into_iter().chain(lower).collect()
    }
}

/// The sentence about all conflicts of a plan that stop it.
fn stopped(target: &str, conflicts: usize) -> String {
    let what = if conflicts == 1 { "1 conflict".to_owned() } else { format!("{conflicts} conflicts") };
    format!("{target} would hold a broken application: {what}.")
}

/// What continuing with the errors of a plan means to a caller.
pub(crate) enum Continue {
    /// There are none.
    Unneeded,
    /// They may, with a reason.
    Possible {
        /// What it takes.
        needed: Vec<Requirement>,
    },
    /// They may not.
    Refused(Refusal),
}

impl Console {
    /// Whether a caller may go on in spite of a plan's errors.
    pub(crate) async fn may_continue(
        &self,
        tx: &mut impl Reader,
        caller: &Caller,
        home: InfrastructureId,
        target: &str,
        evaluated: &Evaluated,
    ) -> Result<Continue> {
        let stopping = Stopping::of(evaluated);
        if stopping.all() == 0 {
            return Ok(Continue::Unneeded);
        }
        let sentence = stopped(target, stopping.all());
        if stopping.blockers > 0 {
            let lifted_by = "Each conflict below has its ways out; nobody can go on with a name collision.";
            return Ok(Continue::Refused(Refusal { sentence, lifted_by: lifted_by.to_owned() }));
        }
        let mut needed = Vec::new();
        for right in stopping.rights() {
            let requirement = wide(home, right);
            match self.permit(tx, caller, home, &requirement, "continue with errors").await {
                Ok(_) => needed.push(requirement),
                Err(OperationError::Denied { .. }) => {
                    let lifted_by = format!(
                        "Each conflict below has its ways out; somebody with “{}” can go on and say why.",
                        right.words()
                    );
                    return Ok(Continue::Refused(Refusal { sentence, lifted_by }));
                }
                Err(other) => return Err(other),
            }
        }
        Ok(Continue::Possible { needed })
    }
}

/// The reason of somebody who goes on in spite of a plan's errors; none where there are no errors.
///
/// # Errors
/// They do not say that they do, they have seen other conflicts, or they give no reason.
pub(crate) fn accepted(target: &str, evaluated: &Evaluated, start: &StartInput) -> Result<Option<Reason>> {
    let all = Stopping::of(evaluated).all();
    if all == 0 {
        return Ok(None);
    }
    let sentence = stopped(target, all);
    if start.conflicts.is_empty() {
        return Err(OperationError::conflict(sentence).under("R13"));
    }
    if start.conflicts != conflicts_digest(&evaluated.conflicts).to_string() {
        return Err(OperationError::conflict(format!(
            "{sentence} They are not the conflicts that you accepted; look at the plan again."
        )));
    }
    if start.conflicts_reason.trim().is_empty() {
        let sentence = format!("{sentence} Say why it is to be started all the same.");
        return Err(OperationError::invalid("conflicts_reason", sentence));
    }
    Ok(Some(field::<Reason>("conflicts_reason", &start.conflicts_reason)?))
}
