//! What counts for the settings of a run's applications: what it activates, what it would return to, and what becomes the environment's own with its
//! end. What the plan sets is fixed when it is started; the rest is looked at once more when the run begins, since it may have waited in between. So
//! it is the record of what ran with what.

use super::{Known, columns, entered, held, kept_of, place};
use crate::console::Console;
use crate::content::summary;
use crate::deployments::begin::RunPlan;
use crate::door::fault;
use crate::error::Result;
use crate::view::SnapshotView;
use domain::deployment::{Phase, RunItem};
use domain::id::{ApplicationId, DeploymentId, EnvironmentId};
use domain::package::Setting;
use domain::protocol::LogLevel;
use domain::setting::{
    Effective, Held, Origin, Own, SettingKind, Told, Values, effective, effective_all, marked,
};
use domain::text::{Key, Sha256};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use storage::deployments::{DeploymentRow, StepRow};
use storage::journal::NewLine;
use storage::settings::{SnapshotRow, ValueRow};
use storage::{JournalTx, Reader, WriteTx, journal, revisions, settings, states};

/// A value that a run sets with its end; without one it takes the environment's own away.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub name: String,
    pub kind: SettingKind,
    pub held: Option<Held>,
}

/// What a run sets, by application and setting.
pub(crate) type RunSettings = BTreeMap<ApplicationId, BTreeMap<Key, Wanted>>;

/// The settings that a package of an application has.
async fn settings_of(
    tx: &mut impl Reader,
    application: ApplicationId,
    sha256: Sha256,
) -> Result<Vec<Setting>> {
    let revision = revisions::by_sha(tx, application, sha256).await?;
    let revision = revision.ok_or_else(|| fault("a run of a missing revision"))?;
    Ok(summary(&revision)?.manifest.settings)
}

/// What a run does, as far as settings go.
pub(crate) struct Of<'a> {
    pub items: &'a [RunItem],
    /// What it sets.
    pub wanted: &'a RunSettings,
    /// It brings one front-end what the others run, with the values that they run with.
    pub catches_up: bool,
}

/// Keeps what counts for the items of a run that is started, and says in its log what has to be set and is not.
pub(crate) async fn keep(
    console: &Console,
    tx: &mut WriteTx,
    id: DeploymentId,
    target: (EnvironmentId, &str),
    of: &Of<'_>,
) -> Result<()> {
    let (rows, missing) = work_out(tx, id, target.0, of).await?;
    for row in &rows {
        settings::keep(tx, row).await?;
    }
    for (name, settings) in missing {
        let message = format!(
            "{name} needs {} and has no value for it in {}: it is started without. Set it on its page Settings there, then apply the settings.",
            settings.join(", "),
            target.1
        );
        let line = NewLine::own(id, console.now(), LogLevel::Warning, &message);
        journal::append_line_with(tx, &line).await?;
    }
    Ok(())
}

/// Looks once more at what counts for a run that begins and has not activated anything: values may have been set, and other runs may have ended,
/// while it waited. What it sets itself stays as it was started.
pub(crate) async fn look_again(console: &Console, tx: &mut JournalTx, row: &DeploymentRow) -> Result<()> {
    let kept = settings::kept(tx, &[row.id]).await?;
    let mut wanted = RunSettings::new();
    for one in kept.iter().filter(|one| one.phase == Phase::Forward.word()) {
        let held = match one.origin {
            Origin::Set => kept_of(one),
            Origin::Cleared => None,
            Origin::Own | Origin::Default | Origin::Missing => continue,
        };
        let value = Wanted { name: one.name.clone(), kind: one.kind, held };
        wanted.entry(one.application_id).or_default().insert(one.key.clone(), value);
    }
    let plan = RunPlan::of(row)?;
    let of = Of { items: &plan.items, wanted: &wanted, catches_up: plan.catches_up };
    let (rows, _) = work_out(tx, row.id, row.target_id, &of).await?;
    let was = |new: &SnapshotRow| {
        kept.iter().find(|old| {
            old.phase == new.phase && old.application_id == new.application_id && old.key == new.key
        })
    };
    let ahead = rows.iter().filter(|one| one.phase == Phase::Forward.word());
    let changed: Vec<&str> = ahead
        .filter(|new| was(new).is_none_or(|old| mark(old) != mark(new)))
        .map(|new| new.name.as_str())
        .collect();
    settings::keep_anew(tx, row.id, &rows).await?;
    if !changed.is_empty() {
        let message = format!("Set since it was started, and taken as it is now: {}.", changed.join(", "));
        journal::append_line(tx, &NewLine::own(row.id, console.now(), LogLevel::Info, &message)).await?;
    }
    Ok(())
}

/// What is needed and has no value, by the names of the applications.
type Missing = Vec<(String, Vec<String>)>;

