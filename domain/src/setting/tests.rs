use super::*;
use crate::package::compare::Change;
use crate::text::Name;
use proptest::prelude::*;

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

fn setting(kind: SettingKind, default: Option<&str>) -> Setting {
    Setting {
        key: key("mood"),
        name: "Mood".parse::<Name>().unwrap(),
        kind,
        default: default.map(str::to_owned),
        description: String::new(),
    }
}

fn plain(kind: SettingKind, value: &str) -> Own {
    Own { kind, held: Held::Plain(value.to_owned()) }
}

fn sealed(kind: SettingKind, secret: &str) -> Own {
    let held = Held::Sealed { envelope: format!("v1.{secret}"), mark: Sha256::of(secret.as_bytes()) };
    Own { kind, held }
}

#[test]
fn b26_values_are_checked_by_their_kind() {
    use SettingKind::*;
    let long = "x".repeat(VALUE_MAX + 1);
    let cases: &[(SettingKind, &[&str], &[&str])] = &[
        (Text, &["", "Lockhaven", "  Ä “x” "], &["two\nlines", "\u{7}", &long]),
        (Number, &["0", "-15", "9223372036854775807"], &["", "1.5", "x", "9223372036854775808", " 1"]),
        (Boolean, &["true", "false"], &["", "yes", "True"]),
        (Secret, &["x", "a b"], &["", "a\tb"]),
        (Timer, &["30 6 * * 1-5", "*/5 * * * *"], &["", "daily", "* * * *"]),
        (
            Endpoint,
            &[
                "https://rates.example/v2",
                "http://127.0.0.1:8080",
                "https://[::1]:9/x?y=z",
                "http://käse.example",
            ],
            &[
                "",
                "rates.example",
                "ftp://rates.example",
                "https://",
                "https:///x",
                "https://user:pass@rates.example",
                "https://rates.example:0",
                "https://rates.example:70000",
                "https://rates example",
                "https://[::1",
                "https://[::1]x",
            ],
        ),
        (
            Connection,
            &["postgres://u:p@db.example:5432/tides", "sqlite:///srv/tides.sqlite", "jdbc+db2://x/y"],
            &["", "db.example", "postgres://", "Postgres://x/y", "postgres://a b/c", "://x", "1x://y"],
        ),
    ];
    for (kind, sound, broken) in cases {
        for value in *sound {
            assert_eq!(kind.check(value), Ok(()), "{kind:?} {value}");
        }
        for value in *broken {
            let refused = kind.check(value).unwrap_err().0;
            assert!(refused.ends_with('.'), "{kind:?} {value}: {refused}");
        }
    }
    assert_eq!(cases.len(), SettingKind::ALL.len());
}

#[test]
fn what_refuses_a_secret_does_not_repeat_it() {
    for kind in SettingKind::ALL.into_iter().filter(|kind| kind.is_secret()) {
        for broken in ["hunter2\nhunter2", "hunter2 hunter2://", &"hunter2".repeat(500)] {
            if let Err(refused) = kind.check(broken) {
                assert!(!refused.0.contains("hunter"), "{refused}");
            }
        }
    }
    let own = sealed(SettingKind::Secret, "hunter2");
    assert!(!format!("{own:?}").contains("hunter2"));
    let values = Values([(key("door"), "hunter2".to_owned())].into());
    assert!(!format!("{values:?}").contains("hunter2"));
    assert_eq!(serde_json::to_string(&values).unwrap(), r#"{"door":"hunter2"}"#, "it is handed on as it is");
}

#[test]
fn marks_of_secrets_depend_on_key_place_and_secret() {
    let one = mark(&[1; 32], "setting:a:b:c", "hunter2");
    assert_eq!(one, mark(&[1; 32], "setting:a:b:c", "hunter2"));
    assert_ne!(one, mark(&[2; 32], "setting:a:b:c", "hunter2"));
    assert_ne!(one, mark(&[1; 32], "setting:a:b:d", "hunter2"));
    assert_ne!(one, mark(&[1; 32], "setting:a:b:c", "hunter3"));
    assert_ne!(one, mark(&[1; 32], "setting:a:b:ch", "unter2"), "nothing moves from one into the other");
    assert_ne!(one, Sha256::of(b"hunter2"));
}

#[test]
fn kinds_and_origins_are_read_as_they_are_written() {
    for kind in SettingKind::ALL {
        assert_eq!(kind.word().parse::<SettingKind>().unwrap(), kind);
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.word());
    }
    for origin in Origin::ALL {
        assert_eq!(origin.word().parse::<Origin>().unwrap(), origin);
    }
    assert!("site".parse::<SettingKind>().is_err() && "moon".parse::<Origin>().is_err());
}

