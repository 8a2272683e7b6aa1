//! Statements: every SQL text has a name and is registered where it is written.
//!
//! [`statements!`] declares all statements of a module at once, together with the module's list of them, and `lib.rs` collects the lists
//! from the same line that declares the module. So no statement can be forgotten by the test that prepares all of them
//! on both databases. No other file than this one hands SQL to the driver, but for `backend.rs` and `group.rs`, whose
//! texts are the fixed words of transactions, and `external.rs`, whose texts go to databases of others.

use crate::backend::Kind;
use crate::column::{Fields, FromRow};
use crate::error::StoreError;
use crate::transaction::sealed::{Connected, Link};
use domain::text::{Key, Name, Sha256, Username, VersionNumber};
use domain::time::Timestamp;
use sqlx::Arguments as _;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use uuid::Uuid;

/// A named SQL text, the same for both databases but for what `dialect.rs` says.
#[derive(Debug)]
pub struct Statement {
    /// Its name, `module::NAME`.
    pub name: &'static str,
    /// The text for SQLite; none where the statement is for PostgreSQL alone.
    pub sqlite: Option<&'static str>,
    /// The text for PostgreSQL.
    pub postgres: Option<&'static str>,
}

impl Statement {
    /// The text for a database.
    #[must_use]
    pub const fn text(&self, kind: Kind) -> Option<&'static str> {
        match kind {
            Kind::Sqlite => self.sqlite,
            Kind::Postgres => self.postgres,
        }
    }

    /// The table that a changing statement writes; empty for one that reads.
    pub(crate) fn table(&self) -> &'static str {
        let mut words = self.sqlite.or(self.postgres).unwrap_or_default().split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some("insert" | "delete"), Some(_), Some(table)) | (Some("update"), Some(table), _) => {
                table.split('(').next().unwrap_or_default()
            }
            _ => "",
        }
    }
}

/// Declares the statements of a module and the list `STATEMENTS` of all of them. A text is one or more literals, joined; a `+ NAME`
/// behind the name takes an ending from `dialect.rs`.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident $(+ $ending:ident)? = $($part:expr),+;)+) => {
        $(
            $(#[$doc])*
            pub(crate) const $name: $crate::statement::Statement = $crate::statement::Statement {
                name: concat!(module_path!(), "::", stringify!($name)),
                sqlite: Some(concat!($($part),+ $(, $crate::dialect::ending!(sqlite $ending))?)),
                postgres: Some(concat!($($part),+ $(, $crate::dialect::ending!(postgres $ending))?)),
            };
        )+
        /// The statements of this module.
        pub(crate) const STATEMENTS: &[&$crate::statement::Statement] = &[$(&$name),+];
    };
}
pub(crate) use statements;

/// A value that is given to a statement.
#[derive(Debug, Clone)]
pub(crate) enum Arg {
    Uuid(Option<Uuid>),
    Int(Option<i64>),
    Text(Option<String>),
    Bool(bool),
}

/// The values of a statement, in the order of their numbers.
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::statement::Arg::from($value)),*] };
}
pub(crate) use args;

/// A hundred values in a row, for `in (…)`, which has no text for any number of them. [`hundreds`] makes them.
macro_rules! hundred {
    () => {
        "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, \
         $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, \
         $49, $50, $51, $52, $53, $54, $55, $56, $57, $58, $59, $60, $61, $62, $63, $64, $65, $66, $67, $68, $69, $70, $71, \
         $72, $73, $74, $75, $76, $77, $78, $79, $80, $81, $82, $83, $84, $85, $86, $87, $88, $89, $90, $91, $92, $93, $94, \
         $95, $96, $97, $98, $99, $100"
    };
}
pub(crate) use hundred;

/// Identities by the hundred, for one statement with [`hundred!`] each; fewer are filled up with nulls.
pub(crate) fn hundreds<I: Copy + Into<Arg>>(ids: &[I]) -> impl Iterator<Item = Vec<Arg>> {
    ids.chunks(100).map(|some| {
        let mut args: Vec<Arg> = some.iter().map(|id| (*id).into()).collect();
        args.resize(100, Arg::Uuid(None));
        args
    })
}

macro_rules! arg_from {
    ($($kind:ident($raw:ty): $($from:ty => |$value:ident| $body:expr),+;)+) => {$($(
        impl From<$from> for Arg {
            fn from($value: $from) -> Self { Self::$kind(Some($body)) }
        }
        impl From<Option<$from>> for Arg {
            fn from(value: Option<$from>) -> Self {
                let map = |$value: $from| -> $raw { $body };
                Self::$kind(value.map(map))
            }
        }
    )+)+};
}

arg_from! {
    Uuid(Uuid): Uuid => |v| v;
    Int(i64): i64 => |v| v, u32 => |v| i64::from(v), u64 => |v| i64::try_from(v).unwrap_or(i64::MAX), Timestamp => |v| v.0;
    Text(String): &str => |v| storable(v), &String => |v| storable(v), String => |v| storable(&v),
        &Key => |v| v.to_string(), &Name => |v| v.to_string(), &Username => |v| v.to_string(),
        VersionNumber => |v| v.to_string(), Sha256 => |v| v.to_string();
}

impl From<bool> for Arg {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

/// PostgreSQL keeps no NUL character in a text; on both databases it is stored as U+FFFD.
fn storable(text: &str) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text.to_owned() }
}

