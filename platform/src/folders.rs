//! Where everything lies in the data folder, and the few operations on files that must survive a crash.
//!
//! ```text
//! identity.key                    the server's own key, 0600
//! identity.key.next               the one that it will sign with next, as long as the console does not know it
//! platform.sqlite log.sqlite session.sqlite
//! cache/<sha256>.part .oap .bundle
//! staging/                        what is being made; emptied at every start
//! apps/<application>/releases/<version or none>-<first 8 digits of the hash>/
//! apps/<application>/current      a link to the running release
//! apps/<application>/data/        the application's own
//! ```

use crate::point::point;
use domain::text::{Key, Sha256, VersionNumber};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::{Path, PathBuf};

/// The data folder.
#[derive(Debug, Clone)]
pub struct Folders {
    root: PathBuf,
}

impl Folders {
    /// Makes the folders that are missing, readable by their owner only.
    pub fn open(root: &Path) -> io::Result<Self> {
        let root = std::path::absolute(root)?;
        for folder in [root.clone(), root.join("cache"), root.join("staging"), root.join("apps")] {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        }
        Ok(Self { root })
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The server's own key.
    pub fn key(&self) -> PathBuf {
        self.root.join("identity.key")
    }

    /// The key that the server will sign with next.
    pub fn next_key(&self) -> PathBuf {
        self.root.join("identity.key.next")
    }

    /// Is there while a person wants a new key.
    pub fn key_wish(&self) -> PathBuf {
        self.root.join("rotate-key")
    }

    /// Held by the running Platform Server, so that no second one works in the same folder.
    pub fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }

    /// One of the three catalogs.
    pub fn catalog(&self, name: &str) -> PathBuf {
        self.root.join(format!("{name}.sqlite"))
    }

    /// A file of the cache: `part`, `oap` or `bundle`.
    pub fn cached(&self, sha256: &Sha256, kind: &str) -> PathBuf {
        self.root.join("cache").join(format!("{sha256}.{kind}"))
    }

    /// A new name for something that is being made.
    pub fn staging(&self, name: &str) -> PathBuf {
        self.root.join("staging").join(format!("{name}-{}", crate::clock::random_id()))
    }

    /// Removes what a killed process left half made.
    pub fn empty_staging(&self) -> io::Result<()> {
        fs::remove_dir_all(self.root.join("staging"))?;
        fs::DirBuilder::new().mode(0o700).create(self.root.join("staging"))
    }

    fn application(&self, application: &Key) -> PathBuf {
        self.root.join("apps").join(application.as_str())
    }

    /// Makes the folders of an application, so that they survive a loss of power.
    pub fn make_application(&self, application: &Key) -> io::Result<()> {
        fs::create_dir_all(self.releases(application))?;
        fs::create_dir_all(self.application_data(application))?;
        sync_folder(&self.application(application))?;
        sync_folder(&self.root.join("apps"))
    }

    /// Removes a folder at one stroke: a process that is killed in the middle leaves no half of it under its name.
    pub fn remove_whole(&self, folder: &Path) -> io::Result<()> {
        let away = self.staging("removed");
        match fs::rename(folder, &away) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            moved => moved?,
        }
        if let Some(parent) = folder.parent() {
            sync_folder(parent)?;
        }
        remove_folder_if_there(&away)
    }

    /// The releases of an application.
    pub fn releases(&self, application: &Key) -> PathBuf {
        self.application(application).join("releases")
    }

    /// The application's own folder, which outlives releases.
    pub fn application_data(&self, application: &Key) -> PathBuf {
        self.application(application).join("data")
    }

    /// Lets `current` point to a release by one `rename(2)`, or removes it.
    pub fn point_current(&self, application: &Key, folder: Option<&str>) -> io::Result<()> {
        let home = self.application(application);
        let current = home.join("current");
        match folder {
            Some(folder) => {
                let new = home.join("current.tmp");
                remove_if_there(&new)?;
                symlink(Path::new("releases").join(folder), &new)?;
                point("current", "before it is switched");
                fs::rename(&new, &current)?;
                point("current", "after it is switched");
            }
            None => remove_if_there(&current)?,
        }
        sync_folder(&home)
    }
}

/// The name of a release's folder.
pub fn release_folder(version: Option<VersionNumber>, sha256: &Sha256) -> String {
    version.map_or_else(|| format!("none-{}", sha256.short()), |v| format!("{v}-{}", sha256.short()))
}

/// Removes a file; it need not be there.
pub fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Removes a folder and all that is in it; it need not be there.
pub fn remove_folder_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes the names in a folder survive a loss of power.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_removed_is_never_half_there() {
        let data = tempfile::tempdir().unwrap();
        let folders = Folders::open(data.path()).unwrap();
        let application: Key = "tides".parse().unwrap();
        folders.make_application(&application).unwrap();
        let release = folders.releases(&application).join("none-1");
        fs::create_dir_all(release.join("modules/tides")).unwrap();
        fs::write(release.join("release.json"), "{}").unwrap();
        folders.remove_whole(&release).unwrap();
        assert!(!release.exists());
        assert_eq!(fs::read_dir(data.path().join("staging")).unwrap().count(), 0);
        folders.remove_whole(&release).unwrap();
    }
}
