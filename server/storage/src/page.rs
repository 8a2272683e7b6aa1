//! Pages, counters and who may see what: the arguments that every list takes.

use crate::column::{Fields, FromRow};
use crate::error::StoreError;
use crate::statement::{Arg, args};
use domain::id::{ApplicationId, EnvironmentId, UserId};
use domain::time::Timestamp;
use uuid::Uuid;

/// Whose view a list gives. It cannot be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Everything: the local operator and the console itself.
    Everything,
    /// What this user may see by the roles that count (design 6).
    Of(UserId),
}

/// Which part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The mark that the page before gave; none for the first page.
    pub after: Option<String>,
    /// How many rows at most.
    pub limit: u32,
}

impl Page {
    /// The first page of so many rows.
    #[must_use]
    pub const fn first(limit: u32) -> Self {
        Self { after: None, limit }
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Paged<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// The mark of the next page, opaque; none on the last page.
    pub next: Option<String>,
}

/// A counter that stops: `capped` means “`n` or more”.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// How many were counted, at most [`CAP`].
    pub n: u64,
    /// There are more than `n`.
    pub capped: bool,
}

/// Where counters stop. The statements count one more, to know that there is more.
pub const CAP: u64 = 1000;

impl Count {
    pub(crate) fn of(counted: u64) -> Self {
        Self { n: counted.min(CAP), capped: counted > CAP }
    }
}

impl FromRow for Count {
    fn from_row(fields: &Fields<'_>) -> Result<Self, StoreError> {
        fields.get("value").map(Self::of)
    }
}

/// The largest page.
const LARGEST: u32 = 1000;

/// How many rows to ask for: one more than the page holds, to know whether there is another.
pub(crate) fn wanted(page: &Page) -> i64 {
    i64::from(page.limit.clamp(1, LARGEST)) + 1
}

/// Cuts the page from the rows that were asked for by [`wanted`], and makes the next mark from the last row that is shown.
pub(crate) fn cut<T>(mut rows: Vec<T>, page: &Page, mark: impl Fn(&T) -> String) -> Paged<T> {
    let limit = page.limit.clamp(1, LARGEST) as usize;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = if more { rows.last().map(mark) } else { None };
    Paged { rows, next }
}

/// A place in a list that is ordered by a name, then by identity.
#[derive(Debug, Clone)]
pub(crate) struct ByName {
    pub sort: String,
    pub id: Uuid,
}

impl ByName {
    /// Before everything.
    const START: Self = Self { sort: String::new(), id: Uuid::nil() };

    pub(crate) fn mark(sort: &str, id: Uuid) -> String {
        format!("{}.{}", id.simple(), hex::encode(sort))
    }

    pub(crate) fn after(page: &Page) -> Result<Self, StoreError> {
        let Some(mark) = &page.after else { return Ok(Self::START) };
        let read = || {
            let (id, sort) = mark.split_once('.')?;
            Some(Self {
                id: Uuid::parse_str(id).ok()?,
                sort: String::from_utf8(hex::decode(sort).ok()?).ok().filter(|text| !text.contains('\0'))?,
            })
        };
        read().ok_or(StoreError::Page)
    }
}

/// What is looked for in a list over time: plans or deployments. Each field narrows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TimeFilter {
    /// Into this environment.
    pub target: Option<EnvironmentId>,
    /// With this application.
    pub application: Option<ApplicationId>,
    /// Part of the name.
    pub words: Option<String>,
    /// In this state, as it is stored.
    pub status: Option<String>,
    /// Made or started then or later.
    pub since: Option<Timestamp>,
    /// Made or started before.
    pub until: Option<Timestamp>,
}

impl TimeFilter {
    /// The values of the shapes of such a list, behind those of the page: for a list by application, by target, by status or by time.
    pub(crate) fn args(&self) -> Vec<Arg> {
        let status = self.status.as_deref();
        let words = self.words.as_deref().unwrap_or_default();
        let mut args = args![pattern(words), pattern_as_typed(words)];
        args.extend(match self {
            Self { application: Some(application), .. } => args![*application, self.target, status],
            Self { target: Some(target), .. } => args![*target, status],
            Self { status: Some(status), .. } => args![status.as_str()],
            _ => args![],
        });
        args
    }
}

