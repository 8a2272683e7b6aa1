//! Version numbers: which one is proposed, and which ones a tag may have (R22, R23).
//!
//! A number is used once. What goes on from the newest version gets a number above every other. What goes on from an older one – a hotfix
//! in a later stage, or an older version's content that is to run again – gets the third part of that older line, so that
//! what waits in earlier stages keeps its way (R03).

use crate::text::VersionNumber;
use serde::{Deserialize, Serialize};

/// What a new version goes on from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// The newest work: the number is above every other.
    Newest,
    /// What runs in a later stage and was never in an earlier one.
    Hotfix,
    /// An older version, whose content gets a new number.
    Earlier,
}

/// The numbers that an application has, as far as a new one depends on them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Numbers {
    /// The highest number of each line, a line being what has the same first and second part.
    pub ends: Vec<VersionNumber>,
    /// What is gone on from: for a hotfix what it is based on, for an older version what runs where it is tagged again.
    pub base: Option<VersionNumber>,
    /// What a number is to be above in any case: for a hotfix what it is based on, for an older version that version itself.
    pub floor: Option<VersionNumber>,
}

/// Why a number cannot be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAbove {
    /// It is to be above this one.
    pub limit: VersionNumber,
    /// What is proposed instead.
    pub proposed: VersionNumber,
}

impl Numbers {
    /// The numbers for something that goes on from a version, which has to be below it.
    #[must_use]
    pub const fn after(ends: Vec<VersionNumber>, base: Option<VersionNumber>) -> Self {
        Self { ends, base, floor: base }
    }

    /// The number that is proposed: what the package claims where that may be, else the next second part, or the next third part of the
    /// line that a hotfix or an older version goes on from (R23: 0.2 → 0.3, 1.7 → 1.7.1).
    #[must_use]
    pub fn proposed(&self, ground: Ground, claimed: Option<VersionNumber>) -> VersionNumber {
        claimed.filter(|number| self.fault(ground, *number).is_none()).unwrap_or_else(|| self.next(ground))
    }

    fn highest(&self) -> Option<VersionNumber> {
        self.ends.iter().copied().max()
    }

    /// The highest number of a line.
    fn end(&self, line: VersionNumber) -> Option<VersionNumber> {
        let same = |end: &&VersionNumber| end.major == line.major && end.minor == line.minor;
        self.ends.iter().filter(same).copied().max()
    }

    fn next(&self, ground: Ground) -> VersionNumber {
        let normal = VersionNumber::next_after(self.highest());
        let end = self.base.filter(|_| ground != Ground::Newest).and_then(|base| self.end(base));
        let third = end.filter(|end| end.patch < u16::MAX);
        let third = third.map(|end| VersionNumber { patch: end.patch + 1, ..end });
        // A line can be full.
        third.filter(|number| self.fault(ground, *number).is_none()).unwrap_or(normal)
    }

    /// Whether a number may be given: above all others, or, where something goes on from an older version, above all others of a line
    /// that is there, and above what it goes on from.
    ///
    /// # Errors
    /// [`NotAbove`] with what it is to be above.
    pub fn check(&self, ground: Ground, number: VersionNumber) -> Result<(), NotAbove> {
        match self.fault(ground, number) {
            None => Ok(()),
            Some(limit) => Err(NotAbove { limit, proposed: self.next(ground) }),
        }
    }