/// Works out what counts for the items of a run as the environment is now.
async fn work_out(
    tx: &mut impl Reader,
    id: DeploymentId,
    target: EnvironmentId,
    &Of { items, wanted, catches_up }: &Of<'_>,
) -> Result<(Vec<SnapshotRow>, Missing)> {
    let mut runs = Vec::new();
    for item in items {
        let state = states::get(tx, target, item.application).await?;
        runs.push((item.application, state.and_then(|state| state.deployment_id)));
    }
    let known = Known::load(tx, target, &runs, None).await?;
    let none = BTreeMap::new();
    let (mut rows, mut without) = (Vec::new(), Vec::new());
    for (item, (_, brought_by)) in items.iter().zip(runs) {
        let mut kept = Kept { id, application: item.application, rows: Vec::new() };
        if let Some(before) = &item.before {
            let all = settings_of(tx, item.application, before.sha256).await?;
            let running = known.running(item.application, brought_by, &all);
            kept.all(Phase::Back, &all, &running);
            if catches_up {
                kept.all(Phase::Forward, &all, &running);
            }
        }
        if catches_up {
            rows.extend(kept.rows);
            continue;
        }
        let mut missing = Vec::new();
        let all = match &item.after {
            Some(after) => settings_of(tx, item.application, after.sha256).await?,
            None => Vec::new(),
        };
        let own = known.own(item.application)?;
        let wanted = wanted.get(&item.application).unwrap_or(&none);
        for setting in &all {
            let counts = counts(setting, own.get(&setting.key), wanted.get(&setting.key));
            if counts.origin == Origin::Missing {
                missing.push(setting.label());
            }
            kept.one(Phase::Forward, (&setting.key, setting.name.as_str(), setting.kind), &counts);
        }
        // What the package does not have is set or taken away all the same.
        for (key, wanted) in wanted.iter().filter(|(key, _)| !all.iter().any(|one| one.key == **key)) {
            let origin = if wanted.held.is_some() { Origin::Set } else { Origin::Cleared };
            let effective = Effective { origin, held: wanted.held.clone() };
            kept.one(Phase::Forward, (key, &wanted.name, wanted.kind), &effective);
        }
        rows.extend(kept.rows);
        if !missing.is_empty() {
            without.push((item.name.clone(), missing));
        }
    }
    Ok((rows, without))
}

/// What counts for a setting in a run.
fn counts(setting: &Setting, own: Option<&Own>, wanted: Option<&Wanted>) -> Effective {
    match wanted {
        Some(Wanted { held: Some(held), kind, .. }) => {
            let set = Own { kind: *kind, held: held.clone() };
            effective(setting, own, Some(&set))
        }
        Some(Wanted { held: None, .. }) => match effective(setting, None, None) {
            Effective { held: Some(held), .. } => Effective { origin: Origin::Cleared, held: Some(held) },
            missing => missing,
        },
        None => effective(setting, own, None),
    }
}

/// What tells what counted from something else.
fn mark(row: &SnapshotRow) -> String {
    marked(kept_of(row).as_ref())
}

struct Kept {
    id: DeploymentId,
    application: ApplicationId,
    rows: Vec<SnapshotRow>,
}

impl Kept {
    fn all(&mut self, phase: Phase, settings: &[Setting], values: &BTreeMap<Key, Effective>) {
        for setting in settings {
            if let Some(effective) = values.get(&setting.key) {
                self.one(phase, (&setting.key, setting.name.as_str(), setting.kind), effective);
            }
        }
    }

    fn one(&mut self, phase: Phase, (key, name, kind): (&Key, &str, SettingKind), effective: &Effective) {
        let (value, sealed, mark) = columns(effective.held.as_ref());
        self.rows.push(SnapshotRow {
            deployment_id: self.id,
            application_id: self.application,
            phase: phase.word().to_owned(),
            key: key.clone(),
            name: name.to_owned(),
            kind,
            origin: effective.origin,
            value,
            sealed,
            mark,
        });
    }
}

/// What a run set becomes the environment's own, or goes from it, where the run brought its application. Says what, for the log.
pub(crate) async fn settle(
    console: &Console,
    tx: &mut WriteTx,
    row: &DeploymentRow,
    item: &RunItem,
) -> Result<Vec<Value>> {
    let mut done = Vec::new();
    let kept = settings::kept_for(tx, row.id, item.application, Phase::Forward.word()).await?;
    for one in kept {
        match one.origin {
            Origin::Set => {
                let value = ValueRow {
                    environment_id: row.target_id,
                    application_id: item.application,
                    key: one.key.clone(),
                    kind: one.kind,
                    value: one.value.clone(),
                    sealed: one.sealed.clone(),
                    mark: one.mark,
                    set_at: console.now(),
                    set_by: row.started_by.clone(),
                };
                settings::put(tx, &value).await?;
                done.push(json!([item.name, one.key, entered(kept_of(&one).as_ref())]));
            }
            Origin::Cleared => {
                settings::remove(tx, row.target_id, item.application, &one.key).await?;
                done.push(json!([item.name, one.key, Value::Null]));
            }
            Origin::Own | Origin::Default | Origin::Missing => {}
        }
    }
    Ok(done)
}

