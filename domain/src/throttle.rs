//! How often somebody may try to sign in (ASVS 6.1.1 and 6.3.1, R30).
//!
//! Failures are counted for an account *from one address*, and for the address as a whole; never for an account alone, because
//! then a stranger could lock somebody out. A device that has signed in to the account before is not slowed by either.

use crate::time::{MINUTE, SECOND, Timestamp};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// What failures are counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// One account, tried from one address.
    AccountFromAddress,
    /// One address, whatever account is tried.
    Address,
}

/// Which pauses follow which failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// From the fifth failure on a pause of a minute that doubles, up to 15 minutes; for an address from the 20th on, up to an hour.
    #[default]
    Towpath,
    /// LifeTime's defaults (R30): an account from an address 30 s after 3 and 30 min after 6 failures; an address 5 min after
    /// 20 and an hour after 50.
    Lifetime,
}

impl std::str::FromStr for Scheme {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "towpath" => Ok(Self::Towpath),
            "lifetime" => Ok(Self::Lifetime),
            other => Err(format!("“{other}” is no scheme of sign-in pauses; there are towpath and lifetime")),
        }
    }
}

/// The window in which failures add up; one that comes later is the first again.
pub const WINDOW_MICROS: i64 = 60 * MINUTE;

/// The failures that are remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attempts {
    /// How many, in the window.
    pub failures: u32,
    /// When the last one was.
    pub last_at: Timestamp,
    /// From when on the next try is heard.
    pub free_at: Timestamp,
}

impl Attempts {
    /// How long the next try has to wait, microseconds; none if it is heard.
    #[must_use]
    pub fn wait(&self, now: Timestamp) -> Option<i64> {
        (self.free_at > now).then(|| self.free_at.since(now))
    }

    /// With one more failure.
    #[must_use]
    pub fn failed(self, scheme: Scheme, counted: Counted, now: Timestamp) -> Self {
        let recent = now.since(self.last_at) <= WINDOW_MICROS;
        let failures = if recent { self.failures.saturating_add(1) } else { 1 };
        let pause = scheme.pause(counted, failures);
        Self { failures, last_at: now, free_at: if pause > 0 { now.plus(pause) } else { Timestamp(0) } }
    }
}

impl Scheme {
    /// The pause after so many failures, microseconds.
    #[must_use]
    pub fn pause(self, counted: Counted, failures: u32) -> i64 {
        let doubling = |from: u32, most: i64| match failures.checked_sub(from) {
            None => 0,
            Some(more) => (MINUTE << more.min(20)).min(most),
        };
        match (self, counted, failures) {
            (Self::Towpath, Counted::AccountFromAddress, _) => doubling(5, 15 * MINUTE),
            (Self::Towpath, Counted::Address, _) => doubling(20, 60 * MINUTE),
            (Self::Lifetime, Counted::AccountFromAddress, 6..) => 30 * MINUTE,
            (Self::Lifetime, Counted::AccountFromAddress, 3..) => 30 * SECOND,
            (Self::Lifetime, Counted::Address, 50..) => 60 * MINUTE,
            (Self::Lifetime, Counted::Address, 20..) => 5 * MINUTE,
            (Self::Lifetime, _, _) => 0,
        }
    }
}

/// What an address is counted as: one IPv4 address, but a whole /64 of IPv6, which one person has to themselves.
#[must_use]
pub fn counted_address(address: &str) -> String {
    match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.to_string(),
        Ok(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
            Some(mapped) => mapped.to_string(),
            None => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        },
        Err(_) => address.chars().take(64).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn after(scheme: Scheme, counted: Counted, times: u32) -> Attempts {
        (0..times).fold(Attempts::default(), |attempts, n| {
            attempts.failed(scheme, counted, Timestamp(1_000_000 + i64::from(n)))
        })
    }

    #[test]
    fn asvs_6_3_1_pauses_grow_and_have_an_end() {
        let account = |times| after(Scheme::Towpath, Counted::AccountFromAddress, times);
        let pause = |attempts: Attempts| attempts.wait(attempts.last_at).unwrap_or(0);
        assert_eq!(pause(account(4)), 0);
        assert_eq!(pause(account(5)), MINUTE);
        assert_eq!(pause(account(6)), 2 * MINUTE);
        assert_eq!(pause(account(60)), 15 * MINUTE, "never for good");
        assert_eq!(pause(after(Scheme::Towpath, Counted::Address, 19)), 0);
        assert_eq!(pause(after(Scheme::Towpath, Counted::Address, 20)), MINUTE);
        assert_eq!(pause(after(Scheme::Towpath, Counted::Address, 900)), 60 * MINUTE);
    }

    #[test]
    fn r30_the_defaults_of_lifetime_are_a_preset() {
        use Counted::{AccountFromAddress, Address};
        for (counted, failures, pause) in [
            (AccountFromAddress, 2, 0),
            (AccountFromAddress, 3, 30 * SECOND),
            (AccountFromAddress, 5, 30 * SECOND),
            (AccountFromAddress, 6, 1800 * SECOND),
            (Address, 19, 0),
            (Address, 20, 300 * SECOND),
            (Address, 49, 300 * SECOND),
            (Address, 50, 3600 * SECOND),
        ] {
            assert_eq!(Scheme::Lifetime.pause(counted, failures), pause, "{counted:?} {failures}");
        }
    }

    #[test]
    fn what_is_long_ago_counts_no_more() {
        let attempts = after(Scheme::Towpath, Counted::AccountFromAddress, 9);
        let later = attempts.last_at.plus(WINDOW_MICROS + 1);
        assert_eq!(attempts.failed(Scheme::Towpath, Counted::AccountFromAddress, later).failures, 1);
        let within = attempts.last_at.plus(WINDOW_MICROS);
        assert_eq!(attempts.failed(Scheme::Towpath, Counted::AccountFromAddress, within).failures, 10);
    }

    #[test]
    fn one_person_with_many_addresses_of_ipv6_is_one() {
        assert_eq!(counted_address("2001:db8:1:2:3::4"), counted_address("2001:db8:1:2:ffff::1"));
        assert_ne!(counted_address("2001:db8:1:2::1"), counted_address("2001:db8:1:3::1"));
        assert_eq!(counted_address("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(counted_address("192.0.2.7"), "192.0.2.7");
        assert_eq!(counted_address("no address"), "no address");
    }

    proptest! {
        #[test]
        fn more_failures_never_wait_less(failures in 0u32..10_000, lifetime: bool, address: bool) {
            let scheme = if lifetime { Scheme::Lifetime } else { Scheme::Towpath };
            let counted = if address { Counted::Address } else { Counted::AccountFromAddress };
            prop_assert!(scheme.pause(counted, failures) <= scheme.pause(counted, failures + 1));
        }
    }
}
