//! The store of packages: content-addressed by SHA-256 (design 5). A package that is there is never written again.

use crate::error::Result;
use bytes::Bytes;
use domain::text::Sha256;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutPayload};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// The package store.
pub(crate) struct Packages {
    store: Arc<dyn ObjectStore>,
}

/// A part of a package as a stream.
pub struct PackageStream {
    /// The bytes.
    pub bytes: BoxStream<'static, std::io::Result<Bytes>>,
    /// The part that the stream has, first byte to one past the last.
    pub range: Range<u64>,
    /// The size of the whole package.
    pub size: u64,
}

impl Packages {
    /// Opens the folder, making it if it is not there.
    pub fn open(folder: &Path) -> std::result::Result<Self, String> {
        let opened = std::fs::create_dir_all(folder)
            .map_err(|error| error.to_string())
            .and_then(|()| LocalFileSystem::new_with_prefix(folder).map_err(|error| error.to_string()));
        match opened {
            Ok(store) => Ok(Self { store: Arc::new(store.with_fsync(true)) }),
            Err(error) => Err(format!("The package folder {} cannot be opened: {error}.", folder.display())),
        }
    }

    fn path(sha256: &Sha256) -> ObjectPath {
        let name = sha256.to_string();
        ObjectPath::from(format!("{}/{name}.oap", &name[..2]))
    }

    /// Stores a file under its hash. Storing the same package twice changes nothing.
    pub async fn put(&self, sha256: &Sha256, file: &Path) -> Result<()> {
        let path = Self::path(sha256);
        if self.store.head(&path).await.is_ok() {
            return Ok(());
        }
        let bytes = tokio::fs::read(file).await?;
        self.store.put(&path, PutPayload::from(bytes)).await?;
        Ok(())
    }

    /// A package, or the part of it that is asked for.
    pub async fn get(&self, sha256: &Sha256, range: Option<GetRange>) -> Result<PackageStream> {
        let options = GetOptions { range, ..GetOptions::default() };
        let found = self.store.get_opts(&Self::path(sha256), options).await?;
        let (range, size) = (found.range.clone(), found.meta.size);
        let bytes = found.into_stream().map_err(std::io::Error::other).boxed();
        Ok(PackageStream { bytes, range, size })
    }
}
