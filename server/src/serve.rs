//! `towpath serve`: the console from its first request to its last.

use crate::cli::{Common, Failure, open_console, start_log};
use crate::clock::Sources;
use crate::configuration::{Configuration, PublicOrigin};
use crate::router::router;
use crate::web::Web;
use axum::serve::ListenerExt as _;
use operations::{Console, EngineHandle};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long requests may take to end when the console ends.
const GRACE: Duration = Duration::from_secs(6);
/// How often ended sessions are removed.
const PURGE_EVERY: Duration = Duration::from_secs(600);

/// A console that answers.
pub struct Running {
    /// Its operations.
    pub console: Console,
    /// Where people open it.
    pub origin: PublicOrigin,
    /// Where it listens.
    pub address: SocketAddr,
    engine: EngineHandle,
    server: JoinHandle<()>,
    purge: JoinHandle<()>,
    ending: CancellationToken,
}

/// Starts answering on a port that is bound already.
///
/// # Errors
/// One sentence.
pub async fn start(configuration: &Configuration, listener: TcpListener) -> Result<Running, Failure> {
    start_with(configuration, listener, Sources::default()).await
}

/// As [`start`], with time and ids from elsewhere.
///
/// # Errors
/// One sentence.
pub async fn start_with(
    configuration: &Configuration,
    listener: TcpListener,
    sources: Sources,
) -> Result<Running, Failure> {
    let address = listener.local_addr().map_err(|error| format!("The port cannot be used: {error}."))?;
    let console = open_console(configuration, &sources).await?;
    let ending = CancellationToken::new();
    let web = Web::new(console.clone(), configuration, address, sources.ids, ending.clone());
    let origin = web.shared.origin.clone();
    if !web.shared.site.join("pkg").is_dir() {
        tracing::warn!(folder = %web.shared.site.display(), "the browser's files are missing; scripts/build.sh makes them");
    }
    let service = router(&web).into_make_service_with_connect_info::<SocketAddr>();
    // Without TCP_NODELAY a page that is written in small pieces waits for delayed acknowledgements.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let engine = console.start_engine();
    let stop = ending.clone();
    let server = tokio::spawn(async move {
        if let Err(error) =
            axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned()).await
        {
            tracing::error!(%error, "the port is served no longer");
        }
    });
    let sessions = console.sessions();
    let purge = tokio::spawn(async move {
        let mut every = tokio::time::interval(PURGE_EVERY);
        loop {
            every.tick().await;
            if let Err(error) = sessions.purge().await {
                tracing::error!(%error, "ended sessions could not be removed");
            }
        }
    });
    Ok(Running { console, origin, address, engine, server, purge, ending })
}

impl Running {
    /// Ends: open requests first, within seconds, then the engine.
    pub async fn stop(self) {
        self.ending.cancel();
        self.purge.abort();
        let mut server = self.server;
        if tokio::time::timeout(GRACE, &mut server).await.is_err() {
            tracing::warn!("some requests did not end in time");
            server.abort();
        }
        self.engine.stop().await;
    }
}

/// Binds the port.
///
/// # Errors
/// One sentence that says what to do.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let why = match error.kind() {
            std::io::ErrorKind::AddrInUse => "another program uses it".to_owned(),
            std::io::ErrorKind::PermissionDenied => "this account may not".to_owned(),
            _ => error.to_string(),
        };
        Failure::NotDone(format!(
            "{address} cannot be listened on: {why}. Choose another address with --listen."
        ))
    })
}

/// Waits for SIGTERM or SIGINT.
///
/// # Errors
/// Signals cannot be received.
pub async fn told_to_end() -> Result<(), Failure> {
    let failed = |error: std::io::Error| format!("Signals cannot be received: {error}.");
    let mut term = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    tokio::select! {
        _ = term.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Where a file may not become longer (RLIMIT_FSIZE), the system would end this program without a word. Received, the signal does nothing, and
/// whoever writes is refused as on a full disk.
fn outlive_files_that_are_too_long() -> Result<Signal, Failure> {
    let kind = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
    signal(kind).map_err(|error| Failure::NotDone(format!("Signals cannot be received: {error}.")))
}

/// The command.
pub(crate) async fn serve(common: &Common, sources: Sources) -> Result<(), Failure> {
    let configuration = common.configuration()?;
    start_log(&configuration);
    let _too_long = outlive_files_that_are_too_long()?;
    let listener = bind(configuration.listen).await?;
    let running = start_with(&configuration, listener, sources).await?;
    println!("Towpath answers at {}", running.origin.text);
    if running.console.needs_set_up().await? {
        println!("There are no users yet. Open {}/set-up and give this there:", running.origin.text);
        println!("  Set-up code: {}", running.console.set_up_code());
    }
    told_to_end().await?;
    println!("Ending.");
    running.stop().await;
    Ok(())
}
