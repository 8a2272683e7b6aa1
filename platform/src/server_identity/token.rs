//! `POST /identity/v1/token`: a client shows its secret and gets a token (RFC 6749, section 4.4), on the deployment controller.
//!
//! A secret has 256 random bits: nobody guesses one, so a fast hash is enough, and a client's own right secret is good at any time. What
//! wrong ones could do is to fill the log, and that is what the pauses are for.

use super::{Audience, Claims, ClientClaims, LIFETIME_MICROS, issue};
use crate::catalog::{CatalogError, Client};
use crate::clock;
use crate::server_api::Api;
use axum::Json;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::server_api::scope::Scopes;
use domain::server_api::token::{TokenAnswer, TokenRefusal};
use domain::text::Sha256;
use domain::throttle::{Attempts, Counted, Scheme};
use domain::time::{SECOND, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use subtle::ConstantTimeEq;

/// Longest request, bytes.
pub const BYTES: usize = 4096;

type Fields = Vec<(String, String)>;

/// Wrong secrets by client. All ids that nobody has are counted as one, so there are never more than clients and one.
#[derive(Clone, Default)]
pub struct WrongSecrets(Arc<Mutex<BTreeMap<String, Attempts>>>);

impl WrongSecrets {
    /// Counts one more, or says for how many seconds it is not even counted.
    fn count(&self, client: &str, now: Timestamp) -> Result<(), i64> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let attempts = all.entry(client.to_owned()).or_default();
        if let Some(wait) = attempts.wait(now) {
            return Err(wait / SECOND + 1);
        }
        *attempts = attempts.failed(Scheme::Towpath, Counted::AccountFromAddress, now);
        Ok(())
    }
}

/// Why no token is given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Refusal {
    #[error("This front-end is not the deployment controller, which gives tokens{0}.")]
    NotHere(String),
    #[error("{0}")]
    Request(String),
    #[error("The grant type is to be client_credentials.")]
    GrantType,
    #[error("The client or its secret is not known.")]
    Client,
    #[error("There were too many wrong secrets; try again in {0} seconds.")]
    Pause(i64),
    #[error("{0}")]
    Scope(String),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, error) = match &self {
            Self::NotHere(_) => (StatusCode::NOT_FOUND, "invalid_request"),
            Self::Request(_) => (StatusCode::BAD_REQUEST, "invalid_request"),
            Self::GrantType => (StatusCode::BAD_REQUEST, "unsupported_grant_type"),
            Self::Client => (StatusCode::UNAUTHORIZED, "invalid_client"),
            Self::Pause(_) => (StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable"),
            Self::Scope(_) => (StatusCode::BAD_REQUEST, "invalid_scope"),
        };
        let body = TokenRefusal { error: error.to_owned(), error_description: self.to_string() };
        let mut answer = (status, NOT_KEPT, Json(body)).into_response();
        let headers = answer.headers_mut();
        match self {
            Self::Client => {
                headers.insert(
                    header::WWW_AUTHENTICATE,
                    HeaderValue::from_static("Basic realm=\"Server.Identity\""),
                );
            }
            Self::Pause(seconds) => {
                headers.insert(header::RETRY_AFTER, seconds.into());
            }
            _ => {}
        }
        answer
    }
}

