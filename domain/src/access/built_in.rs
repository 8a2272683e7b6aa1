//! The built-in roles.

use super::{Right, Rights, WideRight, WideRights};
use serde::{Deserialize, Serialize};

/// The rights that the built-in roles give, for an environment of the given purpose. New environments get the same
/// (stated default).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BuiltInRole {
    /// Everything, unchangeable.
    Administrator,
    /// Changes and deploys in development, deploys into test, lists the rest.
    Developer,
    /// Deploys everywhere, changes nothing, reads the audit log.
    ReleaseManager,
    /// Lists everything, changes nothing.
    Reader,
}

impl BuiltInRole {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Administrator, Self::Developer, Self::ReleaseManager, Self::Reader];

    /// The role's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Administrator => "Administrator",
            Self::Developer => "Developer",
            Self::ReleaseManager => "Release Manager",
            Self::Reader => "Reader",
        }
    }

    /// Its infrastructure-wide rights.
    #[must_use]
    pub fn wide(self) -> WideRights {
        match self {
            Self::Administrator => WideRights::of(&WideRight::ALL),
            Self::ReleaseManager => WideRights::of(&[WideRight::ReadAudit]),
            Self::Developer | Self::Reader => WideRights::default(),
        }
    }

    /// Its rights in an environment of a purpose.
    #[must_use]
    pub fn rights(self, purpose: crate::environment::Purpose) -> Rights {
        use crate::environment::Purpose;
        match self {
            Self::Administrator => Rights::of(&Right::ALL),
            Self::Developer => match purpose {
                Purpose::Development => Rights::level(5).with(Rights::of(&[Right::CreateApplications])),
                Purpose::Test => Rights::level(4).with(Rights::of(&[Right::Deploy])),
                Purpose::Acceptance => Rights::level(3),
                Purpose::Production | Purpose::Management => Rights::level(2),
            },
            Self::ReleaseManager => Rights::level(3).with(Rights::of(&[Right::Deploy])),
            Self::Reader => Rights::level(2),
        }
    }
}
