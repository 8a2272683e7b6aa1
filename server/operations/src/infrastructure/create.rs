//! An infrastructure: making one, empty or as a reference architecture has it, and giving it another name or hosting.

use super::register::keep;
use super::topic;
use crate::architecture::{check_rules, write};
use crate::console::{Caller, Console};
use crate::door::{Attempt, fault, permitted_wide, short};
use crate::error::{FieldProblem, OperationError, Result};
use crate::people::held;
use crate::people::set_up::field;
use domain::access::{Actor, BuiltInRole, Requirement};
use domain::architecture::Architecture;
use domain::architecture::template::template;
use domain::architecture::words::{Edition, Engine, Hosting};
use domain::audit::Object;
use domain::id::{InfrastructureId, UserId};
use domain::text::{Key, Name};
use serde_json::json;
use std::collections::BTreeMap;
use storage::infrastructures::InfrastructureRow;
use storage::roles::RoleRow;
use storage::users::UserRow;
use storage::{Reader, WriteTx, architecture, infrastructures, roles, service_accounts, users};

/// An infrastructure as somebody wants it.
#[derive(Debug, Clone, Default)]
pub struct InfrastructureInput {
    /// Key in addresses. It stays.
    pub key: String,
    /// Name.
    pub name: String,
    /// Where it runs: `managed_cloud`, `on_premises`, `aws` or `azure`.
    pub hosting: String,
    /// The reference architecture that it begins as: `basic`, `standard` or `enterprise`; empty for an empty one.
    pub template: String,
    /// The engine of the template's database servers.
    pub engine: String,
    /// User name of its first administrator; empty for the caller.
    pub administrator: String,
}

/// What was typed, read.
struct Read {
    key: Key,
    name: Name,
    start: Architecture,
}

impl InfrastructureInput {
    /// What is wrong with a field is said of every one at once.
    fn read(&self) -> Result<Read> {
        let mut problems = Vec::new();
        let key = keep(&mut problems, field::<Key>("key", self.key.trim()));
        let name = keep(&mut problems, field::<Name>("name", &self.name));
        let hosting = keep(&mut problems, field::<Hosting>("hosting", self.hosting.trim()));
        let start = keep(&mut problems, self.start(hosting.unwrap_or(Hosting::OnPremises)));
        match (key, name, start) {
            (Some(key), Some(name), Some(start)) if problems.is_empty() => Ok(Read { key, name, start }),
            _ => Err(OperationError::Invalid { fields: problems }),
        }
    }

    /// What it begins as.
    fn start(&self, hosting: Hosting) -> Result<Architecture> {
        if self.template.trim().is_empty() {
            return Ok(Architecture::empty(hosting));
        }
        let edition = field::<Edition>("template", self.template.trim())?;
        let engine = field::<Engine>("engine", self.engine.trim())?;
        let made = template(edition, hosting, engine)
            .map_err(|refused| OperationError::invalid("engine", refused.to_string()))?;
        check_rules(&Architecture::empty(hosting), &made, "template")?;
        Ok(made)
    }
}

/// Refuses a key or a name that another infrastructure has. Their names are no secret to whoever may make one.
async fn free(
    tx: &mut impl Reader,
    key: Option<&Key>,
    name: &Name,
    own: Option<InfrastructureId>,
) -> Result<()> {
    let mut fields = Vec::new();
    let others = infrastructures::list(tx).await?;
    let mut others = others.iter().filter(|each| Some(each.id) != own);
    if let Some(key) = key.filter(|key| others.clone().any(|each| each.key == **key)) {
        let sentence = format!("There is an infrastructure “{key}” already; choose another key.");
        fields.push(FieldProblem { field: "key", sentence });
    }
    if others.any(|each| each.name.as_str().to_lowercase() == name.as_str().to_lowercase()) {
        let sentence = format!("There is an infrastructure called “{name}” already; choose another name.");
        fields.push(FieldProblem { field: "name", sentence });
    }
    if fields.is_empty() { Ok(()) } else { Err(OperationError::Invalid { fields }) }
}

impl Console {
    /// Makes an empty infrastructure with the built-in roles, which nobody holds yet. Only at the machine itself.
    ///
    /// # Errors
    /// The key is taken or a word is not acceptable.
    pub async fn create_infrastructure(
        &self,
        caller: &Caller,
        key: &str,
        name: &str,
    ) -> Result<InfrastructureId> {
        let object = Object::new("infrastructure", short(key), short(name));
        self.audited(caller, Attempt::new("infrastructure.create", object), async {
            let (key, name) = (field::<Key>("key", key)?, field::<Name>("name", name)?);
            let mut pending = self.store().begin_change().await?;
            free(&mut pending, Some(&key), &name, None).await?;
            let grant = self.permit_plain(caller, &Requirement::Local)?;
            let mut tx = pending.authorised(grant);
            let home = self.insert_infrastructure(&mut tx, key.clone(), name.clone()).await?;
            let object = Object::new("infrastructure", home.id, name.as_str());
            let mut entry = self.entry(caller, "infrastructure.create", object);
            entry.infrastructure = Some(home.id);
            entry.after = json!({ "key": key, "name": name });
            tx.commit(entry).await?;
            Ok(home.id)
        })
        .await
    }

