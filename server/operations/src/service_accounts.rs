//! Service accounts: IT users without a password, each in one infrastructure, whose tokens programs use.
//!
//! Another role, deactivating and letting in again are the use-cases of users (`people`); what differs is decided there.

use crate::applications::show::possible;
use crate::console::{Caller, Console};
use crate::door::permitted_wide;
use crate::error::{OperationError, Result};
use crate::infrastructure::topic;
use crate::paging::PageQuery;
use crate::people::add_user::insert_user;
use crate::people::held;
use crate::roles::{Giving, Known, Target};
use crate::tokens::{may_hand_on, token_view};
use crate::view::{Paged, RoleRef, ServiceAccountPage, ServiceAccountRow, ServiceAccountsPage};
use domain::audit::Object;
use domain::id::{RoleId, UserId};
use serde_json::json;
use storage::{Reader, roles, service_accounts, tokens};

/// Service accounts on one page.
const ACCOUNTS: u32 = 50;
/// Tokens of one account that are shown, the newest.
const TOKENS: u32 = 100;

impl Console {
    /// The service accounts of an infrastructure, by name.
    ///
    /// # Errors
    /// The caller lacks “Manage Infrastructure and Users”, or the cursor is none of this list.
    pub async fn service_accounts(
        &self,
        caller: &Caller,
        infrastructure: &str,
        query: &PageQuery,
    ) -> Result<ServiceAccountsPage> {
        self.traced(caller, "service_account.list", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            permitted_wide(self, &mut tx, caller, &[home.id], "see the service accounts").await?;
            let known = Known::load(&mut tx, home).await?;
            let giving = Giving::load(self, &mut tx, caller, &known.home).await?;
            let page = query.page(ACCOUNTS);
            let found = service_accounts::list(&mut tx, known.home.id, self.now(), &page).await?;
            Ok(ServiceAccountsPage {
                accounts: Paged { rows: found.rows.into_iter().map(row_of).collect(), next: found.next },
                roles: known.choices(&giving),
            })
        })
        .await
    }

    /// One service account with its tokens.
    ///
    /// # Errors
    /// There is no such service account here, or the caller lacks “Manage Infrastructure and Users”.
    pub async fn service_account(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: UserId,
    ) -> Result<ServiceAccountPage> {
        self.traced(caller, "service_account.show", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            permitted_wide(self, &mut tx, caller, &[home.id], "see the service accounts").await?;
            let account = self.account(&mut tx, &home, id).await?;
            let known = Known::load(&mut tx, home).await?;
            let create_token = may_hand_on(self, &mut tx, caller, &known, id).await;
            let now = self.now();
            let list = tokens::of_user(&mut tx, id, TOKENS).await?;
            Ok(ServiceAccountPage {
                create_token: possible(create_token)?,
                tokens: list.into_iter().map(|row| token_view(row, now, account.active)).collect(),
                row: row_of(account),
            })
        })
        .await
    }

    /// Adds a service account with a default role.
    ///
    /// # Errors
    /// A field is not acceptable, the user name is taken, the role gives more than the caller holds (R28), or the right is missing.
    pub async fn create_service_account(
        &self,
        caller: &Caller,
        infrastructure: &str,
        username: &str,
        name: &str,
        role: RoleId,
    ) -> Result<UserId> {
        let target = Target::New("user", name.to_owned());
        let attempt = self.attempt("service_account.create", infrastructure, target).await?;
        self.audited(caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let doing = "add a service account";
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], doing).await?;
            let username = held::username(username)?;
            let name = held::person_name("name", name)?;
            let known = Known::load(&mut pending, home).await?;
            let role = known.chosen("role", role)?;
            let giving = Giving::load(self, &mut pending, caller, &known.home).await?;
            giving.check(&known, &role.name, &known.rights(role.id))?;
            held::free(&mut pending, &username).await?;
            let mut tx = pending.authorised(grant);
            let id = insert_user(self, &mut tx, &username, &name, "", None).await?;
            service_accounts::mark(&mut tx, id, known.home.id).await?;
            roles::assign(&mut tx, id, known.home.id, role.id).await?;
            tx.notice(&topic(known.home.key.as_str()), id);
            let object = Object::new("user", id, name.as_str());
            let mut entry = self.entry(caller, "service_account.create", object);
            entry.infrastructure = Some(known.home.id);
            entry.related = vec![Object::new("role", role.id, &role.name)];
            entry.after = json!({ "username": username, "role": role.name });
            tx.commit(entry).await?;
            Ok(id)
        })
        .await
    }

    /// A service account of an infrastructure, or a sentence that there is none.
    pub(crate) async fn account(
        &self,
        tx: &mut impl Reader,
        home: &storage::infrastructures::InfrastructureRow,
        id: UserId,
    ) -> Result<service_accounts::ServiceAccountRow> {
        service_accounts::by_id(tx, home.id, id, self.now())
            .await?
            .ok_or_else(|| OperationError::not_found("There is no such service account here."))
    }
}

fn row_of(row: service_accounts::ServiceAccountRow) -> ServiceAccountRow {
    ServiceAccountRow {
        id: row.id,
        username: row.username.to_string(),
        name: row.name.to_string(),
        active: row.active,
        created_at: row.created_at,
        role: row.role_id.zip(row.role_name).map(|(id, name)| RoleRef { id, name }),
        tokens: row.tokens,
        last_used_at: row.last_used_at,
    }
}
