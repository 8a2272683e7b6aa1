//! Passwords: argon2id away from the async threads, behind a limit, so that a flood of sign-ins cannot take the machine.

use crate::console::Settings;
use crate::error::{OperationError, Result};
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use tokio::sync::Semaphore;

/// Hashes and verifies.
pub(crate) struct Passwords {
    argon2: Argon2<'static>,
    running: Arc<Semaphore>,
    waiting: AtomicUsize,
    most_waiting: usize,
    verifications: AtomicU64,
    /// A hash of a password that nobody has: verified in place of an unknown user's (ASVS 6.3.8).
    nobody: String,
}

impl Passwords {
    pub fn new(settings: &Settings, secret: &[u8; 32]) -> std::result::Result<Self, String> {
        let cost = Params::new(settings.argon2_memory_kib, settings.argon2_passes, 1, None)
            .map_err(|error| format!("The cost of password hashing is out of range: {error}."))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, cost);
        let nobody = hash(&argon2, &secret[..16], &secret[16..])?;
        Ok(Self {
            argon2,
            running: Arc::new(Semaphore::new(settings.password_checks_at_once.max(1))),
            waiting: AtomicUsize::new(0),
            most_waiting: settings.password_checks_waiting,
            verifications: AtomicU64::new(0),
            nobody,
        })
    }

    pub fn verifications(&self) -> u64 {
        self.verifications.load(Ordering::Relaxed)
    }

    /// Verifies a password, against a hash that nobody's password has where there is none: exactly one verification in
    /// every outcome.
    pub async fn verify(&self, password: &str, stored: Option<&str>) -> Result<bool> {
        let (known, stored) = (stored.is_some(), stored.unwrap_or(&self.nobody).to_owned());
        let (argon2, password) = (self.argon2.clone(), password.to_owned());
        let matches =
            self.aside(move || argon2.verify_password(password.as_bytes(), stored.as_str()).is_ok()).await?;
        self.verifications.fetch_add(1, Ordering::Relaxed);
        Ok(known && matches)
    }

    /// Hashes a new password.
    pub async fn hash(&self, password: &str, salt: [u8; 32]) -> Result<String> {
        let (argon2, password) = (self.argon2.clone(), password.to_owned());
        self.aside(move || hash(&argon2, password.as_bytes(), &salt[..16])).await?.map_err(crate::door::fault)
    }

    async fn aside<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let place = Waiting::take(&self.waiting, self.most_waiting)?;
        let permit = self.running.clone().acquire_owned().await;
        drop(place);
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        done.await.map_err(|error| crate::door::fault(format!("password hashing stopped: {error}")))
    }
}

fn hash(argon2: &Argon2<'_>, password: &[u8], salt: &[u8]) -> std::result::Result<String, String> {
    argon2.hash_password_with_salt(password, salt).map(|hash| hash.to_string()).map_err(|e| e.to_string())
}

/// A place in the line before the hashing, given back on drop.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn take(waiting: &'a AtomicUsize, most: usize) -> Result<Self> {
        if waiting.fetch_add(1, Ordering::SeqCst) >= most.max(1) {
            waiting.fetch_sub(1, Ordering::SeqCst);
            return Err(OperationError::TooMany { retry_after_seconds: 5 });
        }
        Ok(Self(waiting))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Whether a new password is acceptable (ASVS 6.2); the rule is `domain::password`.
pub(crate) fn acceptable(password: &str, own_words: &[&str]) -> Result<()> {
    acceptable_as("password", password, own_words)
}

/// The same, for a field of another name.
pub(crate) fn acceptable_as(field: &'static str, password: &str, own_words: &[&str]) -> Result<()> {
    // A name is also its parts, and all of them without what is between: who is called “ines.duarte” types “inesduarte”.
    let parts = |word: &&str| -> Vec<String> {
        let each = word.split(|sign: char| !sign.is_alphanumeric()).filter(|part| !part.is_empty());
        let each: Vec<String> = each.map(str::to_lowercase).collect();
        std::iter::once(each.concat()).chain(each).collect()
    };
    let own: Vec<String> = own_words.iter().flat_map(parts).collect();
    let words: Vec<&str> =
        own_words.iter().copied().chain(own.iter().map(String::as_str)).chain(["towpath"]).collect();
    domain::password::acceptable(password, &words)
        .map_err(|refused| OperationError::invalid(field, refused.to_string()))
}

/// How a password could be harder to guess, in a sentence or two; none where it is hard already. Advice alone: what is refused says
/// `domain::password`.
pub(crate) fn advice(password: &str, own_words: &[&str]) -> Option<String> {
    // A name is also its parts, and all of them without what is between: who is called “ines.duarte” types “inesduarte”.
    let parts = |word: &&str| -> Vec<String> {
        let each = word.split(|sign: char| !sign.is_alphanumeric()).filter(|part| !part.is_empty());
        let each: Vec<String> = each.map(str::to_lowercase).collect();
        std::iter::once(each.concat()).chain(each).collect()
    };
    let own: Vec<String> = own_words.iter().flat_map(parts).collect();
    let words: Vec<&str> =
        own_words.iter().copied().chain(own.iter().map(String::as_str)).chain(["towpath"]).collect();
    // What makes a password easy shows in its beginning, and a long one would cost time.
    let beginning: String = password.chars().take(64).collect();
    let found = zxcvbn::zxcvbn(&beginning, &words);
    if found.score() > zxcvbn::Score::Two {
        return None;
    }
    let mut sentences =
        vec!["It is easy to guess for somebody who tries; a longer one is better.".to_owned()];
    if let Some(feedback) = found.feedback() {
        sentences.extend(feedback.warning().map(|warning| warning.to_string()));
        sentences.extend(feedback.suggestions().first().map(ToString::to_string));
    }
    Some(sentences.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cheap() -> Settings {
        Settings {
            argon2_memory_kib: 64,
            argon2_passes: 1,
            password_checks_waiting: 1,
            password_checks_at_once: 1,
            ..Settings::default()
        }
    }

    #[tokio::test]
    async fn asvs_6_3_8_one_verification_in_every_outcome() {
        let passwords = Passwords::new(&cheap(), &[7; 32]).unwrap();
        let stored = passwords.hash("correct horse battery", [1; 32]).await.unwrap();
        for (typed, stored, expected) in [
            ("correct horse battery", Some(stored.as_str()), true),
            ("wrong horse battery", Some(stored.as_str()), false),
            ("correct horse battery", None, false),
        ] {
            let before = passwords.verifications();
            assert_eq!(passwords.verify(typed, stored).await.unwrap(), expected);
            assert_eq!(passwords.verifications(), before + 1);
        }
    }

    #[test]
    fn advice_is_for_what_is_easy_to_guess() {
        assert_eq!(advice("seven swans on the cut", &[]), None);
        let told = advice("aaaaaaaaaaab", &[]).expect("it is easy");
        assert!(told.starts_with("It is easy to guess"), "{told}");
        assert!(advice("inesduarte12", &["ines.duarte", "Ines Duarte"]).is_some());
        // A long one costs no more.
        assert!(advice(&"x".repeat(10_000_000), &[]).is_some());
    }

    #[test]
    fn the_line_has_an_end() {
        let waiting = AtomicUsize::new(0);
        let first = Waiting::take(&waiting, 1).unwrap();
        assert!(matches!(Waiting::take(&waiting, 1), Err(OperationError::TooMany { .. })));
        drop(first);
        assert!(Waiting::take(&waiting, 1).is_ok());
    }
}
