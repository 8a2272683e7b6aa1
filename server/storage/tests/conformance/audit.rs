//! The audit log and its chain.

use crate::world::*;
use domain::access::Actor;
use domain::audit::{Entry, GENESIS, Object, Outcome, chain};
use domain::id::{InfrastructureId, UserId};
use storage::audit::{AuditFilter, AuditScope};
use storage::*;
use uuid::Uuid;

/// Five entries that are the same on every run and on both databases, and the hash of the last one. The number is a promise: it
/// changes only with the version of the encoding.
fn fixed_entries() -> Vec<Entry> {
    (1..=5_u32)
        .map(|n| Entry {
            id: Uuid::from_u128(u128::from(n)).into(),
            at: at(i64::from(n)),
            after: serde_json::json!({ "n": n, "text": "ü \u{1} “x”" }),
            ..entry("test.fixed", &format!("object {n}"))
        })
        .collect()
}

pub async fn entries_are_chained_as_the_domain_says(world: World) {
    assert_eq!(world.store.sequence_audit(10).await.unwrap(), 0);
    // Committed in another order than that of their times.
    for told in fixed_entries().into_iter().rev() {
        world.change().await.commit(told).await.unwrap();
    }
    let tail = audit::tail_unchained(&mut world.read().await).await.unwrap();
    assert_eq!(tail, Count { n: 5, capped: false });
    assert_eq!(world.store.sequence_audit(2).await.unwrap(), 2);
    assert_eq!(world.store.sequence_audit(10).await.unwrap(), 3);
    assert_eq!(world.store.sequence_audit(10).await.unwrap(), 0);

    let mut tx = world.read().await;
    let mut hash = GENESIS;
    let rows = audit::chained(&mut tx, 0, 100).await.unwrap();
    assert_eq!(rows.len(), 5);
    for ((row, told), number) in rows.iter().zip(fixed_entries()).zip(1..) {
        hash = chain(number, &hash, &told.canonical().unwrap());
        assert_eq!(row.id, told.id);
        assert_eq!(row.number, Some(number));
        assert_eq!(row.hash.as_deref(), Some(hex::encode(hash).as_str()));
    }
    let head = audit::head(&mut tx).await.unwrap();
    assert_eq!((head.number, head.hash), (5, hex::encode(hash)));
    assert_eq!(audit::tail_unchained(&mut tx).await.unwrap(), Count::default());
    assert_eq!(audit::chained(&mut tx, 3, 100).await.unwrap().len(), 2);
}

/// Sequencers of two nodes, while entries are still being written: one chain, without gaps, without forks.
pub async fn many_sequencers_make_one_chain(world: World) {
    let writers = (0..4_u32).map(|n| {
        let store = if n % 2 == 0 { world.store.clone() } else { world.other.clone() };
        tokio::spawn(async move {
            for _ in 0..10 {
                let tx = store.begin_change().await.unwrap().authorised(grant());
                tx.commit(entry("test", "x")).await.unwrap();
            }
            0
        })
    });
    let sequencers = (0..4_u32).map(|n| {
        let store = if n % 2 == 0 { world.store.clone() } else { world.other.clone() };
        tokio::spawn(async move {
            let mut chained = 0;
            for _ in 0..10 {
                chained += store.sequence_audit(3).await.unwrap();
            }
            chained
        })
    });
    let all: Vec<_> = writers.chain(sequencers).collect();
    let mut chained = 0;
    for task in all {
        chained += task.await.unwrap();
    }
    loop {
        match world.store.sequence_audit(7).await.unwrap() {
            0 => break,
            some => chained += some,
        }
    }
    assert_eq!(chained, 40, "each entry is chained once");
    let mut hash = GENESIS;
    let rows = audit::chained(&mut world.read().await, 0, 100).await.unwrap();
    assert_eq!(rows.len(), 40);
    for (row, number) in rows.iter().zip(1..) {
        hash = chain(number, &hash, row.canonical.as_bytes());
        assert_eq!((row.number, row.hash.clone()), (Some(number), Some(hex::encode(hash))));
    }
}

