//! Public keys of Platform Servers: how people compare them, and how a server brings its next one.

use crate::id::ServerId;
use crate::text::Sha256;
use serde::{Deserialize, Serialize};

/// Where the console takes a [`NextKeyRequest`].
pub const NEXT_KEY: &str = "/agent/v1/next-key";

/// `POST /agent/v1/next-key`: a Platform Server brings the key that it will sign with next. The request is signed with the present one.
/// From then on the console accepts both, until the first request that the next one signs: after that only that one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NextKeyRequest {
    /// [`super::PROTOCOL`] as the Platform Server knows it.
    pub protocol: u32,
    /// The next Ed25519 public key, 64 hexadecimal digits.
    pub public_key: String,
    /// The next key's signature over [`next_key_input`], 128 hexadecimal digits: the server holds what it brings.
    pub proof: String,
}

/// The bytes that the next key signs as its proof.
#[must_use]
pub fn next_key_input(server: ServerId, public_key: &str) -> Vec<u8> {
    format!("towpath-next-key-v1\n{server}\n{public_key}").into_bytes()
}

/// What people compare of a public key: the SHA-256 of its 32 bytes, in groups of four hexadecimal digits. None where the text is no key.
#[must_use]
pub fn fingerprint(public_key: &str) -> Option<String> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(public_key, &mut bytes).ok()?;
    let digits: Vec<char> = Sha256::of(&bytes).to_string().chars().collect();
    let groups: Vec<String> = digits.chunks(4).map(|group| group.iter().collect()).collect();
    Some(groups.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_in_groups() {
        let told = fingerprint(&"00".repeat(32)).unwrap();
        // SHA-256 of 32 zero bytes.
        assert!(told.starts_with("6668 7aad f862 bd77 "), "{told}");
        assert_eq!(told.split(' ').count(), 16);
        assert_eq!(fingerprint("00"), None);
        assert_eq!(fingerprint(&"x".repeat(64)), None);
    }
}
