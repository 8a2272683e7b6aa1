//! Rights, sets of them, and the levels that are names for nested sets.

use serde::{Deserialize, Serialize};

/// One right in one environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u32)]
pub enum Right {
    /// See that the environment is there.
    Access = 1,
    /// See applications, versions and what runs where.
    List = 1 << 1,
    /// See health and logs of applications.
    Monitor = 1 << 2,
    /// Use an application as a producer.
    AddDependencies = 1 << 3,
    /// Open and debug modules.
    Open = 1 << 4,
    /// Publish, tag and configure an application.
    Change = 1 << 5,
    /// Bring an application into this environment, or out of it.
    Deploy = 1 << 6,
    /// Servers, catalogs and settings of the environment itself.
    FullControl = 1 << 7,
    /// Toggle: create applications.
    CreateApplications = 1 << 8,
    /// Toggle: depend on system applications.
    AddSystemDependencies = 1 << 9,
}

impl Right {
    /// All rights, in the order of their numbers.
    pub const ALL: [Self; 10] = [
        Self::Access,
        Self::List,
        Self::Monitor,
        Self::AddDependencies,
        Self::Open,
        Self::Change,
        Self::Deploy,
        Self::FullControl,
        Self::CreateApplications,
        Self::AddSystemDependencies,
    ];

    /// The words people know the right by.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Access => "Access",
            Self::List => "List Applications",
            Self::Monitor => "Monitor",
            Self::AddDependencies => "Add Dependencies",
            Self::Open => "Open and Debug",
            Self::Change => "Change",
            Self::Deploy => "Deploy",
            Self::FullControl => "Full Control",
            Self::CreateApplications => "Create Applications",
            Self::AddSystemDependencies => "Add System Dependencies",
        }
    }
}

/// A set of rights in one environment, as one integer in storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rights(u32);

impl Rights {
    /// No right at all: the environment is closed.
    pub const NONE: Self = Self(0);

    /// The set of some rights.
    #[must_use]
    pub fn of(rights: &[Right]) -> Self {
        Self(rights.iter().fold(0, |set, right| set | *right as u32))
    }

    /// The set that a permission level stands for, 0 No Access to 6 Full Control; higher numbers are Full Control.
    #[must_use]
    pub fn level(level: u8) -> Self {
        use Right::*;
        let steps: [&[Right]; 7] = [
            &[],
            &[Access],
            &[List],
            &[Monitor, AddDependencies],
            &[Open],
            &[Change, Deploy],
            &[FullControl],
        ];
        steps.iter().take(usize::from(level) + 1).fold(Self::NONE, |set, step| set.with(Self::of(step)))
    }

    /// The set as it is stored. Bits that mean nothing are dropped.
    #[must_use]
    pub fn from_bits(bits: i64) -> Self {
        Self(bits as u32 & Self::of(&Right::ALL).0)
    }

    /// The integer to store.
    #[must_use]
    pub const fn bits(self) -> i64 {
        self.0 as i64
    }

    /// Whether the right is in the set.
    #[must_use]
    pub const fn has(self, right: Right) -> bool {
        self.0 & right as u32 != 0
    }

    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set without the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether every right of `self` is in `other`: what a grantor must satisfy (R28).
    #[must_use]
    pub const fn within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// The rights in the set.
    pub fn iter(self) -> impl Iterator<Item = Right> {
        Right::ALL.into_iter().filter(move |right| self.has(*right))
    }

    /// The highest permission level that lies within the set: 0 where not even Access does. It is for showing, and for the LifeTime API;
    /// decisions compare sets.
    #[must_use]
    pub fn level_of(self) -> u8 {
        (1..=6).rev().find(|level| Self::level(*level).within(self)).unwrap_or(0)
    }

