//! Forwarding a request to a process of this front-end, body by body as it comes.

use super::pages;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use std::net::SocketAddr;

/// Headers that are about one connection, and are not forwarded (RFC 9110 7.6.1).
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
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

fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// The headers that the process gets. What a visitor claims about himself in `X-Forwarded-*` is not believed: this
/// front-end is the first that knows (ASVS 4.1.3).
fn forwarded(mut headers: HeaderMap, from: Option<SocketAddr>, base: &str) -> HeaderMap {
    strip(&mut headers);
    for name in
        ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-prefix", "forwarded"]
    {
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
            *response.headers_mut() = answer.headers().clone();
            strip(response.headers_mut());
            *response.body_mut() = Body::from_stream(answer.bytes_stream());
            response
        }
        Err(error) => {
            tracing::warn!(%error, base, "a process did not answer");
            pages::unavailable("This application does not answer at the moment.")
        }
    }
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
            ("x-forwarded-for", "6.6.6.6"),
            ("forwarded", "for=6.6.6.6"),
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
}
