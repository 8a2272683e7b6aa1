//! The Platform Servers of the demo: child processes that end with it, and are started again if they end by themselves.

use super::folder::{Folder, Place, State};
use super::{say, seed};
use crate::cli::Failure;
use operations::{Caller, Console};
use std::collections::BTreeMap;
use std::fs::File;
use std::net::{IpAddr, SocketAddr, TcpListener};
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
/// How long the other demos of this machine are waited for, at most, before a server's ports are chosen.
const TURN: Duration = Duration::from_secs(30);
/// How long a Platform Server may take to end: longer than it waits itself for requests and for its applications, whose processes
/// would outlive it otherwise.
const GRACE: Duration = Duration::from_secs(18);
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
    /// The console's own host.
    host: IpAddr,
    ending: CancellationToken,
    tasks: TaskTracker,
}

impl Fleet {
    /// For a console that listens at an address.
    pub fn new(programs: Programs, console: SocketAddr) -> Self {
        let (host, console) = (console.ip(), format!("http://{console}"));
        Self { programs, console, host, ending: CancellationToken::new(), tasks: TaskTracker::new() }
    }

    /// Enrols those that have not, and starts all.
    pub async fn start(
        &self,
        console: &Console,
        local: &Caller,
        folder: &Folder,
        state: &mut State,
    ) -> Result<(), Failure> {
        // The controller of each environment, which is the first of its servers.
        let mut controllers = BTreeMap::new();
        for (index, (environment, key, _, is_controller)) in seed::SERVERS.into_iter().enumerate() {
            let data = folder.server(key);
            let home = own_host(self.host, index as u8);
            // Held until the server listens: another demo that starts now would choose the same ports.
            let choosing = choosing_ports().await;
            if !state.servers.contains_key(key) {
                let code = console.enrolment_code(local, seed::HARBOUR, environment, key).await?;
                let place = self.enrol(&data, key, (home, index as u16), &code).await?;
                state.servers.insert(key.to_owned(), place);
                folder.write(state)?;
                say(format_args!(
                    "{key} of {environment} is enrolled, applications at http://{}",
                    place.public
                ));
            }
            let place = settled(key, state.servers[key], home)?;
            state.servers.insert(key.to_owned(), place);
            folder.write(state)?;
            let controller = *controllers.entry(environment).or_insert(place.api);
            let controller = (!is_controller).then_some(controller);
            let server = Server {
                key,
                program: self.programs.platform.clone(),
                data,
                console: self.console.clone(),
                place,
                controller,
                ending: self.ending.clone(),
            };
            self.tasks.spawn(server.keep());
            listens(place).await;
            drop(choosing);
        }
        self.tasks.close();
        Ok(())
    }

    async fn enrol(
        &self,
        data: &Path,
        key: &str,
        (home, index): (IpAddr, u16),
        code: &str,
    ) -> Result<Place, Failure> {
        // What an enrolment that was broken off left.
        if data.exists() {
            std::fs::remove_dir_all(data).map_err(|error| format!("{}: {error}.", data.display()))?;
        }
        std::fs::create_dir_all(data).map_err(|error| format!("{}: {error}.", data.display()))?;
        let place = Place {
            public: free_or_other(SocketAddr::new(home, FIRST_PUBLIC + index))?,
            api: free_or_other(SocketAddr::new(home, FIRST_API + index))?,
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
            // Ctrl+C at the terminal ends the demo, which ends this; it is no failure of the enrolment.
            .process_group(0)
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
    /// Where the Server.API of its environment's controller is, until the server was told so once.
    controller: Option<SocketAddr>,
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
            // Another program may have taken a port while the server was not there.
            if let Ok(place) = settled(self.key, self.place, self.place.public.ip()) {
                self.place = place;
            }
        }
    }

