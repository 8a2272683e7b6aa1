//! Announcements: a front-end that its controller does not ask tells it where it is. The controller knows the front-end's
//! public key from the console, and believes nothing but its signature.

use super::Api;
use crate::catalog::Member;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::id::ServerId;
use domain::protocol::{
    HEADER_NONCE, HEADER_SERVER, HEADER_SIGNATURE, HEADER_TIME, MAX_SKEW_MICROS, signing_input,
};
use domain::text::Sha256;
use domain::time::Timestamp;
use ed25519_dalek::{Signature, VerifyingKey};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where the controller's Server.API takes announcements.
pub const PATH: &str = "/server/v1/announcement";
/// Longest announcement, bytes.
pub const BYTES: usize = 2048;
/// Longest address, bytes.
const ADDRESS_BYTES: usize = 300;

/// What a front-end says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Announcement {
    /// Where its Server.API answers.
    pub api_address: String,
    /// Where its applications are opened.
    pub public_address: String,
}

/// Who says that he signed, and when.
struct Signed {
    server: ServerId,
    time: Timestamp,
    nonce: String,
    signature: Signature,
}

impl Signed {
    fn of(headers: &HeaderMap) -> Option<Self> {
        // A header that comes twice could be read differently by a proxy.
        let one = |name: &str| {
            let mut all = headers.get_all(name).iter();
            let first = all.next()?.to_str().ok()?;
            all.next().is_none().then_some(first)
        };
        Some(Self {
            server: one(HEADER_SERVER)?.parse().ok()?,
            time: Timestamp(one(HEADER_TIME)?.parse().ok()?),
            nonce: one(HEADER_NONCE)?.to_owned(),
            signature: Signature::from_slice(&BASE64.decode(one(HEADER_SIGNATURE)?).ok()?).ok()?,
        })
    }

    /// Whether this front-end's key signed a message to a path, just now.
    fn verify(
        &self,
        key: &VerifyingKey,
        path: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(), &'static str> {
        let input = signing_input("POST", path, &Sha256::of(body), self.time, &self.nonce);
        key.verify_strict(&input, &self.signature)
            .map_err(|_| "The message was not signed by the front-end that it names.")?;
        if now.since(self.time).abs() > MAX_SKEW_MICROS {
            return Err(
                "The message's time is more than five minutes from the controller's; set the clocks.",
            );
        }
        Ok(())
    }

    /// What was announced, if this front-end's key signed it, just now. That it was not sent before is the catalog's to say.
    fn check(&self, key: &VerifyingKey, body: &[u8], now: Timestamp) -> Result<Announcement, &'static str> {
        self.verify(key, PATH, body, now)?;
        let said: Announcement =
            serde_json::from_slice(body).map_err(|_| "The announcement cannot be read.")?;
        if is_sound(&said.api_address) && is_sound(&said.public_address) {
            Ok(said)
        } else {
            Err("An announced address is no http address of a host.")
        }
    }
}

/// The member that signed a message to a path with its own key, just now, and when; otherwise what is wrong with it.
pub fn signer(
    members: Vec<Member>,
    headers: &HeaderMap,
    path: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<(Member, Timestamp), &'static str> {
    let signed = Signed::of(headers).ok_or("The message is not signed by a front-end.")?;
    let member = members.into_iter().find(|member| member.server == signed.server);
    let (member, key) = member
        .and_then(|member| member.public_key.clone().map(|key| (member, key)))
        .ok_or("The controller does not know this front-end yet.")?;
    let key = crate::identity::public_key(&key)
        .map_err(|_| "The controller has no sound key of this front-end.")?;
    signed.verify(&key, path, body, now).map(|()| (member, signed.time))
}

/// Whether requests can go to an address: scheme, host and port, and nothing that would change what they ask for.
pub fn is_sound(address: &str) -> bool {
    let Ok(uri) = address.parse::<Uri>() else { return false };
    let scheme = matches!(uri.scheme_str(), Some("http" | "https"));
    let host = uri.authority().is_some_and(|a| !a.as_str().contains('@') && !a.host().is_empty());
    scheme
        && host
        && uri.path() == "/"
        && uri.query().is_none()
        && address.len() <= ADDRESS_BYTES
        && !address.ends_with('/')
}

