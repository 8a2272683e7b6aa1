//! The Platform Servers of the demo: child processes that end with it, and are started again if they end by themselves.

use super::folder::{Folder, Place, State};
use super::{say, seed};
use crate::cli::Failure;
use operations::{Caller, Console};
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, ChildStdin, Command};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Where the first server listens, if the port is free; the others behind it.
const FIRST_PUBLIC: u16 = 8101;
const FIRST_API: u16 = 7101;
/// Places that are tried for a server.
const STEPS: u16 = 40;
/// How long a Platform Server is given to listen before the next one is started.
const LISTENS: Duration = Duration::from_secs(10);
/// How long a Platform Server may take to end.
const GRACE: Duration = Duration::from_secs(8);
/// The pause before a server that ended is started again; doubled each time, up to the last.
const PAUSE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));
/// A server that ran for so long starts with the short pause again.
const STEADY: Duration = Duration::from_secs(60);

/// Where the programs are.
pub struct Programs {
    platform: PathBuf,
}

impl Programs {
    /// Beside this program.
    pub fn find() -> Result<Self, Failure> {
        let own = std::env::current_exe().map_err(|error| format!("This program's own folder: {error}."))?;
        let platform = own.with_file_name("towpath-platform");
        if platform.is_file() {
            return Ok(Self { platform });
        }
        Err(Failure::NotDone(format!("{} is missing; scripts/build.sh makes it.", platform.display())))
    }
}

/// All of them.
pub struct Fleet {
    programs: Programs,
    console: String,
    ending: CancellationToken,
    tasks: TaskTracker,
}

impl Fleet {
    /// For a console that listens at an address.
    pub fn new(programs: Programs, console: SocketAddr) -> Self {
        let console = format!("http://{console}");
        Self { programs, console, ending: CancellationToken::new(), tasks: TaskTracker::new() }
    }

    /// Enrols those that have not, and starts all.
    pub async fn start(
        &self,
        console: &Console,
        local: &Caller,
        folder: &Folder,
        state: &mut State,
    ) -> Result<(), Failure> {
        for (index, (environment, key, _, _)) in seed::SERVERS.into_iter().enumerate() {
            let data = folder.server(key);
            // Held until the server listens: another demo that starts now would choose the same ports.
            let choosing = choosing_ports().await?;
            if !state.servers.contains_key(key) {
                let code = console.enrolment_code(local, seed::HARBOUR, environment, key).await?;
                let place = self.enrol(&data, key, index as u16, &code).await?;
                state.servers.insert(key.to_owned(), place);
                folder.write(state)?;
                say(format_args!(
                    "{key} of {environment} is enrolled, applications at http://{}",
                    place.public
                ));
            }
            let known = state.servers[key];
            if TcpListener::bind(known.api).is_err() {
                return Err(Failure::NotDone(format!(
                    "{key}: another program listens at {}, where {environment}'s controller looks for it. End that \
                     program, or start a demo of its own with --data.",
                    known.api
                )));
            }
            let place = Place { public: free_or_other(known.public)?, api: known.api };
            if place.public != known.public {
                say(format_args!(
                    "{key}: port {} is taken, so applications are at http://{}",
                    known.public.port(),
                    place.public
                ));
            }
            state.servers.insert(key.to_owned(), place);
            folder.write(state)?;
            let server = Server {
                key,
                program: self.programs.platform.clone(),
                data,
                console: self.console.clone(),
                place,
                ending: self.ending.clone(),
            };
            self.tasks.spawn(server.keep());
            listens(place).await;
            drop(choosing);
        }
        self.tasks.close();
        Ok(())
    }

    async fn enrol(&self, data: &Path, key: &str, index: u16, code: &str) -> Result<Place, Failure> {
        // What an enrolment that was broken off left.
        if data.exists() {
            std::fs::remove_dir_all(data).map_err(|error| format!("{}: {error}.", data.display()))?;
        }
        std::fs::create_dir_all(data).map_err(|error| format!("{}: {error}.", data.display()))?;
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let place = Place {
            public: free_or_other(local(FIRST_PUBLIC + index))?,
            api: free_or_other(local(FIRST_API + index))?,
        };
        let output = Command::new(&self.programs.platform)
            .arg("enrol")
            .args(["--console", &self.console])
            .arg("--data")
            .arg(data)
            .args(["--listen", &place.public.to_string()])
            .args(["--api-listen", &place.api.to_string()])
            // Not on the command line, where every account of the machine could read it.
            .env("TOWPATH_ENROLMENT_CODE", code)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .map_err(|error| format!("{} cannot be started: {error}.", self.programs.platform.display()))?;
        if output.status.success() {
            return Ok(place);
        }
        let text = String::from_utf8_lossy(&output.stderr);
        Err(Failure::NotDone(format!("{key} could not enrol: {}", text.trim())))
    }

