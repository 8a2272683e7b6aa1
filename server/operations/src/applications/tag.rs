//! Tagging: what runs in an environment becomes a version, with a number and a change log, and never changes again.

use super::find;
use super::hotfix::Past;
use crate::console::{Caller, Console};
use crate::content::{self, Placed};
use crate::door::{Attempt, fault, on, short};
use crate::error::{OperationError, Result};
use crate::infrastructure::{find_environment, topic};
use crate::people::set_up::field;
use crate::pipelines::Lines;
use domain::access::Right;
use domain::audit::Object;
use domain::id::{ApplicationId, InfrastructureId};
use domain::text::VersionNumber;
use domain::version::{Ground, Numbers};
use serde_json::json;
use std::collections::BTreeMap;
use storage::environments::EnvironmentRow;
use storage::states::StateRow;
use storage::versions::VersionRow;
use storage::{Reader, Visibility, WriteTx, environments, matrix, pipelines, states, versions};

/// Longest change log, characters.
pub const CHANGE_LOG: usize = 2000;

impl Console {
    /// Tags what runs of an application in an environment.
    ///
    /// # Errors
    /// The number is no number, not higher than every number before (R22), the state is tagged already, or the right is missing.
    pub async fn tag(
        &self,
        caller: &Caller,
        infrastructure: &str,
        application: &str,
        environment: &str,
        number: &str,
        change_log: &str,
    ) -> Result<VersionNumber> {
        let object = Object::new("application", short(application), short(application));
        self.audited(caller, Attempt::within(infrastructure, "application.tag", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let place = find_environment(&mut pending, home.id, environment).await?;
            let row = find(&mut pending, home.id, application).await?;
            let doing = format!("tag {} in {}", row.name, place.name);
            let needed = on(row.id, place.id, Right::Change);
            let grant = self.permit(&mut pending, caller, home.id, &needed, &doing).await?;
            let number = field::<VersionNumber>("number", number)?;
            let change_log = self::change_log(change_log)?;
            let state = states::get(&mut pending, place.id, row.id).await?.ok_or_else(|| {
                OperationError::conflict(format!(
                    "{} is not in {}, so there is nothing to tag.",
                    row.name, place.name
                ))
            })?;
            may_tag(&mut pending, row.id, &state, number).await?;
            let before = content::number_of(&mut pending, &state).await?;
            let mut tx = pending.authorised(grant);
            let version = insert(self, &mut tx, caller, &place, &state, number, change_log).await?;
            tx.notice(&topic(home.key.as_str()), row.id);
            let object = Object::new("application", row.id, row.name.as_str());
            let mut entry = self.entry(caller, "application.tag", object);
            entry.infrastructure = Some(home.id);
            entry.related = vec![
                Object::new("environment", place.id, place.name.as_str()),
                Object::new("version", version, number.to_string()),
            ];
            entry.before = json!({ "version": before, "modified": state.modified });
            entry.after = json!({ "version": number, "modified": false, "change_log": change_log });
            tx.commit(entry).await?;
            Ok(number)
        })
        .await
    }
}

/// What a new version of what runs there goes on from, and the numbers that there are.
#[derive(Debug, Clone)]
pub(crate) struct Next {
    pub ground: Ground,
    pub numbers: Numbers,
}

impl Next {
    /// Of what runs somewhere, where the rest is known.
    pub fn of(ends: Vec<VersionNumber>, base: Option<VersionNumber>, is_hotfix: bool) -> Self {
        let ground = if is_hotfix { Ground::Hotfix } else { Ground::Newest };
        Self { ground, numbers: Numbers::after(ends, base) }
    }

