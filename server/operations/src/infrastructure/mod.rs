//! Making an infrastructure: environments, their front-end servers, and the codes with which these enrol.

mod change;
mod create;
mod front_ends;
mod leave;
mod pipelines;
mod register;
mod trust;
mod waiting;

pub use change::EnvironmentInput;
pub use create::InfrastructureInput;
pub use front_ends::ServerInput;
pub use pipelines::PipelineInput;
pub use register::RegisterEnvironment;

use crate::console::{Caller, Console};
use crate::door::{Attempt, code_hash, masked, permitted_wide, short};
use crate::error::{OperationError, Result};
use crate::people::set_up::{code, field};
use crate::roles::in_new_environment;
use domain::audit::Object;
use domain::environment::Purpose;
use domain::id::{EnvironmentId, InfrastructureId, ServerId};
use domain::text::{Key, Name};
use domain::time::Timestamp;
use serde_json::json;
use storage::enrolments::EnrolmentRow;
use storage::environments::EnvironmentRow;
use storage::servers::ServerRow;
use storage::{Reader, Visibility, WriteTx, enrolments, environments, roles, servers};

/// An environment to make.
#[derive(Debug, Clone)]
pub struct NewEnvironment {
    /// Key in addresses.
    pub key: String,
    /// Name.
    pub name: String,
    /// What it is for.
    pub purpose: Purpose,
}

/// A front-end server to record.
#[derive(Debug, Clone)]
pub struct NewServer {
    /// Key in addresses.
    pub key: String,
    /// Name.
    pub name: String,
    /// Whether it is the environment's deployment controller (exactly one is, R37).
    pub is_controller: bool,
}

