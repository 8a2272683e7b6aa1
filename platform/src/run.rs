//! `towpath-platform run`: puts the parts together and ends them in order.

use crate::announce::Announcer;
use crate::arrive::Arrival;
use crate::catalog::{Log, Platform, Retention, Session};
use crate::cli;
use crate::clock;
use crate::control::{Control, Follower};
use crate::controller::{Console, Controller, Parts};
use crate::databases::{Address, Databases};
use crate::deployment::Deployment;
use crate::folders::Folders;
use crate::front::{self, Bounds, Front};
use crate::identity::{self, Identity, OwnKey};
use crate::leave::Leaver;
use crate::log_writer::log_writer;
use crate::rotate::Rotator;
use crate::scheduler::{self, Mailer, Scheduler, Seat, Smtp};
use crate::server_api::{self, Api, Members};
use crate::server_identity::{self, Place, token::WrongSecrets};
use crate::services::{Services, beating};
use crate::to_controller::ToController;
use crate::turns::Turns;
use crate::work::{Desk, HandOver, Work, desk_router};
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

/// Where a file may not become longer (RLIMIT_FSIZE), the system would end this program without a word. Received, the signal does nothing, and
/// whoever writes is refused as on a full disk.
pub fn outlive_files_that_are_too_long() -> Result<Signal, String> {
    let kind = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
    signal(kind).map_err(|error| format!("Signals cannot be received: {error}."))
}

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
    let databases = databases_address(&mut identity, &arguments, &folders)?;
    let mailer = mailer(&mut identity, &arguments)?;
    folders.empty_staging().map_err(|error| format!("The staging folder: {error}."))?;
    let log = Log::open(&folders.catalog("log")).map_err(|error| error.to_string())?;
    let session = Session::open(&folders.catalog("session")).map_err(|error| error.to_string())?;
    let key = identity::own_key(&folders).map_err(|error| format!("The server's own key: {error}."))?;
    let key = OwnKey::new(key);
    // From here on a signal ends this program in order; before, there is nothing to end.
    let mut signals = Signals::new()?;
    let public = listen("--listen", &identity.listen).await?;
    let api_listener = listen("--api-listen", &identity.api_listen).await?;
    keep_ports(&mut identity, &public, &api_listener)?;
    let desk_listener = listen("--listen", "127.0.0.1:0").await?;
    let desk_address =
        desk_listener.local_addr().map_err(|error| format!("A port cannot be used: {error}."))?;
    let desk = Desk::new(desk_address.to_string());
    catalog.set_identity(&identity).await.map_err(|error| error.to_string())?;
    if let Some(address) = &arguments.controller_address {
        let known = catalog.set_controller_address(address.trim_end_matches('/'), clock::now()).await;
        known.map_err(|error| error.to_string())?;
    }
    let control = Control::of(&identity)?;
    let identity = Arc::new(identity);

    let (lines, writer) = log_writer(log.clone());
    let bounds = Bounds {
        concurrent: arguments.concurrent,
        waiting: arguments.queue,
        seconds: arguments.queue_seconds,
        memory_megabytes: arguments.process_memory_megabytes,
    };
    let front = Front::new(&identity.environment_name, &identity.server_name, bounds, lines.clone());
    let processes =
        front::proxy::client().map_err(|error| format!("The HTTP client could not be set up: {error}."))?;
    let deployment = Deployment::new(
        folders.clone(),
        catalog.clone(),
        front.clone(),
        lines,
        (*identity).clone(),
        processes,
        desk.clone(),
    );
    let client = client()?;
    let services = Services::starting(identity.is_controller);
    tokio::spawn(services.clone().count());
    let members = Members::new(key.clone(), &identity, session.clone(), client.clone(), control.clone());
    let work = Work::new(catalog.clone(), front.clone());
    let seat = Seat::default();
    let farm = catalog.farm().await.map_err(|error| error.to_string())?;
    deployment.leaves_so(farm.drain_seconds, farm.open_requests_seconds);
    let api = Api {
        identity: Arc::clone(&identity),
        deployment: deployment.clone(),
        catalog: catalog.clone(),
        session: session.clone(),
        folders: folders.clone(),
        work: work.clone(),
        scheduler: seat.clone(),
        services: services.clone(),
        log: log.clone(),
        key: key.clone(),
        client: client.clone(),
        wrong_secrets: WrongSecrets::default(),
        noted: Arc::default(),
        asked: Arc::default(),
        look: Arc::default(),
        control: control.clone(),
        turns: Turns::new(farm),
        signed: Arc::default(),
        told: Arc::default(),
        arriving: Arc::default(),
    };
    let controller = ToController {
        identity: Arc::clone(&identity),
        key: key.clone(),
        catalog: catalog.clone(),
        client: client.clone(),
    };
    let arrival = Arrival { controller: controller.clone(), api: api.clone() };
    let leaver = Leaver {
        controller: controller.clone(),
        deployment: deployment.clone(),
        control: control.clone(),
        turns: api.turns.clone(),
    };
    let stop = CancellationToken::new();
    let arrives = front.clone();
    let router = Router::new().fallback(move |request: Request| front.clone().answer(request));
    let public = serve(public, router, stop.clone(), || {});
    let listens = services.clone();
    let server_api = serve(api_listener, server_api::router(&api), stop.clone(), move || {
        listens.beat(Service::ServerApi);
    });
    let over = HandOver { scheduler: seat.clone(), controller: controller.clone() };
    let at_desk = serve(desk_listener, desk_router(desk, over), stop.clone(), || {});
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
        work.resumed();
        let settling = deployment.clone();
        tokio::spawn(async move {
            settling.settled().await;
            arrival.is_welcome().await;
            arrives.arrive();
        });
        tokio::spawn(deployment.clone().watch(services.clone()));
        tokio::spawn(server_identity::watch(
            key.clone(),
            control.clone(),
            Place::of(&identity),
            services.clone(),
        ));
        let console = || Console::new(client.clone(), &identity, key.clone());
        let follower = Follower {
            control: control.clone(),
            identity: Arc::clone(&identity),
            console: console(),
            catalog: catalog.clone(),
            log: log.clone(),
        };
        tokio::spawn(follower.run());
        let rotator = Rotator {
            folders: folders.clone(),
            key: key.clone(),
            console: console(),
            log: log.clone(),
            control: control.clone(),
            age: Duration::from_secs(u64::from(arguments.key_days) * 86_400),
        };
        tokio::spawn(rotator.run());
        // What it is now; once it is told to be the other, that begins in its place.
        loop {
            let (identity, catalog, log) = (Arc::clone(&identity), catalog.clone(), log.clone());
            if control.is_own() {
                let scheduler = Scheduler::new(scheduler::Parts {
                    identity: Arc::clone(&identity),
                    catalog: catalog.clone(),
                    log: log.clone(),
                    members: members.clone(),
                    work: work.clone(),
                    services: services.clone(),
                    mailer: mailer.clone(),
                });
                seat.set(Some(scheduler.clone()));
                let databases = Databases::new(Arc::clone(&identity), catalog.clone(), databases.clone());
                let parts = Parts {
                    identity,
                    databases,
                    catalog,
                    log,
                    folders: folders.clone(),
                    deployment: deployment.clone(),
                    members: members.clone(),
                    api: api.clone(),
                    console: console(),
                };
                tokio::select! {
                    () = Controller::new(parts).run() => {}
                    () = scheduler.run() => {}
                    () = control.changes_from(true) => {}
                }
                seat.set(None);
                services.ended(Service::DeploymentController);
                services.ended(Service::Scheduler);
            } else {
                let announcer = Announcer {
                    controller: controller.clone(),
                    log,
                    asked: api.asked.subscribe(),
                    control: control.clone(),
                };
                tokio::select! {
                    () = announcer.run() => {}
                    () = control.changes_from(false) => {}
                }
            }
        }
    };
    let ended: Result<(), String> = tokio::select! {
        ended = work => ended,
        () = signals.told_to_end(arguments.stop_on_stdin_close) => Ok(()),
    };
    // As long as the process lives the balancer is told that it leaves; who is impatient says so once more.
    let mut _leaving = None;
    if ended.is_ok() {
        tokio::select! {
            left = leaver.leave() => _leaving = left,
            () = signals.told_to_end(false) => {}
        }
    }
    stop.cancel();
    let _ = tokio::time::timeout(GRACE, futures::future::join3(public, server_api, at_desk)).await;
    deployment.stop().await;
    let _ = log.add_event("stopped", String::new()).await;
    writer.end().await;
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

