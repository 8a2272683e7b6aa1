//! `towpath-platform enrol`.

use crate::cli;
use crate::controller::{self, Console, ConsoleError};
use crate::identity::{self, Identity, OwnKey};
use crate::run;
use crate::server_api::is_sound;
use domain::protocol::{EnrolRequest, EnrolResponse, PROTOCOL};
use domain::time::Timestamp;
use std::net::TcpListener;
use std::time::Duration;

/// Enrols this server and keeps what the console answered.
pub async fn enrol(arguments: cli::Enrol) -> Result<(), String> {
    let console = arguments.console.trim_end_matches('/').to_owned();
    if !console.starts_with("http://") && !console.starts_with("https://") {
        return Err(format!("--console {console}: an address begins with http:// or https://."));
    }
    let folders = run::open_folders(&arguments.data)?;
    let _lock = run::lock(&folders)?;
    let catalog = run::open_platform(&folders)?;
    if let Some(known) = catalog.identity().await.map_err(|error| error.to_string())? {
        return Err(format!(
            "{} holds the identity of {} in {} already; take another folder, or remove this one to enrol anew.",
            folders.root().display(),
            known.server_name,
            known.environment_name
        ));
    }
    let key = identity::make_own_key(&folders).map_err(|error| format!("The server's own key: {error}."))?;
    let listen = settled("--listen", &arguments.listen)?;
    let api_listen = settled("--api-listen", &arguments.api_listen)?;
    let public_address = arguments.public_address.unwrap_or_else(|| format!("http://{listen}"));
    let request = EnrolRequest {
        protocol: PROTOCOL,
        code: arguments.code.trim().to_owned(),
        public_key: hex::encode(key.verifying_key().as_bytes()),
        version: crate::VERSION.to_owned(),
        public_address: public_address.clone(),
        api_address: format!("http://{api_listen}"),
    };
    let client = run::client()?;
    let mut answer =
        controller::enrol(&client, &console, &request).await.map_err(|error| error.to_string())?;
    println!("The fingerprint of its key: {}", identity::fingerprint(&key));
    if answer.waits {
        println!(
            "{} of {} waits until an administrator confirms this fingerprint at the console. Killed, it goes on with the same command.",
            answer.server_name, answer.environment_name
        );
        answer = confirmed(&Console::at(client, &console, answer.server, OwnKey::new(key.clone()))).await?;
    }
    let controller = answer.controller_api_address.trim_end_matches('/').to_owned();
    let note = answer.note.clone();
    let mut identity = Identity::of(answer, &key, &console)?;
    (identity.listen, identity.api_listen, identity.public_address) = (listen, api_listen, public_address);
    if !identity.is_controller && is_sound(&controller) {
        // Whatever the controller says itself is newer.
        let known = catalog.set_controller_address(&controller, Timestamp(0)).await;
        known.map_err(|error| error.to_string())?;
    }
    catalog.set_identity(&identity).await.map_err(|error| error.to_string())?;
    let role = if identity.is_controller { "deployment controller" } else { "front-end" };
    println!("{} is enrolled as a {role} of {}.", identity.server_name, identity.environment_name);
    if !note.is_empty() {
        eprintln!("{note}");
    }
    println!("Start it: towpath-platform run --data {}", arguments.data.display());
    Ok(())
}

/// How often the console is asked whether somebody has confirmed the key.
const ASK: Duration = Duration::from_secs(2);

/// Waits until an administrator has confirmed the key; an error where it was refused.
async fn confirmed(console: &Console) -> Result<EnrolResponse, String> {
    loop {
        tokio::time::sleep(ASK).await;
        match console.enrolment().await {
            Ok(said) => {
                if let Some(answer) = said.answer {
                    return Ok(answer);
                }
            }
            Err(error @ (ConsoleError::Silent { .. } | ConsoleError::Refused { status: 500.., .. })) => {
                tracing::warn!(%error, "it is asked again");
            }
            Err(ConsoleError::Refused { status: 401, .. }) => {
                return Err("An administrator refused this key, or another server took the place.".to_owned());
            }
            Err(error) => return Err(error.to_string()),
        }
    }
}

/// An address with its port: port 0 becomes a free one.
fn settled(option: &str, address: &str) -> Result<String, String> {
    let wrong = |error: std::io::Error| format!("{option} {address}: {error}; write it as 127.0.0.1:8101.");
    let listener = TcpListener::bind(address).map_err(wrong)?;
    Ok(listener.local_addr().map_err(wrong)?.to_string())
}
