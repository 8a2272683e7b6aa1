//! How the front-ends of the farm leave, as the console said last: a controller that starts again needs it before it has heard of the console.

use super::{CatalogError, Platform, from_json, to_json};
use domain::protocol::Farm;
use rusqlite::OptionalExtension;

impl Platform {
    /// What the console said last; what an earlier console says where it said nothing.
    pub async fn farm(&self) -> Result<Farm, CatalogError> {
        let sql = "SELECT document FROM farm";
        let kept = self.0.run(move |tx| {
            let text: Option<String> = tx.query_row(sql, [], |row| row.get(0)).optional()?;
            text.map(|text| from_json(&text)).transpose()
        });
        Ok(kept.await?.unwrap_or_default())
    }

    /// Keeps what the console says.
    pub async fn set_farm(&self, farm: Farm) -> Result<(), CatalogError> {
        let document = to_json(&farm);
        let sql =
            "INSERT INTO farm (one, document) VALUES (1, ?1) ON CONFLICT (one) DO UPDATE SET document = ?1";
        self.0.run(move |tx| tx.execute(sql, [document]).map(drop)).await
    }
}
