//! When a plan arrives at the stages to come: for each the earliest time, why not before, and what somebody has to do until then.

use super::{Freeze, Subject, counted, full_stop};
use crate::time::{HOUR, Timestamp};
use serde::Serialize;

/// A stage behind the target of a plan, as far as it says when something may come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ahead {
    /// Its name.
    pub name: String,
    /// The soak times that it asks for in the stage before, hours.
    pub soaks: Vec<u32>,
    /// What people or tests have to do before: a phrase each, such as `2 approvals of Release board`.
    pub asks: Vec<String>,
    /// The freezes that are on or to come there.
    pub freezes: Vec<Freeze>,
    /// How long a deployment into it usually takes, microseconds; none where nothing tells.
    pub usually: Option<i64>,
}

/// A stage of a forecast.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Arrives {
    /// Its name.
    pub name: String,
    /// The earliest time at which the deployment into it begins.
    pub begins: Timestamp,
    /// When it is there, if the deployment takes as long as usual.
    pub there: Timestamp,
    /// Whether it is known how long it usually takes; otherwise no time is counted for it.
    pub known: bool,
    /// Why it does not begin before: one sentence each.
    pub because: Vec<String>,
    /// What has to be done besides, by people or tests: one sentence each.
    pub needs: Vec<String>,
}

/// What becomes of a plan that is started now: its own hop, then stage by stage. Everything that people and tests have to do is thought done
/// at once, so that no stage is reached before the time that is told.
#[must_use]
pub fn forecast(
    plan: &Subject,
    target: &str,
    usually: Option<i64>,
    stages: &[Ahead],
    now: Timestamp,
) -> Vec<Arrives> {
    let (mut begins, mut because) = (now, Vec::new());
    loop {
        let mut holds = plan.holds(begins);
        holds.retain(|hold| hold.until.is_some_and(|until| until > begins));
        let Some(until) = holds.iter().filter_map(|hold| hold.until).max() else { break };
        for hold in holds {
            if !because.contains(&hold.sentence) {
                because.push(hold.sentence);
            }
        }
        begins = until;
    }
    let needs = plan.holds(now).into_iter().filter(|hold| hold.until.is_none());
    let mut all = vec![Arrives {
        name: target.to_owned(),
        begins,
        there: begins.plus(usually.unwrap_or(0)),
        known: usually.is_some(),
        because,
        needs: needs.map(|hold| hold.sentence).collect(),
    }];
    for stage in stages {
        let Some(before) = all.last() else { break };
        all.push(behind(before, stage));
    }
    all
}

fn behind(before: &Arrives, stage: &Ahead) -> Arrives {
    let mut because = Vec::new();
    let mut begins = before.there;
    if let Some(hours) = stage.soaks.iter().max().filter(|hours| **hours > 0) {
        begins = begins.plus(i64::from(*hours) * HOUR);
        because.push(format!("It soaks in {} for {}.", before.name, counted(*hours, "hour")));
    }
    // After a freeze there may be the next one.
    while let Some(freeze) =
        stage.freezes.iter().filter(|freeze| freeze.is_on(begins)).max_by_key(|on| on.until)
    {
        begins = freeze.until;
        because.push(format!("{} stands still: {}", freeze.place, full_stop(&freeze.reason)));
    }
    Arrives {
        name: stage.name.clone(),
        begins,
        there: begins.plus(stage.usually.unwrap_or(0)),
        known: stage.usually.is_some(),
        because,
        needs: stage.asks.iter().map(|ask| full_stop(ask)).collect(),
    }
}