#[test]
fn r17_what_is_set_beats_the_environment_and_that_the_default() {
    let of = |default, own: Option<&Own>, set: Option<&Own>| {
        let found = effective(&setting(SettingKind::Text, default), own, set);
        (found.origin, found.told())
    };
    let value = |value: &str| Told::Value { value: value.to_owned() };
    let (own, set) = (plain(SettingKind::Text, "own"), plain(SettingKind::Text, "set"));
    assert_eq!(of(Some("d"), Some(&own), Some(&set)), (Origin::Set, value("set")));
    assert_eq!(of(Some("d"), Some(&own), None), (Origin::Own, value("own")));
    assert_eq!(of(Some("d"), None, None), (Origin::Default, value("d")));
    assert_eq!(of(None, None, None), (Origin::Missing, Told::Missing));
    assert_eq!(of(None, None, Some(&set)), (Origin::Set, value("set")));
    let all =
        effective_all(&[setting(SettingKind::Text, None)], &[(key("mood"), own)].into(), &BTreeMap::new());
    assert_eq!(all[&key("mood")].origin, Origin::Own);
    let of_others =
        effective_all(&[], &[(key("mood"), plain(SettingKind::Text, "x"))].into(), &BTreeMap::new());
    assert!(of_others.is_empty(), "what the package does not have does not count");
}

#[test]
fn a_value_that_does_not_fit_any_more_does_not_count() {
    let own = plain(SettingKind::Text, "many");
    assert_eq!(effective(&setting(SettingKind::Number, Some("3")), Some(&own), None).origin, Origin::Default);
    assert_eq!(effective(&setting(SettingKind::Number, None), Some(&own), None).origin, Origin::Missing);
    // What was readable is no secret, and a secret never becomes readable.
    assert_eq!(effective(&setting(SettingKind::Secret, None), Some(&own), None).origin, Origin::Missing);
    let secret = sealed(SettingKind::Secret, "x");
    assert_eq!(
        effective(&setting(SettingKind::Text, Some("d")), Some(&secret), None).told(),
        Told::Value { value: "d".into() }
    );
    assert_eq!(
        effective(&setting(SettingKind::Connection, None), Some(&secret), None).origin,
        Origin::Missing
    );
    assert_eq!(effective(&setting(SettingKind::Secret, None), Some(&secret), None).told(), Told::Secret);
}

#[test]
fn what_comes_goes_and_changes() {
    let at = |origin, own: Own| Effective { origin, held: Some(own.held) };
    let now = BTreeMap::from([
        (key("a"), at(Origin::Default, plain(SettingKind::Text, "x"))),
        (key("b"), at(Origin::Own, sealed(SettingKind::Secret, "old"))),
        (key("c"), at(Origin::Own, plain(SettingKind::Text, "y"))),
    ]);
    let next = BTreeMap::from([
        (key("a"), at(Origin::Own, plain(SettingKind::Text, "x"))),
        (key("b"), at(Origin::Set, sealed(SettingKind::Secret, "new"))),
        (key("d"), Effective { origin: Origin::Missing, held: None }),
    ]);
    let told: Vec<_> =
        changes(&now, &next).into_iter().map(|one| (one.key.to_string(), one.change)).collect();
    assert_eq!(
        told,
        [
            ("a".to_owned(), None),
            ("b".to_owned(), Some(Change::Changed)),
            ("c".to_owned(), Some(Change::Removed)),
            ("d".to_owned(), Some(Change::Added)),
        ]
    );
}

#[test]
fn drift_is_told_of_what_is_in_both() {
    let (desk, tide) = (key("desk"), key("tide"));
    let (a, b, c) = (key("a"), key("b"), key("c"));
    let text = |value| Effective { origin: Origin::Own, held: Some(plain(SettingKind::Text, value).held) };
    let secret =
        |value| Effective { origin: Origin::Own, held: Some(sealed(SettingKind::Secret, value).held) };
    let none = Effective { origin: Origin::Missing, held: None };
    let (x, y, s1, s2) = (text("x\"y"), text("y"), secret("one"), secret("two"));
    let before = written([(&desk, &a, &x), (&desk, &b, &s1), (&tide, &c, &none)]);
    let after = written([(&desk, &b, &s2), (&desk, &a, &y), (&tide, &c, &x), (&tide, &a, &x)]);
    assert_eq!(
        drift(&before, &after),
        [
            "a of desk is “y” now, and was “x\"y”.",
            "The secret b of desk is another one.",
            "c of tide is “x\"y” now, and was without a value.",
        ]
    );
    assert!(drift(&before, &before).is_empty() && drift("", &after).is_empty());
    assert!(!before.contains("one"), "{before}");
}

proptest! {
    #[test]
    fn marks_tell_values_apart_and_come_back(one in "[^\\p{C}]{0,12}", other in "[^\\p{C}]{0,12}") {
        let mark = |value: &str| Held::Plain(value.to_owned()).mark();
        prop_assert_eq!(mark(&one) == mark(&other), one == other);
        prop_assert_eq!(told(&mark(&one)), Told::Value { value: one.clone() });
        let secret = Held::Sealed { envelope: String::new(), mark: Sha256::of(one.as_bytes()) }.mark();
        prop_assert_ne!(&secret, &mark(&one));
        prop_assert_eq!(told(&secret), Told::Secret);
    }

    #[test]
    fn nothing_breaks_the_checks(value in "\\PC{0,40}") {
        for kind in SettingKind::ALL {
            if let Err(refused) = kind.check(&value) {
                prop_assert!(refused.0.ends_with('.'));
            }
        }
    }
}
