//! Fetching a package: by range where a part is there already, hashed while it streams, and believed only at the end.

use super::console::{Console, ConsoleError};
use crate::folders::{self, Folders};
use crate::point::point;
use crate::release::hash_file;
use domain::text::Sha256;
use futures::StreamExt;
use sha2::{Digest, Sha256 as Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;

/// Attempts in a row that bring not one byte before a fetch is given up.
const ATTEMPTS: u32 = 6;
/// Longest silence in the middle of a package.
const SILENCE: Duration = Duration::from_secs(30);

/// Why a package could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The console would not give it.
    #[error("{0}")]
    Console(#[from] ConsoleError),
    /// It stopped coming.
    #[error("The package stopped coming after {0} bytes, again and again.")]
    Broken(u64),
    /// It has another size.
    #[error("The package is refused: it has {found} bytes instead of {wanted}.")]
    Size {
        /// As it came.
        found: u64,
        /// As the task says.
        wanted: u64,
    },
    /// It has another hash.
    #[error("The package is refused: its SHA-256 is {found} instead of {wanted}.")]
    Hash {
        /// As it came.
        found: Sha256,
        /// As the task says.
        wanted: Sha256,
    },
    /// The disk refused.
    #[error("The disk refused: {0}")]
    Io(#[from] io::Error),
}

/// Brings a package into the cache and returns its place. `progress` is told the bytes that are there.
pub async fn fetch(
    console: &Console,
    folders: &Folders,
    sha256: Sha256,
    size: u64,
    progress: &watch::Sender<u64>,
) -> Result<PathBuf, FetchError> {
    let done = folders.cached(&sha256, "oap");
    if is_there(&done, sha256, size).await {
        return Ok(done);
    }
    let part = folders.cached(&sha256, "part");
    let mut silent = 0;
    let mut pause = Duration::from_millis(200);
    loop {
        let before = tokio::fs::metadata(&part).await.map_or(0, |there| there.len());
        let resumed = before > 0;
        match fetch_once(console, &part, sha256, size, progress).await {
            Ok(()) => break,
            // What lay there may be the fault; from the first byte it is tried once more.
            Err(FetchError::Hash { .. } | FetchError::Size { .. }) if resumed => {
                folders::remove_if_there(&part)?
            }
            Err(error @ (FetchError::Hash { .. } | FetchError::Size { .. } | FetchError::Io(_))) => {
                folders::remove_if_there(&part)?;
                return Err(error);
            }
            Err(FetchError::Console(ConsoleError::Refused { status: 416, .. })) if resumed => {
                folders::remove_if_there(&part)?;
            }
            Err(FetchError::Console(error @ ConsoleError::Refused { status: 400..=499, .. })) => {
                return Err(error.into());
            }
            Err(error) => {
                let now = tokio::fs::metadata(&part).await.map_or(0, |there| there.len());
                if now > before {
                    (silent, pause) = (0, Duration::from_millis(200));
                } else {
                    silent += 1;
                }
                if silent >= ATTEMPTS {
                    return Err(error);
                }
                tokio::time::sleep(pause.mul_f64(crate::clock::jitter())).await;
                pause = (pause * 2).min(Duration::from_secs(10));
            }
        }
    }
    point("package", "before it has its name");
    tokio::fs::rename(&part, &done).await?;
    point("package", "after it has its name");
    if let Some(parent) = done.parent() {
        folders::sync_folder(parent)?;
    }
    Ok(done)
}

async fn is_there(path: &Path, sha256: Sha256, size: u64) -> bool {
    let path = path.to_owned();
    let looked = tokio::task::spawn_blocking(move || {
        std::fs::metadata(&path).is_ok_and(|m| m.len() == size) && hash_file(&path).is_ok_and(|h| h == sha256)
    });
    looked.await.unwrap_or(false)
}

async fn fetch_once(
    console: &Console,
    part: &Path,
    sha256: Sha256,
    size: u64,
    progress: &watch::Sender<u64>,
) -> Result<(), FetchError> {
    let mut file =
        tokio::fs::OpenOptions::new().read(true).write(true).create(true).truncate(false).open(part).await?;
    let (mut hasher, mut have) = (Hasher::new(), 0);
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = file.read(&mut buffer).await?;
        if count == 0 {
            break;
        }
        hasher.update(&buffer[..count]);
        have += count as u64;
    }
    if have < size {
        let answer = console.package(&sha256, have).await?;
        if answer.status() != reqwest::StatusCode::PARTIAL_CONTENT && have > 0 {
            file.set_len(0).await?;
            file = tokio::fs::OpenOptions::new().write(true).open(part).await?;
            (hasher, have) = (Hasher::new(), 0);
        }
        let mut stream = answer.bytes_stream();
        loop {
            let next = tokio::time::timeout(SILENCE, stream.next()).await;
            let Ok(Some(Ok(bytes))) = next else { break };
            have += bytes.len() as u64;
            if have > size {
                return Err(FetchError::Size { found: have, wanted: size });
            }
            hasher.update(&bytes);
            file.write_all(&bytes).await?;
            progress.send_replace(have);
        }
        file.flush().await?;
    }
    file.sync_all().await?;
    if have < size {
        return Err(FetchError::Broken(have));
    }
    if have > size {
        return Err(FetchError::Size { found: have, wanted: size });
    }
    let found = Sha256(hasher.finalize().into());
    if found == sha256 { Ok(()) } else { Err(FetchError::Hash { found, wanted: sha256 }) }
}
