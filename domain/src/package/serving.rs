//! Where a module is served, and what its process may take.

use crate::text::{Key, Refused, as_text, shorten};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// The most parts that a virtual directory has.
pub const DIRECTORY_PARTS: usize = 4;

/// Where a module is served: `/` and a key, up to four times, such as `/tides` or `/desk/admin`. Where one lies in another, the longer one
/// that a path begins with has the request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VirtualDirectory(String);
as_text!(VirtualDirectory);

impl FromStr for VirtualDirectory {
    type Err = Refused;
    fn from_str(text: &str) -> Result<Self, Refused> {
        let parts = text.strip_prefix('/').map(|rest| rest.split('/'));
        let sound = parts.is_some_and(|parts| {
            parts.clone().count() <= DIRECTORY_PARTS
                && parts.into_iter().all(|part| part.parse::<Key>().is_ok())
        });
        if sound {
            return Ok(Self(text.to_owned()));
        }
        Err(Refused(format!(
            "“{}” is no virtual directory: write “/” and 1 to 63 lower-case letters, digits and inner hyphens, up to four times, such as \
             /tides or /desk/admin.",
            shorten(text)
        )))
    }
}

/// A host name, such as `tides.example.org`: lower-case, without a port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostName(String);
as_text!(HostName);

impl FromStr for HostName {
    type Err = Refused;
    fn from_str(text: &str) -> Result<Self, Refused> {
        let labels = text.split('.');
        // With a number at its end it would be read as an address (RFC 3696, 2).
        let is_address =
            labels.clone().next_back().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
        if text.len() <= 253 && !is_address && labels.into_iter().all(|label| label.parse::<Key>().is_ok()) {
            return Ok(Self(text.to_owned()));
        }
        Err(Refused(format!(
            "“{}” is no host name: write lower-case letters, digits and inner hyphens with dots between, without a port, such as \
             tides.example.org.",
            shorten(text)
        )))
    }
}

/// The least and the most of a limit.
type Bounds = std::ops::RangeInclusive<u32>;
/// Megabytes of memory that a process may be limited to: with less than the least nothing starts.
pub const MEMORY_MEGABYTES: Bounds = 16..=1_048_576;
/// Open files that a process may be limited to.
pub const OPEN_FILES: Bounds = 16..=1_048_576;
/// Processes that a process may be limited to.
pub const PROCESSES: Bounds = 1..=1_000_000;
/// Requests that a process may be limited to at once.
pub const CONCURRENT: Bounds = 1..=100_000;

/// What a process may take of its front-end. What is left out is not limited here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessLimits {
    /// Memory of its own, megabytes of 1,048,576 bytes. Beyond it the process is given none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_megabytes: Option<u32>,
    /// Files and connections that are open at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_files: Option<u32>,
    /// Processes and threads of the user that the Platform Server runs as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processes: Option<u32>,
}

impl ProcessLimits {
    /// Whether anything is limited.
    #[must_use]
    pub const fn any(&self) -> bool {
        self.memory_megabytes.is_some() || self.open_files.is_some() || self.processes.is_some()
    }

