//! `towpath-platform run`: puts the parts together and ends them in order.

use crate::announce::Announcer;
use crate::catalog::{Log, Platform, Retention, Session};
use crate::cli;
use crate::clock;
use crate::controller::{Controller, Parts};
use crate::deployment::Deployment;
use crate::folders::Folders;
use crate::front::{self, Front};
use crate::identity::{self, Identity, public_key};
use crate::runtime::log_writer;
use crate::server_api::{self, Api, Members};
use crate::server_identity::{self, Place, token::WrongSecrets};
use crate::services::{Services, beating};
use axum::Router;
use axum::extract::Request;
use axum::serve::ListenerExt;
use domain::architecture::words::Service;
use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long requests may take to end when the server ends.
const GRACE: Duration = Duration::from_secs(5);

/// How often it is looked whether something in the log is too old or too much.
const RETAIN: Duration = Duration::from_secs(60);

/// The data folder.
pub fn open_folders(path: &Path) -> Result<Folders, String> {
    Folders::open(path).map_err(|error| format!("The folder {} cannot be used: {error}.", path.display()))
}

/// The lock of the data folder, held as long as the file is open.
pub fn lock(folders: &Folders) -> Result<File, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}.", folders.lock().display());
    let file = File::create(folders.lock()).map_err(|error| failed(&error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => {
            Err(format!("Another Platform Server works in {} already.", folders.root().display()))
        }
        Err(std::fs::TryLockError::Error(error)) => Err(failed(&error)),
    }
}

/// The Platform catalog.
pub fn open_platform(folders: &Folders) -> Result<Platform, String> {
    Platform::open(&folders.catalog("platform")).map_err(|error| error.to_string())
}

/// Said of a folder in which nobody has enrolled.
pub fn not_enrolled(folders: &Folders) -> String {
    format!("{} is not enrolled yet: run towpath-platform enrol first.", folders.root().display())
}

/// A client for the console and for other front-ends.
pub fn client() -> Result<reqwest::Client, String> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .build();
    client.map_err(|error| format!("The HTTP client could not be set up: {error}."))
}

/// Runs until it is told to end.
pub async fn run(arguments: cli::Run) -> Result<(), String> {
    let folders = open_folders(&arguments.data)?;
    let _lock = lock(&folders)?;
    let catalog = open_platform(&folders)?;
    let identity = catalog.identity().await.map_err(|error| error.to_string())?;
    let Some(mut identity) = identity else {
        return Err(not_enrolled(&folders));
    };
    override_with(&mut identity, &arguments)?;
    folders.empty_staging().map_err(|error| format!("The staging folder: {error}."))?;
    let log = Log::open(&folders.catalog("log")).map_err(|error| error.to_string())?;
    let session = Session::open(&folders.catalog("session")).map_err(|error| error.to_string())?;
    let key = identity::own_key(&folders).map_err(|error| format!("The server's own key: {error}."))?;
    // From here on a signal ends this program in order; before, there is nothing to end.
    let mut signals = Signals::new()?;
    let public = listen("--listen", &identity.listen).await?;
    let api_listener = listen("--api-listen", &identity.api_listen).await?;
    keep_ports(&mut identity, &public, &api_listener)?;
    catalog.set_identity(&identity).await.map_err(|error| error.to_string())?;
    if let Some(address) = &arguments.controller_address {
        let known = catalog.set_controller_address(address.trim_end_matches('/'), clock::now()).await;
        known.map_err(|error| error.to_string())?;
    }
    let identity = Arc::new(identity);

    let (lines, writer) = log_writer(log.clone());
    let front = Front::new(&identity.environment_name, &identity.server_name);
    let processes =
        front::proxy::client().map_err(|error| format!("The HTTP client could not be set up: {error}."))?;
    let deployment = Deployment::new(
        folders.clone(),
        catalog.clone(),
        front.clone(),
        lines,
        (*identity).clone(),
        processes,
    );
    let client = client()?;
    let services = Services::starting(identity.is_controller);
    tokio::spawn(services.clone().count());
    let api = Api {
        identity: Arc::clone(&identity),
        deployment: deployment.clone(),
        catalog: catalog.clone(),
        session: session.clone(),
        folders: folders.clone(),
        services: services.clone(),
        log: log.clone(),
        key: key.clone(),
        client: client.clone(),
        wrong_secrets: WrongSecrets::default(),
        noted: Arc::default(),
        asked: Arc::default(),
        look: Arc::default(),
    };
    let stop = CancellationToken::new();
    let drain = Duration::from_secs(identity.drain_seconds.into());
    let (leaves, arrives) = (front.clone(), front.clone());
    let router = Router::new().fallback(move |request: Request| front.clone().answer(request));
    let public = serve(public, router, stop.clone(), || {});
    let listens = services.clone();
    let server_api = serve(api_listener, server_api::router(&api), stop.clone(), move || {
        listens.beat(Service::ServerApi);
    });
    let retention = Retention { days: arguments.log_days, megabytes: arguments.log_megabytes };
    tokio::spawn(retain(log.clone(), retention));
    let _ = log.add_event("started", format!("version {}", crate::VERSION)).await;
    println!(
        "{} of {} serves {}, Server.API {}",
        identity.server_name,
        identity.environment_name,
        identity.public_address,
        identity.api_address()
    );
    let work = async {
        deployment.resume().await.map_err(|error| error.to_string())?;
        let settling = deployment.clone();
        tokio::spawn(async move {
            settling.settled().await;
            arrives.arrive();
        });
        tokio::spawn(deployment.clone().watch(services.clone()));
        let controller = public_key(&identity.controller_key)?;
        tokio::spawn(server_identity::watch(key.clone(), controller, Place::of(&identity), services));
        if identity.is_controller {
            let members = Members::new(key.clone(), &identity, session, client.clone());
            let parts = Parts {
                identity,
                key,
                catalog,
                log: log.clone(),
                folders,
                deployment: deployment.clone(),
                members,
                api,
                client,
            };
            Controller::new(parts).run().await;
        } else {
            let asked = api.asked.subscribe();
            Announcer { identity, key, catalog, log: log.clone(), client, asked }.run().await;
        }
        std::future::pending().await
    };
    let ended: Result<(), String> = tokio::select! {
        ended = work => ended,
        () = signals.told_to_end(arguments.stop_on_stdin_close) => Ok(()),
    };
    if ended.is_ok() && !drain.is_zero() {
        // The balancer is told first, and sends nobody here any more; who is impatient says so once more.
        let _leaving = leaves.leave();
        tokio::select! {
            () = tokio::time::sleep(drain) => {}
            () = signals.told_to_end(false) => {}
        }
    }
    stop.cancel();
    let _ = tokio::time::timeout(GRACE, futures::future::join(public, server_api)).await;
    deployment.stop().await;
    let _ = log.add_event("stopped", String::new()).await;
    drop(writer);
    ended
}

