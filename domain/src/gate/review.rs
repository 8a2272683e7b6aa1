//! Break-glass with a duty of review: an override counts for a day only, and somebody else has to look at it afterwards.

use crate::id::UserId;
use crate::time::DAY;

/// How long an override of a freeze counts, microseconds: where its deployment has not begun by then, the freeze holds it again.
pub const OVERRIDE_COUNTS: i64 = DAY;
/// How long after an override its review is due, microseconds.
pub const REVIEW_DUE: i64 = 3 * DAY;

/// Whether somebody may close the review of what others overrode. An override by a service account is nobody's own.
///
/// # Errors
/// Why not, in one sentence.
pub fn may_review(who: Option<UserId>, overrode: &[Option<UserId>]) -> Result<(), &'static str> {
    match who {
        None => Err("Only a person who has signed in reviews an override."),
        Some(_) if overrode.contains(&who) => Err("You cannot review this override: you made it."),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_else_reviews_an_override() {
        let [ada, ben] = [1_u128, 2].map(|n| Some(UserId(uuid::Uuid::from_u128(n))));
        for (who, overrode, may) in [
            (ben, vec![ada], true),
            (ada, vec![ada], false),
            (ada, vec![ben, ada], false),
            (ada, vec![None], true),
            (None, vec![ada], false),
            (None, vec![None], false),
        ] {
            assert_eq!(may_review(who, &overrode).is_ok(), may, "{who:?} {overrode:?}");
        }
    }
}
