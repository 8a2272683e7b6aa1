//! Pages of both journals, newest first, and what the controller was told last by its front-ends.

use super::{CatalogError, Platform, from_json, parsed, to_json};
use domain::id::ServerId;
use domain::protocol::{ServerStatus, Task, TaskAction};
use domain::server_api::deployments::{Action, Deployment, Place};
use domain::text::Key;
use domain::time::Timestamp;
use rusqlite::{Row, params};

fn of_task(row: &Row<'_>) -> rusqlite::Result<Deployment> {
    let task: Task = from_json(&row.get::<_, String>(0)?)?;
    let state: String = row.get(1)?;
    let (action, sha256) = match &task.action {
        TaskAction::Prepare { sha256, .. } => (Action::Prepare, Some(*sha256)),
        TaskAction::Activate { sha256, .. } => (Action::Activate, Some(*sha256)),
        TaskAction::Deactivate { .. } => (Action::Deactivate, None),
    };
    let ended = matches!(state.as_str(), "done" | "failed");
    Ok(Deployment {
        application: task.action.application().clone(),
        action,
        sha256,
        key: task.key,
        state,
        began_at: Timestamp(row.get(3)?),
        ended_at: ended.then_some(Timestamp(row.get(4)?)),
        reason: row.get(2)?,
    })
}

fn of_operation(row: &Row<'_>) -> rusqlite::Result<Deployment> {
    let sha256 = row.get::<_, Option<String>>(2)?.map(parsed).transpose()?;
    Ok(Deployment {
        key: row.get(0)?,
        application: parsed(row.get(1)?)?,
        action: if sha256.is_some() { Action::Activate } else { Action::Deactivate },
        sha256,
        state: row.get(3)?,
        began_at: Timestamp(row.get(5)?),
        ended_at: row.get::<_, Option<i64>>(6)?.map(Timestamp),
        reason: row.get(4)?,
    })
}

/// Before everything where nobody says after what.
fn place(after: Option<Place>) -> (i64, String) {
    after.map_or((i64::MAX, String::new()), |place| (place.at.0, place.key))
}

impl Platform {
    /// The controller's tasks after a place, newest first.
    pub async fn tasks_page(
        &self,
        application: Option<Key>,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<Deployment>, CatalogError> {
        let sql = "SELECT task, state, reason, received_at, changed_at FROM tasks
                   WHERE (received_at, key) < (?1, ?2) AND (?3 IS NULL OR json_extract(task, '$.action.application') = ?3)
                   ORDER BY received_at DESC, key DESC LIMIT ?4";
        self.page((sql, of_task), application, after, limit).await
    }

    /// This front-end's switches after a place, newest first.
    pub async fn operations_page(
        &self,
        application: Option<Key>,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<Deployment>, CatalogError> {
        let sql = "SELECT key, application, sha256, state, reason, started_at, ended_at FROM operations
                   WHERE (started_at, key) < (?1, ?2) AND (?3 IS NULL OR application = ?3)
                   ORDER BY started_at DESC, key DESC LIMIT ?4";
        self.page((sql, of_operation), application, after, limit).await
    }

    async fn page(
        &self,
        (sql, of): (&'static str, fn(&Row<'_>) -> rusqlite::Result<Deployment>),
        application: Option<Key>,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<Deployment>, CatalogError> {
        let (at, key) = place(after);
        let application = application.map(String::from);
        self.0
            .run(move |tx| {
                tx.prepare_cached(sql)?.query_map(params![at, key, application, limit], of)?.collect()
            })
            .await
    }

    /// Keeps what is known of a front-end, for whoever asks the controller's Server.API.
    pub async fn set_status(&self, status: &ServerStatus) -> Result<(), CatalogError> {
        let (server, text): (ServerId, String) = (status.server, to_json(status));
        self.0
            .run(move |tx| {
                let sql = "UPDATE members SET status = ?2 WHERE server = ?1 AND status IS NOT ?2";
                tx.execute(sql, params![server.to_string(), text]).map(drop)
            })
            .await
    }

    /// What is known of the front-ends, each with its name; nothing of those that were not asked yet.
    pub async fn statuses(&self) -> Result<Vec<(String, ServerStatus)>, CatalogError> {
        self.0
            .run(|tx| {
                let sql =
                    "SELECT name, status FROM members WHERE status IS NOT NULL AND public_key IS NOT NULL
                           ORDER BY name, server";
                let mut select = tx.prepare_cached(sql)?;
                let rows =
                    select.query_map([], |row| Ok((row.get(0)?, from_json(&row.get::<_, String>(1)?)?)))?;
                rows.collect()
            })
            .await
    }
}
