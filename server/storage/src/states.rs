//! The current state: what runs of each application in each environment.

use crate::applications::ApplicationRow;
use crate::column::{Fields, FromRow, Value, row};
use crate::error::StoreError;
use crate::page::{ByName, Count, Page, Paged, Visibility, cut, sort_key, wanted};
use crate::revisions::RevisionRow;
use crate::statement::{Arg, all, args, execute, one, optional, statements};
use crate::transaction::{Reader, WriteTx};
use crate::visibility::{may_list, may_monitor, with_default_role};
use domain::dependency::Bond;
use domain::id::{ApplicationId, DeploymentId, EnvironmentId, InfrastructureId, RevisionId, VersionId};
use domain::text::{Key, VersionNumber};
use domain::time::Timestamp;

row! {
    /// What runs of an application in an environment, by the console's record.
    pub struct StateRow {
        /// The environment.
        environment_id: EnvironmentId,
        /// The application.
        application_id: ApplicationId,
        /// Their infrastructure.
        infrastructure_id: InfrastructureId,
        /// What runs.
        revision_id: RevisionId,
        /// The last version that what runs is based on.
        version_id: Option<VersionId>,
        /// What runs differs from that version, or has none.
        modified: bool,
        /// The front-ends do not all run the same.
        mixed: bool,
        /// The deployment that brought it.
        deployment_id: Option<DeploymentId>,
        /// When it came.
        changed_at: Timestamp,
        /// Who brought it, by name.
        changed_by: String,
    }
}

macro_rules! columns {
    () => {
        "select x.environment_id, x.application_id, x.infrastructure_id, x.revision_id, x.version_id, x.modified, \
         x.mixed, x.deployment_id, x.changed_at, x.changed_by from environment_application x"
    };
}

macro_rules! placed_columns {
    () => {
        "select x.environment_id, x.application_id, x.infrastructure_id, x.revision_id, x.version_id, x.modified, \
         x.mixed, x.deployment_id, x.changed_at, x.changed_by, x.bond, a.id, a.key, a.name, a.description, a.kind, a.created_at, \
         r.sha256, r.size, r.summary, r.claimed_number, r.created_at as published_at, r.created_by as published_by, r.notes, v.number \
         from environment_application x join application a on a.id = x.application_id \
         join revision r on r.id = x.revision_id left join version v on v.id = x.version_id"
    };
}

/// The applications that differ between neighbouring environments, as rows of `application_difference`.
macro_rules! note_differences {
    () => {
        concat!(
            "insert into application_difference (environment_id, application_id, next_id, infrastructure_id) ",
            "select e.id, a.id, n.id, e.infrastructure_id from environment e join environment n on n.infrastructure_id = e.infrastructure_id ",
            "and n.position = (select min(m.position) from environment m where m.infrastructure_id = e.infrastructure_id ",
            "and m.position > e.position) ",
            "join application a on a.infrastructure_id = e.infrastructure_id ",
            "left join environment_application x on x.environment_id = e.id and x.application_id = a.id ",
            "left join environment_application y on y.environment_id = n.id and y.application_id = a.id"
        )
    };
}

