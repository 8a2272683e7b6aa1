//! The application × environment matrix: one page of it, and its counters. It reads the current state only.

use crate::applications::ApplicationRow;
use crate::column::{Fields, FromRow, row};
use crate::error::StoreError;
use crate::page::{ByName, Count, Page, Paged, Visibility, cut, pattern, sort_key, wanted};
use crate::retirements::living;
use crate::statement::{Arg, all, args, hundred, hundreds, one, optional, statements};
use crate::transaction::Reader;
use crate::visibility::{may_list, may_see, role_for, with_default_role};
use domain::access::{Right, Rights};
use domain::dependency::Bond;
use domain::id::{ApplicationId, EnvironmentId, InfrastructureId, RevisionId, RoleId, UserId, VersionId};
use domain::text::{Sha256, VersionNumber};
use domain::time::Timestamp;
use std::collections::{BTreeMap, HashMap};

/// Which applications are looked for. Each field narrows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MatrixFilter {
    /// Part of the name or the key, without regard to case.
    pub search: Option<String>,
    /// What runs somewhere differs from its last version.
    pub modified: bool,
    /// Two neighbouring environments run different revisions, or only one of them runs it.
    pub differs: bool,
    /// A deployment that has not ended will change it.
    pub in_deployment: bool,
    /// A dependency of it is outdated or broken somewhere.
    pub unmet: bool,
}

row! {
    /// What runs of an application in an environment.
    pub struct MatrixCellRow {
        /// The application.
        application_id: ApplicationId,
        /// The environment.
        environment_id: EnvironmentId,
        /// What runs.
        revision_id: RevisionId,
        /// Its package's hash.
        sha256: Sha256,
        /// The last version that what runs is based on.
        version_id: Option<VersionId>,
        /// That version's number.
        number: Option<VersionNumber>,
        /// What runs differs from that version, or has none.
        modified: bool,
        /// The front-ends do not all run the same.
        mixed: bool,
        /// How its dependencies stand there, the worst of them; none where nobody has looked yet.
        bond: Option<Bond>,
        /// When it came.
        changed_at: Timestamp,
        /// Who brought it, by name.
        changed_by: String,
    }
}

/// One application with what runs of it.
#[derive(Debug, Clone, PartialEq)]
pub struct MatrixRow {
    /// The application.
    pub application: ApplicationRow,
    /// The name of the team that owns it.
    pub team: Option<String>,
    /// How many modules its newest revision has.
    pub modules: u64,
    /// What runs of it, in the environments where the user may list it, in the order of the environments.
    pub cells: Vec<MatrixCellRow>,
    /// The environments where the user may not list it, whatever runs there.
    pub hidden_in: Vec<EnvironmentId>,
}

/// A page of the matrix.
pub type MatrixPage = Paged<MatrixRow>;

/// The counters above the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MatrixCounts {
    /// Applications that may be seen.
    pub total: Count,
    /// Those of them that match the filter.
    pub matching: Count,
    /// Applications that are modified somewhere.
    pub modified: Count,
    /// Applications that differ between two neighbouring environments.
    pub differing: Count,
    /// Applications that a deployment which has not ended will change.
    pub moving: Count,
    /// Applications with a dependency that is outdated or broken somewhere.
    pub unmet: Count,
}

/// An application of a page, before its cells are there.
struct Line {
    application: ApplicationRow,
    team: Option<String>,
    modules: u64,
    role: Option<RoleId>,
}

impl FromRow for Line {
    fn from_row(fields: &Fields<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            application: ApplicationRow::from_row(fields)?,
            team: fields.get("team")?,
            modules: fields.get::<Option<u64>>("modules")?.unwrap_or_default(),
            role: fields.get("role_id")?,
        })
    }
}

row! {
    /// A user's default role, and whether teams or grants may change what it gives.
    struct SightRow {
        role_id: RoleId,
        narrowed: bool,
    }
}

row! {
    /// An environment, and what one role gives there.
    struct GivenRow {
        environment_id: EnvironmentId,
        role_id: Option<RoleId>,
        rights: Option<i64>,
    }
}