    /// Makes an infrastructure beside the one at hand: with the built-in roles, an administrator, and the environments, servers and
    /// pipelines of a reference architecture if one is named. All of it or nothing. Gives its key.
    ///
    /// # Errors
    /// A field is not acceptable (every one is named), the administrator is no active person, the proof of who it is is missing, or
    /// “Manage Infrastructure and Users” in the infrastructure at hand is.
    pub async fn add_infrastructure(
        &self,
        caller: &Caller,
        infrastructure: &str,
        input: &InfrastructureInput,
    ) -> Result<String> {
        let object = Object::new("infrastructure", short(&input.key), short(&input.name));
        self.audited(caller, Attempt::within(infrastructure, "infrastructure.create", object), async {
            let mut pending = self.store().begin_change().await?;
            let from = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let doing = "make an infrastructure";
            let grant = permitted_wide(self, &mut pending, caller, &[from.id], doing).await?;
            let Read { key, name, start } = input.read()?;
            free(&mut pending, Some(&key), &name, None).await?;
            let first = administrator(&mut pending, caller, &input.administrator).await?;
            self.proved(caller, doing)?;
            let mut tx = pending.authorised(grant);
            let home = self.insert_infrastructure(&mut tx, key.clone(), name.clone()).await?;
            let role = roles::by_name(&mut tx, home.id, BuiltInRole::Administrator.name()).await?;
            let role = role.ok_or_else(|| fault("an infrastructure without Administrator role"))?;
            roles::assign(&mut tx, first.id, home.id, role.id).await?;
            let empty = architecture::load(&mut tx, home.id).await?;
            write(self, &mut tx, &home, &empty, &start, &BTreeMap::new()).await?;
            tx.notice(&topic(from.key.as_str()), home.id);
            let object = Object::new("infrastructure", home.id, name.as_str());
            let mut entry = self.entry(caller, "infrastructure.create", object);
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("user", first.id, first.name.as_str())];
            entry.after = json!({
                "key": key, "name": name, "hosting": start.hosting.word(), "template": start.edition.map(Edition::word),
                "administrator": first.username, "environments": start.environments.len(), "front_ends": start.front_end_count(),
            });
            tx.commit(entry).await?;
            Ok(key.to_string())
        })
        .await
    }

    /// Gives an infrastructure another name, and says where it runs.
    ///
    /// # Errors
    /// A field is not acceptable, the name is taken, or “Manage Infrastructure and Users” is missing.
    pub async fn change_infrastructure(
        &self,
        caller: &Caller,
        infrastructure: &str,
        name: &str,
        hosting: &str,
    ) -> Result<()> {
        let object = Object::new("infrastructure", short(infrastructure), short(infrastructure));
        self.audited(caller, Attempt::within(infrastructure, "infrastructure.change", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let doing = "change the infrastructure";
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], doing).await?;
            let (name, hosting) =
                (field::<Name>("name", name)?, field::<Hosting>("hosting", hosting.trim())?);
            free(&mut pending, None, &name, Some(home.id)).await?;
            let stored = architecture::load_to_change(&mut pending, home.id).await?;
            let before = json!({ "name": home.name, "hosting": stored.architecture.hosting.word() });
            let after = json!({ "name": name, "hosting": hosting.word() });
            if before == after {
                return Ok(());
            }
            let mut tx = pending.authorised(grant);
            infrastructures::rename(&mut tx, home.id, &name).await?;
            let wanted = Architecture { hosting, ..stored.architecture.clone() };
            write(self, &mut tx, &home, &stored, &wanted, &BTreeMap::new()).await?;
            tx.notice(&topic(home.key.as_str()), home.id);
            let object = Object::new("infrastructure", home.id, name.as_str());
            let mut entry = self.entry(caller, "infrastructure.change", object);
            entry.infrastructure = Some(home.id);
            (entry.before, entry.after) = (before, after);
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }

    /// Inserts an infrastructure and its built-in roles.
    pub(crate) async fn insert_infrastructure(
        &self,
        tx: &mut WriteTx,
        key: Key,
        name: Name,
    ) -> Result<InfrastructureRow> {
        let now = self.now();
        let row = InfrastructureRow { id: self.id(), key, name, created_at: now };
        infrastructures::insert(tx, &row).await?;
        for role in BuiltInRole::ALL {
            let role = RoleRow {
                id: self.id(),
                infrastructure_id: row.id,
                name: role.name().to_owned(),
                description: String::new(),
                built_in: Some(role.name().to_owned()),
                wide: role.wide().bits(),
                new_environment: None,
                second_factor: false,
                created_at: now,
            };
            roles::insert(tx, &role).await?;
        }
        Ok(row)
    }
}

/// The person who is to be the first administrator: the one that is named, or the caller. A service account belongs to one
/// infrastructure and administers no other.
async fn administrator(tx: &mut impl Reader, caller: &Caller, typed: &str) -> Result<UserRow> {
    let invalid = |sentence: String| OperationError::invalid("administrator", sentence);
    let own: Option<UserId> = match caller.actor {
        Actor::User { user } if service_accounts::home(tx, user).await?.is_none() => Some(user),
        _ => None,
    };
    let found = match typed.trim() {
        "" => match own {
            Some(user) => users::by_id(tx, user).await?,
            None => {
                let sentence = "Name the IT user who administers the new infrastructure: a program cannot.";
                return Err(invalid(sentence.to_owned()));
            }
        },
        text => match held::username(text) {
            Ok(username) => users::by_username(tx, &username).await?,
            Err(_) => None,
        },
    };
    let missing = || {
        let sentence =
            format!("There is no active IT user “{}”; give the user name of a person.", short(typed));
        invalid(sentence)
    };
    let user = found.filter(|user| user.active).ok_or_else(missing)?;
    if service_accounts::home(tx, user.id).await?.is_some() {
        return Err(missing());
    }
    Ok(user)
}
