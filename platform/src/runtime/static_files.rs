//! The driver for static files. It serves what the release's manifest of hashes names and nothing else, so no path can lead
//! out of the release.

use super::{Runtime, RuntimeError};
use crate::release::Contents;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::package::Module;
use domain::text::Sha256;
use futures::future::BoxFuture;
use std::collections::HashMap;
use std::path::PathBuf;
use tokio::fs::File;
use tokio_util::io::ReaderStream;

/// A static module of one release.
pub struct StaticFiles {
    folder: PathBuf,
    ready_path: String,
    files: HashMap<String, Served>,
}

struct Served {
    plain: Variant,
    gzip: Option<Variant>,
    br: Option<Variant>,
}

#[derive(Clone)]
struct Variant {
    /// Below the release's folder.
    path: String,
    size: u64,
    sha256: Sha256,
}

impl StaticFiles {
    /// The module's files out of a release in `folder`.
    pub fn new(folder: PathBuf, contents: &Contents, module: &Module) -> Self {
        let prefix = format!("modules/{}/", module.key);
        let find = |path: &str| {
            contents.files.iter().find(|f| f.path == path).map(|f| Variant {
                path: f.path.clone(),
                size: f.size,
                sha256: f.sha256,
            })
        };
        let files = contents
            .files
            .iter()
            .filter_map(|f| f.path.strip_prefix(&prefix).map(|rest| (rest, f)))
            .filter_map(|(rest, f)| {
                let served = Served {
                    plain: find(&f.path)?,
                    gzip: find(&format!("variants/gzip/{}", f.path)),
                    br: find(&format!("variants/br/{}", f.path)),
                };
                Some((rest.to_owned(), served))
            })
            .collect();
        Self { folder, ready_path: module.ready_path().trim_start_matches('/').to_owned(), files }
    }

    fn find(&self, rest: &str) -> Option<(&Served, String)> {
        let path = percent_decoded(rest.trim_start_matches('/'))?;
        let path = if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path };
        self.files.get(&path).map(|served| (served, path))
    }

    async fn answer(&self, method: Method, headers: &HeaderMap, rest: &str, full: &str) -> Response {
        if method != Method::GET && method != Method::HEAD {
            return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")], "Only GET and HEAD.\n")
                .into_response();
        }
        let Some((served, path)) = self.find(rest) else {
            if self.find(&format!("{rest}/")).is_some() {
                return (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, format!("{full}/"))])
                    .into_response();
            }
            return crate::front::pages::not_found();
        };
        let (variant, encoding) = choose(served, headers);
        let tag = format!("\"{}\"", &variant.sha256.to_string()[..32]);
        let mut answer = Response::builder()
            .header(header::ETAG, &tag)
            .header(header::CACHE_CONTROL, "no-cache")
            .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
            .header(header::CONTENT_TYPE, content_type(&path));
        if served.gzip.is_some() || served.br.is_some() {
            answer = answer.header(header::VARY, "accept-encoding");
        }
        if matches(headers, &tag) {
            return built(answer.status(StatusCode::NOT_MODIFIED).body(Body::empty()));
        }
        if let Some(encoding) = encoding {
            answer = answer.header(header::CONTENT_ENCODING, encoding);
        }
        answer = answer.header(header::CONTENT_LENGTH, variant.size);
        if method == Method::HEAD {
            return built(answer.body(Body::empty()));
        }
        match File::open(self.folder.join(&variant.path)).await {
            Ok(file) => built(answer.body(Body::from_stream(ReaderStream::with_capacity(file, 64 << 10)))),
            Err(error) => {
                tracing::error!(path = variant.path, %error, "a file of a release is missing");
                crate::front::pages::unavailable("A file of this application is missing on this front-end.")
            }
        }
    }
}

fn built(answer: Result<Response, axum::http::Error>) -> Response {
    answer.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

impl Runtime for StaticFiles {
    fn prepare(&self) -> BoxFuture<'_, Result<(), RuntimeError>> {
        Box::pin(async { Ok(()) })
    }

    fn ready(&self) -> BoxFuture<'_, Result<(), RuntimeError>> {
        Box::pin(async {
            let missing = || RuntimeError(format!("its readiness file “{}” is not there", self.ready_path));
            let served = self.files.get(&self.ready_path).ok_or_else(missing)?;
            let there =
                tokio::fs::metadata(self.folder.join(&served.plain.path)).await.map_err(|_| missing())?;
            if there.len() == served.plain.size {
                return Ok(());
            }
            Err(RuntimeError(format!(
                "its readiness file “{}” has another size than was built",
                self.ready_path
            )))
        })
    }

    fn activate(&self) {}

    fn drain(&self) {}

    fn undo(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }

    fn is_ready(&self) -> bool {
        true
    }

    fn serve<'a>(&'a self, request: Request, rest: &'a str) -> BoxFuture<'a, Response> {
        Box::pin(async move {
            let (head, _) = request.into_parts();
            self.answer(head.method, &head.headers, rest, head.uri.path()).await
        })
    }
}

