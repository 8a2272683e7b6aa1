//! Both databases have the same tables, columns, keys, unique sets and references after all migrations.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use std::collections::{BTreeMap, BTreeSet};
use storage::{Constraint, Store, testing};

/// A column: its kind in SQLite's words, and whether it may be missing.
type Columns = BTreeMap<String, (String, bool)>;

#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    columns: Columns,
    /// In the order of the key.
    key: Vec<String>,
    /// Columns in order, and whether it holds for some rows only.
    unique: BTreeSet<(Vec<String>, bool)>,
    /// Column, other table, other column.
    references: BTreeSet<(String, String, String)>,
    /// Name, columns in order, and whether it holds some rows only.
    indexes: BTreeSet<(String, Vec<String>, bool)>,
}

type Schema = BTreeMap<String, Table>;

async fn of_sqlite() -> Schema {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("console.sqlite").display());
    let store = Store::open(&url).await.unwrap();
    store.migrate().await.unwrap();
    store.close().await;
    let mut db = SqliteConnection::connect(&url).await.unwrap();
    let names: Vec<(String, String)> = sqlx::query_as(
        "select name, sql from sqlite_schema where type = 'table' and name not like 'sqlite!_%' escape '!'",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    let mut schema = Schema::new();
    for (name, sql) in names {
        if name == "_sqlx_migrations" {
            continue;
        }
        assert!(sql.to_lowercase().contains(") strict"), "{name} is not STRICT");
        let mut table = Table::default();
        let columns: Vec<(String, String, bool, i64)> =
            sqlx::query_as("select name, type, \"notnull\" = 0, pk from pragma_table_info($1) order by pk")
                .bind(&name)
                .fetch_all(&mut db)
                .await
                .unwrap();
        for (column, kind, nullable, key) in columns {
            // A boolean is an integer that is checked to be 0 or 1.
            let truth = sql.contains(&format!("{column} integer not null check ({column} in (0, 1))"));
            let kind = if truth { "boolean".to_owned() } else { kind.to_lowercase() };
            if key > 0 {
                table.key.push(column.clone());
            }
            table.columns.insert(column, (kind, nullable));
        }
        let indexes: Vec<(String, bool, String, bool)> =
            sqlx::query_as("select name, \"unique\", origin, partial from pragma_index_list($1)")
                .bind(&name)
                .fetch_all(&mut db)
                .await
                .unwrap();
        for (index, unique, origin, partial) in indexes {
            let columns: Vec<(String,)> =
                sqlx::query_as("select name from pragma_index_info($1) order by seqno")
                    .bind(&index)
                    .fetch_all(&mut db)
                    .await
                    .unwrap();
            let columns: Vec<String> = columns.into_iter().map(|(column,)| column).collect();
            match (origin.as_str(), unique) {
                ("pk", _) => {}
                (_, true) => drop(table.unique.insert((columns, partial))),
                _ => drop(table.indexes.insert((index, columns, partial))),
            }
        }
        let references: Vec<(String, String, String)> =
            sqlx::query_as("select \"from\", \"table\", \"to\" from pragma_foreign_key_list($1)")
                .bind(&name)
                .fetch_all(&mut db)
                .await
                .unwrap();
        table.references = references.into_iter().collect();
        schema.insert(name, table);
    }
    schema
}