    /// In words, such as `64 MB of memory, 128 open files`; empty where nothing is limited.
    #[must_use]
    pub fn words(&self) -> String {
        let each = [
            self.memory_megabytes.map(|n| format!("{n} MB of memory")),
            self.open_files.map(|n| format!("{n} open files")),
            self.processes.map(|n| format!("{n} processes")),
        ];
        each.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// The first limit that nobody could keep.
    pub(super) fn fault(&self) -> Option<String> {
        let each = [
            ("memory_megabytes", self.memory_megabytes, MEMORY_MEGABYTES),
            ("open_files", self.open_files, OPEN_FILES),
            ("processes", self.processes, PROCESSES),
        ];
        each.into_iter().find_map(|(name, value, bounds)| {
            let outside = value.is_some_and(|value| !bounds.contains(&value));
            outside.then(|| format!("limits: {name} must be {} to {}.", bounds.start(), bounds.end()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn virtual_directories_have_up_to_four_parts() {
        for sound in ["/tides", "/desk/admin", "/a/b/c/d"] {
            assert_eq!(sound.parse::<VirtualDirectory>().unwrap().to_string(), sound);
        }
        for wrong in [
            "",
            "/",
            "tides",
            "/Tides",
            "/tides/",
            "//tides",
            "/a//b",
            "/a/b/c/d/e",
            "/a/_towpath",
            "/a/..",
            "/a b",
        ] {
            let text = wrong.parse::<VirtualDirectory>().unwrap_err().to_string();
            assert!(text.ends_with("/desk/admin.") && text.contains("no virtual directory"), "{text}");
        }
    }

    #[test]
    fn host_names_are_plain() {
        for sound in ["tides", "tides.example.org", "a.b-c.d1", "1.example"] {
            assert_eq!(sound.parse::<HostName>().unwrap().as_str(), sound);
        }
        let long = vec!["x".repeat(60); 5].join(".");
        for wrong in [
            "",
            ".",
            "tides.",
            "Tides.example",
            "tides.example:80",
            "10.0.0.1",
            "[::1]",
            "a_b",
            "-a.b",
            "*.b",
            &long,
        ] {
            assert!(wrong.parse::<HostName>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_manifest_says_where_a_module_is_served_and_what_it_may_take() {
        let module = |kind: &str, extra: &str| {
            let text = format!(
                "format = 1\n[application]\nkey = \"desk\"\nname = \"Desk\"\nkind = \"web\"\n[[modules]]\nkey = \"desk\"\nname = \"Desk\"\n\
                 kind = \"{kind}\"\nvirtual_directory = \"/desk/admin\"\n{extra}\n"
            );
            crate::package::Manifest::parse(&text).map_err(|error| error.to_string())
        };
        let run = "command = [\"./desk\"]\n";
        let all = "host = \"desk.example.org\"\nconcurrent = 1\nlimits = { memory_megabytes = 64 }";
        let sound = module("process", &format!("{run}{all}")).unwrap();
        let of = &sound.modules[0];
        assert_eq!(of.host.as_ref().unwrap().as_str(), "desk.example.org");
        assert_eq!((of.concurrent, of.limits.unwrap().memory_megabytes), (Some(1), Some(64)));
        let again = serde_json::to_string(&sound).unwrap();
        assert_eq!(serde_json::from_str::<crate::package::Manifest>(&again).unwrap(), sound);
        // What an earlier Platform Server would not know is not written where it is not there.
        let plain = serde_json::to_string(&module("static", "").unwrap()).unwrap();
        assert!(["host", "concurrent", "limits"].iter().all(|word| !plain.contains(word)), "{plain}");
        let second = "host = \"a.b\"\n[[modules]]\nkey = \"b\"\nname = \"B\"\nkind = \"static\"\nvirtual_directory = \"/b\"\nhost = \"a.b\"";
        for (kind, extra, words) in [
            ("static", "host = \"Desk\"", "is no host name"),
            ("static", "concurrent = 1", "a static module has neither limits nor concurrent"),
            ("static", "limits = {}", "a static module has neither limits nor concurrent"),
            ("process", &format!("{run}concurrent = 0"), "concurrent must be 1 to 100000."),
            ("process", &format!("{run}limits = {{ open_files = 1 }}"), "limits: open_files must be 16 to"),
            ("process", &format!("{run}limits = {{ moons = 1 }}"), "unknown field `moons`"),
            ("static", second, "the host “a.b” is there twice."),
        ] {
            let error = module(kind, extra).unwrap_err();
            assert!(error.contains(words), "{words}: {error}");
        }
    }

    #[test]
    fn limits_are_told_in_words_and_kept_in_bounds() {
        let all = ProcessLimits { memory_megabytes: Some(64), open_files: Some(128), processes: Some(9) };
        assert_eq!(all.words(), "64 MB of memory, 128 open files, 9 processes");
        assert_eq!((all.fault(), all.any()), (None, true));
        let none = ProcessLimits::default();
        assert_eq!((none.words().as_str(), none.fault(), none.any()), ("", None, false));
        let small = ProcessLimits { memory_megabytes: Some(1), ..none };
        assert_eq!(small.fault().unwrap(), "limits: memory_megabytes must be 16 to 1048576.");
    }
}
