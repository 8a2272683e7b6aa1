//! A throw-away PostgreSQL, reached by a Unix socket in a temporary folder. A keeper, a small shell in a process group of its own, waits for
//! the end of the test process, however that comes, then stops the server and removes the folder.

use super::PATIENCE;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tokio_postgres::{Client, NoTls};

/// The password of the role that makes schemas, which may make roles and owns its database, and nothing more.
pub const PASSWORD: &str = "seven-grey-herons";
/// The name of a Unix socket has at most 107 bytes.
const SOCKET_FOLDER: usize = 60;

const KEEPER: &str = r#"
"$@" >"$FOLDER/log" 2>&1 </dev/null &
server=$!
cat >/dev/null
kill -QUIT "$server" 2>/dev/null
wait "$server"
rm -rf "$FOLDER"
"#;

pub struct Postgres {
    folder: PathBuf,
    /// Its standard input ends with this process, which tells it to clear away.
    keeper: Child,
}

impl Postgres {
    pub async fn start() -> Self {
        let programs = programs().expect("PostgreSQL's server programs: install the package postgresql");
        let temporary = std::env::temp_dir();
        let short = temporary.as_os_str().len() <= SOCKET_FOLDER;
        let temporary = if short { temporary } else { PathBuf::from("/tmp") };
        let folder = tempfile::Builder::new().prefix("towpath-pg-").tempdir_in(temporary).unwrap();
        // PostgreSQL does not run as root.
        let other = (id(&["-u"]) == Some(0)).then(|| {
            let of = |name: &str| Some((id(&["-u", name])?, id(&["-g", name])?));
            of("postgres")
                .or_else(|| of("nobody"))
                .expect("a user for PostgreSQL, which does not run as root")
        });
        if let Some((user, group)) = other {
            chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        // The Platform Server and its processes reach the socket as whoever runs the tests.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let data = folder.path().join("data");
        let made = as_user(other, &programs.join("initdb"))
            .arg("-D")
            .arg(&data)
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"])
            .args(["--no-instructions", "--wal-segsize=1"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(made.status.success(), "initdb failed: {}", String::from_utf8_lossy(&made.stderr));
        let rules = "local all postgres trust\nlocal all all scram-sha-256\n";
        std::fs::write(data.join("pg_hba.conf"), rules).unwrap();
        let server = as_user(other, &programs.join("postgres"));
        let keeper = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(server.get_program())
            .args(server.get_args())
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(folder.path())
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off"])
            .args(["-c", "shared_buffers=16MB", "-c", "autovacuum=off", "-c", "log_statement=all"])
            .env("FOLDER", folder.path())
            .current_dir(folder.path())
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let postgres = Self { folder: folder.keep(), keeper };
        let began = std::time::Instant::now();
        let client = loop {
            match postgres.try_client("postgres").await {
                Ok(client) => break client,
                Err(error) => assert!(began.elapsed() < PATIENCE, "{error}: {}", postgres.log()),
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        };
        let made = format!("CREATE ROLE keeper LOGIN CREATEROLE PASSWORD '{PASSWORD}'");
        client.batch_execute(&made).await.unwrap();
        client.batch_execute("CREATE DATABASE apps OWNER keeper").await.unwrap();
        postgres
    }

    /// The address for `--databases`.
    pub fn address(&self) -> String {
        let host = self.folder.to_string_lossy().replace('%', "%25").replace('/', "%2F");
        format!("postgres://keeper@{host}/apps")
    }

    async fn try_client(&self, database: &str) -> Result<Client, tokio_postgres::Error> {
        let mut config = tokio_postgres::Config::new();
        let (client, connection) =
            config.host_path(&self.folder).user("postgres").dbname(database).connect(NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// A connection of the superuser.
    pub async fn client(&self) -> Client {
        self.try_client("apps").await.unwrap()
    }

    /// What the server has written, every statement among it.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

fn id(args: &[&str]) -> Option<u32> {
    let answer = Command::new("id").args(args).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(answer.stdout).ok()?.trim().parse().ok()
}

fn as_user(other: Option<(u32, u32)>, program: &Path) -> Command {
    let Some((user, group)) = other else { return Command::new(program) };
    let mut command = Command::new("setpriv");
    command.arg(format!("--reuid={user}")).arg(format!("--regid={group}")).arg("--clear-groups").arg(program);
    command
}

/// The folder of PostgreSQL's server programs: on the path, else the newest of Debian's.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut installed: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    installed.sort_unstable_by(|a, b| b.cmp(a));
    let all = std::env::split_paths(&path).chain(installed.into_iter().map(|(_, folder)| folder));
    let both = |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    // Links are followed, since the programs look for their own files beside them.
    let follow = |folder: PathBuf| Some(folder.join("initdb").canonicalize().ok()?.parent()?.to_owned());
    all.into_iter().find(both).and_then(follow)
}
