//! The audit log.

use super::call::{Ask, At, Call};
use axum::response::Response;
use domain::id::EntryId;
use domain::paging::PageSize;
use operations::AuditQuery;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListAsk {
    search: Option<String>,
    operation: Option<String>,
    outcome: Option<String>,
    /// Kind of the object whose history is asked for; with `object_id`.
    object_kind: Option<String>,
    object_id: Option<String>,
    after: Option<String>,
    limit: Option<PageSize>,
}

pub async fn list(call: Call, At(infra): At<String>, Ask(ask): Ask<ListAsk>) -> Response {
    let ListAsk { search, operation, outcome, object_kind, object_id, after, limit } = ask;
    let query = AuditQuery { search, operation, outcome, object: object_kind.zip(object_id), after, limit };
    call.answer(call.console.audit(&call.caller, &infra, &query).await)
}

pub async fn entry(call: Call, At((infra, id)): At<(String, EntryId)>) -> Response {
    call.answer(call.console.audit_entry(&call.caller, &infra, id).await)
}
