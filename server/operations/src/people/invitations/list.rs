//! The open invitations: who was invited and has not chosen a password yet.

use super::not_yourself;
use crate::applications::show::possible;
use crate::console::{Caller, Console};
use crate::door::permitted_wide;
use crate::error::Result;
use crate::paging::PageQuery;
use crate::people::held::find_user;
use crate::roles::{Giving, Known, refusal_of};
use crate::view::{InvitationsPage, OpenInvitation, Paged, Possible, RoleRef};
use domain::id::InfrastructureId;
use storage::invitations::OpenInvitationRow;
use storage::{Reader, invitations};

/// Invitations on one page.
const INVITATIONS: u32 = 50;

impl Console {
    /// The invitations whose links are good, of those who have a role in an infrastructure: what ends first stands first. Neither a link
    /// nor its hash is told.
    ///
    /// # Errors
    /// The caller lacks “Manage Infrastructure and Users”, or the cursor is none of this list.
    pub async fn invitations(
        &self,
        caller: &Caller,
        infrastructure: &str,
        query: &PageQuery,
    ) -> Result<InvitationsPage> {
        self.traced(caller, "invitation.list", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            permitted_wide(self, &mut tx, caller, &[home.id], "see the invitations").await?;
            let known = Known::load(&mut tx, home).await?;
            let giving = Giving::load(self, &mut tx, caller, &known.home).await?;
            let page = query.page(INVITATIONS);
            let found = invitations::open(&mut tx, known.home.id, self.now(), &page).await?;
            let mut rows = Vec::with_capacity(found.rows.len());
            for row in found.rows {
                let withdraw = self.may_withdraw(&mut tx, caller, known.home.id, &row).await?;
                let renew = withdraw.clone().and_then(|()| {
                    refusal_of(
                        not_yourself(caller, row.user_id)
                            .and_then(|()| giving.check(&known, &row.role_name, &known.rights(row.role_id))),
                    )
                });
                rows.push(open(row, renew, withdraw));
            }
            Ok(InvitationsPage { invitations: Paged { rows, next: found.next } })
        })
        .await
    }

    /// Who lists them manages users here; it is asked again only for those who also have a role elsewhere.
    async fn may_withdraw(
        &self,
        tx: &mut impl Reader,
        caller: &Caller,
        home: InfrastructureId,
        row: &OpenInvitationRow,
    ) -> Result<Possible> {
        if !row.elsewhere {
            return Ok(Ok(()));
        }
        let user = find_user(tx, row.user_id).await?;
        possible(self.manages(tx, caller, home, &user, "change this invitation").await.map(drop))
    }
}

fn open(row: OpenInvitationRow, renew: Possible, withdraw: Possible) -> OpenInvitation {
    OpenInvitation {
        user: row.user_id,
        username: row.username.to_string(),
        name: row.name.to_string(),
        email: row.email,
        renews: row.renews,
        role: RoleRef { id: row.role_id, name: row.role_name },
        invited_by: row.invited_by.map(|name| name.to_string()),
        invited_at: row.created_at,
        expires_at: row.expires_at,
        renew,
        withdraw,
    }
}
