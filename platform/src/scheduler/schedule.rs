//! When a timer is due: its five fields of cron in its time zone, by `croner`.
//!
//! A fixed time, one minute of one hour, comes once a day: at the gap's end where the clock is put forward over it, the first time where the
//! clock is put back. With any other schedule each time of the clock counts: none in a gap, both where an hour comes twice.

use croner::Cron;
use domain::package::Manifest;
use domain::time::{SECOND, Timestamp};
use jiff02::Zoned;
use jiff02::tz::TimeZone;

/// A schedule in its zone.
#[derive(Debug, Clone)]
pub struct Schedule {
    cron: Cron,
    zone: TimeZone,
}

impl Schedule {
    /// A schedule that the domain has found sound, in a zone; an error where this Platform Server knows no such zone.
    pub fn new(fields: &str, zone: &str) -> Result<Self, String> {
        let cron = fields.parse::<Cron>().map_err(|error| format!("“{fields}” is no schedule: {error}"))?;
        let zone = TimeZone::get(zone).map_err(|_| format!("the time zone “{zone}” is not known here"))?;
        Ok(Self { cron, zone })
    }

    /// The first time after another; none where it never comes.
    pub fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        let next = self.cron.find_next_occurrence(&self.zoned(at)?, false).ok()?;
        Some(stamp(&next))
    }

    /// The last time that is not later than another.
    pub fn last_until(&self, at: Timestamp) -> Option<Timestamp> {
        let last = self.cron.find_previous_occurrence(&self.zoned(at)?, true).ok()?;
        Some(stamp(&last))
    }

    /// How many times lie after one and before another; `most` at most.
    pub fn count_between(&self, after: Timestamp, before: Timestamp, most: usize) -> usize {
        let mut at = after;
        for count in 0..most {
            match self.next_after(at) {
                Some(next) if next < before && next > at => at = next,
                _ => return count,
            }
        }
        most
    }

    fn zoned(&self, at: Timestamp) -> Option<Zoned> {
        let seconds = jiff02::Timestamp::from_second(at.0.div_euclid(SECOND)).ok()?;
        Some(seconds.to_zoned(self.zone.clone()))
    }
}

fn stamp(at: &Zoned) -> Timestamp {
    Timestamp(at.timestamp().as_microsecond())
}

/// A time in words that programs read, such as `2026-11-27T03:00:00Z`.
pub fn rfc3339(at: Timestamp) -> String {
    jiff02::Timestamp::from_microsecond(at.0).map(|at| at.to_string()).unwrap_or_default()
}

