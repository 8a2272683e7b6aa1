//! The console: what every operation works with.

use crate::checks::reach::{Network, Reach};
use crate::packages::Packages;
use crate::passkeys::RelyingParty;
use crate::password::Passwords;
use crate::vault::{MasterKey, Vault};
use domain::access::{Actor, Proof};
use domain::audit::Origin;
use domain::time::{MINUTE, SECOND, Timestamp};
use domain::token::Scopes;
use std::path::PathBuf;
use std::sync::Arc;
use storage::Store;
use uuid::Uuid;

/// Tells the time. Tests hold it still.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// Makes ids and secrets. Tests make known ones.
pub trait Ids: Send + Sync {
    /// A new UUIDv7.
    fn uuid(&self) -> Uuid;
    /// 32 bytes that nobody can guess.
    fn secret(&self) -> [u8; 32];
}

/// How the console behaves; all of it is configurable.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a claimed deployment belongs to its console without renewal, microseconds.
    pub lease_micros: i64,
    /// How often a claim is renewed, microseconds; well below the lease.
    pub renew_micros: i64,
    /// How often the engine looks for work even if nothing woke it, microseconds.
    pub sweep_micros: i64,
    /// How long a one-use enrolment code is good, microseconds.
    pub enrolment_micros: i64,
    /// How long a Platform Server's sync is held while there is nothing to say, seconds.
    pub long_poll_seconds: u32,
    /// How long somebody waits for what an environment answers to a question, seconds.
    pub answer_seconds: u32,
    /// A session ends after this long without a request, microseconds.
    pub session_idle_micros: i64,
    /// A session ends after this long in any case, microseconds.
    pub session_absolute_micros: i64,
    /// argon2id: memory in KiB.
    pub argon2_memory_kib: u32,
    /// argon2id: passes over the memory.
    pub argon2_passes: u32,
    /// Password checks that may run at the same time.
    pub password_checks_at_once: usize,
    /// Password checks that may wait; one more is refused.
    pub password_checks_waiting: usize,
    /// Which pauses follow failed sign-ins.
    pub sign_in_pauses: domain::throttle::Scheme,
    /// The largest package that is accepted, bytes.
    pub package_bytes: u64,
    /// Where people open the console, such as `https://console.example.org`, if it is stated; passkeys belong to its host.
    pub public_origin: Option<String>,
    /// The folder below which files of SQLite are read when a database is tested; none are without one.
    pub database_files: Option<PathBuf>,
}

impl Default for Settings {
    /// Lease 30 s, renewed every 10 s (design 9); argon2id m=19456, t=2, p=1 (ASVS 11.4.2); sessions 30 minutes idle and 12 hours
    /// in all (ASVS 7.3).
    fn default() -> Self {
        Self {
            lease_micros: 30 * SECOND,
            renew_micros: 10 * SECOND,
            sweep_micros: SECOND,
            enrolment_micros: 15 * MINUTE,
            long_poll_seconds: 25,
            answer_seconds: 10,
            session_idle_micros: 30 * MINUTE,
            session_absolute_micros: 12 * 60 * MINUTE,
            argon2_memory_kib: 19_456,
            argon2_passes: 2,
            password_checks_at_once: 2,
            password_checks_waiting: 32,
            sign_in_pauses: domain::throttle::Scheme::default(),
            package_bytes: 256 << 20,
            public_origin: None,
            database_files: None,
        }
    }
}

/// What a console is opened with.
pub struct OpenOptions {
    /// The database, migrated.
    pub store: Store,
    /// Folder of the package store.
    pub packages: PathBuf,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Ids and secrets.
    pub ids: Arc<dyn Ids>,
    /// What secrets at rest are closed with; kept outside the database.
    pub master_key: MasterKey,
    /// Behaviour.
    pub settings: Settings,
}

