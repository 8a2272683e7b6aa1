//! `towpath publish`: a package into a development environment.

use super::super::Failure;
use super::{Client, Remote, text};
use clap::Args;
use std::path::PathBuf;

/// `publish`
#[derive(Debug, Args)]
pub struct Publish {
    #[command(flatten)]
    remote: Remote,
    /// The package (.oap), as `towpath package build` makes it
    file: PathBuf,
    /// Key of the development environment
    #[arg(long, value_name = "KEY")]
    environment: String,
    /// Key of the application that is meant; the package of another one is refused
    #[arg(long, value_name = "KEY", default_value = "")]
    application: String,
    /// Release notes: what is new; they are proposed as the change log of its version
    #[arg(long, default_value = "")]
    notes: String,
    /// Release notes from a file
    #[arg(long, value_name = "FILE", conflicts_with = "notes")]
    notes_file: Option<PathBuf>,
}

pub(in crate::cli) async fn run(publish: Publish) -> Result<(), Failure> {
    let Publish { remote, file, environment, application, notes, notes_file } = publish;
    let unread = |path: &std::path::Path, error: std::io::Error| {
        Failure::Configuration(format!("{} cannot be read: {error}.", path.display()))
    };
    let notes = match &notes_file {
        Some(path) => std::fs::read_to_string(path).map_err(|error| unread(path, error))?,
        None => notes,
    };
    let client = Client::open(&remote)?;
    let path = client.within(&["environments", &environment, "packages"]).await?;
    let said = [("application", application.as_str()), ("notes", notes.as_str())];
    let package = tokio::fs::File::open(&file).await.map_err(|error| unread(&file, error))?;
    let size = package.metadata().await.map_err(|error| unread(&file, error))?.len();
    let done = client.upload(&path, &said, package, size).await?;
    remote.say(&done, &text(&done["sentence"]));
    Ok(())
}
