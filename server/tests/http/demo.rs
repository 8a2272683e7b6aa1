//! `towpath demo` with real processes: Ctrl+C, a Platform Server that is killed, ports that somebody else has.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(150);

/// A demo in a process group of its own, as a terminal starts it, and what it printed.
struct Demo {
    child: Child,
    printed: Arc<Mutex<Vec<String>>>,
}

fn keep_lines(from: impl Read + Send + 'static, to: Arc<Mutex<Vec<String>>>) {
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            to.lock().unwrap().push(line);
        }
    });
}

impl Demo {
    fn start(data: &Path, listen: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_towpath"))
            .args(["demo", "--listen", listen, "--data"])
            .arg(data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let printed = Arc::default();
        keep_lines(child.stdout.take().unwrap(), Arc::clone(&printed));
        keep_lines(child.stderr.take().unwrap(), Arc::clone(&printed));
        Self { child, printed }
    }

    /// Waits for a line that begins so.
    fn says(&mut self, begin: &str) -> String {
        let began = Instant::now();
        loop {
            let printed = self.printed.lock().unwrap().clone();
            if let Some(line) = printed.iter().find(|line| line.starts_with(begin)) {
                return line.clone();
            }
            let over = self.child.try_wait().unwrap().is_some() || began.elapsed() > PATIENCE;
            assert!(!over, "“{begin}” was not said: {printed:#?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What it said so far.
    fn said(&self, begin: &str) -> Vec<String> {
        self.printed.lock().unwrap().iter().filter(|line| line.starts_with(begin)).cloned().collect()
    }

    /// Ctrl+C: SIGINT to its whole process group.
    fn interrupt(&mut self) -> ExitStatus {
        kill("INT", &format!("-{}", self.child.id()));
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(began.elapsed() < PATIENCE, "it does not end: {:#?}", self.printed.lock().unwrap());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // Its Platform Servers end by themselves when it is gone.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn kill(signal: &str, whom: &str) {
    assert!(Command::new("kill").args(["-s", signal, "--", whom]).status().unwrap().success());
}

/// The processes that name this folder on their command line or in their environment.
fn processes_of(folder: &Path) -> Vec<(u32, String)> {
    let name = folder.as_os_str().as_encoded_bytes();
    let names = |bytes: &[u8]| bytes.windows(name.len()).any(|part| part == name);
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
        if names(&line) || names(&environment) {
            found.push((pid, String::from_utf8_lossy(&line).replace('\0', " ")));
        }
    }
    found
}

/// Where each server listens: applications, Server.API.
fn places(data: &Path) -> Vec<(String, SocketAddr, SocketAddr)> {
    let state: Value = serde_json::from_slice(&std::fs::read(data.join("demo.json")).unwrap()).unwrap();
    let address = |place: &Value, name: &str| place[name].as_str().unwrap().parse().unwrap();
    let servers = state["servers"].as_object().unwrap();
    servers
        .iter()
        .map(|(key, place)| (key.clone(), address(place, "public"), address(place, "api")))
        .collect()
}

fn answers(address: SocketAddr, path: &str) {
    let began = Instant::now();
    loop {
        let mut answer = String::new();
        if let Ok(mut stream) = std::net::TcpStream::connect(address) {
            let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
            std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
            let _ = stream.read_to_string(&mut answer);
        }
        if answer.starts_with("HTTP/1.1 200") {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "http://{address}{path} does not answer: {answer}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_demo_from_its_first_start_to_its_last_process() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    // The console's port is taken: the next free one is, and it is said.
    let console = TcpListener::bind("127.0.0.1:0").unwrap();
    let wanted = console.local_addr().unwrap();
    let mut demo = Demo::start(data, &wanted.to_string());
    let ready = demo.says("Towpath is ready: http://127.0.0.1:");
    assert!(!ready.ends_with(&format!(":{}", wanted.port())), "{ready}");
    let moved = demo.says(&format!("Port {} is taken by another program, so this is ", wanted.port()));
    assert!(
        ready.ends_with(&format!(":{}", moved.rsplit(' ').next().unwrap().trim_end_matches('.'))),
        "{moved} {ready}"
    );
    drop(console);

    // No application is opened at the console's own host, to which the browser sends the session.
    let first = places(data);
    assert_eq!(first.len(), 5);
    if TcpListener::bind("127.0.0.2:0").is_ok() {
        for (key, public, _) in &first {
            assert_ne!(public.ip(), wanted.ip(), "{key}");
            assert_eq!(first.iter().filter(|(_, other, _)| other.ip() == public.ip()).count(), 1, "{key}");
        }
    }
    let of = |places: &[(String, SocketAddr, SocketAddr)], key: &str| {
        let (_, public, api) = places.iter().find(|(name, _, _)| name == key).unwrap().clone();
        (public, api)
    };
    let (public, _) = of(&first, "dev-1");
    answers(public, "/tides/");

    // A Platform Server that is killed starts again, each time a little later, and this is said.
    for pause in ["0.5", "1"] {
        let own = data.join("servers").join("dev-1");
        let mark = format!("--data {} ", own.display());
        let (pid, _) = processes_of(&own).into_iter().find(|(_, line)| line.contains(&mark)).unwrap();
        kill("KILL", &pid.to_string());
        demo.says(&format!("dev-1 ended (signal: 9 (SIGKILL)) and starts again in {pause} s; its log is "));
        answers(public, "/tides/");
    }
    assert_eq!(demo.said("dev-1 ended").len(), 2);

    // Ctrl+C ends everything.
    let ended = demo.interrupt();
    assert!(ended.success(), "{ended}: {:#?}", demo.printed.lock().unwrap());
    assert_eq!(demo.said("Ending: ").len(), 1);
    assert_eq!(processes_of(data), []);

    // Somebody else has ports at the next start: of applications, of a controller and of its other front-end.
    let (dev, _) = of(&first, "dev-1");
    let ((_, controller), (_, member)) = (of(&first, "prod-1"), of(&first, "prod-2"));
    let taken = [dev, controller, member].map(|address| TcpListener::bind(address).unwrap());
    let mut demo = Demo::start(data, "127.0.0.1:0");
    demo.says("Towpath is ready: ");
    assert_eq!(demo.said("Not heard of yet"), Vec::<String>::new());
    let second = places(data);
    for (key, port, what, now) in [
        ("dev-1", dev.port(), "applications are", of(&second, "dev-1").0),
        ("prod-1", controller.port(), "Server.API is", of(&second, "prod-1").1),
        ("prod-2", member.port(), "Server.API is", of(&second, "prod-2").1),
    ] {
        let sentence = format!("{key}: port {port} is taken by another program, so {what} at http://{now}");
        assert_eq!(demo.said(&format!("{key}: ")), [sentence]);
        assert_ne!(now.port(), port);
    }
    answers(of(&second, "dev-1").0, "/tides/");
    assert!(demo.interrupt().success());
    assert_eq!(processes_of(data), []);
    drop(taken);
}

#[test]
fn a_taken_port_of_the_console_is_one_sentence_that_names_the_option() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_towpath"))
        .args(["serve", "--listen", &address, "--data"])
        .arg(folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let sentence = "cannot be listened on: another program uses it. Choose another address with --listen.";
    assert_eq!(said, format!("{address} {sentence}\n"));
    assert_eq!(output.status.code(), Some(1));
}