pub async fn nothing_is_changed_or_removed(world: World) {
    let mut told = entry("test", "x");
    told.related = vec![Object::new("other", "y", "Y")];
    world.change().await.commit(told).await.unwrap();
    let immutable = |table: &str| Constraint::Immutable { table: table.to_owned() };
    // Before it is chained, and after.
    for _ in 0..2 {
        for (table, sql) in [
            ("audit_entry", "delete from audit_entry"),
            ("audit_entry", "update audit_entry set actor_name = 'somebody else'"),
            ("audit_entry", "update audit_entry set canonical = '{}'"),
            ("audit_entry", "update audit_entry set at = at + 1, number = 1, hash = 'x'"),
            ("audit_entry", "update audit_entry set search = '', number = 1, hash = 'x'"),
            ("audit_object", "delete from audit_object"),
            ("audit_object", "update audit_object set kind = 'z'"),
        ] {
            let error = world.refused(sql).await;
            assert_eq!(error.violated(), Some(&immutable(table)), "{sql}: {error}");
        }
        world.store.sequence_audit(10).await.unwrap();
    }
    for sql in
        ["update audit_entry set number = 2, hash = 'x'", "update audit_entry set number = null, hash = null"]
    {
        let error = world.refused(sql).await;
        assert_eq!(error.violated(), Some(&immutable("audit_entry")), "{sql}: {error}");
    }
    if world.kind() == Kind::Postgres {
        for table in ["audit_entry", "audit_object"] {
            let error = world.refused(&format!("truncate {table} cascade")).await;
            assert!(matches!(error.violated(), Some(Constraint::Immutable { .. })), "{error}");
        }
    }
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await;
    let place = environment(&mut tx, home.id, 0).await;
    let app = application(&mut tx, home.id, "Tides").await;
    let revision = revision(&mut tx, app.id).await;
    version(&mut tx, &revision, place.id, version_number(1, 0)).await;
    tx.commit(entry("test", "x")).await.unwrap();
    let error = world.refused("update version set change_log = 'better'").await;
    assert_eq!(error.violated(), Some(&immutable("version")), "{error}");
}

struct Log {
    world: World,
    homes: [InfrastructureId; 2],
    people: [UserId; 2],
}

/// Entries of two infrastructures and of the whole console, by two people, of three operations.
async fn log(world: World) -> Log {
    let homes = commit!(world, |tx| { [infrastructure(&mut tx).await.id, infrastructure(&mut tx).await.id] });
    let people: [UserId; 2] = [id(), id()];
    for n in 0..60_usize {
        let told = Entry {
            at: at(100 + (n / 3) as i64),
            actor: Actor::User { user: people[n % 2] },
            actor_name: ["Ines", "Jonas"][n % 2].to_owned(),
            operation: ["a.one", "b.two", "c.three"][n % 3].to_owned(),
            infrastructure: [None, Some(homes[0]), Some(homes[1])][n / 3 % 3],
            object: Object::new("application", n % 5, format!("App 50% {}", n % 5)),
            related: vec![Object::new("environment", n % 2, "Place")],
            outcome: if n % 4 == 0 { Outcome::Denied { reason: "no".to_owned() } } else { Outcome::Done },
            ..entry("x", "x")
        };
        match told.outcome {
            Outcome::Done => world.change().await.commit(told).await.unwrap(),
            _ => world.store.record_refusal(told).await.unwrap(),
        }
    }
    Log { world, homes, people }
}

/// Every page of a list, one after the other.
async fn pages(world: &World, scope: &AuditScope, filter: &AuditFilter, limit: u32) -> Vec<audit::EntryRow> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let page = Page { after, limit };
        let found = audit::list(&mut world.read().await, scope, filter, &page).await.unwrap();
        assert!(found.rows.len() <= limit as usize);
        rows.extend(found.rows);
        after = found.next;
        if after.is_none() {
            return rows;
        }
    }
}

/// Every combination of filters in every scope gives what filtering all entries by hand gives, in the same order.
pub async fn filters_and_scopes(world: World) {
    let Log { world, homes, people } = log(world).await;
    let everything = AuditScope::Of(vec![None, Some(homes[0]), Some(homes[1])]);
    let mut all = pages(&world, &everything, &AuditFilter::default(), 7).await;
    assert_eq!(all.len(), 61);
    assert!(all.is_sorted_by_key(|row| std::cmp::Reverse((row.at, row.id))));
    all.retain(|row| row.object_kind == "application");
    assert_eq!(all.len(), 60);

    let scopes = [
        everything,
        AuditScope::Of(vec![Some(homes[0])]),
        AuditScope::Of(vec![None, Some(homes[1])]),
        AuditScope::Of(vec![]),
        AuditScope::Own(people[0]),
    ];
    let actor = people[1].to_string();
    for scope in &scopes {
        for bits in 0..64_u32 {
            let on = |bit: u32| bits & (1 << bit) != 0;
            let filter = AuditFilter {
                actor: on(0).then(|| actor.clone()),
                operation: on(1).then(|| "b.two".to_owned()),
                object: on(2).then(|| ("application".to_owned(), "2".to_owned())),
                outcome: on(3).then(|| "done".to_owned()),
                search: on(4).then(|| "50% 2".to_owned()),
                from: on(5).then(|| at(103)),
                to: on(5).then(|| at(115)),
            };
            let expected: Vec<_> = all
                .iter()
                .filter(|row| match scope {
                    AuditScope::Of(homes) => homes.contains(&row.infrastructure_id),
                    AuditScope::Own(user) => row.actor_id == Some(user.to_string()),
                })
                .filter(|row| filter.actor.is_none() || row.actor_id == filter.actor)
                .filter(|row| filter.operation.as_ref().is_none_or(|operation| row.operation == *operation))
                .filter(|row| filter.object.is_none() || row.object_id == "2")
                .filter(|row| filter.outcome.as_ref().is_none_or(|outcome| row.outcome == *outcome))
                .filter(|row| filter.search.is_none() || row.object_name.contains("50% 2"))
                .filter(|row| filter.from.is_none() || (row.at >= at(103) && row.at < at(115)))
                .map(|row| row.id)
                .collect();
            let mut found = pages(&world, scope, &filter, 11).await;
            found.retain(|row| row.object_kind == "application");
            let found: Vec<_> = found.into_iter().map(|row| row.id).collect();
            assert_eq!(found, expected, "{scope:?} {filter:?}");
            if bits != 0 {
                let counted = audit::count(&mut world.read().await, scope, &filter).await.unwrap();
                let setting_up =
                    u64::from(bits == 8 && matches!(scope, AuditScope::Of(h) if h.contains(&None)));
                assert_eq!(counted.n, expected.len() as u64 + setting_up, "{scope:?} {filter:?}");
            }
        }
    }
    let mut tx = world.read().await;
    let facets = audit::facets(&mut tx, &[Some(homes[0]), Some(homes[1])]).await.unwrap();
    assert_eq!(facets, ["a.one", "b.two", "c.three"]);
    assert_eq!(audit::facets(&mut tx, &[Some(id())]).await.unwrap(), [""; 0]);
}