impl Console {
    /// Makes an environment after the others, with what every role states for environments to come (R25).
    ///
    /// # Errors
    /// The key is taken, a word is not acceptable, or the right is missing.
    pub async fn create_environment(
        &self,
        caller: &Caller,
        infrastructure: &str,
        new: NewEnvironment,
    ) -> Result<EnvironmentId> {
        let object = Object::new("environment", short(&new.key), short(&new.name));
        self.audited(caller, Attempt::within(infrastructure, "environment.create", object), async {
            let (key, name) = (field::<Key>("key", &new.key)?, field::<Name>("name", &new.name)?);
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], "make an environment").await?;
            let others = environments::list(&mut pending, home.id, &Visibility::Everything).await?;
            if others.iter().any(|other| other.key == key) {
                let sentence = format!("There is an environment “{key}” already; choose another key.");
                return Err(OperationError::invalid("key", sentence));
            }
            let known = roles::list(&mut pending, home.id).await?;
            let row = EnvironmentRow {
                id: self.id(),
                infrastructure_id: home.id,
                key: key.clone(),
                name: name.clone(),
                purpose: new.purpose,
                position: others.iter().map(|other| other.position + 1).max().unwrap_or(0),
                created_at: self.now(),
            };
            let mut tx = pending.authorised(grant);
            environments::insert(&mut tx, &row).await?;
            for role in &known {
                let rights = in_new_environment(role, new.purpose);
                roles::set_right(&mut tx, role.id, row.id, rights).await?;
            }
            tx.notice(&topic(home.key.as_str()), row.id);
            let object = Object::new("environment", row.id, name.as_str());
            let mut entry = self.entry(caller, "environment.create", object);
            entry.infrastructure = Some(home.id);
            entry.after = json!({ "key": key, "name": name, "purpose": new.purpose.word() });
            tx.commit(entry).await?;
            Ok(row.id)
        })
        .await
    }

    /// Records a front-end server of an environment.
    ///
    /// # Errors
    /// The key is taken, the environment has a controller already, or the right is missing.
    pub async fn create_server(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        new: NewServer,
    ) -> Result<ServerId> {
        let object = Object::new("server", short(&new.key), short(&new.name));
        self.audited(caller, Attempt::within(infrastructure, "server.create", object), async {
            let (key, name) = (field::<Key>("key", &new.key)?, field::<Name>("name", &new.name)?);
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], "record a server").await?;
            let place = find_environment(&mut pending, home.id, environment).await?;
            let others = servers::of_environment(&mut pending, place.id).await?;
            if others.iter().any(|other| other.key == key) {
                let sentence = format!("{} has a server “{key}” already; choose another key.", place.name);
                return Err(OperationError::invalid("key", sentence));
            }
            if new.is_controller && others.iter().any(|other| other.is_controller) {
                let sentence = format!("{} has a deployment controller already (R37).", place.name);
                return Err(OperationError::invalid("is_controller", sentence));
            }
            let row = ServerRow {
                id: self.id(),
                environment_id: place.id,
                key: key.clone(),
                name: name.clone(),
                position: others.iter().map(|other| other.position + 1).max().unwrap_or(0),
                is_controller: new.is_controller,
                public_key: None,
                enrolled_at: None,
                revoked_at: None,
                created_at: self.now(),
            };
            let mut tx = pending.authorised(grant);
            servers::insert(&mut tx, &row).await?;
            tx.notice(&topic(home.key.as_str()), row.id);
            let mut entry = self.entry(caller, "server.create", Object::new("server", row.id, name.as_str()));
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("environment", place.id, place.name.as_str())];
            entry.after = json!({ "key": key, "name": name, "is_controller": new.is_controller });
            tx.commit(entry).await?;
            Ok(row.id)
        })
        .await
    }

    /// Makes a one-use code with which the server's Platform Server enrols. It is shown once and stored as a hash.
    ///
    /// # Errors
    /// The server is not there, or the right is missing.
    pub async fn enrolment_code(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        server: &str,
    ) -> Result<String> {
        self.make_code(caller, infrastructure, (environment, server), false).await
    }

    /// The same for a Platform Server that waits, once it has used the code, until an administrator confirms its key.
    ///
    /// # Errors
    /// As `enrolment_code`.
    pub async fn enrolment_code_to_confirm(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        server: &str,
    ) -> Result<String> {
        self.make_code(caller, infrastructure, (environment, server), true).await
    }

    async fn make_code(
        &self,
        caller: &Caller,
        infrastructure: &str,
        (environment, server): (&str, &str),
        confirms: bool,
    ) -> Result<String> {
        let object = Object::new("server", short(server), short(server));
        self.audited(caller, Attempt::within(infrastructure, "server.enrolment_code", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], "let a server enrol").await?;
            let place = find_environment(&mut pending, home.id, environment).await?;
            let row = find_front_end(&mut pending, &place, server).await?;
            let mut tx = pending.authorised(grant);
            let (code, expires_at) = self.new_code(&mut tx, caller, row.id, confirms).await?;
            let object = Object::new("server", row.id, row.name.as_str());
            let mut entry = self.entry(caller, "server.enrolment_code", object);
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("environment", place.id, place.name.as_str())];
            entry.after = json!({ "code": masked(), "expires_at": expires_at, "confirms": confirms });
            tx.commit(entry).await?;
            Ok(code)
        })
        .await
    }

    /// Makes a one-use code with which a front-end's Platform Server enrols, and says until when. Stored is its hash alone.
    async fn new_code(
        &self,
        tx: &mut WriteTx,
        caller: &Caller,
        server: ServerId,
        confirms: bool,
    ) -> Result<(String, Timestamp)> {
        let made = code(&self.inner.ids.secret());
        let now = self.now();
        let row = EnrolmentRow {
            id: self.id(),
            server_id: server,
            code_hash: code_hash(&made),
            expires_at: now.plus(self.settings().enrolment_micros),
            used_at: None,
            confirms,
            created_at: now,
            created_by: caller.user(),
        };
        enrolments::insert(tx, &row).await?;
        Ok((made, row.expires_at))
    }
}

/// An environment by its key, or a sentence that it is not there.
pub(crate) async fn find_environment(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    key: &str,
) -> Result<EnvironmentRow> {
    environments::by_key(tx, infrastructure, key)
        .await?
        .ok_or_else(|| OperationError::not_found(format!("There is no environment “{}” here.", short(key))))
}

/// A front-end by its key.
pub(crate) async fn find_front_end(
    tx: &mut impl Reader,
    place: &EnvironmentRow,
    server: &str,
) -> Result<ServerRow> {
    servers::by_key(tx, place.id, server).await?.ok_or_else(|| {
        OperationError::not_found(format!("{} has no server “{}”.", place.name, short(server)))
    })
}

/// Believes a key of a front-end from now on. Where it is a controller that was known by another one, or was revoked, its environment learns
/// of it by a new epoch.
pub(crate) async fn believe(
    tx: &mut WriteTx,
    row: &ServerRow,
    public_key: &str,
    now: Timestamp,
) -> Result<()> {
    servers::set_enrolled(tx, row.id, public_key, now).await?;
    if row.is_controller && (row.public_key.is_some() || row.revoked_at.is_some()) {
        servers::raise_controller_epoch(tx, row.environment_id).await?;
    }
    Ok(())
}

/// The topic of whatever alters an infrastructure's screens.
pub(crate) fn topic(infrastructure: &str) -> String {
    format!("infrastructure:{infrastructure}")
}