impl Console {
    /// The values that a step hands to the modules of its application. This is the one place where a secret is opened.
    ///
    /// # Errors
    /// One sentence: a secret does not open with this console's master key.
    pub(crate) async fn values_of_step(
        &self,
        tx: &mut impl Reader,
        environment: EnvironmentId,
        step: &StepRow,
    ) -> Result<std::result::Result<Values, String>> {
        let mut values = Values::default();
        let Some(application) = step.application_id else { return Ok(Ok(values)) };
        for row in settings::kept_for(tx, step.deployment_id, application, &step.phase).await? {
            let value = match held((row.value, row.sealed, row.mark)) {
                None => continue,
                Some(Held::Plain(value)) => value,
                Some(Held::Sealed { envelope, .. }) => {
                    let place = place(environment, application, &row.key);
                    let opened = self.inner.vault.open(&place, &envelope).ok();
                    match opened.and_then(|bytes| String::from_utf8(bytes).ok()) {
                        Some(value) => value,
                        None => {
                            return Ok(Err(format!(
                                "The secret setting “{}” cannot be opened with this console's master key: give the console the key that it had, or set the secret anew.",
                                row.key
                            )));
                        }
                    }
                }
            };
            values.0.insert(row.key, value);
        }
        Ok(Ok(values))
    }
}

/// What a deployment ran an application with, for its page; and what it took away of an application that it took out.
pub(crate) fn views(rows: &[SnapshotRow], application: ApplicationId) -> Vec<SnapshotView> {
    let of = |phase: Phase| {
        rows.iter().filter(move |row| row.application_id == application && row.phase == phase.word())
    };
    of(Phase::Forward)
        .map(|row| {
            let before = of(Phase::Back).find(|one| one.key == row.key);
            SnapshotView {
                key: row.key.to_string(),
                name: row.name.clone(),
                kind: row.kind,
                origin: row.origin,
                value: Told::of(kept_of(row).as_ref()),
                before: before.map(|one| Told::of(kept_of(one).as_ref())),
                changed: before.is_none_or(|one| mark(one) != mark(row)),
            }
        })
        .collect()
}

/// What taking a deployment back does with the settings that it set: each goes back to what ran before, unless somebody has set it anew since.
pub(crate) async fn back(
    tx: &mut impl Reader,
    taken_back: DeploymentId,
    target: EnvironmentId,
    applications: &[ApplicationId],
) -> Result<RunSettings> {
    let rows = settings::kept(tx, &[taken_back]).await?;
    let known =
        Known::load(tx, target, &applications.iter().map(|id| (*id, None)).collect::<Vec<_>>(), None).await?;
    let mut all = RunSettings::new();
    for row in rows.iter().filter(|row| row.phase == Phase::Forward.word()) {
        let by_run = matches!(row.origin, Origin::Set | Origin::Cleared);
        if !by_run || !applications.contains(&row.application_id) {
            continue;
        }
        let own = known.own(row.application_id)?;
        let stands = match (row.origin, own.get(&row.key)) {
            (Origin::Set, Some(own)) => kept_of(row).is_some_and(|held| held.mark() == own.held.mark()),
            (Origin::Cleared, None) => true,
            _ => false,
        };
        if !stands {
            continue;
        }
        let before = rows.iter().find(|one| {
            one.phase == Phase::Back.word() && one.application_id == row.application_id && one.key == row.key
        });
        let was_own = before.filter(|one| matches!(one.origin, Origin::Own | Origin::Set));
        let wanted = Wanted {
            name: row.name.clone(),
            kind: was_own.map_or(row.kind, |one| one.kind),
            held: was_own.and_then(kept_of),
        };
        all.entry(row.application_id).or_default().insert(row.key.clone(), wanted);
    }
    Ok(all)
}

/// What becomes of a setting that is taken back: what it goes back to, or that it is unset.
pub(crate) fn back_sentence(name: &str, key: &str, to: &Told) -> String {
    match to {
        Told::Missing => format!("{name} ({key}) is unset again."),
        to => format!("{name} ({key}) goes back to {}.", to.quoted()),
    }
}

/// What a run that takes back does with the settings of an application, in sentences.
pub(crate) fn back_sentences(wanted: &BTreeMap<Key, Wanted>) -> Vec<String> {
    let one = |(key, wanted): (&Key, &Wanted)| {
        back_sentence(&wanted.name, key.as_str(), &Told::of(wanted.held.as_ref()))
    };
    wanted.iter().map(one).collect()
}

/// What counts for all settings of a package as the environment is now, and what a plan sets.
pub(crate) fn next(
    settings: &[Setting],
    known: &Known,
    application: ApplicationId,
) -> Result<BTreeMap<Key, Effective>> {
    Ok(effective_all(settings, &known.own(application)?, &known.planned(application)?))
}
