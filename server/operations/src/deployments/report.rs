//! The report of a deployment: everything about it in one text that can be sent to somebody who has no console (B40).

use crate::console::{Caller, Console};
use crate::error::{OperationError, Result};
use crate::gates::told;
use crate::view::{DecisionView, DeployedApplication, DeploymentPage, ReviewView};
use domain::id::DeploymentId;

impl Console {
    /// The report of a deployment as text in Markdown: what it brought where, who decided what about it, its steps, settings and log. Secret
    /// values are not in it; decisions about its plan are, where the caller may see that.
    ///
    /// # Errors
    /// It is not there for the caller.
    pub async fn deployment_report(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: DeploymentId,
    ) -> Result<String> {
        self.traced(caller, "deployment.report", async {
            let page = self.deployment(caller, infrastructure, id).await?;
            let decisions = match page.plan {
                None => Vec::new(),
                Some(plan) => match self.plan_gates(caller, infrastructure, plan).await {
                    Ok(gates) => gates.decisions,
                    Err(OperationError::NotFound { .. }) => Vec::new(),
                    Err(other) => return Err(other),
                },
            };
            let log = self.deployment_log(caller, infrastructure, id).await?;
            Ok(written(&page, &decisions, &log))
        })
        .await
    }
}

/// One part of the report; nothing where it has no lines.
fn part(title: &str, lines: Vec<String>) -> String {
    match lines.is_empty() {
        true => String::new(),
        false => format!("\n## {title}\n\n{}\n", lines.join("\n")),
    }
}

/// Text of people within a line.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn written(page: &DeploymentPage, decisions: &[DecisionView], log: &str) -> String {
    let row = &page.row;
    let at = |time: Option<domain::time::Timestamp>| time.map_or_else(|| "not yet".to_owned(), told);
    let source = row.source.as_ref().map_or("a package or its own past", |source| source.name.as_str());
    let mut facts = vec![
        format!("- From: {source}"),
        format!("- Into: {}", row.target.name),
        format!("- Status: {}", row.status),
        format!("- How it stands: {}", line(&row.message)),
        format!("- Started: {} by {}", told(row.created_at), row.started_by),
        format!("- Begun: {}", at(page.started_at)),
        format!("- Ended: {}", at(row.finished_at)),
        format!("- Identity: {}", row.id),
    ];
    if let Some(plan) = page.plan {
        facts.push(format!("- Plan: {plan}, digest {}", page.digest));
    }
    if let Some(other) = &page.related {
        let what = if other.takes_back { "Taken back by" } else { "Takes back" };
        facts.push(format!("- {what}: {} ({})", other.name, other.id));
    }
    let front_ends = page.servers.iter().map(|(_, name)| format!("- {name}")).collect();
    let steps = page.steps.iter().map(|step| {
        let back = if step.back { "Back: " } else { "" };
        let why = if step.reason.is_empty() { String::new() } else { format!(" ({})", line(&step.reason)) };
        format!("{}. {back}{}: {}{why}", step.ordinal, step.title, step.state)
    });
    let decided = decisions.iter().map(|one| {
        let word = if one.approves { "approved" } else { "rejected" };
        let counts = if one.counts { "" } else { " (not about the plan as it is)" };
        format!("- {}: {} {word}{counts}. {}", told(one.at), one.by, line(&one.words))
    });
    let log = log.lines().map(|one| format!("    {one}")).collect();
    [
        format!("# {}\n\nTimes are UTC.\n\n{}\n", line(&row.name), facts.join("\n")),
        part("Applications", page.applications.iter().flat_map(brought).collect()),
        part("Front-ends", front_ends),
        part("Decisions about its plan", decided.collect()),
        part("Overridden", page.review.iter().flat_map(overridden).collect()),
        part("Steps", steps.collect()),
        part("Log", log),
    ]
    .concat()
}

fn brought(one: &DeployedApplication) -> Vec<String> {
    let before = one.before.as_deref().unwrap_or("not there");
    let after = one.after.as_deref().unwrap_or("taken out");
    let settings = one.settings.iter().map(|setting| {
        let changed = if setting.changed { ", changed" } else { "" };
        format!("    - {} ({}): {}{changed}", setting.name, setting.key, line(&setting.value.words()))
    });
    let own = format!("- {} ({}): {before}, then {after}", one.application.name, one.application.key);
    [own].into_iter().chain(settings).collect()
}

fn overridden(review: &ReviewView) -> Vec<String> {
    let each = review
        .overrides
        .iter()
        .map(|one| format!("- {}: {} {}. {}", told(one.at), one.by, one.what, line(&one.reason)));
    let end = match (&review.closed, &review.words) {
        (Some((at, by)), Some(words)) => format!("- Reviewed {} by {by}. {}", told(*at), line(words)),
        _ => format!("- Not reviewed; due until {}.", told(review.due_at)),
    };
    each.chain([end]).collect()
}
