//! Where people open the console.

use std::net::IpAddr;

/// Where people open the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicOrigin {
    /// Scheme, host and port as a browser sends them in `Origin`.
    pub text: String,
    /// Whether it is https.
    pub secure: bool,
}

impl PublicOrigin {
    /// Reads `https://host[:port]`, or `http://` at a loopback host.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let uri: axum::http::Uri = text.trim_end_matches('/').parse().ok()?;
        let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
        if uri.path_and_query().is_some_and(|path| path.as_str() != "/") || authority.as_str().contains('@') {
            return None;
        }
        let host = authority.host().trim_matches(['[', ']']);
        let loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        let secure = scheme == "https";
        let plain = scheme == "http" && loopback;
        if !(secure || plain) {
            return None;
        }
        let standard = if secure { 443 } else { 80 };
        let authority = authority.as_str().to_ascii_lowercase();
        let authority = authority.strip_suffix(&format!(":{standard}")).unwrap_or(&authority);
        Some(Self { text: format!("{scheme}://{authority}"), secure })
    }
}
