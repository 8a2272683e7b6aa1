//! The driver for a process: started in a group of its own, watched, started again with back-off, ended with SIGTERM.

use super::output::Output;
use super::{Runtime, RuntimeError, limited};
use crate::catalog::{Platform, ProcessRow, Stream};
use crate::front::proxy;
use crate::log_writer::LogSender;
use axum::extract::Request;
use axum::response::Response;
use domain::package::ProcessLimits;
use domain::text::{Key, Sha256};
use futures::future::BoxFuture;
use rustix::process::{Pid, Signal, kill_process_group};
use std::convert::Infallible;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a process has to end after SIGTERM.
const TERM: Duration = Duration::from_secs(10);
/// How long it may take to see the end of a process that was ended by force.
const SLACK: Duration = Duration::from_secs(2);
/// How often readiness is asked for while a process starts.
const PROBE: Duration = Duration::from_millis(50);
/// How often it is asked for while the process runs.
const WATCH: Duration = Duration::from_secs(5);
/// Longest pause between two starts.
const BACK_OFF_MAX: Duration = Duration::from_secs(60);
/// The variable by which a process of this data folder is recognised after the Platform Server was killed.
const MARK: &str = "TOWPATH_DATA_ROOT";

/// What a process is started with.
#[derive(Clone)]
pub struct ProcessSpec {
    /// Its application.
    pub application: Key,
    /// Its module.
    pub module: Key,
    /// Its release.
    pub sha256: Sha256,
    /// The module's folder in the release.
    pub folder: PathBuf,
    /// The Platform Server's data folder.
    pub data_root: PathBuf,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// What the package format promises, but for the address.
    pub environment: Vec<(String, String)>,
    /// The virtual directory, such as `/tides`.
    pub base: String,
    /// The path below it that answers 200 when the process is ready.
    pub ready_path: String,
    /// How long it may take to get ready.
    pub ready_within: Duration,
    /// What it may take.
    pub limits: ProcessLimits,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// Started, or about to be.
    Starting,
    /// Answers on this port.
    Ready(u16),
    /// Not there; why.
    Down(String),
}

/// What all processes of this Platform Server have in common: they end with it, wherever they are in their lives.
#[derive(Clone, Default)]
pub struct Supervision {
    ending: CancellationToken,
    running: TaskTracker,
}

impl Supervision {
    /// Whether everything ends now.
    pub fn is_ending(&self) -> bool {
        self.ending.is_cancelled()
    }

    /// Does something that the end of everything waits for.
    pub async fn until_it_ends<T>(&self, work: impl Future<Output = T>) -> T {
        self.running.track_future(work).await
    }

    /// Waits until everything is to end.
    pub async fn ends(&self) {
        self.ending.cancelled().await;
    }

    /// Ends every process, and waits until they have ended.
    pub async fn end_all(&self) {
        self.ending.cancel();
        self.running.close();
        if timeout(TERM + SLACK, self.running.wait()).await.is_err() {
            tracing::error!("some processes did not end in time");
        }
    }
}

/// A process module of one release.
pub struct Process {
    spec: Arc<ProcessSpec>,
    shared: Arc<Shared>,
    stop: CancellationToken,
    supervisor: tokio::sync::Mutex<Option<tokio::task::JoinHandle<()>>>,
    supervision: Supervision,
    client: reqwest::Client,
}

impl Drop for Process {
    fn drop(&mut self) {
        // Nobody holds it any more, so nobody could end it later.
        self.stop.cancel();
    }
}

struct Shared {
    state: watch::Sender<State>,
    /// Whether the last readiness check of the running process held.
    healthy: AtomicBool,
    /// Whether the process is kept running when it ends by itself.
    kept: AtomicBool,
    output: Output,
    catalog: Platform,
    client: reqwest::Client,
}

impl Process {
    /// A process that is not started yet.
    pub fn new(
        spec: ProcessSpec,
        catalog: Platform,
        log: LogSender,
        client: reqwest::Client,
        supervision: Supervision,
    ) -> Self {
        let output = Output::new(log, spec.application.clone(), spec.module.clone());
        let shared = Shared {
            state: watch::Sender::new(State::Starting),
            healthy: AtomicBool::new(false),
            kept: AtomicBool::new(false),
            output,
            catalog,
            client: client.clone(),
        };
        Self {
            spec: Arc::new(spec),
            shared: Arc::new(shared),
            stop: supervision.ending.child_token(),
            supervisor: tokio::sync::Mutex::new(None),
            supervision,
            client,
        }
    }
}

