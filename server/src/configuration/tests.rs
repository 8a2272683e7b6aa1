//! Tests of the configuration: precedence, places and words of refusals.

use super::*;

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
    let environment = [("TOWPATH_LEASE".to_owned(), "1".to_owned())];
    let sentence = Configuration::from_parts(None, environment, vec![]).unwrap_err().to_string();
    assert!(sentence.contains("TOWPATH_LEASE means nothing here"), "{sentence}");
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
