//! Lists: pages, counters, search, and the matrix's derived differences.

use crate::world::*;
use domain::id::ApplicationId;
use std::collections::BTreeSet;
use storage::applications::ApplicationFilter;
use storage::deployments::DeploymentRow;
use storage::matrix::{MatrixFilter, matrix};
use storage::*;

const ALL: Visibility = Visibility::Everything;

/// Reads all pages of a list and gives the ids in order.
macro_rules! walk {
    ($limit:expr, |$page:ident| $list:expr) => {{
        let mut ids = Vec::new();
        let mut after = None;
        loop {
            let $page = Page { after: after.take(), limit: $limit };
            let found = $list.await.unwrap();
            assert!(found.rows.len() <= $limit as usize);
            assert!(
                found.next.is_none() || found.rows.len() == $limit as usize,
                "a page in the middle is full"
            );
            ids.extend(found.rows.into_iter().map(|row| row.id()));
            after = found.next;
            if after.is_none() {
                break ids;
            }
        }
    }};
}

/// The identity of a row, whatever it is called.
trait Identity {
    fn id(&self) -> uuid::Uuid;
}
macro_rules! identity {
    ($($row:ty => |$value:ident| $id:expr;)+) => {
        $(impl Identity for $row { fn id(&self) -> uuid::Uuid { let $value = self; $id.0 } })+
    };
}
identity! {
    applications::ApplicationRow => |row| row.id;
    matrix::MatrixRow => |row| row.application.id;
    plans::PlanRow => |row| row.id;
    deployments::DeploymentRow => |row| row.id;
    users::ListedUserRow => |row| row.id;
    versions::VersionRow => |row| row.id;
}