impl Runtime for Process {
    fn prepare(&self) -> BoxFuture<'_, Result<(), RuntimeError>> {
        Box::pin(async {
            let work = supervise(Arc::clone(&self.spec), Arc::clone(&self.shared), self.stop.clone());
            *self.supervisor.lock().await = Some(self.supervision.running.spawn(work));
            Ok(())
        })
    }

    fn ready(&self) -> BoxFuture<'_, Result<(), RuntimeError>> {
        Box::pin(async {
            let mut states = self.shared.state.subscribe();
            let settled = timeout(self.spec.ready_within, states.wait_for(|s| *s != State::Starting)).await;
            let reason = match settled {
                Ok(Ok(state)) => match &*state {
                    State::Down(reason) => reason.clone(),
                    _ => return Ok(()),
                },
                Ok(Err(_)) => "its supervisor has ended".to_owned(),
                Err(_) => format!(
                    "it did not answer 200 on {}{} within {} seconds",
                    self.spec.base,
                    self.spec.ready_path,
                    self.spec.ready_within.as_secs()
                ),
            };
            Err(RuntimeError(format!("{reason}.{}", self.shared.output.last_words())))
        })
    }

    fn activate(&self) {
        self.shared.kept.store(true, Ordering::SeqCst);
    }

    fn drain(&self) {
        self.shared.kept.store(false, Ordering::SeqCst);
    }

    fn undo(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            self.shared.kept.store(false, Ordering::SeqCst);
            self.stop.cancel();
            if let Some(supervisor) = self.supervisor.lock().await.take() {
                let _ = supervisor.await;
            }
        })
    }

    fn is_ready(&self) -> bool {
        matches!(*self.shared.state.borrow(), State::Ready(_)) && self.shared.healthy.load(Ordering::SeqCst)
    }

    fn serve<'a>(&'a self, request: Request, _rest: &'a str) -> BoxFuture<'a, Response> {
        let port = match *self.shared.state.borrow() {
            State::Ready(port) => Some(port),
            _ => None,
        };
        Box::pin(async move {
            match port {
                Some(port) => proxy::forward(&self.client, request, port, &self.spec.base).await,
                None => crate::front::pages::unavailable("This application is being started again."),
            }
        })
    }
}

/// The pause before the next start after so many failures in a row: 1, 2, 4 … 60 seconds.
fn back_off(failures: u32) -> Duration {
    Duration::from_secs(1 << failures.min(6)).min(BACK_OFF_MAX)
}

async fn supervise(spec: Arc<ProcessSpec>, shared: Arc<Shared>, stop: CancellationToken) {
    let mut failures = 0;
    while !stop.is_cancelled() {
        let began = Instant::now();
        let ended = run_once(&spec, &shared, &stop).await;
        shared.healthy.store(false, Ordering::SeqCst);
        let Some(reason) = ended else { break };
        let kept = shared.kept.load(Ordering::SeqCst);
        shared.output.failed(format!("The process: {reason}."));
        shared.state.send_replace(State::Down(reason.clone()));
        if !kept {
            break;
        }
        if began.elapsed() > BACK_OFF_MAX {
            failures = 0;
        }
        let pause = back_off(failures);
        failures += 1;
        tracing::warn!(application = %spec.application, module = %spec.module, reason, "a process ended; it is started again");
        shared
            .output
            .line(Stream::Supervisor, format!("{reason}; it is started again in {} s", pause.as_secs()));
        tokio::select! {
            () = sleep(pause) => {}
            () = stop.cancelled() => break,
        }
    }
    shared.state.send_if_modified(|state| {
        let was_ready = matches!(state, State::Ready(_) | State::Starting);
        if was_ready {
            *state = State::Down("it was stopped".to_owned());
        }
        was_ready
    });
}

/// Runs the process until it ends (why) or is stopped (nothing).
async fn run_once(spec: &ProcessSpec, shared: &Shared, stop: &CancellationToken) -> Option<String> {
    let (mut child, port) = match start(spec).await {
        Ok(started) => started,
        Err(error) => return Some(format!("it could not be started: {error}")),
    };
    let pid = child.id()?;
    if spec.limits.any() {
        shared.output.line(Stream::Supervisor, format!("it may take {} at most", spec.limits.words()));
    }
    let row = ProcessRow {
        pid,
        started: started_at(pid).unwrap_or_default(),
        application: spec.application.clone(),
        module: spec.module.clone(),
        sha256: spec.sha256.to_string(),
        port,
    };
    if let Err(error) = shared.catalog.add_process(row).await {
        tracing::error!(%error, "a process could not be noted");
    }
    let readers = [
        child.stdout.take().map(|o| tokio::spawn(shared.output.clone().read(Stream::Output, o))),
        child.stderr.take().map(|e| tokio::spawn(shared.output.clone().read(Stream::Error, e))),
    ];
    let reason = tokio::select! {
        status = child.wait() => Some(match status {
            Ok(status) => format!("it ended by itself ({status})"),
            Err(error) => format!("it could not be watched: {error}"),
        }),
        never = watch_readiness(spec, shared, port) => match never {},
        () = stop.cancelled() => None,
    };
    if reason.is_none() {
        end_group(pid, &mut child).await;
    }
    // Children that it left behind go with it.
    signal_group(pid, Signal::KILL);
    for reader in readers.into_iter().flatten() {
        let _ = timeout(Duration::from_secs(1), reader).await;
    }
    if let Err(error) = shared.catalog.remove_process(pid).await {
        tracing::error!(%error, "an ended process could not be forgotten");
    }
    reason
}

