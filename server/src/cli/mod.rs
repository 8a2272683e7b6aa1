//! The command line.

mod migrate;
pub mod package;
pub mod remote;
pub mod token;
pub mod user;

use crate::clock::Sources;
use crate::configuration::{Configuration, Flags};
use clap::{Args, Parser, Subcommand};
use operations::{Console, OpenOptions, Store};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Towpath, a console for application infrastructures: who may bring which application where, doing it, and proving it.
#[derive(Debug, Parser)]
#[command(name = "towpath", version, arg_required_else_help = true, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  towpath demo                                     a sample infrastructure with real Platform Servers
  towpath serve --listen 127.0.0.1:3000            the console; the first start prints a set-up code
  towpath user add ines --name 'Ines Duarte' --role Developer
  towpath package build samples/berths -o berths.oap

Exit codes: 0 done, 1 not done (one sentence says why), 2 wrong arguments or configuration.";

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the console
    #[command(after_help = "Configuration: flags, then TOWPATH_* environment variables, then Leptos.toml. \
                            The database is brought up to date at the start.")]
    Serve(Common),
    /// Start the console with a sample infrastructure, whose Platform Servers run as processes on this machine
    #[command(
        after_help = "Data stay in .towpath (or --data) and are there again at the next start. Ctrl+C ends everything."
    )]
    Demo(Common),
    /// Bring the database up to date, and end
    Migrate(Common),
    /// Users, as somebody who works at this machine
    #[command(subcommand)]
    User(user::User),
    /// Tokens of service accounts, as somebody who works at this machine
    #[command(subcommand)]
    Token(token::Token),
    /// Say which console the commands below speak to, and with which token
    #[command(
        after_help = "The token is read from standard input or from a file, never from the command line. It is kept in\n\
                            $XDG_CONFIG_HOME/towpath/login.json, readable by you alone. TOWPATH_CONSOLE and TOWPATH_TOKEN, set\n\
                            together, are used instead.\n\nExample:\n  \
                            pass show towpath | towpath login --console https://console.example.org"
    )]
    Login(remote::login::Login),
    /// Users of a running console, with a token
    Users(remote::users::Users),
    /// Teams of a running console, with a token
    Teams(remote::teams::Teams),
    /// Roles of a running console, with a token
    Roles(remote::roles::Roles),
    /// Service accounts and tokens of a running console, with a token
    Tokens(remote::tokens::Tokens),
    /// Infrastructures of a running console, with a token
    Infrastructures(remote::infrastructures::Infrastructures),
    /// Environments of a running console, with a token
    Environments(remote::environments::Environments),
    /// Front-end servers of a running console, with a token
    Servers(remote::servers::Servers),
    /// Applications of a running console, with a token
    Applications(remote::applications::Applications),
    /// Settings of a running console's applications, by environment and in plans; with a token
    #[command(
        after_help = "A secret is read from standard input or a file, never from the command line:\n  \
                            pass show tides/door | towpath settings set test tides door --stdin"
    )]
    Settings(remote::settings::Settings),
    /// Timers, jobs and e-mails of a running console's applications, by environment; with a token
    Timers(remote::timers::Timers),
    /// Versions of a running console's applications, with a token
    Versions(remote::versions::Versions),
    /// Deployments of a running console, with a token
    Deployments(remote::deployments::Deployments),
    /// Plans of a running console: why not now, asking for approval, starting; with a token
    Plans(remote::plans::Plans),
    /// Publish a package into a development environment of a running console, with a token
    Publish(remote::publish::Publish),
    /// Gates and freezes of a running console, and results of tests; with a token
    Gates(remote::gates::Gates),
    /// Load balancers, databases, data centers, zones and tools of a running console, with a token
    Parts(remote::parts::Parts),
    /// Pipelines of a running console, with a token
    Pipelines(remote::pipelines::Pipelines),
    /// The architecture of a running console's infrastructure, with a token
    Architecture(remote::architecture::Architecture),
    /// Packages of applications (.oap)
    #[command(subcommand)]
    Package(package::Package),
}

/// What `serve`, `demo`, `migrate`, `user` and `token` have in common.
#[derive(Debug, Clone, Default, Args)]
pub struct Common {
    /// Configuration file, instead of Leptos.toml in this folder or beside the program
    #[arg(long, value_name = "FILE", env = "TOWPATH_CONFIG")]
    pub config: Option<PathBuf>,
    /// Where to listen, such as 127.0.0.1:3000; port 0 takes a free one
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
    /// Folder for packages, temporary files and, unless another is named, the SQLite database
    #[arg(long, value_name = "DIR")]
    pub data: Option<String>,
    /// Database: sqlite:FILE or postgres://user@host/name
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// Where people open the console, such as https://console.example.org
    #[arg(long, value_name = "URL")]
    pub public_origin: Option<String>,
    /// What the log tells: error, warn, info, debug, trace or a filter
    #[arg(long, value_name = "FILTER")]
    pub log: Option<String>,
}

