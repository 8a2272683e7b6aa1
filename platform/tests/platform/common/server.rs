//! A real Platform Server in a folder of its own.

use super::console::Console;
use super::{PATIENCE, eventually};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

pub const BIN: &str = env!("CARGO_BIN_EXE_towpath-platform");

/// Enrols with a code into a folder.
pub async fn enrol(console: &Console, code: &str, data: &Path) -> Output {
    let arguments = ["enrol", "--console", &console.address, "--code", code, "--data"];
    Command::new(BIN).args(arguments).arg(data).output().await.unwrap()
}

pub struct Server {
    pub folder: TempDir,
    /// Where its applications are served.
    pub address: String,
    /// Where its Server.API answers.
    pub api: String,
    child: Option<Child>,
}

impl Server {
    /// Enrols server `number` of the console and starts it.
    pub async fn start(console: &Console, number: u32) -> Self {
        let mut server = Self::enrolled(console, number).await;
        server.run().await;
        server
    }

    /// Enrols server `number` of the console and leaves it at that.
    pub async fn enrolled(console: &Console, number: u32) -> Self {
        let folder = TempDir::new().unwrap();
        let output = enrol(console, &format!("code-{number}"), folder.path()).await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Self { folder, address: String::new(), api: String::new(), child: None }
    }

    /// Starts it again, in the same folder.
    pub async fn run(&mut self) {
        self.run_with(&[]).await;
    }

    /// Starts it again, in the same folder, with more arguments.
    pub async fn run_with(&mut self, more: &[&str]) {
        let mut child = Command::new(BIN)
            .args(["run", "--stop-on-stdin-close", "--data"])
            .arg(self.folder.path())
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = tokio::time::timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap();
        let line = first.expect("a running Platform Server says where it is");
        let words: Vec<&str> = line.split([' ', ',']).filter(|w| w.starts_with("http")).collect();
        (self.address, self.api) = (words[0].to_owned(), words[1].to_owned());
        self.child = Some(child);
    }

    /// SIGKILL.
    pub async fn kill(&mut self) {
        self.child.take().unwrap().kill().await.unwrap();
    }

    /// Sends it a signal, such as `STOP`.
    pub fn signal(&self, name: &str) {
        let pid = self.child.as_ref().and_then(Child::id).unwrap().to_string();
        let sent = std::process::Command::new("kill").args(["-s", name, &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits until it has ended in order.
    pub async fn ended(&mut self) {
        let mut child = self.child.take().unwrap();
        let status = tokio::time::timeout(PATIENCE, child.wait()).await.unwrap().unwrap();
        assert!(status.success(), "{status}");
    }

    /// Closes its standard input and waits until it has ended by itself.
    pub async fn end(&mut self) {
        let mut child = self.child.take().unwrap();
        drop(child.stdin.take());
        let status = tokio::time::timeout(PATIENCE, child.wait()).await.unwrap().unwrap();
        assert!(status.success());
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Whether a text stands anywhere in a column of its Platform catalog.
    pub fn keeps(&self, table: &str, column: &str, text: &str) -> bool {
        let sql = format!("SELECT count(*) FROM {table} WHERE {column} LIKE '%' || ?1 || '%'");
        let found: i64 = self.catalog("platform.sqlite").query_row(&sql, [text], |row| row.get(0)).unwrap();
        found > 0
    }

    /// Whether a text stands in any line of its Log catalog.
    pub fn has_written(&self, text: &str) -> bool {
        let sql = "SELECT count(*) FROM lines WHERE text LIKE '%' || ?1 || '%'";
        let found: i64 = self.catalog("log.sqlite").query_row(sql, [text], |row| row.get(0)).unwrap();
        found > 0
    }

    pub fn catalog(&self, name: &str) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path(name)).unwrap()
    }

    /// Where it believes its controller to be.
    pub fn controller_address(&self) -> String {
        let sql = "SELECT api_address FROM controller";
        self.catalog("platform.sqlite").query_row(sql, [], |row| row.get(0)).unwrap_or_default()
    }

    /// The keys of all activations, in order.
    pub fn activations(&self) -> Vec<String> {
        let catalog = self.catalog("platform.sqlite");
        let mut select = catalog.prepare("SELECT key FROM activations ORDER BY at").unwrap();
        let rows = select.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    /// The processes that it noted.
    pub fn pids(&self) -> Vec<u32> {
        let catalog = self.catalog("platform.sqlite");
        let mut select = catalog.prepare("SELECT pid FROM processes").unwrap();
        let rows = select.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    /// What a module wrote, and what was noted about it.
    pub async fn wrote(&self, text: &str) {
        eventually(&format!("“{text}” in the log"), async || {
            let catalog = self.catalog("log.sqlite");
            let sql = "SELECT count(*) FROM lines WHERE text LIKE '%' || ?1 || '%'";
            let count: i64 = catalog.query_row(sql, [text], |row| row.get(0)).unwrap();
            (count > 0).then_some(())
        })
        .await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // What a killed Platform Server leaves behind must not outlive the test.
        if self.child.is_none() {
            for pid in self.pids() {
                let _ = std::process::Command::new("kill").args(["-9", "--", &format!("-{pid}")]).status();
            }
        } else if let Some(mut child) = self.child.take() {
            drop(child.stdin.take());
            for _ in 0..400 {
                if child.try_wait().is_ok_and(|ended| ended.is_some()) {
                    return;
                }
                std::thread::sleep(std::time::Duration::from_millis(25));
            }
        }
    }
}

pub fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}