macro_rules! columns {
    () => {
        "select a.id, a.infrastructure_id, a.key, a.name, a.description, a.kind, a.created_at, \
         (select t.name from team_application o join team t on t.id = o.team_id where o.application_id = a.id) as team, \
         (select r.modules from revision r where r.application_id = a.id order by r.created_at desc, r.id desc limit 1) \
         as modules, "
    };
}
/// The filters: part of the name, modified, differs, in a deployment, unmet; the others are switches, 0 for off.
macro_rules! filtered {
    ($search:literal, $modified:literal, $differs:literal, $moving:literal, $unmet:literal) => {
        concat!(
            " and a.search like ", $search, " escape '!' and (", $modified,
            " = 0 or exists (select 1 from environment_application x where x.application_id = a.id and x.modified)) and (", $unmet,
            " = 0 or exists (select 1 from environment_application x where x.application_id = a.id and x.bond <> 'met')) and (",
            $differs, " = 0 or exists (select 1 from application_difference x where x.application_id = a.id)) and (",
            $moving, " = 0 or exists (select 1 from deployment_application x where x.application_id = a.id and x.open))"
        )
    };
}
/// The same for a user: only what he may list counts.
macro_rules! filtered_of {
    ($search:literal, $modified:literal, $differs:literal, $moving:literal, $unmet:literal) => {
        concat!(
            " and a.search like ", $search, " escape '!' and (", $modified,
            " = 0 or exists (select 1 from environment_application x where x.application_id = a.id and x.modified and ",
            may_list!("x.application_id", "x.environment_id"), ")) and (", $unmet,
            " = 0 or exists (select 1 from environment_application x where x.application_id = a.id and x.bond <> 'met' and ",
            may_list!("x.application_id", "x.environment_id"), ")) and (",
            $differs, " = 0 or exists (select 1 from application_difference x where x.application_id = a.id and ",
            may_list!("x.application_id", "x.environment_id"), " and ", may_list!("x.application_id", "x.next_id"),
            ")) and (",
            $moving, " = 0 or exists (select 1 from deployment_application x where x.application_id = a.id and x.open and ",
            may_list!("x.application_id", "x.target_id"), "))"
        )
    };
}

