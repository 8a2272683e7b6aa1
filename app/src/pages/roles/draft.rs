//! A role as it stands in a form: read from the address of a preview, kept in one hidden field until it is saved.

use crate::context::{Place, encoded};
use domain::access::{Right, Rights, WideRight, WideRights};
use operations::view::{EnvironmentRef, RolePage};
use operations::{OperationError, Result, RoleInput};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The rights that a level can stand for, with their names in the form.
pub const RIGHTS: [(Right, &str); 8] = [
    (Right::Access, "access"),
    (Right::List, "list"),
    (Right::Monitor, "monitor"),
    (Right::AddDependencies, "add_dependencies"),
    (Right::Open, "open"),
    (Right::Change, "change"),
    (Right::Deploy, "deploy"),
    (Right::FullControl, "full_control"),
];
/// The toggles beside the levels.
pub const TOGGLES: [(Right, &str); 2] = [
    (Right::CreateApplications, "create_applications"),
    (Right::AddSystemDependencies, "add_system_dependencies"),
];
/// The infrastructure-wide rights.
pub const WIDE: [(WideRight, &str); 7] = [
    (WideRight::ManageInfrastructure, "manage_infrastructure"),
    (WideRight::ManageTeams, "manage_teams"),
    (WideRight::ReadAudit, "read_audit"),
    (WideRight::LeavePipelines, "leave_pipelines"),
    (WideRight::OverrideFreezes, "override_freezes"),
    (WideRight::ContinueWithErrors, "continue_with_errors"),
    (WideRight::LowerVersions, "lower_versions"),
];
/// What a level is called where the rights are chosen one by one.
pub const OWN: &str = "own";

/// A role in a form. Sets of rights are their bits.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Draft {
    name: String,
    description: String,
    environments: BTreeMap<String, i64>,
    wide: i64,
    new: Option<i64>,
}

impl Draft {
    /// What the address of a preview says; none where the page is not asked for one.
    pub fn asked(place: &Place, environments: &[EnvironmentRef]) -> Option<Self> {
        place.query("preview")?;
        let set = |name: &str| chosen(place, name).unwrap_or_default().bits();
        let wide: Vec<WideRight> = of(&WIDE, &place.queries("wide"));
        Some(Self {
            name: place.query("name").unwrap_or_default(),
            description: place.query("description").unwrap_or_default(),
            environments: environments.iter().map(|each| (each.key.clone(), set(&each.key))).collect(),
            wide: WideRights::of(&wide).bits(),
            new: chosen(place, NEW).map(Rights::bits),
        })
    }