async fn watch_readiness(spec: &ProcessSpec, shared: &Shared, port: u16) -> Infallible {
    let address = format!("http://127.0.0.1:{port}{}{}", spec.base, spec.ready_path);
    let mut was_ready = false;
    loop {
        let asked = shared.client.get(&address).timeout(Duration::from_secs(5)).send().await;
        let holds = asked.is_ok_and(|answer| answer.status() == reqwest::StatusCode::OK);
        shared.healthy.store(holds, Ordering::SeqCst);
        if holds && !was_ready {
            was_ready = true;
            shared.state.send_replace(State::Ready(port));
        }
        sleep(if was_ready { WATCH } else { PROBE }).await;
    }
}

async fn start(spec: &ProcessSpec) -> std::io::Result<(Child, u16)> {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let program = spec.folder.join(spec.command[0].trim_start_matches("./"));
    let mut command = match spec.limits.any() {
        true => limited::command(&spec.limits, &program)?,
        false => Command::new(program),
    };
    command
        .args(&spec.command[1..])
        .current_dir(&spec.folder)
        .env_clear()
        .envs(inherited())
        .envs(spec.environment.iter().map(|(name, value)| (name, value)))
        .env(MARK, &spec.data_root)
        .env("TOWPATH_ADDRESS", format!("127.0.0.1:{port}"))
        .env("TOWPATH_PORT", port.to_string())
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Ok((command.spawn()?, port))
}

/// What programs of packages get of this program's own environment.
pub(super) fn inherited() -> impl Iterator<Item = (&'static str, std::ffi::OsString)> {
    ["PATH", "LANG", "TZ"].into_iter().filter_map(|name| std::env::var_os(name).map(|value| (name, value)))
}

pub(super) async fn end_group(pid: u32, child: &mut Child) {
    signal_group(pid, Signal::TERM);
    if timeout(TERM, child.wait()).await.is_err() {
        signal_group(pid, Signal::KILL);
        let _ = child.wait().await;
    }
}

pub(super) fn signal_group(pid: u32, signal: Signal) {
    if let Some(group) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // The group may be gone already.
        let _ = kill_process_group(group, signal);
    }
}

/// When the kernel says that a process started, in ticks since the machine did.
pub(super) fn started_at(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in brackets may hold anything, so the fields are counted from its end.
    stat.rsplit_once(") ")?.1.split(' ').nth(19).map(str::to_owned)
}

/// Ends the processes that a killed Platform Server left behind: those it noted, by pid and start time, and, for one that
/// it had no time to note, those that carry the mark of this data folder. Returns how many there were.
pub async fn end_orphans(
    catalog: &Platform,
    data_root: &Path,
) -> Result<usize, crate::catalog::CatalogError> {
    let mut ended = 0;
    for row in catalog.processes().await? {
        if started_at(row.pid).is_some_and(|started| started == row.started) {
            signal_group(row.pid, Signal::KILL);
            ended += 1;
        }
        catalog.remove_process(row.pid).await?;
    }
    let mark = [MARK.as_bytes(), b"=", data_root.as_os_str().as_encoded_bytes()].concat();
    let own = std::process::id();
    for pid in running_pids().filter(|pid| *pid != own) {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        if environment.split(|b| *b == 0).any(|variable| variable == mark) {
            let target = i32::try_from(pid).ok().and_then(Pid::from_raw);
            if target.is_some_and(|pid| rustix::process::kill_process(pid, Signal::KILL).is_ok()) {
                ended += 1;
            }
        }
    }
    Ok(ended)
}

fn running_pids() -> impl Iterator<Item = u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str().and_then(|name| name.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_from_one_second_to_a_minute() {
        let seconds: Vec<u64> = (0..9).map(|n| back_off(n).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    }

    #[test]
    fn a_process_is_known_by_its_start_time() {
        let own = started_at(std::process::id()).unwrap();
        assert!(own.parse::<u64>().unwrap() > 0);
        assert_eq!(started_at(0), None);
    }
}