fn choose<'a>(served: &'a Served, headers: &HeaderMap) -> (&'a Variant, Option<&'static str>) {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or("");
    let takes = |name: &str| {
        accepted.split(',').any(|one| {
            let mut parts = one.split(';');
            let named = parts.next().is_some_and(|n| n.trim().eq_ignore_ascii_case(name));
            named && !parts.any(|p| matches!(p.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
        })
    };
    match (&served.br, &served.gzip) {
        (Some(br), _) if takes("br") => (br, Some("br")),
        (_, Some(gzip)) if takes("gzip") => (gzip, Some("gzip")),
        _ => (&served.plain, None),
    }
}

fn matches(headers: &HeaderMap, tag: &str) -> bool {
    let sent = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
    sent.is_some_and(|sent| {
        sent.split(',').any(|t| matches!(t.trim().trim_start_matches("W/"), t if t == tag || t == "*"))
    })
}

/// The path with its `%xx` read; nothing where it is not sound UTF-8.
fn percent_decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let pair = [rest.next()?, rest.next()?];
        bytes.push(u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// What a file is, by the end of its name. Text is UTF-8, as everything in a package.
fn content_type(path: &str) -> HeaderValue {
    let guessed = mime_guess::from_path(path);
    let end = std::path::Path::new(path).extension().and_then(|end| end.to_str()).unwrap_or_default();
    // Where the library still has what these were called before.
    let kind = match end.to_ascii_lowercase().as_str() {
        "mjs" => "text/javascript",
        "map" => "application/json",
        "md" => "text/markdown",
        "xml" => "application/xml",
        "woff" => "font/woff",
        "otf" => "font/otf",
        _ => guessed.first_raw().unwrap_or("application/octet-stream"),
    };
    let written = if kind.starts_with("text/") { format!("{kind}; charset=utf-8") } else { kind.to_owned() };
    HeaderValue::from_str(&written).unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_chosen_by_what_the_browser_takes() {
        let variant = |path: &str| Variant { path: path.to_owned(), size: 1, sha256: Sha256([0; 32]) };
        let served = Served { plain: variant("p"), gzip: Some(variant("g")), br: Some(variant("b")) };
        let with = |text: &'static str| {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(text))]);
            choose(&served, &headers).0.path.clone()
        };
        assert_eq!(with("gzip, deflate, br"), "b");
        assert_eq!(with("gzip, br;q=0"), "g");
        assert_eq!(with("identity"), "p");
    }

    #[test]
    fn paths_are_decoded_once_and_soundly() {
        assert_eq!(percent_decoded("a%20b").as_deref(), Some("a b"));
        assert_eq!(
            percent_decoded("%2e%2e/x").as_deref(),
            Some("../x"),
            "only named files are served, so this finds nothing"
        );
        for broken in ["%", "%4", "%zz", "%ff"] {
            assert_eq!(percent_decoded(broken), None, "{broken}");
        }
    }

    #[test]
    fn files_are_what_their_names_say() {
        for (path, kind) in [
            ("index.html", "text/html; charset=utf-8"),
            ("a/B.HTML", "text/html; charset=utf-8"),
            ("style.css", "text/css; charset=utf-8"),
            ("main.js", "text/javascript; charset=utf-8"),
            ("main.mjs", "text/javascript; charset=utf-8"),
            ("data.csv", "text/csv; charset=utf-8"),
            ("about.txt", "text/plain; charset=utf-8"),
            ("data.json", "application/json"),
            ("main.js.map", "application/json"),
            ("site.webmanifest", "application/manifest+json"),
            ("main.wasm", "application/wasm"),
            ("map.svg", "image/svg+xml"),
            ("photo.avif", "image/avif"),
            ("icon.ico", "image/x-icon"),
            ("type.woff2", "font/woff2"),
            ("type.otf", "font/otf"),
            ("film.webm", "video/webm"),
            ("song.mp3", "audio/mpeg"),
            ("paper.pdf", "application/pdf"),
            ("noise.bin", "application/octet-stream"),
            ("LICENSE", "application/octet-stream"),
            (".html", "application/octet-stream"),
        ] {
            assert_eq!(content_type(path), kind, "{path}");
        }
    }

    #[test]
    fn what_a_browser_has_is_not_sent_again() {
        let with = |text: &'static str| {
            let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(text))]);
            matches(&headers, "\"abc\"")
        };
        assert!(with("\"abc\"") && with("W/\"abc\"") && with("\"x\", \"abc\"") && with("*"));
        assert!(!with("\"abcd\"") && !with("abc") && !with(""));
    }
}
