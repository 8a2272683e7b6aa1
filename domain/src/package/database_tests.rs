//! Migrations of packages, good and bad, and what is to be run of them.

use super::database::{Applied, Course, Engine, EngineChoice, course, for_engine, place_name};
use super::*;
use crate::id::EnvironmentId;
use proptest::prelude::*;
use std::io::Cursor;

const BOOK: &str = "format = 1\n[application]\nkey = \"book\"\nname = \"Book\"\nkind = \"web\"\n\
                    [[modules]]\nkey = \"book\"\nname = \"Book\"\nkind = \"static\"\nvirtual_directory = \"/book\"\n";

/// A package with these lines in the manifest and these migrations, built and read again.
fn made(database: &str, files: &[(&str, &[u8])]) -> Result<Package, PackageError> {
    let page = SourceFile {
        path: "modules/book/index.html".to_owned(),
        bytes: b"<!doctype html>".to_vec(),
        executable: false,
    };
    let file = |(path, bytes): &(&str, &[u8])| SourceFile {
        path: (*path).to_owned(),
        bytes: bytes.to_vec(),
        executable: false,
    };
    let all = std::iter::once(page).chain(files.iter().map(file));
    let bytes = build(&format!("{BOOK}{database}"), all, Cursor::new(Vec::new()))?.into_inner();
    read(Cursor::new(bytes), &Limits::default())
}

const SQL: &[u8] = b"CREATE TABLE berths (name TEXT);\n";

#[test]
fn migrations_are_read_with_their_numbers_names_and_hashes() {
    let package = made(
        "[database]\nseconds = 90\n",
        &[
            ("database/0001_first_tables.sql", SQL),
            ("database/sqlite/0002_length.sql", b"ALTER TABLE berths ADD length INTEGER;"),
            ("database/postgres/0002_length.sql", b"ALTER TABLE berths ADD length bigint;"),
            ("database/0003_more.sql", SQL),
        ],
    )
    .unwrap();
    let database = package.manifest.database.as_ref().unwrap();
    assert_eq!((database.engine, database.seconds()), (EngineChoice::Any, 90));
    for (engine, folder) in [(Engine::Sqlite, "sqlite"), (Engine::Postgres, "postgres")] {
        let paths: Vec<_> = for_engine(&package.migrations, engine).iter().map(|one| one.path()).collect();
        let own = format!("database/{folder}/0002_length.sql");
        assert_eq!(paths, ["database/0001_first_tables.sql", own.as_str(), "database/0003_more.sql"]);
    }
    assert_eq!(package.migrations[0].sha256, Sha256::of(SQL));
    assert_eq!(package.migrations[0].to_string(), "0001 first_tables");
    assert_eq!(package.summary().migrations, package.migrations);
    // A database may be asked for before there is anything in it, and not be asked for at all.
    assert!(made("[database]\nengine = \"postgres\"\n", &[]).unwrap().migrations.is_empty());
    assert!(made("", &[]).unwrap().manifest.database.is_none());
    // What was kept of earlier packages has none.
    let mut kept = serde_json::to_value(package.summary()).unwrap();
    kept.as_object_mut().unwrap().remove("migrations");
    assert!(serde_json::from_value::<Summary>(kept).unwrap().migrations.is_empty());
}

/// Lines of the manifest, migrations, and a part of the sentence.
type Case<'a> = (&'a str, &'a [(&'a str, &'a [u8])], &'a str);

#[test]
fn migrations_that_are_not_as_they_should_be_are_refused_in_a_sentence() {
    let any = "[database]\n";
    let long = vec![b' '; 1 + usize::try_from(database::MIGRATION_BYTES).unwrap()];
    let one = ("database/0001_a.sql", SQL);
    let cases: [Case<'_>; 19] = [
        ("", &[one], "“database/0001_a.sql” is a migration, and the manifest has no [database]."),
        (any, &[("database/0002_a.sql", SQL)], "there is a migration 0002 for SQLite, and none 0001"),
        (any, &[one, ("database/0003_a.sql", SQL)], "there is a migration 0003 for SQLite, and none 0002"),
        (any, &[one, ("database/0001_b.sql", SQL)], "has the same number as “database/0001_a.sql”."),
        (any, &[one, ("database/sqlite/0001_a.sql", SQL)], "has the same number as “database/0001_a.sql”."),
        (
            any,
            &[("database/0000_a.sql", SQL)],
            "is no migration: it is named as database/0001_first_tables.sql",
        ),
        (any, &[("database/1_a.sql", SQL)], "is no migration"),
        (any, &[("database/0001_A.sql", SQL)], "is no migration"),
        (any, &[("database/0001_a.txt", SQL)], "is no migration"),
        (any, &[("database/oracle/0001_a.sql", SQL)], "is no migration"),
        (any, &[("database/sqlite/more/0001_a.sql", SQL)], "is no migration"),
        (any, &[("database/0001_a.sql", b"\xff\xfe")], "is not UTF-8 text."),
        (any, &[("database/0001_a.sql", b"SELECT 1;\0")], "has a control character in its text."),
        (any, &[("database/0001_a.sql", b" \n")], "is empty."),
        (any, &[("database/0001_a.sql", &long)], "has 1048577 bytes; a migration has at most 1048576."),
        (
            any,
            &[("database/sqlite/0001_a.sql", SQL)],
            "“database/sqlite/0001_a.sql” has no other of this number and name for the other kind of database",
        ),
        (
            any,
            &[one, ("database/sqlite/0002_a.sql", SQL), ("database/postgres/0002_b.sql", SQL)],
            "“database/sqlite/0002_a.sql” has no other of this number and name",
        ),
        (
            "[database]\nengine = \"sqlite\"\n",
            &[("database/postgres/0001_a.sql", SQL)],
            "is for PostgreSQL, which the manifest's [database] does not take.",
        ),
        ("[database]\nseconds = 0\n", &[], "manifest.toml, [database]: seconds must be 1 to 3600."),
    ];
    for (manifest, files, fault) in cases {
        let said = made(manifest, files).unwrap_err().to_string();
        assert!(said.contains(fault) && said.ends_with('.') && !said.contains('\n'), "{files:?}: {said}");
    }
    let said = made("[database]\nengine = \"oracle\"\n", &[]).unwrap_err().to_string();
    assert!(said.contains("line 12") && said.contains("oracle"), "{said}");
}