    fn spawn(&mut self) -> std::io::Result<Child> {
        let log = File::options().create(true).append(true).open(self.data.join("output.log"))?;
        let mut command = Command::new(&self.program);
        command.arg("run");
        if let Some(controller) = self.controller.take() {
            // Both may have moved since the demo ran last, and then neither would find the other.
            command.args(["--controller-address", &format!("http://{controller}")]);
        }
        command
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

/// A loopback address of a server's own, where the system has more than one (Linux does): cookies know no ports, so at the
/// console's own address a browser would send the console's session along to the applications, and those of one environment to
/// those of the next.
fn own_host(console: IpAddr, index: u8) -> IpAddr {
    let host = |last: u8| IpAddr::from([127, 0, 0, last]);
    let servers = seed::SERVERS.len() as u8;
    let candidates = [host(2 + index), host(2 + index + servers)];
    let own = candidates.into_iter().find(|own| *own != console && TcpListener::bind((*own, 0)).is_ok());
    own.unwrap_or(host(1))
}

/// Where a server listens at this start: where it did, as long as it is its own host and nobody has taken the ports. Both addresses
/// may change: it tells its controller, or its front-ends, by itself.
fn settled(key: &str, known: Place, home: IpAddr) -> Result<Place, Failure> {
    let at_home = |known: SocketAddr| SocketAddr::new(home, known.port());
    let place =
        Place { public: free_or_other(at_home(known.public))?, api: free_or_other(at_home(known.api))? };
    let taken = |known: SocketAddr, new: SocketAddr| known.port() != new.port();
    if taken(known.public, place.public) {
        let (port, public) = (known.public.port(), place.public);
        say(format_args!(
            "{key}: port {port} is taken by another program, so applications are at http://{public}"
        ));
    } else if known.public != place.public {
        say(format_args!("{key}: applications are at http://{} from now on", place.public));
    }
    if taken(known.api, place.api) {
        let (port, api) = (known.api.port(), place.api);
        say(format_args!("{key}: port {port} is taken by another program, so Server.API is at http://{api}"));
    }
    Ok(place)
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

/// Waits its turn to choose ports, among the demos of this machine. It is a courtesy: where the file cannot be used, or somebody
/// keeps it, the demo goes on, and a port that was taken meanwhile is found out at the next start of the server.
async fn choosing_ports() -> Option<File> {
    let path = std::env::temp_dir().join("towpath-demo-ports.lock");
    // Made only if nothing is there, so that no link leads it elsewhere; another account's is good for a lock too.
    let made = File::options().write(true).create_new(true).open(&path);
    let file = match made {
        Ok(file) => file,
        Err(_) if path.symlink_metadata().is_ok_and(|there| there.is_file()) => File::open(&path).ok()?,
        Err(_) => return None,
    };
    let until = tokio::time::Instant::now() + TURN;
    while tokio::time::Instant::now() < until {
        if file.try_lock().is_ok() {
            return Some(file);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    None
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_server_is_at_the_consoles_own_host_where_the_system_has_others() {
        let more = TcpListener::bind("127.0.0.2:0").is_ok();
        for console in ["127.0.0.1", "127.0.0.2", "127.0.0.4", "::1", "192.0.2.1"] {
            let console: IpAddr = console.parse().unwrap();
            let hosts: Vec<IpAddr> =
                (0..seed::SERVERS.len()).map(|index| own_host(console, index as u8)).collect();
            for (index, host) in hosts.iter().enumerate() {
                assert!(host.is_loopback());
                if more {
                    assert_ne!(*host, console);
                    assert!(!hosts[..index].contains(host), "{hosts:?}");
                }
            }
        }
    }

    #[test]
    fn a_port_that_was_taken_is_left_to_who_has_it() {
        let home = own_host(IpAddr::from([127, 0, 0, 1]), 0);
        let taken = TcpListener::bind((home, 0)).unwrap();
        let known = Place { public: taken.local_addr().unwrap(), api: taken.local_addr().unwrap() };
        let place = settled("dev-1", known, home).unwrap_or_else(|failure| panic!("{failure}"));
        assert!(place.public != known.public && place.api != known.api);
        assert_eq!(place.public.ip(), home);
    }
}
