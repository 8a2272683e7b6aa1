//! The architecture of an infrastructure: shown, written as a file, compared and changed as a whole or part by
//! part, and what is accepted of the findings.

mod apply;
mod exceptions;
mod parts;
mod show;

use show::accepted;

pub use apply::Wanted;
pub use exceptions::AcceptInput;
pub use parts::PartAt;

use crate::checks;
use crate::console::Console;
use crate::door::fault;
use crate::error::{FieldProblem, OperationError, Result};
use crate::roles::in_new_environment;
use crate::view::{ArchitectureCounts, FindingView};
use domain::access::Rights;
use domain::architecture::model::Environment;
use domain::architecture::rules::{Finding, Reported, findings, refusals};
use domain::architecture::seen::place;
use domain::architecture::{Architecture, file};
use domain::environment::SILENCE_MICROS;
use domain::id::{EnvironmentId, InfrastructureId, RoleId};
use domain::text::{Key, Name, Sha256, VersionNumber};
use domain::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use storage::architecture::Stored;
use storage::infrastructures::InfrastructureRow;
use storage::{Reader, WriteTx, architecture, pipelines, roles, zones};
use uuid::Uuid;

/// SHA-256 of an architecture's file: equal for equal ones alone.
pub(crate) fn digest(of: &Architecture) -> Result<String> {
    Ok(Sha256::of(exported(of)?.as_bytes()).to_string())
}

/// An architecture's file.
pub(crate) fn exported(of: &Architecture) -> Result<String> {
    file::export(of).map_err(|error| fault(format!("an architecture cannot be written: {error}")))
}

impl From<&Architecture> for ArchitectureCounts {
    fn from(of: &Architecture) -> Self {
        Self {
            environments: of.environments.len(),
            front_ends: of.front_end_count(),
            database_servers: of.database_servers.len(),
            pipelines: of.pipelines.len(),
            tools: of.tools.len(),
            data_centers: of.data_centers.len(),
        }
    }
}

impl Console {
    /// What the front-ends report that are heard, for the rules; `only` for what these find in one environment.
    pub(crate) async fn reported(
        &self,
        tx: &mut impl Reader,
        home: InfrastructureId,
        only: Option<EnvironmentId>,
    ) -> Result<Reported> {
        let since = self.now().plus(-SILENCE_MICROS);
        let reported = architecture::reported(tx, home, since, only).await?;
        Ok(Reported { console: own_version(), ..reported })
    }
}

/// The version of this console.
pub(crate) fn own_version() -> Option<VersionNumber> {
    env!("CARGO_PKG_VERSION").parse().ok()
}

