//! Which names an entry may have: a name must mean the same file on every system, and that file must lie inside.

use std::collections::{HashMap, HashSet};

/// Longest name of an entry, bytes.
const NAME_BYTES: usize = 240;
/// Deepest nesting of an entry.
const DEPTH: usize = 24;

/// Why `name` may not stand in a package; `None` where it may. A folder's name comes without its last slash.
pub(super) fn fault(name: &str) -> Option<String> {
    let says = |text: &str| Some(text.to_owned());
    let bytes = name.as_bytes();
    if name.is_empty() {
        return says("has no name");
    }
    if name.contains('\0') {
        return says("has a NUL character in its name");
    }
    if name.chars().any(|c| c.is_control() || is_direction(c)) {
        return says("has a control character in its name");
    }
    if name.contains('\\') {
        return says("has a backslash in its name; folders are divided by “/”");
    }
    if name.starts_with('/') {
        return says("is an absolute path; names inside a package are relative");
    }
    if bytes.len() >= 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' {
        return says("begins with a drive letter; names inside a package are relative");
    }
    if name.contains(':') {
        return says("has a colon in its name");
    }
    if bytes.len() > NAME_BYTES {
        return Some(format!("has a name of {} bytes; at most {NAME_BYTES} are allowed", bytes.len()));
    }
    if name.split('/').count() > DEPTH {
        return Some(format!("lies more than {DEPTH} folders deep"));
    }
    for part in name.split('/') {
        match part {
            ".." => return says("leads out of the package with “..”"),
            "." | "" => return says("has an empty or “.” part in its path"),
            _ if part.ends_with(['.', ' ']) || part.starts_with(' ') => {
                return says("has a part that begins with a space or ends with a space or a dot");
            }
            _ => {}
        }
    }
    None
}

/// Characters that turn the reading direction and so show another name than there is.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Remembers names and finds the ones that would fall on each other, also where case does not count.
#[derive(Default)]
pub(super) struct Names {
    exact: HashSet<String>,
    folded_files: HashMap<String, String>,
    folded_folders: HashMap<String, String>,
}

impl Names {
    /// Adds a name, or says why it collides with an earlier one.
    pub(super) fn add(&mut self, name: &str, folder: bool) -> Result<(), String> {
        if !self.exact.insert(name.to_owned()) {
            return Err("is there twice".to_owned());
        }
        let parts: Vec<&str> = name.split('/').collect();
        let folders = if folder { parts.len() } else { parts.len() - 1 };
        for end in 1..=folders {
            let path = parts[..end].join("/");
            let folded = path.to_lowercase();
            if self.folded_files.contains_key(&folded) {
                return Err(format!("makes “{path}” both a file and a folder"));
            }
            let first = self.folded_folders.entry(folded).or_insert_with(|| path.clone());
            if *first != path {
                return Err(format!("differs from “{first}” only in capital letters"));
            }
        }
        if !folder {
            let folded = name.to_lowercase();
            if self.folded_folders.contains_key(&folded) {
                return Err("is both a file and a folder".to_owned());
            }
            if let Some(first) = self.folded_files.insert(folded, name.to_owned()) {
                return Err(format!("differs from “{first}” only in capital letters"));
            }
        }
        Ok(())
    }
}
