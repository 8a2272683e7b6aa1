//! Forwarding a request to a process of this front-end, body by body as it comes.

use super::pages;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use domain::protocol::{DEVICE_COOKIES, FLASH_COOKIES, SESSION_COOKIES};
use std::net::SocketAddr;

/// Headers that are about one connection, and are not forwarded (RFC 9110 7.6.1).
const HOP_BY_HOP: [HeaderName; 9] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// A client for the processes of this machine: no proxy, no redirects followed, no compression touched.
pub fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(std::time::Duration::from_secs(5))
        .pool_idle_timeout(std::time::Duration::from_secs(20))
        .build()
}

/// Removes what is about one connection: the fixed names and those that `Connection` names.
fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

/// Whether a cookie, `name=value`, goes by the name of the console's own. A browser sends a cookie without a name as its bare
/// value, so a leading `=` hides nothing.
fn is_the_consoles(cookie: &[u8]) -> bool {
    let cookie = cookie.trim_ascii_start();
    let bare = &cookie[cookie.iter().position(|b| *b != b'=').unwrap_or(cookie.len())..];
    let name = bare.split(|b| matches!(b, b'=' | b';')).next().unwrap_or_default().trim_ascii();
    let own = [SESSION_COOKIES, DEVICE_COOKIES, FLASH_COOKIES];
    own.as_flattened().iter().any(|own| own.as_bytes() == name)
}

/// Keeps the console's session from the applications: what the browser sent along does not get to them.
fn keep_back_session(headers: &mut HeaderMap) {
    let sent: Vec<HeaderValue> = headers.get_all(header::COOKIE).iter().cloned().collect();
    if !sent.iter().any(|value| value.as_bytes().split(|b| *b == b';').any(is_the_consoles)) {
        return;
    }
    headers.remove(header::COOKIE);
    for value in sent {
        let others: Vec<&[u8]> = value
            .as_bytes()
            .split(|b| *b == b';')
            .map(<[u8]>::trim_ascii)
            .filter(|cookie| !cookie.is_empty() && !is_the_consoles(cookie))
            .collect();
        if let (false, Ok(value)) = (others.is_empty(), HeaderValue::from_bytes(&others.join(&b"; "[..]))) {
            headers.append(header::COOKIE, value);
        }
    }
}

/// What the browser gets: no application signs people in to the console, or out of it.
fn returned(mut headers: HeaderMap) -> HeaderMap {
    strip(&mut headers);
    let set: Vec<HeaderValue> = headers.get_all(header::SET_COOKIE).iter().cloned().collect();
    headers.remove(header::SET_COOKIE);
    for value in set.into_iter().filter(|value| !is_the_consoles(value.as_bytes())) {
        headers.append(header::SET_COOKIE, value);
    }
    headers
}

fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// The headers that the process gets. What a visitor claims about himself in `X-Forwarded-*` is not believed: this
/// front-end is the first that knows (ASVS 4.1.3).
fn forwarded(mut headers: HeaderMap, from: Option<SocketAddr>, base: &str) -> HeaderMap {
    // Where both are there the length is not the body's (RFC 9112, 6.3), which is sent on as it was read.
    if headers.contains_key(header::TRANSFER_ENCODING) {
        headers.remove(header::CONTENT_LENGTH);
    }
    strip(&mut headers);
    keep_back_session(&mut headers);
    let claims: Vec<HeaderName> =
        headers.keys().filter(|name| name.as_str().starts_with("x-forwarded-")).cloned().collect();
    for name in claims.iter().map(HeaderName::as_str).chain(["forwarded", "x-real-ip"]) {
        headers.remove(name);
    }
    if let Some(host) = headers.remove(header::HOST)
        && let Ok(host) = host.to_str()
    {
        set(&mut headers, "x-forwarded-host", host);
    }
    if let Some(from) = from {
        set(&mut headers, "x-forwarded-for", &from.ip().to_string());
    }
    set(&mut headers, "x-forwarded-proto", "http");
    set(&mut headers, "x-forwarded-prefix", base);
    headers
}

/// Forwards a request to the process on `port`.
pub async fn forward(client: &reqwest::Client, request: Request, port: u16, base: &str) -> Response {
    let (head, body) = request.into_parts();
    let from = head.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let empty = axum::body::HttpBody::size_hint(&body).exact() == Some(0);
    let mut outgoing = client
        .request(head.method, format!("http://127.0.0.1:{port}{path}"))
        .headers(forwarded(head.headers, from, base));
    if !empty {
        outgoing = outgoing.body(reqwest::Body::wrap_stream(body.into_data_stream()));
    }
    match outgoing.send().await {
        Ok(answer) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = answer.status();
            *response.headers_mut() = returned(answer.headers().clone());
            *response.body_mut() = Body::from_stream(answer.bytes_stream());
            response
        }
        Err(error) => {
            tracing::warn!(%error, base, "a process did not answer");
            let page = pages::unavailable("This application does not answer at the moment.");
            pages::because(page, format!("The process did not answer: {}.", innermost(&error)))
        }
    }
}

/// What happened at the bottom of an error, which the outer ones only wrap.
fn innermost(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_about_one_connection_stays_here_and_claims_are_not_believed() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, x-secret"),
            ("x-secret", "1"),
            ("transfer-encoding", "chunked"),
            ("content-length", "3"),
            ("x-forwarded-for", "6.6.6.6"),
            ("x-forwarded-port", "6666"),
            ("x-real-ip", "6.6.6.6"),
            ("forwarded", "for=6.6.6.6"),
            ("proxy-connection", "keep-alive"),
            ("host", "test.example"),
            ("accept", "*/*"),
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let sent = forwarded(headers, Some(([127, 0, 0, 1], 9).into()), "/tides");
        let mut names: Vec<String> =
            sent.iter().map(|(n, v)| format!("{n}={}", v.to_str().unwrap())).collect();
        names.sort();
        assert_eq!(
            names,
            [
                "accept=*/*",
                "x-forwarded-for=127.0.0.1",
                "x-forwarded-host=test.example",
                "x-forwarded-prefix=/tides",
                "x-forwarded-proto=http"
            ]
        );
    }

    #[test]
    fn the_consoles_session_gets_to_no_application_and_comes_from_none() {
        let sent = |cookies: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in cookies {
                headers.append(header::COOKIE, HeaderValue::from_static(value));
            }
            let kept = forwarded(headers, None, "/tides");
            let all = kept.get_all(header::COOKIE).iter().map(|v| v.to_str().unwrap().to_owned());
            all.collect::<Vec<_>>().join(" | ")
        };
        assert_eq!(sent(&["a=1; towpath=secret; b=2"]), "a=1; b=2");
        assert_eq!(sent(&["towpath=secret"]), "");
        assert_eq!(sent(&["towpath-device=secret; towpath-flash=e30; __Host-towpath-device=x"]), "");
        assert_eq!(sent(&["a=1", "__Host-towpath=secret;b=2", "=towpath=secret"]), "a=1 | b=2");
        assert_eq!(sent(&["towpath2=1; my-towpath=2;  c"]), "towpath2=1; my-towpath=2;  c", "as it was");
        let mut headers = HeaderMap::new();
        for value in
            ["towpath=x; Path=/", " =towpath=x", "__Host-towpath =x", "mine=towpath; Path=/", "towpath"]
        {
            headers.append(header::SET_COOKIE, HeaderValue::from_static(value));
        }
        let kept = returned(headers);
        let kept: Vec<_> = kept.get_all(header::SET_COOKIE).iter().collect();
        assert_eq!(kept, ["mine=towpath; Path=/"]);
    }
}
