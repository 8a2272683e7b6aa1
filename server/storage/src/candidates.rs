//! The applications that a plan between two environments could take: what runs in the source and is another revision in the target, or
//! is not there.

use crate::applications::ApplicationRow;
use crate::error::StoreError;
use crate::matrix::{MatrixCellRow, cells_of};
use crate::page::{ByName, Count, Page, Paged, Visibility, cut, pattern, sort_key, wanted};
use crate::statement::{all, args, one, statements};
use crate::transaction::Reader;
use crate::visibility::{may_list, with_default_role};
use domain::id::{ApplicationId, EnvironmentId, InfrastructureId};

/// Between which environments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hop {
    /// Their infrastructure.
    pub infrastructure: InfrastructureId,
    /// From here.
    pub source: EnvironmentId,
    /// To there.
    pub target: EnvironmentId,
}

/// An application that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct CandidateRow {
    /// The application.
    pub application: ApplicationRow,
    /// What runs in the source.
    pub here: MatrixCellRow,
    /// What runs in the target.
    pub there: Option<MatrixCellRow>,
}

macro_rules! columns {
    () => {
        "select a.id, a.infrastructure_id, a.key, a.name, a.description, a.kind, a.created_at from application a"
    };
}
/// The application runs in one environment, and not the same in the other.
macro_rules! differs {
    ($source:literal, $target:literal) => {
        concat!(
            " exists (select 1 from environment_application h where h.environment_id = ", $source,
            " and h.application_id = a.id and not exists (select 1 from environment_application t where t.environment_id = ",
            $target, " and t.application_id = a.id and t.revision_id = h.revision_id)) "
        )
    };
}

statements! {
    PAGE = columns!(), " where a.infrastructure_id = $1 and (a.sort, a.id) > ($4, $5) and a.search like $6 escape '!' and ",
        differs!("$2", "$3"), " order by a.sort, a.id limit $7";
    // For a user, where both what runs here and what runs there may be listed.
    PAGE_OF = columns!(), with_default_role!(),
        " where a.infrastructure_id = $2 and (a.sort, a.id) > ($5, $6) and a.search like $7 escape '!' and ",
        differs!("$3", "$4"), " and ", may_list!("a.id", "$3"), " and ", may_list!("a.id", "$4"),
        " order by a.sort, a.id limit $8";
    BY_KEY = columns!(), " where a.infrastructure_id = $1 and a.key = $4 and ", differs!("$2", "$3");
    BY_KEY_OF = columns!(), with_default_role!(), " where a.infrastructure_id = $2 and a.key = $5 and ",
        differs!("$3", "$4"), " and ", may_list!("a.id", "$3"), " and ", may_list!("a.id", "$4");
    COUNT = "select count(*) as value from (select 1 from application a where a.infrastructure_id = $1 ",
        "and a.search like $4 escape '!' and ", differs!("$2", "$3"), " limit 1001) c";
    COUNT_OF = "select count(*) as value from (select 1 from application a", with_default_role!(),
        " where a.infrastructure_id = $2 and a.search like $5 escape '!' and ", differs!("$3", "$4"), " and ",
        may_list!("a.id", "$3"), " and ", may_list!("a.id", "$4"), " limit 1001) c";
}

/// A page of the candidates, by name. `search` is part of the name or the key.
///
/// # Errors
/// [`StoreError::Page`] for a mark that this list did not give.
pub async fn list(
    tx: &mut impl Reader,
    hop: Hop,
    visibility: &Visibility,
    search: &str,
    page: &Page,
) -> Result<Paged<CandidateRow>, StoreError> {
    let ByName { sort, id } = ByName::after(page)?;
    let (text, wanted) = (pattern(search), wanted(page));
    let found: Vec<ApplicationRow> = match *visibility {
        Visibility::Everything => {
            let args = args![hop.infrastructure, hop.source, hop.target, sort, id, text, wanted];
            all(tx, &PAGE, args).await?
        }
        Visibility::Of(user) => {
            let args = args![user, hop.infrastructure, hop.source, hop.target, sort, id, text, wanted];
            all(tx, &PAGE_OF, args).await?
        }
    };
    let page = cut(found, page, |row| ByName::mark(&sort_key(row.name.as_str()), row.id.0));
    Ok(Paged { rows: with_cells(tx, hop, page.rows).await?, next: page.next })
}

/// Some candidates by their keys, in the order of the keys; what is none is left out.
///
/// # Errors
/// The driver's own.
pub async fn by_keys(
    tx: &mut impl Reader,
    hop: Hop,
    visibility: &Visibility,
    keys: &[String],
) -> Result<Vec<CandidateRow>, StoreError> {
    let mut found: Vec<ApplicationRow> = Vec::new();
    for key in keys {
        let rows: Vec<ApplicationRow> = match *visibility {
            Visibility::Everything => {
                all(tx, &BY_KEY, args![hop.infrastructure, hop.source, hop.target, key]).await?
            }
            Visibility::Of(user) => {
                all(tx, &BY_KEY_OF, args![user, hop.infrastructure, hop.source, hop.target, key]).await?
            }
        };
        found.extend(rows);
    }
    with_cells(tx, hop, found).await
}

/// How many candidates there are, capped.
///
/// # Errors
/// The driver's own.
pub async fn count(
    tx: &mut impl Reader,
    hop: Hop,
    visibility: &Visibility,
    search: &str,
) -> Result<Count, StoreError> {
    let text = pattern(search);
    match *visibility {
        Visibility::Everything => {
            one(tx, &COUNT, args![hop.infrastructure, hop.source, hop.target, text]).await
        }
        Visibility::Of(user) => {
            one(tx, &COUNT_OF, args![user, hop.infrastructure, hop.source, hop.target, text]).await
        }
    }
}

async fn with_cells(
    tx: &mut impl Reader,
    hop: Hop,
    found: Vec<ApplicationRow>,
) -> Result<Vec<CandidateRow>, StoreError> {
    let ids: Vec<ApplicationId> = found.iter().map(|row| row.id).collect();
    let mut cells = cells_of(tx, &ids).await?;
    let rows = found.into_iter().filter_map(|application| {
        let mut own = cells.remove(&application.id).unwrap_or_default();
        let mut at = |place: EnvironmentId| {
            let index = own.iter().position(|cell| cell.environment_id == place)?;
            Some(own.swap_remove(index))
        };
        Some(CandidateRow { here: at(hop.source)?, there: at(hop.target), application })
    });
    Ok(rows.collect())
}
