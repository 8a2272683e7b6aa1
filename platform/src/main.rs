//! `towpath-platform`: the Platform Server of an environment (`docs/platform-server.md`).
//!
//! Reading order: [`run`] puts everything together; [`controller`] takes tasks from the console; [`deployment`] stages and
//! switches on one front-end; [`runtime`] runs modules; [`front`] serves them; [`scheduler`] calls them at times, by what
//! [`work`] does on each front-end; [`catalog`] remembers.

mod announce;
mod answer;
mod arrive;
mod catalog;
mod cli;
mod clock;
mod control;
mod controller;
mod databases;
mod deployment;
mod enrol;
mod folders;
mod front;
mod identity;
mod leave;
mod log_writer;
mod point;
mod release;
mod rotate;
mod run;
mod runtime;
mod scheduler;
mod server_api;
mod server_identity;
mod services;
mod to_controller;
mod turns;
mod work;

use clap::Parser;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// The version of this software.
const VERSION: &str = env!("CARGO_PKG_VERSION");

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    if let cli::Command::ExecLimited(arguments) = &cli.command {
        eprintln!("{}", runtime::exec_limited(arguments));
        return ExitCode::FAILURE;
    }
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
    let work = async {
        let _too_long = run::outlive_files_that_are_too_long()?;
        match cli.command {
            cli::Command::Enrol(arguments) => enrol::enrol(arguments).await,
            cli::Command::Run(arguments) => run::run(arguments).await,
            cli::Command::RotateKey(arguments) => rotate::ask(arguments).await,
            cli::Command::ExecLimited(arguments) => Err(runtime::exec_limited(&arguments)),
            cli::Command::Client(command) => server_identity::clients::command(command).await,
            cli::Command::Openapi => server_api::print_document(),
        }
    };
    let ended = rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| "The cryptography for TLS could not be set up.".to_owned())
        .and_then(|()| {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
            runtime.map_err(|error| format!("The runtime could not be started: {error}"))
        })
        .and_then(|runtime| {
            let ended = runtime.block_on(work);
            // A read of standard input may hang for ever; nothing else is left by now.
            runtime.shutdown_background();
            ended
        });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::FAILURE
        }
    }
}
