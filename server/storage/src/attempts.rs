//! Attempts to sign in that failed (ASVS 6.3.1).

use crate::column::row;
use crate::error::StoreError;
use crate::page::Count;
use crate::statement::{all, args, execute, one, optional, statements};
use crate::transaction::{AttemptTx, Reader, WriteTx};
use domain::throttle::Attempts;
use domain::time::Timestamp;

row! {
    /// What failed for one account from one address, or from the address as a whole.
    pub struct AttemptRow {
        /// SHA-256 of the account's name in lower case, hexadecimal; empty for the address as a whole.
        account: String,
        /// The address, as `domain::throttle::counted_address` has it.
        address: String,
        /// Failures in the window.
        failures: u64,
        /// When the last one was.
        last_at: Timestamp,
        /// From when on the next try is heard.
        free_at: Timestamp,
    }
}

impl AttemptRow {
    /// The numbers of it.
    #[must_use]
    pub fn attempts(&self) -> Attempts {
        let failures = u32::try_from(self.failures).unwrap_or(u32::MAX);
        Attempts { failures, last_at: self.last_at, free_at: self.free_at }
    }
}

statements! {
    GET = "select account, address, failures, last_at, free_at from sign_in_attempt where account = $1 and address = $2";
    PUT = "insert into sign_in_attempt (account, address, failures, last_at, free_at) values ($1, $2, $3, $4, $5) ",
        "on conflict (account, address) do update set failures = excluded.failures, last_at = excluded.last_at, ",
        "free_at = excluded.free_at";
    CLEAR = "delete from sign_in_attempt where account = $1 and address = $2";
    OF_ACCOUNT = "select account, address, failures, last_at, free_at from sign_in_attempt where account = $1 ",
        "order by address limit $2";
    CLEAR_ACCOUNT = "delete from sign_in_attempt where account = $1";
    CLEAR_ADDRESS = "delete from sign_in_attempt where account = '' and address = $1";
    PURGE = "delete from sign_in_attempt where last_at <= $1 and free_at <= $2";
    COUNT = "select count(*) as value from (select 1 from sign_in_attempt limit 1001) c";
}

/// What is remembered for an account from an address; an empty account asks for the address as a whole.
///
/// # Errors
/// The driver's own.
pub async fn get(tx: &mut impl Reader, account: &str, address: &str) -> Result<Attempts, StoreError> {
    let row: Option<AttemptRow> = optional(tx, &GET, args![account, address]).await?;
    Ok(row.map(|row| row.attempts()).unwrap_or_default())
}

/// Remembers.
///
/// # Errors
/// The driver's own.
pub async fn put(
    tx: &mut AttemptTx,
    account: &str,
    address: &str,
    attempts: Attempts,
) -> Result<(), StoreError> {
    let failures = u64::from(attempts.failures);
    execute(tx, &PUT, args![account, address, failures, attempts.last_at, attempts.free_at]).await.map(drop)
}

/// Forgets what was counted for an account from an address: the attempt was a success.
///
/// # Errors
/// The driver's own.
pub async fn clear(tx: &mut AttemptTx, account: &str, address: &str) -> Result<(), StoreError> {
    execute(tx, &CLEAR, args![account, address]).await.map(drop)
}

/// From where an account was tried in vain, at most `limit` addresses.
///
/// # Errors
/// The driver's own.
pub async fn of_account(
    tx: &mut impl Reader,
    account: &str,
    limit: u32,
) -> Result<Vec<AttemptRow>, StoreError> {
    all(tx, &OF_ACCOUNT, args![account, limit]).await
}

/// Unblocks an account, and the addresses it was tried from; says how many counters there were.
///
/// # Errors
/// The driver's own.
pub async fn unblock(tx: &mut WriteTx, account: &str) -> Result<u64, StoreError> {
    let rows: Vec<AttemptRow> = all(tx, &OF_ACCOUNT, args![account, 1_000u32]).await?;
    for row in &rows {
        execute(tx, &CLEAR_ADDRESS, args![&row.address]).await?;
    }
    execute(tx, &CLEAR_ACCOUNT, args![account]).await
}

/// Forgets what lies before `before` and holds nobody up at `now`.
///
/// # Errors
/// The driver's own.
pub async fn purge(tx: &mut AttemptTx, before: Timestamp, now: Timestamp) -> Result<u64, StoreError> {
    execute(tx, &PURGE, args![before, now]).await
}

/// How many counters there are.
///
/// # Errors
/// The driver's own.
pub async fn count(tx: &mut impl Reader) -> Result<Count, StoreError> {
    one(tx, &COUNT, args![]).await
}
