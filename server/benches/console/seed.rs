//! The infrastructure that is measured: 200 applications in four environments, in a data folder like that of `towpath
//! serve`. What runs is written through `storage` directly, since publishing it would need Platform Servers.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use domain::access::{Actor, Requirement, decide};
use domain::audit::{Entry, Object, Origin, Outcome};
use domain::environment::Purpose;
use domain::id::{ApplicationId, EnvironmentId, InfrastructureId, RevisionId, UserId, VersionId};
use domain::package::SourceFile;
use domain::text::Sha256;
use domain::time::Timestamp;
use operations::{Caller, Clock, Console, Ids, NewEnvironment, NewUser, OpenOptions, Settings};
use serde_json::Value;
use server::configuration::SQLITE_FILE;
use storage::applications::ApplicationRow;
use storage::revisions::RevisionRow;
use storage::states::StateRow;
use storage::users::UserRow;
use storage::versions::VersionRow;
use storage::{
    Store, applications, environments, infrastructures, revisions, roles, states, users, versions,
};
use uuid::Uuid;

use crate::Failed;

/// Key of the infrastructure.
pub const INFRASTRUCTURE: &str = "bench";
/// Who looks at it.
pub const USERNAME: &str = "bench";
/// How this person signs in.
pub const PASSWORD: &str = "a lock keeper counts the boats";
/// How many applications there are.
pub const APPLICATIONS: u32 = 200;

const ENVIRONMENTS: [(&str, &str, Purpose); 4] = [
    ("development", "Development", Purpose::Development),
    ("test", "Test", Purpose::Test),
    ("acceptance", "Acceptance", Purpose::Acceptance),
    ("production", "Production", Purpose::Production),
];

/// A clock that moves by a microsecond each time it is asked: the numbers do not depend on it.
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// Ids that count.
struct Counting(AtomicU64);

impl Ids for Counting {
    fn uuid(&self) -> Uuid {
        let n = self.0.fetch_add(1, Ordering::Relaxed);
        Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 | u128::from(n))
    }

    fn secret(&self) -> [u8; 32] {
        Sha256::of(&self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes()).0
    }
}

/// Opens a console on the database in `folder`. `first_id` keeps the ids of two consoles on one database apart.
///
/// # Errors
/// The database or the package store cannot be opened.
pub async fn open(folder: &Path, first_id: u64) -> Result<(Console, Store), Failed> {
    let store = Store::open(&format!("sqlite:{}", folder.join(SQLITE_FILE).display())).await?;
    store.migrate().await?;
    let console = Console::open(OpenOptions {
        store: store.clone(),
        packages: folder.join("packages"),
        clock: Arc::new(Ticking(AtomicI64::new(1_767_225_600_000_000))),
        ids: Arc::new(Counting(AtomicU64::new(first_id))),
        master_key: operations::MasterKey::new([1; 32]),
        settings: Settings::default(),
    })?;
    Ok((console, store))
}

/// Makes the infrastructure and the person who looks at it. Says who.
///
/// # Errors
/// Something could not be written.
pub async fn fill(console: &Console, store: &Store) -> Result<UserId, Failed> {
    let local = Caller::local_operator();
    let infrastructure = console.create_infrastructure(&local, INFRASTRUCTURE, "Bench").await?;
    for (key, name, purpose) in ENVIRONMENTS {
        let new = NewEnvironment { key: key.to_owned(), name: name.to_owned(), purpose };
        console.create_environment(&local, INFRASTRUCTURE, new).await?;
    }
    let new = NewUser {
        username: USERNAME.to_owned(),
        name: "Bench".to_owned(),
        email: String::new(),
        role: "Administrator".to_owned(),
        infrastructure: Some(INFRASTRUCTURE.to_owned()),
        password: Some(PASSWORD.to_owned()),
    };
    let user = console.add_user(&local, new).await?.user;

    let mut read = store.read().await?;
    let home = infrastructures::by_key(&mut read, INFRASTRUCTURE).await?.ok_or("no infrastructure")?;
    let mut stages = Vec::new();
    for (key, ..) in ENVIRONMENTS {
        stages.push(environments::by_key(&mut read, home.id, key).await?.ok_or("no environment")?.id);
    }
    drop(read);
    let at = Timestamp(1_767_225_600_000_000);
    let grant = decide(Actor::LocalOperator, None, &Requirement::Local).map_err(|_| "no grant")?;
    let mut tx = store.begin_change().await?.authorised(grant);
    for n in 0..APPLICATIONS {
        application(&mut tx, infrastructure, &stages, n, at).await?;
    }
    tx.commit(entry(infrastructure, 0, at)).await?;
    Ok(user)
}