/// Keeps the Log catalog within its bounds.
async fn retain(log: Log, retention: Retention) {
    loop {
        if let Err(error) = log.retain(retention, clock::now().0).await {
            tracing::error!(%error, "old lines could not be forgotten");
        }
        tokio::time::sleep(RETAIN).await;
    }
}

fn override_with(identity: &mut Identity, arguments: &cli::Run) -> Result<(), String> {
    if let Some(console) = &arguments.console {
        identity.console = console.trim_end_matches('/').to_owned();
    }
    if let Some(listen) = &arguments.listen {
        if identity.public_address == format!("http://{}", identity.listen) {
            identity.public_address = format!("http://{listen}");
        }
        identity.listen.clone_from(listen);
    }
    if let Some(api_listen) = &arguments.api_listen {
        identity.api_listen.clone_from(api_listen);
    }
    if let Some(address) = &arguments.public_address {
        identity.public_address = address.trim_end_matches('/').to_owned();
    }
    if let Some(seconds) = arguments.drain {
        identity.drain_seconds = seconds;
    }
    match &arguments.controller_address {
        Some(address) if !server_api::is_sound(address.trim_end_matches('/')) => {
            Err(format!("--controller-address {address}: write it as http://127.0.0.1:7101."))
        }
        _ => Ok(()),
    }
}

/// Port 0 has become a free one, which is kept.
fn keep_ports(identity: &mut Identity, public: &TcpListener, api: &TcpListener) -> Result<(), String> {
    let port = |listener: &TcpListener| match listener.local_addr() {
        Ok(address) => Ok(address.to_string()),
        Err(error) => Err(format!("A port cannot be used: {error}.")),
    };
    if identity.listen.ends_with(":0") {
        let listen = port(public)?;
        if identity.public_address == format!("http://{}", identity.listen) {
            identity.public_address = format!("http://{listen}");
        }
        identity.listen = listen;
    }
    if identity.api_listen.ends_with(":0") {
        identity.api_listen = port(api)?;
    }
    Ok(())
}

async fn listen(option: &str, address: &str) -> Result<TcpListener, String> {
    TcpListener::bind(address)
        .await
        .map_err(|error| format!("{address} cannot be listened on: {error}; choose another with {option}."))
}

/// Serves a port until it is told to stop, and beats as long as it does.
fn serve(
    listener: TcpListener,
    router: Router,
    stop: CancellationToken,
    beat: impl Fn() + Send + 'static,
) -> JoinHandle<()> {
    // Without TCP_NODELAY a kept-alive answer waits for the client's delayed acknowledgement.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    tokio::spawn(async move {
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let serving = axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned());
        if let Err(error) = beating(beat, serving.into_future()).await {
            tracing::error!(%error, "a port is served no longer");
        }
    })
}

/// The signals that end this program.
struct Signals {
    term: Signal,
    interrupt: Signal,
}

impl Signals {
    /// They are received from now on.
    fn new() -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("Signals cannot be received: {error}.");
        Ok(Self {
            term: signal(SignalKind::terminate()).map_err(failed)?,
            interrupt: signal(SignalKind::interrupt()).map_err(failed)?,
        })
    }

    /// Waits for SIGTERM, SIGINT or, where asked, the end of standard input.
    async fn told_to_end(&mut self, on_stdin: bool) {
        let closed = async {
            if !on_stdin {
                std::future::pending::<()>().await;
            }
            let mut buffer = [0; 256];
            let mut input = tokio::io::stdin();
            while input.read(&mut buffer).await.is_ok_and(|count| count > 0) {}
        };
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.interrupt.recv() => {}
            () = closed => {}
        }
    }
}
