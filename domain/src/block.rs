//! Blocking an application from an environment (R14, A19).

use crate::environment::Reason;

/// Why an application cannot be blocked from an environment now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotNow {
    /// It runs there already: it would have to leave first.
    Runs,
    /// A deployment that has not ended brings it there.
    OnItsWay,
}

/// Whether an application can be blocked from an environment: only while it is not there and nothing is bringing it.
///
/// # Errors
/// [`NotNow`].
pub const fn may_block(runs: bool, on_its_way: bool) -> Result<(), NotNow> {
    match (runs, on_its_way) {
        (true, _) => Err(NotNow::Runs),
        (_, true) => Err(NotNow::OnItsWay),
        _ => Ok(()),
    }
}

/// The one sentence that a plan, a start and a publication say alike. `since` is the day in words.
#[must_use]
pub fn sentence(application: &str, environment: &str, by: &str, since: &str, reason: &Reason) -> String {
    let text = reason.as_str();
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{application} is blocked from {environment}: {text}{end} {by} blocked it on {since} (R14).")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r14_only_what_is_not_there_can_be_blocked() {
        assert_eq!(may_block(false, false), Ok(()));
        assert_eq!(may_block(true, false), Err(NotNow::Runs));
        assert_eq!(may_block(false, true), Err(NotNow::OnItsWay));
        assert_eq!(may_block(true, true), Err(NotNow::Runs));
    }

    #[test]
    fn r14_who_when_and_why_are_said() {
        let say = |reason: &str| sentence("Desk", "Test", "Ada", "1 May 2026", &reason.parse().unwrap());
        assert_eq!(
            say("No licence yet"),
            "Desk is blocked from Test: No licence yet. Ada blocked it on 1 May 2026 (R14)."
        );
        assert_eq!(say("Why?"), "Desk is blocked from Test: Why? Ada blocked it on 1 May 2026 (R14).");
    }
}
