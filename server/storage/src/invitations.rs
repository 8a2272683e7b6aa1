//! Invitations: one-time links with which somebody chooses a password.

use crate::column::row;
use crate::error::StoreError;
use crate::page::{ByTime, Page, Paged, cut, wanted};
use crate::statement::{all, args, execute, optional, statements};
use crate::transaction::{Reader, WriteTx};
use domain::id::{InfrastructureId, InvitationId, RoleId, UserId};
use domain::text::{Name, Username};
use domain::time::Timestamp;

row! {
    /// An invitation.
    pub struct InvitationRow {
        /// Identity.
        id: InvitationId,
        /// Who is invited.
        user_id: UserId,
        /// SHA-256 of what the link holds, hexadecimal.
        token_hash: String,
        /// Until when it is good.
        expires_at: Timestamp,
        /// When it was used; none while it was not.
        used_at: Option<Timestamp>,
        /// When it was made.
        created_at: Timestamp,
        /// Who made it; none for the local operator.
        created_by: Option<UserId>,
    }
}

row! {
    /// An invitation whose link is good, in the list of an infrastructure.
    pub struct OpenInvitationRow {
        /// Identity.
        id: InvitationId,
        /// Who is invited.
        user_id: UserId,
        /// The name to sign in with.
        username: Username,
        /// The name people read.
        name: Name,
        /// E-mail address; may be empty.
        email: String,
        /// There is a password already, which a new one takes the place of.
        renews: bool,
        /// The user also has a role in another infrastructure.
        elsewhere: bool,
        /// The default role in the infrastructure.
        role_id: RoleId,
        /// The role's name.
        role_name: String,
        /// When it was made.
        created_at: Timestamp,
        /// The name of who made it; none for the local operator.
        invited_by: Option<Name>,
        /// Until when it is good.
        expires_at: Timestamp,
    }
}

statements! {
    INSERT = "insert into invitation (id, user_id, token_hash, expires_at, used_at, created_at, created_by) ",
        "values ($1, $2, $3, $4, $5, $6, $7)";
    BY_HASH = "select id, user_id, token_hash, expires_at, used_at, created_at, created_by from invitation ",
        "where token_hash = $1";
    USE_UP = "update invitation set used_at = $2 where id = $1 and used_at is null and expires_at > $2";
    // Who is deactivated is let in by no link.
    OPEN = "select i.id, i.user_id, u.username, u.name, u.email, (u.password_hash is not null) as renews, ",
        "(exists (select 1 from user_role o where o.user_id = i.user_id and o.infrastructure_id <> $1)) as elsewhere, ",
        "r.id as role_id, r.name as role_name, i.created_at, b.name as invited_by, i.expires_at ",
        "from invitation i join it_user u on u.id = i.user_id ",
        "join user_role m on m.user_id = i.user_id and m.infrastructure_id = $1 join role r on r.id = m.role_id ",
        "left join it_user b on b.id = i.created_by ",
        "where i.used_at is null and (i.expires_at, i.id) > ($2, $3) and u.active order by i.expires_at, i.id limit $4";
    END = "update invitation set expires_at = $2 where user_id = $1 and used_at is null and expires_at > $2";
}

/// Adds an invitation.
///
/// # Errors
/// `Violated(InvitationTokenHash)` where the link was given before.
pub async fn insert(tx: &mut WriteTx, row: &InvitationRow) -> Result<(), StoreError> {
    let args = args![
        row.id,
        row.user_id,
        &row.token_hash,
        row.expires_at,
        row.used_at,
        row.created_at,
        row.created_by
    ];
    execute(tx, &INSERT, args).await.map(drop)
}

/// The invitation of a link: used, expired or neither.
///
/// # Errors
/// The driver's own.
pub async fn by_hash(tx: &mut impl Reader, token_hash: &str) -> Result<Option<InvitationRow>, StoreError> {
    optional(tx, &BY_HASH, args![token_hash]).await
}

/// Uses an invitation up; false where it was used already or has expired.
///
/// # Errors
/// The driver's own.
pub async fn use_up(tx: &mut WriteTx, id: InvitationId, at: Timestamp) -> Result<bool, StoreError> {
    Ok(execute(tx, &USE_UP, args![id, at]).await? == 1)
}

/// Ends every open invitation of a user, and says how many: only the newest link is good.
///
/// # Errors
/// The driver's own.
pub async fn end_of_user(tx: &mut WriteTx, user: UserId, at: Timestamp) -> Result<u64, StoreError> {
    execute(tx, &END, args![user, at]).await
}

/// A page of the invitations whose links are good now, of those who have a role in an infrastructure: what ends first stands first.
///
/// # Errors
/// [`StoreError::Page`] for a mark that this list did not give.
pub async fn open(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    now: Timestamp,
    page: &Page,
) -> Result<Paged<OpenInvitationRow>, StoreError> {
    let ByTime { at, id } = ByTime::after(page, now)?;
    let rows = all(tx, &OPEN, args![infrastructure, at, id, wanted(page)]).await?;
    Ok(cut(rows, page, |row: &OpenInvitationRow| ByTime::mark(row.expires_at, row.id.0)))
}
