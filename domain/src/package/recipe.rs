//! The recipe beside a package's sources: files that are not in the folder but belong into the package, such as a
//! program that was just compiled.

use super::{PackageError, manifest::toml_fault, path};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The content of `package.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Files to take in.
    #[serde(default)]
    pub include: Vec<Include>,
}

/// One file that is taken in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Include {
    /// Its name in the package, such as `modules/tides/tide-service`.
    pub path: String,
    /// Where it lies: relative to the recipe's folder, or `{bin}/…` for the folder of the running program.
    pub from: String,
    /// Whether it may be run.
    #[serde(default)]
    pub executable: bool,
}

impl Recipe {
    /// Reads a recipe.
    ///
    /// # Errors
    /// One sentence that names the line.
    pub fn parse(text: &str) -> Result<Self, PackageError> {
        let recipe: Self = toml::from_str(text).map_err(|error| {
            let (place, reason) = toml_fault(text, &error);
            PackageError::Recipe { place, reason }
        })?;
        for include in &recipe.include {
            if let Some(reason) = path::fault(&include.path) {
                return Err(PackageError::Recipe {
                    place: format!(", “{}”", include.path),
                    reason: format!("{reason}."),
                });
            }
        }
        Ok(recipe)
    }
}

impl Include {
    /// The file to read, `folder` being the recipe's and `bin` that of the running program.
    #[must_use]
    pub fn source(&self, folder: &Path, bin: &Path) -> PathBuf {
        match self.from.strip_prefix("{bin}/") {
            Some(rest) => bin.join(rest),
            None => folder.join(&self.from),
        }
    }
}