    /// A role as it is.
    pub fn of(page: &RolePage) -> Self {
        let cells = page.environments.iter().zip(&page.row.cells);
        Self {
            name: page.row.name.clone(),
            description: page.row.description.clone(),
            environments: cells.map(|(each, cell)| (each.key.clone(), cell.rights.bits())).collect(),
            wide: page.row.wide.bits(),
            new: page.row.new_environment.map(Rights::bits),
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn description(&self) -> &str {
        &self.description
    }

    /// The rights in an environment.
    pub fn at(&self, key: &str) -> Rights {
        self.environments.get(key).copied().map(Rights::from_bits).unwrap_or_default()
    }

    pub fn wide(&self) -> WideRights {
        WideRights::from_bits(self.wide)
    }

    /// The rights in environments to come, if they are stated.
    pub fn new_environment(&self) -> Option<Rights> {
        self.new.map(Rights::from_bits)
    }

    /// What the operations take.
    pub fn input(&self) -> RoleInput {
        RoleInput {
            name: self.name.clone(),
            description: self.description.clone(),
            environments: self
                .environments
                .iter()
                .map(|(key, bits)| (key.clone(), Rights::from_bits(*bits)))
                .collect(),
            wide: self.wide(),
            new_environment: self.new_environment(),
        }
    }

    /// The text of the hidden field.
    pub fn hidden(&self) -> String {
        // Only strings and numbers in maps by strings: this cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What a hidden field holds.
    ///
    /// # Errors
    /// It is none of ours.
    pub fn read(text: &str) -> Result<Self> {
        serde_json::from_str(text)
            .map_err(|_| OperationError::invalid("draft", "This form cannot be read. Open the page again."))
    }

    /// The query with which the page previews this draft again.
    pub fn query(&self) -> String {
        let mut pairs = vec![("preview".to_owned(), "1".to_owned())];
        let mut add = |name: &str, value: &str| pairs.push((name.to_owned(), value.to_owned()));
        add("name", &self.name);
        add("description", &self.description);
        for (key, bits) in &self.environments {
            spell(&mut add, key, Rights::from_bits(*bits));
        }
        for (right, word) in WIDE {
            if self.wide().has(right) {
                add("wide", word);
            }
        }
        if let Some(rights) = self.new_environment() {
            spell(&mut add, NEW, rights);
        }
        let pairs: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        pairs.join("&")
    }
}

/// Stands for environments to come in the names of fields; no key of an environment has a star.
pub const NEW: &str = "*";

/// The level that a set stands for, without its toggles: 0 to 6, or [`OWN`].
pub fn level(rights: Rights) -> String {
    let plain = rights.without(toggles());
    let level = rights.level_of();
    if plain == Rights::level(level) { level.to_string() } else { OWN.to_owned() }
}

fn toggles() -> Rights {
    Rights::of(&TOGGLES.map(|(right, _)| right))
}

fn spell(add: &mut impl FnMut(&str, &str), key: &str, rights: Rights) {
    let level = level(rights);
    add(&format!("level-{key}"), &level);
    for (right, word) in RIGHTS {
        if level == OWN && rights.has(right) {
            add(&format!("right-{key}"), word);
        }
    }
    for (right, word) in TOGGLES {
        if rights.has(right) {
            add(&format!("toggle-{key}"), word);
        }
    }
}

/// What is chosen under a key: a level or single rights, and the toggles; none where nothing is stated.
fn chosen(place: &Place, key: &str) -> Option<Rights> {
    let level = place.query(&format!("level-{key}"))?;
    let rights = match level.parse::<u8>() {
        Ok(level) => Rights::level(level),
        Err(_) => Rights::of(&of(&RIGHTS, &place.queries(&format!("right-{key}")))),
    };
    Some(rights.with(Rights::of(&of(&TOGGLES, &place.queries(&format!("toggle-{key}"))))))
}

fn of<T: Copy>(known: &[(T, &str)], words: &[String]) -> Vec<T> {
    known.iter().filter(|(_, word)| words.iter().any(|each| each == word)).map(|(one, _)| *one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_a_level_or_its_own() {
        assert_eq!(level(Rights::level(5)), "5");
        assert_eq!(level(Rights::level(5).with(toggles())), "5", "toggles stand beside");
        assert_eq!(level(Rights::level(4).with(Rights::of(&[Right::Deploy]))), OWN);
        assert_eq!(level(Rights::NONE), "0");
    }

    #[test]
    fn a_hidden_field_comes_back() {
        let draft = Draft {
            name: "Pilot “1”".into(),
            environments: BTreeMap::from([("dev".into(), 31), ("prod".into(), 65)]),
            new: Some(3),
            ..Draft::default()
        };
        assert_eq!(Draft::read(&draft.hidden()).unwrap(), draft);
        assert!(Draft::read("{").is_err());
        let query = draft.query();
        assert!(
            query.contains("level-dev=4")
                && query.contains("level-prod=own&right-prod=access&right-prod=deploy"),
            "{query}"
        );
    }

    #[test]
    fn every_right_is_in_the_form() {
        let all: Vec<Right> = RIGHTS.iter().chain(&TOGGLES).map(|(right, _)| *right).collect();
        assert_eq!(all, Right::ALL);
        assert_eq!(WIDE.map(|(right, _)| right), WideRight::ALL);
    }
}
