//! Freezes: windows in which nothing is brought somewhere.

use super::{Standing, owner};
use crate::console::{Caller, Console};
use crate::door::{Attempt, permitted_wide, short};
use crate::error::{OperationError, Result};
use crate::infrastructure::topic;
use crate::people::set_up::field;
use domain::audit::Object;
use domain::environment::Reason;
use domain::id::FreezeId;
use domain::time::{DAY, Timestamp};
use serde_json::json;
use storage::gates::{FreezeRow, NamedFreezeRow};
use storage::{gates, parked};

/// The longest freeze, and the furthest end, days.
const DAYS: i64 = 400;

/// A freeze to add, as it is typed.
#[derive(Debug, Clone, Default)]
pub struct FreezeInput {
    /// Key of the environment that stands still.
    pub environment: String,
    /// Key of the pipeline that stands still; without both everything does.
    pub pipeline: String,
    /// From then on, such as `2026-12-24T18:00`.
    pub from: String,
    /// Until then.
    pub until: String,
    /// The time zone of both, such as `Europe/Lisbon`.
    pub time_zone: String,
    /// Why.
    pub reason: String,
    /// Who answers for it; empty for who adds it.
    pub owner: String,
}

/// A time of a form in a zone. Where the clocks are put forward it is the later one, where they are put back the earlier one.
fn moment(name: &'static str, text: &str, zone: &jiff::tz::TimeZone) -> Result<Timestamp> {
    let text = text.trim();
    let local: Option<jiff::civil::DateTime> = text.parse().ok();
    let at = local.and_then(|local| zone.to_timestamp(local).ok());
    at.map(|at| Timestamp(at.as_microsecond())).ok_or_else(|| {
        let sentence = format!("“{}” is no time; write it as 2026-12-24T18:00.", short(text));
        OperationError::invalid(name, sentence)
    })
}

fn in_words(place: &str, row: &FreezeRow) -> serde_json::Value {
    json!({
        "place": place, "from": row.from_at, "until": row.until_at, "time_zone": row.time_zone,
        "reason": row.reason, "owner": row.owner,
    })
}

fn name_of(row: &NamedFreezeRow) -> String {
    let name = row.environment_name.as_ref().or(row.pipeline_name.as_ref());
    name.map_or_else(|| super::EVERYTHING.to_owned(), ToString::to_string)
}