statements! {
    PUT = "insert into environment_application (environment_id, application_id, infrastructure_id, revision_id, ",
        "version_id, modified, mixed, deployment_id, changed_at, changed_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ",
        "on conflict (environment_id, application_id) do update set revision_id = excluded.revision_id, ",
        "version_id = excluded.version_id, modified = excluded.modified, mixed = excluded.mixed, ",
        "deployment_id = excluded.deployment_id, changed_at = excluded.changed_at, changed_by = excluded.changed_by";
    REMOVE = "delete from environment_application where environment_id = $1 and application_id = $2";
    GET = columns!(), " where x.environment_id = $1 and x.application_id = $2";
    OF_APPLICATION = columns!(), " join environment e on e.id = x.environment_id where x.application_id = $1 ",
        "order by e.position";
    PLACED_OF = placed_columns!(), " join environment e on e.id = x.environment_id where x.application_id = $1 order by e.position";
    WITH_REVISION = columns!(), " where x.revision_id = $1";
    OF_ENVIRONMENT = placed_columns!(), " where x.environment_id = $1 order by a.sort, a.id";
    CONSUMERS_IN = placed_columns!(), " where x.environment_id = $1 and x.revision_id in ",
        "(select u.revision_id from revision_use u where u.producer = $2)";
    NOT_LOOKED_AT_IN = placed_columns!(), " where x.environment_id = $1 and x.bond is null";
    WITH_KEYS_IN = placed_columns!(), " where x.environment_id = $1 and a.key in ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    HOLD + FOR_UPDATE = "select id as value from environment where id = $1";
    STAND = "update environment_application set bond = $3 where environment_id = $1 and application_id = $2";
    NEWEST_IN = placed_columns!(), " where x.environment_id = $1 order by x.changed_at desc, x.application_id desc limit $2";
    NEWEST_IN_OF = placed_columns!(), with_default_role!(), " where x.environment_id = $3 and x.infrastructure_id = $2 and ",
        may_list!("x.application_id", "x.environment_id"), " order by x.changed_at desc, x.application_id desc limit $4";
    MODIFIED_IN = placed_columns!(), " where x.environment_id = $1 and x.modified and (a.sort, a.id) > ($2, $3) ",
        "order by a.sort, a.id limit $4";
    MODIFIED_IN_OF = placed_columns!(), with_default_role!(), " where x.environment_id = $3 and x.infrastructure_id = $2 ",
        "and x.modified and (a.sort, a.id) > ($4, $5) and ", may_list!("x.application_id", "x.environment_id"),
        " order by a.sort, a.id limit $6";
    PLANNABLE_IN = "select x.application_id as value from environment_application x where x.environment_id = $1";
    PLANNABLE_IN_OF = "select x.application_id as value from environment_application x", with_default_role!(),
        " where x.environment_id = $3 and x.infrastructure_id = $2 and ",
        may_list!("x.application_id", "x.environment_id"), " and ", may_monitor!("x.application_id", "x.environment_id");
    LISTED_IN = "select x.application_id as value from environment_application x where x.environment_id = $1";
    LISTED_IN_OF = "select x.application_id as value from environment_application x", with_default_role!(),
        " where x.environment_id = $3 and x.infrastructure_id = $2 and ", may_list!("x.application_id", "x.environment_id");
    COUNT_IN = "select count(*) as value from (select 1 from environment_application x ",
        "where x.environment_id = $1 limit 1001) c";
    COUNT_IN_OF = "select count(*) as value from (select 1 from environment_application x", with_default_role!(),
        " where x.environment_id = $3 and x.infrastructure_id = $2 and ",
        may_list!("x.application_id", "x.environment_id"), " limit 1001) c";
    FORGET_DIFFERENCES = "delete from application_difference where application_id = $1 and (environment_id = $2 or next_id = $2)";
    NOTE_DIFFERENCES = note_differences!(),
        " where a.id = $1 and (e.id = $2 or n.id = $2) and x.revision_id is distinct from y.revision_id";
    FORGET_ALL_DIFFERENCES = "delete from application_difference where infrastructure_id = $1";
    NOTE_ALL_DIFFERENCES = note_differences!(),
        " where e.infrastructure_id = $1 and x.revision_id is distinct from y.revision_id";
}

/// Records what runs now.
///
/// # Errors
/// `Violated(Reference)` where something it refers to is not there.
pub async fn put(tx: &mut WriteTx, row: &StateRow) -> Result<(), StoreError> {
    let args = args![
        row.environment_id,
        row.application_id,
        row.infrastructure_id,
        row.revision_id,
        row.version_id,
        row.modified,
        row.mixed,
        row.deployment_id,
        row.changed_at,
        &row.changed_by
    ];
    execute(tx, &PUT, args).await?;
    crate::places::note(tx, row).await?;
    note_differences(tx, row.environment_id, row.application_id).await
}

/// Keeps `application_difference` true after a change of one place.
async fn note_differences(
    tx: &mut WriteTx,
    environment: EnvironmentId,
    application: ApplicationId,
) -> Result<(), StoreError> {
    execute(tx, &FORGET_DIFFERENCES, args![application, environment]).await?;
    execute(tx, &NOTE_DIFFERENCES, args![application, environment]).await.map(drop)
}

/// Forgets what differs between the environments of an infrastructure, so that one of them can go.
pub(crate) async fn forget_all_differences(
    tx: &mut WriteTx,
    infrastructure: InfrastructureId,
) -> Result<(), StoreError> {
    execute(tx, &FORGET_ALL_DIFFERENCES, args![infrastructure]).await.map(drop)
}