pub async fn one_objects_history(world: World) {
    let Log { world, .. } = log(world).await;
    let mut tx = world.read().await;
    for (kind, object, expected) in
        [("application", "2", 12), ("environment", "1", 30), ("environment", "9", 0)]
    {
        let mut rows = Vec::new();
        let mut after = None;
        loop {
            let page = Page { after, limit: 5 };
            let found = audit::history(&mut tx, kind, object, &page).await.unwrap();
            rows.extend(found.rows);
            after = found.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(rows.len(), expected, "{kind} {object}");
        assert!(rows.is_sorted_by_key(|row| std::cmp::Reverse((row.at, row.id))));
        rows.dedup_by_key(|row| row.id);
        assert_eq!(rows.len(), expected, "{kind} {object}");
    }
}

/// A search through a long log looks at a part of it at a time, and finds everything all the same.
pub async fn a_search_goes_on_where_it_stopped(world: World) {
    let home = commit!(world, |tx| { infrastructure(&mut tx).await.id });
    let mut raw = world.raw().await;
    let (fresh, nil) = match world.kind() {
        Kind::Sqlite => ("randomblob(16)", "zeroblob(16)"),
        Kind::Postgres => ("gen_random_uuid()", "uuid '00000000-0000-0000-0000-000000000000'"),
    };
    // Twelve thousand entries, two at each moment; every four-thousandth is about a needle, and so is the oldest.
    let sql = format!(
        "insert into audit_entry (id, at, scope, actor_kind, actor_id, actor_name, operation, object_kind, object_id, object_name, \
         outcome, address, search, canonical) with recursive n(i) as (select 1 union all select i + 1 from n where i < 12000) \
         select {fresh}, i / 2, {nil}, 'user', 'u', 'x', 'hay.stack', 'x', 'x', 'x', 'done', '', \
         case when i % 4000 = 1 then 'needle' else 'straw' end, '{{}}' from n"
    );
    assert_eq!(raw.run(&sql).await.unwrap(), 12_000);
    let scopes = [AuditScope::Of(vec![Some(home), None]), AuditScope::Of(vec![None])];
    for scope in &scopes {
        for filter in [
            AuditFilter { search: Some("needle".to_owned()), ..AuditFilter::default() },
            AuditFilter {
                search: Some("needle".to_owned()),
                actor: Some("u".to_owned()),
                operation: Some("hay.stack".to_owned()),
                ..AuditFilter::default()
            },
            AuditFilter {
                search: Some("needle".to_owned()),
                outcome: Some("done".to_owned()),
                ..AuditFilter::default()
            },
            AuditFilter {
                search: Some("needle".to_owned()),
                operation: Some("hay.stack".to_owned()),
                ..AuditFilter::default()
            },
        ] {
            let first = audit::list(&mut world.read().await, scope, &filter, &Page::first(50)).await.unwrap();
            assert_eq!(first.rows.len(), 1, "only a part was looked at");
            assert!(first.next.is_some(), "and it says so");
            let count = audit::count(&mut world.read().await, scope, &filter).await.unwrap();
            assert_eq!(count, Count { n: 1, capped: true });
            let found: Vec<_> = pages(&world, scope, &filter, 50).await.iter().map(|row| row.at.0).collect();
            assert_eq!(found, [4000, 2000, 0], "{filter:?}");
            let found: Vec<_> = pages(&world, scope, &filter, 1).await.iter().map(|row| row.at.0).collect();
            assert_eq!(found, [4000, 2000, 0], "{filter:?}");
        }
        // Without a search nothing is between, and a page is as long as was asked for.
        let filter = AuditFilter { operation: Some("hay.stack".to_owned()), ..AuditFilter::default() };
        assert_eq!(pages(&world, scope, &filter, 999).await.len(), 12_000);
    }
}
