//! How a stored value becomes a word of the domain, for both drivers in one place.

use crate::error::StoreError;
use crate::statement::Statement;
use domain::architecture::words;
use domain::text::{Key, Name, Sha256, Username, VersionNumber};
use domain::time::Timestamp;
use sqlx::Row as _;
use uuid::Uuid;

/// The four kinds of values that the schema uses, as either driver reads them.
pub(crate) trait Raw {
    fn uuid(&self, column: &str) -> Result<Option<Uuid>, sqlx::Error>;
    fn int(&self, column: &str) -> Result<Option<i64>, sqlx::Error>;
    fn text(&self, column: &str) -> Result<Option<String>, sqlx::Error>;
    fn truth(&self, column: &str) -> Result<Option<bool>, sqlx::Error>;
    fn first(&self) -> String;
}

macro_rules! raw {
    ($row:ty) => {
        impl Raw for $row {
            fn uuid(&self, column: &str) -> Result<Option<Uuid>, sqlx::Error> {
                self.try_get(column)
            }
            fn int(&self, column: &str) -> Result<Option<i64>, sqlx::Error> {
                self.try_get(column)
            }
            fn text(&self, column: &str) -> Result<Option<String>, sqlx::Error> {
                self.try_get(column)
            }
            fn truth(&self, column: &str) -> Result<Option<bool>, sqlx::Error> {
                self.try_get(column)
            }
            fn first(&self) -> String {
                self.try_get::<Uuid, _>(0)
                    .map(|id| id.to_string())
                    .or_else(|_| self.try_get::<String, _>(0))
                    .or_else(|_| self.try_get::<i64, _>(0).map(|n| n.to_string()))
                    .unwrap_or_else(|_| "?".to_owned())
            }
        }
    };
}
raw!(sqlx::sqlite::SqliteRow);
raw!(sqlx::postgres::PgRow);

/// One row of an answer.
pub(crate) struct Fields<'r> {
    row: &'r dyn Raw,
    statement: &'r Statement,
}

impl<'r> Fields<'r> {
    pub(crate) fn new(row: &'r impl Raw, statement: &'r Statement) -> Self {
        Self { row, statement }
    }

    /// The value of a column.
    pub(crate) fn get<T: Column>(&self, column: &str) -> Result<T, StoreError> {
        T::read(self, column)
    }

    fn wrong(&self, column: &str, why: impl ToString) -> StoreError {
        StoreError::Inconsistent {
            table: self.statement.name.trim_start_matches("storage::").to_owned(),
            column: column.to_owned(),
            row: self.row.first(),
            why: why.to_string(),
        }
    }
}

