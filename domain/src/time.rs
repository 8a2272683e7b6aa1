//! Time as the whole product stores and sends it.

use serde::{Deserialize, Serialize};

/// Microseconds since the Unix epoch, UTC. The current time is always a parameter; nothing here reads a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// A second in microseconds.
pub const SECOND: i64 = 1_000_000;
/// A minute in microseconds.
pub const MINUTE: i64 = 60 * SECOND;
/// An hour in microseconds.
pub const HOUR: i64 = 60 * MINUTE;
/// A day in microseconds.
pub const DAY: i64 = 24 * HOUR;

impl Timestamp {
    /// This time plus `micros` microseconds; stays at the limits instead of overflowing.
    #[must_use]
    pub const fn plus(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// The day in UTC in words, such as `24 Nov 2026`, for sentences that are told everywhere alike.
    #[must_use]
    pub fn day(self) -> String {
        const MONTHS: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        // From days to a date by eras of 400 years, counted from the first of March of the year 0.
        let days = self.0.div_euclid(DAY) + 719_468;
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * from_march + 2) / 5 + 1;
        let month = (from_march + 2) % 12;
        let year = year_of_era + era * 400 + i64::from(month < 2);
        let name = usize::try_from(month).ok().and_then(|at| MONTHS.get(at)).copied().unwrap_or_default();
        format!("{day} {name} {year}")
    }

    /// Microseconds from `earlier` to this time; negative where `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_words() {
        for (days, words) in [
            (0, "1 Jan 1970"),
            (59, "1 Mar 1970"),
            (789, "29 Feb 1972"),
            (11_016, "29 Feb 2000"),
            (11_017, "1 Mar 2000"),
            (20_783, "26 Nov 2026"),
            (-1, "31 Dec 1969"),
            (47_540, "28 Feb 2100"),
            (47_541, "1 Mar 2100"),
        ] {
            assert_eq!(Timestamp(days * DAY + HOUR).day(), words, "{days}");
        }
    }
}
