//! `towpath-platform client`: programs that may ask Server.Identity for tokens, on the deployment controller's folder. The
//! Platform Server need not stop for it.

use crate::catalog::{Client, Log, Session};
use crate::cli::{AddClient, ClientCommand, Folder, RemoveClient};
use crate::identity::Identity;
use crate::server_api::TOKENS;
use crate::{clock, run};
use domain::server_api::scope::Scopes;
use domain::text::Sha256;

/// Carries a command about clients out.
pub async fn command(command: ClientCommand) -> Result<(), String> {
    match command {
        ClientCommand::Add(arguments) => add(arguments).await,
        ClientCommand::List(arguments) => list(arguments).await,
        ClientCommand::Remove(arguments) => remove(arguments).await,
    }
}

/// The catalogs of a controller's folder.
struct Opened {
    identity: Identity,
    session: Session,
    log: Log,
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

async fn open(folder: &Folder) -> Result<Opened, String> {
    // A folder that is not there is not made.
    if !folder.data.is_dir() {
        return Err(format!("The folder {} is not there.", folder.data.display()));
    }
    let folders = run::open_folders(&folder.data)?;
    let identity = run::open_platform(&folders)?.identity().await.map_err(text)?;
    let identity = identity.ok_or_else(|| run::not_enrolled(&folders))?;
    if !identity.is_controller {
        return Err(format!(
            "{} is not the deployment controller of {}: clients are kept there.",
            identity.server_name, identity.environment_name
        ));
    }
    let session = Session::open(&folders.catalog("session")).map_err(text)?;
    let log = Log::open(&folders.catalog("log")).map_err(text)?;
    Ok(Opened { identity, session, log })
}

async fn add(arguments: AddClient) -> Result<(), String> {
    let scopes: Scopes = arguments.scope.parse().map_err(text)?;
    if scopes.0.is_empty() {
        return Err("--scope: name what the client's tokens are good for, such as read,logs.".to_owned());
    }
    let opened = open(&arguments.folder).await?;
    let name = arguments.name;
    // Letters that neither a form nor the header Authorization writes in another way.
    let id = format!("{name}-{}", hex::encode(clock::random::<4>()));
    let secret = format!("tps_{}", hex::encode(clock::random::<32>()));
    let client = Client {
        id: id.clone(),
        name: name.clone(),
        secret: Sha256::of(secret.as_bytes()),
        scopes: scopes.clone(),
        added_at: clock::now(),
        token_at: None,
    };
    if !opened.session.add_client(client).await.map_err(text)? {
        return Err(format!("There is a client “{name}” already: take another name, or remove it first."));
    }
    opened.log.add_event("client_added", format!("{id}: {scopes}")).await.map_err(text)?;
    println!("client_id={id}");
    println!("client_secret={secret}");
    eprintln!("The secret is shown this once. Tokens: POST {}{TOKENS}", opened.identity.api_address());
    Ok(())
}

async fn list(arguments: Folder) -> Result<(), String> {
    let clients = open(&arguments).await?.session.clients().await.map_err(text)?;
    for client in clients {
        let last = client.token_at.map_or("never".to_owned(), |at| at.day());
        println!(
            "{}  {}  {}  added {}, last token {last}",
            client.name,
            client.id,
            client.scopes,
            client.added_at.day()
        );
    }
    Ok(())
}

async fn remove(arguments: RemoveClient) -> Result<(), String> {
    let opened = open(&arguments.folder).await?;
    let name = arguments.name;
    if !opened.session.remove_client(&name).await.map_err(text)? {
        return Err(format!("There is no client “{name}”."));
    }
    opened.log.add_event("client_removed", name.to_string()).await.map_err(text)?;
    println!("{name} gets no token any more; one that it has is over within 5 minutes.");
    Ok(())
}
