//! Settings of applications by environment: what is set, by plan or beside one, what counts, and what each deployment ran with (design 8).
//!
//! A secret goes in and never comes out of the console, but to the modules that need it ([`snapshot::values`]). Everybody is told
//! [`domain::setting::Told`]: that it is set.

pub mod apply;
mod known;
pub mod plan;
pub mod show;
pub mod snapshot;
pub mod values;

pub(crate) use known::Known;

use crate::console::Console;
use crate::door::{fault, masked};
use crate::error::{OperationError, Result};
use domain::id::{ApplicationId, EnvironmentId};
use domain::package::Setting;
use domain::setting::{Held, Own, SettingKind};
use domain::text::{Key, Sha256};
use serde_json::Value;
use storage::settings::{PlannedRow, SnapshotRow, ValueRow};

/// What a secret belongs to: it opens nowhere else, and moves with a plan into its environment as it is.
fn place(environment: EnvironmentId, application: ApplicationId, key: &Key) -> String {
    format!("setting:{environment}:{application}:{key}")
}

/// A stored value: its columns.
type Columns = (Option<String>, Option<String>, Option<Sha256>);

fn columns(held: Option<&Held>) -> Columns {
    match held {
        None => (None, None, None),
        Some(Held::Plain(value)) => (Some(value.clone()), None, None),
        Some(Held::Sealed { envelope, mark }) => (None, Some(envelope.clone()), Some(*mark)),
    }
}

fn held((value, sealed, mark): Columns) -> Option<Held> {
    match (value, sealed.zip(mark)) {
        (Some(value), _) => Some(Held::Plain(value)),
        (None, Some((envelope, mark))) => Some(Held::Sealed { envelope, mark }),
        (None, None) => None,
    }
}

/// A value that the database says is there.
fn own(kind: SettingKind, columns: Columns) -> Result<Own> {
    let held = held(columns).ok_or_else(|| fault("a setting without its value"))?;
    Ok(Own { kind, held })
}

fn own_of(row: &ValueRow) -> Result<Own> {
    own(row.kind, (row.value.clone(), row.sealed.clone(), row.mark))
}

fn planned_of(row: &PlannedRow) -> Result<Own> {
    own(row.kind, (row.value.clone(), row.sealed.clone(), row.mark))
}

fn kept_of(row: &SnapshotRow) -> Option<Held> {
    held((row.value.clone(), row.sealed.clone(), row.mark))
}

/// A value as the audit log has it: secrets masked.
fn entered(held: Option<&Held>) -> Value {
    match held {
        None => Value::Null,
        Some(Held::Plain(value)) => Value::from(value.as_str()),
        Some(Held::Sealed { .. }) => masked(),
    }
}

impl Console {
    /// Checks what was typed for a setting, and closes it where it is a secret.
    fn hold(
        &self,
        environment: EnvironmentId,
        application: ApplicationId,
        setting: &Setting,
        value: &str,
    ) -> Result<Held> {
        let refused = |why: domain::text::Refused| OperationError::invalid("value", why.0);
        setting.kind.check(value).map_err(refused)?;
        if !setting.kind.is_secret() {
            return Ok(Held::Plain(value.to_owned()));
        }
        let place = place(environment, application, &setting.key);
        let envelope = self.inner.vault.close(&*self.inner.ids, &place, value.as_bytes())?;
        Ok(Held::Sealed { envelope, mark: self.inner.vault.mark(&place, value) })
    }
}

/// The setting of a key among those of a package, or a sentence that says which there are.
fn find<'s>(settings: &'s [Setting], application: &str, key: &str) -> Result<&'s Setting> {
    settings.iter().find(|setting| setting.key.as_str() == key).ok_or_else(|| {
        let known = settings.iter().map(|setting| setting.key.as_str()).collect::<Vec<_>>().join(", ");
        let there = if known.is_empty() { "it has none".to_owned() } else { format!("it has {known}") };
        OperationError::invalid(
            "key",
            format!("{application} has no setting “{}”: {there}.", crate::door::short(key)),
        )
    })
}