    /// The name of a permission level; higher numbers are Full Control.
    #[must_use]
    pub const fn level_name(level: u8) -> &'static str {
        match level {
            0 => "No Access",
            1 => "Access",
            2 => "List Applications",
            3 => "Monitor and Add Dependencies",
            4 => "Open and Debug",
            5 => "Change and Deploy",
            _ => "Full Control",
        }
    }

    /// The rights in words, such as `Change and Deploy`; `nothing` for the empty set.
    #[must_use]
    pub fn words(self) -> String {
        listed(&self.iter().map(Right::words).collect::<Vec<_>>())
    }

    /// The level and what the set has beyond it, such as `Open and Debug, with Deploy`.
    #[must_use]
    pub fn described(self) -> String {
        let level = self.level_of();
        let rest = self.without(Self::level(level));
        if rest == Self::NONE {
            Self::level_name(level).to_owned()
        } else {
            format!("{}, with {}", Self::level_name(level), rest.words())
        }
    }

    /// What changes from this set to another, in words, such as `gains Deploy; loses Open and Debug`.
    #[must_use]
    pub fn difference(self, after: Self) -> String {
        let (gained, lost) = (after.without(self), self.without(after));
        match (gained == Self::NONE, lost == Self::NONE) {
            (true, true) => "stays the same".to_owned(),
            (false, true) => format!("gains {}", gained.words()),
            (true, false) => format!("loses {}", lost.words()),
            (false, false) => format!("gains {}; loses {}", gained.words(), lost.words()),
        }
    }

    /// What the set gives by a team or an application grant: level 6 acts as 5, level 1 as 0 (design 6).
    #[must_use]
    pub fn narrowed(self) -> Self {
        let capped = self.without(Self::of(&[Right::FullControl, Right::AddSystemDependencies]));
        if capped == Self::level(1) { Self::NONE } else { capped }
    }
}

/// Words as people list them: `a, b and c`; `nothing` for none.
fn listed(words: &[&str]) -> String {
    match words {
        [] => "nothing".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// One right in a whole infrastructure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u32)]
pub enum WideRight {
    /// Manage infrastructure and users: environments, servers, users, roles.
    ManageInfrastructure = 1,
    /// Manage teams and application roles.
    ManageTeams = 1 << 1,
    /// Read the audit log.
    ReadAudit = 1 << 2,
    /// Promote outside pipelines: start a deployment between environments that are no neighbouring stages of a pipeline.
    LeavePipelines = 1 << 3,
    /// Override freezes: let a deployment go on that a freeze parks.
    OverrideFreezes = 1 << 4,
    /// Continue with errors: start a plan in spite of the conflicts that its validation found (B10).
    ContinueWithErrors = 1 << 5,
    /// Deploy a lower version than the one that runs (R03).
    LowerVersions = 1 << 6,
}

impl WideRight {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::ManageInfrastructure,
        Self::ManageTeams,
        Self::ReadAudit,
        Self::LeavePipelines,
        Self::OverrideFreezes,
        Self::ContinueWithErrors,
        Self::LowerVersions,
    ];

    /// The words people know the right by.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::ManageInfrastructure => "Manage Infrastructure and Users",
            Self::ManageTeams => "Manage Teams and Application Roles",
            Self::ReadAudit => "Read Audit",
            Self::LeavePipelines => "Promote Outside Pipelines",
            Self::OverrideFreezes => "Override Freezes",
            Self::ContinueWithErrors => "Continue with Errors",
            Self::LowerVersions => "Deploy Lower Versions",
        }
    }
}

/// A set of infrastructure-wide rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WideRights(u32);

impl WideRights {
    /// The set of some rights. Managing infrastructure and users includes managing teams (R29).
    #[must_use]
    pub fn of(rights: &[WideRight]) -> Self {
        Self::from_bits(rights.iter().fold(0, |set, right| set | i64::from(*right as u32)))
    }

    /// The set as it is stored; keeps R29.
    #[must_use]
    pub fn from_bits(bits: i64) -> Self {
        let known = WideRight::ALL.iter().fold(0, |set, right| set | *right as u32);
        let mut set = bits as u32 & known;
        if set & WideRight::ManageInfrastructure as u32 != 0 {
            set |= WideRight::ManageTeams as u32;
        }
        Self(set)
    }

    /// The integer to store.
    #[must_use]
    pub const fn bits(self) -> i64 {
        self.0 as i64
    }

    /// Whether the right is in the set.
    #[must_use]
    pub const fn has(self, right: WideRight) -> bool {
        self.0 & right as u32 != 0
    }

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set without the other. The rest says what is missing and may lack what R29 would add.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The rights in the set.
    pub fn iter(self) -> impl Iterator<Item = WideRight> {
        WideRight::ALL.into_iter().filter(move |right| self.has(*right))
    }

    /// The rights in words; `nothing` for the empty set.
    #[must_use]
    pub fn words(self) -> String {
        listed(&self.iter().map(WideRight::words).collect::<Vec<_>>())
    }
}
