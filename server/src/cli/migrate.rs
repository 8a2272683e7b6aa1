//! `towpath migrate`

use super::{Common, Failure, open_store, start_log};

/// Brings the database up to date.
pub(super) async fn migrate(common: &Common) -> Result<(), Failure> {
    let configuration = common.configuration()?;
    start_log(&configuration);
    open_store(&configuration).await?;
    println!("The database is up to date.");
    Ok(())
}