#[test]
fn what_another_release_does_to_a_database_is_told_beforehand() {
    let of = |files: &[(&str, &[u8])]| made("[database]\n", files).unwrap().summary();
    let one: (&str, &[u8]) = ("database/0001_a.sql", SQL);
    let two: [(&str, &[u8]); 2] =
        [("database/sqlite/0002_b.sql", SQL), ("database/postgres/0002_b.sql", b"SELECT 1;")];
    let (old, new) = (of(&[one]), of(&[one, two[0], two[1]]));
    let changed = of(&[("database/0001_a.sql", b"SELECT 2;")]);
    let none = made("", &[]).unwrap().summary();
    let cases = [
        (None, Some(&old), Some("Migrations run once, before the first activation: 0001 a.")),
        (Some(&old), Some(&new), Some("Migrations run once, before the first activation: 0002 b.")),
        (Some(&new), Some(&old), Some("Left behind in its database: 0002 b.")),
        (Some(&new), None, Some("Its database stays as it is.")),
        (
            Some(&old),
            Some(&none),
            Some(
                "Left behind in its database: 0001 a. It asks for no database any more; what there is stays.",
            ),
        ),
        (
            Some(&old),
            Some(&changed),
            Some(
                "The migration 0001 a has other bytes than in what runs now: where it was applied, the environment refuses it.",
            ),
        ),
        (Some(&old), Some(&old), None),
        (None, Some(&none), None),
        (Some(&none), None, None),
    ];
    for (before, after, words) in cases {
        assert_eq!(database::told(before, after).as_deref(), words);
    }
    let differs: Vec<_> = compare::compare(&old, &new).migrations;
    let told: Vec<_> = differs.iter().map(|one| (one.key.as_str(), one.name.as_str(), one.change)).collect();
    let added = compare::Change::Added;
    assert_eq!(
        told,
        [("database/postgres/0002_b.sql", "0002 b", added), ("database/sqlite/0002_b.sql", "0002 b", added)]
    );
    assert!(!compare::compare(&old, &changed).is_empty() && compare::compare(&old, &old).is_empty());
}

fn migrations(names: &[&str]) -> Vec<Migration> {
    let of = |(number, name): (u32, &&str)| Migration {
        number,
        name: (*name).to_owned(),
        engine: None,
        sha256: Sha256::of(name.as_bytes()),
    };
    (1..).zip(names).map(of).collect()
}

fn applied(of: &[Migration]) -> Vec<Applied> {
    let each = of.iter().map(|one| Applied {
        number: one.number,
        name: one.name.clone(),
        sha256: one.sha256,
        by: "version 1.2.0".to_owned(),
    });
    each.collect()
}

#[test]
fn what_was_applied_can_neither_change_nor_take_anothers_number() {
    let (all, other) = (migrations(&["a", "b"]), migrations(&["a", "c", "d"]));
    let said = course(&other.iter().collect::<Vec<_>>(), &applied(&all)).unwrap_err();
    assert_eq!(
        said,
        "The migration 0002 c cannot be run: under this number, 0002 b, from version 1.2.0, was applied. Take the next free number."
    );
    let mut changed = all.clone();
    changed[1].sha256 = Sha256::of(b"other");
    let said = course(&changed.iter().collect::<Vec<_>>(), &applied(&all)).unwrap_err();
    assert!(said.starts_with("The migration 0002 b has other bytes than when it was applied"), "{said}");
}

proptest! {
    #[test]
    fn what_is_run_is_what_is_missing_and_a_way_back_runs_nothing(there in 0usize..6, wanted in 0usize..6) {
        let all = migrations(&["a", "b", "c", "d", "e"]);
        let (known, list) = (applied(&all[..there.min(5)]), all[..wanted.min(5)].iter().collect::<Vec<_>>());
        let Course { run, left } = course(&list, &known).unwrap();
        prop_assert_eq!(run.len() + known.len(), list.len().max(known.len()));
        prop_assert_eq!(left.len() + list.len(), list.len().max(known.len()));
        prop_assert!(run.is_empty() || left.is_empty());
    }

    #[test]
    fn names_of_places_are_short_safe_and_each_environments_own(key in "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?") {
        let key: Key = key.parse().unwrap();
        let of = |number| place_name(EnvironmentId(uuid::Uuid::from_u128(number)), &key);
        prop_assert!(of(1).len() <= 63 && of(1).starts_with("app_"));
        prop_assert!(of(1).bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_'));
        prop_assert_eq!(of(1), of(1));
        prop_assert_ne!(of(1), of(2));
    }
}
