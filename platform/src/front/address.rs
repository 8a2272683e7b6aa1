//! Which module a request is for: by the host that it names, else by the longest virtual directory that its path begins with.

use super::Mount;
use axum::extract::Request;
use axum::http::{Uri, header};
use domain::package::DIRECTORY_PARTS;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everything that is served.
#[derive(Default)]
pub(super) struct Addresses {
    by_directory: BTreeMap<String, Arc<Mount>>,
    by_host: BTreeMap<String, Arc<Mount>>,
}

/// A module, and where the request is in it.
pub(super) struct Found<'a> {
    pub mount: &'a Arc<Mount>,
    /// The path with the virtual directory, as the module knows it.
    pub path: String,
    /// How much of it is the virtual directory.
    pub directory: usize,
}

impl Addresses {
    /// Of these modules.
    pub fn new(mounts: impl IntoIterator<Item = Arc<Mount>>) -> Self {
        let mut all = Self::default();
        for mount in mounts {
            if let Some(host) = &mount.host {
                all.by_host.insert(host.to_string(), Arc::clone(&mount));
            }
            all.by_directory.insert(mount.directory.to_string(), mount);
        }
        all
    }

    /// All modules, by virtual directory.
    pub fn mounts(&self) -> impl Iterator<Item = &Arc<Mount>> {
        self.by_directory.values()
    }

    /// The module that has this virtual directory.
    pub fn at_directory(&self, directory: &str) -> Option<&Arc<Mount>> {
        self.by_directory.get(directory)
    }

    /// The module that has this host.
    pub fn at_host(&self, host: &str) -> Option<&Arc<Mount>> {
        self.by_host.get(host)
    }

    /// The module that a request is for.
    pub fn find(&self, request: &Request) -> Option<Found<'_>> {
        let path = request.uri().path();
        if let Some(mount) = self.of_host(request)
            && path.starts_with('/')
        {
            let directory = mount.directory.as_str();
            // Links that the module makes begin with its virtual directory, on every host.
            let is_inside =
                path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            let path = if is_inside { path.to_owned() } else { format!("{directory}{path}") };
            return Some(Found { mount, path, directory: directory.len() });
        }
        let ends: Vec<usize> = path
            .match_indices('/')
            .map(|(at, _)| at)
            .skip(1)
            .chain([path.len()])
            .take(DIRECTORY_PARTS)
            .collect();
        ends.into_iter().rev().find_map(|directory| {
            let mount = self.by_directory.get(&path[..directory])?;
            Some(Found { mount, path: path.to_owned(), directory })
        })
    }

    fn of_host(&self, request: &Request) -> Option<&Arc<Mount>> {
        if self.by_host.is_empty() {
            return None;
        }
        // What a request line names counts more than the header (RFC 9112, 3.2.2).
        let sent = || request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
        let host = request.uri().host().or_else(sent)?;
        let name = host.split(':').next().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
        self.by_host.get(&name)
    }
}

/// Lets a request ask for another path, with the query it has.
pub(super) fn ask_for(request: &mut Request, path: &str) {
    let query = request.uri().query().map_or(String::new(), |query| format!("?{query}"));
    if let Ok(uri) = format!("{path}{query}").parse::<Uri>() {
        *request.uri_mut() = uri;
    }
}
