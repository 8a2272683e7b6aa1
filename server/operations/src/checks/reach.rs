//! Reaching what is somewhere in the network: looking a host up, opening a connection, asking a web address.

use domain::architecture::connection::{may_be_tried, of_status};
use domain::architecture::words::{CheckOutcome, WebAddress};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;

/// How long a web address may take to answer.
const LIMIT: Duration = Duration::from_secs(10);
/// What is said where an address is never tried.
const NEVER: &str = "Nothing was tried: the host is at a link-local, multicast or unspecified address, and the console connects to none of those.";

/// Asks an address once. Tests may answer by themselves.
pub trait Reach: Send + Sync {
    /// Sends one GET request, follows no redirect, reads nothing but the head of the answer, and waits so long at most. Gives the status of
    /// the answer, or says in one sentence why there was none.
    fn ask<'a>(&'a self, address: &'a WebAddress) -> BoxFuture<'a, Result<u16, String>>;
}

/// How an answer, or that there was none, says how a tool is.
pub(crate) fn outcome(answer: Result<u16, String>) -> (CheckOutcome, String) {
    answer.map_or_else(|sentence| (CheckOutcome::Failed, sentence), of_status)
}

/// The network. A machine without any root certificates has no client for it; the console works all the same, and its checks say so.
pub(crate) struct Network(Result<reqwest::Client, String>);

impl Network {
    /// Prepares it. Environment variables that name a proxy are not heeded: what is checked is the way from the console itself.
    pub fn new() -> Self {
        // Whoever was first in this process keeps it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(Guarded))
            .pool_max_idle_per_host(0)
            .user_agent("towpath")
            .timeout(LIMIT)
            .build();
        Self(
            client.map_err(|error| {
                format!("Nothing was tried: connections cannot be prepared here ({error}).")
            }),
        )
    }
}

impl Reach for Network {
    fn ask<'a>(&'a self, address: &'a WebAddress) -> BoxFuture<'a, Result<u16, String>> {
        async move {
            let asked = async {
                let url = reqwest::Url::parse(address.as_str()).map_err(|_| "The address cannot be read.")?;
                // An address of numbers is asked of no resolver, so it is looked at here.
                if let Some(host) = url.host_str() {
                    look_up(bare(host), address.port()).await?;
                }
                let client = self.0.as_ref().map_err(Clone::clone)?;
                let answer = client.get(url).send().await.map_err(|error| why(&error))?;
                Ok::<_, String>(answer.status().as_u16())
            };
            tokio::time::timeout(LIMIT, asked).await.unwrap_or_else(|_| Err(late(LIMIT)))
        }
        .boxed()
    }
}

fn late(limit: Duration) -> String {
    format!("It did not answer within {} s.", limit.as_secs())
}

/// An IPv6 address without its brackets.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host)
}

/// The addresses of a host that may be tried, at least one.
async fn look_up(host: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
    let unknown = || format!("The host {} is not known where the console runs.", domain::text::shorten(host));
    let found: Vec<SocketAddr> =
        tokio::net::lookup_host((host, port)).await.map_err(|_| unknown())?.collect();
    if found.is_empty() {
        return Err(unknown());
    }
    let fine: Vec<SocketAddr> = found.into_iter().filter(|address| may_be_tried(address.ip())).collect();
    if fine.is_empty() { Err(NEVER.to_owned()) } else { Ok(fine) }
}

/// The resolver of the HTTP client: a name may have another answer by the time it is asked again.
struct Guarded;

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // The client puts the port of the address in.
            let found = look_up(name.as_str(), 0).await.map_err(io::Error::other)?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// The first address of a host that answers at a port.
pub(crate) async fn connect(host: &str, port: u16, limit: Duration) -> Result<SocketAddr, String> {
    let tried = async {
        let mut last = String::new();
        for address in look_up(host, port).await? {
            match TcpStream::connect(address).await {
                Ok(_) => return Ok(address),
                Err(error) => last = of_io(&error),
            }
        }
        Err(last)
    };
    tokio::time::timeout(limit, tried).await.unwrap_or_else(|_| Err(late(limit)))
}

fn of_io(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            "Nothing listens at the address: the connection was refused.".to_owned()
        }
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::UnexpectedEof => {
            "The connection broke off.".to_owned()
        }
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            "There is no way to the address from where the console runs.".to_owned()
        }
        io::ErrorKind::TimedOut => "It did not answer in time.".to_owned(),
        _ => "No connection came about.".to_owned(),
    }
}

/// Why there was no answer: the innermost cause that says something, in our own words.
fn why(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return late(LIMIT);
    }
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    let mut said = None;
    while let Some(cause) = next {
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            return of_tls(tls).to_owned();
        }
        next = match cause.downcast_ref::<io::Error>() {
            // What an error of input and output holds is no source of it.
            Some(outer) => match outer.get_ref() {
                Some(inner) => Some(inner),
                None => {
                    said = Some(of_io(outer));
                    None
                }
            },
            None => cause.source(),
        };
    }
    said.unwrap_or_else(|| "What answers there does not speak HTTP.".to_owned())
}

const fn of_tls(error: &rustls::Error) -> &'static str {
    match error {
        rustls::Error::InvalidCertificate(_) => {
            "Its certificate is not one that the console's machine accepts."
        }
        _ => "No TLS connection came about.",
    }
}
