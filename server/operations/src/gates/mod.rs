//! Gates: rules and freezes of an infrastructure, approvals, tests, and why a plan or a deployment does not go on now.
//!
//! `subject` gathers what `domain::gate` decides on; every other file asks that.

pub(crate) mod approvals;
pub(crate) mod check;
mod forecast;
pub(crate) mod freezes;
pub(crate) mod park;
pub(crate) mod results;
pub(crate) mod reviews;
pub(crate) mod rules;
pub(crate) mod start;
pub(crate) mod subject;
pub(crate) mod why;

pub use freezes::FreezeInput;
pub use results::TestInput;
pub use rules::GateInput;
pub use start::StartInput;

use crate::error::{OperationError, Result};
use crate::people::set_up::field;
use crate::view::{GatePlace, Refusal};
use domain::environment::Reason;
use domain::gate::{Answer, State};
use domain::id::{EnvironmentId, InfrastructureId, PipelineId};
use domain::text::{Key, Name};
use domain::time::Timestamp;
use storage::{Reader, pipelines};

/// What a place is called that is all of the infrastructure.
pub(crate) const EVERYTHING: &str = "Everything";

/// A time as messages tell it, such as `2026-11-27 18:00 UTC`.
pub(crate) fn told(at: Timestamp) -> String {
    let utc = jiff::Timestamp::from_microsecond(at.0);
    utc.map_or_else(|_| "a far time".to_owned(), |time| time.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

/// What holds a plan, as a reason against its start: what, until when, who lifts it.
pub(crate) fn refusal(answer: &Answer) -> Refusal {
    let until = answer.until.map(|until| format!(" It is over at {}.", told(until))).unwrap_or_default();
    let sentence = format!("{}: {}{until}", answer.title, answer.sentence);
    Refusal { sentence, lifted_by: answer.lifted_by.clone() }
}

/// What parks a deployment, in one message: each reason, and until when.
pub(crate) fn message(holds: &[Answer]) -> String {
    let each = holds.iter().filter(|hold| hold.state == State::Parks).map(|hold| match hold.until {
        Some(until) if hold.rule == "schedule" => format!("It begins at {}.", told(until)),
        Some(until) => format!("{} Until {}.", hold.sentence, told(until)),
        None => format!("{}: {}", hold.title, hold.sentence),
    });
    format!("Parked, and keeps its place. {}", each.collect::<Vec<_>>().join(" "))
}

/// The name of who answers for a rule: as it was typed, or who makes it.
fn owner(typed: &str, caller: &crate::console::Caller) -> Result<String> {
    if typed.trim().is_empty() {
        return Ok(caller.name.clone());
    }
    Ok(field::<Name>("owner", typed)?.to_string())
}

/// A reason for which an override is made.
fn override_reason(typed: &str) -> Result<Reason> {
    field::<Reason>("override_freezes", typed)
}

/// The environment or pipeline that a rule is to stand at.
pub(crate) struct Standing {
    pub environment: Option<EnvironmentId>,
    pub pipeline: Option<PipelineId>,
    pub name: String,
}

impl Standing {
    /// Finds it by the keys of a form: at most one of them.
    async fn find(
        tx: &mut impl Reader,
        home: InfrastructureId,
        environment: &str,
        pipeline: &str,
    ) -> Result<Self> {
        let (environment, pipeline) = (environment.trim(), pipeline.trim());
        if !environment.is_empty() && !pipeline.is_empty() {
            let sentence = "It stands at an environment or at a pipeline; choose one of them.";
            return Err(OperationError::invalid("place", sentence));
        }
        if !environment.is_empty() {
            let row = storage::environments::by_key(tx, home, environment).await?;
            let row = row.ok_or_else(|| {
                let sentence = format!("There is no environment “{}” here.", crate::door::short(environment));
                OperationError::invalid("place", sentence)
            })?;
            return Ok(Self { environment: Some(row.id), pipeline: None, name: row.name.to_string() });
        }
        if !pipeline.is_empty() {
            let all = pipelines::list(tx, home).await?;
            let row = all.into_iter().find(|row| row.key.as_str() == pipeline).ok_or_else(|| {
                let sentence = format!("There is no pipeline “{}” here.", crate::door::short(pipeline));
                OperationError::invalid("place", sentence)
            })?;
            return Ok(Self { environment: None, pipeline: Some(row.id), name: row.name.to_string() });
        }
        Ok(Self { environment: None, pipeline: None, name: EVERYTHING.to_owned() })
    }
}

/// The place of a stored rule.
fn place(environment: Option<(&Key, &Name)>, pipeline: Option<(&Key, &Name)>) -> GatePlace {
    let of =
        |kind, (key, name): (&Key, &Name)| GatePlace { kind, key: key.to_string(), name: name.to_string() };
    match (environment, pipeline) {
        (Some(environment), _) => of("environment", environment),
        (None, Some(pipeline)) => of("pipeline", pipeline),
        (None, None) => GatePlace { kind: "infrastructure", key: String::new(), name: EVERYTHING.to_owned() },
    }
}