statements! {
    SIGHT = "select u.role_id, exists (select 1 from application_grant g where g.user_id = $1 and g.infrastructure_id = $2) ",
        "or exists (select 1 from team_member m where m.user_id = $1 and m.infrastructure_id = $2) as narrowed ",
        "from user_role u where u.user_id = $1 and u.infrastructure_id = $2";
    GIVEN = "select e.id as environment_id, r.role_id, r.rights from environment e ",
        "left join role_right r on r.environment_id = e.id where e.infrastructure_id = $1 order by e.position";
    GIVEN_BY = "select e.id as environment_id, r.role_id, r.rights from environment e ",
        "left join role_right r on r.environment_id = e.id and r.role_id = $2 where e.infrastructure_id = $1 order by e.position";
    // The shapes of a page: for everything, and for a user with teams or grants. Both go by the applications' names.
    PAGE = columns!(), "cast(null as uuid) as role_id from application a where a.infrastructure_id = $1 ",
        "and (a.sort, a.id) > ($2, $3) and ", living!("a.id"), filtered!("$4", "$5", "$6", "$7", "$8"),
        " order by a.sort, a.id limit $9";
    PAGE_OF = columns!(), role_for!("a.id"), " as role_id from application a", with_default_role!(),
        " where a.infrastructure_id = $2 and (a.sort, a.id) > ($3, $4) and ", living!("a.id"), filtered_of!("$5", "$6", "$7", "$8", "$9"),
        " and ", may_see!("a.id"), " order by a.sort, a.id limit $10";
    MATCHING = "select count(*) as value from (select 1 from application a where a.infrastructure_id = $1 and ",
        living!("a.id"), filtered!("$2", "$3", "$4", "$5", "$6"), " limit 1001) c";
    MATCHING_OF = "select count(*) as value from (select 1 from application a", with_default_role!(),
        " where a.infrastructure_id = $2 and ", living!("a.id"), filtered_of!("$3", "$4", "$5", "$6", "$7"), " and ", may_see!("a.id"),
        " limit 1001) c";
    // The cells of a hundred applications.
    CELLS = "select x.application_id, x.environment_id, x.revision_id, r.sha256, x.version_id, v.number, x.modified, x.mixed, x.bond, ",
        "x.changed_at, x.changed_by from environment_application x join revision r on r.id = x.revision_id ",
        "left join version v on v.id = x.version_id where x.application_id in (", hundred!(), ")";
    // All counters in one answer, each capped by itself.
    COUNTS = "select (select count(*) from (select 1 from application a where a.infrastructure_id = $1 and ",
        living!("a.id"), " limit 1001) c) as total, ",
        "(select count(*) from (select distinct x.application_id from environment_application x ",
        "where x.infrastructure_id = $1 and x.modified limit 1001) c) as modified, ",
        "(select count(*) from (select distinct x.application_id from application_difference x ",
        "where x.infrastructure_id = $1 limit 1001) c) as differing, ",
        "(select count(*) from (select distinct x.application_id from environment_application x ",
        "where x.infrastructure_id = $1 and x.bond <> 'met' limit 1001) c) as unmet, ",
        "(select count(*) from (select distinct x.application_id from deployment_application x ",
        "where x.infrastructure_id = $1 and x.open limit 1001) c) as moving";
    COUNTS_OF = "select (select count(*) from (select 1 from application a", with_default_role!(),
        " where a.infrastructure_id = $2 and ", living!("a.id"), " and ", may_see!("a.id"), " limit 1001) c) as total, ",
        "(select count(*) from (select distinct x.application_id from environment_application x", with_default_role!(),
        " where x.infrastructure_id = $2 and x.modified and ", may_list!("x.application_id", "x.environment_id"),
        " limit 1001) c) as modified, ",
        "(select count(*) from (select distinct x.application_id from environment_application x", with_default_role!(),
        " where x.infrastructure_id = $2 and x.bond <> 'met' and ", may_list!("x.application_id", "x.environment_id"),
        " limit 1001) c) as unmet, ",
        "(select count(*) from (select distinct x.application_id from application_difference x", with_default_role!(),
        " where x.infrastructure_id = $2 and ", may_list!("x.application_id", "x.environment_id"), " and ",
        may_list!("x.application_id", "x.next_id"), " limit 1001) c) as differing, ",
        "(select count(*) from (select distinct x.application_id from deployment_application x", with_default_role!(),
        " where x.infrastructure_id = $2 and x.open and ", may_list!("x.application_id", "x.target_id"),
        " limit 1001) c) as moving";
    COLUMNS = "select o.id as environment, (select count(*) from (select 1 from environment_application x ",
        "where x.environment_id = o.id limit 1001) c) as running, ",
        "(select count(*) from (select 1 from application_difference x ",
        "where x.environment_id = o.id limit 1001) c) as differs_from_next ",
        "from environment o where o.infrastructure_id = $1 order by o.position";
    COLUMNS_OF = "select o.id as environment, (select count(*) from (select 1 from environment_application x",
        with_default_role!(), " where x.environment_id = o.id and ", may_list!("x.application_id", "x.environment_id"),
        " limit 1001) c) as running, (select count(*) from (select 1 from application_difference x",
        with_default_role!(), " where x.environment_id = o.id and ", may_list!("x.application_id", "x.environment_id"),
        " and ", may_list!("x.application_id", "x.next_id"), " limit 1001) c) as differs_from_next ",
        "from environment o where o.infrastructure_id = $2 order by o.position";
}

/// What somebody sees of the matrix. Most users have neither teams nor grants, and for them the default role decides once for all
/// applications.
enum Sight {
    Everything,
    ByDefault(RoleId),
    ByApplication(UserId),
    Nothing,
}

async fn sight(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    visibility: &Visibility,
) -> Result<Sight, StoreError> {
    let Visibility::Of(user) = *visibility else { return Ok(Sight::Everything) };
    let row: Option<SightRow> = optional(tx, &SIGHT, args![user, infrastructure]).await?;
    Ok(match row {
        None => Sight::Nothing,
        Some(row) if row.narrowed => Sight::ByApplication(user),
        Some(row) => Sight::ByDefault(row.role_id),
    })
}

/// What each role gives in each environment of an infrastructure.
struct Given {
    environments: Vec<EnvironmentId>,
    rights: HashMap<(RoleId, EnvironmentId), Rights>,
}

impl Given {
    /// Reads what all roles give.
    async fn read(tx: &mut impl Reader, infrastructure: InfrastructureId) -> Result<Self, StoreError> {
        Ok(Self::of(all(tx, &GIVEN, args![infrastructure]).await?))
    }

