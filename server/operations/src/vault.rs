//! Secrets at rest (design 5): each is closed with a data key of its own, and that with the master key, which is kept outside the
//! database. What a secret belongs to is sealed with it, so that none can be put in another's place.

use crate::console::Ids;
use crate::door::fault;
use crate::error::Result;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use domain::text::Sha256;

/// The version of the form, the first thing in every envelope.
const FORM: &str = "v1";
/// Bytes of a nonce. They are so many that random ones never meet (XChaCha20).
const NONCE: usize = 24;

/// The master key: 32 bytes.
#[derive(Clone)]
pub struct MasterKey([u8; 32]);

impl MasterKey {
    /// A key of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(*******)")
    }
}

/// Closes and opens.
pub(crate) struct Vault {
    master: XChaCha20Poly1305,
    /// What marks of secrets are made with.
    marks: [u8; 32],
    /// Tells which master key closed an envelope.
    id: String,
}

impl Vault {
    pub fn new(master: &MasterKey) -> std::result::Result<Self, String> {
        let id = Sha256::of(&[b"towpath master key id".as_slice(), &master.0].concat()).to_string();
        let cipher = XChaCha20Poly1305::new_from_slice(&master.0)
            .map_err(|_| "The master key has to have 32 bytes.".to_owned())?;
        let marks = Sha256::of(&[b"towpath master key marks".as_slice(), &master.0].concat()).0;
        Ok(Self { master: cipher, marks, id: id[..8].to_owned() })
    }

    /// Closes a secret. `place` says what it belongs to, such as `authenticator:<user>`.
    pub fn close(&self, ids: &dyn Ids, place: &str, secret: &[u8]) -> Result<String> {
        let key = ids.secret();
        let data = XChaCha20Poly1305::new_from_slice(&key).map_err(|_| fault("a data key has 32 bytes"))?;
        let wrapped = seal(&self.master, ids, &format!("key:{place}"), &key)?;
        let closed = seal(&data, ids, place, secret)?;
        Ok(format!("{FORM}.{}.{wrapped}.{closed}", self.id))
    }

    /// What tells whether two secrets of one place are the same, without telling them.
    pub fn mark(&self, place: &str, secret: &str) -> Sha256 {
        domain::setting::mark(&self.marks, place, secret)
    }

    /// Opens what [`Vault::close`] closed for the same place.
    pub fn open(&self, place: &str, envelope: &str) -> Result<Vec<u8>> {
        let parts: Vec<&str> = envelope.split('.').collect();
        let [FORM, id, wrapped, closed] = parts[..] else {
            return Err(fault(format!("the envelope of {place} has another form")));
        };
        if id != self.id {
            return Err(fault(format!(
                "the secret of {place} was closed with the master key {id}, and this console has {}; give it the key that it had",
                self.id
            )));
        }
        let key = unseal(&self.master, &format!("key:{place}"), wrapped)?;
        let data = XChaCha20Poly1305::new_from_slice(&key).map_err(|_| fault("a data key has 32 bytes"))?;
        unseal(&data, place, closed)
    }
}

fn seal(cipher: &XChaCha20Poly1305, ids: &dyn Ids, place: &str, plain: &[u8]) -> Result<String> {
    let mut nonce = [0; NONCE];
    nonce.copy_from_slice(&ids.secret()[..NONCE]);
    let closed = cipher
        .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: place.as_bytes() })
        .map_err(|_| fault("a secret could not be closed"))?;
    Ok(hex::encode([nonce.as_slice(), &closed].concat()))
}

fn unseal(cipher: &XChaCha20Poly1305, place: &str, text: &str) -> Result<Vec<u8>> {
    let broken = || fault(format!("the envelope of {place} is broken or belongs elsewhere"));
    let bytes = hex::decode(text).map_err(|_| broken())?;
    let (nonce, closed) = bytes.split_at_checked(NONCE).ok_or_else(broken)?;
    let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| broken())?;
    cipher.decrypt(&XNonce::from(nonce), Payload { msg: closed, aad: place.as_bytes() }).map_err(|_| broken())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    struct Counting(AtomicU64);

    impl Ids for Counting {
        fn uuid(&self) -> uuid::Uuid {
            uuid::Uuid::nil()
        }
        fn secret(&self) -> [u8; 32] {
            Sha256::of(&self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes()).0
        }
    }

    #[test]
    fn a_secret_opens_in_its_own_place_with_its_own_key_only() {
        let ids = Counting(AtomicU64::new(0));
        let vault = Vault::new(&MasterKey::new([1; 32])).unwrap();
        let envelope = vault.close(&ids, "authenticator:ada", b"secret").unwrap();
        assert_eq!(vault.open("authenticator:ada", &envelope).unwrap(), b"secret");
        assert_ne!(envelope, vault.close(&ids, "authenticator:ada", b"secret").unwrap());
        assert!(vault.open("authenticator:ron", &envelope).is_err(), "moved to somebody else");
        let other = Vault::new(&MasterKey::new([2; 32])).unwrap();
        let error = other.open("authenticator:ada", &envelope).unwrap_err();
        assert!(matches!(error, crate::OperationError::Internal { .. }));
        for at in 0..envelope.len() {
            let mut broken = envelope.clone().into_bytes();
            broken[at] = if broken[at] == b'0' { b'1' } else { b'0' };
            let broken = String::from_utf8(broken).unwrap();
            assert!(vault.open("authenticator:ada", &broken).is_err(), "{at}");
        }
        assert!(!format!("{:?}", MasterKey::new([1; 32])).contains('1'));
    }
}
