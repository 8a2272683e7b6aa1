//! The water: two waves, the moon's and the sun's.

use std::f64::consts::TAU;

/// The moon's tide, hours.
const MOON_HOURS: f64 = 12.4206;
/// The sun's tide, hours.
const SUN_HOURS: f64 = 12.0;

/// How high the water stands, metres above the sill, `seconds` after the Unix epoch.
pub fn level(seconds: f64) -> f64 {
    let hours = seconds / 3600.0;
    3.1 + 1.35 * (TAU * hours / MOON_HOURS).sin() + 0.4 * (TAU * hours / SUN_HOURS).sin()
}

/// Whether the water rises.
pub fn rising(seconds: f64) -> bool {
    level(seconds + 60.0) > level(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_water_stays_in_the_basin_and_turns_four_times_a_day() {
        let levels: Vec<f64> = (0..1440).map(|minute| level(f64::from(minute) * 60.0)).collect();
        assert!(levels.iter().all(|l| (1.2..5.0).contains(l)));
        let turns =
            (1..1440).filter(|m| rising(f64::from(*m) * 60.0) != rising(f64::from(m - 1) * 60.0)).count();
        assert!((3..=4).contains(&turns), "{turns}");
    }
}
