//! A sample process module: an HTTP server with nothing but the standard library. It reads where to listen and what it is
//! from the environment that a Platform Server gives to a process (`docs/package-format.md`).

mod page;
mod tide;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Longest head of a request, bytes.
const HEAD_BYTES: u64 = 16 << 10;

/// What the Platform Server says about this process.
pub struct About {
    /// The virtual directory, such as `/tides`; empty at the root.
    pub base: String,
    /// Name of the application.
    pub name: String,
    /// The version number, or `0.0.0` where the release has none.
    pub version: String,
    /// The environment's name.
    pub environment: String,
    /// The front-end's name.
    pub server: String,
    /// The release, a SHA-256.
    pub release: String,
    /// The setting `harbour`.
    pub harbour: String,
}

fn variable(name: &str, otherwise: &str) -> String {
    std::env::var(name).ok().filter(|v| !v.is_empty()).unwrap_or_else(|| otherwise.to_owned())
}

fn main() -> std::io::Result<()> {
    let about = Arc::new(About {
        base: variable("TOWPATH_BASE_PATH", ""),
        name: variable("TOWPATH_APPLICATION_NAME", "Tides"),
        version: variable("TOWPATH_VERSION", "0.0.0"),
        environment: variable("TOWPATH_ENVIRONMENT", ""),
        server: variable("TOWPATH_SERVER", ""),
        release: variable("TOWPATH_RELEASE", ""),
        harbour: variable("TOWPATH_SETTING_HARBOUR", "Lockhaven"),
    });
    let listener = TcpListener::bind(variable("TOWPATH_ADDRESS", "127.0.0.1:0"))?;
    println!("Tides {} listens on {}", about.version, listener.local_addr()?);
    for stream in listener.incoming() {
        let about = Arc::clone(&about);
        // One thread for each connection is enough for a sample: the Platform Server bounds how many there are.
        std::thread::spawn(move || {
            if let Err(error) = stream.and_then(|s| serve(s, &about)) {
                eprintln!("a connection ended early: {error}");
            }
        });
    }
    Ok(())
}

/// The machine's clock, seconds since the Unix epoch.
#[expect(clippy::disallowed_methods, reason = "the one place where this program asks the time")]
fn clock() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64())
}

fn serve(stream: TcpStream, about: &About) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(75)))?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    loop {
        let Some((method, path)) = read_head(&mut reader)? else { return Ok(()) };
        let (status, kind, body) = answer(&method, &path, about, clock());
        let length = body.len();
        let mut bytes = format!(
            "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\ncache-control: no-cache\r\n\r\n"
        )
        .into_bytes();
        if method != "HEAD" {
            bytes.extend_from_slice(body.as_bytes());
        }
        writer.write_all(&bytes)?;
    }
}

/// The method and the path of the next request; nothing where the connection has ended.
fn read_head(reader: &mut impl BufRead) -> std::io::Result<Option<(String, String)>> {
    let mut head = reader.take(HEAD_BYTES);
    let mut first = String::new();
    if head.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut body = 0;
    loop {
        let mut line = String::new();
        if head.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            body = value.trim().parse().unwrap_or(0);
        }
    }
    std::io::copy(&mut reader.take(body), &mut std::io::sink())?;
    let mut words = first.split_whitespace();
    let method = words.next().unwrap_or_default().to_owned();
    let path = words.next().unwrap_or("/").split('?').next().unwrap_or("/").to_owned();
    Ok(Some((method, path)))
}

fn answer(method: &str, path: &str, about: &About, now: f64) -> (&'static str, &'static str, String) {
    const TEXT: &str = "text/plain; charset=utf-8";
    if !matches!(method, "GET" | "HEAD") {
        return ("405 Method Not Allowed", TEXT, "Only GET and HEAD.\n".to_owned());
    }
    match path.strip_prefix(about.base.as_str()).unwrap_or(path) {
        "" | "/" => ("200 OK", "text/html; charset=utf-8", page::html(about, now)),
        "/api/tides" => ("200 OK", "application/json", page::json(about, now)),
        "/healthz" => ("200 OK", TEXT, "ready\n".to_owned()),
        _ => ("404 Not Found", TEXT, "There is nothing here.\n".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about() -> About {
        About {
            base: "/tides".to_owned(),
            name: "Tides".to_owned(),
            version: "1.2.3".to_owned(),
            environment: "Test \"A\"".to_owned(),
            server: "<b>".to_owned(),
            release: "9f86d081".to_owned(),
            harbour: "Lockhaven".to_owned(),
        }
    }

    #[test]
    fn answers() {
        let about = about();
        assert_eq!(answer("GET", "/tides/healthz", &about, 0.0).0, "200 OK");
        assert_eq!(answer("POST", "/tides/", &about, 0.0).0, "405 Method Not Allowed");
        assert_eq!(answer("GET", "/tides/nothing", &about, 0.0).0, "404 Not Found");
        let page = answer("GET", "/tides/", &about, 0.0).2;
        assert!(page.contains("1.2.3") && page.contains("&lt;b&gt;") && !page.contains("<b><"));
        let json = answer("GET", "/tides/api/tides", &about, 0.0).2;
        assert!(json.contains(r#""version":"1.2.3""#) && json.contains(r#""environment":"Test \"A\"""#));
    }

    #[test]
    fn heads() {
        let mut wire =
            &b"POST /tides/?x=1 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n\r\n"[..];
        assert_eq!(read_head(&mut wire).unwrap(), Some(("POST".to_owned(), "/tides/".to_owned())));
        assert_eq!(read_head(&mut wire).unwrap(), Some(("GET".to_owned(), "/".to_owned())));
        assert_eq!(read_head(&mut wire).unwrap(), None);
    }
}
