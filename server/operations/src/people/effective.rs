//! What one user may do on each application, a page at a time: those with a narrower role, or any that is looked for by name.

use super::held::{Held, find_user};
use super::show::effective;
use crate::console::{Caller, Console};
use crate::door::wide;
use crate::error::{OperationError, Result};
use crate::paging;
use crate::roles::Known;
use crate::view::{EffectivePage, EnvironmentRef};
use domain::access::{Actor, WideRight};
use domain::id::{InfrastructureId, UserId};
use domain::paging::PageSize;
use storage::grants::Shown;
use storage::{Reader, Visibility, applications, grants, roles};

/// Applications on one page.
const APPLICATIONS: u32 = 20;

/// Which applications to show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EffectiveQuery {
    /// Part of the name or key of any application; none: only those with a narrower role.
    pub search: Option<String>,
    /// The cursor of the page.
    pub after: Option<String>,
    /// How many rows; none for as many as the screen shows.
    pub limit: Option<PageSize>,
}

impl Console {
    /// A user's effective rights, with the source of each cell. Everybody may look at their own, and finds there only applications that
    /// they may see.
    ///
    /// # Errors
    /// There is no such user, the caller lacks “Manage Teams and Application Roles”, or the cursor is none of this list.
    pub async fn effective_rights(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: UserId,
        query: &EffectiveQuery,
    ) -> Result<EffectivePage> {
        self.traced(caller, "user.effective_rights", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let manages = self.may_see_user(&mut tx, caller, home.id, id).await?.is_ok();
            find_user(&mut tx, id).await?;
            let known = Known::load(&mut tx, home).await?;
            let home = known.home.id;
            let search = query.search.as_deref().map(str::trim).filter(|text| !text.is_empty());
            let shown = match search {
                None => Shown::Narrowed,
                Some(text) if manages => Shown::Any(text.to_owned()),
                Some(text) => Shown::AnySeen(text.to_owned()),
            };
            let page = paging::page(query.after.as_ref(), query.limit, APPLICATIONS);
            let found = grants::shown(&mut tx, id, home, &shown, &page).await?;
            let role = roles::membership(&mut tx, id, home).await?.map(|held| held.role_id);
            let held = Held::of(&known, role, found.rows, found.next.is_some());
            // The default row stands above the first page of the narrower ones; a search is for applications alone.
            let without = usize::from(search.is_some() || query.after.is_some());
            let visibility = if manages { Visibility::Everything } else { Visibility::Of(id) };
            Ok(EffectivePage {
                rows: effective(&known, &held).into_iter().skip(without).collect(),
                next: found.next,
                total: grants::count_shown(&mut tx, id, home, &shown).await?.into(),
                narrowed: grants::count_shown(&mut tx, id, home, &Shown::Narrowed).await?.into(),
                applications: applications::count(&mut tx, home, &visibility).await?.into(),
                environments: known.environments.iter().map(EnvironmentRef::from).collect(),
                default: known.environments.iter().map(|row| held.standing.default.at(row.id)).collect(),
            })
        })
        .await
    }

    /// Whether the caller may see a user's page: who manages teams and roles may; others see their own, and the inner refusal says what
    /// they lack.
    pub(crate) async fn may_see_user(
        &self,
        tx: &mut impl Reader,
        caller: &Caller,
        home: InfrastructureId,
        id: UserId,
    ) -> Result<Result<()>> {
        let needed = wide(home, WideRight::ManageTeams);
        match self.permit(tx, caller, home, &needed, "see the users").await {
            Ok(_) => Ok(Ok(())),
            Err(denied @ OperationError::Denied { .. }) if caller.actor == (Actor::User { user: id }) => {
                Ok(Err(denied))
            }
            Err(error) => Err(error),
        }
    }
}
