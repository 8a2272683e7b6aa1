//! The sample infrastructure. Each step looks whether it was done, so that a first start that was broken off goes on.

use super::folder::{Folder, State};
use super::say;
use crate::cli::{Failure, package::from_folder};
use crate::configuration::Configuration;
use domain::architecture::file;
use domain::architecture::model::{Catalog, DatabaseServer, Pipeline};
use domain::architecture::words::{CatalogKind, Engine, PipelinePurpose, Sharing};
use domain::environment::Purpose;
use domain::id::DeploymentId;
use domain::text::{Key, Refused};
use domain::time::Timestamp;
use operations::{Caller, Console, NewEnvironment, NewServer, NewUser, OperationError, Wanted};
use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The infrastructure's key.
pub const HARBOUR: &str = "harbour";
/// The user that the first start makes.
pub const ADMINISTRATOR: &str = "admin";
/// Where the samples are published.
const DEVELOPMENT: &str = "development";
/// How long the publication of all samples may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// One front-end server: environment, key, name, whether it is the deployment controller. Controllers come before the others.
pub const SERVERS: [(&str, &str, &str, bool); 5] = [
    (DEVELOPMENT, "dev-1", "dev-1", true),
    ("test", "test-1", "test-1", true),
    ("acceptance", "acc-1", "acc-1", true),
    ("production", "prod-1", "prod-1", true),
    ("production", "prod-2", "prod-2", false),
];

const ENVIRONMENTS: [(&str, &str, Purpose); 4] = [
    (DEVELOPMENT, "Development", Purpose::Development),
    ("test", "Test", Purpose::Test),
    ("acceptance", "Acceptance", Purpose::Acceptance),
    ("production", "Production", Purpose::Production),
];

/// Producers before their consumers. `berths-next` is left for people to publish.
const SAMPLES: [&str; 5] = ["harbour-theme", "tides", "berths", "port-desk", "notices"];

