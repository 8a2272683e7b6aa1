//! The matrix page of the real program, asked as a browser asks it: signed in, over a kept-alive connection.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::load::{Connection, header};
use crate::{Failed, seed};

/// A server of its own process. It ends with this value.
pub struct Served {
    process: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Served {
    /// Starts a program that prints its address `http://127.0.0.1:<port>` when it is ready.
    ///
    /// # Errors
    /// The program cannot be started, or ended without an address.
    pub fn start(command: &mut Command) -> Result<Self, Failed> {
        let mut process =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut lines = BufReader::new(process.stdout.take().ok_or("no output")?).lines();
        while let Some(line) = lines.next().transpose()? {
            if let Some(found) = line.split("http://").nth(1) {
                let address = found.trim_end_matches(|last: char| !last.is_ascii_digit());
                let address = address.parse().map_err(|_| format!("no address: {line}"))?;
                // What it prints later is read too, or it would wait for a reader.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(Self { process, address });
            }
        }
        process.wait()?;
        Err(format!("{command:?} ended before it listened").into())
    }
}

impl Served {
    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// `towpath serve` on the data folder.
///
/// # Errors
/// See [`Served::start`].
pub fn console(folder: &Path) -> Result<Served, Failed> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(folder);
    // The level that an installation runs with.
    command.env("RUST_LOG", "warn");
    Served::start(&mut command)
}

/// Signs in, and gives the request for the matrix page with the session in it, and the session's cookie.
///
/// # Errors
/// The console refuses to sign in.
pub async fn signed_in(address: SocketAddr) -> Result<(Vec<u8>, String), Failed> {
    let form = format!("username={}&password={}", seed::USERNAME, seed::PASSWORD.replace(' ', "+"));
    let sign_in = format!(
        "POST /sign-in HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let answer = Connection::open(address).await?.ask(sign_in.as_bytes()).await?;
    let cookie = answer
        .head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
        .filter_map(|(_, value)| value.trim().split(';').next())
        .find(|cookie| cookie.starts_with("towpath="))
        .ok_or_else(|| {
            format!("cannot sign in: {}", header(&answer.head, "location").unwrap_or(&answer.head))
        })?
        .to_owned();
    let home = format!("/i/{}", seed::INFRASTRUCTURE);
    Ok((request(address, &cookie, &home), cookie))
}

/// The request of a browser for a page.
pub fn request(address: SocketAddr, cookie: &str, path: &str) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\nSec-Fetch-Site: none\r\nAccept: text/html\r\n\r\n"
    )
    .into_bytes()
}
