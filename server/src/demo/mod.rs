//! `towpath demo`: the console with a sample infrastructure. Its Platform Servers are real processes of this machine, each with
//! a folder and ports of its own; what runs is the same as in an installation.

mod fleet;
mod folder;
mod seed;

use crate::cli::{Common, Failure, start_log};
use crate::clock::Sources;
use crate::configuration::Configuration;
use crate::serve;
use fleet::Fleet;
use folder::Folder;
use operations::Caller;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;

/// How many ports are tried where the usual one is taken.
const PORTS: u16 = 50;
/// How long the Platform Servers may take to call.
const CALL: Duration = Duration::from_secs(30);

/// Tells what is going on, on standard error: standard output has the result.
fn say(text: impl std::fmt::Display) {
    eprintln!("{text}");
}

/// The command.
pub(crate) async fn demo(common: &Common, sources: Sources) -> Result<(), Failure> {
    let mut common = common.clone();
    if common.log.is_none() && std::env::var_os("TOWPATH_LOG").is_none() {
        common.log = Some("warn".to_owned());
    }
    let mut configuration = common.configuration()?;
    start_log(&configuration);
    configuration.data =
        std::path::absolute(&configuration.data).map_err(|error| format!("The data folder: {error}."))?;
    let programs = fleet::Programs::find()?;
    let folder = Folder::open(&configuration.data)?;
    let listener = bind_near(configuration.listen).await?;
    let running = serve::start_with(&configuration, listener, sources).await?;
    say(format_args!("Console: {}", running.origin.text));

    let fleet = Fleet::new(programs, running.address);
    // One future for the whole time: a signal that comes between two would be lost.
    let mut told = std::pin::pin!(serve::told_to_end());
    let outcome = tokio::select! {
        done = prepare(&configuration, &running, &folder, &fleet) => match done {
            Ok(()) => told.as_mut().await,
            Err(failure) => Err(failure),
        },
        told = told.as_mut() => told,
    };
    say("Ending: Platform Servers, then the console.");
    fleet.stop().await;
    running.stop().await;
    outcome
}

/// Everything up to the line that says how to sign in.
async fn prepare(
    configuration: &Configuration,
    running: &serve::Running,
    folder: &Folder,
    fleet: &Fleet,
) -> Result<(), Failure> {
    let console = &running.console;
    let local = Caller::local_operator();
    let mut state = folder.read()?;
    if !seed::infrastructure_is_there(console, &local).await? {
        if !state.servers.is_empty() {
            say("The console's database is new, so the Platform Servers begin anew too.");
            folder.forget_servers()?;
            state = folder::State::default();
        }
        say(
            "Making the sample infrastructure: Harbour Authority, four environments, five front-end servers.",
        );
    }
    seed::infrastructure(console, &local).await?;
    let began = console.time();
    fleet.start(console, &local, folder, &mut state).await?;
    seed::applications(console, &local, configuration, folder, &mut state).await?;
    seed::wait_for_calls(console, &local, began, CALL).await?;

    println!("\nTowpath is ready: {}\n", running.origin.text);
    if console.needs_set_up().await? {
        let password = seed::administrator(console, &local).await?;
        println!("  User:      {}", seed::ADMINISTRATOR);
        println!("  Password:  {password}   (shown this once)");
        println!(
            "\nSign in, open an application, tag a version, make a plan from Development to Test and run it."
        );
    } else {
        println!(
            "  Sign in as before: the password of “{}” was shown at the first start. For another user:",
            seed::ADMINISTRATOR
        );
        println!("  {}", seed::another_user(configuration));
    }
    println!("Data: {}   End: Ctrl+C", configuration.data.display());
    Ok(())
}

/// Binds the port, or the next free one.
async fn bind_near(wanted: SocketAddr) -> Result<TcpListener, Failure> {
    for step in 0..PORTS {
        let Some(port) = wanted.port().checked_add(step) else { break };
        match TcpListener::bind(SocketAddr::new(wanted.ip(), port)).await {
            Ok(listener) => {
                if step > 0 {
                    say(format_args!(
                        "Port {} is taken by another program, so this is {port}.",
                        wanted.port()
                    ));
                }
                return Ok(listener);
            }
            Err(error) if error.kind() == ErrorKind::AddrInUse && wanted.port() != 0 => {}
            Err(_) => break,
        }
    }
    serve::bind(wanted).await
}
