//! The words in which a page and the console speak of changes: the browser asks with them and the server answers with them.

use crate::id::{DeploymentId, PlanId};
use crate::text::Key;
use std::fmt;
use std::str::FromStr;

/// Where changes are told.
pub const ADDRESS: &str = "/live";
/// The parameter that names a topic; it may be there more than once.
pub const PARAMETER: &str = "topic";
/// The event that says that something of a topic changed.
pub const CHANGE: &str = "change";
/// The event that says that it is unknown what was missed.
pub const RESET: &str = "reset";
/// The header by which a page that refreshes itself says so: nobody is at the keyboard then.
pub const REFRESH: &str = "towpath-refresh";

/// What changes are told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topic {
    /// An infrastructure, by its key.
    Infrastructure(Key),
    /// The audit log of an infrastructure, by its key.
    Audit(Key),
    /// A deployment.
    Deployment(DeploymentId),
    /// A plan.
    Plan(PlanId),
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Infrastructure(key) => write!(f, "infrastructure:{key}"),
            Self::Audit(key) => write!(f, "audit:{key}"),
            Self::Deployment(id) => write!(f, "deployment:{id}"),
            Self::Plan(id) => write!(f, "plan:{id}"),
        }
    }
}

/// A text is no topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no topic")]
pub struct NoTopic;

impl FromStr for Topic {
    type Err = NoTopic;

    fn from_str(text: &str) -> Result<Self, NoTopic> {
        let (kind, name) = text.split_once(':').ok_or(NoTopic)?;
        match kind {
            "infrastructure" => name.parse().ok().map(Self::Infrastructure),
            "audit" => name.parse().ok().map(Self::Audit),
            "deployment" => name.parse().ok().map(Self::Deployment),
            "plan" => name.parse().ok().map(Self::Plan),
            _ => None,
        }
        .ok_or(NoTopic)
    }
}

/// The address at which the changes of some topics are told. A topic holds letters, digits, `-` and one `:`, which is the only one
/// that an address writes in another way.
#[must_use]
pub fn address(topics: &[String]) -> String {
    let query: Vec<String> =
        topics.iter().map(|topic| format!("{PARAMETER}={}", topic.replace(':', "%3A"))).collect();
    format!("{ADDRESS}?{}", query.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_read_as_they_are_written() {
        let id = "00000000-0000-0000-0000-000000000001";
        for text in [
            "infrastructure:harbour".to_owned(),
            "audit:harbour".into(),
            format!("deployment:{id}"),
            format!("plan:{id}"),
        ] {
            assert_eq!(text.parse::<Topic>().unwrap().to_string(), text);
        }
        for text in ["", "harbour", "infrastructure:", "plan:7", "engine", "work:harbour", "audit:No Key"] {
            assert!(text.parse::<Topic>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_address_names_every_topic() {
        let topics = ["infrastructure:harbour".to_owned(), "audit:harbour".to_owned()];
        assert_eq!(address(&topics), "/live?topic=infrastructure%3Aharbour&topic=audit%3Aharbour");
    }
}
