//! Platform Servers: a large package to one front-end beside the bare programs that do the same work, the memory of one that has nothing to
//! do, and one console with 1,000 of them, 20 of which are real.

use crate::page::Served;
use crate::{Failed, seed};
use base64::Engine as _;
use domain::environment::Purpose;
use domain::id::{DeploymentId, ServerId};
use domain::package::{SourceFile, build};
use domain::protocol::{
    EnrolRequest, HEADER_NONCE, HEADER_SERVER, HEADER_SIGNATURE, HEADER_TIME, PROTOCOL, SyncRequest,
    SyncResponse, signing_input,
};
use domain::text::Sha256;
use domain::time::Timestamp;
use ed25519_dalek::{Signer, SigningKey};
use operations::{
    Caller, Clock as _, Console, Ids as _, NewEnvironment, NewServer, OpenOptions, Settings, Store,
};
use server::clock::{SystemClock, SystemIds};
use server::configuration::SQLITE_FILE;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The large package: so many files of so many bytes that cannot be packed.
const FILES: u64 = 10;
const FILE_BYTES: usize = 10 << 20;
/// How often each is measured; the middle one counts.
const TIMES: usize = 3;
/// How much longer than the bare programs a front-end may take.
const RATIO: f64 = 1.5;
/// What an idle Platform Server may hold in memory, kB.
const MEMORY: u64 = 15_000;
/// Platform Servers at one console, and how many of them are real.
const CLIENTS: usize = 1000;
const REAL: usize = 20;
/// How long the console may hold a request, seconds, and how long it is watched.
const HOLD: u32 = 5;
const SPAN: Duration = Duration::from_secs(30);

const HOME: &str = seed::INFRASTRUCTURE;

struct World {
    folder: TempDir,
    console: Console,
    local: Caller,
    served: Served,
    platform: PathBuf,
}

impl World {
    async fn open() -> Result<Self, Failed> {
        // Beside the programs: where they are built is a disk, and what is temporary may be memory.
        let console = Path::new(env!("CARGO_BIN_EXE_towpath"));
        let folder = tempfile::tempdir_in(console.parent().ok_or("no folder of programs")?)?;
        let store = Store::open(&format!("sqlite:{}", folder.path().join(SQLITE_FILE).display())).await?;
        store.migrate().await?;
        let console = Console::open(OpenOptions {
            store,
            packages: folder.path().join("packages"),
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
            master_key: operations::MasterKey::new([1; 32]),
            settings: Settings::default(),
        })?;
        let local = Caller::local_operator();
        console.create_infrastructure(&local, HOME, "Bench").await?;
        let served = crate::page::console(folder.path())?;
        let platform = Path::new(env!("CARGO_BIN_EXE_towpath")).with_file_name("towpath-platform");
        if !platform.is_file() {
            return Err(format!("{} is missing; scripts/bench.sh builds it", platform.display()).into());
        }
        Ok(Self { folder, console, local, served, platform })
    }

    /// An environment with one front-end, and the code it enrols with.
    async fn environment(&self, key: &str) -> Result<String, Failed> {
        let new = NewEnvironment { key: key.into(), name: key.into(), purpose: Purpose::Development };
        self.console.create_environment(&self.local, HOME, new).await?;
        let new = NewServer { key: "one".into(), name: format!("{key}-one"), is_controller: true };
        self.console.create_server(&self.local, HOME, key, new).await?;
        Ok(self.console.enrolment_code(&self.local, HOME, key, "one").await?)
    }

    /// A real Platform Server of an environment of its own.
    async fn platform(&self, key: &str) -> Result<Served, Failed> {
        let code = self.environment(key).await?;
        let (url, data) = (format!("http://{}", self.served.address), self.folder.path().join(key));
        let mut enrol = Command::new(&self.platform);
        enrol.args(["enrol", "--console", &url, "--code", &code, "--data"]).arg(&data);
        succeeds(&mut enrol)?;
        Served::start(Command::new(&self.platform).args(["run", "--data"]).arg(data))
    }

    async fn publish(&self, environment: &str, file: &Path) -> Result<DeploymentId, Failed> {
        let run = self.console.publish(&self.local, HOME, environment, file).await?;
        run.deployment.ok_or_else(|| "nothing was to be deployed".into())
    }

