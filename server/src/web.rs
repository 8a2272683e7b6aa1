//! What every handler works with, and what is known of every request.

use crate::configuration::{Configuration, PublicOrigin};
use axum::extract::FromRef;
use domain::audit::Origin;
use domain::id::RequestId;
use ipnet::IpNet;
use leptos::config::LeptosOptions;
use operations::{Console, Ids};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What every handler works with. Cheap to clone.
#[derive(Clone)]
pub struct Web {
    /// The operations.
    pub console: Console,
    /// The site's options.
    pub leptos: LeptosOptions,
    /// The rest.
    pub shared: Arc<Shared>,
}

/// What is the same for all requests.
pub struct Shared {
    /// Where people open the console.
    pub origin: PublicOrigin,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Ids and secrets.
    pub ids: Arc<dyn Ids>,
    /// Folder of uploads that are not checked yet.
    pub uploads: PathBuf,
    /// Folder of the files that the browser fetches.
    pub site: PathBuf,
    /// Set when the console ends: open streams end with it.
    pub ending: CancellationToken,
    /// Open live streams of each session.
    pub streams: crate::live::Streams,
}

impl FromRef<Web> for LeptosOptions {
    fn from_ref(web: &Web) -> Self {
        web.leptos.clone()
    }
}

impl Web {
    /// For a console that listens at an address.
    #[must_use]
    pub fn new(
        console: Console,
        configuration: &Configuration,
        listening: SocketAddr,
        ids: Arc<dyn Ids>,
        ending: CancellationToken,
    ) -> Self {
        let shared = Shared {
            origin: configuration.origin_at(listening),
            trusted_proxies: configuration.trusted_proxies.clone(),
            ids,
            uploads: configuration.data.join("uploads"),
            site: configuration.site_root.clone(),
            ending,
            streams: crate::live::Streams::default(),
        };
        Self { console, leptos: configuration.leptos(), shared: Arc::new(shared) }
    }
}

/// What is known of a request as soon as it arrives.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Its id, in the log and in audit entries.
    pub request: RequestId,
    /// From where: the peer, or what a trusted proxy says.
    pub address: String,
    /// The nonce of the content security policy.
    pub nonce: String,
}

impl Arrival {
    /// For an audit entry.
    #[must_use]
    pub fn origin(&self, session: Option<String>) -> Origin {
        Origin { address: self.address.clone(), session, request: Some(self.request), ..Origin::default() }
    }
}
