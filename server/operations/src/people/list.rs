//! The users, searched and filtered, a page at a time.

use crate::applications::show::possible;
use crate::console::{Caller, Console};
use crate::door::{permitted_wide, wide};
use crate::error::Result;
use crate::paging;
use crate::roles::{Giving, Known};
use crate::view::{Paged, RoleRef, UserRow, UsersPage};
use domain::access::WideRight;
use domain::id::RoleId;
use domain::paging::PageSize;
use storage::users;
use storage::users::{ListedUserRow, UserFilter};

/// Users on one page.
const USERS: u32 = 50;

/// What to show of the users.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserQuery {
    /// Part of the name, the user name or the e-mail address.
    pub search: Option<String>,
    /// Only those who may sign in, or only those who may not.
    pub active: Option<bool>,
    /// Only those with this default role.
    pub role: Option<RoleId>,
    /// The cursor of the page.
    pub after: Option<String>,
    /// How many rows; none for as many as the screen shows.
    pub limit: Option<PageSize>,
}

impl Console {
    /// The users of the console, by name, with their roles in an infrastructure.
    ///
    /// # Errors
    /// The caller lacks “Manage Teams and Application Roles”, or the cursor is none of this list.
    pub async fn users(&self, caller: &Caller, infrastructure: &str, query: &UserQuery) -> Result<UsersPage> {
        self.traced(caller, "user.list", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let needed = wide(home.id, WideRight::ManageTeams);
            self.permit(&mut tx, caller, home.id, &needed, "see the users").await?;
            let create = permitted_wide(self, &mut tx, caller, &[home.id], "add a user").await;
            let known = Known::load(&mut tx, home).await?;
            let giving = Giving::load(self, &mut tx, caller, &known.home).await?;
            let search = query.search.as_deref().map(str::trim).filter(|text| !text.is_empty());
            let filter =
                UserFilter { search: search.map(ToOwned::to_owned), active: query.active, role: query.role };
            let page = paging::page(query.after.as_ref(), query.limit, USERS);
            let found = users::list(&mut tx, known.home.id, &filter, &page).await?;
            let whole = page.after.is_none() && found.next.is_none();
            let counting = users::count_list(&mut tx, known.home.id, &filter);
            let total = paging::total(found.rows.len(), whole, counting).await?;
            Ok(UsersPage {
                users: Paged { rows: found.rows.into_iter().map(UserRow::from).collect(), next: found.next },
                total,
                roles: known.choices(&giving),
                create: possible(create.map(drop))?,
            })
        })
        .await
    }
}

impl From<ListedUserRow> for UserRow {
    fn from(row: ListedUserRow) -> Self {
        Self {
            id: row.id,
            username: row.username.to_string(),
            name: row.name.to_string(),
            email: row.email,
            active: row.active,
            role: row.role_id.zip(row.role_name).map(|(id, name)| RoleRef { id, name }),
        }
    }
}