/// A token and what is said instead lie in no cache (RFC 6749, section 5.1).
const NOT_KEPT: [(HeaderName, &str); 2] = [(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")];

/// What a client asks for.
struct Wanted {
    id: String,
    secret: String,
    /// All that it has, where it does not say.
    scopes: Option<Scopes>,
}

fn wanted(headers: &HeaderMap, form: Result<Form<Fields>, FormRejection>) -> Result<Wanted, Refusal> {
    let request = |text: &str| Refusal::Request(text.to_owned());
    let Form(fields) = form.map_err(|error| Refusal::Request(format!("{}.", error.body_text())))?;
    let one = |name: &str| {
        let mut all = fields.iter().filter(|(field, value)| field == name && !value.is_empty());
        let first = all.next().map(|(_, value)| value.clone());
        match all.next() {
            None => Ok(first),
            Some(_) => Err(Refusal::Request(format!("The field {name} comes twice."))),
        }
    };
    match one("grant_type")?.as_deref() {
        Some("client_credentials") => {}
        Some(_) => return Err(Refusal::GrantType),
        None => return Err(request("The field grant_type is missing: it is to be client_credentials.")),
    }
    let scopes = one("scope")?.map(|text| text.parse::<Scopes>()).transpose();
    let scopes = scopes.map_err(|error| Refusal::Scope(error.to_string()))?;
    let (in_form, in_header) = ((one("client_id")?, one("client_secret")?), basic(headers)?);
    let (id, secret) = match (in_form, in_header) {
        ((Some(id), Some(secret)), None) => (id, secret),
        ((None, None), Some(both)) => both,
        // The id alone may be said again.
        ((Some(id), None), Some(both)) if id == both.0 => both,
        (_, Some(_)) => return Err(request("The client's secret comes twice: in a header and in the form.")),
        (_, None) => {
            return Err(request(
                "The client's id and secret are missing, in the header Authorization or in the form.",
            ));
        }
    };
    Ok(Wanted { id, secret, scopes })
}

/// The id and secret of `Authorization: Basic`. Both are made of letters that a form leaves as they are, so none need be decoded.
fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, Refusal> {
    let Some(sent) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let text = sent.to_str().ok().and_then(|text| text.split_once(' '));
    let text = text.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"));
    let text = text.and_then(|(_, rest)| String::from_utf8(BASE64.decode(rest.trim()).ok()?).ok());
    let both = text.as_deref().and_then(|text| text.split_once(':'));
    match both {
        Some((id, secret)) => Ok(Some((id.to_owned(), secret.to_owned()))),
        None => {
            Err(Refusal::Request("The header Authorization is not Basic with an id and a secret.".to_owned()))
        }
    }
}

/// Whether a secret is the client's.
fn knows(client: &Client, secret: &str) -> bool {
    client.secret.0.ct_eq(&Sha256::of(secret.as_bytes()).0).into()
}

/// `POST /identity/v1/token`
pub async fn give(
    State(api): State<Api>,
    headers: HeaderMap,
    form: Result<Form<Fields>, FormRejection>,
) -> Response {
    match answer(&api, &headers, form).await {
        Ok(Ok(answer)) => (NOT_KEPT, Json(answer)).into_response(),
        Ok(Err(refusal)) => refusal.into_response(),
        Err(error) => crate::server_api::fault(&error),
    }
}

async fn answer(
    api: &Api,
    headers: &HeaderMap,
    form: Result<Form<Fields>, FormRejection>,
) -> Result<Result<TokenAnswer, Refusal>, CatalogError> {
    let controls = api.control.now();
    if !controls.is_own {
        let known = api.catalog.controller_address().await?;
        return Ok(Err(Refusal::NotHere(known.map(|at| format!(" at {at}")).unwrap_or_default())));
    }
    let wanted = match wanted(headers, form) {
        Ok(wanted) => wanted,
        Err(refusal) => {
            // Whoever it was: nothing here says so.
            return Ok(Err(refuse(api, "", "a request", refusal).await?));
        }
    };
    let now = clock::now();
    let known = api.session.client(&wanted.id).await?;
    let Some(client) = known.as_ref().filter(|client| knows(client, &wanted.secret)) else {
        // What nobody is called is quoted from a stranger.
        let id: String = wanted.id.chars().take(60).collect();
        let name = known.as_ref().map_or_else(|| format!("{id:?}"), |client| client.id.clone());
        let counted = known.as_ref().map_or("", |client| client.id.as_str());
        return Ok(Err(refuse(api, counted, &name, Refusal::Client).await?));
    };
    let scopes = wanted.scopes.unwrap_or_else(|| client.scopes.clone());
    if !scopes.within(&client.scopes) {
        let sentence = format!("The client {} may have {}, not {scopes}.", client.name, client.scopes);
        return Ok(Err(refuse(api, &client.id, &client.id, Refusal::Scope(sentence)).await?));
    }
    let claims = Claims {
        id: clock::random_id(),
        issuer: api.identity.server,
        audience: Audience::Environment { environment: api.identity.environment },
        expires_at: now.plus(LIFETIME_MICROS),
        api_address: String::new(),
        epoch: controls.epoch,
        client: Some(ClientClaims { id: client.id.clone(), scopes: scopes.clone() }),
    };
    // Removed meanwhile: then it gets none.
    if !api.session.client_got(&client.id, now).await? {
        return Ok(Err(refuse(api, "", &client.id, Refusal::Client).await?));
    }
    let access_token = issue(&api.key.now(), &claims);
    api.session.issued(claims.id, client.id.clone(), claims.expires_at).await?;
    api.log.add_event("token_given", format!("{}: {scopes}", client.id)).await?;
    let expires_in = u32::try_from(LIFETIME_MICROS / SECOND).unwrap_or_default();
    Ok(Ok(TokenAnswer { access_token, token_type: "Bearer".to_owned(), expires_in, scope: scopes }))
}

/// Writes a refusal down; after too many there is a pause in which nothing is written.
async fn refuse(api: &Api, counted: &str, name: &str, refusal: Refusal) -> Result<Refusal, CatalogError> {
    if let Err(seconds) = api.wrong_secrets.count(counted, clock::now()) {
        return Ok(Refusal::Pause(seconds));
    }
    api.log.add_event("token_refused", format!("{name}: {refusal}")).await?;
    Ok(refusal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::MINUTE;

    fn ask(authorization: Option<&str>, fields: &[(&str, &str)]) -> Result<Wanted, Refusal> {
        let headers = authorization.map(|text| (header::AUTHORIZATION, text.parse().unwrap()));
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        wanted(&headers.into_iter().collect(), Ok(Form(fields)))
    }

    const GRANT: (&str, &str) = ("grant_type", "client_credentials");

    #[test]
    fn a_secret_comes_once_in_a_header_or_in_the_form() {
        let basic = format!("Basic {}", BASE64.encode("one:secret"));
        let header = Some(basic.as_str());
        let (id, secret) = (("client_id", "one"), ("client_secret", "secret"));
        for (header, fields) in
            [(header, vec![GRANT]), (header, vec![GRANT, id]), (None, vec![GRANT, id, secret, ("scope", "")])]
        {
            let wanted = ask(header, &fields).unwrap();
            assert_eq!((wanted.id.as_str(), wanted.secret.as_str(), wanted.scopes), ("one", "secret", None));
        }
        for (header, fields) in [
            (header, vec![GRANT, id, secret]),
            (header, vec![GRANT, ("client_id", "two")]),
            (header, vec![]),
            (Some("Bearer x"), vec![GRANT]),
            (Some("Basic x"), vec![GRANT]),
            (None, vec![GRANT, id]),
            (None, vec![GRANT, GRANT, id, secret]),
        ] {
            assert!(matches!(ask(header, &fields), Err(Refusal::Request(_))), "{header:?} {fields:?}");
        }
        assert!(matches!(ask(header, &[("grant_type", "password")]), Err(Refusal::GrantType)));
        let Err(Refusal::Scope(sentence)) = ask(header, &[GRANT, ("scope", "root")]) else { panic!() };
        assert!(sentence.starts_with("“root” is no scope; there are "), "{sentence}");
    }

    #[test]
    fn wrong_secrets_of_one_client_pause_that_one() {
        let (wrong, now) = (WrongSecrets::default(), Timestamp(1_000_000_000_000));
        for _ in 0..5 {
            assert_eq!(wrong.count("one", now), Ok(()));
        }
        assert!(wrong.count("one", now).is_err_and(|seconds| (60..=61).contains(&seconds)));
        assert_eq!(wrong.count("two", now), Ok(()));
        assert_eq!(wrong.count("one", now.plus(2 * MINUTE)), Ok(()));
    }
}
