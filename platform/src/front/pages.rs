//! The few pages of the front-end's own. They hold what it knows and nothing else, and no script.

use super::{Mount, Reason};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use sha2::Digest as _;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

const STYLE: &str = "\
:root{color-scheme:light dark;--paper:light-dark(#f4f6f3,#12181a);--card:light-dark(#fff,#1b2427);--ink:light-dark(#17262a,#e8efec);\
--quiet:light-dark(#4d6066,#a3b5b6);--line:light-dark(#d6dfda,#2d3b3f);--water:light-dark(#0f6674,#5cc3cc)}\
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.55 system-ui,sans-serif}\
main{max-width:60rem;margin:0 auto;padding:clamp(1rem,5vw,3rem)}h1{font-size:clamp(1.5rem,6vw,2.2rem);line-height:1.15;margin:0 0 .25rem}\
p{margin:.2rem 0;color:var(--quiet)}ul{list-style:none;margin:1.5rem 0 0;padding:0;display:grid;gap:.75rem;\
grid-template-columns:repeat(auto-fill,minmax(min(100%,16rem),1fr))}li{background:var(--card);border:1px solid var(--line);\
border-radius:12px;padding:1rem}a{color:var(--water);font-weight:600;text-underline-offset:.2em}\
a:focus-visible{outline:3px solid var(--water);outline-offset:2px}li p{overflow-wrap:anywhere}";

static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
});

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title}</title><link rel=\"icon\" href=\"data:,\"><style>{STYLE}</style></head><body><main>{body}</main></body></html>",
        title = escape(title)
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY.clone()),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, Html(html)).into_response()
}

/// The list of what runs here.
pub fn home(environment: &str, server: &str, mounts: &[Arc<Mount>]) -> Response {
    let mut list = String::new();
    for mount in mounts {
        let version = mount.version.map_or_else(|| "no version yet".to_owned(), |v| format!("version {v}"));
        let state = if mount.runtime.is_ready() { "ready" } else { "not ready" };
        let queue = match mount.queue.waiting() {
            0 => String::new(),
            1 => " · one request waits".to_owned(),
            waiting => format!(" · {waiting} requests wait"),
        };
        let name = if mount.module_name == mount.application_name {
            mount.application_name.clone()
        } else {
            format!("{}: {}", mount.application_name, mount.module_name)
        };
        let _ = write!(
            list,
            "<li><a href=\"{place}/\">{name}</a><p>{version}, release {release}</p><p>{place} · {state}{queue}</p></li>",
            place = mount.directory,
            name = escape(&name),
            release = mount.sha256.short(),
        );
    }
    let count = match mounts.len() {
        0 => "Nothing runs here yet.".to_owned(),
        1 => "One module runs here.".to_owned(),
        n => format!("{n} modules run here."),
    };
    let body = format!(
        "<h1>{}</h1><p>Front-end {}. {count}</p><ul>{list}</ul>",
        escape(environment),
        escape(server)
    );
    page(StatusCode::OK, &format!("{environment} · {server}"), &body)
}

/// There is no module, or nothing in it, under this address.
pub fn not_found() -> Response {
    let body = "<h1>Nothing is served here</h1><p>No application of this front-end answers under this address.</p>\
                <p><a href=\"/\">What runs here</a></p>";
    page(StatusCode::NOT_FOUND, "Nothing is served here", body)
}

/// The module is there, but cannot answer now.
pub fn unavailable(reason: &str) -> Response {
    later("Not available at the moment", reason, "2")
}

/// The module has too much to do already.
pub fn busy(reason: &str) -> Response {
    later("Too many requests at the moment", reason, "5")
}

fn later(title: &str, reason: &str, seconds: &'static str) -> Response {
    let body =
        format!("<h1>{}</h1><p>{}</p><p><a href=\"/\">What runs here</a></p>", escape(title), escape(reason));
    let mut answer = page(StatusCode::SERVICE_UNAVAILABLE, title, &body);
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(seconds));
    because(answer, reason.to_owned())
}

/// Says in the log of errors why an answer is as it is; the visitor is not told.
pub fn because(mut answer: Response, reason: String) -> Response {
    answer.extensions_mut().insert(Reason(reason));
    answer
}