/// What the rules find in an environment that counts, the worst first.
pub(crate) async fn found_in(
    tx: &mut impl Reader,
    home: InfrastructureId,
    (now, reported): (&Architecture, &Reported),
    environment: &Key,
    at: Timestamp,
) -> Result<Vec<FindingView>> {
    let rows = architecture::exceptions::list(tx, home).await?;
    let itself = format!("environments/{environment}");
    let within = |finding: &Finding| {
        let rest = finding.path.strip_prefix(&itself);
        finding.counts() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let all = findings(now, reported, &accepted(&rows), at).into_iter().filter(within);
    Ok(all.map(|finding| FindingView::of(now, finding)).collect())
}

impl FindingView {
    fn of(architecture: &Architecture, finding: Finding) -> Self {
        let rule = finding.rule.rule();
        Self {
            rule: finding.rule.to_string(),
            severity: finding.severity,
            place: place(architecture, &finding.path),
            path: finding.path,
            what: finding.what,
            why: rule.why.to_owned(),
            todo: rule.todo.to_owned(),
            acceptance: finding.acceptance,
            refuses: rule.refuses,
        }
    }
}

/// Refuses what breaks a rule that refuses, and did not break it before. `field` is the name of the input.
pub(crate) fn check_rules(before: &Architecture, after: &Architecture, field: &'static str) -> Result<()> {
    check_rules_at(before, after, |_| field)
}

/// The same, with the name of the input by the place of what is broken.
pub(crate) fn check_rules_at(
    before: &Architecture,
    after: &Architecture,
    field: impl Fn(&str) -> &'static str,
) -> Result<()> {
    let old = refusals(before);
    let broken =
        |finding: &Finding| !old.iter().any(|each| (each.rule, &each.path) == (finding.rule, &finding.path));
    let problem =
        |finding: Finding| FieldProblem { field: field(&finding.path), sentence: finding.sentence() };
    let fields: Vec<FieldProblem> = refusals(after).into_iter().filter(broken).map(problem).collect();
    if fields.is_empty() { Ok(()) } else { Err(OperationError::Invalid { fields }) }
}

/// Refuses that an environment or a server goes which is used, or a pipeline that applications belong to. It asks once for each kind of
/// part that goes, and once more for what keeps one.
pub(crate) async fn check_gone(
    tx: &mut impl Reader,
    home: InfrastructureId,
    before: &Stored,
    after: &Architecture,
) -> Result<()> {
    let now = &before.architecture;
    if now.pipelines.keys().any(|key| !after.pipelines.contains_key(key)) {
        let assigned = pipelines::with_applications(tx, home).await?;
        let kept = |key: &&Key| !after.pipelines.contains_key(*key) && assigned.contains(*key);
        if let Some((key, old)) = now.pipelines.iter().find(|(key, _)| kept(key)) {
            let words = match pipelines::assigned(tx, home, key).await?.n {
                1 => "1 application belongs".to_owned(),
                n => format!("{n} applications belong"),
            };
            return Err(OperationError::conflict(format!(
                "{} cannot be taken out: {words} to it; assign to another pipeline, or to any, first.",
                old.name
            )));
        }
    }
    if now.environments.keys().any(|key| !after.environments.contains_key(key)) {
        let used = architecture::used_environments(tx, home).await?;
        for (key, id) in &before.environments {
            let Some(old) = now.environments.get(key).filter(|_| used.contains(id)) else { continue };
            if !after.environments.contains_key(key) {
                return Err(OperationError::conflict(kept(old, &architecture::use_of(tx, *id).await?)));
            }
        }
    }
    for (key, id) in &before.environments {
        let (Some(old), Some(new)) = (now.environments.get(key), after.environments.get(key)) else {
            continue;
        };
        for (zone, of) in old.zones.iter().filter(|(zone, _)| !new.zones.contains_key(*zone)) {
            let n = zones::used(tx, *id, zone).await?.n;
            if n > 0 {
                let (goes, them) = if n == 1 {
                    ("1 application goes".to_owned(), "it")
                } else {
                    (format!("{n} applications go"), "them")
                };
                return Err(OperationError::conflict(format!(
                    "The deployment zone {} of {} cannot be taken out: {goes} to it; choose another zone for {them} first.",
                    of.name, old.name
                )));
            }
        }
    }
    let mut gone = before.servers.iter().filter_map(|((environment, server), id)| {
        let (old, new) = (now.environments.get(environment)?, after.environments.get(environment)?);
        let front_end = old.front_ends.get(server).filter(|_| !new.front_ends.contains_key(server))?;
        Some((id, &front_end.name, &old.name))
    });
    if let Some(first) = gone.next() {
        let used = architecture::used_servers(tx, home).await?;
        if let Some((_, name, of)) = std::iter::once(first).chain(gone).find(|(id, ..)| used.contains(*id)) {
            return Err(OperationError::conflict(server_kept(name, of)));
        }
    }
    Ok(())
}

/// Refuses that a pipeline loses a stage where applications run that belong to it. `field` is the name of the input.
pub(crate) async fn check_stages(
    tx: &mut impl Reader,
    home: InfrastructureId,
    before: &Stored,
    after: &Architecture,
    field: &'static str,
) -> Result<()> {
    let now = &before.architecture;
    // An environment that goes as a whole is judged as such.
    let stays = |stage: &&Key| after.environments.contains_key(*stage);
    let dropped: BTreeSet<(&Key, &Key)> = now
        .pipelines
        .iter()
        .filter_map(|(key, old)| Some((key, old, after.pipelines.get(key)?)))
        .flat_map(|(key, old, new)| {
            let gone = old.stages.iter().filter(|stage| !new.stages.contains(stage));
            gone.filter(stays).map(move |stage| (key, stage))
        })
        .collect();
    if dropped.is_empty() {
        return Ok(());
    }
    let running = pipelines::running(tx, home).await?;
    let Some(row) = running.iter().find(|row| dropped.contains(&(&row.pipeline, &row.environment))) else {
        return Ok(());
    };
    let (Some(pipeline), Some(environment)) =
        (now.pipelines.get(&row.pipeline), now.environments.get(&row.environment))
    else {
        return Ok(());
    };
    let (these, them) = match row.applications {
        1 => ("1 application that belongs to it runs".to_owned(), "it"),
        n => (format!("{n} applications that belong to it run"), "them"),
    };
    let sentence = format!(
        "{} cannot be taken out of the pipeline {}: {these} there; assign {them} to another pipeline, or to any, first.",
        environment.name, pipeline.name
    );
    Err(OperationError::invalid(field, sentence))
}

/// What keeps a front-end, in one sentence.
pub(crate) fn server_kept(name: &Name, of: &Name) -> String {
    format!("{name} of {of} cannot be taken out: it is enrolled, or a deployment went to it.")
}

/// What keeps an environment, in one sentence.
fn kept(environment: &Environment, used: &architecture::Use) -> String {
    let counted = [
        (used.enrolled, "front-end is enrolled", "front-ends are enrolled"),
        (used.applications, "application runs in it", "applications run in it"),
        (used.deployments, "deployment is recorded", "deployments are recorded"),
        (used.versions, "version was tagged in it", "versions were tagged in it"),
        (used.plans, "plan names it", "plans name it"),
    ];
    let words: Vec<String> = counted
        .into_iter()
        .filter(|(n, ..)| *n > 0)
        .map(|(n, one, many)| match n {
            1 => format!("1 {one}"),
            n if n > storage::CAP => format!("more than {} {many}", storage::CAP),
            n => format!("{n} {many}"),
        })
        .collect();
    let words = match &words[..] {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        all => all.join(""),
    };
    format!("{} cannot be taken out: {words}.", environment.name)
}

/// Stores `after`, and gives environments that come what each role states for them, or what `levels` says by role.
pub(crate) async fn write(
    console: &Console,
    tx: &mut WriteTx,
    home: &InfrastructureRow,
    before: &Stored,
    after: &Architecture,
    levels: &BTreeMap<RoleId, Rights>,
) -> Result<Vec<(EnvironmentId, Key)>> {
    let mut ids = || console.id::<Uuid>();
    let new = architecture::save(tx, home.id, before, after, &mut ids, console.now()).await?;
    checks::forget(tx, home.id, after).await?;
    if before.architecture.tools != after.tools {
        tx.notice(checks::TOPIC, home.id);
    }
    if new.is_empty() {
        return Ok(new);
    }
    let known = roles::list(tx, home.id).await?;
    for (id, key) in &new {
        let Some(environment) = after.environments.get(key) else { continue };
        for role in &known {
            let stated = in_new_environment(role, environment.purpose);
            let rights = levels.get(&role.id).copied().unwrap_or(stated);
            roles::set_right(tx, role.id, *id, rights).await?;
        }
    }
    Ok(new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::architecture::template::template;
    use domain::architecture::words::{Edition, Engine, Hosting};

    #[test]
    fn what_keeps_an_environment_is_one_sentence() {
        let basic = template(Edition::Basic, Hosting::OnPremises, Engine::PostgreSql).unwrap();
        let (_, environment) = basic.environments.first_key_value().unwrap();
        let says = |used| kept(environment, &used);
        let none = architecture::Use::default();
        let name = &environment.name;
        assert_eq!(
            says(architecture::Use { enrolled: 1, ..none }),
            format!("{name} cannot be taken out: 1 front-end is enrolled.")
        );
        assert_eq!(
            says(architecture::Use { enrolled: 2, applications: 5, plans: 1001, ..none }),
            format!(
                "{name} cannot be taken out: 2 front-ends are enrolled, 5 applications run in it and more than 1000 plans name it."
            )
        );
    }
}
