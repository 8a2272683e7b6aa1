//! Waves: the front-ends that a run changes at the same time.

use super::{Next, Standing, StepState};
use crate::id::ServerId;
use std::num::NonZeroU32;

/// So many front-ends are out of service at once where an environment says nothing.
pub const OUT_AT_ONCE: u32 = 1;

/// How many front-ends of an environment may be out of service at once: as many as are wanted, but never all of a deployment zone that has
/// more than one, since a front-end that is out serves none of its applications. `zones` has how many front-ends are in each.
#[must_use]
pub fn out_at_once(wanted: Option<NonZeroU32>, zones: impl IntoIterator<Item = usize>) -> u32 {
    let wanted = wanted.map_or(OUT_AT_ONCE, NonZeroU32::get);
    let most = zones.into_iter().filter(|count| *count > 1).min().map_or(wanted as usize, |count| count - 1);
    wanted.min(u32::try_from(most).unwrap_or(u32::MAX)).max(1)
}

/// What comes next of steps that stand in the order in which they are taken; none where all of them are over.
///
/// Each front-end takes its own steps one after the other. The next one begins where fewer than `most` have begun and are not through, so a
/// wave slides along the farm. Where applications leave front-ends outside their zones, that is a wave of its own: they are served all the time.
pub(super) fn pick(order: &[&Standing], most: u32) -> Option<Next> {
    let is_over = |step: &Standing| matches!(step.state, StepState::Done | StepState::Skipped);
    let first = order.iter().find(|step| !is_over(step))?;
    let part = |step: &Standing| (step.prepares(), step.leaves);
    let wave = order.iter().filter(|step| part(step) == part(first) && !is_over(step));
    let mut out: Vec<Option<ServerId>> = Vec::new();
    for step in wave {
        if out.contains(&step.server) {
            continue;
        }
        if out.len() >= most.max(1) as usize {
            break;
        }
        if step.state == StepState::Pending {
            return Some(Next::Dispatch { ordinal: step.ordinal, phase: step.phase });
        }
        out.push(step.server);
    }
    Some(Next::Wait)
}
