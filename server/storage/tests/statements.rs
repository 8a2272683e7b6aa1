//! Every statement of the crate is prepared on both databases, and answers with the same columns.

use sqlx::{Column as _, Connection as _, Executor as _, SqlSafeStr as _, Statement as _};
use std::collections::BTreeSet;
use storage::{Kind, Store, migrations, statements, testing};

/// A connection to a migrated SQLite file.
async fn sqlite(folder: &tempfile::TempDir) -> sqlx::SqliteConnection {
    let url = format!("sqlite:{}", folder.path().join("console.sqlite").display());
    let store = Store::open(&url).await.unwrap();
    store.migrate().await.unwrap();
    store.close().await;
    sqlx::SqliteConnection::connect(&url).await.unwrap()
}

#[tokio::test]
async fn every_statement_prepares_on_both_with_the_same_columns() {
    let folder = tempfile::tempdir().unwrap();
    let mut sqlite = sqlite(&folder).await;
    let mut postgres = sqlx::PgConnection::connect(&testing::postgres_url().await).await.unwrap();
    let mut faults = Vec::new();
    let mut both = 0;
    for statement in statements() {
        let mut columns = Vec::new();
        if let Some(text) = statement.text(Kind::Sqlite) {
            match (&mut sqlite).prepare(text.into_sql_str()).await {
                Ok(prepared) => columns.push(names(prepared.columns().iter().map(|column| column.name()))),
                Err(error) => faults.push(format!("{} on SQLite: {error}", statement.name)),
            }
        }
        if let Some(text) = statement.text(Kind::Postgres) {
            match (&mut postgres).prepare(text.into_sql_str()).await {
                Ok(prepared) => columns.push(names(prepared.columns().iter().map(|column| column.name()))),
                Err(error) => faults.push(format!("{} on PostgreSQL: {error}", statement.name)),
            }
        }
        if let [sqlite, postgres] = &columns[..] {
            both += 1;
            if sqlite != postgres {
                faults.push(format!("{}: {sqlite:?} on SQLite, {postgres:?} on PostgreSQL", statement.name));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(both > 150, "only {both} statements were compared");
}

fn names<'n>(columns: impl Iterator<Item = &'n str>) -> Vec<String> {
    columns.map(str::to_owned).collect()
}

#[test]
fn statements_have_names_of_their_own() {
    let all = statements();
    let names: BTreeSet<&str> = all.iter().map(|statement| statement.name).collect();
    assert_eq!(names.len(), all.len());
}

/// SQL reaches the driver through the registered statements only; the few other files that call it carry the fixed words of
/// transactions, the listener, a test of errors, and what databases of others are asked.
#[test]
fn no_other_file_hands_sql_to_the_driver() {
    let allowed =
        ["error.rs", "statement.rs", "backend.rs", "group.rs", "changes.rs", "testing.rs", "external.rs"];
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            seen += 1;
            if !allowed.contains(&name.as_str()) {
                for call in ["sqlx::query", "query_as(", "query_with(", "raw_sql(", "QueryBuilder"] {
                    assert!(!text.contains(call), "{name} uses {call}");
                }
            }
        }
    }
    assert!(seen > 20);
}

/// The tables that grow with use, or with the infrastructure. No statement that people wait for reads one of them from end to end.
const LARGE: [&str; 53] = [
    "setting_value",
    "plan_setting",
    "deployment_setting",
    "application_block",
    "application_retirement",
    "hotfix_solved",
    "revision_place",
    "gate",
    "freeze_window",
    "plan_author",
    "plan_request",
    "approval",
    "verification",
    "deployment_parked",
    "deployment_use",
    "freeze_override",
    "override_review",
    "override_act",
    "catch_up",
    "environment",
    "zone",
    "server",
    "server_state",
    "server_zone",
    "server_service",
    "catalog",
    "external_database",
    "balancer_data_center",
    "database_server",
    "pipeline",
    "pipeline_stage",
    "pipeline_purpose",
    "role_right",
    "maintenance",
    "architecture_exception",
    "environment_event",
    "agent_nonce",
    "application",
    "application_difference",
    "audit_object",
    "change",
    "deployment_application",
    "plan_item",
    "session",
    "revision",
    "revision_use",
    "version",
    "plan",
    "deployment",
    "deployment_step",
    "deployment_line",
    "audit_entry",
    "environment_application",
];

/// Nobody waits for these: the sweep asks of all front-ends which were not heard lately.
const SCANNING: [&str; 1] = ["storage::servers::SILENT"];

#[tokio::test]
async fn no_statement_scans_a_large_table() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = sqlite(&folder).await;
    let (mut faults, mut scanning) = (Vec::new(), BTreeSet::new());
    let mut looked_at = 0;
    for statement in statements() {
        let Some(text) = statement.text(Kind::Sqlite) else { continue };
        let explain = format!("explain query plan {text}");
        let rows: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sqlx::AssertSqlSafe(explain)).fetch_all(&mut connection).await.unwrap();
        for (.., detail) in rows {
            looked_at += 1;
            let mut words = detail.split_whitespace();
            if words.next() != Some("SCAN") {
                continue;
            }
            let name = words.next().unwrap_or_default();
            let table = table_of(text, name);
            // A partial index holds only the few rows that it is about.
            let partial = ["_unchained", "_open", "_modified"].iter().any(|end| detail.ends_with(end));
            if LARGE.contains(&table.as_str()) && !partial {
                if SCANNING.contains(&statement.name) {
                    scanning.insert(statement.name);
                    continue;
                }
                faults.push(format!("{}: {detail}", statement.name));
            }
        }
    }
    assert!(looked_at > 200);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(scanning, BTreeSet::from(SCANNING), "what scans no more is no exception");
}

/// The table behind a name of `explain query plan`, which may be an alias.
fn table_of(text: &str, name: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words
        .windows(3)
        .find(|w| matches!(w[0], "from" | "join") && w[2].trim_matches([',', ')']) == name)
        .map_or(name, |w| w[1])
        .to_owned()
}

#[test]
fn both_databases_have_the_same_migrations() {
    let list = |kind| -> Vec<(i64, String)> {
        migrations(kind).iter().map(|one| (one.version, one.description.to_string())).collect()
    };
    assert_eq!(list(Kind::Sqlite), list(Kind::Postgres));
    assert!(!list(Kind::Sqlite).is_empty());
}
