//! Tests of the configuration: precedence, places and words of refusals.

use super::environment::{is_of_others, variable};
use super::*;
use domain::time::SECOND;

fn file(text: &str) -> Option<(PathBuf, String)> {
    Some((PathBuf::from("/etc/towpath/Leptos.toml"), text.to_owned()))
}

fn refused(text: &str) -> String {
    Configuration::from_parts(file(text), [], vec![]).unwrap_err().to_string()
}

#[test]
fn flags_beat_environment_beats_file_beats_defaults() {
    let text = "[[workspace.metadata.leptos]]\nsite-addr = \"127.0.0.1:1\"\n[console]\nlease-seconds = 40\nlog = \"warn\"\n";
    let environment =
        || [("TOWPATH_SITE_ADDR".to_owned(), "127.0.0.1:2".to_owned()), ("HOME".to_owned(), "/".to_owned())];
    let port = |c: &Configuration| c.listen.port();
    let all = Configuration::from_parts(file(text), environment(), vec![("site-addr", "127.0.0.1:3".into())])
        .unwrap();
    assert_eq!((port(&all), all.settings.lease_micros, all.log.as_str()), (3, 40 * SECOND, "warn"));
    assert_eq!(port(&Configuration::from_parts(file(text), environment(), vec![]).unwrap()), 2);
    assert_eq!(port(&Configuration::from_parts(file(text), [], vec![]).unwrap()), 1);
    assert_eq!(port(&Configuration::from_parts(None, [], vec![]).unwrap()), 3000);
}

#[test]
fn a_lease_may_be_as_short_as_a_second() {
    let of = |text: &str| Configuration::from_parts(file(&format!("[console]\n{text}")), [], vec![]);
    let settings = of("lease-seconds = 1\nrenew-seconds = 0.3\n").unwrap().settings;
    assert_eq!((settings.lease_micros, settings.renew_micros), (SECOND, 3 * SECOND / 10));
    assert!(of("lease-seconds = 1\nrenew-seconds = 1\n").unwrap_err().to_string().contains("at most half"));
    for wrong in ["0.0", "0.25", "1e3", "-1", "1201", "inf"] {
        let sentence = of(&format!("renew-seconds = {wrong}\n")).unwrap_err().to_string();
        assert!(sentence.contains("a number from 0.1 to 1200"), "{wrong}: {sentence}");
    }
}

#[test]
fn database_files_stand_where_the_file_says_and_nowhere_by_default() {
    let of = |text| Configuration::from_parts(file(text), [], vec![]).unwrap().settings.database_files;
    assert_eq!(of("[console]\n"), None);
    assert_eq!(of("[console]\ndatabase-files = \"files\"\n"), Some(PathBuf::from("/etc/towpath/files")));
    assert_eq!(of("[console]\ndatabase-files = \"/srv/db\"\n"), Some(PathBuf::from("/srv/db")));
}

#[test]
fn a_wrong_value_is_refused_with_line_and_what_is_allowed() {
    let sentence = refused("[console]\nlease-seconds = 30\nsession-idle-minutes = 0\n");
    assert_eq!(
        sentence,
        "/etc/towpath/Leptos.toml, line 3: session-idle-minutes is “0”; allowed is a whole number from 1 to 1440."
    );
    assert!(refused("[console]\n\nleas-seconds = 30\n").contains("line 3: “leas-seconds” is no key"));
    assert!(refused("[consol]\n").contains("line 1: “consol” is no section"));
    assert!(refused("[console]\nlog = true\n").contains("line 2: log is of the wrong type"));
    assert!(refused("[console]\nlog = \n").contains("line 2"));
    assert!(
        refused("[[workspace.metadata.leptos]]\nbin-package = \"server\"\n")
            .contains("line 2: “bin-package”")
    );
}

fn with_variable(name: &str) -> Result<Configuration, Refused> {
    Configuration::from_parts(None, [(name.to_owned(), "1".to_owned())], vec![])
}

#[test]
fn an_unknown_variable_is_refused_with_the_nearest_known_one() {
    for (name, near) in [
        ("TOWPATH_LEASE", "TOWPATH_LEASE_SECONDS"),
        ("TOWPATH_LEAS_SECONDS", "TOWPATH_LEASE_SECONDS"),
        ("TOWPATH_DATABASE_URL", "TOWPATH_DATABASE"),
        ("TOWPATH_SITE_ADRESS", "TOWPATH_SITE_ADDR"),
        ("TOWPATH_log", "TOWPATH_LOG"),
        ("TOWPATH_LOG-FORMAT", "TOWPATH_LOG_FORMAT"),
    ] {
        let sentence = with_variable(name).unwrap_err().to_string();
        let wanted =
            format!("The environment variable {name} means nothing here; the nearest that does is {near}.");
        assert_eq!(sentence, wanted);
    }
    let long = with_variable(&format!("TOWPATH_{}", "X".repeat(100_000))).unwrap_err().to_string();
    assert!(long.len() < 200, "{long}");
}

