//! Which releases are kept.

use crate::catalog::Release;
use domain::text::Sha256;

/// How many releases of an application stay on a front-end.
const KEPT: usize = 3;

/// The releases to remove: all but the running one and the youngest, by the time when they were staged or activated last.
pub fn too_old(mut releases: Vec<Release>, running: Option<Sha256>) -> Vec<Release> {
    let age = |r: &Release| (Some(r.sha256) == running, r.staged_at.max(r.activated_at.unwrap_or_default()));
    releases.sort_by_key(|r| std::cmp::Reverse(age(r)));
    releases.split_off(KEPT.min(releases.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::Timestamp;

    #[test]
    fn the_running_one_and_the_youngest_stay() {
        let release = |n: u8, staged: i64, activated: Option<i64>| Release {
            application: "a".parse().unwrap(),
            sha256: Sha256([n; 32]),
            version: None,
            folder: n.to_string(),
            staged_at: Timestamp(staged),
            activated_at: activated.map(Timestamp),
        };
        let all = vec![
            release(1, 1, Some(2)),
            release(2, 3, Some(20)),
            release(3, 5, Some(6)),
            release(4, 7, None),
            release(5, 8, Some(9)),
        ];
        let gone: Vec<u8> =
            too_old(all.clone(), Some(Sha256([1; 32]))).iter().map(|r| r.sha256.0[0]).collect();
        assert_eq!(gone, [4, 3]);
        assert!(too_old(all[..3].to_vec(), None).is_empty());
    }
}