    /// From the moment when it is carried out until it has ended.
    async fn took(&self, run: DeploymentId) -> Result<Duration, Failed> {
        loop {
            let page = self.console.deployment(&self.local, HOME, run).await?;
            if let (Some(start), Some(end)) = (page.started_at, page.row.finished_at) {
                return match page.row.status.as_str() {
                    "finished_successful" => Ok(Duration::from_micros(end.since(start).unsigned_abs())),
                    _ => Err(page.row.message.into()),
                };
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

fn succeeds(command: &mut Command) -> Result<(), Failed> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}

/// Writes a package of `files` files whose bytes follow from `number`.
fn package(place: &Path, application: &str, number: u64, files: u64, bytes: usize) -> Result<(), Failed> {
    let manifest = format!(
        "format = 1\n[application]\nkey = \"{application}\"\nname = \"{application}\"\nkind = \"web\"\n[[modules]]\nkey = \"{application}\"\n\
         name = \"Module\"\nkind = \"static\"\nvirtual_directory = \"/{application}\"\n"
    );
    let file = |index: u64| {
        let mut state = (number << 32 | index) | 1;
        let mut noise = Vec::with_capacity(bytes);
        while noise.len() < bytes {
            // xorshift64: no packer makes it smaller.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            noise.extend_from_slice(&state.to_le_bytes());
        }
        let name = if index == 0 { "index.html".to_owned() } else { format!("{index}.bin") };
        SourceFile { path: format!("modules/{application}/{name}"), bytes: noise, executable: false }
    };
    let sink = build(&manifest, (0..files).map(file), BufWriter::new(std::fs::File::create(place)?))?;
    sink.into_inner().map_err(|error| error.to_string())?.flush()?;
    Ok(())
}

fn middle(mut all: Vec<Duration>) -> Duration {
    all.sort();
    all[all.len() / 2]
}

/// What the system says of a process, kB.
fn memory(process: u32) -> Result<u64, Failed> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// Processor time that a process has used, in hundredths of a second.
fn processor(process: u32) -> Result<u64, Failed> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    Ok(fields[11].parse::<u64>()? + fields[12].parse::<u64>()?)
}

/// Measures and prints.
///
/// # Errors
/// A program is missing, or something is not carried out.
pub async fn measure() -> Result<(), Failed> {
    let world = World::open().await?;
    let first = world.platform("first").await?;
    tokio::time::sleep(Duration::from_secs(10)).await;
    let idle = memory(first.id())?;
    let word = if idle < MEMORY { "keeps" } else { "is ABOVE" };
    println!(
        "Memory of a Platform Server that has nothing to do: {idle} kB, {word} the limit of {MEMORY} kB"
    );
    large(&world).await?;
    drop(first);
    thousand(&world).await
}

async fn large(world: &World) -> Result<(), Failed> {
    let (mut real, mut bare) = (Vec::new(), Vec::new());
    let place = world.folder.path().join("large.oap");
    for time in 0..TIMES {
        package(&place, "large", time as u64 + 1, FILES, FILE_BYTES)?;
        succeeds(&mut Command::new("sync"))?;
        let run = world.publish("first", &place).await?;
        real.push(world.took(run).await?);
        let folder = world.folder.path().join(format!("bare-{time}"));
        let began = Instant::now();
        succeeds(Command::new("sha256sum").arg(&place))?;
        succeeds(Command::new("unzip").arg("-q").arg(&place).arg("-d").arg(&folder))?;
        succeeds(Command::new("sync").arg("-f").arg(&folder))?;
        bare.push(began.elapsed());
        std::fs::remove_dir_all(folder)?;
    }
    let (real, bare) = (middle(real), middle(bare));
    let ratio = real.as_secs_f64() / bare.as_secs_f64();
    let word = if ratio <= RATIO { "keeps" } else { "is ABOVE" };
    println!(
        "A package of {} MB to one front-end: {real:.2?}; sha256sum, unzip and sync of it: {bare:.2?}; {ratio:.2} times, {word} the limit of {RATIO}",
        std::fs::metadata(&place)?.len() / 1_000_000
    );
    Ok(())
}

/// One Platform Server as it is on the wire.
struct Client {
    server: ServerId,
    key: SigningKey,
}

impl Client {
    async fn enrol(world: &World, number: usize) -> Result<Self, Failed> {
        let code = world.environment(&format!("p-{number}")).await?;
        let key = SigningKey::from_bytes(&SystemIds.secret());
        let request = EnrolRequest {
            protocol: PROTOCOL,
            code,
            public_key: hex::encode(key.verifying_key().as_bytes()),
            version: "bench".into(),
            public_address: "http://127.0.0.1:9".into(),
            api_address: "http://127.0.0.1:9".into(),
        };
        Ok(Self { server: world.console.enrol(&world.local, request).await?.server, key })
    }

    /// Asks again and again; gives how much later than asked for each answer came.
    async fn work(
        self,
        http: reqwest::Client,
        base: String,
        until: Instant,
    ) -> Result<Vec<Duration>, Failed> {
        const PATH: &str = "/agent/v1/sync";
        let (mut late, mut seen_revision) = (Vec::new(), 0);
        while Instant::now() < until {
            let request = SyncRequest {
                protocol: PROTOCOL,
                boot_id: "bench".into(),
                reports: vec![],
                servers: vec![],
                wait_seconds: HOLD,
                seen_revision,
            };
            let body = serde_json::to_vec(&request)?;
            let (now, nonce) = (SystemClock.now().0, hex::encode(&SystemIds.secret()[..16]));
            let input = signing_input("POST", PATH, &Sha256::of(&body), Timestamp(now), &nonce);
            let signature =
                base64::engine::general_purpose::STANDARD.encode(self.key.sign(&input).to_bytes());
            let asked = Instant::now();
            let answer = http
                .post(format!("{base}{PATH}"))
                .header("content-type", "application/json")
                .header(HEADER_SERVER, self.server.to_string())
                .header(HEADER_TIME, now.to_string())
                .header(HEADER_NONCE, nonce)
                .header(HEADER_SIGNATURE, signature)
                .body(body)
                .send()
                .await?
                .error_for_status()?;
            let answer: SyncResponse = answer.json().await?;
            seen_revision = answer.revision;
            late.push(asked.elapsed().saturating_sub(Duration::from_secs(u64::from(HOLD))));
        }
        Ok(late)
    }
}

async fn thousand(world: &World) -> Result<(), Failed> {
    let mut real = Vec::new();
    for number in 0..REAL {
        real.push(world.platform(&format!("r-{number}")).await?);
    }
    // A second installation is refused, and the first one holds.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build()?;
    let late = Arc::new(Mutex::new(Vec::new()));
    let mut clients = Vec::new();
    for number in REAL..CLIENTS {
        clients.push(Client::enrol(world, number).await?);
    }
    let (until, base) = (Instant::now() + SPAN, format!("http://{}", world.served.address));
    let mut working = tokio::task::JoinSet::new();
    let (before, began) = (processor(world.served.id())?, Instant::now());
    for client in clients {
        let (http, base, late) = (http.clone(), base.clone(), Arc::clone(&late));
        working.spawn(async move {
            let own = client.work(http, base, until).await?;
            late.lock().map_err(|_| "a client failed")?.extend(own);
            Ok::<_, Failed>(())
        });
    }
    // In the middle of it, every real one gets something to do.
    tokio::time::sleep(SPAN / 3).await;
    let mut runs = Vec::new();
    for number in 0..REAL {
        let place = world.folder.path().join("small.oap");
        package(&place, &format!("small-{number}"), number as u64 + 9, 1, 1000)?;
        runs.push(world.publish(&format!("r-{number}"), &place).await?);
    }
    let mut took = Vec::new();
    for run in runs {
        took.push(world.took(run).await?);
    }
    while let Some(done) = working.join_next().await {
        done??;
    }
    let used = (processor(world.served.id())? - before) as f64 / began.elapsed().as_secs_f64();
    let mut late = late.lock().map_err(|_| "a client failed")?.clone();
    late.sort();
    took.sort();
    let answers = late.len();
    println!(
        "One console with {CLIENTS} Platform Servers, {} of them real: {answers} answers, half at most {:.2?} late, 99 % {:.2?}; {used:.0} % of a processor, {} kB; \
         a small publication into each real one at once took {:.2?} in the middle and {:.2?} at most",
        real.len(),
        late[answers / 2],
        late[answers * 99 / 100],
        memory(world.served.id())?,
        took[took.len() / 2],
        took[took.len() - 1],
    );
    Ok(())
}
