//! The master key that secrets at rest are closed with: a file outside the database, made at the first start (design 5).

use crate::configuration::Configuration;
use operations::{Ids, MasterKey};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// The file's name in the data folder.
const FILE: &str = "master.key";

/// Reads the key; makes it where no file was named and none is there. Only its owner may read a file that is made.
///
/// # Errors
/// One sentence.
pub fn read(configuration: &Configuration, ids: &dyn Ids) -> Result<MasterKey, String> {
    let file = configuration.master_key_file.clone().unwrap_or_else(|| configuration.data.join(FILE));
    let cannot = |what: &str, error: std::io::Error| {
        format!("The file of the master key, {}, cannot be {what}: {error}.", file.display())
    };
    loop {
        match std::fs::read_to_string(&file) {
            Ok(text) => {
                warn_of_readers(&file);
                return parse(&text).ok_or_else(|| {
                    format!("{} is no master key: allowed are 64 hexadecimal digits.", file.display())
                });
            }
            Err(error) if error.kind() == ErrorKind::NotFound && configuration.master_key_file.is_none() => {
                make(&file, ids).map_err(|error| cannot("made", error))?;
            }
            Err(error) => return Err(cannot("read", error)),
        }
    }
}

/// Puts a whole file there at once; one that another process has put there meanwhile stays.
fn make(file: &Path, ids: &dyn Ids) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    // Temporary files are for their owner alone (mode 0600).
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    writeln!(new, "{}", hex::encode(ids.secret()))?;
    new.as_file().sync_all()?;
    match new.persist_noclobber(file) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.error),
    }
}

fn warn_of_readers(file: &Path) {
    let mode = std::fs::metadata(file).map(|data| data.permissions().mode()).unwrap_or_default();
    if mode & 0o077 != 0 {
        tracing::warn!(file = %file.display(), "others than its owner may read the master key; chmod 600 keeps them out");
    }
}

fn parse(text: &str) -> Option<MasterKey> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text.trim(), &mut bytes).ok()?;
    Some(MasterKey::new(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemIds;

    fn configuration(folder: &Path) -> Configuration {
        let mut configuration = Configuration::default();
        configuration.data = folder.to_owned();
        configuration
    }

    #[test]
    fn it_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let configuration = configuration(&folder.path().join("data"));
        read(&configuration, &SystemIds).unwrap();
        let file = configuration.data.join(FILE);
        let first = std::fs::read_to_string(&file).unwrap();
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        read(&configuration, &SystemIds).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), first);
    }

    #[test]
    fn a_named_file_has_to_be_there_and_right() {
        let folder = tempfile::tempdir().unwrap();
        let mut configuration = configuration(folder.path());
        let file = folder.path().join("named");
        configuration.master_key_file = Some(file.clone());
        assert!(read(&configuration, &SystemIds).unwrap_err().contains("cannot be read"));
        std::fs::write(&file, "short").unwrap();
        assert!(read(&configuration, &SystemIds).unwrap_err().contains("64 hexadecimal digits"));
        std::fs::write(&file, "ab".repeat(32)).unwrap();
        read(&configuration, &SystemIds).unwrap();
    }
}
