//! The smallest process module: what `docs/package-format.md` asks of a process and nothing more. The tests put it into
//! packages and let it misbehave by its arguments.
//!
//! - `exit`: writes a line and ends before it is ready
//! - `never-ready`: answers 503 on `/healthz`
//! - `slow-ready`: answers 503 on `/healthz` for the first two seconds
//! - `/crash` ends the process, `/slow` answers after a while, `/hang` hardly ever, `/echo` answers with what arrived,
//!   `/door` with what its secret setting is, `/limits` with what the system says of its limits, `/allocate` once it has 200 MB more
//! - `/tasks/tidy` and `/jobs/letter` write a line about each call into the file `calls` of the data folder, wait as long as there is a file
//!   `hold`, and a job fails as often as its body says: `{"fails":2}`
//! - `/desk/jobs` and `/desk/emails` hand their body over to the Platform Server, `/stranger/jobs` without the token

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

fn main() -> std::io::Result<()> {
    let word = std::env::args().nth(1).unwrap_or_default();
    println!("small service begins");
    if word == "exit" {
        eprintln!("no water in the basin");
        std::process::exit(3);
    }
    let began = Instant::now();
    let listener = TcpListener::bind(std::env::var("TOWPATH_ADDRESS").unwrap_or_default())?;
    for stream in listener.incoming() {
        let (stream, word) = (stream?, word.clone());
        std::thread::spawn(move || serve(stream, &word, began));
    }
    Ok(())
}

fn serve(stream: TcpStream, word: &str, began: Instant) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let base = std::env::var("TOWPATH_BASE_PATH").unwrap_or_default();
    let target = head.split(' ').nth(1).unwrap_or("/").to_owned();
    let (status, text) =
        match target.split('?').next().and_then(|path| path.strip_prefix(&base)).unwrap_or("outside") {
            "/healthz" if word == "never-ready" => ("503 Not Ready", String::new()),
            "/healthz" if word == "slow-ready" && began.elapsed() < Duration::from_secs(2) => {
                ("503 Not Ready", String::new())
            }
            "/healthz" => ("200 OK", String::new()),
            "/crash" => std::process::exit(7),
            "/hang" => {
                println!("asked to hang");
                std::thread::sleep(Duration::from_secs(60));
                ("200 OK", String::new())
            }
            "/slow" => {
                std::thread::sleep(Duration::from_millis(700));
                ("200 OK", "slow".to_owned())
            }
            "/limits" => ("200 OK", std::fs::read_to_string("/proc/self/limits").unwrap_or_default()),
            "/allocate" => {
                let much = std::hint::black_box(vec![1_u8; 200 << 20]);
                ("200 OK", format!("{} bytes", much.len()))
            }
            "/tasks/tidy" => {
                called(&head, "timer", &["towpath-key", "towpath-timer", "towpath-occurrence"], "")
            }
            "/jobs/letter" => {
                let body = String::from_utf8_lossy(&body).into_owned();
                called(&head, "job", &["towpath-key", "towpath-job", "towpath-try"], &body)
            }
            path @ ("/desk/jobs" | "/desk/emails" | "/stranger/jobs") => {
                let token = std::env::var("TOWPATH_PLATFORM_TOKEN").unwrap_or_default();
                let token = if path.starts_with("/desk") { token.as_str() } else { "stranger" };
                match hand_over(path.rsplit('/').next().unwrap_or_default(), token, &body) {
                    Ok((status, text)) => return answer(stream, &status, &text),
                    Err(error) => ("500 Internal Server Error", error.to_string()),
                }
            }
            "/door" => ("200 OK", std::env::var("TOWPATH_SETTING_DOOR").unwrap_or_default()),
            "/echo" => ("200 OK", format!("{head}{}", String::from_utf8_lossy(&body))),
            "/" => {
                let of = |name: &str| std::env::var(name).unwrap_or_default();
                let text = format!(
                    "{} {} {} {} pid={}",
                    of("TOWPATH_APPLICATION"),
                    of("TOWPATH_VERSION"),
                    of("TOWPATH_ENVIRONMENT"),
                    of("TOWPATH_SETTING_HARBOUR"),
                    std::process::id()
                );
                ("200 OK", text)
            }
            _ => ("404 Not Found", String::new()),
        };
    answer(stream, status, &text)
}

fn answer(mut stream: TcpStream, status: &str, text: &str) -> std::io::Result<()> {
    let length = text.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: {length}\r\n\r\n{text}"
    )
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let named = |line: &'a str| line.split_once(':').filter(|(found, _)| found.eq_ignore_ascii_case(name));
    head.lines().find_map(named).map_or("-", |(_, value)| value.trim())
}

/// Writes down a call of the scheduler and does as long and as well as it is told.
fn called(head: &str, kind: &str, names: &[&str], body: &str) -> (&'static str, String) {
    let data = std::path::PathBuf::from(std::env::var("TOWPATH_DATA").unwrap_or_default());
    let said: Vec<&str> = names.iter().map(|name| header(head, name)).collect();
    let line = format!("{kind} {} {body}\n", said.join(" "));
    let mut options = std::fs::OpenOptions::new();
    let noted = options
        .create(true)
        .append(true)
        .open(data.join("calls"))
        .and_then(|mut file| file.write_all(line.as_bytes()));
    if let Err(error) = noted {
        return ("500 Internal Server Error", error.to_string());
    }
    while data.join("hold").exists() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let fails = body
        .split_once("\"fails\":")
        .and_then(|(_, rest)| rest.get(..1))
        .and_then(|digit| digit.parse().ok());
    let attempt: u32 = header(head, "towpath-try").parse().unwrap_or(1);
    if attempt <= fails.unwrap_or(0) {
        return ("500 Internal Server Error", "no ink".to_owned());
    }
    ("200 OK", String::new())
}

/// Posts to the Platform Server's desk; its status line and body.
fn hand_over(what: &str, token: &str, body: &[u8]) -> std::io::Result<(String, String)> {
    let address = std::env::var("TOWPATH_PLATFORM").unwrap_or_default();
    let host = address.trim_start_matches("http://");
    let mut desk = TcpStream::connect(host)?;
    let length = body.len();
    write!(
        desk,
        "POST /{what} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         connection: close\r\ncontent-length: {length}\r\n\r\n"
    )?;
    desk.write_all(body)?;
    let mut text = String::new();
    desk.read_to_string(&mut text)?;
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_default();
    let status =
        head.lines().next().and_then(|line| line.split_once(' ')).map_or("500", |(_, status)| status);
    Ok((status.to_owned(), body.to_owned()))
}
