//! Which passwords are accepted (ASVS 6.2): long ones that are not common and not made of the user's own names. There
//! are no rules of composition and none ends by itself; how hard a password is to guess is advice for the screen.

use sha2::{Digest, Sha256};

/// Shortest password that is accepted, characters (ASVS 6.2.1).
pub const SHORTEST: usize = 12;
/// Longest password that is accepted, characters (ASVS 6.2.9 asks for at least 64).
pub const LONGEST: usize = 256;

/// The 10,000 most common passwords of at least [`SHORTEST`] characters, in lower case: the first 16 hexadecimal digits
/// of the SHA-256 of each, in order. What they are made from stands in `docs/dependencies.md`.
const COMMON: &str = include_str!("common.txt");
/// Digits of a line of [`COMMON`], and its length with the end of the line.
const DIGITS: usize = 16;
const LINE: usize = DIGITS + 1;

/// Why a password is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Too short or too long.
    #[error("A password has {SHORTEST} to {LONGEST} characters; this one has {0}.")]
    Length(usize),
    /// It is hardly more than a word that anybody would try first.
    #[error("This password is hardly more than “{0}”; choose one without your names in it.")]
    OwnWord(String),
    /// It stands in the list that every guesser begins with (ASVS 6.2.4).
    #[error("This password is one of the most common ones, which are tried first; choose another.")]
    Common,
    /// It holds a character that no keyboard types and no form sends, such as NUL.
    #[error("A password cannot hold control characters.")]
    Control,
}

/// Whether a new password is acceptable. `own_words` are the person's and the product's names.
///
/// # Errors
/// The first reason against it.
pub fn acceptable(password: &str, own_words: &[&str]) -> Result<(), Refused> {
    let length = password.chars().count();
    if !(SHORTEST..=LONGEST).contains(&length) {
        return Err(Refused::Length(length));
    }
    if password.chars().any(char::is_control) {
        return Err(Refused::Control);
    }
    let lower = password.to_lowercase();
    if is_common(&lower) {
        return Err(Refused::Common);
    }
    let words = own_words.iter().map(|word| word.to_lowercase()).filter(|word| word.chars().count() >= 3);
    for word in words {
        if lower.replace(word.as_str(), "").chars().count() < SHORTEST / 2 {
            return Err(Refused::OwnWord(word));
        }
    }
    Ok(())
}

fn is_common(lower: &str) -> bool {
    let wanted = &hex::encode(Sha256::digest(lower.as_bytes()))[..DIGITS];
    let (mut low, mut high) = (0, COMMON.len() / LINE);
    while low < high {
        let middle = usize::midpoint(low, high);
        match COMMON[middle * LINE..middle * LINE + DIGITS].cmp(wanted) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => return true,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn asvs_6_2_4_common_passwords_are_refused_however_they_are_written() {
        let lines: Vec<&str> = COMMON.lines().collect();
        assert!(lines.len() >= 3_000, "ASVS 6.2.4 asks for the top 3,000");
        assert!(lines.is_sorted() && lines.iter().all(|line| line.len() == DIGITS));
        for common in ["1qaz2wsx3edc", "Q1W2E3R4T5Y6", "123QweAsdZxc"] {
            assert_eq!(acceptable(common, &[]), Err(Refused::Common), "{common}");
        }
        assert!(lines.iter().all(|line| {
            let (mut low, mut high) = (0, lines.len());
            while low < high {
                let middle = usize::midpoint(low, high);
                if lines[middle] < *line { low = middle + 1 } else { high = middle }
            }
            lines[low] == *line
        }));
    }

    #[test]
    fn asvs_6_2_1_and_6_2_9_the_length_counts_in_characters() {
        assert_eq!(acceptable("short", &[]), Err(Refused::Length(5)));
        assert_eq!(acceptable(&"ö".repeat(257), &[]), Err(Refused::Length(257)));
        assert_eq!(acceptable(&"öß".repeat(64), &[]), Ok(()));
    }

    #[test]
    fn asvs_6_2_11_words_of_the_context_are_refused() {
        assert!(matches!(acceptable("ines.duarte12", &["ines.duarte"]), Err(Refused::OwnWord(_))));
        assert!(matches!(acceptable("towpathtowpath", &["towpath"]), Err(Refused::OwnWord(_))));
        assert_eq!(acceptable("correct horse battery", &["ines", "towpath"]), Ok(()));
        // A short name would refuse too much.
        assert_eq!(acceptable("albert und lisa", &["al"]), Ok(()));
    }

    #[test]
    fn asvs_6_2_5_there_are_no_rules_of_composition() {
        assert_eq!(acceptable("aaaaaaaaaaab", &[]), Ok(()));
        assert_eq!(acceptable("the lock keeper sleeps", &[]), Ok(()));
        assert_eq!(acceptable("a\0bcdefghijkl", &[]), Err(Refused::Control));
    }

    proptest! {
        #[test]
        fn a_password_is_never_shortened_to_fit(text in ".{0,300}") {
            let length = text.chars().count();
            if acceptable(&text, &[]).is_ok() {
                prop_assert!((SHORTEST..=LONGEST).contains(&length));
            }
        }
    }
}
