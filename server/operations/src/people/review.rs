//! The access review: what everybody may do and where it comes from, in pages that a file is written from (C31).

use super::held::Held;
use super::show::effective;
use crate::console::{Caller, Console};
use crate::door::{Attempt, wide};
use crate::error::{OperationError, Result};
use crate::paging::PageQuery;
use crate::roles::Known;
use crate::view::{EffectiveRow, Paged, ReviewRow};
use domain::access::{Requirement, WideRight};
use domain::audit::Object;
use domain::id::InfrastructureId;
use storage::grants::Shown;
use storage::infrastructures::InfrastructureRow;
use storage::users::ReviewedRow;
use storage::{Page, Reader, grants, users};

/// A page ends after the user or application with which it has this many rows, if no other number is asked for.
const ROWS: usize = 500;
/// Users, and applications of one user, that are read at once.
const AT_ONCE: u32 = 100;

/// Who may read the review: who reads the audit log, and who manages teams and so sees the same user by user.
fn needed(home: InfrastructureId) -> Requirement {
    Requirement::Any(vec![wide(home, WideRight::ReadAudit), wide(home, WideRight::ManageTeams)])
}

const DOING: &str = "read the access review";

impl Console {
    /// Leaves the entry that somebody takes the review away as a file; the pages follow by [`Console::access_review`].
    ///
    /// # Errors
    /// The caller has neither “Read Audit” nor “Manage Teams and Application Roles”.
    pub async fn begin_access_review(&self, caller: &Caller, infrastructure: &str) -> Result<()> {
        let object = Object::new("infrastructure", infrastructure, crate::door::short(infrastructure));
        let attempt = Attempt::within(infrastructure, "user.review", object);
        self.audited(caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant = self.permit(&mut pending, caller, home.id, &needed(home.id), DOING).await?;
            let object = Object::new("infrastructure", home.id, home.name.as_str());
            let mut entry = self.entry(caller, "user.review", object);
            entry.infrastructure = Some(home.id);
            pending.authorised(grant).commit(entry).await?;
            Ok(())
        })
        .await
    }

    /// A page of the review: for each user with a role here a row in each environment for the default role, then the same for every
    /// application with a narrower role. All pages together are the whole; each is decided and read by itself.
    ///
    /// # Errors
    /// The cursor is none of this list, or the caller has neither “Read Audit” nor “Manage Teams and Application Roles”.
    pub async fn access_review(
        &self,
        caller: &Caller,
        infrastructure: &str,
        query: &PageQuery,
    ) -> Result<Paged<ReviewRow>> {
        self.traced(caller, "user.review_page", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            self.permit(&mut tx, caller, home.id, &needed(home.id), DOING).await?;
            page(&mut tx, home, query).await
        })
        .await
    }
}

async fn page(tx: &mut impl Reader, home: InfrastructureRow, query: &PageQuery) -> Result<Paged<ReviewRow>> {
    let known = Known::load(tx, home).await?;
    let most = query.limit.map_or(ROWS, |limit| limit.rows() as usize);
    let mut place = Cursor::read(query.after.as_deref())?;
    let mut rows = Vec::new();
    loop {
        // In the middle of a user only that one is read again.
        let limit = if place.application.is_some() { 1 } else { AT_ONCE };
        let found = users::reviewed(tx, known.home.id, &Page { after: place.user.clone(), limit }).await?;
        let read = found.rows.len();
        for (n, person) in found.rows.iter().enumerate() {
            one(tx, &known, person, &mut place, &mut rows, most).await?;
            if place.application.is_some() {
                return Ok(Paged { rows, next: Some(place.write()) });
            }
            place.user = Some(users::mark(person));
            let last = n + 1 == read && found.next.is_none();
            if !last && rows.len() >= most {
                return Ok(Paged { rows, next: Some(place.write()) });
            }
        }
        if found.next.is_none() {
            return Ok(Paged { rows, next: None });
        }
    }
}

/// The rows of one user, until there are enough of them; then the place says after which application.
async fn one(
    tx: &mut impl Reader,
    known: &Known,
    person: &ReviewedRow,
    place: &mut Cursor,
    rows: &mut Vec<ReviewRow>,
    most: usize,
) -> Result<()> {
    // Not much more is read than a page takes.
    let at_once = AT_ONCE.min(most as u32);
    let role = Some(person.role_id);
    let mut first = place.application.is_none();
    loop {
        let found = if person.narrower {
            let page = Page { after: place.application.take(), limit: at_once };
            grants::shown(tx, person.id, known.home.id, &Shown::Narrowed, &page).await?
        } else {
            storage::Paged { rows: Vec::new(), next: None }
        };
        let held = Held::of(known, role, found.rows, false);
        for row in effective(known, &held).iter().skip(usize::from(!first)) {
            lines(rows, known, person, row);
        }
        first = false;
        place.application = found.next;
        if place.application.is_none() || rows.len() >= most {
            return Ok(());
        }
    }
}

fn lines(rows: &mut Vec<ReviewRow>, known: &Known, person: &ReviewedRow, row: &EffectiveRow) {
    for (environment, cell) in known.environments.iter().zip(&row.cells) {
        rows.push(ReviewRow {
            username: person.username.to_string(),
            name: person.name.to_string(),
            active: person.active,
            application: row.application.clone(),
            environment: environment.name.to_string(),
            cell: cell.clone(),
        });
    }
}

/// Where a page begins: after one user, and within the next one after an application.
struct Cursor {
    user: Option<String>,
    application: Option<String>,
}

impl Cursor {
    fn read(after: Option<&str>) -> Result<Self> {
        let Some(after) = after else { return Ok(Self { user: None, application: None }) };
        let (user, application) = after.split_once('~').ok_or(OperationError::Page { field: "after" })?;
        let mark = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Ok(Self { user: mark(user), application: mark(application) })
    }

    fn write(&self) -> String {
        let text = |mark: &Option<String>| mark.clone().unwrap_or_default();
        format!("{}~{}", text(&self.user), text(&self.application))
    }
}
