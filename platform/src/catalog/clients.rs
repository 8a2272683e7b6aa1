//! The clients of Server.Identity, in the controller's Session catalog: apart from the journal, so that strangers who ask for tokens never
//! keep a deployment waiting.

use super::{CatalogError, Session, parsed};
use domain::server_api::scope::Scopes;
use domain::text::{Key, Sha256};
use domain::time::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

/// A program that may ask Server.Identity for tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// What it calls itself when it asks.
    pub id: String,
    /// What people call it.
    pub name: Key,
    /// The hash of its secret.
    pub secret: Sha256,
    /// What its tokens may be good for.
    pub scopes: Scopes,
    /// When it was added.
    pub added_at: Timestamp,
    /// When it got a token last.
    pub token_at: Option<Timestamp>,
}

const CLIENT: &str = "SELECT id, name, secret, scopes, added_at, token_at FROM clients";

fn client(row: &Row<'_>) -> rusqlite::Result<Client> {
    Ok(Client {
        id: row.get(0)?,
        name: parsed(row.get(1)?)?,
        secret: parsed(row.get(2)?)?,
        scopes: parsed(row.get(3)?)?,
        added_at: Timestamp(row.get(4)?),
        token_at: row.get::<_, Option<i64>>(5)?.map(Timestamp),
    })
}

impl Session {
    /// Adds a client; false where there is one of that name already.
    pub async fn add_client(&self, added: Client) -> Result<bool, CatalogError> {
        self.0
            .run(move |tx| {
                let sql =
                    "INSERT INTO clients (id, name, secret, scopes, added_at) VALUES (?1, ?2, ?3, ?4, ?5)
                           ON CONFLICT (name) DO NOTHING";
                let (secret, scopes) = (added.secret.to_string(), added.scopes.to_string());
                let values = params![added.id, added.name.as_str(), secret, scopes, added.added_at.0];
                tx.execute(sql, values).map(|added| added > 0)
            })
            .await
    }

    /// All clients, by name.
    pub async fn clients(&self) -> Result<Vec<Client>, CatalogError> {
        self.0
            .run(|tx| tx.prepare_cached(&format!("{CLIENT} ORDER BY name"))?.query_map([], client)?.collect())
            .await
    }

    /// The client that calls itself so.
    pub async fn client(&self, id: &str) -> Result<Option<Client>, CatalogError> {
        let id = id.to_owned();
        self.0.run(move |tx| tx.query_row(&format!("{CLIENT} WHERE id = ?1"), [id], client).optional()).await
    }

    /// Takes note of a token for a client; false where the client was removed meanwhile.
    pub async fn client_got(&self, id: &str, at: Timestamp) -> Result<bool, CatalogError> {
        let id = id.to_owned();
        self.0
            .run(move |tx| {
                let sql = "UPDATE clients SET token_at = ?2 WHERE id = ?1";
                tx.execute(sql, params![id, at.0]).map(|changed| changed > 0)
            })
            .await
    }

    /// Removes a client; false where there is none of that name.
    pub async fn remove_client(&self, name: &Key) -> Result<bool, CatalogError> {
        let name = name.to_string();
        self.0
            .run(move |tx| {
                tx.execute("DELETE FROM clients WHERE name = ?1", [name]).map(|removed| removed > 0)
            })
            .await
    }
}