impl Common {
    /// The configuration with these flags.
    ///
    /// # Errors
    /// A wrong value anywhere.
    pub fn configuration(&self) -> Result<Configuration, Failure> {
        let flags: Flags = [
            ("site-addr", &self.listen),
            ("data", &self.data),
            ("database", &self.database),
            ("public-origin", &self.public_origin),
            ("log", &self.log),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value.clone()?)))
        .collect();
        Configuration::read(self.config.as_deref(), std::env::vars(), flags)
            .map_err(|refused| Failure::Configuration(refused.to_string()))
    }
}

/// Why a command did not do what it should: one sentence, and the exit code.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Exit code 2.
    #[error("{0}")]
    Configuration(String),
    /// Exit code 1.
    #[error("{0}")]
    NotDone(String),
}

impl Failure {
    /// The exit code.
    #[must_use]
    pub fn code(&self) -> ExitCode {
        match self {
            Self::Configuration(_) => ExitCode::from(2),
            Self::NotDone(_) => ExitCode::FAILURE,
        }
    }
}

impl From<String> for Failure {
    fn from(sentence: String) -> Self {
        Self::NotDone(sentence)
    }
}

impl From<operations::OperationError> for Failure {
    fn from(error: operations::OperationError) -> Self {
        Self::NotDone(error.sentence())
    }
}

/// Carries out a command.
///
/// # Errors
/// One sentence.
pub async fn run(cli: Cli) -> Result<(), Failure> {
    run_with(cli, Sources::default()).await
}

/// As [`run`], with time and ids from elsewhere for a console that is started.
///
/// # Errors
/// One sentence.
pub async fn run_with(cli: Cli, sources: Sources) -> Result<(), Failure> {
    match cli.command {
        Command::Serve(common) => crate::serve::serve(&common, sources).await,
        Command::Demo(common) => crate::demo::demo(&common, sources).await,
        Command::Migrate(common) => migrate::migrate(&common).await,
        Command::User(command) => user::run(command).await,
        Command::Token(command) => token::run(command).await,
        Command::Login(login) => remote::login::run(login).await,
        Command::Users(command) => remote::users::run(command).await,
        Command::Teams(command) => remote::teams::run(command).await,
        Command::Roles(command) => remote::roles::run(command).await,
        Command::Tokens(command) => remote::tokens::run(command).await,
        Command::Infrastructures(command) => remote::infrastructures::run(command).await,
        Command::Environments(command) => remote::environments::run(command).await,
        Command::Servers(command) => remote::servers::run(command).await,
        Command::Applications(command) => remote::applications::run(command).await,
        Command::Settings(command) => remote::settings::run(command).await,
        Command::Timers(command) => remote::timers::run(command).await,
        Command::Versions(command) => remote::versions::run(command).await,
        Command::Deployments(command) => remote::deployments::run(command).await,
        Command::Plans(command) => remote::plans::run(command).await,
        Command::Publish(command) => remote::publish::run(command).await,
        Command::Gates(command) => remote::gates::run(command).await,
        Command::Parts(command) => remote::parts::run(command).await,
        Command::Pipelines(command) => remote::pipelines::run(command).await,
        Command::Architecture(command) => remote::architecture::run(command).await,
        Command::Package(command) => package::run(command),
    }
}

/// Opens the database, makes its folder if need be, and brings it up to date.
///
/// # Errors
/// One sentence.
pub async fn open_store(configuration: &Configuration) -> Result<Store, Failure> {
    if let Some(folder) = configuration.database.strip_prefix("sqlite:").map(PathBuf::from)
        && folder.as_os_str() != ":memory:"
        && let Some(folder) = folder.parent()
    {
        std::fs::create_dir_all(folder)
            .map_err(|error| format!("The folder {} cannot be made: {error}.", folder.display()))?;
    }
    let failed = |error| format!("The database cannot be used: {error}.");
    let store = Store::open(&configuration.database).await.map_err(failed)?;
    store.migrate().await.map_err(failed)?;
    Ok(store)
}

/// Opens the console.
///
/// # Errors
/// One sentence.
pub async fn open_console(configuration: &Configuration, sources: &Sources) -> Result<Console, Failure> {
    let options = OpenOptions {
        store: open_store(configuration).await?,
        packages: configuration.data.join("packages"),
        clock: Arc::clone(&sources.clock),
        ids: Arc::clone(&sources.ids),
        master_key: crate::master_key::read(configuration, &*sources.ids)?,
        settings: configuration.settings.clone(),
    };
    Ok(Console::open(options)?)
}

/// Starts the log on standard error.
pub fn start_log(configuration: &Configuration) {
    let filter = tracing_subscriber::EnvFilter::new(&configuration.log);
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process, in a test, keeps the first.
    let _ =
        if configuration.log_json { builder.json().try_init() } else { builder.with_ansi(false).try_init() };
}
