//! What can go wrong in the database, in words that do not depend on which database it is.

use crate::backend::Kind;
use crate::statement::Statement;
use sqlx::error::ErrorKind;

/// Why storage could not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The row that was to be changed is not there.
    #[error("the record is not there any more")]
    Missing,
    /// A constraint of the database refused the change; nothing of the transaction will be kept.
    #[error("the database refused the change: {0}")]
    Violated(Constraint),
    /// A stored value is not what this program writes there.
    #[error("the stored value in {table}.{column} of row {row} cannot be read: {why}")]
    Inconsistent {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The row, by its first column.
        row: String,
        /// What is wrong with it.
        why: String,
    },
    /// The database is busy with others for longer than we wait. Trying again later is right.
    #[error("the database is busy; try again in a moment")]
    Busy,
    /// The database's disk is full, or may only be read. Nothing was kept.
    #[error("the database cannot be written: its disk has no room left, or may only be read")]
    Unwritable,
    /// The mark of a page is none that this list gave.
    #[error("the mark of the next page is not one of this list; start from its first page")]
    Page,
    /// The address names no database that is supported.
    #[error(
        "“{0}” is no database address: use sqlite:<path>, sqlite::memory: or postgres://<user>@<host>/<database>"
    )]
    Address(String),
    /// The entry has no canonical form.
    #[error(transparent)]
    Entry(#[from] domain::audit::NotCanonical),
    /// A refusal was to be recorded with the outcome “done”.
    #[error("an entry on its own records a refusal or a failure, and this one says “done”")]
    NotARefusal,
    /// An earlier statement of this transaction failed, so nothing of it can be kept.
    #[error("an earlier statement of this transaction failed, so it cannot be committed")]
    Spoiled,
    /// The schema could not be brought up to date.
    #[error("the database's schema could not be brought up to date: {0}")]
    Migration(String),
    /// The driver or the database failed.
    #[error("the database failed at {statement}: {message}")]
    Driver {
        /// The statement's name, or what was being done.
        statement: String,
        /// The driver's words.
        message: String,
    },
}