/// Where the databases of applications are. What was given is found sound before it is kept.
fn databases_address(
    identity: &mut Identity,
    arguments: &cli::Run,
    folders: &Folders,
) -> Result<Address, String> {
    if let Some(databases) = &arguments.databases {
        identity.databases.clone_from(databases);
        identity.databases_password_file = None;
    }
    if let Some(file) = &arguments.databases_password_file {
        let file = std::path::absolute(file).map_err(|error| format!("{}: {error}.", file.display()))?;
        identity.databases_password_file = Some(file);
    }
    if identity.databases.is_empty() {
        return Ok(Address::Folder(folders.root().join("databases")));
    }
    let address = Address::parse(&identity.databases, identity.databases_password_file.as_deref())?;
    if let Address::Folder(folder) = &address {
        identity.databases = folder.to_string_lossy().into_owned();
    }
    Ok(address)
}

/// What sends e-mails, where that is configured now or was before.
fn mailer(identity: &mut Identity, arguments: &cli::Run) -> Result<Option<Mailer>, String> {
    let before = identity.smtp.take();
    let url = arguments.smtp.clone().or_else(|| before.as_ref().map(|smtp| smtp.url.clone()));
    let from = arguments.smtp_from.clone().or_else(|| before.as_ref().map(|smtp| smtp.from.clone()));
    let password_file =
        arguments.smtp_password_file.clone().or_else(|| before.and_then(|smtp| smtp.password_file));
    let smtp = match (url.filter(|url| !url.is_empty()), from) {
        (None, _) => return Ok(None),
        (Some(_), None) => {
            return Err("--smtp needs --smtp-from, the address that e-mails come from.".to_owned());
        }
        (Some(url), Some(from)) => Smtp { url, from, password_file },
    };
    let password = scheduler::password(smtp.password_file.as_deref())?;
    let mailer = Mailer::new(&smtp, password)?;
    identity.smtp = Some(smtp);
    Ok(Some(mailer))
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
