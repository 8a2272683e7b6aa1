//! Console, controller and front-ends are killed with SIGKILL at numbered points of a promotion of five applications to a farm of three,
//! and started again at once (`docs/proofs.md`). Whatever was met: exactly one activation for each server, application and version, no entry
//! of the audit log lost or doubled, no lease and no switch left over, and the same version everywhere.
//!
//! `TOWPATH_KILL_SEED` repeats a choice of points, and `TOWPATH_KILL_POINTS` names some: `console/sync: answers/3; controller/…`.

mod farm;
pub mod holds;
mod points;

use farm::Farm;
use holds::Entries;
use points::{Point, ROLES};
use std::collections::BTreeMap;
use std::time::Instant;

/// How many processes are killed within one promotion.
const KILLS: usize = 12;
/// How many points are drawn in each of the four tests below.
const DRAWN: usize = 50;

/// A small generator (SplitMix64), so that a seed says everything.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % sides as u64).unwrap()
    }
}

/// What is killed at.
enum Chosen {
    /// So many points, by chance.
    Drawn(usize),
    /// Every point of the promotion without kills.
    Every,
}

fn seed() -> u64 {
    let told = std::env::var("TOWPATH_KILL_SEED").ok().map(|text| text.parse().expect("a number"));
    told.unwrap_or_else(|| {
        let secret = operations::Ids::secret(&server::clock::SystemIds);
        u64::from(u32::from_le_bytes(secret[..4].try_into().unwrap()))
    })
}

/// The points that are still to be met, in the order in which they are tried.
fn choose(all: &[Point], chosen: &Chosen, dice: &mut Dice) -> Vec<Point> {
    if let Ok(named) = std::env::var("TOWPATH_KILL_POINTS") {
        return named.split(';').map(|text| text.parse().unwrap()).collect();
    }
    let mut rest = all.to_vec();
    let count = match chosen {
        Chosen::Drawn(count) => (*count).min(rest.len()),
        Chosen::Every => rest.len(),
    };
    (0..count).map(|_| rest.swap_remove(dice.roll(rest.len()))).collect()
}

async fn killed(database: Option<String>, name: &str, chosen: Chosen) {
    let (began, seed) = (Instant::now(), seed());
    println!("{name}: repeat with TOWPATH_KILL_SEED={seed}");
    let mut farm = Farm::start(database.as_deref()).await;
    let mut number = 0;
    let mut next = || {
        number += 1;
        format!("1.{number}.0")
    };
    // Where nothing ran before, and then as it is always: this one is counted.
    let mut clean: Entries = Entries::default();
    let mut all = Vec::new();
    for _ in 0..2 {
        let version = next();
        let hashes = farm.publish(&version).await;
        let (run, met, _) = farm.promote(&[]).await;
        clean = farm.entries(run).await;
        farm.holds(run, &version, &hashes, &clean).await;
        all = met;
    }
    assert!(clean.1 == 0 && clean.0.len() >= 2, "{clean:?}");
    let count = |points: &[Point], role| points.iter().filter(|point| point.role == role).count();
    let of_each = |points: &[Point]| {
        let words = (0..ROLES.len()).map(|role| format!("{} {}", ROLES[role], count(points, role)));
        words.collect::<Vec<_>>().join(", ")
    };
    println!("{name}: {} points without kills: {}", all.len(), of_each(&all));

    let mut dice = Dice(seed);
    let mut rest = choose(&all, &chosen, &mut dice);
    let wanted = rest.len();
    let (mut killed_at, mut promotions, mut missed) = (Vec::new(), 0, BTreeMap::<Point, u32>::new());
    while !rest.is_empty() {
        let now: Vec<Point> = rest.drain(..rest.len().min(KILLS)).collect();
        let version = next();
        let hashes = farm.publish(&version).await;
        let words: Vec<String> = now.iter().map(ToString::to_string).collect();
        println!("{name}: promotion {version}, TOWPATH_KILL_POINTS='{}'", words.join("; "));
        let (run, _, reached) = farm.promote(&now).await;
        farm.holds(run, &version, &hashes, &clean).await;
        promotions += 1;
        // How often the console is asked is chance: a point may not be met, and is tried again.
        for point in now.into_iter().filter(|point| !reached.contains(point)) {
            let times = missed.entry(point.clone()).or_default();
            *times += 1;
            assert!(*times < 10, "{point} is never met again");
            rest.push(point);
        }
        killed_at.extend(reached);
    }
    assert_eq!(killed_at.len(), wanted);
    // Nothing is held by what was killed: the next one runs as the first.
    let version = next();
    let hashes = farm.publish(&version).await;
    let (run, ..) = farm.promote(&[]).await;
    farm.holds(run, &version, &hashes, &clean).await;
    println!(
        "{name}: killed at {} points ({}) in {promotions} promotions, {} seconds, seed {seed}",
        killed_at.len(),
        of_each(&killed_at),
        began.elapsed().as_secs()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn at_points_by_chance_on_sqlite() {
    killed(None, "SQLite", Chosen::Drawn(DRAWN)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_more_points_by_chance_on_sqlite() {
    killed(None, "SQLite", Chosen::Drawn(DRAWN)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_points_by_chance_on_postgres() {
    killed(Some(storage::testing::postgres_url().await), "PostgreSQL", Chosen::Drawn(DRAWN)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_more_points_by_chance_on_postgres() {
    killed(Some(storage::testing::postgres_url().await), "PostgreSQL", Chosen::Drawn(DRAWN)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a part of `make soak`: it takes an hour"]
async fn at_every_point_on_sqlite() {
    killed(None, "SQLite", Chosen::Every).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a part of `make soak`: it takes an hour"]
async fn at_every_point_on_postgres() {
    killed(Some(storage::testing::postgres_url().await), "PostgreSQL", Chosen::Every).await;
}
