//! Databases of applications: migrations run once before the first activation, and what a way back leaves behind.

use crate::common::console::{Console, activate, deactivate, prepare};
use crate::common::packages::book;
use crate::common::postgres::{PASSWORD, Postgres};
use crate::common::server::Server;
use crate::common::{eventually, get};
use domain::protocol::{TaskAction, TaskOutcome};
use std::os::unix::fs::PermissionsExt;
use tokio_postgres::NoTls;

const FIRST: (&str, &str) = ("0001_berths", "CREATE TABLE berths (name TEXT NOT NULL);");
const SECOND: (&str, &str) = ("0002_length", "ALTER TABLE berths ADD COLUMN length INTEGER;");

/// Does something that has to succeed, and gives the lines that it wrote.
async fn done(console: &Console, key: &str, action: TaskAction) -> String {
    assert_eq!(console.run(key, 1, action).await, TaskOutcome::Done, "{key}: {:?}", console.lines(key));
    console.lines(key).join("\n")
}

/// Does something that must not succeed, and gives the reason.
async fn refused(console: &Console, key: &str, action: TaskAction) -> String {
    match console.run(key, 1, action).await {
        TaskOutcome::Failed { reason } => reason,
        other => panic!("{key}: {other:?}"),
    }
}

async fn says(server: &Server, path: &str) -> (u16, String) {
    let (status, text) = get(&format!("{}/{path}", server.address)).await;
    (status, text)
}

