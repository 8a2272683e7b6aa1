//! The command line.

use clap::{Args, Parser, Subcommand};
use domain::text::Key;
use std::path::PathBuf;

/// The Platform Server of a Towpath environment: it runs on every front-end, serves the applications there, and on one of
/// them, the deployment controller, fetches work from the console.
#[derive(Debug, Parser)]
#[command(name = "towpath-platform", version, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make this server known to the console with a one-use code (first the environment's controller, then the others)
    Enrol(Enrol),
    /// Serve the applications of this front-end, and take work
    Run(Run),
    /// Let the Platform Server that runs in a folder make a new key of its own and sign with that from now on
    RotateKey(RotateKey),
    /// Programs that may ask Server.API with tokens of Server.Identity
    #[command(subcommand)]
    Client(ClientCommand),
    /// Print the document of Server.API (OpenAPI 3.1, as JSON)
    Openapi,
    /// Become another program with limits; the Platform Server starts modules by it
    #[command(hide = true)]
    ExecLimited(ExecLimited),
}

/// `rotate-key`
#[derive(Debug, Args)]
pub struct RotateKey {
    /// The folder that was given to enrol
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
}

/// `client`
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Add a client; its secret is shown once
    Add(AddClient),
    /// Show the clients
    List(Folder),
    /// Remove a client; it gets no token any more
    Remove(RemoveClient),
}

/// The folder of the deployment controller.
#[derive(Debug, Args)]
pub struct Folder {
    /// The folder of the environment's deployment controller; it may run meanwhile
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
}

/// `client add`
#[derive(Debug, Args)]
pub struct AddClient {
    /// What people call it: lower-case letters, digits and hyphens
    pub name: Key,
    /// What its tokens may be good for, with commas between: deploy, logs, read, timers, timers.run
    #[arg(long, value_name = "SCOPES")]
    pub scope: String,
    /// Where
    #[command(flatten)]
    pub folder: Folder,
}

/// `client remove`
#[derive(Debug, Args)]
pub struct RemoveClient {
    /// The client
    pub name: Key,
    /// Where
    #[command(flatten)]
    pub folder: Folder,
}

/// `exec-limited`
#[derive(Debug, Args)]
pub struct ExecLimited {
    /// Memory of its own, megabytes
    #[arg(long, value_name = "MB")]
    pub memory_megabytes: Option<u32>,
    /// Open files
    #[arg(long, value_name = "N")]
    pub open_files: Option<u32>,
    /// Processes and threads of this user
    #[arg(long, value_name = "N")]
    pub processes: Option<u32>,
    /// The program and its arguments
    #[arg(last = true, required = true)]
    pub command: Vec<std::ffi::OsString>,
}

/// `enrol`
#[derive(Debug, Args)]
pub struct Enrol {
    /// Address of the console, such as http://127.0.0.1:3000
    #[arg(long, value_name = "URL")]
    pub console: String,
    /// The one-use code that the console showed
    #[arg(long, env = "TOWPATH_ENROLMENT_CODE", hide_env_values = true)]
    pub code: String,
    /// Folder for everything that this server keeps; made if it is missing
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Where the applications are served; port 0 takes a free one and keeps it
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub listen: String,
    /// Where Server.API is served, for the controller of the same environment; port 0 takes a free one and keeps it
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub api_listen: String,
    /// Where people open the applications, if it is another address than --listen
    #[arg(long, value_name = "URL")]
    pub public_address: Option<String>,
}

/// `run`
#[derive(Debug, Args)]
pub struct Run {
    /// The folder that was given to enrol
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Another address of the console than the one at enrolment
    #[arg(long, value_name = "URL")]
    pub console: Option<String>,
    /// Another place to serve the applications than the one at enrolment; port 0 takes a free one and keeps it
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
    /// Another place to serve Server.API than the one at enrolment; port 0 takes a free one and keeps it
    #[arg(long, value_name = "ADDR")]
    pub api_listen: Option<String>,
    /// Another address under which people open the applications
    #[arg(long, value_name = "URL")]
    pub public_address: Option<String>,
    /// For how many seconds the health check answers 503 before a switch and before the end, so that a load balancer takes this front-end
    /// out meanwhile; kept, and 0 until it is given. Take a little more than the balancer needs to notice
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(0..=600))]
    pub drain: Option<u32>,
    /// Where the databases of the environment's applications are, at the controller: a folder for SQLite files, or a PostgreSQL as
    /// postgres://user@host/database, its password in TOWPATH_DATABASES_PASSWORD; kept, and the folder databases in --data until it is given
    #[arg(long, value_name = "DIR|URL")]
    pub databases: Option<String>,
    /// A file with the password for --databases, which nobody else may read (mode 0600); kept
    #[arg(long, value_name = "FILE")]
    pub databases_password_file: Option<PathBuf>,
    /// Where the controller sends the e-mails of applications: smtp://host:25, smtp://user@host:587?tls=required or smtps://user@host; kept, and
    /// empty for none. The password comes in TOWPATH_SMTP_PASSWORD or by --smtp-password-file
    #[arg(long, value_name = "URL")]
    pub smtp: Option<String>,
    /// The address that e-mails come from, such as "Harbour <harbour@example.org>"; kept
    #[arg(long, value_name = "ADDRESS")]
    pub smtp_from: Option<String>,
    /// A file that holds the password of --smtp; its name is kept, and it is read at each start
    #[arg(long, value_name = "FILE")]
    pub smtp_password_file: Option<String>,
    /// For how many days output, requests and errors of applications and events are kept in the Log catalog
    #[arg(long, value_name = "DAYS", default_value_t = 14, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub log_days: u32,
    /// How many megabytes the file of the Log catalog takes at most; the oldest goes
    #[arg(long, value_name = "MB", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub log_megabytes: u32,
    /// After how many days this server makes a new key of its own and signs with that
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub key_days: u32,
    /// How many requests of one module are worked on at once; a module may allow less in its manifest
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub concurrent: u32,
    /// How many more requests of one module may wait; beyond that they are answered 503
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub queue: u32,
    /// How long a request may wait before it is answered 503
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=600))]
    pub queue_seconds: u32,
    /// How much memory the process of a module may take where its manifest says nothing; as much as there is until it is given
    #[arg(long, value_name = "MB", value_parser = clap::value_parser!(u32).range(16..=1_048_576))]
    pub process_memory_megabytes: Option<u32>,
    /// Where the controller's Server.API answers, if both it and this server moved while neither could tell the other
    #[arg(long, value_name = "URL")]
    pub controller_address: Option<String>,
    /// End when standard input is closed, so that this server ends with the program that started it
    #[arg(long)]
    pub stop_on_stdin_close: bool,
}