/// The console. Cheap to clone; every clone is the same one.
#[derive(Clone)]
pub struct Console {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) packages: Packages,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) settings: Settings,
    pub(crate) passwords: Passwords,
    pub(crate) vault: Vault,
    pub(crate) relying_party: RelyingParty,
    /// Asks the addresses of tools.
    pub(crate) reach: Arc<dyn Reach>,
    /// Whoever tests a connection takes a place here meanwhile.
    pub(crate) checks: tokio::sync::Semaphore,
    /// Changes at every start of the process: leases of another boot are not this one's.
    pub(crate) boot: Uuid,
    /// Shown on the terminal while there are no users; guards the set-up page.
    pub(crate) set_up_code: String,
    /// Wakes the sequencer after each commit of an entry.
    pub(crate) committed: tokio::sync::Notify,
    /// Which requests of other sites get an entry.
    pub(crate) refused: std::sync::Mutex<crate::requests::Counter>,
    /// When the use of each token was noted last.
    pub(crate) token_uses: std::sync::Mutex<crate::tokens::identify::Uses>,
}

/// Who calls, and from where.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who.
    pub actor: Actor,
    /// The name that audit entries show.
    pub name: String,
    /// From where.
    pub origin: Origin,
    /// When the person last proved who they are: dangerous acts ask for it.
    pub proof: Proof,
    /// What narrows it beyond what the actor holds.
    pub limits: Limits,
}

/// What narrows a call beyond what its actor holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// The scopes of the token that is used; none for somebody who uses none.
    pub scopes: Option<Scopes>,
    /// A change is only tried: every check is made in the same way, then it is rolled back and leaves no entry. A refusal leaves one.
    pub dry_run: bool,
}

impl Caller {
    /// The user or service account that asks; none for the local operator, the engine and whoever is not signed in.
    #[must_use]
    pub const fn user(&self) -> Option<domain::id::UserId> {
        match self.actor {
            Actor::User { user } => Some(user),
            _ => None,
        }
    }

    /// A person at the machine itself.
    #[must_use]
    pub fn local_operator() -> Self {
        Self {
            actor: Actor::LocalOperator,
            name: "local operator".to_owned(),
            origin: Origin { address: "local".to_owned(), ..Origin::default() },
            proof: Proof::None,
            limits: Limits::default(),
        }
    }

    /// The console's own engine.
    #[must_use]
    pub fn engine() -> Self {
        Self {
            actor: Actor::Console,
            name: "console".to_owned(),
            origin: Origin { address: "local".to_owned(), ..Origin::default() },
            proof: Proof::None,
            limits: Limits::default(),
        }
    }
}

impl Console {
    /// Opens the console on a migrated database.
    ///
    /// # Errors
    /// The package store cannot be opened, or the cost of password hashing is out of range; one sentence.
    pub fn open(options: OpenOptions) -> Result<Self, String> {
        Self::open_reaching(options, Arc::new(Network::new()))
    }

    /// The same, with tools asked in another way than over the network.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_reaching(options: OpenOptions, reach: Arc<dyn Reach>) -> Result<Self, String> {
        let OpenOptions { store, packages, clock, ids, master_key, settings } = options;
        let packages = Packages::open(&packages)?;
        let passwords = Passwords::new(&settings, &ids.secret())?;
        let vault = Vault::new(&master_key)?;
        let relying_party = RelyingParty::at(settings.public_origin.as_deref());
        let set_up_code = crate::people::set_up::code(&ids.secret());
        let boot = ids.uuid();
        let committed = tokio::sync::Notify::new();
        let refused = std::sync::Mutex::default();
        let inner = Inner {
            store,
            packages,
            clock,
            ids,
            settings,
            passwords,
            vault,
            relying_party,
            reach,
            checks: tokio::sync::Semaphore::new(crate::checks::AT_ONCE),
            boot,
            set_up_code,
            committed,
            refused,
            token_uses: std::sync::Mutex::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    pub(crate) fn id<T: From<Uuid>>(&self) -> T {
        self.inner.ids.uuid().into()
    }

    /// How it behaves.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// How many password verifications were made since the start; a test counts them (ASVS 6.3.8).
    #[must_use]
    pub fn password_verifications(&self) -> u64 {
        self.inner.passwords.verifications()
    }
}