macro_rules! unique {
    ($($(#[$doc:meta])* $variant:ident = $name:literal on $table:literal ($($column:literal),+);)+) => {
        /// A constraint of the schema.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum Constraint {
            $($(#[$doc])* $variant,)+
            /// Something that this row refers to is not there, or something still refers to this row. SQLite does not say which reference,
            /// so the constraint is known by the table that the statement wrote.
            Reference {
                /// The table that was written.
                table: String,
            },
            /// A value that the schema does not allow.
            Check {
                /// The name of the check, or `table.column` for a missing value.
                name: String,
            },
            /// A record that is never changed or removed.
            Immutable {
                /// The table.
                table: String,
            },
        }

        impl Constraint {
            /// Every unique set of the schema: the constraint, its name on PostgreSQL, its table and columns.
            pub const UNIQUE: &'static [(Self, &'static str, &'static str, &'static [&'static str])] =
                &[$((Self::$variant, $name, $table, &[$($column),+])),+];
        }
    };
}

unique! {
    /// A key of an infrastructure is taken.
    InfrastructureKey = "infrastructure_key" on "infrastructure" ("key");
    /// The environment's key is taken in its infrastructure.
    EnvironmentKey = "environment_key" on "environment" ("infrastructure_id", "key");
    /// The place in the order is taken in the infrastructure.
    EnvironmentPosition = "environment_position" on "environment" ("infrastructure_id", "position");
    /// The server's key is taken in its environment.
    ServerKey = "server_key" on "server" ("environment_id", "key");
    /// The environment has a deployment controller already.
    ServerController = "server_controller" on "server" ("environment_id");
    /// The enrolment code was given before.
    EnrolmentCodeHash = "enrolment_code_hash" on "enrolment" ("code_hash");
    /// The link was given before.
    InvitationTokenHash = "invitation_token_hash" on "invitation" ("token_hash");
    /// The passkey is registered already.
    PasskeyCredentialId = "passkey_credential_id" on "passkey" ("credential_id");
    /// The user name is taken.
    UserUsername = "it_user_username" on "it_user" ("username");
    /// The token was given before.
    TokenHash = "token_hash" on "token" ("hash");
    /// The application's key is taken in its infrastructure.
    ApplicationKey = "application_key" on "application" ("infrastructure_id", "key");
    /// The role's name is taken in its infrastructure.
    RoleName = "role_name" on "role" ("infrastructure_id", "name");
    /// The team's name is taken in its infrastructure.
    TeamName = "team_name" on "team" ("infrastructure_id", "name");
    /// The application has a revision with these bytes already.
    RevisionSha256 = "revision_sha256" on "revision" ("application_id", "sha256");
    /// The application has a version with this number already.
    VersionNumber = "version_number" on "version" ("application_id", "number_order");
    /// The plan was started already.
    DeploymentPlan = "deployment_plan" on "deployment" ("plan_id");
    /// A step with this key is there already.
    StepKey = "deployment_step_key" on "deployment_step" ("key");
    /// This line of the log is there already.
    LineSource = "deployment_line_source" on "deployment_line" ("deployment_id", "source", "source_number");
    /// The number of the chain is given already.
    EntryNumber = "audit_entry_number" on "audit_entry" ("number");
    /// The data center's key is taken in its infrastructure.
    DataCenterKey = "data_center_key" on "data_center" ("infrastructure_id", "key");
    /// The zone's key is taken in its environment.
    ZoneKey = "zone_key" on "zone" ("environment_id", "key");
    /// The database server's key is taken in its infrastructure.
    DatabaseServerKey = "database_server_key" on "database_server" ("infrastructure_id", "key");
    /// The external database's key is taken in its environment.
    ExternalDatabaseKey = "external_database_key" on "external_database" ("environment_id", "key");
    /// The pipeline's key is taken in its infrastructure.
    PipelineKey = "pipeline_key" on "pipeline" ("infrastructure_id", "key");
    /// The environment is a stage of this pipeline already.
    PipelineStageEnvironment = "pipeline_stage_environment" on "pipeline_stage" ("pipeline_id", "environment_id");
    /// The tool's key is taken in its infrastructure.
    ToolKey = "tool_key" on "tool" ("infrastructure_id", "key");
    /// A record with this identity is there already.
    DataCenterId = "data_center_pkey" on "data_center" ("id");
    /// A record with this identity is there already.
    BalancerDataCenterId = "balancer_data_center_pkey" on "balancer_data_center" ("environment_id", "data_center_id");
    /// A record with this identity is there already.
    ZoneId = "zone_pkey" on "zone" ("id");
    /// A record with this identity is there already.
    ServerZoneId = "server_zone_pkey" on "server_zone" ("server_id", "zone_id");
    /// A record with this identity is there already.
    ServerServiceId = "server_service_pkey" on "server_service" ("server_id", "service");
    /// A record with this identity is there already.
    DatabaseServerId = "database_server_pkey" on "database_server" ("id");
    /// A record with this identity is there already.
    CatalogId = "catalog_pkey" on "catalog" ("environment_id", "kind");
    /// A record with this identity is there already.
    ExternalDatabaseId = "external_database_pkey" on "external_database" ("id");
    /// A record with this identity is there already.
    PipelineId = "pipeline_pkey" on "pipeline" ("id");
    /// A record with this identity is there already.
    PipelinePurposeId = "pipeline_purpose_pkey" on "pipeline_purpose" ("pipeline_id", "purpose");
    /// A record with this identity is there already.
    PipelineStageId = "pipeline_stage_pkey" on "pipeline_stage" ("pipeline_id", "position");
    /// A record with this identity is there already.
    ToolId = "tool_pkey" on "tool" ("id");
    /// A record with this identity is there already.
    ArchitectureExceptionId = "architecture_exception_pkey" on "architecture_exception" ("infrastructure_id", "rule", "path");
    /// What was found at this place is kept already.
    QuestionId = "environment_question_pkey" on "environment_question" ("id");
    /// A check of this connection is there.
    ConnectionCheckId = "connection_check_pkey" on "connection_check" ("infrastructure_id", "place");
    /// A record with this identity is there already.
    InfrastructureId = "infrastructure_pkey" on "infrastructure" ("id");
    /// A record with this identity is there already.
    EnvironmentId = "environment_pkey" on "environment" ("id");
    /// A record with this identity is there already.
    ServerId = "server_pkey" on "server" ("id");
    /// A record with this identity is there already.
    ServerStateId = "server_state_pkey" on "server_state" ("server_id");
    /// This nonce was seen already.
    NonceId = "agent_nonce_pkey" on "agent_nonce" ("server_id", "nonce");
    /// A record with this identity is there already.
    UserId = "it_user_pkey" on "it_user" ("id");
    /// This happened already.
    EventOnce = "environment_event_once" on "environment_event" ("environment_id", "at", "kind", "subject", "detail");
    /// A record with this identity is there already.
    EventId = "environment_event_pkey" on "environment_event" ("id");
    /// The application's zone in this environment is chosen already.
    ApplicationZoneId = "application_zone_pkey" on "application_zone" ("environment_id", "application_id");
    /// The application is blocked from this environment already.
    ApplicationBlockId = "application_block_pkey" on "application_block" ("environment_id", "application_id");
    /// The application is retired already.
    ApplicationRetirementId = "application_retirement_pkey" on "application_retirement" ("application_id");
    /// It is noted already that the revision was there.
    RevisionPlaceId = "revision_place_pkey" on "revision_place" ("revision_id", "environment_id");
    /// It is noted already that this is solved.
    HotfixSolvedId = "hotfix_solved_pkey" on "hotfix_solved" ("environment_id", "application_id");
    /// The application is in a pipeline already.
    ApplicationPipelineId = "application_pipeline_pkey" on "application_pipeline" ("application_id");
    /// The environment has a value of this setting already.
    SettingValueId = "setting_value_pkey" on "setting_value" ("environment_id", "application_id", "key");
    /// The plan sets this setting already.
    PlanSettingId = "plan_setting_pkey" on "plan_setting" ("plan_id", "application_id", "key");
    /// It is kept already what counts for this setting.
    DeploymentSettingId = "deployment_setting_pkey" on "deployment_setting" ("deployment_id", "application_id", "phase", "key");
    /// The application is pinned in this environment already.
    PinId = "pin_pkey" on "pin" ("environment_id", "application_id");
    /// A record with this identity is there already.
    GateId = "gate_pkey" on "gate" ("id");
    /// A record with this identity is there already.
    FreezeId = "freeze_window_pkey" on "freeze_window" ("id");
    /// The plan has this author already.
    PlanAuthorId = "plan_author_pkey" on "plan_author" ("plan_id", "user_id");
    /// Approval of the plan was asked for already.
    PlanRequestId = "plan_request_pkey" on "plan_request" ("plan_id");
    /// A record with this identity is there already.
    ApprovalId = "approval_pkey" on "approval" ("id");
    /// A record with this identity is there already.
    VerificationId = "verification_pkey" on "verification" ("id");
    /// The deployment is parked already.
    DeploymentParkedId = "deployment_parked_pkey" on "deployment_parked" ("deployment_id");
    /// The deployment uses this application already.
    DeploymentUseId = "deployment_use_pkey" on "deployment_use" ("deployment_id", "application_id");
    /// The freeze is overridden for the deployment already.
    FreezeOverrideId = "freeze_override_pkey" on "freeze_override" ("deployment_id", "freeze_id");
    /// The environment is in maintenance already.
    MaintenanceId = "maintenance_pkey" on "maintenance" ("environment_id");
    /// A record with this identity is there already.
    EnrolmentId = "enrolment_pkey" on "enrolment" ("id");
    /// A record with this identity is there already.
    ApplicationId = "application_pkey" on "application" ("id");
    /// A record with this identity is there already.
    RoleId = "role_pkey" on "role" ("id");
    /// The role has rights in this environment already.
    RoleRightId = "role_right_pkey" on "role_right" ("role_id", "environment_id");
    /// The user has a default role in this infrastructure already.
    UserRoleId = "user_role_pkey" on "user_role" ("user_id", "infrastructure_id");
    /// A record with this identity is there already.
    TeamId = "team_pkey" on "team" ("id");
    /// The user is in this team already.
    TeamMemberId = "team_member_pkey" on "team_member" ("team_id", "user_id");
    /// The application is in a team already (R31).
    TeamApplicationId = "team_application_pkey" on "team_application" ("application_id");
    /// The user has a grant on this application already.
    ApplicationGrantId = "application_grant_pkey" on "application_grant" ("user_id", "application_id");
    /// The session is there already.
    SessionId = "session_pkey" on "session" ("id_hash");
    /// It is noted already why this session ended.
    SessionEndId = "session_end_pkey" on "session_end" ("id_hash");
    /// Attempts of this account from this address are counted already.
    SignInAttemptId = "sign_in_attempt_pkey" on "sign_in_attempt" ("account", "address");
    /// A record with this identity is there already.
    InvitationId = "invitation_pkey" on "invitation" ("id");
    /// The user has an authenticator already.
    AuthenticatorId = "authenticator_pkey" on "authenticator" ("user_id");
    /// The user has this recovery code already.
    RecoveryCodeId = "recovery_code_pkey" on "recovery_code" ("user_id", "code_hash");
    /// A record with this identity is there already.
    PasskeyId = "passkey_pkey" on "passkey" ("id");
    /// The device is known already.
    KnownDeviceId = "known_device_pkey" on "known_device" ("id_hash");
    /// A record with this identity is there already.
    TokenId = "token_pkey" on "token" ("id");
    /// A record with this identity is there already.
    RevisionId = "revision_pkey" on "revision" ("id");
    /// The revision's use of this application is noted already.
    RevisionUseId = "revision_use_pkey" on "revision_use" ("revision_id", "producer");
    /// A record with this identity is there already.
    VersionId = "version_pkey" on "version" ("id");
    /// A record with this identity is there already.
    PlanId = "plan_pkey" on "plan" ("id");
    /// The plan has a line for this application already.
    PlanItemId = "plan_item_pkey" on "plan_item" ("plan_id", "application_id");
    /// A record with this identity is there already.
    DeploymentId = "deployment_pkey" on "deployment" ("id");
    /// The deployment has this application already.
    DeploymentApplicationId = "deployment_application_pkey" on "deployment_application" ("deployment_id", "application_id");
    /// The front-end is owed the application already.
    CatchUpId = "catch_up_pkey" on "catch_up" ("environment_id", "server_id", "application_id");
    /// The deployment has a review already.
    OverrideReviewId = "override_review_pkey" on "override_review" ("deployment_id");
    /// The deployment has an override with this number already.
    OverrideActId = "override_act_pkey" on "override_act" ("deployment_id", "number");
    /// The deployment has this step already.
    StepId = "deployment_step_pkey" on "deployment_step" ("deployment_id", "ordinal", "phase");
    /// The line has its number already.
    LineId = "deployment_line_pkey" on "deployment_line" ("deployment_id", "number");
    /// The deployment has its place in the environment already.
    LockId = "environment_lock_pkey" on "environment_lock" ("environment_id", "deployment_id");
    /// The application is in this environment already.
    StateId = "environment_application_pkey" on "environment_application" ("environment_id", "application_id");
    /// The difference is noted already.
    DifferenceId = "application_difference_pkey" on "application_difference" ("environment_id", "application_id");
    /// The counter is there already.
    CounterId = "counter_pkey" on "counter" ("name");
    /// The entry is recorded already.
    EntryId = "audit_entry_pkey" on "audit_entry" ("id");
    /// The entry names this object already.
    EntryObjectId = "audit_object_pkey" on "audit_object" ("kind", "object_id", "at", "entry_id");
    /// There is one head only.
    HeadId = "audit_head_pkey" on "audit_head" ("id");
    /// The notice's number is given already.
    ChangeId = "change_pkey" on "change" ("number");
}

impl std::fmt::Display for Constraint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Reference { table } => write!(f, "a reference of {table} would lead nowhere"),
            Self::Check { name } => write!(f, "the value breaks the rule {name}"),
            Self::Immutable { table } => write!(f, "a record of {table} is never changed or removed"),
            unique => match Self::UNIQUE.iter().find(|(one, ..)| one == unique) {
                Some((_, _, table, columns)) => write!(f, "{table} ({}) is taken", columns.join(", ")),
                None => f.write_str("a value is taken"),
            },
        }
    }
}

impl Constraint {
    /// The constraint by the words of SQLite, which names columns and not constraints.
    fn from_sqlite(kind: &ErrorKind, message: &str, statement: &Statement) -> Option<Self> {
        if let Some((_, table)) = message.split_once("immutable: ") {
            return Some(Self::Immutable { table: table.trim().to_owned() });
        }
        let after = |mark: &str| message.split_once(mark).map(|(_, rest)| rest.trim().to_owned());
        match kind {
            ErrorKind::UniqueViolation => {
                let names = after("constraint failed: ")?;
                let wanted: Vec<&str> = names.split(", ").collect();
                Self::UNIQUE
                    .iter()
                    .find(|(_, _, table, columns)| {
                        columns.len() == wanted.len()
                            && columns
                                .iter()
                                .zip(&wanted)
                                .all(|(column, name)| name.split_once('.') == Some((*table, *column)))
                    })
                    .map(|(constraint, ..)| constraint.clone())
            }
            ErrorKind::ForeignKeyViolation => Some(Self::Reference { table: statement.table().to_owned() }),
            ErrorKind::CheckViolation | ErrorKind::NotNullViolation => {
                Some(Self::Check { name: after("constraint failed: ")? })
            }
            _ => None,
        }
    }

    /// The constraint by its name on PostgreSQL.
    fn from_postgres(error: &dyn sqlx::error::DatabaseError, statement: &Statement) -> Option<Self> {
        let name = error.constraint().unwrap_or_default();
        if let Some(table) = name.strip_prefix("immutable_") {
            return Some(Self::Immutable { table: table.to_owned() });
        }
        match error.kind() {
            ErrorKind::UniqueViolation => Self::UNIQUE
                .iter()
                .find(|(_, known, ..)| *known == name)
                .map(|(constraint, ..)| constraint.clone()),
            ErrorKind::ForeignKeyViolation => Some(Self::Reference { table: statement.table().to_owned() }),
            ErrorKind::CheckViolation => Some(Self::Check { name: name.to_owned() }),
            ErrorKind::NotNullViolation => {
                let column = error
                    .try_downcast_ref::<sqlx::postgres::PgDatabaseError>()
                    .and_then(sqlx::postgres::PgDatabaseError::column)?;
                Some(Self::Check { name: format!("{}.{column}", error.table()?) })
            }
            _ => None,
        }
    }
}

impl StoreError {
    /// The error of a statement.
    pub(crate) fn at(statement: &Statement, error: sqlx::Error, kind: Kind) -> Self {
        if let sqlx::Error::Database(refused) = &error {
            let violated = match kind {
                Kind::Sqlite => Constraint::from_sqlite(&refused.kind(), refused.message(), statement),
                Kind::Postgres => Constraint::from_postgres(refused.as_ref(), statement),
            };
            if let Some(constraint) = violated {
                return Self::Violated(constraint);
            }
        }
        Self::of(statement.name, error)
    }

    /// The error of something that is no statement.
    pub(crate) fn of(what: &str, error: sqlx::Error) -> Self {
        if is_busy(&error) {
            return Self::Busy;
        }
        if is_unwritable(&error) {
            return Self::Unwritable;
        }
        Self::Driver { statement: what.to_owned(), message: error.to_string() }
    }

    /// The unique set that refused the change, if one did.
    #[must_use]
    pub fn violated(&self) -> Option<&Constraint> {
        match self {
            Self::Violated(constraint) => Some(constraint),
            _ => None,
        }
    }
}

/// SQLite: busy (5) and locked (6) with their extended codes. PostgreSQL: serialisation failure, deadlock, lock not
/// available, too many connections.
fn is_busy(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut => true,
        sqlx::Error::Database(refused) => match refused.code().as_deref() {
            Some("40001" | "40P01" | "55P03" | "53300" | "57P03") => true,
            Some(code) if code.len() < 5 => {
                code.parse::<i32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6))
            }
            _ => false,
        },
        _ => false,
    }
}