/// Equal names, equal times, names that differ in case only: whatever the size of the page, each row comes once and in order.
pub async fn paging_has_no_gaps_or_doubles(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let dev = environment(&mut tx, home, 0).await;
    let test = environment(&mut tx, home, 1).await;
    let mut apps: Vec<(String, ApplicationId)> = Vec::new();
    for n in 0..30 {
        let name = ["Tides", "tides", "Ärger", "zebra", "Zebra!"][n % 5];
        let row = application(&mut tx, home, name).await;
        apps.push((name.to_lowercase(), row.id));
    }
    apps.sort();
    let mut newest_first = Vec::new();
    let mut planned = Vec::new();
    for n in 0..23 {
        let row = deployment(&test, at(n / 5));
        deployments::insert(&mut tx, &row, &[step(&row, 1, Some(apps[0].1))]).await.unwrap();
        newest_first.push((row.created_at, row.id));
        let draft = plan(&mut tx, &dev, &test, at(n / 5)).await;
        planned.push((draft.created_at, draft.id));
    }
    newest_first.sort_by(|a, b| b.cmp(a));
    planned.sort_by(|a, b| b.cmp(a));
    let mut people = Vec::new();
    for _ in 0..12 {
        let row = user(&mut tx).await;
        people.push((row.name.as_str().to_lowercase(), row.id));
    }
    people.sort();
    let mut tagged = Vec::new();
    for n in 1..=9 {
        let revision = revision(&mut tx, apps[0].1).await;
        tagged.insert(0, version(&mut tx, &revision, dev.id, version_number(n / 4, n)).await.id.0);
    }
    tx.commit(entry("test", "x")).await.unwrap();

    let by_name: Vec<_> = apps.iter().map(|(_, id)| id.0).collect();
    let by_time: Vec<_> = newest_first.iter().map(|(_, id)| id.0).collect();
    let mut tx = world.read().await;
    let no = ApplicationFilter::default();
    let matrix_filter = MatrixFilter::default();
    let people_filter = users::UserFilter::default();
    for limit in [1, 2, 7, 30, 31] {
        assert_eq!(walk!(limit, |page| applications::list(&mut tx, home, &ALL, &no, &page)), by_name);
        assert_eq!(walk!(limit, |page| matrix(&mut tx, home, &ALL, &matrix_filter, &page)), by_name);
        let planned: Vec<_> = planned.iter().map(|(_, id)| id.0).collect();
        assert_eq!(
            walk!(limit, |page| plans::list(&mut tx, home, &ALL, &TimeFilter::default(), &page)),
            planned
        );
        for bits in 0..4_u32 {
            let filter = TimeFilter {
                target: (bits & 1 != 0).then_some(test.id),
                status: (bits & 2 != 0).then(|| "draft".to_owned()),
                ..TimeFilter::default()
            };
            let found = walk!(limit, |page| plans::list(&mut tx, home, &ALL, &filter, &page));
            assert_eq!(found, planned, "{filter:?}");
        }
        let people: Vec<_> = people.iter().map(|(_, id)| id.0).collect();
        assert_eq!(walk!(limit, |page| users::list(&mut tx, home, &people_filter, &page)), people);
        assert_eq!(walk!(limit, |page| versions::page(&mut tx, apps[0].1, &page)), tagged);
        for bits in 0..8_u32 {
            let filter = TimeFilter {
                target: (bits & 1 != 0).then_some(test.id),
                application: (bits & 2 != 0).then_some(apps[0].1),
                status: (bits & 4 != 0).then(|| "queued".to_owned()),
                ..TimeFilter::default()
            };
            assert_eq!(
                walk!(limit, |page| deployments::list(&mut tx, home, &ALL, &filter, &page)),
                by_time,
                "{filter:?}"
            );
        }
    }
    // Between two times: from the first on, and before the last.
    let every = Page::first(100);
    let rows = deployments::list(&mut tx, home, &ALL, &TimeFilter::default(), &every).await.unwrap().rows;
    let (since, until) = (Some(rows[rows.len() / 2].created_at), Some(rows[1].created_at));
    let between = rows.iter().filter(|row| Some(row.created_at) >= since && Some(row.created_at) < until);
    let between: Vec<_> = between.map(|row| row.id.0).collect();
    for status in [None, Some("queued".to_owned())] {
        let filter = TimeFilter { since, until, status, ..TimeFilter::default() };
        let found = walk!(2, |page| deployments::list(&mut tx, home, &ALL, &filter, &page));
        assert_eq!(found, between, "{filter:?}");
    }
    let rows = plans::list(&mut tx, home, &ALL, &TimeFilter::default(), &every).await.unwrap().rows;
    let (since, until) = (Some(rows[rows.len() / 2].created_at), Some(rows[0].created_at));
    let between = rows.iter().filter(|row| Some(row.created_at) >= since && Some(row.created_at) < until);
    let between: Vec<_> = between.map(|row| row.id.0).collect();
    let filter = TimeFilter { since, until, ..TimeFilter::default() };
    assert_eq!(walk!(2, |page| plans::list(&mut tx, home, &ALL, &filter, &page)), between);
    let discarded = TimeFilter { status: Some("discarded".to_owned()), ..TimeFilter::default() };
    assert_eq!(plans::list(&mut tx, home, &ALL, &discarded, &every).await.unwrap().rows, []);

    let first = Page::first(5);
    for filter in [
        TimeFilter { target: Some(dev.id), ..TimeFilter::default() },
        TimeFilter { application: Some(apps[1].1), ..TimeFilter::default() },
        TimeFilter { status: Some("aborted".to_owned()), ..TimeFilter::default() },
        TimeFilter { target: Some(test.id), status: Some("aborted".to_owned()), ..TimeFilter::default() },
        TimeFilter { target: Some(dev.id), application: Some(apps[0].1), ..TimeFilter::default() },
    ] {
        assert_eq!(
            deployments::list(&mut tx, home, &ALL, &filter, &first).await.unwrap().rows,
            [],
            "{filter:?}"
        );
    }
    let newest: Vec<_> = versions::list(&mut tx, apps[0].1, 2).await.unwrap();
    assert_eq!(newest.iter().map(|row| row.id.0).collect::<Vec<_>>(), tagged[..2]);
    // What was tagged in an environment is there, and elsewhere it is not before it ran there.
    let there = versions::available(&mut tx, apps[0].1, newest[0].environment_id, 2).await.unwrap();
    assert_eq!(there, newest);
    assert_eq!(versions::available(&mut tx, apps[0].1, test.id, 2).await.unwrap(), []);
    let since = newest[0].created_at;
    let later = versions::created_since(&mut tx, apps[0].1, since.plus(-1), 2).await.unwrap();
    assert_eq!(later, newest);
    assert_eq!(versions::created_since(&mut tx, apps[0].1, since, 2).await.unwrap(), []);

    // Rows that come while somebody pages neither repeat nor hide what was there.
    let page = applications::list(&mut tx, home, &ALL, &no, &Page::first(10)).await.unwrap();
    drop(tx);
    commit!(world, |tx| {
        application(&mut tx, home, "0 first").await;
        application(&mut tx, home, "ÿ last").await;
    });
    let rest = Page { after: page.next, limit: 100 };
    let rest = applications::list(&mut world.read().await, home, &ALL, &no, &rest).await.unwrap();
    let seen: Vec<_> = page.rows.iter().chain(&rest.rows).map(|row| row.id.0).collect();
    assert_eq!(seen[..30], by_name);
    assert_eq!(seen.len(), 31);
}

