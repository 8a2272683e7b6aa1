//! One-time codes of an authenticator app (RFC 6238): HMAC-SHA-1, six digits, steps of 30 seconds, which is what every app knows.
//!
//! A code is good for its own step and one beside it, since clocks differ (ASVS 6.5.5), and each step counts once (ASVS 6.5.1).

use crate::time::{SECOND, Timestamp};
use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// Length of a step, microseconds.
pub const STEP_MICROS: i64 = 30 * SECOND;
/// Digits of a code.
pub const DIGITS: usize = 6;
/// Bytes of a secret: as many as a SHA-1 has (RFC 4226, section 4).
pub const SECRET_BYTES: usize = 20;
/// So many steps before and after the present one are good too.
const BESIDE: i64 = 1;

/// The step that a time is in.
#[must_use]
pub const fn step(at: Timestamp) -> i64 {
    at.0.div_euclid(STEP_MICROS)
}

/// The code of a step (RFC 4226, section 5.3).
#[must_use]
pub fn code(secret: &[u8], step: i64) -> String {
    number(secret, step, DIGITS)
}

fn number(secret: &[u8], step: i64, digits: usize) -> String {
    let Ok(mac) = Hmac::<Sha1>::new_from_slice(secret) else { return String::new() };
    let hash = mac.chain_update(step.to_be_bytes()).finalize().into_bytes();
    let offset = usize::from(hash[19] & 0xf);
    let word = [hash[offset] & 0x7f, hash[offset + 1], hash[offset + 2], hash[offset + 3]];
    let number = u64::from(u32::from_be_bytes(word)) % 10_u64.pow(digits as u32);
    format!("{number:0digits$}")
}

/// What was typed, if it looks like a code: six digits, whatever blanks stand between them.
#[must_use]
pub fn typed(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    (digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

/// The step of a code that is good at a time and later than `last`, the newest step that was accepted before; none if it is not good.
#[must_use]
pub fn accept(secret: &[u8], typed: &str, at: Timestamp, last: Option<i64>) -> Option<i64> {
    let now = step(at);
    (now - BESIDE..=now + BESIDE)
        .filter(|step| last.is_none_or(|last| *step > last))
        .find(|step| same(code(secret, *step).as_bytes(), typed.as_bytes()))
}

/// Whether two are the same, in a time that does not depend on where they differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

/// The secret as apps take it by hand: base32 in groups of four.
#[must_use]
pub fn words(secret: &[u8]) -> String {
    let text = BASE32_NOPAD.encode(secret);
    let groups: Vec<&str> =
        (0..text.len()).step_by(4).map(|at| &text[at..(at + 4).min(text.len())]).collect();
    groups.join(" ")
}

/// The address that a QR code holds. `issuer` and `account` are what the app shows.
#[must_use]
pub fn address(secret: &[u8], issuer: &str, account: &str) -> String {
    let (issuer, account) = (encoded(issuer), encoded(account));
    let secret = BASE32_NOPAD.encode(secret);
    format!(
        "otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period=30"
    )
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECRET: &[u8; 20] = b"12345678901234567890";

    #[test]
    fn asvs_6_5_5_the_vectors_of_rfc_6238() {
        for (seconds, expected) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            let at = step(Timestamp(seconds * SECOND));
            assert_eq!(number(SECRET, at, 8), expected, "at {seconds}");
            assert_eq!(code(SECRET, at), expected[2..], "six of the eight digits");
        }
    }

    #[test]
    fn asvs_6_5_1_a_step_counts_once_and_none_before_it() {
        let at = Timestamp(1_234_567_890 * SECOND);
        let now = step(at);
        for (wanted, beside) in
            [(now - 1, true), (now, true), (now + 1, true), (now - 2, false), (now + 2, false)]
        {
            let found = accept(SECRET, &code(SECRET, wanted), at, None);
            assert_eq!(found, beside.then_some(wanted), "{}", wanted - now);
        }
        assert_eq!(accept(SECRET, &code(SECRET, now), at, Some(now)), None, "the same once more");
        assert_eq!(accept(SECRET, &code(SECRET, now - 1), at, Some(now)), None, "one before");
        assert_eq!(accept(SECRET, &code(SECRET, now + 1), at, Some(now)), Some(now + 1));
        for wrong in ["", "000000", "89005924", "00592"] {
            assert_eq!(accept(SECRET, wrong, at, None), None, "{wrong}");
        }
    }

    #[test]
    fn codes_are_told_from_other_words() {
        assert_eq!(typed(" 123 456 ").as_deref(), Some("123456"));
        for other in ["12345", "1234567", "abcd-efgh-jkmn-pqrs", "12345a", "١٢٣٤٥٦"] {
            assert_eq!(typed(other), None, "{other}");
        }
    }

    #[test]
    fn what_apps_are_given() {
        assert_eq!(words(SECRET), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        assert_eq!(
            address(SECRET, "Towpath", "ines ü"),
            "otpauth://totp/Towpath:ines%20%C3%BC?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Towpath&algorithm=SHA1&digits=6&period=30"
        );
    }

    proptest! {
        #[test]
        fn an_accepted_step_is_never_accepted_again(seconds in 0i64..4_000_000_000, later in 0i64..120, beside in -1i64..=1) {
            let at = Timestamp(seconds * SECOND);
            let first = code(SECRET, step(at) + beside);
            if let Some(used) = accept(SECRET, &first, at, None) {
                let again = accept(SECRET, &code(SECRET, used), at.plus(later * SECOND), Some(used));
                prop_assert!(again.is_none_or(|other| other > used));
            }
        }
    }
}