/// Keeps `application_difference` true after a change of the order of the environments.
pub(crate) async fn note_all_differences(
    tx: &mut WriteTx,
    infrastructure: InfrastructureId,
) -> Result<(), StoreError> {
    forget_all_differences(tx, infrastructure).await?;
    execute(tx, &NOTE_ALL_DIFFERENCES, args![infrastructure]).await.map(drop)
}

/// Records that the application does not run there any more; false where it did not.
///
/// # Errors
/// The driver's own.
pub async fn remove(
    tx: &mut WriteTx,
    environment: EnvironmentId,
    application: ApplicationId,
) -> Result<bool, StoreError> {
    if execute(tx, &REMOVE, args![environment, application]).await? == 0 {
        return Ok(false);
    }
    note_differences(tx, environment, application).await?;
    Ok(true)
}

/// What runs of an application in an environment.
///
/// # Errors
/// The driver's own.
pub async fn get(
    tx: &mut impl Reader,
    environment: EnvironmentId,
    application: ApplicationId,
) -> Result<Option<StateRow>, StoreError> {
    optional(tx, &GET, args![environment, application]).await
}

/// An application in one environment, with all that is known of what runs.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedRow {
    /// The application.
    pub application: ApplicationRow,
    /// What runs.
    pub state: StateRow,
    /// Its content.
    pub revision: RevisionRow,
    /// The number of the last version that it is based on.
    pub number: Option<VersionNumber>,
    /// How its dependencies stand there, the worst of them; none where nobody has looked yet.
    pub bond: Option<Bond>,
}

impl FromRow for PlacedRow {
    fn from_row(fields: &Fields<'_>) -> Result<Self, StoreError> {
        let state = StateRow::from_row(fields)?;
        Ok(Self {
            application: ApplicationRow::from_row(fields)?,
            revision: RevisionRow {
                id: state.revision_id,
                application_id: state.application_id,
                sha256: fields.get("sha256")?,
                size: fields.get("size")?,
                summary: fields.get("summary")?,
                claimed_number: fields.get("claimed_number")?,
                created_at: fields.get("published_at")?,
                created_by: fields.get("published_by")?,
                notes: fields.get("notes")?,
            },
            number: fields.get("number")?,
            bond: fields.get("bond")?,
            state,
        })
    }
}

/// Everything that runs in an environment, by the applications' names, for the rules that look at the whole of it (validation of a
/// plan). Not for lists that people see.
///
/// # Errors
/// The driver's own.
pub async fn of_environment(
    tx: &mut impl Reader,
    environment: EnvironmentId,
) -> Result<Vec<PlacedRow>, StoreError> {
    all(tx, &OF_ENVIRONMENT, args![environment]).await
}

/// What uses an application in an environment, in no order.
///
/// # Errors
/// The driver's own.
pub async fn consumers_in(
    tx: &mut impl Reader,
    environment: EnvironmentId,
    producer: &Key,
) -> Result<Vec<PlacedRow>, StoreError> {
    all(tx, &CONSUMERS_IN, args![environment, producer.as_str()]).await
}

/// What runs in an environment, and nobody has looked at how its dependencies stand; in no order.
///
/// # Errors
/// The driver's own.
pub async fn not_looked_at_in(
    tx: &mut impl Reader,
    environment: EnvironmentId,
) -> Result<Vec<PlacedRow>, StoreError> {
    all(tx, &NOT_LOOKED_AT_IN, args![environment]).await
}

/// What runs of some applications in an environment, by their keys; in no order. One statement for ten of them.
///
/// # Errors
/// The driver's own.
pub async fn with_keys_in(
    tx: &mut impl Reader,
    environment: EnvironmentId,
    keys: &[&Key],
) -> Result<Vec<PlacedRow>, StoreError> {
    let mut found = Vec::new();
    for some in keys.chunks(10) {
        let mut args = args![environment];
        args.extend(some.iter().map(|key| Arg::from(key.as_str())));
        args.resize(11, Arg::Text(None));
        found.extend(all::<PlacedRow>(tx, &WITH_KEYS_IN, args).await?);
    }
    Ok(found)
}

/// Holds an environment until the transaction ends, so that nobody else works out how its dependencies stand meanwhile.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such environment.
pub async fn hold(tx: &mut WriteTx, environment: EnvironmentId) -> Result<(), StoreError> {
    let _: Value<EnvironmentId> = one(tx, &HOLD, args![environment]).await?;
    Ok(())
}