/// Whether the infrastructure is there.
pub async fn infrastructure_is_there(console: &Console, local: &Caller) -> Result<bool, Failure> {
    match console.environments(local, HARBOUR).await {
        Ok(_) => Ok(true),
        Err(OperationError::NotFound { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Infrastructure, environments and servers.
pub async fn infrastructure(console: &Console, local: &Caller) -> Result<(), Failure> {
    if !infrastructure_is_there(console, local).await? {
        console.create_infrastructure(local, HARBOUR, "Harbour Authority").await?;
    }
    let there = console.environments(local, HARBOUR).await?;
    for (key, name, purpose) in ENVIRONMENTS {
        if !there.iter().any(|card| card.environment.key == key) {
            let new = NewEnvironment { key: key.to_owned(), name: name.to_owned(), purpose };
            console.create_environment(local, HARBOUR, new).await?;
        }
    }
    let there = console.environments(local, HARBOUR).await?;
    for (environment, key, name, is_controller) in SERVERS {
        let servers =
            there.iter().filter(|card| card.environment.key == environment).flat_map(|card| &card.servers);
        if !servers.into_iter().any(|server| server.name == name) {
            let new = NewServer { key: key.to_owned(), name: name.to_owned(), is_controller };
            console.create_server(local, HARBOUR, environment, new).await?;
        }
    }
    architecture(console, local).await
}

/// The pipeline, and where the Platform Servers keep what they know: each of the three catalogs is a SQLite file beside the controller.
async fn architecture(console: &Console, local: &Caller) -> Result<(), Failure> {
    let unreadable =
        |why: String| Failure::NotDone(format!("The sample's architecture cannot be recorded: {why}."));
    let text = console.architecture_file(local, HARBOUR).await?;
    let mut now = file::import(&text).map_err(|_| unreadable("its file is not readable".to_owned()))?;
    if !now.pipelines.is_empty() {
        return Ok(());
    }
    let refused = |why: Refused| unreadable(why.0);
    let files: Key = "local-files".parse().map_err(refused)?;
    let server = DatabaseServer {
        name: "Local files".parse().map_err(refused)?,
        engine: Engine::Sqlite,
        version: None,
        sharing: Sharing::Shared,
        standby_of: None,
        host: None,
        data_center: None,
        cores: None,
        memory_gib: None,
    };
    now.database_servers.insert(files.clone(), server);
    for (key, place) in &mut now.environments {
        for kind in CatalogKind::ALL {
            let name = format!("{key}-{}", kind.word()).parse().map_err(refused)?;
            place.catalogs.insert(*kind, Catalog { database_server: files.clone(), name });
        }
    }
    let pipeline = Pipeline {
        name: "Main line".parse().map_err(refused)?,
        purposes: BTreeSet::from([PipelinePurpose::LifecycleStages]),
        stages: now.order.clone(),
    };
    now.pipelines.insert("main".parse().map_err(refused)?, pipeline);
    let text = file::export(&now).map_err(|error| unreadable(error.to_string()))?;
    console.apply_architecture(local, HARBOUR, &Wanted::File(text), None).await?;
    Ok(())
}

/// Builds the samples and publishes those that never were.
pub async fn applications(
    console: &Console,
    local: &Caller,
    configuration: &Configuration,
    folder: &Folder,
    state: &mut State,
) -> Result<(), Failure> {
    let missing: Vec<&str> =
        SAMPLES.into_iter().filter(|key| !state.published.iter().any(|done| done == key)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let samples = find_samples()?;
    let mut waiting: Vec<(&str, DeploymentId)> = Vec::new();
    for (index, key) in missing.iter().enumerate() {
        say(format_args!("[{}/{}] building and publishing {key}", index + 1, missing.len()));
        let source = samples.join(key);
        let bytes = tokio::task::spawn_blocking(move || from_folder(&source));
        let (_, bytes) = bytes.await.map_err(|error| error.to_string())??;
        let failed = |error: std::io::Error| format!("The package of {key} cannot be written: {error}.");
        let mut file =
            tempfile::Builder::new().suffix(".oap").tempfile_in(&configuration.data).map_err(failed)?;
        file.write_all(&bytes).map_err(failed)?;
        if let Some(id) = console.publish(local, HARBOUR, DEVELOPMENT, file.path()).await?.deployment {
            waiting.push((key, id));
        }
    }
    let until = tokio::time::Instant::now() + PATIENCE;
    for (key, id) in waiting {
        let row = loop {
            let row = console.deployment(local, HARBOUR, id).await?.row;
            if row.finished_at.is_some() {
                break row;
            }
            if tokio::time::Instant::now() > until {
                let sentence =
                    format!("{key} was not published within {} s: {}", PATIENCE.as_secs(), row.message);
                return Err(Failure::NotDone(sentence));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        if row.status != "finished_successful" {
            return Err(Failure::NotDone(format!("{key} could not be published: {}", row.message)));
        }
        say(format_args!("      {key} runs in Development"));
    }
    state.published.extend(missing.into_iter().map(str::to_owned));
    folder.write(state)
}

/// The samples of the workspace that this program was built in, or of the working folder.
fn find_samples() -> Result<PathBuf, Failure> {
    let program = std::env::current_exe().ok();
    let above = program.iter().flat_map(|path| path.ancestors().skip(1).take(3)).map(Path::to_owned);
    let working = std::env::current_dir().ok();
    above.chain(working).map(|folder| folder.join("samples")).find(|folder| folder.join(SAMPLES[0]).is_dir()).ok_or_else(|| {
        let sentence = "The folder samples is neither here nor above this program; start the demo in the repository.";
        Failure::NotDone(sentence.to_owned())
    })
}

/// Waits until every front-end has been heard of since this start.
pub async fn wait_for_calls(
    console: &Console,
    local: &Caller,
    since: Timestamp,
    patience: Duration,
) -> Result<(), Failure> {
    let until = tokio::time::Instant::now() + patience;
    loop {
        let cards = console.environments(local, HARBOUR).await?;
        let silent: Vec<&str> = cards
            .iter()
            .flat_map(|card| &card.servers)
            .filter(|server| {
                !server.reported.as_ref().is_some_and(|report| report.reachable && report.at >= since)
            })
            .map(|server| server.name.as_str())
            .collect();
        if silent.is_empty() {
            return Ok(());
        }
        if tokio::time::Instant::now() > until {
            say(format_args!(
                "Not heard of yet: {}. Their logs are in the data folder, below servers.",
                silent.join(", ")
            ));
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Makes the administrator; gives the password, which is shown once.
pub async fn administrator(console: &Console, local: &Caller) -> Result<String, Failure> {
    let new = NewUser {
        username: ADMINISTRATOR.to_owned(),
        name: "Administrator".to_owned(),
        email: String::new(),
        role: "Administrator".to_owned(),
        infrastructure: None,
        password: None,
    };
    let added = console.add_user(local, new).await?;
    added.one_time_password.ok_or_else(|| Failure::NotDone("The console made no password.".to_owned()))
}

/// The command that makes another user of this demo.
pub fn another_user(configuration: &Configuration) -> String {
    let program =
        std::env::current_exe().map_or_else(|_| "towpath".to_owned(), |path| path.display().to_string());
    format!("{program} user add NAME --role Administrator --data {}", configuration.data.display())
}
