//! Times for people: how long ago, and exactly, in the time zone that the person who looks has chosen; UTC where nobody did.

use domain::time::{HOUR, MINUTE, SECOND, Timestamp};
use jiff::tz::TimeZone;
use leptos::prelude::use_context;

const DAY: i64 = 24 * HOUR;

/// The time zone of a page, as a Leptos context.
#[derive(Debug, Clone)]
pub struct Zone(TimeZone);

impl Zone {
    /// A zone by its name in the time zone database; UTC where it is not known any more.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self(TimeZone::get(name).unwrap_or(TimeZone::UTC))
    }
}

/// The time zone of this page.
fn zone() -> TimeZone {
    use_context::<Zone>().map_or(TimeZone::UTC, |zone| zone.0)
}

/// The name of this page's time zone, such as `UTC` or `Europe/Lisbon`.
#[must_use]
pub fn zone_name() -> String {
    zone().iana_name().unwrap_or("UTC").to_owned()
}

/// The time zones to choose from: UTC, then all that are named by a region and a place.
#[must_use]
pub fn zones() -> Vec<String> {
    let other = ["Etc/", "SystemV/", "posix/", "right/"];
    let place = |name: &String| name.contains('/') && !other.iter().any(|part| name.starts_with(part));
    let mut names: Vec<String> =
        jiff::tz::db().available().map(|name| name.to_string()).filter(place).collect();
    names.sort_unstable();
    names.dedup();
    names.insert(0, "UTC".to_owned());
    names
}

/// The exact time, such as `2026-11-24 04:36:11 UTC`.
#[must_use]
pub fn exact(at: Timestamp) -> String {
    format(at, &zone(), "%Y-%m-%d %H:%M:%S %Z")
}

/// The time for machines (RFC 3339), as in the `datetime` attribute.
#[must_use]
pub fn machine(at: Timestamp) -> String {
    format(at, &TimeZone::UTC, "%Y-%m-%dT%H:%M:%SZ")
}

/// The day, such as `24 Nov 2026`.
#[must_use]
pub fn day(at: Timestamp) -> String {
    format(at, &zone(), "%-d %b %Y")
}

/// The day as a field of a form has it, such as `2026-11-24`.
#[must_use]
pub fn date(at: Timestamp) -> String {
    format(at, &zone(), "%Y-%m-%d")
}

/// The first moment of a day that a field of a form has, in the page's zone; none if it is no day.
#[must_use]
pub fn day_begins(text: &str) -> Option<Timestamp> {
    let day: jiff::civil::Date = text.trim().parse().ok()?;
    Some(Timestamp(zone().to_timestamp(day.at(0, 0, 0, 0)).ok()?.as_microsecond()))
}

/// The first moment after that day.
#[must_use]
pub fn day_ends(text: &str) -> Option<Timestamp> {
    let day: jiff::civil::Date = text.trim().parse().ok()?;
    day_begins(&day.tomorrow().ok()?.to_string())
}

/// The last second of a day that a field of a form has, in a zone; none if it is no day.
#[must_use]
pub fn end_of_day(text: &str, zone: &Zone) -> Option<Timestamp> {
    let day: jiff::civil::Date = text.trim().parse().ok()?;
    let next = day.tomorrow().ok()?.at(0, 0, 0, 0);
    Some(Timestamp(zone.0.to_timestamp(next).ok()?.as_microsecond()).plus(-SECOND))
}

/// The time of a field of a form, such as `2026-11-24T18:00`, in a zone; none if it is no time.
#[must_use]
pub fn moment(text: &str, zone: &Zone) -> Option<Timestamp> {
    let local: jiff::civil::DateTime = text.trim().parse().ok()?;
    Some(Timestamp(zone.0.to_timestamp(local).ok()?.as_microsecond()))
}

/// The time of the day, such as `04:36:11`.
#[must_use]
pub fn clock(at: Timestamp) -> String {
    format(at, &zone(), "%H:%M:%S")
}

/// How long before `now`, such as `12 min ago`; from a week on the day.
#[must_use]
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    let past = now.since(at);
    match past {
        _ if past < 0 => exact(at),
        _ if past < 10 * SECOND => "just now".to_owned(),
        _ if past < MINUTE => format!("{} s ago", past / SECOND),
        _ if past < HOUR => format!("{} min ago", past / MINUTE),
        _ if past < DAY => format!("{} h ago", past / HOUR),
        _ if past < 2 * DAY => "a day ago".to_owned(),
        _ if past < 7 * DAY => format!("{} days ago", past / DAY),
        _ => day(at),
    }
}

/// A time to come, such as `now`, `today 18:09`, `Mon 30 Nov 06:25`; from six days on the day.
#[must_use]
pub fn soon(at: Timestamp, now: Timestamp) -> String {
    match at.since(now) {
        ahead if ahead < MINUTE => "now".to_owned(),
        _ if day(at) == day(now) => format!("today {}", format(at, &zone(), "%H:%M")),
        ahead if ahead < 6 * DAY => format(at, &zone(), "%a %-d %b %H:%M"),
        _ => day(at),
    }
}