async fn of_postgres() -> Schema {
    let mut db = PgConnection::connect(&testing::postgres_url().await).await.unwrap();
    let mut schema = Schema::new();
    let columns: Vec<(String, String, String, bool)> = sqlx::query_as(
        "select table_name::text, column_name::text, data_type::text, is_nullable = 'YES' from information_schema.columns \
         where table_schema = 'public' and table_name <> '_sqlx_migrations'",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    for (table, column, kind, nullable) in columns {
        let kind = match kind.as_str() {
            "uuid" => "blob",
            "bigint" => "integer",
            other => other,
        };
        schema.entry(table).or_default().columns.insert(column, (kind.to_owned(), nullable));
    }
    let indexes: Vec<(String, String, bool, bool, bool, Vec<String>)> = sqlx::query_as(
        "select t.relname::text, i.relname::text, x.indisprimary, x.indisunique, x.indpred is not null, \
         array(select a.attname::text from unnest(x.indkey) with ordinality k(n, o) \
         join pg_attribute a on a.attrelid = t.oid and a.attnum = k.n order by k.o) \
         from pg_index x join pg_class t on t.oid = x.indrelid join pg_class i on i.oid = x.indexrelid \
         join pg_namespace s on s.oid = t.relnamespace where s.nspname = 'public' and t.relname <> '_sqlx_migrations'",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    for (table, index, primary, unique, partial, columns) in indexes {
        let table = schema.get_mut(&table).unwrap();
        match (primary, unique) {
            (true, _) => table.key = columns,
            (_, true) => drop(table.unique.insert((columns, partial))),
            _ => drop(table.indexes.insert((index, columns, partial))),
        }
    }
    let references: Vec<(String, String, String, String)> = sqlx::query_as(
        "select t.relname::text, a.attname::text, f.relname::text, b.attname::text from pg_constraint c \
         join pg_class t on t.oid = c.conrelid join pg_class f on f.oid = c.confrelid \
         join pg_attribute a on a.attrelid = t.oid and a.attnum = c.conkey[1] \
         join pg_attribute b on b.attrelid = f.oid and b.attnum = c.confkey[1] where c.contype = 'f'",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    for (table, column, other, key) in references {
        schema.get_mut(&table).unwrap().references.insert((column, other, key));
    }
    schema
}

#[tokio::test]
async fn both_schemas_are_the_same() {
    let (sqlite, postgres) = (of_sqlite().await, of_postgres().await);
    assert_eq!(sqlite.keys().collect::<Vec<_>>(), postgres.keys().collect::<Vec<_>>());
    assert!(sqlite.len() > 25);
    for (name, table) in &sqlite {
        assert_eq!(table, &postgres[name], "{name}: SQLite left, PostgreSQL right");
    }

    // Every unique set has its word in `Constraint`, and every word its set, under the name that PostgreSQL gives.
    let sets: BTreeSet<(String, Vec<String>)> = sqlite
        .iter()
        .flat_map(|(name, table)| {
            let all = table.unique.iter().map(|(columns, _)| columns).chain(std::iter::once(&table.key));
            all.map(|columns| (name.clone(), columns.clone())).collect::<Vec<_>>()
        })
        .collect();
    let words: BTreeSet<(String, Vec<String>)> = Constraint::UNIQUE
        .iter()
        .map(|(_, _, table, columns)| ((*table).to_owned(), columns.iter().map(|&c| c.to_owned()).collect()))
        .collect();
    assert_eq!(sets, words);
    let mut db = PgConnection::connect(&testing::postgres_url().await).await.unwrap();
    for (_, name, table, _) in Constraint::UNIQUE {
        let sql = format!(
            "select count(*) from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid \
             where i.relname = '{name}' and t.relname = '{table}' and x.indisunique"
        );
        let found: i64 = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut db).await.unwrap();
        assert_eq!(found, 1, "{name}");
    }
}

/// Every reference has an index that begins with its column, so that looking for what refers to a row reads no whole table.
#[tokio::test]
async fn references_are_indexed_where_people_wait() {
    let schema = of_sqlite().await;
    let mut faults = Vec::new();
    for (name, column) in [
        ("environment_application", "application_id"),
        ("environment_application", "revision_id"),
        ("deployment", "target_id"),
        ("deployment", "plan_id"),
        ("deployment_application", "application_id"),
        ("plan_item", "application_id"),
        ("version", "revision_id"),
        ("team_member", "user_id"),
        ("team_application", "team_id"),
        ("application_grant", "application_id"),
        ("role_right", "environment_id"),
        ("session", "user_id"),
    ] {
        let table = &schema[name];
        let first = |columns: &[String]| columns.first().is_some_and(|first| first == column);
        let indexed = first(&table.key)
            || table.unique.iter().any(|(columns, partial)| !partial && first(columns))
            || table.indexes.iter().any(|(_, columns, partial)| !partial && first(columns));
        if !indexed {
            faults.push(format!("{name}.{column}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join(", "));
}

/// Users of before are found by the search of the list as those of after are.
#[tokio::test]
async fn users_of_before_get_their_search() {
    let mut db = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    for one in storage::migrations(storage::Kind::Sqlite).iter() {
        if one.version == 4 {
            sqlx::query(
                "insert into it_user (id, username, name, sort, email, active, created_at) \
                 values (zeroblob(16), 'orjan', 'Ørjan', 'ørjan', 'O@Example.org', 1, 0)",
            )
            .execute(&mut db)
            .await
            .unwrap();
        }
        sqlx::raw_sql(one.sql.clone()).execute(&mut db).await.unwrap();
    }
    let search: String = sqlx::query_scalar("select search from it_user").fetch_one(&mut db).await.unwrap();
    assert_eq!(search, "ørjan orjan o@example.org");
}