    /// Reads what one role gives, or none.
    async fn read_of(
        tx: &mut impl Reader,
        infrastructure: InfrastructureId,
        role: Option<RoleId>,
    ) -> Result<Self, StoreError> {
        Ok(Self::of(all(tx, &GIVEN_BY, args![infrastructure, role]).await?))
    }

    fn of(rows: Vec<GivenRow>) -> Self {
        let mut given = Self { environments: Vec::new(), rights: HashMap::new() };
        for row in rows {
            if given.environments.last() != Some(&row.environment_id) {
                given.environments.push(row.environment_id);
            }
            if let (Some(role), Some(bits)) = (row.role_id, row.rights) {
                given.rights.insert((role, row.environment_id), Rights::from_bits(bits));
            }
        }
        given
    }

    fn at(&self, role: RoleId, environment: EnvironmentId) -> Rights {
        self.rights.get(&(role, environment)).copied().unwrap_or_default()
    }

    /// The environments where an application is not listed for somebody with this default role, where `role` counts.
    fn hidden(&self, default: RoleId, role: RoleId) -> Vec<EnvironmentId> {
        let hides = |environment: &EnvironmentId| {
            self.at(default, *environment) == Rights::NONE || !self.at(role, *environment).has(Right::List)
        };
        self.environments.iter().copied().filter(hides).collect()
    }
}

/// A page of the matrix, by the applications' names.
///
/// # Errors
/// [`StoreError::Page`] for a mark that this list did not give.
pub async fn matrix(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    visibility: &Visibility,
    filter: &MatrixFilter,
    page: &Page,
) -> Result<MatrixPage, StoreError> {
    let ByName { sort, id } = ByName::after(page)?;
    let nothing = Paged { rows: Vec::new(), next: None };
    let sight = sight(tx, infrastructure, visibility).await?;
    let given = match sight {
        Sight::ByApplication(_) => Given::read(tx, infrastructure).await?,
        Sight::ByDefault(role) => Given::read_of(tx, infrastructure, Some(role)).await?,
        Sight::Everything | Sight::Nothing => Given::read_of(tx, infrastructure, None).await?,
    };
    let mut args = args![infrastructure, sort, id];
    args.extend(switches(filter));
    args.push(wanted(page).into());
    let (lines, default): (Vec<Line>, Option<RoleId>) = match sight {
        Sight::Nothing => return Ok(nothing),
        Sight::Everything => (all(tx, &PAGE, args).await?, None),
        Sight::ByDefault(role) if given.hidden(role, role).is_empty() => (all(tx, &PAGE, args).await?, None),
        Sight::ByDefault(role) if given.hidden(role, role).len() == given.environments.len() => {
            return Ok(nothing);
        }
        // Some environments are hidden, so the filters must not count what is there.
        Sight::ByDefault(_) | Sight::ByApplication(_) => {
            let Visibility::Of(user) = *visibility else { return Ok(nothing) };
            let row: SightRow = one(tx, &SIGHT, args![user, infrastructure]).await?;
            args.insert(0, user.into());
            (all(tx, &PAGE_OF, args).await?, Some(row.role_id))
        }
    };
    let page = cut(lines, page, |line| {
        ByName::mark(&sort_key(line.application.name.as_str()), line.application.id.0)
    });
    let ids: Vec<ApplicationId> = page.rows.iter().map(|line| line.application.id).collect();
    let mut cells = cells_of(tx, &ids).await?;
    let place: HashMap<EnvironmentId, usize> =
        given.environments.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    let rows = page.rows.into_iter().map(|line| {
        let hidden_in = match (default, line.role) {
            (Some(default), Some(role)) => given.hidden(default, role),
            _ => Vec::new(),
        };
        let mut cells = cells.remove(&line.application.id).unwrap_or_default();
        cells.retain(|cell| !hidden_in.contains(&cell.environment_id));
        cells.sort_by_key(|cell| place.get(&cell.environment_id).copied());
        MatrixRow { application: line.application, team: line.team, modules: line.modules, cells, hidden_in }
    });
    Ok(Paged { rows: rows.collect(), next: page.next })
}