    /// Ends all, and waits until they have.
    pub async fn stop(&self) {
        self.ending.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// One of them.
struct Server {
    key: &'static str,
    program: PathBuf,
    data: PathBuf,
    console: String,
    place: Place,
    ending: CancellationToken,
}

impl Server {
    /// Runs it until the demo ends.
    async fn keep(mut self) {
        let mut pause = PAUSE.0;
        while !self.ending.is_cancelled() {
            let began = tokio::time::Instant::now();
            let reason = match self.spawn() {
                Ok(mut child) => {
                    // `wait` would close it, and the server would end.
                    let input = child.stdin.take();
                    tokio::select! {
                        status = child.wait() => status.map_or_else(|error| error.to_string(), |status| status.to_string()),
                        () = self.ending.cancelled() => return self.end(child, input).await,
                    }
                }
                Err(error) => error.to_string(),
            };
            if began.elapsed() >= STEADY {
                pause = PAUSE.0;
            }
            let log = self.data.join("output.log");
            let seconds = pause.as_secs_f32();
            say(format_args!(
                "{} ended ({reason}) and starts again in {seconds} s; its log is {}",
                self.key,
                log.display()
            ));
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.ending.cancelled() => return,
            }
            pause = (pause * 2).min(PAUSE.1);
            // Another program may have taken the port while the server was not there. Its Server.API stays where the controller
            // looks for it, and is waited for.
            if let Ok(public) = free_or_other(self.place.public) {
                self.place.public = public;
            }
        }
    }

    fn spawn(&self) -> std::io::Result<Child> {
        let log = File::options().create(true).append(true).open(self.data.join("output.log"))?;
        Command::new(&self.program)
            .arg("run")
            .arg("--data")
            .arg(&self.data)
            .args(["--console", &self.console])
            .args(["--listen", &self.place.public.to_string()])
            .args(["--api-listen", &self.place.api.to_string()])
            .arg("--stop-on-stdin-close")
            // Held open: it closes even if this program is killed, and the server ends with it.
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            // Ctrl+C at the terminal reaches this program alone, which ends the others in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
    }

    async fn end(&self, mut child: Child, input: Option<ChildStdin>) {
        drop(input);
        if tokio::time::timeout(GRACE, child.wait()).await.is_err() {
            say(format_args!("{} did not end in time and is ended by force.", self.key));
            let _ = child.kill().await;
        }
    }
}

/// The address if its port is free, else the same some steps further. Ports that the system gives to outgoing connections
/// (from 32768 on, on Linux) are left alone: one could be taken before the server listens.
fn free_or_other(wanted: SocketAddr) -> Result<SocketAddr, Failure> {
    let port = |step: u16| wanted.port().checked_add(step * seed::SERVERS.len() as u16);
    let mut candidates = (0..STEPS).filter_map(port).map(|port| SocketAddr::new(wanted.ip(), port));
    candidates.find(|candidate| TcpListener::bind(candidate).is_ok()).ok_or_else(|| {
        Failure::NotDone(format!(
            "No free port from {wanted} on: {STEPS} were tried. End what listens there."
        ))
    })
}

/// Waits its turn to choose ports, among all demos of this machine.
async fn choosing_ports() -> Result<File, Failure> {
    let path = std::env::temp_dir().join("towpath-demo-ports.lock");
    let waited = tokio::task::spawn_blocking(move || {
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        file.and_then(|file| file.lock().map(|()| file))
            .map_err(|error| format!("{}: {error}.", path.display()))
    });
    Ok(waited.await.map_err(|error| error.to_string())??)
}

/// Waits until a server listens at its place, or is late; what became of it then, its reports tell.
async fn listens(place: Place) {
    let until = tokio::time::Instant::now() + LISTENS;
    for address in [place.public, place.api] {
        while tokio::net::TcpStream::connect(address).await.is_err() && tokio::time::Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