/// A place in a list that is ordered by time, newest first, then by identity.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ByTime {
    pub at: Timestamp,
    pub id: Uuid,
}

impl ByTime {
    /// After everything.
    const START: Self = Self { at: Timestamp(i64::MAX), id: Uuid::max() };

    pub(crate) fn mark(at: Timestamp, id: Uuid) -> String {
        format!("{}.{}", id.simple(), at.0)
    }

    /// The same where nothing is in the list from `until` on.
    pub(crate) fn before_and(page: &Page, until: Option<Timestamp>) -> Result<Self, StoreError> {
        let marked = Self::before(page)?;
        let end = until.map_or(Self::START, |at| Self { at, id: Uuid::nil() });
        Ok(if (marked.at, marked.id) < (end.at, end.id) { marked } else { end })
    }

    pub(crate) fn before(page: &Page) -> Result<Self, StoreError> {
        let Some(mark) = &page.after else { return Ok(Self::START) };
        let read = || {
            let (id, at) = mark.split_once('.')?;
            Some(Self { id: Uuid::parse_str(id).ok()?, at: Timestamp(at.parse().ok()?) })
        };
        read().ok_or(StoreError::Page)
    }

    /// The same where the earliest stands first. Nothing up to `start` is in the list, whatever the mark says.
    pub(crate) fn after(page: &Page, start: Timestamp) -> Result<Self, StoreError> {
        let start = Self { at: start, id: Uuid::max() };
        if page.after.is_none() {
            return Ok(start);
        }
        let marked = Self::before(page)?;
        Ok(if (marked.at, marked.id) > (start.at, start.id) { marked } else { start })
    }
}

/// A name as it is put in order: in lower case, the same on both databases.
pub(crate) fn sort_key(name: &str) -> String {
    name.to_lowercase()
}

/// A pattern that finds `text` anywhere in a column of lower-case text, for `like … escape '!'`.
pub(crate) fn pattern(text: &str) -> String {
    pattern_as_typed(&text.to_lowercase())
}

/// The same for a column of text as it is.
pub(crate) fn pattern_as_typed(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.trim().chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn counters_stop_at_the_cap() {
        assert_eq!(Count::of(1000), Count { n: 1000, capped: false });
        assert_eq!(Count::of(1001), Count { n: 1000, capped: true });
    }

    #[test]
    fn what_is_over_is_on_no_page() {
        let (start, id) = (Timestamp(10), Uuid::from_u128(7));
        let after = |at| {
            let page = Page { after: Some(ByTime::mark(Timestamp(at), id)), limit: 1 };
            let place = ByTime::after(&page, start).unwrap();
            (place.at.0, place.id)
        };
        assert_eq!(after(11), (11, id));
        assert_eq!(after(10), (10, Uuid::max()));
        assert_eq!(after(9), (10, Uuid::max()));
        let first = ByTime::after(&Page::first(1), start).unwrap();
        assert_eq!((first.at, first.id), (start, Uuid::max()));
    }

    #[test]
    fn patterns_are_taken_literally() {
        assert_eq!(pattern(" 50%_Off! "), "%50!%!_off!!%");
    }

    proptest! {
        #[test]
        fn marks_come_back(sort in "[^\0]{0,20}", id: u128, at: i64) {
            let id = Uuid::from_u128(id);
            let name = ByName::after(&Page { after: Some(ByName::mark(&sort, id)), limit: 1 }).unwrap();
            prop_assert_eq!((name.sort, name.id), (sort, id));
            let time = ByTime::before(&Page { after: Some(ByTime::mark(Timestamp(at), id)), limit: 1 }).unwrap();
            prop_assert_eq!((time.at, time.id), (Timestamp(at), id));
        }

        #[test]
        fn no_mark_makes_a_list_fall(text in ".*") {
            let page = Page { after: Some(text), limit: 1 };
            let _ = (ByName::after(&page).is_ok(), ByTime::before(&page).is_ok());
        }
    }
}