impl Console {
    /// Adds a freeze. What is started while it is on waits, keeps its place and goes on afterwards; what runs already goes on.
    ///
    /// # Errors
    /// Something of it is not acceptable, or “Manage Infrastructure and Users” is missing.
    pub async fn add_freeze(
        &self,
        caller: &Caller,
        infrastructure: &str,
        input: &FreezeInput,
    ) -> Result<FreezeId> {
        let object = Object::new("freeze", "new", "New freeze");
        self.audited(caller, Attempt::within(infrastructure, "freeze.add", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], "add a freeze").await?;
            let at = Standing::find(&mut pending, home.id, &input.environment, &input.pipeline).await?;
            let zone = jiff::tz::TimeZone::get(input.time_zone.trim()).ok();
            let named = zone.and_then(|zone| zone.iana_name().map(str::to_owned).map(|name| (zone, name)));
            let (zone, time_zone) = named.ok_or_else(|| {
                let sentence = format!(
                    "“{}” is no time zone; choose one of the list, such as UTC or Europe/Lisbon.",
                    short(&input.time_zone)
                );
                OperationError::invalid("time_zone", sentence)
            })?;
            let (from_at, until_at) =
                (moment("from", &input.from, &zone)?, moment("until", &input.until, &zone)?);
            let now = self.now();
            if until_at <= from_at || until_at.since(from_at) > DAYS * DAY {
                let sentence = format!("A freeze ends after it begins, at most {DAYS} days later.");
                return Err(OperationError::invalid("until", sentence));
            }
            if until_at <= now || until_at.since(now) > 2 * DAYS * DAY {
                let sentence =
                    format!("A freeze ends at a time to come, at most {} days from now.", 2 * DAYS);
                return Err(OperationError::invalid("until", sentence));
            }
            if gates::freezes(&mut pending, home.id, now).await?.len() >= gates::MOST as usize {
                let sentence = format!("There are {} freezes, and no more are taken.", gates::MOST);
                return Err(OperationError::conflict(sentence));
            }
            let row = FreezeRow {
                id: self.id(),
                infrastructure_id: home.id,
                environment_id: at.environment,
                pipeline_id: at.pipeline,
                from_at,
                until_at,
                time_zone,
                reason: field::<Reason>("reason", &input.reason)?.to_string(),
                owner: owner(&input.owner, caller)?,
                created_at: now,
                created_by: caller.name.clone(),
            };
            let mut tx = pending.authorised(grant);
            gates::freeze(&mut tx, &row).await?;
            parked::wake(&mut tx, home.id, now).await?;
            tx.notice(&topic(home.key.as_str()), row.id);
            tx.notice("engine", row.id);
            let name = format!("Freeze of {}", at.name);
            let mut entry = self.entry(caller, "freeze.add", Object::new("freeze", row.id, name));
            entry.infrastructure = Some(home.id);
            if let Some(environment) = at.environment {
                entry.related = vec![Object::new("environment", environment, &at.name)];
            }
            entry.after = in_words(&at.name, &row);
            tx.commit(entry).await?;
            Ok(row.id)
        })
        .await
    }

    /// Ends a freeze now; one that has not begun is removed. What it parked goes on.
    ///
    /// # Errors
    /// There is no such freeze, it has ended, or “Manage Infrastructure and Users” is missing.
    pub async fn end_freeze(&self, caller: &Caller, infrastructure: &str, id: FreezeId) -> Result<()> {
        let object = Object::new("freeze", id, "Freeze");
        self.audited(caller, Attempt::within(infrastructure, "freeze.end", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], "end a freeze").await?;
            let missing = || OperationError::not_found("There is no such freeze here.");
            let row = gates::freeze_by_id(&mut pending, id, home.id).await?.ok_or_else(missing)?;
            let now = self.now();
            if row.until_at <= now {
                return Err(OperationError::conflict("This freeze has ended already."));
            }
            let mut tx = pending.authorised(grant);
            if row.from_at < now {
                gates::end_freeze(&mut tx, id, now).await?;
            } else {
                gates::remove_freeze(&mut tx, id).await?;
            }
            parked::wake(&mut tx, home.id, now).await?;
            tx.notice(&topic(home.key.as_str()), id);
            tx.notice("engine", id);
            let place = name_of(&row);
            let mut entry =
                self.entry(caller, "freeze.end", Object::new("freeze", id, format!("Freeze of {place}")));
            entry.infrastructure = Some(home.id);
            entry.before = json!({
                "place": place, "from": row.from_at, "until": row.until_at, "reason": row.reason, "owner": row.owner,
            });
            entry.after = json!({ "until": if row.from_at < now { Some(now) } else { None } });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn times_are_those_of_their_zone() {
        let lisbon = jiff::tz::TimeZone::get("Europe/Lisbon").unwrap();
        let at = |text: &str| moment("from", text, &lisbon).map(super::super::told);
        assert_eq!(at(" 2026-07-01T18:00 ").unwrap(), "2026-07-01 17:00 UTC");
        assert_eq!(at("2026-12-24T18:00:00").unwrap(), "2026-12-24 18:00 UTC");
        // The clocks are put forward and back.
        assert_eq!(at("2026-03-29T01:30").unwrap(), "2026-03-29 01:30 UTC");
        assert_eq!(at("2026-10-25T01:30").unwrap(), "2026-10-25 00:30 UTC");
        for bad in ["", "tomorrow", "24.12.2026 18:00", "2026-13-01T00:00"] {
            assert!(at(bad).is_err(), "{bad}");
        }
    }
}
