//! What surrounds every request: its id and address, the security headers of its answer, the refusal of changes that other
//! sites send, and a net under faults of ours.

use crate::respond::{refuse, wants_page};
use crate::session;
use crate::web::{Arrival, Web};
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::id::RequestId;
use ipnet::IpNet;
use operations::RefusedRequest;
use std::net::{IpAddr, SocketAddr};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument as _;

/// The request's id in an answer.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Headers that are the same everywhere (ASVS 3.4).
const FIXED: [(HeaderName, &str); 8] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("x-permitted-cross-domain-policies"), "none"),
    (HeaderName::from_static("origin-agent-cluster"), "?1"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    ),
];

/// Puts the protection around all routes.
pub fn around(routes: Router<Web>, web: &Web) -> Router<Web> {
    routes
        .layer(from_fn_with_state(web.clone(), same_origin))
        .layer(CatchPanicLayer::custom(fallen))
        .layer(from_fn_with_state(web.clone(), frame))
}

/// The outermost: gives the request its id, address and nonce, and the answer its headers.
async fn frame(State(web): State<Web>, mut request: Request, next: Next) -> Response<Body> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let ids = &web.shared.ids;
    let arrival = Arrival {
        request: RequestId(ids.uuid()),
        address: client(peer, request.headers(), &web.shared.trusted_proxies),
        nonce: URL_SAFE_NO_PAD.encode(&ids.secret()[..18]),
    };
    request.extensions_mut().insert(arrival.clone());
    let secure = web.shared.origin.secure;
    request.extensions_mut().insert(app::flash::CookieSecurity { secure });
    request.extensions_mut().insert(app::context::PageNonce(arrival.nonce.clone()));
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let invitation = path == app::context::INVITATION;
    let span = tracing::info_span!("request", id = %arrival.request);
    let mut response = next.run(request).instrument(span.clone()).await;
    span.in_scope(|| tracing::debug!(%method, path, status = response.status().as_u16(), "answered"));

    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // The address of an invitation holds its secret, so no other page is told it.
    if invitation {
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    }
    if let Ok(policy) = HeaderValue::from_str(&policy(&arrival.nonce)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if let Ok(id) = HeaderValue::from_str(&arrival.request.to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    if secure {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The content security policy of one answer. Scripts run by its nonce alone.
fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; \
         style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; manifest-src 'self'"
    )
}

/// From where a request came. `X-Forwarded-For` counts only as far as trusted proxies wrote it: from the right, the first
/// address that is none of theirs (ASVS 4.1.3).
fn client(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[IpNet]) -> String {
    let Some(peer) = peer.map(|ip| ip.to_canonical()) else { return "unknown".to_owned() };
    let ours = |ip: &IpAddr| trusted.iter().any(|net| net.contains(ip));
    let mut found = peer;
    if ours(&peer) {
        let lines: Vec<_> =
            headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok()).collect();
        for part in lines.join(",").rsplit(',') {
            let part = part.trim();
            let parsed =
                part.parse::<IpAddr>().or_else(|_| part.parse::<SocketAddr>().map(|address| address.ip()));
            let Ok(ip) = parsed.map(|ip| ip.to_canonical()) else { break };
            found = ip;
            if !ours(&ip) {
                break;
            }
        }
    }
    found.to_string()
}

/// Refuses changes that another site sends (ASVS 3.5.1). The algorithm is that of Go's `http.CrossOriginProtection`: what the
/// browser says in `Sec-Fetch-Site`, else `Origin`; without both, only callers without cookies pass.
async fn same_origin(State(web): State<Web>, request: Request, next: Next) -> Response<Body> {
    let headers = request.headers();
    if safe(request.method()) || from_here(headers, &web.shared.origin.text) {
        return next.run(request).await;
    }
    let sentence = "This request was sent by another site, so nothing was done. Use the console's own pages.";
    let path = request.uri().path();
    let page = wants_page(path);
    tracing::warn!(path, "a change sent by another site was refused");
    let arrival = request.extensions().get::<Arrival>();
    let refused = RefusedRequest {
        address: arrival.map_or("unknown", |arrival| arrival.address.as_str()),
        method: request.method().as_str(),
        path,
        infrastructure: path.strip_prefix("/i/").and_then(|rest| rest.split('/').next()),
        sentence,
    };
    let caller = session::caller(&web, headers, arrival);
    if let Err(error) = web.console.request_refused(refused, caller).await {
        tracing::error!(%error, "a refused request has no entry");
    }
    refuse(StatusCode::FORBIDDEN, sentence, page)
}

fn safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn from_here(headers: &HeaderMap, own: &str) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    match (text("sec-fetch-site"), text("origin")) {
        (Some("same-origin" | "none"), _) => true,
        (Some(_), _) => false,
        (None, Some(origin)) => origin.eq_ignore_ascii_case(own),
        (None, None) => !headers.contains_key(header::COOKIE),
    }
}

/// The net under a fault that would otherwise end the connection. Its text stays in the log.
fn fallen(cause: Box<dyn std::any::Any + Send + 'static>) -> Response<Body> {
    let text = cause.downcast_ref::<String>().map(String::as_str).or(cause.downcast_ref::<&str>().copied());
    tracing::error!(cause = text.unwrap_or("unknown"), "a request ended in a fault");
    refuse(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something went wrong here. The log has it under this request's id.",
        true,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        list.iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn only_trusted_proxies_say_where_a_request_came_from() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let forwarded = headers(&[("x-forwarded-for", "6.6.6.6, 203.0.113.7, 10.0.0.2")]);
        let peer = |text: &str| Some(text.parse().unwrap());
        assert_eq!(client(peer("198.51.100.1"), &forwarded, &trusted), "198.51.100.1");
        assert_eq!(client(peer("10.0.0.1"), &forwarded, &trusted), "203.0.113.7");
        assert_eq!(client(peer("::ffff:10.0.0.1"), &forwarded, &trusted), "203.0.113.7");
        assert_eq!(client(peer("10.0.0.1"), &forwarded, &[]), "10.0.0.1");
        assert_eq!(
            client(peer("10.0.0.1"), &headers(&[("x-forwarded-for", "nonsense")]), &trusted),
            "10.0.0.1"
        );
        assert_eq!(client(peer("10.0.0.1"), &headers(&[("x-real-ip", "6.6.6.6")]), &trusted), "10.0.0.1");
    }

    #[test]
    fn changes_come_from_the_consoles_own_pages() {
        let own = "https://console.example.org";
        for (list, wanted) in [
            (vec![("sec-fetch-site", "same-origin")], true),
            (vec![("sec-fetch-site", "none")], true),
            (vec![("sec-fetch-site", "same-site"), ("origin", "https://console.example.org")], false),
            (vec![("sec-fetch-site", "cross-site")], false),
            (vec![("sec-fetch-site", "")], false),
            (vec![("origin", "https://console.example.org")], true),
            (vec![("origin", "https://console.example.org.evil.example")], false),
            (vec![("origin", "http://console.example.org")], false),
            (vec![("origin", "null")], false),
            (vec![("cookie", "a=b")], false),
            (vec![], true),
        ] {
            assert_eq!(from_here(&headers(&list), own), wanted, "{list:?}");
        }
    }

    #[test]
    fn the_policy_lets_nothing_inline_through() {
        let policy = policy("N");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
        assert!(policy.contains("script-src 'nonce-N' 'strict-dynamic' 'wasm-unsafe-eval'"), "{policy}");
    }
}