/// People beside the one who looks: names that sort all over the alphabet, each a Reader.
///
/// # Errors
/// Something could not be written.
pub async fn people(store: &Store, count: u32) -> Result<(), Failed> {
    let at = Timestamp(1_767_225_600_000_000);
    let mut read = store.read().await?;
    let home = infrastructures::by_key(&mut read, INFRASTRUCTURE).await?.ok_or("no infrastructure")?;
    let reader = roles::list(&mut read, home.id).await?.into_iter().find(|role| role.name == "Reader");
    let reader = reader.ok_or("no role Reader")?.id;
    drop(read);
    let grant = decide(Actor::LocalOperator, None, &Requirement::Local).map_err(|_| "no grant")?;
    let mut tx = store.begin_change().await?.authorised(grant);
    for n in 0..count {
        let id = UserId(Uuid::from_u128(0x0192_0000_0000_7000_b000_0000_0000_0000 | u128::from(n)));
        // A number that has no factor in common with the count spreads the names.
        let mixed = u64::from(n) * 7_919 % u64::from(count);
        let row = UserRow {
            id,
            username: format!("person-{n:05}").parse()?,
            name: format!("{mixed:05} Person").parse()?,
            email: format!("person-{n:05}@bench.example"),
            password_hash: None,
            active: true,
            created_at: at,
            password_changed_at: None,
            deactivated_at: None,
        };
        users::insert(&mut tx, &row).await?;
        roles::assign(&mut tx, id, home.id, reader).await?;
    }
    tx.commit(entry(home.id, 1, at)).await?;
    Ok(())
}

/// The entry that a change needs.
pub fn entry(infrastructure: InfrastructureId, n: u128, at: Timestamp) -> Entry {
    Entry {
        id: Uuid::from_u128(0x0192_0000_0000_7000_9000_0000_0000_0000 | n).into(),
        at,
        actor: Actor::LocalOperator,
        actor_name: "bench".to_owned(),
        origin: Origin::default(),
        operation: "infrastructure.create".to_owned(),
        infrastructure: Some(infrastructure),
        object: Object::new("infrastructure", infrastructure, "Bench"),
        related: Vec::new(),
        outcome: Outcome::Done,
        before: Value::Null,
        after: Value::Null,
    }
}

/// One application: in the first stage all of them, modified each fourth; in later environments fewer, and older.
///
/// # Errors
/// Something could not be written.
pub async fn application(
    tx: &mut storage::WriteTx,
    infrastructure_id: InfrastructureId,
    stages: &[EnvironmentId],
    n: u32,
    at: Timestamp,
) -> Result<(), Failed> {
    let id =
        |kind: u128| Uuid::from_u128(0x0192_0000_0000_7000_a000_0000_0000_0000 | kind << 32 | u128::from(n));
    let application_id = ApplicationId::from(id(1));
    let (key, name) = (format!("application-{n:03}"), format!("Application {n:03}"));
    applications::insert(
        tx,
        &ApplicationRow {
            id: application_id,
            infrastructure_id,
            key: key.parse()?,
            name: name.parse()?,
            description: "Is measured.".to_owned(),
            kind: "web".to_owned(),
            created_at: at,
        },
    )
    .await?;
    let (sha256, size, summary) = package(&key, &name)?;
    let revision_id = RevisionId::from(id(2));
    revisions::insert(
        tx,
        &RevisionRow {
            id: revision_id,
            application_id,
            sha256,
            size,
            summary,
            claimed_number: None,
            created_at: at,
            created_by: "bench".to_owned(),
            notes: String::new(),
        },
    )
    .await?;
    let number: domain::text::VersionNumber = "1.0.0".parse()?;
    let version_id = VersionId::from(id(3));
    versions::insert(
        tx,
        &VersionRow {
            id: version_id,
            application_id,
            revision_id,
            number,
            number_order: number.order(),
            change_log: "First".to_owned(),
            environment_id: stages[0],
            created_at: at,
            created_by: "bench".to_owned(),
        },
    )
    .await?;
    for (position, environment_id) in stages.iter().enumerate() {
        if !(n as usize).is_multiple_of(position + 1) {
            continue;
        }
        states::put(
            tx,
            &StateRow {
                environment_id: *environment_id,
                application_id,
                infrastructure_id,
                revision_id,
                version_id: Some(version_id),
                modified: position == 0 && n.is_multiple_of(4),
                mixed: false,
                deployment_id: None,
                changed_at: at,
                changed_by: "bench".to_owned(),
            },
        )
        .await?;
    }
    Ok(())
}

/// Hash, size and summary of a package with one page.
fn package(key: &str, name: &str) -> Result<(Sha256, u64, String), Failed> {
    let manifest = format!(
        "format = 1\n[application]\nkey = \"{key}\"\nname = \"{name}\"\ndescription = \"Is measured.\"\nkind = \"web\"\n\
         [[modules]]\nkey = \"page\"\nname = \"Page\"\nkind = \"static\"\nvirtual_directory = \"/{key}\"\n"
    );
    let page =
        SourceFile { path: "modules/page/index.html".to_owned(), bytes: name.into(), executable: false };
    let bytes = domain::package::build(&manifest, [page], std::io::Cursor::new(Vec::new()))?.into_inner();
    let size = bytes.len() as u64;
    let sha256 = Sha256::of(&bytes);
    let summary =
        domain::package::read(std::io::Cursor::new(bytes), &domain::package::Limits::default())?.summary();
    Ok((sha256, size, serde_json::to_string(&summary)?))
}