pub async fn counters_stop(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let dev = environment(&mut tx, home, 0).await;
    environment(&mut tx, home, 1).await;
    let mut count = 0;
    let add = async |tx: &mut WriteTx, up_to: u64, count: &mut u64| {
        while *count < up_to {
            let app = application(tx, home, "Tides").await;
            let revision = revision(tx, app.id).await;
            states::put(tx, &state(&dev, &revision)).await.unwrap();
            *count += 1;
        }
    };
    for (up_to, expected) in [
        (3, Count { n: 3, capped: false }),
        (1000, Count { n: 1000, capped: false }),
        (1001, Count { n: 1000, capped: true }),
        (1010, Count { n: 1000, capped: true }),
    ] {
        add(&mut tx, up_to, &mut count).await;
        assert_eq!(applications::count(&mut tx, home, &ALL).await.unwrap(), expected);
        let counts = matrix::counts(&mut tx, home, &ALL, &MatrixFilter::default()).await.unwrap();
        assert_eq!([counts.total, counts.matching, counts.modified, counts.differing], [expected; 4]);
        assert_eq!(counts.moving, Count::default());
        let columns = matrix::column_counts(&mut tx, home, &ALL).await.unwrap();
        assert_eq!((columns[0].running, columns[0].differs_from_next), (expected, expected));
        assert_eq!((columns[1].running, columns[1].differs_from_next), (Count::default(), Count::default()));
        assert_eq!(states::count_in(&mut tx, home, dev.id, &ALL).await.unwrap(), expected);
    }
    assert_eq!(environments::count(&mut tx, home, &ALL).await.unwrap(), Count { n: 2, capped: false });
    // More cells than one statement takes.
    let page = matrix(&mut tx, home, &ALL, &MatrixFilter::default(), &Page::first(250)).await.unwrap();
    assert_eq!(page.rows.len(), 250);
    assert!(page.rows.iter().all(|row| row.cells.len() == 1 && row.modules == 2));
    // A page is never larger than a thousand rows.
    let page = matrix(&mut tx, home, &ALL, &MatrixFilter::default(), &Page::first(u32::MAX)).await.unwrap();
    assert_eq!(page.rows.len(), 1000);
    assert!(page.next.is_some());
}

