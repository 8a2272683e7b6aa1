//! `GET /server/v1/deployments`: what was to be deployed, and how it ended.

use super::health::Of;
use crate::paging::PageSize;
use crate::text::{Key, Refused, Sha256};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use utoipa::{IntoParams, ToSchema};

/// What can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeploymentsQuery {
    /// About whom; the deployment controller tells of the environment, another front-end of its own switches.
    #[serde(default)]
    #[param(inline)]
    pub of: Option<Of>,
    /// Only this application's.
    #[serde(default)]
    #[param(inline)]
    pub application: Option<Key>,
    /// Where the page before ended: its `next`.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    pub after: Option<Place>,
    /// How many at most, 1 to 200; 50 if it is missing.
    #[serde(default)]
    #[param(value_type = Option<u32>)]
    pub limit: Option<PageSize>,
}

/// A page of what was to be deployed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Deployments {
    /// Newest first.
    pub deployments: Vec<Deployment>,
    /// Where the next page begins; none where this is the last.
    #[schema(value_type = Option<String>)]
    pub next: Option<Place>,
}

/// One task of the controller's journal, or one switch of a front-end's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Deployment {
    /// The task's key: `<deployment>/<ordinal>`, with `/undo` behind it for a step back.
    pub key: String,
    /// The application.
    pub application: Key,
    /// What was to be done.
    pub action: Action,
    /// The release that it is about; none for a deactivation.
    pub sha256: Option<Sha256>,
    /// How far it is: `received`, `fetching`, `verified`, `built`, `staged`, `activating`, `done`, `failed`; of a front-end's own switches
    /// `started`, `done`, `failed`.
    pub state: String,
    /// When it began.
    pub began_at: Timestamp,
    /// When it ended; none while it goes on.
    pub ended_at: Option<Timestamp>,
    /// Why it failed: one sentence.
    pub reason: Option<String>,
}

/// What was to be done with an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Fetch, build and stage a release.
    Prepare,
    /// Make a release the running one on a front-end.
    Activate,
    /// Serve the application no longer on a front-end.
    Deactivate,
}

/// A place in a list that is ordered by time and key. Text: the time, a dot, the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Place {
    /// The time.
    pub at: Timestamp,
    /// The key.
    pub key: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at.0, self.key)
    }
}

impl FromStr for Place {
    type Err = Refused;
    fn from_str(text: &str) -> Result<Self, Refused> {
        let place = text.split_once('.').and_then(|(at, key)| {
            Some(Self { at: Timestamp(at.parse().ok()?), key: key.to_owned() })
                .filter(|place| !place.key.is_empty())
        });
        place.ok_or_else(|| Refused("“after” is to be the “next” of the page before.".to_owned()))
    }
}

impl TryFrom<String> for Place {
    type Error = Refused;
    fn try_from(text: String) -> Result<Self, Refused> {
        text.parse()
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        place.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_goes_to_and_fro() {
        let place = Place { at: Timestamp(17), key: "d.1/2/undo".to_owned() };
        assert_eq!(place.to_string().parse::<Place>(), Ok(place));
        for wrong in ["", "17", "17.", "x.d/1", ".d"] {
            assert!(wrong.parse::<Place>().is_err(), "{wrong}");
        }
    }
}