/// SQLite: read only (8), a write that the disk refused (778, 1034, 1290 and their like are of 10) and full (13). PostgreSQL: disk full, a
/// transaction that may only read.
pub(crate) fn is_unwritable(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(refused) = error else { return false };
    match refused.code().as_deref() {
        Some("53100" | "25006") => true,
        Some(code) if code.len() < 5 => {
            code.parse::<i32>().is_ok_and(|code| matches!(code & 0xff, 8 | 10 | 13))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};
    use std::time::Duration;

    /// Another program that holds the writer's lock is “busy”, not a failure.
    #[tokio::test]
    async fn a_locked_database_is_busy() {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new()
            .filename(folder.path().join("x.sqlite"))
            .create_if_missing(true)
            .busy_timeout(Duration::ZERO);
        let mut one = options.connect().await.unwrap();
        let mut two = options.connect().await.unwrap();
        sqlx::query("begin immediate").execute(&mut one).await.unwrap();
        let error = sqlx::query("begin immediate").execute(&mut two).await.unwrap_err();
        assert!(matches!(StoreError::of("begin", error), StoreError::Busy));
        let error = sqlx::query("nonsense").execute(&mut two).await.unwrap_err();
        assert!(matches!(StoreError::of("x", error), StoreError::Driver { .. }));
        one.close().await.unwrap();
    }
}