pub async fn search_is_literal(world: World) {
    let home = commit!(world, |tx| {
        let home = infrastructure(&mut tx).await.id;
        for name in ["50% off", "50 off", "a_b", "aXb", "Straße", "ÄRGER", "bang!", "back\\slash"] {
            application(&mut tx, home, name).await;
        }
        home
    });
    let mut tx = world.read().await;
    for (search, expected) in [
        ("50%", vec!["50% off"]),
        ("50", vec!["50 off", "50% off"]),
        ("a_b", vec!["a_b"]),
        ("A_B", vec!["a_b"]),
        ("STRASSE", vec![]),
        ("straß", vec!["Straße"]),
        ("ärg", vec!["ÄRGER"]),
        ("!", vec!["bang!"]),
        ("\\", vec!["back\\slash"]),
        (" off ", vec!["50 off", "50% off"]),
        ("' or 1=1 --", vec![]),
    ] {
        let filter = ApplicationFilter { search: Some(search.to_owned()) };
        let found = applications::list(&mut tx, home, &ALL, &filter, &Page::first(50)).await.unwrap();
        let names: Vec<_> = found.rows.iter().map(|row| row.name.to_string()).collect();
        assert_eq!(names, expected, "{search}");
        let filter = MatrixFilter { search: Some(search.to_owned()), ..MatrixFilter::default() };
        let found = matrix(&mut tx, home, &ALL, &filter, &Page::first(50)).await.unwrap();
        assert_eq!(found.rows.len(), expected.len(), "{search}");
        let counts = matrix::counts(&mut tx, home, &ALL, &filter).await.unwrap();
        assert_eq!((counts.matching.n, counts.total.n), (expected.len() as u64, 8), "{search}");
    }
}

/// Whatever is put, removed or added, the derived differences are those that comparing all of it gives.
pub async fn differences_follow_the_state(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let mut places = Vec::new();
    for position in [0, 10, 20] {
        places.push(environment(&mut tx, home, position).await);
    }
    let mut apps = Vec::new();
    for n in 0..4 {
        let app = application(&mut tx, home, &format!("App {n}")).await;
        apps.push((app.id, [revision(&mut tx, app.id).await, revision(&mut tx, app.id).await]));
    }
    tx.commit(entry("test", "x")).await.unwrap();
    // A fixed row of numbers that looks like none.
    let mut seed = 7_u64;
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    for round in 0..60 {
        let mut tx = world.change().await;
        if round == 30 {
            places.insert(1, environment(&mut tx, home, 5).await);
        }
        let (app, revisions) = &apps[next(apps.len())];
        let place = &places[next(places.len())];
        match next(3) {
            0 => drop(states::remove(&mut tx, place.id, *app).await.unwrap()),
            which => states::put(&mut tx, &state(place, &revisions[which - 1])).await.unwrap(),
        }
        let mut expected = BTreeSet::new();
        for (app, _) in &apps {
            let running = states::of_application(&mut tx, *app).await.unwrap();
            let at =
                |place| running.iter().find(|row| row.environment_id == place).map(|row| row.revision_id);
            for pair in places.windows(2) {
                if at(pair[0].id) != at(pair[1].id) {
                    expected.insert((pair[0].id, *app));
                }
            }
        }
        let columns = matrix::column_counts(&mut tx, home, &ALL).await.unwrap();
        for (column, place) in columns.iter().zip(&places) {
            let differing = expected.iter().filter(|(environment, _)| *environment == place.id).count();
            assert_eq!((column.environment, column.differs_from_next.n), (place.id, differing as u64));
        }
        let differing: BTreeSet<_> = expected.iter().map(|(_, app)| *app).collect();
        let filter = MatrixFilter { differs: true, ..MatrixFilter::default() };
        let page = matrix(&mut tx, home, &ALL, &filter, &Page::first(50)).await.unwrap();
        assert_eq!(page.rows.iter().map(|row| row.application.id).collect::<BTreeSet<_>>(), differing);
        tx.commit(entry("test", "x")).await.unwrap();
    }
}

pub async fn marks_are_checked(world: World) {
    let home = commit!(world, |tx| { infrastructure(&mut tx).await.id });
    let mut tx = world.read().await;
    for mark in [
        "",
        ".",
        "x",
        "0.0",
        "00000000000000000000000000000000.zz",
        "00000000000000000000000000000000.00",
        "-1",
    ] {
        let page = Page { after: Some(mark.to_owned()), limit: 5 };
        let no = ApplicationFilter::default();
        let refused = applications::list(&mut tx, home, &ALL, &no, &page).await;
        assert!(matches!(refused, Err(StoreError::Page)), "{mark}: {refused:?}");
        let no = TimeFilter::default();
        let refused = deployments::list(&mut tx, home, &ALL, &no, &page).await;
        assert!(matches!(refused, Err(StoreError::Page)) || mark.ends_with("00"), "{mark}: {refused:?}");
    }
}