impl Arg {
    fn for_sqlite(args: Vec<Self>) -> Result<SqliteArguments, sqlx::Error> {
        let mut all = SqliteArguments::default();
        for arg in args {
            let added = match arg {
                Self::Uuid(value) => all.add(value),
                Self::Int(value) => all.add(value),
                Self::Text(value) => all.add(value),
                Self::Bool(value) => all.add(value),
            };
            added.map_err(sqlx::Error::Encode)?;
        }
        Ok(all)
    }

    fn for_postgres(args: Vec<Self>) -> Result<PgArguments, sqlx::Error> {
        let mut all = PgArguments::default();
        for arg in args {
            let added = match arg {
                Self::Uuid(value) => all.add(value),
                Self::Int(value) => all.add(value),
                Self::Text(value) => all.add(value),
                Self::Bool(value) => all.add(value),
            };
            added.map_err(sqlx::Error::Encode)?;
        }
        Ok(all)
    }
}

fn no_text(statement: &Statement) -> StoreError {
    StoreError::Driver {
        statement: statement.name.to_owned(),
        message: "not meant for this database".to_owned(),
    }
}

/// Carries out a statement on whichever database the link leads to, with one driver call for each.
macro_rules! on_link {
    ($link:expr, $statement:expr, $args:expr, $call:ident, |$row:ident| $then:expr) => {{
        let kind = $link.kind();
        let text = $statement.text(kind).ok_or_else(|| no_text($statement))?;
        let encoding = |error| StoreError::at($statement, error, kind);
        match $link {
            Link::Sqlite(connection) => sqlx::query_with(text, Arg::for_sqlite($args).map_err(encoding)?)
                .$call(connection)
                .await
                .map_err(|error| StoreError::at($statement, error, kind))
                .and_then(|$row| $then),
            Link::Postgres(connection) => sqlx::query_with(text, Arg::for_postgres($args).map_err(encoding)?)
                .$call(connection)
                .await
                .map_err(|error| StoreError::at($statement, error, kind))
                .and_then(|$row| $then),
        }
    }};
}

async fn all_on<R: FromRow>(
    link: Link<'_>,
    statement: &Statement,
    args: Vec<Arg>,
) -> Result<Vec<R>, StoreError> {
    on_link!(link, statement, args, fetch_all, |rows| rows
        .iter()
        .map(|row| R::from_row(&Fields::new(row, statement)))
        .collect())
}

async fn optional_on<R: FromRow>(
    link: Link<'_>,
    statement: &Statement,
    args: Vec<Arg>,
) -> Result<Option<R>, StoreError> {
    on_link!(link, statement, args, fetch_optional, |row| row
        .as_ref()
        .map(|row| R::from_row(&Fields::new(row, statement)))
        .transpose())
}

async fn execute_on(link: Link<'_>, statement: &Statement, args: Vec<Arg>) -> Result<u64, StoreError> {
    on_link!(link, statement, args, execute, |done| Ok(done.rows_affected()))
}

/// All rows of a statement. A failure spoils the transaction, so that both databases behave alike.
pub(crate) async fn all<R: FromRow>(
    tx: &mut impl Connected,
    statement: &Statement,
    args: Vec<Arg>,
) -> Result<Vec<R>, StoreError> {
    let outcome = all_on(tx.link()?, statement, args).await;
    #[cfg(feature = "testing")]
    crate::testing::note(statement, outcome.as_ref().map_or(0, |rows| rows.len() as u64));
    tx.spoil_on(outcome)
}

/// All rows of a statement with [`hundred!`] for any number of identities, which are asked for by the hundred.
pub(crate) async fn all_by_hundreds<R: FromRow, I: Copy + Into<Arg>>(
    tx: &mut impl Connected,
    statement: &Statement,
    ids: &[I],
) -> Result<Vec<R>, StoreError> {
    let mut found = Vec::new();
    for args in hundreds(ids) {
        found.extend(all(tx, statement, args).await?);
    }
    Ok(found)
}

/// The first row of a statement, if there is one.
pub(crate) async fn optional<R: FromRow>(
    tx: &mut impl Connected,
    statement: &Statement,
    args: Vec<Arg>,
) -> Result<Option<R>, StoreError> {
    let outcome = optional_on(tx.link()?, statement, args).await;
    #[cfg(feature = "testing")]
    crate::testing::note(statement, outcome.as_ref().map_or(0, |row| u64::from(row.is_some())));
    tx.spoil_on(outcome)
}

/// The first row of a statement that always has one.
pub(crate) async fn one<R: FromRow>(
    tx: &mut impl Connected,
    statement: &Statement,
    args: Vec<Arg>,
) -> Result<R, StoreError> {
    optional(tx, statement, args).await?.ok_or(StoreError::Missing)
}

/// Carries out a changing statement and says how many rows it changed.
pub(crate) async fn execute(
    tx: &mut impl Connected,
    statement: &Statement,
    args: Vec<Arg>,
) -> Result<u64, StoreError> {
    let outcome = execute_on(tx.link()?, statement, args).await;
    #[cfg(feature = "testing")]
    crate::testing::note(statement, outcome.as_ref().copied().unwrap_or_default());
    tx.spoil_on(outcome)
}
