//! Whether somebody has a second factor, and whether a role asks for one.

use crate::column::Value;
use crate::error::StoreError;
use crate::statement::{args, one, statements};
use crate::transaction::Reader;
use domain::id::UserId;

macro_rules! held {
    () => {
        "(select 1 from authenticator where user_id = $1 and confirmed_at is not null union all \
         select 1 from passkey where user_id = $1)"
    };
}

statements! {
    COUNT = "select count(*) as value from ", held!(), " c";
    // By whichever way the role is held.
    REQUIRED = "select count(*) as value from role r where r.second_factor and ",
        "(exists (select 1 from user_role h where h.role_id = r.id and h.user_id = $1) ",
        "or exists (select 1 from team_member h where h.role_id = r.id and h.user_id = $1) ",
        "or exists (select 1 from application_grant h where h.role_id = r.id and h.user_id = $1))";
}

/// How many second factors a user has that count: an authenticator app and each passkey.
///
/// # Errors
/// The driver's own.
pub async fn count(tx: &mut impl Reader, user: UserId) -> Result<u64, StoreError> {
    let Value(count) = one(tx, &COUNT, args![user]).await?;
    Ok(count)
}

/// Whether a role of the user asks for a second factor.
///
/// # Errors
/// The driver's own.
pub async fn required(tx: &mut impl Reader, user: UserId) -> Result<bool, StoreError> {
    let Value(roles): Value<u64> = one(tx, &REQUIRED, args![user]).await?;
    Ok(roles > 0)
}

/// Whether a role of the user asks for a second factor that the user does not have.
///
/// # Errors
/// The driver's own.
pub async fn missing(tx: &mut impl Reader, user: UserId) -> Result<bool, StoreError> {
    Ok(required(tx, user).await? && count(tx, user).await? == 0)
}