/// What uses an application is found by what its running revision says, and how it stands stays until somebody looks again.
pub async fn consumers_are_found_and_how_they_stand_is_kept(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let (test, other) = (environment(&mut tx, home, 0).await, environment(&mut tx, home, 10).await);
    let (desk, till) = (application(&mut tx, home, "Desk").await, application(&mut tx, home, "Till").await);
    for (app, place) in [(&desk, &test), (&till, &test), (&till, &other)] {
        let content = revision(&mut tx, app.id).await;
        states::put(&mut tx, &state(place, &content)).await.unwrap();
    }
    let theme: domain::text::Key = "theme".parse().unwrap();
    let ids = |rows: Vec<states::PlacedRow>| {
        rows.into_iter().map(|row| row.application.id).collect::<BTreeSet<_>>()
    };
    let both = BTreeSet::from([desk.id, till.id]);
    assert_eq!(ids(states::consumers_in(&mut tx, test.id, &theme).await.unwrap()), both);
    assert_eq!(
        ids(states::consumers_in(&mut tx, other.id, &theme).await.unwrap()),
        BTreeSet::from([till.id])
    );
    assert_eq!(ids(states::consumers_in(&mut tx, test.id, &desk.key).await.unwrap()), BTreeSet::new());
    assert_eq!(
        ids(states::with_keys_in(&mut tx, other.id, &[&desk.key, &till.key]).await.unwrap()),
        BTreeSet::from([till.id])
    );
    assert_eq!(ids(states::not_looked_at_in(&mut tx, test.id).await.unwrap()), both);
    let outdated = domain::dependency::Bond::Outdated;
    states::stand(&mut tx, test.id, desk.id, outdated).await.unwrap();
    assert_eq!(ids(states::not_looked_at_in(&mut tx, test.id).await.unwrap()), BTreeSet::from([till.id]));
    // Something else of it comes: what was found before stays until somebody looks again.
    let next = revision(&mut tx, desk.id).await;
    states::put(&mut tx, &state(&test, &next)).await.unwrap();
    let found = states::with_keys_in(&mut tx, test.id, &[&desk.key]).await.unwrap();
    assert_eq!((found[0].bond, found[0].revision.id), (Some(outdated), next.id));
    tx.commit(entry("test", "x")).await.unwrap();
}

/// SQLite knows lower case of ASCII alone: other letters are found as they are typed.
pub async fn words_of_names_are_found(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let (dev, test) = (environment(&mut tx, home, 0).await, environment(&mut tx, home, 10).await);
    for (n, name) in ["\u{dc}bersicht nach Test", "100 % Watch"].into_iter().enumerate() {
        let draft = plan(&mut tx, &dev, &test, at(n as i64)).await;
        let named = plans::PlanRow { name: name.to_owned(), ..draft };
        assert!(plans::update(&mut tx, &named).await.unwrap());
        let run = DeploymentRow { name: name.to_owned(), ..deployment(&test, at(n as i64)) };
        deployments::insert(&mut tx, &run, &[]).await.unwrap();
    }
    for (words, found) in
        [("\u{dc}bersicht", 1), ("NACH", 1), ("100 %", 1), ("watch", 1), ("10_", 0), ("", 2)]
    {
        let filter = TimeFilter { words: Some(words.to_owned()), ..TimeFilter::default() };
        let drafts = plans::list(&mut tx, home, &ALL, &filter, &Page::first(9)).await.unwrap();
        let runs = deployments::list(&mut tx, home, &ALL, &filter, &Page::first(9)).await.unwrap();
        assert_eq!((drafts.rows.len(), runs.rows.len()), (found, found), "{words}");
    }
    tx.commit(entry("test", "x")).await.unwrap();
}
