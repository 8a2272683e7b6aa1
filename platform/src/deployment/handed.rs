//! Whether what the controller handed over fits the release that is to run with it.

use crate::catalog::Handed;
use crate::release::Contents;
use std::path::Path;

impl Handed {
    /// A release that asks for a database is never started without one, whoever forgot it.
    pub(super) fn suits(&self, contents: &Contents) -> Result<(), String> {
        if contents.manifest.database.is_none() || self.database.is_some() {
            return Ok(());
        }
        Err("it asks for a database, and its controller handed none over; it has to be prepared once more"
            .to_owned())
    }

    /// The file of an SQLite database was made where the controller is: a front-end on another host does not see it.
    pub(super) fn is_there(&self) -> Result<(), String> {
        let Some(address) = self.database.as_deref().filter(|address| address.starts_with("sqlite:")) else {
            return Ok(());
        };
        let file = url::Url::parse(&address.replacen("sqlite:", "file:", 1)).ok();
        let file = file.and_then(|address| address.to_file_path().ok()).unwrap_or_default();
        let nobody = || {
            format!(
                "the database {} is not on this host: a farm on several hosts needs PostgreSQL (towpath-platform run --databases, at the controller)",
                file.display()
            )
        };
        if Path::is_file(&file) { Ok(()) } else { Err(nobody()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_on_another_host_is_missed_before_anything_is_switched() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a b.sqlite");
        let address = url::Url::from_file_path(&file).unwrap().as_str().replacen("file:", "sqlite:", 1);
        let handed = |address: &str| Handed { database: Some(address.to_owned()), ..Handed::default() };
        assert!(handed(&address).is_there().unwrap_err().contains("a b.sqlite is not on this host"));
        std::fs::write(&file, "").unwrap();
        assert_eq!(handed(&address).is_there(), Ok(()));
        assert_eq!(handed("postgres://a@b/c").is_there(), Ok(()));
        assert_eq!(Handed::default().is_there(), Ok(()));
    }
}
