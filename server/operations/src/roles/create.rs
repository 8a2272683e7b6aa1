//! Making a role.

use super::{Giving, Known, RoleInput, Target, accept, in_words};
use crate::console::{Caller, Console};
use crate::door::permitted_wide;
use crate::error::Result;
use crate::infrastructure::topic;
use domain::access::Rights;
use domain::audit::Object;
use domain::id::RoleId;
use storage::roles::{self, RoleRow};

impl Console {
    /// Makes a role.
    ///
    /// # Errors
    /// A word is not acceptable, an environment is missing (R25), the role gives more than the caller holds (R28), or the right is
    /// missing.
    pub async fn create_role(
        &self,
        caller: &Caller,
        infrastructure: &str,
        input: &RoleInput,
    ) -> Result<RoleId> {
        let target = Target::New("role", input.name.clone());
        let attempt = self.attempt("role.create", infrastructure, target).await?;
        self.audited(caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], "make a role").await?;
            let known = Known::load(&mut pending, home).await?;
            let new = accept(&known, input, None)?;
            let giving = Giving::load(self, &mut pending, caller, &known.home).await?;
            giving.check(&known, new.name.as_str(), &new.rights)?;
            giving.check_new(&known, new.new_environment.unwrap_or_default())?;
            self.proved(caller, "make a role")?;
            let mut tx = pending.authorised(grant);
            let row = RoleRow {
                id: self.id(),
                infrastructure_id: known.home.id,
                name: new.name.to_string(),
                description: new.description.clone(),
                built_in: None,
                wide: new.rights.wide.bits(),
                new_environment: new.new_environment.map(Rights::bits),
                second_factor: false,
                created_at: self.now(),
            };
            roles::insert(&mut tx, &row).await?;
            for (environment, rights) in &new.rights.environments {
                roles::set_right(&mut tx, row.id, *environment, *rights).await?;
            }
            tx.notice(&topic(known.home.key.as_str()), row.id);
            let mut entry = self.entry(caller, "role.create", Object::new("role", row.id, new.name.as_str()));
            entry.infrastructure = Some(known.home.id);
            entry.after =
                in_words(&known, new.name.as_str(), &new.description, &new.rights, new.new_environment);
            tx.commit(entry).await?;
            Ok(row.id)
        })
        .await
    }
}