/// Whether the timers of a package can be kept here: the zones are known, and each time comes some day.
pub fn check(manifest: &Manifest, now: Timestamp) -> Result<(), String> {
    for timer in &manifest.timers {
        let schedule = Schedule::new(&timer.schedule, timer.time_zone())
            .map_err(|reason| format!("The timer “{}” cannot be kept: {reason}.", timer.key))?;
        if schedule.next_after(now).is_none() {
            return Err(format!("The timer “{}” cannot be kept: {} never comes.", timer.key, timer.schedule));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff02::Timestamp>().unwrap().as_microsecond())
    }

    /// The next times in order.
    fn coming(fields: &str, zone: &str, from: &str, count: usize) -> Vec<String> {
        let schedule = Schedule::new(fields, zone).unwrap();
        let mut at = at(from);
        let mut next = || {
            at = schedule.next_after(at).unwrap();
            assert_eq!(schedule.last_until(at), Some(at), "what is due now is the last until now");
            rfc3339(at)
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn the_next_times_of_schedules() {
        for (fields, zone, from, expected) in [
            ("30 6 * * 1-5", "UTC", "2026-11-27T06:30:00Z", vec!["2026-11-30T06:30:00Z"]),
            ("0 3 * * *", "Europe/Vienna", "2026-11-27T00:00:00Z", vec!["2026-11-27T02:00:00Z"]),
            ("0 0 29 2 *", "UTC", "2026-11-27T00:00:00Z", vec!["2028-02-29T00:00:00Z"]),
            ("*/20 * * * *", "Asia/Kathmandu", "2026-11-27T00:00:30Z", vec!["2026-11-27T00:15:00Z"]),
            // Where day of the month and day of the week are both given, either counts.
            (
                "0 0 13 * 5",
                "UTC",
                "2026-11-07T00:00:00Z",
                vec!["2026-11-13T00:00:00Z", "2026-11-20T00:00:00Z"],
            ),
            // The clock is put forward from 2 to 3 in Vienna on 29 March 2026: 2:30 comes at 3, and once.
            (
                "30 2 * * *",
                "Europe/Vienna",
                "2026-03-28T12:00:00Z",
                vec!["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"],
            ),
            // It is put back from 3 to 2 on 25 October 2026: 2:30 comes once, the first time.
            (
                "30 2 * * *",
                "Europe/Vienna",
                "2026-10-24T12:00:00Z",
                vec!["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
            ),
            // With several hours what is in the gap is left out.
            ("30 2,14 * * *", "Europe/Vienna", "2026-03-28T14:00:00Z", vec!["2026-03-29T12:30:00Z"]),
            // What comes every hour comes every hour.
            (
                "0 * * * *",
                "Europe/Vienna",
                "2026-10-24T23:30:00Z",
                vec!["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"],
            ),
            (
                "0 * * * *",
                "Europe/Vienna",
                "2026-03-29T00:30:00Z",
                vec!["2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"],
            ),
        ] {
            assert_eq!(coming(fields, zone, from, expected.len()), expected, "{fields} {zone}");
        }
    }

    #[test]
    fn the_last_time_and_how_many_were_before() {
        let schedule = Schedule::new("0 3 * * *", "UTC").unwrap();
        let last = |from: &str| rfc3339(schedule.last_until(at(from)).unwrap());
        assert_eq!(last("2026-11-27T02:59:59.9Z"), "2026-11-26T03:00:00Z");
        assert_eq!(last("2026-11-27T03:00:00.9Z"), "2026-11-27T03:00:00Z");
        let (from, until) = (at("2026-11-20T03:00:00Z"), at("2026-11-27T03:00:00Z"));
        assert_eq!(schedule.count_between(from, until, 100), 6);
        assert_eq!(schedule.count_between(from, until, 5), 5);
        assert_eq!(schedule.count_between(until, from, 5), 0);
    }

    #[test]
    fn what_cannot_be_kept_is_refused() {
        assert!(Schedule::new("0 3 * * *", "Europe/Atlantis").unwrap_err().contains("Europe/Atlantis"));
        let never = Schedule::new("0 0 30 2 *", "UTC").unwrap();
        assert_eq!(never.next_after(at("2026-11-27T00:00:00Z")), None);
        let manifest = |schedule: &str, zone: &str| {
            Manifest::parse(&format!(
                "format = 1\n[application]\nkey = \"a\"\nname = \"A\"\nkind = \"web\"\n[[modules]]\nkey = \"a\"\nname = \"A\"\n\
                 kind = \"process\"\nvirtual_directory = \"/a\"\ncommand = [\"./a\"]\n[[timers]]\nkey = \"t\"\nname = \"T\"\n\
                 module = \"a\"\npath = \"/t\"\nschedule = \"{schedule}\"\ntime_zone = \"{zone}\"\n"
            ))
            .unwrap()
        };
        let now = at("2026-11-27T00:00:00Z");
        assert_eq!(check(&manifest("0 3 * * *", "Europe/Vienna"), now), Ok(()));
        assert!(check(&manifest("0 0 30 2 *", "UTC"), now).unwrap_err().contains("never comes"));
        assert!(
            check(&manifest("0 3 * * *", "Europe/Atlantis"), now).unwrap_err().contains("not known here")
        );
    }
}