/// Records how the dependencies of what runs stand.
///
/// # Errors
/// The driver's own.
pub async fn stand(
    tx: &mut WriteTx,
    environment: EnvironmentId,
    application: ApplicationId,
    bond: Bond,
) -> Result<(), StoreError> {
    execute(tx, &STAND, args![environment, application, bond.word()]).await.map(drop)
}

/// What runs in an environment and may be listed there, what came last first.
///
/// # Errors
/// The driver's own.
pub async fn newest_in(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    environment: EnvironmentId,
    visibility: &Visibility,
    limit: u32,
) -> Result<Vec<PlacedRow>, StoreError> {
    match *visibility {
        Visibility::Everything => all(tx, &NEWEST_IN, args![environment, limit]).await,
        Visibility::Of(user) => all(tx, &NEWEST_IN_OF, args![user, infrastructure, environment, limit]).await,
    }
}

/// A page of what is modified in an environment and may be listed there, by name.
///
/// # Errors
/// [`StoreError::Page`] for a mark that this list did not give.
pub async fn modified_in(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    environment: EnvironmentId,
    visibility: &Visibility,
    page: &Page,
) -> Result<Paged<PlacedRow>, StoreError> {
    let ByName { sort, id } = ByName::after(page)?;
    let rows: Vec<PlacedRow> = match *visibility {
        Visibility::Everything => {
            all(tx, &MODIFIED_IN, args![environment, sort, id, wanted(page)]).await?
        }
        Visibility::Of(user) => {
            let args = args![user, infrastructure, environment, sort, id, wanted(page)];
            all(tx, &MODIFIED_IN_OF, args).await?
        }
    };
    Ok(cut(rows, page, |row| ByName::mark(&sort_key(row.application.name.as_str()), row.application.id.0)))
}

/// The applications of an environment that may be planned from there: List and Monitor (R08). In no order.
///
/// # Errors
/// The driver's own.
pub async fn plannable_in(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    environment: EnvironmentId,
    visibility: &Visibility,
) -> Result<Vec<ApplicationId>, StoreError> {
    let rows: Vec<Value<ApplicationId>> = match *visibility {
        Visibility::Everything => all(tx, &PLANNABLE_IN, args![environment]).await?,
        Visibility::Of(user) => all(tx, &PLANNABLE_IN_OF, args![user, infrastructure, environment]).await?,
    };
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The applications that run in an environment and may be listed there.
///
/// # Errors
/// The driver's own.
pub async fn listed_in(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    environment: EnvironmentId,
    visibility: &Visibility,
) -> Result<Vec<ApplicationId>, StoreError> {
    let rows: Vec<Value<ApplicationId>> = match *visibility {
        Visibility::Everything => all(tx, &LISTED_IN, args![environment]).await?,
        Visibility::Of(user) => all(tx, &LISTED_IN_OF, args![user, infrastructure, environment]).await?,
    };
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// How many applications run in an environment and may be listed there.
///
/// # Errors
/// The driver's own.
pub async fn count_in(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    environment: EnvironmentId,
    visibility: &Visibility,
) -> Result<Count, StoreError> {
    match *visibility {
        Visibility::Everything => one(tx, &COUNT_IN, args![environment]).await,
        Visibility::Of(user) => one(tx, &COUNT_IN_OF, args![user, infrastructure, environment]).await,
    }
}

/// Where an application runs, in the order of the environments. The caller shows what may be seen.
///
/// # Errors
/// The driver's own.
pub async fn of_application(
    tx: &mut impl Reader,
    application: ApplicationId,
) -> Result<Vec<StateRow>, StoreError> {
    all(tx, &OF_APPLICATION, args![application]).await
}

/// The same with all that is known of what runs.
///
/// # Errors
/// The driver's own.
pub async fn placed_of(
    tx: &mut impl Reader,
    application: ApplicationId,
) -> Result<Vec<PlacedRow>, StoreError> {
    all(tx, &PLACED_OF, args![application]).await
}

/// Where a revision runs.
///
/// # Errors
/// The driver's own.
pub async fn with_revision(tx: &mut impl Reader, revision: RevisionId) -> Result<Vec<StateRow>, StoreError> {
    all(tx, &WITH_REVISION, args![revision]).await
}