fn count(text: &str, word: &str) -> usize {
    text.matches(word).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_migrated_before_the_first_activation_and_a_way_back_leaves_it() {
    let console = Console::start(1).await;
    let mut server = Server::start(&console, 1).await;
    let (old, new) =
        (book("book", "1.0.0", "any", &[FIRST]), book("book", "1.1.0", "sqlite", &[FIRST, SECOND]));
    let changed =
        book("book", "1.2.0", "any", &[("0001_berths", "CREATE TABLE berths (name TEXT);"), SECOND]);
    let other = book("book", "1.3.0", "postgres", &[FIRST]);
    for package in [&old, &new, &changed, &other] {
        console.put(package);
    }
    let told = done(&console, "a/1", prepare("book", &old)).await;
    assert!(told.contains("The first activation will run migrations in the SQLite file "), "{told}");
    let file = server.path("databases");
    assert!(!file.exists(), "nothing is touched before");
    let told = done(&console, "a/2", activate(1, "book", &old)).await;
    assert!(told.contains("Migrations run once for the whole environment, in the SQLite file "), "{told}");
    assert!(told.contains("0001 berths is applied"), "{told}");
    assert_eq!(says(&server, "book/").await, (200, "0".to_owned()));
    assert_eq!(says(&server, "book/add").await.1, "1");
    let made = std::fs::read_dir(&file).unwrap().map(|entry| entry.unwrap());
    for file in made {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.path());
    }

    done(&console, "b/1", prepare("book", &new)).await;
    let told = done(&console, "b/2", activate(1, "book", &new)).await;
    assert!(told.contains("0002 length is applied") && !told.contains("0001 berths is applied"), "{told}");
    assert_eq!(says(&server, "book/").await.1, "1", "the data is the same");

    // What was applied cannot change, and another kind of database is not there.
    let reason = refused(&console, "c/1", prepare("book", &changed)).await;
    assert!(
        reason.contains("0001 berths has other bytes than when it was applied, from version 1.0.0"),
        "{reason}"
    );
    let reason = refused(&console, "c/2", prepare("book", &other)).await;
    assert!(
        reason.contains("needs a database on PostgreSQL, and Test keeps those of applications on SQLite"),
        "{reason}"
    );

    let told = done(&console, "b/2/undo", activate(1, "book", &old)).await;
    assert!(told.contains("Left behind in the SQLite file "), "{told}");
    assert!(told.contains(": 0002 length, from version 1.1.0. The older release runs beside it."), "{told}");
    assert!(!told.contains("is applied"), "{told}");
    assert_eq!(says(&server, "book/add").await.1, "2");

    // After a restart it still has it; taken out of service it leaves it.
    server.kill().await;
    server.run().await;
    eventually("the book again", async || (says(&server, "book/").await.1 == "2").then_some(())).await;
    let told = done(&console, "d/1", deactivate(1, "book")).await;
    assert!(told.contains("The data of book stays in the SQLite file "), "{told}");
    done(&console, "d/2", activate(1, "book", &new)).await;
    assert_eq!(says(&server, "book/").await.1, "2");
    // Another folder has none of it: a new, empty database would not be noticed by anybody.
    server.end().await;
    let elsewhere = server.path("elsewhere");
    server.run_with(&["--databases", elsewhere.to_str().unwrap()]).await;
    let reason = refused(&console, "d/3", activate(1, "book", &new)).await;
    assert!(reason.contains("bring the data there, or give --databases as it was."), "{reason}");
    std::fs::rename(&file, &elsewhere).unwrap();
    done(&console, "d/4", activate(1, "book", &new)).await;
    assert_eq!(says(&server, "book/").await.1, "2");
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_fails_activates_nothing() {
    let console = Console::start(1).await;
    let server = Server::start(&console, 1).await;
    let broken = ("0003_trim", "DELETE FROM berths;\nDELETE FROM nowhere;");
    let mended = ("0003_trim", "DELETE FROM berths;");
    let packages = [
        book("book", "1.0.0", "any", &[FIRST]),
        book("book", "1.1.0", "any", &[FIRST, SECOND, broken]),
        book("book", "1.1.1", "any", &[FIRST, SECOND, mended]),
    ];
    for (number, package) in packages.iter().enumerate() {
        console.put(package);
        done(&console, &format!("p/{number}"), prepare("book", package)).await;
    }
    done(&console, "a/1", activate(1, "book", &packages[0])).await;
    assert_eq!(says(&server, "book/add").await.1, "1");
    let reason = refused(&console, "b/1", activate(1, "book", &packages[1])).await;
    assert_eq!(
        reason,
        "The migration 0003 trim of “book” failed, line 2: no such table: nowhere. Nothing was switched; what was applied before stays, \
         up to 0002 length."
    );
    assert_eq!(says(&server, "book/").await.1, "1", "what ran runs, and has lost nothing");
    assert_eq!(server.activations(), ["a/1"]);
    let told = done(&console, "c/1", activate(1, "book", &packages[2])).await;
    assert_eq!(count(&told, "is applied"), 1, "{told}");
    assert_eq!(says(&server, "book/").await.1, "0");
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_of_a_migration_of_a_file() {
    let console = Console::start(1).await;
    let mut server = Server::start(&console, 1).await;
    let slow = "INSERT INTO berths WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000000) \
                SELECT 'x' FROM n WHERE i % 1000000 = 0;";
    let package = book("book", "1.0.0", "sqlite", &[FIRST, ("0002_slow", slow), ("0003_more", SECOND.1)]);
    console.put(&package);
    done(&console, "a/1", prepare("book", &package)).await;
    console.give("a/2", 1, false, activate(1, "book", &package));
    eventually("the first of them", async || {
        console.lines("a/2").join("\n").contains("0001 berths is applied").then_some(())
    })
    .await;
    server.kill().await;
    server.run().await;
    assert_eq!(console.end_of("a/2").await, TaskOutcome::Done);
    assert_eq!(says(&server, "book/").await.1, "6", "once, and whole");
    assert_eq!(server.activations(), ["a/2"]);
    let address = server.database("book");
    let record = rusqlite::Connection::open(address.strip_prefix("sqlite://").unwrap()).unwrap();
    let rows: i64 =
        record.query_row("SELECT count(*) FROM towpath_migrations", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 3);
    console.is_content();
}

/// A controller whose applications have their databases in a PostgreSQL; the password lies in a file.
async fn on_postgres(console: &Console, postgres: &Postgres) -> Server {
    let mut server = Server::enrolled(console, 1).await;
    let file = server.path("password");
    std::fs::write(&file, PASSWORD).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let file = file.to_str().unwrap().to_owned();
    server.run_with(&["--databases", &postgres.address(), "--databases-password-file", &file]).await;
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn a_farm_on_postgresql_is_migrated_once_and_applications_see_only_their_own() {
    let (postgres, console) = (Postgres::start().await, Console::start(3).await);
    let first = on_postgres(&console, &postgres).await;
    let (second, mut third) = (Server::start(&console, 2).await, Server::start(&console, 3).await);
    let old = book(
        "book",
        "1.0.0",
        "any",
        &[
            FIRST,
            ("postgres/0002_note", "COMMENT ON TABLE berths IS 'of the harbour';"),
            ("sqlite/0002_note", "SELECT 1;"),
        ],
    );
    let log = book("log-book", "2.0.0", "postgres", &[FIRST]);
    for (key, package) in [("book", &old), ("log-book", &log)] {
        console.put(package);
        done(&console, &format!("{key}/1"), prepare(key, package)).await;
        // All at once, as they come.
        for number in 1..=3 {
            console.give(&format!("{key}/a{number}"), 1, false, activate(number, key, package));
        }
        let mut told = String::new();
        for number in 1..=3 {
            let name = format!("{key}/a{number}");
            assert_eq!(console.end_of(&name).await, TaskOutcome::Done, "{:?}", console.lines(&name));
            told.push_str(&console.lines(&name).join("\n"));
        }
        assert_eq!(count(&told, "0001 berths is applied"), 1, "{told}");
        assert_eq!(
            count(&told, "Migrations run once for the whole environment, in the PostgreSQL schema app_"),
            1,
            "{told}"
        );
    }
    // One database for the farm, and one for each application.
    assert_eq!(says(&first, "book/add").await.1, "1");
    assert_eq!(says(&second, "book/add").await.1, "2");
    assert_eq!(says(&third, "log-book/").await.1, "0");
    let schemas: Vec<String> = ["book", "log-book"]
        .map(|key| {
            let address = url::Url::parse(&third.database(key)).unwrap();
            assert!(
                third.database(key) == first.database(key)
                    && address.password().is_some_and(|word| word.len() == 48)
            );
            address.username().to_owned()
        })
        .into();
    let admin = postgres.client().await;
    for (schema, rows) in schemas.iter().zip([2, 1]) {
        let sql = format!("SELECT count(*) FROM \"{schema}\".towpath_migrations");
        assert_eq!(admin.query_one(&sql, &[]).await.unwrap().get::<_, i64>(0), rows);
    }
    let (client, connection) = tokio_postgres::connect(&third.database("log-book"), NoTls).await.unwrap();
    tokio::spawn(connection);
    let stolen = client.query(&format!("SELECT * FROM \"{}\".berths", schemas[0]), &[]).await.unwrap_err();
    assert_eq!(stolen.code(), Some(&tokio_postgres::error::SqlState::INSUFFICIENT_PRIVILEGE), "{stolen}");

    // A front-end that is started again alone still has it.
    third.kill().await;
    third.run().await;
    eventually("the book again", async || (says(&third, "book/").await.1 == "2").then_some(())).await;

    // A migration can neither leave its transaction nor its schema, and says where it went wrong.
    for (number, text, words) in [
        (
            1,
            "INSERT INTO berths VALUES ('a');\nCOMMIT;",
            "EXECUTE of transaction commands is not implemented",
        ),
        (
            2,
            "INSERT INTO berths VALUES ('a');\n\nINSERT INTO bertsh VALUES ('b');",
            ", line 3: relation \"bertsh\" does not exist. Nothing was switched;",
        ),
        (3, &format!("DELETE FROM \"{}\".berths;", schemas[1]), "permission denied for schema"),
    ] {
        let package = book(
            "book",
            &format!("1.0.{number}"),
            "postgres",
            &[
                FIRST,
                ("postgres/0002_note", "COMMENT ON TABLE berths IS 'of the harbour';"),
                ("0003_bad", text),
            ],
        );
        console.put(&package);
        let told = done(&console, &format!("c/{number}"), prepare("book", &package)).await;
        assert!(told.contains("The first activation will run migrations in the PostgreSQL schema"), "{told}");
        let reason = refused(&console, &format!("d/{number}"), activate(2, "book", &package)).await;
        assert!(reason.contains(words) && reason.contains("up to 0002 note"), "{reason}");
    }
    assert_eq!(says(&second, "book/").await.1, "2");
    let told = done(&console, "e/1", deactivate(2, "book")).await;
    assert!(
        told.contains(&format!("The data of book stays in the PostgreSQL schema {} of /", schemas[0])),
        "{told}"
    );

    // Passwords are where they have to be, and nowhere else.
    let address = url::Url::parse(&first.database("book")).unwrap();
    for secret in [address.password().unwrap(), PASSWORD] {
        assert!(!postgres.log().contains(secret) || secret == PASSWORD, "the server's log");
        assert!(!serde_json::to_string(&console.statuses()).unwrap().contains(secret));
        for server in [&first, &second, &third] {
            assert!(!server.has_written(secret) && !server.keeps("tasks", "task", secret));
            assert!(
                !server.keeps("task_lines", "message", secret)
                    && !server.keeps("identity", "document", secret)
            );
            assert!(!server.keeps("operations", "coalesce(database, '')", secret));
        }
    }
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_of_a_migration_on_postgresql() {
    let (postgres, console) = (Postgres::start().await, Console::start(1).await);
    let mut server = on_postgres(&console, &postgres).await;
    let slow = "INSERT INTO berths VALUES ('slow'); SELECT pg_sleep(4);";
    let package = book(
        "book",
        "1.0.0",
        "any",
        &[FIRST, ("postgres/0002_slow", slow), ("sqlite/0002_slow", slow), ("0003_more", SECOND.1)],
    );
    let old = book("book", "0.9.0", "any", &[FIRST]);
    for package in [&package, &old] {
        console.put(package);
    }
    done(&console, "a/1", prepare("book", &package)).await;
    console.give("a/2", 1, false, activate(1, "book", &package));
    let admin = postgres.client().await;
    eventually("the slow one", async || {
        let sql = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
        admin.query_opt(sql, &[]).await.unwrap().map(drop)
    })
    .await;
    server.kill().await;
    // What the address and its file are is kept.
    server.run().await;
    assert_eq!(console.end_of("a/2").await, TaskOutcome::Done, "{:?}", console.lines("a/2"));
    assert_eq!(says(&server, "book/").await.1, "1", "once, and whole");
    assert_eq!(server.activations(), ["a/2"]);
    let schema = url::Url::parse(&server.database("book")).unwrap().username().to_owned();
    let sql = format!("SELECT count(*) FROM \"{schema}\".towpath_migrations");
    assert_eq!(admin.query_one(&sql, &[]).await.unwrap().get::<_, i64>(0), 3);

    done(&console, "b/1", prepare("book", &old)).await;
    let told = done(&console, "b/2", activate(1, "book", &old)).await;
    assert!(
        told.contains(": 0002 slow, from version 1.0.0; 0003 more, from version 1.0.0. The older"),
        "{told}"
    );
    console.is_content();
}