#[test]
fn variables_of_other_programs_are_left_alone() {
    for name in [
        "TOWPATH_CONFIG",
        "TOWPATH_BIN",
        "TOWPATH_TEST_KILL_URL",
        "TOWPATH_ENROLMENT_CODE",
        "TOWPATH_DATA_ROOT",
        "TOWPATH_SETTING_HARBOUR",
        "TOWPATH_PORT",
        "TOWPATHS",
        "HOME",
    ] {
        assert!(with_variable(name).is_ok(), "{name}");
    }
}

/// Every variable that the other programs and the scripts of this repository read or set is none of an unknown name.
#[test]
fn every_variable_of_this_repository_is_known() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut folders: Vec<_> =
        ["platform/src", "samples", "scripts", "end2end", "xtask/src"].map(|name| root.join(name)).into();
    let mut found = std::collections::BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                if path.file_name().is_none_or(|name| name != "node_modules" && name != "target") {
                    folders.push(path);
                }
                continue;
            }
            let text = std::fs::read_to_string(path).unwrap_or_default();
            for part in text.split("TOWPATH_").skip(1) {
                let end = part.find(|c: char| !c.is_ascii_uppercase() && c != '_').unwrap_or(part.len());
                found.insert(format!("TOWPATH_{}", &part[..end]));
            }
        }
    }
    found.remove("TOWPATH_");
    assert!(found.contains("TOWPATH_SETTING_"), "{found:?}");
    let known = |name: &String| is_of_others(name) || KEYS.iter().any(|key| variable(key.name) == *name);
    let unknown: Vec<_> = found.iter().filter(|name| !known(name)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn a_password_in_the_database_is_never_shown() {
    let sentence = refused("[console]\ndatabase = \"mysql://ines:hunter2@host/x\"\n");
    assert!(sentence.contains("line 2") && !sentence.contains("hunter2"), "{sentence}");
    let text = "[console]\ndatabase = \"postgres://ines:hunter2@host/x\"\n";
    let configuration = Configuration::from_parts(file(text), [], vec![]).unwrap();
    assert!(!format!("{configuration:?}").contains("hunter2"));
}

#[test]
fn plain_http_is_for_loopback_only() {
    for (text, wanted) in [
        ("https://console.example.org", Some("https://console.example.org")),
        ("https://Console.Example.org:443/", Some("https://console.example.org")),
        ("http://127.0.0.1:3000", Some("http://127.0.0.1:3000")),
        ("http://[::1]:3000", Some("http://[::1]:3000")),
        ("http://localhost:80", Some("http://localhost")),
        ("http://console.example.org", None),
        ("https://console.example.org/towpath", None),
        ("https://ines@console.example.org", None),
        ("console.example.org", None),
    ] {
        assert_eq!(PublicOrigin::parse(text).map(|origin| origin.text), wanted.map(str::to_owned), "{text}");
    }
    let open = Configuration::from_parts(None, [], vec![("site-addr", "0.0.0.0:3000".into())]);
    assert!(open.unwrap_err().to_string().contains("public-origin"));
}

#[test]
fn the_database_follows_a_data_folder_that_is_named() {
    let text = "[console]\ndatabase = \"sqlite:.towpath/console.db\"\ndata = \".towpath\"\n";
    let plain = Configuration::from_parts(file(text), [], vec![]).unwrap();
    assert_eq!(plain.database, "sqlite:/etc/towpath/.towpath/console.db");
    let moved = Configuration::from_parts(file(text), [], vec![("data", "/srv/x".into())]).unwrap();
    assert_eq!(moved.database, "sqlite:/srv/x/console.db");
    let both = vec![("data", "/srv/x".into()), ("database", "sqlite:/srv/y.db".into())];
    assert_eq!(Configuration::from_parts(file(text), [], both).unwrap().database, "sqlite:/srv/y.db");
}

/// `Leptos.toml` is for the installed console, the metadata in `Cargo.toml` for cargo-leptos: what both say is the same.
#[test]
fn the_file_of_this_repository_is_accepted_and_agrees_with_cargo_leptos() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let text = std::fs::read_to_string(root.join(FILE)).unwrap();
    let read = Configuration::from_parts(Some((root.join(FILE), text.clone())), [], vec![]).unwrap();
    assert_eq!(read.site_root, root.join("target/site"));
    let options = |text: &str| -> toml::Table {
        let table: toml::Table = text.parse().unwrap();
        table["workspace"]["metadata"]["leptos"][0].as_table().unwrap().clone()
    };
    let cargo = options(&std::fs::read_to_string(root.join("Cargo.toml")).unwrap());
    let own = options(&text);
    assert!(!own.is_empty());
    for (key, value) in own {
        assert_eq!(cargo.get(&key), Some(&value), "{key}");
    }
}