/// What can be read from one row.
pub(crate) trait FromRow: Sized {
    fn from_row(fields: &Fields<'_>) -> Result<Self, StoreError>;
}

/// What can be read from one column.
pub(crate) trait Column: Sized {
    fn read_optional(fields: &Fields<'_>, column: &str) -> Result<Option<Self>, StoreError>;

    fn read(fields: &Fields<'_>, column: &str) -> Result<Self, StoreError> {
        Self::read_optional(fields, column)?.ok_or_else(|| fields.wrong(column, "there is no value"))
    }
}

impl<T: Column> Column for Option<T> {
    fn read_optional(fields: &Fields<'_>, column: &str) -> Result<Option<Self>, StoreError> {
        T::read_optional(fields, column).map(Some)
    }
}

macro_rules! columns {
    ($($raw:ident: $($type:ty => |$value:ident| $body:expr),+;)+) => {$($(
        impl Column for $type {
            fn read_optional(fields: &Fields<'_>, column: &str) -> Result<Option<Self>, StoreError> {
                let stored = fields.row.$raw(column).map_err(|error| fields.wrong(column, error))?;
                stored
                    .map(|$value| $body)
                    .transpose()
                    .map_err(|why: String| fields.wrong(column, why))
            }
        }
    )+)+};
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|why: T::Err| why.to_string())
}

fn whole<T: TryFrom<i64>>(number: i64) -> Result<T, String> {
    T::try_from(number).map_err(|_| format!("{number} is out of range"))
}

columns! {
    uuid: Uuid => |v| Ok(v);
    int: i64 => |v| Ok(v), u64 => |v| whole(v), u32 => |v| whole(v), u16 => |v| whole(v), Timestamp => |v| Ok(Timestamp(v));
    truth: bool => |v| Ok(v);
    text: String => |v| Ok(v), Key => |v| parsed(&v), Name => |v| parsed(&v), Username => |v| parsed(&v),
        VersionNumber => |v| parsed(&v), Sha256 => |v| parsed(&v),
        domain::dependency::Bond => |v| parsed(&v), domain::environment::Purpose => |v| parsed(&v), domain::environment::Reason => |v| parsed(&v),
        domain::gate::CheckAddress => |v| parsed(&v), domain::gate::Kind => |v| parsed(&v), domain::setting::Origin => |v| parsed(&v), domain::setting::SettingKind => |v| parsed(&v), domain::timeline::Kind => |v| parsed(&v), words::About => |v| parsed(&v), words::CatalogKind => |v| parsed(&v), words::CatalogName => |v| parsed(&v), words::CheckOutcome => |v| parsed(&v),
        words::Edition => |v| parsed(&v), words::Engine => |v| parsed(&v), words::EngineVersion => |v| parsed(&v), words::SystemName => |v| parsed(&v),
        words::ExternalEngine => |v| parsed(&v), words::HostAddress => |v| parsed(&v), words::Hosting => |v| parsed(&v),
        words::PipelinePurpose => |v| parsed(&v), words::Service => |v| parsed(&v), words::Sharing => |v| parsed(&v),
        words::ToolKind => |v| parsed(&v), words::Topology => |v| parsed(&v), words::WebAddress => |v| parsed(&v);
}

macro_rules! ids {
    ($($id:ident),+) => {$(
        impl Column for domain::id::$id {
            fn read_optional(fields: &Fields<'_>, column: &str) -> Result<Option<Self>, StoreError> {
                Ok(Uuid::read_optional(fields, column)?.map(Self))
            }
        }
        impl From<domain::id::$id> for crate::statement::Arg {
            fn from(id: domain::id::$id) -> Self {
                Self::from(id.0)
            }
        }
        impl From<Option<domain::id::$id>> for crate::statement::Arg {
            fn from(id: Option<domain::id::$id>) -> Self {
                Self::from(id.map(|id| id.0))
            }
        }
    )+};
}
ids!(
    InfrastructureId,
    EnvironmentId,
    ServerId,
    ApplicationId,
    RevisionId,
    VersionId,
    PlanId,
    PipelineId,
    ZoneId,
    DeploymentId,
    GateId,
    FreezeId,
    ApprovalId,
    VerificationId,
    UserId,
    RoleId,
    TeamId,
    TokenId,
    EntryId,
    EnrolmentId,
    InvitationId,
    PasskeyId,
    QuestionId,
    RequestId
);

/// A single value, from the column `value`.
pub(crate) struct Value<T>(pub T);

impl<T: Column> FromRow for Value<T> {
    fn from_row(fields: &Fields<'_>) -> Result<Self, StoreError> {
        fields.get("value").map(Self)
    }
}

/// Declares a row: a plain struct whose fields have the names of the columns.
macro_rules! row {
    ($(#[$doc:meta])* $visible:vis struct $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        $visible struct $name { $($(#[$field_doc])* pub $field: $type,)+ }

        impl $crate::column::FromRow for $name {
            fn from_row(fields: &$crate::column::Fields<'_>) -> Result<Self, $crate::error::StoreError> {
                Ok(Self { $($field: fields.get(stringify!($field))?,)+ })
            }
        }
    };
}
pub(crate) use row;
