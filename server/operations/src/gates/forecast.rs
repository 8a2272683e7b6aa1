//! When what a plan brings arrives at the stages behind its target, at the earliest.

use super::subject::{About, freeze};
use crate::console::Caller;
use crate::door::visibility;
use crate::error::Result;
use crate::plans::Found;
use crate::plans::show::usually;
use crate::view::PipelineForecast;
use domain::gate::{Ahead, Kind, Subject, forecast};
use domain::id::EnvironmentId;
use domain::time::Timestamp;
use std::collections::BTreeMap;
use storage::environments::EnvironmentRow;
use storage::gates::{NamedFreezeRow, NamedGateRow};
use storage::{Reader, environments, gates, pipelines};

/// The forecast along each pipeline that the plan concerns and that goes on behind its target. It ends before a stage that the caller may not
/// see.
pub(super) async fn along(
    tx: &mut impl Reader,
    caller: &Caller,
    found: &Found,
    (about, subject): (&About, &Subject),
    now: Timestamp,
) -> Result<Vec<PipelineForecast>> {
    let concerned = about.concerned(tx).await?;
    let mut lines: BTreeMap<_, Vec<EnvironmentId>> = BTreeMap::new();
    for row in pipelines::stages(tx, about.home).await? {
        lines.entry(row.pipeline_id).or_default().push(row.environment_id);
    }
    let seen = environments::list(tx, about.home, &visibility(caller)?).await?;
    let seen: BTreeMap<EnvironmentId, &EnvironmentRow> = seen.iter().map(|row| (row.id, row)).collect();
    let freezes = gates::freezes(tx, about.home, now).await?;
    let takes = usually(tx, about.target, now).await?.map(|(middle, _)| middle);
    let mut all = Vec::new();
    for pipeline in pipelines::list(tx, about.home).await? {
        let Some(stages) = lines.get(&pipeline.id).filter(|_| concerned.contains(&pipeline.id)) else {
            continue;
        };
        let Some(place) = stages.iter().position(|stage| *stage == about.target) else { continue };
        let mut ahead = Vec::new();
        let mut before = found.target.name.to_string();
        for stage in stages.iter().skip(place + 1).map_while(|stage| seen.get(stage)) {
            let rules = gates::into(tx, stage.id).await?;
            let here = rules.iter().filter(|row| row.pipeline_id.is_none_or(|id| id == pipeline.id));
            let soaks = here.clone().filter(|row| row.kind == Kind::Soak).map(|row| row.number);
            let stands = |row: &&NamedFreezeRow| {
                row.environment_id.is_none_or(|id| id == stage.id)
                    && row.pipeline_id.is_none_or(|id| id == pipeline.id)
            };
            ahead.push(Ahead {
                name: stage.name.to_string(),
                soaks: soaks.collect(),
                asks: here.filter_map(|row| asks(row, &before)).collect(),
                freezes: freezes.iter().filter(stands).cloned().map(freeze).collect(),
                usually: usually(tx, stage.id, now).await?.map(|(middle, _)| middle),
            });
            before = stage.name.to_string();
        }
        if !ahead.is_empty() {
            let stages = forecast(subject, found.target.name.as_str(), takes, &ahead, now);
            all.push(PipelineForecast { pipeline: pipeline.name.to_string(), stages });
        }
    }
    Ok(all)
}

/// What somebody has to do before a gate is met.
fn asks(row: &NamedGateRow, before: &str) -> Option<String> {
    match row.kind {
        Kind::Soak => None,
        Kind::Approval => {
            let group = row.group_name.as_deref().unwrap_or_default();
            let noun = if row.number == 1 { "approval" } else { "approvals" };
            Some(format!("{} {noun} of {group}", row.number))
        }
        Kind::Verification => Some(format!("“{}” passes in {before}", row.name)),
    }
}