    fn fault(&self, ground: Ground, number: VersionNumber) -> Option<VersionNumber> {
        let highest = self.highest().filter(|highest| number <= *highest)?;
        match self.end(number) {
            Some(end) if ground != Ground::Newest => {
                let limit = self.floor.map_or(end, |floor| floor.max(end));
                (number <= limit).then_some(limit)
            }
            _ => Some(highest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn v(text: &str) -> Option<VersionNumber> {
        (!text.is_empty()).then(|| text.parse().unwrap())
    }

    fn numbers(ends: &str, base: &str) -> Numbers {
        Numbers::after(ends.split_whitespace().map(|end| end.parse().unwrap()).collect(), v(base))
    }

    #[test]
    fn r23_which_number_is_proposed() {
        use Ground::{Earlier, Hotfix, Newest};
        for (ground, ends, base, claimed, proposed) in [
            // Normal: the next second part.
            (Newest, "", "", "", "0.1.0"),
            (Newest, "0.2", "0.2", "", "0.3.0"),
            (Newest, "0.9 1.7.3", "1.7.3", "", "1.8.0"),
            (Newest, "1.65535", "1.65535", "", "2.0.0"),
            // The package's claim counts where it may be.
            (Newest, "1.1", "1.1", "2.0.0", "2.0.0"),
            (Newest, "1.1", "1.1", "1.0.0", "1.2.0"),
            (Newest, "1.1", "1.1", "1.1.0", "1.2.0"),
            // A hotfix: the third part of the line that it goes on from.
            (Hotfix, "1.7", "1.7", "", "1.7.1"),
            (Hotfix, "1.7 1.8", "1.7", "", "1.7.1"),
            (Hotfix, "1.7.4 1.8", "1.7", "", "1.7.5"),
            (Hotfix, "1.7.4 1.8", "1.7", "1.7.9", "1.7.9"),
            (Hotfix, "1.7.4 1.8", "1.7", "1.7.4", "1.7.5"),
            (Hotfix, "1.7.4 1.8", "1.7", "1.9.0", "1.9.0"),
            (Hotfix, "1.8", "", "", "1.9.0"),
            (Hotfix, "1.7.65535 1.8", "1.7", "", "1.9.0"),
            // An older version again: above what runs where it is tagged.
            (Earlier, "0.1 0.2", "0.2", "", "0.2.1"),
            (Earlier, "0.3 0.4 0.5", "0.3", "", "0.3.1"),
        ] {
            let of = numbers(ends, base);
            let found = of.proposed(ground, v(claimed)).to_string();
            assert_eq!(found, proposed, "{ground:?} {of:?} {claimed}");
        }
        // An older version again where something older than it runs: never below itself.
        let of = Numbers { floor: v("0.4"), ..numbers("0.3 0.4 0.5", "0.3") };
        assert_eq!(of.proposed(Earlier, None).to_string(), "0.6.0");
    }

    #[test]
    fn r22_which_number_may_be_given() {
        use Ground::{Earlier, Hotfix, Newest};
        for (ground, number, limit) in [
            (Newest, "1.8.1", ""),
            (Newest, "1.8.0", "1.8.0"),
            (Newest, "1.7.5", "1.8.0"),
            (Hotfix, "1.7.5", ""),
            (Hotfix, "1.7.4", "1.7.4"),
            (Hotfix, "1.7.0", "1.7.4"),
            (Hotfix, "1.6.9", "1.7.2"),
            (Hotfix, "1.5.0", "1.8.0"),
            (Hotfix, "1.9.0", ""),
            (Earlier, "1.7.5", ""),
            (Earlier, "1.8.0", "1.8.0"),
        ] {
            let of = numbers("1.6.1 1.7.4 1.8.0", "1.7.2");
            let found = of.check(ground, v(number).unwrap()).err().map(|fault| fault.limit);
            assert_eq!(found, v(limit), "{ground:?} {number}");
        }
    }

    fn some_number() -> impl Strategy<Value = VersionNumber> {
        (0u16..4, 0u16..4, 0u16..4).prop_map(|(major, minor, patch)| VersionNumber { major, minor, patch })
    }

    proptest! {
        /// Whatever numbers there are, what is proposed may be given and is new, and what may be given is new.
        #[test]
        fn r22_a_number_is_used_once(
            all in prop::collection::btree_set(some_number(), 0..12),
            base in some_number(), claimed in prop::option::of(some_number()), typed in some_number(), which in 0..3,
        ) {
            let ground = [Ground::Newest, Ground::Hotfix, Ground::Earlier][which as usize];
            let base = all.contains(&base).then_some(base);
            let lines: std::collections::BTreeMap<_, _> = all.iter().map(|n| ((n.major, n.minor), *n)).collect();
            let of = Numbers::after(lines.into_values().collect(), base);
            let proposed = of.proposed(ground, claimed);
            prop_assert!(!all.contains(&proposed));
            prop_assert!(of.check(ground, proposed).is_ok());
            prop_assert!(base.is_none_or(|base| proposed > base));
            match of.check(ground, typed) {
                Ok(()) => prop_assert!(!all.contains(&typed)),
                Err(fault) => {
                    prop_assert!(typed <= fault.limit);
                    prop_assert!(of.check(ground, fault.proposed).is_ok());
                }
            }
        }
    }
}
