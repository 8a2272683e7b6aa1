//! The smallest process module: what `docs/package-format.md` asks of a process and nothing more. The tests put it into
//! packages and let it misbehave by its arguments.
//!
//! - `exit`: writes a line and ends before it is ready
//! - `never-ready`: answers 503 on `/healthz`
//! - `slow-ready`: answers 503 on `/healthz` for the first two seconds
//! - `/crash` ends the process, `/slow` answers after a while, `/hang` hardly ever, `/echo` answers with what arrived,
//!   `/door` with what its secret setting is, `/limits` with what the system says of its limits, `/allocate` once it has 200 MB more

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

fn serve(mut stream: TcpStream, word: &str, began: Instant) -> std::io::Result<()> {
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
    write!(stream, "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{text}", text.len())
}