    /// Reads them for some applications of an environment, by what runs of them.
    pub async fn load(
        tx: &mut impl Reader,
        home: InfrastructureId,
        placed: &[(&StateRow, Option<VersionNumber>)],
    ) -> Result<BTreeMap<ApplicationId, Self>> {
        let ids: Vec<ApplicationId> = placed.iter().map(|(state, _)| state.application_id).collect();
        let mut ends = versions::line_ends(tx, &ids).await?;
        let past = Past::load(tx, &ids).await?;
        let order: Vec<_> = environments::list(tx, home, &Visibility::Everything).await?;
        let lines = Lines::load(tx, home, order.iter().map(|stage| stage.id)).await?;
        let assigned = pipelines::of_applications(tx, &ids).await?;
        let cells = matrix::cells_of(tx, &ids).await?;
        let mut all = BTreeMap::new();
        for (state, base) in placed {
            let id = state.application_id;
            let running = cells.get(&id).into_iter().flatten();
            let running = running.map(|cell| (cell.environment_id, cell.revision_id)).collect();
            let found = lines.hotfixes(assigned.get(&id).copied(), &running, past.had(id));
            let is_hotfix = found.iter().any(|one| one.environment == state.environment_id);
            all.insert(id, Self::of(ends.remove(&id).unwrap_or_default(), *base, is_hotfix));
        }
        Ok(all)
    }

    /// The number that is proposed (R23).
    pub fn proposed(&self, claimed: Option<VersionNumber>) -> VersionNumber {
        self.numbers.proposed(self.ground, claimed)
    }

    /// Whether a number may be given (R22).
    pub fn check(&self, number: VersionNumber) -> Result<()> {
        self.numbers.check(self.ground, number).map_err(|fault| {
            OperationError::invalid(
                "number",
                format!(
                    "A version number grows: choose one above {}, such as {}.",
                    fault.limit, fault.proposed
                ),
            )
        })
    }
}

/// Whether a state can get this number: its environment is in no maintenance (R21), it is modified, and the number is higher than those
/// before (R22).
pub(crate) async fn may_tag(
    tx: &mut impl Reader,
    application: ApplicationId,
    state: &StateRow,
    number: VersionNumber,
) -> Result<()> {
    crate::maintenance::refused_from(tx, state.environment_id).await?;
    let base = content::number_of(tx, state).await?;
    let mut next = Next::load(tx, state.infrastructure_id, &[(state, base)]).await?;
    let next = next.remove(&application).ok_or_else(|| fault("numbers of an application are missing"))?;
    may_tag_with(state, number, &next)
}

/// The same where the numbers so far are known.
pub(crate) fn may_tag_with(state: &StateRow, number: VersionNumber, next: &Next) -> Result<()> {
    if !state.modified {
        let sentence = "What runs here is a version already; there is nothing new to tag.";
        return Err(OperationError::conflict(sentence));
    }
    if state.mixed {
        let sentence = "The front-ends do not run the same, so there is no one content to tag.";
        return Err(OperationError::conflict(sentence));
    }
    next.check(number)
}

/// The number that is proposed for what runs somewhere (R23).
pub(crate) async fn proposal(tx: &mut impl Reader, placed: &Placed) -> Result<VersionNumber> {
    let state = &placed.state;
    let next = Next::load(tx, state.infrastructure_id, &[(state, placed.number)]).await?;
    let next =
        next.get(&state.application_id).ok_or_else(|| fault("numbers of an application are missing"))?;
    Ok(next.proposed(placed.revision.claimed_number))
}

/// A change log as it is kept.
///
/// # Errors
/// It is too long.
pub(crate) fn change_log(text: &str) -> Result<&str> {
    let text = text.trim();
    let length = text.chars().count();
    if length > CHANGE_LOG {
        let sentence = format!("A change log has at most {CHANGE_LOG} characters; this one has {length}.");
        return Err(OperationError::invalid("change_log", sentence));
    }
    Ok(text)
}

/// Makes the version and sets the state to it.
pub(crate) async fn insert(
    console: &Console,
    tx: &mut WriteTx,
    caller: &Caller,
    place: &EnvironmentRow,
    state: &StateRow,
    number: VersionNumber,
    change_log: &str,
) -> Result<domain::id::VersionId> {
    let version = VersionRow {
        id: console.id(),
        application_id: state.application_id,
        revision_id: state.revision_id,
        number,
        number_order: number.order(),
        change_log: change_log.to_owned(),
        environment_id: place.id,
        created_at: console.now(),
        created_by: caller.name.clone(),
    };
    versions::insert(tx, &version).await?;
    let tagged = StateRow { version_id: Some(version.id), modified: false, ..state.clone() };
    states::put(tx, &tagged).await?;
    Ok(version.id)
}