/// `POST /server/v1/announcement`: without a token, signed by whoever it is about.
pub async fn take(State(api): State<Api>, headers: HeaderMap, body: Bytes) -> Response {
    let refuse = |status: StatusCode, reason: &str| (status, format!("{reason}\n")).into_response();
    if !api.control.is_own() {
        return refuse(StatusCode::NOT_FOUND, "This front-end is not the deployment controller.");
    }
    let Some(signed) = Signed::of(&headers) else {
        return refuse(StatusCode::UNAUTHORIZED, "An announcement is signed by the front-end that makes it.");
    };
    let members = match api.catalog.members().await {
        Ok(members) => members,
        Err(error) => return super::fault(&error),
    };
    let known = members.into_iter().find(|member| member.server == signed.server);
    let Some((name, text)) = known.and_then(|member| Some((member.name, member.public_key?))) else {
        return refuse(StatusCode::UNAUTHORIZED, "The controller does not know this front-end yet.");
    };
    let Ok(key) = crate::identity::public_key(&text) else {
        return refuse(StatusCode::UNAUTHORIZED, "The controller has no sound key of this front-end.");
    };
    let said = match signed.check(&key, &body, crate::clock::now()) {
        Ok(said) => said,
        Err(reason) => return refuse(StatusCode::UNAUTHORIZED, reason),
    };
    match api.catalog.set_announced(signed.server, &text, &said, signed.time).await {
        Ok(true) => {
            tracing::info!(name, address = said.api_address, "a front-end announced itself");
            api.look.notify_one();
            StatusCode::NO_CONTENT.into_response()
        }
        Ok(false) => {
            refuse(StatusCode::CONFLICT, "The front-end announced something as new or newer already.")
        }
        Err(error) => super::fault(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};
    use domain::time::{MINUTE, SECOND};
    use ed25519_dalek::{Signer, SigningKey};

    const NOW: Timestamp = Timestamp(1_000_000_000_000_000);

    fn body(api: &str) -> Vec<u8> {
        serde_json::to_vec(&Announcement {
            api_address: api.to_owned(),
            public_address: "http://p:1".to_owned(),
        })
        .unwrap()
    }

    fn headers(key: &SigningKey, path: &str, body: &[u8], time: Timestamp) -> HeaderMap {
        let nonce = "0".repeat(32);
        let input = signing_input("POST", path, &Sha256::of(body), time, &nonce);
        let signature = BASE64.encode(key.sign(&input).to_bytes());
        let server = "0198c0de-0000-7000-8000-000000000002".to_owned();
        [
            (HEADER_SERVER, server),
            (HEADER_TIME, time.0.to_string()),
            (HEADER_NONCE, nonce),
            (HEADER_SIGNATURE, signature),
        ]
        .into_iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(&value).unwrap()))
        .collect()
    }

    #[test]
    fn only_the_front_ends_own_key_at_this_time_is_believed() {
        let (own, other) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
        let said = body("http://127.0.0.1:7002");
        let check = |signer: &SigningKey, path: &str, signed: &[u8], sent: &[u8], time: Timestamp| {
            let signed = Signed::of(&headers(signer, path, signed, time)).unwrap();
            signed.check(&own.verifying_key(), sent, NOW).map(|a| a.api_address)
        };
        let good = Ok("http://127.0.0.1:7002".to_owned());
        assert_eq!(check(&own, PATH, &said, &said, NOW), good);
        assert_eq!(check(&own, PATH, &said, &said, NOW.plus(-4 * MINUTE)), good, "clocks differ a little");
        assert!(check(&other, PATH, &said, &said, NOW).unwrap_err().contains("not signed"));
        assert!(
            check(&own, PATH, &said, &body("http://6.6.6.6:1"), NOW).unwrap_err().contains("not signed"),
            "altered on the way"
        );
        assert!(
            check(&own, "/agent/v1/sync", &said, &said, NOW).unwrap_err().contains("not signed"),
            "signed for something else"
        );
        for time in [NOW.plus(-5 * MINUTE - SECOND), NOW.plus(5 * MINUTE + SECOND)] {
            assert!(check(&own, PATH, &said, &said, time).unwrap_err().contains("five minutes"));
        }
        let odd = body("file:///etc/passwd");
        assert!(check(&own, PATH, &odd, &odd, NOW).unwrap_err().contains("no http address"));
    }

    #[test]
    fn a_header_that_comes_twice_or_is_missing_is_no_signature() {
        let key = SigningKey::from_bytes(&[1; 32]);
        let whole = headers(&key, PATH, b"{}", NOW);
        for name in [HEADER_SERVER, HEADER_TIME, HEADER_NONCE, HEADER_SIGNATURE] {
            let (mut without, mut twice) = (whole.clone(), whole.clone());
            without.remove(name);
            twice.append(name, whole[name].clone());
            assert!(Signed::of(&without).is_none() && Signed::of(&twice).is_none(), "{name}");
        }
    }

    #[test]
    fn an_address_is_a_host_and_nothing_else() {
        for good in ["http://127.0.0.1:7001", "https://front-2.example.org", "http://[::1]:7001"] {
            assert!(is_sound(good), "{good}");
        }
        let long = format!("http://{}.example", "x".repeat(400));
        for bad in [
            "",
            "127.0.0.1:7001",
            "ftp://a",
            "http://",
            "http://a@b",
            "http://a?x=",
            "http://a/",
            "http://a/b",
            long.as_str(),
        ] {
            assert!(!is_sound(bad), "{bad}");
        }
    }
}
