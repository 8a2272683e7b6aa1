//! Who this server is: its own Ed25519 key, what it was told when it enrolled, and how it signs requests to the console.

use crate::clock;
use crate::folders::{self, Folders};
use crate::scheduler::Smtp;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::id::{EnvironmentId, ServerId};
use domain::protocol::{
    EnrolResponse, HEADER_NONCE, HEADER_SERVER, HEADER_SIGNATURE, HEADER_TIME, signing_input,
};
use domain::text::Sha256;
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

/// What a Platform Server knows about itself since it enrolled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// What the console answered.
    pub server: ServerId,
    /// The server's name.
    pub server_name: String,
    /// The environment it belongs to.
    pub environment: EnvironmentId,
    /// The environment's name.
    pub environment_name: String,
    /// Whether it is the environment's deployment controller.
    pub is_controller: bool,
    /// The controller's public key, 64 hexadecimal digits; empty while the environment has no controller.
    pub controller_key: String,
    /// The epoch of the controller: it grows with every change, and what is of a lower one is refused.
    #[serde(default)]
    pub controller_epoch: u64,
    /// The console's address.
    pub console: String,
    /// Where its applications are served.
    pub listen: String,
    /// Where its Server.API is served.
    pub api_listen: String,
    /// Where its applications are opened by people.
    pub public_address: String,
    /// For how many seconds its health check says that it leaves before a switch, so that the load balancer sends nobody here meanwhile;
    /// 0 where none stands in front of it.
    #[serde(default)]
    pub drain_seconds: u32,
    /// Where the databases of applications are: a folder or the address of a PostgreSQL, without its password; empty for the own folder.
    /// It counts at the controller.
    #[serde(default)]
    pub databases: String,
    /// The file with the password, where one was named.
    #[serde(default)]
    pub databases_password_file: Option<PathBuf>,
    /// Where e-mails are sent to, where that is configured. The password is not here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smtp: Option<Smtp>,
}

impl Identity {
    /// The identity from the console's answer; an error where the controller's key is missing.
    pub fn of(answer: EnrolResponse, own_key: &SigningKey, console: &str) -> Result<Self, String> {
        let own = hex::encode(own_key.verifying_key().as_bytes());
        let controller_key = if answer.is_controller { Some(own) } else { answer.controller_key };
        let Some(controller_key) = controller_key else {
            return Err(format!(
                "The deployment controller of {} has not enrolled yet: enrol it first, then this server with a new code.",
                answer.environment_name
            ));
        };
        public_key(&controller_key)
            .map_err(|_| "The console sent a controller's key that is no Ed25519 key.".to_owned())?;
        Ok(Self {
            server: answer.server,
            server_name: answer.server_name,
            environment: answer.environment,
            environment_name: answer.environment_name,
            is_controller: answer.is_controller,
            controller_key,
            controller_epoch: answer.controller_epoch,
            console: console.to_owned(),
            listen: String::new(),
            api_listen: String::new(),
            public_address: String::new(),
            drain_seconds: 0,
            databases: String::new(),
            databases_password_file: None,
            smtp: None,
        })
    }

    /// Where its Server.API answers.
    pub fn api_address(&self) -> String {
        format!("http://{}", self.api_listen)
    }
}

/// A public key from its 64 hexadecimal digits.
pub fn public_key(text: &str) -> Result<VerifyingKey, String> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes)
        .map_err(|_| "a public key has 64 hexadecimal digits".to_owned())?;
    VerifyingKey::from_bytes(&bytes).map_err(|_| "this is no Ed25519 public key".to_owned())
}

/// The key with which this process signs now. Another takes its place while it runs.
#[derive(Clone)]
pub struct OwnKey(Arc<RwLock<SigningKey>>);

impl OwnKey {
    /// The key of a process that starts.
    pub fn new(key: SigningKey) -> Self {
        Self(Arc::new(RwLock::new(key)))
    }

    /// What is signed with now.
    pub fn now(&self) -> SigningKey {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on this one signs.
    pub fn set(&self, key: SigningKey) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = key;
    }
}

/// What people compare of a key.
pub fn fingerprint(key: &SigningKey) -> String {
    domain::protocol::fingerprint(&hex::encode(key.verifying_key().as_bytes())).unwrap_or_default()
}

/// The server's own key, which was made when it enrolled or later. It never leaves this machine.
pub fn own_key(folders: &Folders) -> io::Result<SigningKey> {
    read_key(&folders.key())
}

fn read_key(path: &Path) -> io::Result<SigningKey> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let sentence =
                format!("{} is missing; bring it back, or enrol anew in another folder", path.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, sentence));
        }
        Err(error) => return Err(error),
    };
    let mut seed = [0; 32];
    hex::decode_to_slice(text.trim(), &mut seed).map_err(|_| {
        io::Error::other(format!("{} is damaged: it must hold 64 hexadecimal digits", path.display()))
    })?;
    Ok(SigningKey::from_bytes(&seed))
}

/// The server's own key, made now if there is none: whole or not at all, and readable by its owner only.
pub fn make_own_key(folders: &Folders) -> io::Result<SigningKey> {
    make_key(folders, &folders.key())
}

/// The same for a key in another file of the folder.
pub fn make_key(folders: &Folders, path: &Path) -> io::Result<SigningKey> {
    match read_key(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        there => return there,
    }
    let seed = clock::random::<32>();
    let new = path.with_extension("new");
    folders::remove_if_there(&new)?;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    writeln!(file, "{}", hex::encode(seed))?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    folders::sync_folder(folders.root())?;
    Ok(SigningKey::from_bytes(&seed))
}

/// A request with the headers by which it is signed.
pub fn signed(
    mut request: reqwest::RequestBuilder,
    key: &SigningKey,
    server: ServerId,
    (method, path_and_query): (&str, &str),
    body: &[u8],
) -> reqwest::RequestBuilder {
    for (name, value) in signature_headers(key, server, method, path_and_query, body) {
        request = request.header(name, value);
    }
    request
}

/// The four headers of a signed request.
fn signature_headers(
    key: &SigningKey,
    server: ServerId,
    method: &str,
    path_and_query: &str,
    body: &[u8],
) -> [(&'static str, String); 4] {
    let (time, nonce) = (clock::now(), clock::random_id());
    let input = signing_input(method, path_and_query, &Sha256::of(body), time, &nonce);
    let signature = BASE64.encode(key.sign(&input).to_bytes());
    [
        (HEADER_SERVER, server.to_string()),
        (HEADER_TIME, time.0.to_string()),
        (HEADER_NONCE, nonce),
        (HEADER_SIGNATURE, signature),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_never_in_silence() {
        let folder = tempfile::tempdir().unwrap();
        let folders = Folders::open(folder.path()).unwrap();
        assert!(own_key(&folders).unwrap_err().to_string().contains("is missing"));
        // What a process left that was killed while it made one.
        std::fs::write(folders.key().with_extension("new"), "half").unwrap();
        let made = make_own_key(&folders).unwrap();
        assert_eq!(own_key(&folders).unwrap(), made);
        assert_eq!(make_own_key(&folders).unwrap(), made);
        std::fs::write(folders.key(), "half").unwrap();
        assert!(make_own_key(&folders).unwrap_err().to_string().contains("is damaged"));
    }
}
