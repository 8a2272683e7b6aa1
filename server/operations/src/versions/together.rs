//! Tagging several applications of an environment at once (I09): all of them get their versions, or none.

use crate::applications::hotfix::label;
use crate::applications::show::possible;
use crate::applications::tag::{self, Next, change_log, may_tag_with};
use crate::console::{Caller, Console};
use crate::content::number_of;
use crate::door::{Attempt, on, short, visibility};
use crate::error::{OperationError, Result};
use crate::infrastructure::{find_environment, topic};
use crate::maintenance;
use crate::paging::PageQuery;
use crate::people::set_up::field;
use crate::view::{ApplicationRef, EnvironmentRef, ModifiedPage, ModifiedView, Paged};
use domain::access::{Requirement, Right};
use domain::audit::Object;
use domain::text::VersionNumber;
use serde_json::json;
use std::collections::BTreeSet;
use storage::states;

/// Modified applications on one page, and the most that are tagged at once.
pub const AT_ONCE: u32 = 100;

/// One application to tag, as somebody typed it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagInput {
    /// Key of the application.
    pub application: String,
    /// The number; empty for the one that is proposed.
    pub number: String,
    /// What is new in it.
    pub change_log: String,
}

impl Console {
    /// What is modified in an environment, with the number that is proposed for each.
    ///
    /// # Errors
    /// The environment is not there for the caller, or the cursor is none of this list.
    pub async fn modified(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        query: &PageQuery,
    ) -> Result<ModifiedPage> {
        self.traced(caller, "version.modified", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let place = find_environment(&mut tx, home.id, environment).await?;
            let any = Requirement::Environment(place.id, Right::Access);
            self.permit(&mut tx, caller, home.id, &any, &format!("see {}", place.name)).await?;
            let page = query.page(AT_ONCE);
            let found = states::modified_in(&mut tx, home.id, place.id, &visibility(caller)?, &page).await?;
            let of: Vec<_> = found.rows.iter().map(|row| (&row.state, row.number)).collect();
            let next = Next::load(&mut tx, home.id, &of).await?;
            let mut rows = Vec::new();
            for row in &found.rows {
                let Some(next) = next.get(&row.application.id) else { continue };
                let proposed = next.proposed(row.revision.claimed_number);
                let doing = format!("tag {} in {}", row.application.name, place.name);
                let change = on(row.application.id, place.id, Right::Change);
                let may = self.permit(&mut tx, caller, home.id, &change, &doing).await.map(drop);
                rows.push(ModifiedView {
                    application: ApplicationRef::from(&row.application),
                    runs: label(row),
                    changed_at: row.state.changed_at,
                    changed_by: row.state.changed_by.clone(),
                    proposed,
                    ground: next.ground,
                    tag: possible(may.and_then(|()| may_tag_with(&row.state, proposed, next)))?,
                });
            }
            let rows = Paged { rows, next: found.next };
            Ok(ModifiedPage { environment: EnvironmentRef::from(&place), rows })
        })
        .await
    }

    /// Tags several applications of an environment in one transaction, with one entry that names all of them.
    ///
    /// # Errors
    /// None or too many are named, one is named twice, is not there or not modified, a number may not be given (R22), or Change on one of
    /// them is missing. Nothing is tagged then.
    pub async fn tag_together(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        inputs: &[TagInput],
    ) -> Result<Vec<(String, VersionNumber)>> {
        let object = Object::new("environment", short(environment), short(environment));
        self.audited(caller, Attempt::within(infrastructure, "version.tag_together", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let place = find_environment(&mut pending, home.id, environment).await?;
            let any = Requirement::Environment(place.id, Right::Access);
            self.permit(&mut pending, caller, home.id, &any, &format!("tag in {}", place.name)).await?;
            maintenance::refused_from(&mut pending, place.id).await?;
            if inputs.is_empty() || inputs.len() > AT_ONCE as usize {
                let sentence =
                    format!("Choose 1 to {AT_ONCE} applications to tag at once; these are {}.", inputs.len());
                return Err(OperationError::invalid("versions", sentence));
            }
            let mut rows = Vec::new();
            let mut seen = BTreeSet::new();
            let mut needed = vec![any];
            for input in inputs {
                let row = crate::applications::find(&mut pending, home.id, &input.application).await?;
                let change = on(row.id, place.id, Right::Change);
                let doing = format!("tag {} in {}", row.name, place.name);
                self.permit(&mut pending, caller, home.id, &change, &doing).await?;
                needed.push(change);
                if !seen.insert(row.id) {
                    let sentence = format!("{} is named twice.", row.name);
                    return Err(OperationError::invalid("versions", sentence));
                }
                let Some(state) = states::get(&mut pending, place.id, row.id).await? else {
                    let sentence =
                        format!("{} is not in {}, so there is nothing to tag.", row.name, place.name);
                    return Err(OperationError::conflict(sentence));
                };
                let base = number_of(&mut pending, &state).await?;
                rows.push((row, state, base));
            }
            let doing = format!("tag in {}", place.name);
            let grant = self.permit(&mut pending, caller, home.id, &Requirement::All(needed), &doing).await?;
            let of: Vec<_> = rows.iter().map(|(_, state, base)| (state, *base)).collect();
            let next = Next::load(&mut pending, home.id, &of).await?;
            let mut wanted = Vec::new();
            for ((row, state, base), input) in rows.iter().zip(inputs) {
                let Some(next) = next.get(&row.id) else { continue };
                let about = |error: OperationError| match error {
                    OperationError::Invalid { fields } => {
                        let all: Vec<String> = fields.into_iter().map(|field| field.sentence).collect();
                        OperationError::invalid("versions", format!("{}: {}", row.name, all.join(" ")))
                    }
                    OperationError::Conflict { sentence, .. } => {
                        OperationError::conflict(format!("{}: {sentence}", row.name))
                    }
                    other => other,
                };
                let number = match input.number.trim() {
                    "" => {
                        let revision = crate::content::revision(&mut pending, state.revision_id).await?;
                        next.proposed(revision.claimed_number)
                    }
                    typed => field::<VersionNumber>("versions", typed).map_err(about)?,
                };
                may_tag_with(state, number, next).map_err(about)?;
                wanted.push((row, state, *base, number, change_log(&input.change_log).map_err(about)?));
            }
            let mut tx = pending.authorised(grant);
            let mut made = Vec::new();
            let mut entry = self.entry(
                caller,
                "version.tag_together",
                Object::new("environment", place.id, place.name.as_str()),
            );
            for (row, state, _, number, log) in &wanted {
                let version = tag::insert(self, &mut tx, caller, &place, state, *number, log).await?;
                entry.related.push(Object::new("application", row.id, row.name.as_str()));
                entry.related.push(Object::new("version", version, number.to_string()));
                tx.notice(&topic(home.key.as_str()), row.id);
                made.push((row.key.to_string(), *number));
            }
            entry.infrastructure = Some(home.id);
            let before = wanted.iter().map(|(row, state, base, ..)| {
                json!({ "application": row.name, "version": base, "modified": state.modified })
            });
            let after = wanted.iter().map(|(row, _, _, number, log)| {
                json!({ "application": row.name, "version": number, "modified": false, "change_log": log })
            });
            entry.before = json!({ "applications": before.collect::<Vec<_>>() });
            entry.after = json!({ "applications": after.collect::<Vec<_>>() });
            tx.commit(entry).await?;
            Ok(made)
        })
        .await
    }
}
