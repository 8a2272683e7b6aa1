//! Reading the audit log.

use crate::console::{Caller, Console};
use crate::door::{fault, wide};
use crate::error::{OperationError, Result};
use crate::paging;
use crate::view::{AuditPage, EntryPage, EntryRow, Paged};
use domain::access::WideRight;
use domain::audit::{Entry, Outcome};
use domain::id::EntryId;
use domain::paging::PageSize;
use storage::audit;
use storage::audit::{AuditFilter, AuditScope, EntryRow as Stored};

/// What to show of the audit log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Part of an actor's or object's name.
    pub search: Option<String>,
    /// One operation.
    pub operation: Option<String>,
    /// `done`, `denied` or `failed`.
    pub outcome: Option<String>,
    /// One object's history: kind and id.
    pub object: Option<(String, String)>,
    /// The cursor of the page.
    pub after: Option<String>,
    /// How many rows; none for as many as the screen shows.
    pub limit: Option<PageSize>,
}

/// Entries on one page.
const ENTRIES: u32 = 50;

impl Console {
    /// The audit log of an infrastructure, newest first. What is console-wide (signing in, users) is shown with it.
    ///
    /// # Errors
    /// The caller lacks “Read Audit”.
    pub async fn audit(
        &self,
        caller: &Caller,
        infrastructure: &str,
        query: &AuditQuery,
    ) -> Result<AuditPage> {
        self.traced(caller, "audit.list", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let needed = wide(home.id, WideRight::ReadAudit);
            self.permit(&mut tx, caller, home.id, &needed, "read the audit log").await?;
            let filter = AuditFilter {
                search: query
                    .search
                    .as_deref()
                    .map(str::trim)
                    .filter(|t| !t.is_empty())
                    .map(ToOwned::to_owned),
                operation: query.operation.clone(),
                outcome: query.outcome.clone(),
                object: query.object.clone(),
                ..AuditFilter::default()
            };
            let scopes = vec![Some(home.id), None];
            let scope = AuditScope::Of(scopes.clone());
            let page = paging::page(query.after.as_ref(), query.limit, ENTRIES);
            let found = audit::list(&mut tx, &scope, &filter, &page).await?;
            let matching = audit::count(&mut tx, &scope, &filter).await?;
            let operations = audit::facets(&mut tx, &scopes).await?;
            let chained = audit::head(&mut tx).await?.number;
            let unchained = audit::tail_unchained(&mut tx).await?;
            let rows = found.rows.iter().map(row).collect::<Result<_>>()?;
            Ok(AuditPage {
                entries: Paged { rows, next: found.next },
                matching: matching.into(),
                operations,
                chained,
                unchained: unchained.into(),
            })
        })
        .await
    }

    /// One entry.
    ///
    /// # Errors
    /// It is not there for the caller, or the caller lacks “Read Audit”.
    pub async fn audit_entry(&self, caller: &Caller, infrastructure: &str, id: EntryId) -> Result<EntryPage> {
        self.traced(caller, "audit.show", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let needed = wide(home.id, WideRight::ReadAudit);
            self.permit(&mut tx, caller, home.id, &needed, "read the audit log").await?;
            let found = audit::by_id(&mut tx, id)
                .await?
                .filter(|found| found.infrastructure_id.is_none_or(|own| own == home.id))
                .ok_or_else(|| OperationError::not_found("There is no such entry here."))?;
            let entry = entry(&found)?;
            let near = match found.number {
                Some(number) => audit::chained(&mut tx, number.saturating_sub(2), 3).await?,
                None => Vec::new(),
            };
            let chain = near.into_iter().filter_map(|near| near.number.zip(near.hash));
            Ok(EntryPage {
                row: row(&found)?,
                related: entry.related.iter().map(|one| (one.kind.clone(), one.name.clone())).collect(),
                request: entry.origin.request.map(|id| id.to_string()).unwrap_or_default(),
                session: entry.origin.session.clone().unwrap_or_default(),
                token: entry.origin.token.clone().unwrap_or_default(),
                // The first entry has only one neighbour.
                chain: chain.filter(|(number, _)| Some(*number) <= found.number.map(|own| own + 1)).collect(),
                before: entry.before,
                after: entry.after,
                canonical: found.canonical.clone(),
            })
        })
        .await
    }
}

fn entry(row: &Stored) -> Result<Entry> {
    serde_json::from_str(&row.canonical)
        .map_err(|error| fault(format!("audit entry {} cannot be read: {error}", row.id)))
}

fn row(found: &Stored) -> Result<EntryRow> {
    let entry = entry(found)?;
    let reason = match &entry.outcome {
        Outcome::Done => String::new(),
        Outcome::Denied { reason } | Outcome::Failed { reason } => reason.clone(),
    };
    Ok(EntryRow {
        id: found.id,
        number: found.number,
        at: entry.at,
        actor_name: entry.actor_name,
        actor_kind: found.actor_kind.clone(),
        address: entry.origin.address,
        operation: entry.operation,
        object_kind: entry.object.kind,
        object_id: entry.object.id,
        object_name: entry.object.name,
        outcome: found.outcome.clone(),
        reason,
    })
}
