//! What to do with a task that came in: a pure decision from what the journal knows.

use domain::protocol::{Task, TaskOutcome};

/// The decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Tell this, and do nothing.
    Answer(TaskOutcome),
    /// The key is known: go on, if it has not ended, and tell its state under the fence it came with now.
    Adopt,
    /// The key is new: write it into the journal and begin.
    Begin,
}

/// Decides. `known` is whether the journal has the key, `highest` the highest fence seen so far for its application.
pub fn decide(task: &Task, known: bool, highest: u64) -> Decision {
    if task.fence < highest {
        Decision::Answer(TaskOutcome::Fenced { highest })
    } else if known {
        Decision::Adopt
    } else if task.inquiry {
        Decision::Answer(TaskOutcome::Unknown)
    } else {
        Decision::Begin
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::{DeploymentId, ServerId};
    use domain::protocol::TaskAction;

    #[test]
    fn a_lower_fence_an_inquiry_and_a_known_key_begin_nothing() {
        let id = uuid::Uuid::from_u128(7);
        let action = TaskAction::Deactivate { server: ServerId(id), application: "a".parse().unwrap() };
        let task = |fence, inquiry| Task {
            key: "d/1".to_owned(),
            fence,
            deployment: DeploymentId(id),
            inquiry,
            action: action.clone(),
        };
        assert_eq!(decide(&task(5, false), false, 5), Decision::Begin);
        assert_eq!(decide(&task(4, false), false, 5), Decision::Answer(TaskOutcome::Fenced { highest: 5 }));
        assert_eq!(decide(&task(4, true), true, 5), Decision::Answer(TaskOutcome::Fenced { highest: 5 }));
        assert_eq!(decide(&task(6, true), false, 5), Decision::Answer(TaskOutcome::Unknown));
        assert_eq!(decide(&task(6, true), true, 5), Decision::Adopt);
        assert_eq!(decide(&task(6, false), true, 5), Decision::Adopt);
    }
}