fn switches(filter: &MatrixFilter) -> Vec<Arg> {
    let search = pattern(filter.search.as_deref().unwrap_or_default());
    let on = |switch: bool| i64::from(switch);
    args![search, on(filter.modified), on(filter.differs), on(filter.in_deployment), on(filter.unmet)]
}

/// What runs of some applications, wherever it runs: who may see it is decided by the caller.
///
/// # Errors
/// The driver's own.
pub async fn cells_of(
    tx: &mut impl Reader,
    applications: &[ApplicationId],
) -> Result<BTreeMap<ApplicationId, Vec<MatrixCellRow>>, StoreError> {
    let mut cells: BTreeMap<ApplicationId, Vec<MatrixCellRow>> = BTreeMap::new();
    for args in hundreds(applications) {
        for cell in all::<MatrixCellRow>(tx, &CELLS, args).await? {
            cells.entry(cell.application_id).or_default().push(cell);
        }
    }
    Ok(cells)
}

/// The counters above the matrix, each capped.
///
/// # Errors
/// The driver's own.
pub async fn counts(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    visibility: &Visibility,
    filter: &MatrixFilter,
) -> Result<MatrixCounts, StoreError> {
    let key = match seen_by(tx, infrastructure, visibility).await? {
        Seen::Nothing => return Ok(MatrixCounts::default()),
        Seen::Everything => args![infrastructure],
        Seen::Some(user) => args![user, infrastructure],
    };
    let (counts, matching) = if key.len() == 1 { (&COUNTS, &MATCHING) } else { (&COUNTS_OF, &MATCHING_OF) };
    let mut counts: MatrixCounts = one(tx, counts, key.clone()).await?;
    counts.matching = if *filter == MatrixFilter::default() {
        counts.total
    } else {
        one(tx, matching, [key, switches(filter)].concat()).await?
    };
    Ok(counts)
}

impl FromRow for MatrixCounts {
    fn from_row(fields: &Fields<'_>) -> Result<Self, StoreError> {
        let count = |column| fields.get(column).map(Count::of);
        Ok(Self {
            total: count("total")?,
            matching: Count::default(),
            modified: count("modified")?,
            differing: count("differing")?,
            moving: count("moving")?,
            unmet: count("unmet")?,
        })
    }
}

enum Seen {
    Nothing,
    Everything,
    Some(UserId),
}

/// Whether somebody sees all, some or nothing of an infrastructure's applications and what runs of them.
async fn seen_by(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    visibility: &Visibility,
) -> Result<Seen, StoreError> {
    Ok(match (sight(tx, infrastructure, visibility).await?, *visibility) {
        (Sight::Everything, _) => Seen::Everything,
        (Sight::ByApplication(user), _) => Seen::Some(user),
        (Sight::ByDefault(role), Visibility::Of(user)) => {
            let given = Given::read_of(tx, infrastructure, Some(role)).await?;
            if given.hidden(role, role).is_empty() { Seen::Everything } else { Seen::Some(user) }
        }
        (Sight::Nothing | Sight::ByDefault(_), _) => Seen::Nothing,
    })
}

/// For each environment, in their order: how many applications run there, and how many differ from the next one.
///
/// # Errors
/// The driver's own.
pub async fn column_counts(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    visibility: &Visibility,
) -> Result<Vec<ColumnCounts>, StoreError> {
    match seen_by(tx, infrastructure, visibility).await? {
        Seen::Everything => all(tx, &COLUMNS, args![infrastructure]).await,
        Seen::Some(user) => all(tx, &COLUMNS_OF, args![user, infrastructure]).await,
        Seen::Nothing => {
            let environments = Given::read_of(tx, infrastructure, None).await?.environments;
            let none = Count::default();
            let column = |environment| ColumnCounts { environment, running: none, differs_from_next: none };
            Ok(environments.into_iter().map(column).collect())
        }
    }
}

impl FromRow for ColumnCounts {
    fn from_row(fields: &Fields<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            environment: fields.get("environment")?,
            running: fields.get("running").map(Count::of)?,
            differs_from_next: fields.get("differs_from_next").map(Count::of)?,
        })
    }
}

/// The counters of one column of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnCounts {
    /// The environment.
    pub environment: EnvironmentId,
    /// Applications that run in it.
    pub running: Count,
    /// Applications that differ from the next environment; 0 for the last.
    pub differs_from_next: Count,
}
