//! Where an environment keeps the databases of its applications: a folder of files, or a PostgreSQL.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tokio_postgres::Config;
use url::Url;

/// The variable with the password of the role that makes schemas.
const PASSWORD: &str = "TOWPATH_DATABASES_PASSWORD";

/// Where the databases are.
#[derive(Clone)]
pub enum Address {
    /// A folder of SQLite files.
    Folder(PathBuf),
    /// A database of a PostgreSQL server.
    Postgres(Server),
}

/// How a PostgreSQL is reached by the role that makes schemas.
#[derive(Clone)]
pub struct Server {
    /// As it was given: without a password.
    pub url: Url,
    /// The same for the client, with the password.
    pub config: Box<Config>,
}

impl Address {
    /// Reads what `run --databases` was given. `file` holds the password of a PostgreSQL, else the variable does.
    ///
    /// # Errors
    /// One sentence on what is wrong.
    pub fn parse(text: &str, file: Option<&Path>) -> Result<Self, String> {
        if !text.contains("://") {
            return match std::path::absolute(text) {
                Ok(folder) if !text.is_empty() => Ok(Self::Folder(folder)),
                _ => Err(format!("--databases {text}: this is no folder.")),
            };
        }
        let url = checked(text)?;
        let mut config: Config = url.as_str().parse().map_err(|error: tokio_postgres::Error| {
            format!("--databases: {}.", super::postgres::chain(&error))
        })?;
        let password = match file {
            Some(file) => from_file(file)?,
            None => std::env::var(PASSWORD).unwrap_or_default(),
        };
        if !password.is_empty() {
            config.password(password);
        }
        Ok(Self::Postgres(Server { url, config: Box::new(config) }))
    }
}

fn checked(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("--databases: this is no address: {error}."))?;
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        return Err("--databases: write a folder, or postgres://user@host/database.".to_owned());
    }
    if url.password().is_some() {
        return Err(format!(
            "--databases: leave the password out of the address, where others can read it: give it in {PASSWORD} or with --databases-password-file."
        ));
    }
    if url.username().is_empty() || url.host_str().is_none_or(str::is_empty) || url.path().len() < 2 {
        return Err("--databases: write the address in full, as postgres://user@host/database.".to_owned());
    }
    let odd = url
        .query_pairs()
        .find(|(key, value)| key != "sslmode" || !matches!(value.as_ref(), "disable" | "prefer" | "require"));
    match odd {
        Some((key, _)) => Err(format!(
            "--databases: “{key}” is not understood behind the address; sslmode=disable, prefer or require may stand there."
        )),
        None => Ok(url),
    }
}

/// The first line of a file that nobody else may read.
fn from_file(file: &Path) -> Result<String, String> {
    let fault = |reason: &str| format!("--databases-password-file {}: {reason}.", file.display());
    let meta = std::fs::metadata(file).map_err(|error| fault(&error.to_string()))?;
    if meta.permissions().mode() & 0o077 != 0 {
        return Err(fault("others may read or write it: give it the mode 0600"));
    }
    let text = std::fs::read_to_string(file).map_err(|error| fault(&error.to_string()))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_folder_or_a_postgresql_without_its_password() {
        assert!(
            matches!(Address::parse("some/folder", None), Ok(Address::Folder(folder)) if folder.is_absolute())
        );
        for (text, words) in [
            ("", "this is no folder"),
            ("mysql://a@b/c", "write a folder, or postgres://"),
            ("postgres://a:hunter2@b/c", "leave the password out"),
            ("postgres://b/c", "in full"),
            ("postgres://a@/c", "--databases"),
            ("postgres://a@b", "in full"),
            ("postgres://a@b/c?sslmode=verify-full", "“sslmode” is not understood"),
            ("postgres://a@b/c?options=-csearch_path%3Dx", "“options” is not understood"),
        ] {
            let said = Address::parse(text, None).err().unwrap_or_default();
            assert!(said.contains(words) && !said.contains("hunter2"), "{text}: {said}");
        }
    }

    #[test]
    fn a_password_lies_in_a_file_that_nobody_else_reads() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        let parse = || Address::parse("postgres://a@%2Frun%2Fpg/c?sslmode=disable", Some(&file));
        assert!(parse().is_err_and(|said| said.contains("No such file")));
        std::fs::write(&file, "seven grey herons\n").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(parse().is_err_and(|said| said.contains("the mode 0600")));
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let Ok(Address::Postgres(server)) = parse() else { panic!("it is sound") };
        assert_eq!(server.config.get_password(), Some(b"seven grey herons".as_slice()));
        assert_eq!(server.config.get_user(), Some("a"));
    }
}
