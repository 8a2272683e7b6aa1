//! Signing in to databases of others, for real: a PostgreSQL that asks for a password, and files of SQLite.

use sqlx::{ConnectOptions as _, Connection as _};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use storage::external::{Credentials, read_file, sign_in};
use storage::testing;

const LIMIT: Duration = Duration::from_secs(20);

async fn refused(server: SocketAddr, user: &str, password: &str, database: &str) -> String {
    sign_in(server, &Credentials { user, password, database }, LIMIT).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_postgresql_lets_in_who_has_the_password() {
    let foreign = testing::foreign_postgres().await;
    let (user, database) = (foreign.user, foreign.database.as_str());
    let with = Credentials { user, password: foreign.password, database };
    let said = sign_in(foreign.address, &with, LIMIT).await.unwrap();
    let major: u32 = said.version.split('.').next().unwrap().parse().unwrap();
    assert!(major >= 13, "{}", said.version);
    assert!(!said.encrypted, "this server has no certificate");

    let wrong = "The server refused the sign-in: the user name or the password is wrong, or this user may not sign in from here.";
    assert_eq!(refused(foreign.address, user, "eight grey herons", database).await, wrong);
    assert_eq!(refused(foreign.address, user, "", database).await, wrong);
    let gone = refused(foreign.address, user, foreign.password, "no_such_database").await;
    assert_eq!(gone, "The server has no database of that name.");
}

/// A server that takes what it is told and then does as `answer` says.
async fn stranger(answer: &'static [u8], hang: bool) -> SocketAddr {
    let listening = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listening.local_addr().unwrap();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut one, _)) = listening.accept().await {
            let _ = tokio::io::AsyncReadExt::read(&mut one, &mut [0; 1024]).await;
            let _ = tokio::io::AsyncWriteExt::write_all(&mut one, answer).await;
            if hang {
                open.push(one);
            }
        }
    });
    address
}

#[tokio::test]
async fn what_a_stranger_says_is_not_repeated() {
    let http = stranger(b"HTTP/1.1 400 Bad Request\r\n\r\nherons\n", false).await;
    let said = refused(http, "reader", "seven grey herons", "crm").await;
    assert_eq!(said, "What answers there does not speak as PostgreSQL does.");
    let broken = stranger(b"N", false).await;
    let said = refused(broken, "reader", "seven grey herons", "crm").await;
    assert_eq!(said, "The connection broke off while signing in.");
    // No TLS, then an error whose code and words are the password.
    let echo =
        stranger(b"NE\0\0\0\x3cSERROR\0VERROR\0Cseven grey herons\0Mseven grey herons\0\0", true).await;
    let said = refused(echo, "reader", "seven grey herons", "crm").await;
    assert!(!said.contains("grey") && said.ends_with('.'), "{said}");
}

#[tokio::test]
async fn who_says_nothing_is_waited_for_only_so_long() {
    let silent = stranger(b"", true).await;
    let with = Credentials { user: "reader", password: "x", database: "crm" };
    let said = sign_in(silent, &with, Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(said.to_string(), "Signing in took too long, and was given up.");
}

/// A database with two tables.
async fn database(file: &Path, wal: bool) -> sqlx::SqliteConnection {
    let mode =
        if wal { sqlx::sqlite::SqliteJournalMode::Wal } else { sqlx::sqlite::SqliteJournalMode::Delete };
    let options =
        sqlx::sqlite::SqliteConnectOptions::new().filename(file).create_if_missing(true).journal_mode(mode);
    let mut made = options.connect().await.unwrap();
    for sql in ["create table ship (name text)", "create table berth (name text)"] {
        sqlx::query(sql).execute(&mut made).await.unwrap();
    }
    made
}

/// The names of the files of a folder and what they hold.
fn content(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect();
    all.sort();
    all
}

#[tokio::test]
async fn a_file_of_sqlite_is_read_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    for (name, wal) in [("plain.db", false), ("logged.db", true)] {
        database(&folder.path().join(name), wal).await.close().await.unwrap();
    }
    let before = content(folder.path());
    assert_eq!(before.len(), 2);
    for name in ["plain.db", "logged.db", "./plain.db"] {
        let read = read_file(folder.path(), name, LIMIT).await.unwrap();
        assert_eq!(read.tables, 2, "{name}");
        assert!(read.version.starts_with("3."), "{}", read.version);
    }
    assert_eq!(content(folder.path()), before);

    // While somebody else has it open, what they wrote last counts too.
    let open = database(&folder.path().join("open.db"), true).await;
    assert_eq!(read_file(folder.path(), "open.db", LIMIT).await.unwrap().tables, 2);
    open.close().await.unwrap();
}

#[tokio::test]
async fn what_is_no_database_below_the_folder_is_refused() {
    let outside = tempfile::tempdir().unwrap();
    database(&outside.path().join("secret.db"), false).await.close().await.unwrap();
    let folder = outside.path().join("files");
    std::fs::create_dir(&folder).unwrap();
    std::fs::create_dir(folder.join("nested.db")).unwrap();
    std::fs::write(folder.join("empty.db"), "").unwrap();
    std::fs::write(folder.join("letter.db"), "Dear Ada, this is a letter and no database at all.").unwrap();
    std::fs::write(folder.join("damaged.db"), b"SQLite format 3\0and then nothing that makes sense").unwrap();
    std::os::unix::fs::symlink(outside.path().join("secret.db"), folder.join("link.db")).unwrap();
    let absolute = outside.path().join("secret.db").display().to_string();
    let none = "There is no such file below the folder that database-files names.";
    let no_database = "The file is no database of SQLite.";
    for (name, expected) in [
        ("../secret.db", none),
        (absolute.as_str(), none),
        ("link.db", none),
        ("nested.db", none),
        ("gone.db", none),
        ("", none),
        ("empty.db", no_database),
        ("letter.db", no_database),
        ("damaged.db", "The file begins as a database of SQLite does, and is damaged."),
    ] {
        let refused = read_file(&folder, name, LIMIT).await.unwrap_err();
        assert_eq!(refused.to_string(), expected, "{name}");
    }
    assert!(!folder.join("gone.db").exists());
    let refused = read_file(&outside.path().join("missing"), "x", LIMIT).await.unwrap_err();
    assert_eq!(refused.to_string(), "The folder that database-files names is not there.");
}
