//! The relying party of passkeys (WebAuthn): the host of the console's public address. What crosses is JSON, as browsers have it.

use crate::door::fault;
use crate::error::{OperationError, Result};
use crate::view::{Possible, Refusal};
use std::net::IpAddr;
use url::Url;
use uuid::Uuid;
use webauthn_rs::prelude::{Passkey, PasskeyAuthentication, PasskeyRegistration};
use webauthn_rs::{Webauthn, WebauthnBuilder};

const REFUSED: &str = "The passkey was not accepted. Try again, or use another way.";

/// The relying party, or why there is none.
pub(crate) struct RelyingParty(std::result::Result<Webauthn, Refusal>);

impl RelyingParty {
    /// For the address that people open.
    pub fn at(origin: Option<&str>) -> Self {
        Self(open(origin))
    }

    /// Whether passkeys can be used here.
    pub fn possible(&self) -> Possible {
        self.0.as_ref().map(drop).map_err(Clone::clone)
    }

    fn party(&self) -> Result<&Webauthn> {
        self.0.as_ref().map_err(|refusal| {
            OperationError::conflict(format!("{} {}", refusal.sentence, refusal.lifted_by))
        })
    }

    /// Begins to register a passkey: what the browser is asked, and what has to be remembered until it answers.
    pub fn begin_registration(
        &self,
        user: Uuid,
        username: &str,
        name: &str,
        known: &[Passkey],
    ) -> Result<(String, String)> {
        let exclude = known.iter().map(|passkey| passkey.cred_id().clone()).collect();
        let (options, state) = self
            .party()?
            .start_passkey_registration(user, username, name, Some(exclude))
            .map_err(|error| fault(format!("a passkey's registration: {error}")))?;
        Ok((text(&options)?, text(&state)?))
    }

    /// Ends a registration.
    pub fn finish_registration(&self, state: &str, credential: &str) -> Result<Passkey> {
        let state: PasskeyRegistration = remembered(state)?;
        let credential = answered(credential)?;
        self.party()?.finish_passkey_registration(&credential, &state).map_err(refused)
    }

    /// Asks for one of some passkeys.
    pub fn begin_authentication(&self, known: &[Passkey]) -> Result<(String, String)> {
        let (options, state) = self
            .party()?
            .start_passkey_authentication(known)
            .map_err(|error| fault(format!("a passkey's challenge: {error}")))?;
        Ok((text(&options)?, text(&state)?))
    }

    /// Checks the answer, and gives the passkey's place in `known` with what is known of it now.
    pub fn finish_authentication(
        &self,
        state: &str,
        credential: &str,
        known: &[Passkey],
    ) -> Result<(usize, Passkey)> {
        let state: PasskeyAuthentication = remembered(state)?;
        let credential = answered(credential)?;
        let result = self.party()?.finish_passkey_authentication(&credential, &state).map_err(refused)?;
        let at = known.iter().position(|passkey| passkey.cred_id() == result.cred_id());
        let at = at.ok_or_else(|| OperationError::invalid("passkey", REFUSED))?;
        let mut passkey = known[at].clone();
        // It says whether anything changed; what is stored is the same then.
        let _ = passkey.update_credential(&result);
        Ok((at, passkey))
    }
}

fn open(origin: Option<&str>) -> std::result::Result<Webauthn, Refusal> {
    let none = |sentence: &str| Refusal {
        sentence: sentence.to_owned(),
        lifted_by:
            "Whoever runs the console can set public-origin to the address with a host name that people open."
                .to_owned(),
    };
    let Some(origin) = origin else {
        return Err(none("Passkeys belong to a host name, and this console's public address is not set."));
    };
    let url = Url::parse(origin).map_err(|_| none("Passkeys need a public address that can be read."))?;
    let host = url.host_str().unwrap_or_default().to_owned();
    if host.is_empty() || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        return Err(none(
            "Passkeys belong to a host name, and this console is opened at an address of numbers.",
        ));
    }
    WebauthnBuilder::new(&host, &url)
        .and_then(|builder| builder.rp_name("Towpath").build())
        .map_err(|error| none(&format!("Passkeys cannot be used at {origin}: {error}.")))
}

/// What is stored of a passkey.
pub(crate) fn stored(passkey: &Passkey) -> Result<String> {
    text(passkey)
}

/// A passkey as it is stored.
pub(crate) fn read(text: &str) -> Result<Passkey> {
    serde_json::from_str(text).map_err(|error| fault(format!("a stored passkey cannot be read: {error}")))
}

/// The authenticator's name for a passkey.
pub(crate) fn credential_id(passkey: &Passkey) -> String {
    hex::encode(passkey.cred_id())
}

fn text(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| fault(format!("a passkey's words: {error}")))
}

fn remembered<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|_| {
        OperationError::invalid(
            "passkey",
            "The browser was not asked for a passkey, or too long ago. Try again.",
        )
    })
}

fn answered<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|_| OperationError::invalid("passkey", REFUSED))
}

fn refused(error: webauthn_rs::prelude::WebauthnError) -> OperationError {
    tracing::info!(%error, "a passkey was refused");
    OperationError::invalid("passkey", REFUSED)
}

#[cfg(test)]
mod tests {
    use super::RelyingParty;

    #[test]
    fn a_passkey_needs_a_host_name() {
        for good in ["https://console.example.org", "http://localhost:3000"] {
            assert!(RelyingParty::at(Some(good)).possible().is_ok(), "{good}");
        }
        for bad in [None, Some("http://127.0.0.1:3000"), Some("http://[::1]:3000"), Some("nonsense")] {
            let why = RelyingParty::at(bad).possible().unwrap_err();
            assert!(why.lifted_by.contains("public-origin"), "{bad:?}");
        }
    }
}