/// A length of time, such as `1 min 20 s`; below a second `under 1 s`.
#[must_use]
pub fn length(micros: i64) -> String {
    match micros {
        _ if micros < SECOND => "under 1 s".to_owned(),
        _ if micros < MINUTE => format!("{} s", micros / SECOND),
        _ if micros < HOUR => format!("{} min {} s", micros / MINUTE, micros % MINUTE / SECOND),
        _ => format!("{} h {} min", micros / HOUR, micros % HOUR / MINUTE),
    }
}

fn format(at: Timestamp, zone: &TimeZone, pattern: &str) -> String {
    // Out of jiff's range (years -9999 to 9999) there is no calendar to show.
    jiff::Timestamp::from_microsecond(at.0).map_or_else(
        |_| "unknown time".to_owned(),
        |time| time.to_zoned_datetime(zone.clone()).strftime(pattern).to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp(1_795_521_600_000_000);

    #[test]
    fn exact_times_are_utc() {
        assert_eq!(exact(NOON), "2026-11-24 12:00:00 UTC");
        assert_eq!(machine(NOON), "2026-11-24T12:00:00Z");
        assert_eq!(day(NOON), "24 Nov 2026");
        assert_eq!(clock(NOON), "12:00:00");
        assert_eq!(exact(Timestamp(i64::MAX)), "unknown time");
    }

    #[test]
    fn a_day_ends_in_the_zone_of_who_chose_it() {
        let utc = end_of_day("2026-11-24", &Zone::named("UTC")).unwrap();
        assert_eq!((exact(utc).as_str(), date(utc).as_str()), ("2026-11-24 23:59:59 UTC", "2026-11-24"));
        let kolkata = end_of_day(" 2026-11-24", &Zone::named("Asia/Kolkata")).unwrap();
        assert_eq!(exact(kolkata), "2026-11-24 18:29:59 UTC");
        assert_eq!(end_of_day("24 Nov 2026", &Zone::named("UTC")), None);
        assert_eq!(end_of_day("", &Zone::named("UTC")), None);
    }

    #[test]
    fn a_time_of_a_form_is_in_the_zone_of_who_chose_it() {
        let kolkata = Zone::named("Asia/Kolkata");
        assert_eq!(moment(" 2026-11-24T17:30 ", &kolkata), Some(NOON));
        assert_eq!(moment("2026-11-24T12:00:00", &Zone::named("UTC")), Some(NOON));
        assert_eq!(moment("24 Nov 2026", &kolkata), None);
    }

    #[test]
    fn exact_times_are_those_of_the_zone_that_was_chosen() {
        let owner = leptos::prelude::Owner::new();
        owner.with(|| {
            leptos::prelude::provide_context(Zone::named("Asia/Kolkata"));
            assert_eq!(exact(NOON), "2026-11-24 17:30:00 IST");
            assert_eq!((clock(NOON).as_str(), zone_name().as_str()), ("17:30:00", "Asia/Kolkata"));
            assert_eq!(machine(NOON), "2026-11-24T12:00:00Z");
        });
        assert_eq!(zone_name(), "UTC");
        assert_eq!(Zone::named("Mars/Olympus").0, TimeZone::UTC);
        let zones = zones();
        assert!(zones.len() > 300 && zones[0] == "UTC" && zones.contains(&"Europe/Lisbon".to_owned()));
    }

    #[test]
    fn a_day_begins_and_ends() {
        let begins = day_begins(" 2026-11-24 ").unwrap();
        assert_eq!(machine(begins), "2026-11-24T00:00:00Z");
        assert_eq!(day_ends("2026-11-24"), Some(begins.plus(DAY)));
        assert_eq!((day_begins("yesterday"), day_ends("")), (None, None));
    }

    #[test]
    fn what_is_to_come_is_told_as_near_as_one_thinks_of_it() {
        let told = |ahead| soon(NOON.plus(ahead), NOON);
        assert_eq!([-HOUR, 0, 50 * SECOND].map(told), ["now"; 3]);
        assert_eq!(told(HOUR), "today 13:00");
        assert!(told(2 * DAY).ends_with(" 12:00") && told(2 * DAY).len() > 10, "{}", told(2 * DAY));
        assert_eq!(told(7 * DAY), day(NOON.plus(7 * DAY)));
    }

    #[test]
    fn ago_grows_coarser_and_turns_into_a_day() {
        for (past, words) in [
            (0, "just now"),
            (10 * SECOND, "10 s ago"),
            (MINUTE, "1 min ago"),
            (HOUR - 1, "59 min ago"),
            (DAY - 1, "23 h ago"),
            (DAY, "a day ago"),
            (2 * DAY, "2 days ago"),
            (7 * DAY, "17 Nov 2026"),
            (-SECOND, "2026-11-24 12:00:01 UTC"),
        ] {
            assert_eq!(ago(NOON.plus(-past), NOON), words, "{past}");
        }
    }

    #[test]
    fn lengths() {
        assert_eq!(length(0), "under 1 s");
        assert_eq!(length(59 * SECOND), "59 s");
        assert_eq!(length(80 * SECOND), "1 min 20 s");
        assert_eq!(length(2 * HOUR + 5 * MINUTE), "2 h 5 min");
    }
}
