//! What the last check of each connection found, and which node checks next.

use crate::world::*;
use domain::architecture::Architecture;
use domain::architecture::model::Tool;
use domain::architecture::words::{CheckOutcome, Hosting, ToolKind, WebAddress};
use domain::id::InfrastructureId;
use storage::checks::{AlsoRow, CheckRow};
use storage::infrastructures::InfrastructureRow;
use storage::*;
use uuid::Uuid;

fn web(address: &str) -> WebAddress {
    address.parse().unwrap()
}

fn found(infrastructure_id: InfrastructureId, place: &str, address: &str, outcome: CheckOutcome) -> CheckRow {
    CheckRow {
        infrastructure_id,
        place: place.to_owned(),
        address: address.to_owned(),
        checked_at: Some(at(3)),
        outcome: Some(outcome),
        detail: "So it was.".to_owned(),
        checked_by: "Ada".to_owned(),
        next_at: None,
    }
}

/// An infrastructure with tools, each by key and address.
async fn with_tools(world: &World, tools: &[(&str, &str)]) -> InfrastructureRow {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await;
    let before = architecture::load(&mut tx, home.id).await.unwrap();
    let mut after: Architecture = Architecture::empty(Hosting::OnPremises);
    for (key, address) in tools {
        let tool =
            Tool { name: key.parse().unwrap(), kind: ToolKind::Other, address: web(address), about: None };
        after.tools.insert(key.parse().unwrap(), tool);
    }
    let mut ids = || -> Uuid { id() };
    architecture::save(&mut tx, home.id, &before, &after, &mut ids, at(1)).await.unwrap();
    tx.commit(entry("test", "x")).await.unwrap();
    home
}

pub async fn a_check_is_kept_for_its_place(world: World) {
    let mut tx = world.change().await;
    let (home, other) = (infrastructure(&mut tx).await.id, infrastructure(&mut tx).await.id);
    let shared = found(home, "database_servers/shared", "postgresql://db:5432", CheckOutcome::SignedIn);
    let builds = found(home, "tools/builds", "https://builds.example", CheckOutcome::Reached);
    checks::put(&mut tx, &builds).await.unwrap();
    checks::put(&mut tx, &shared).await.unwrap();
    assert_eq!(checks::list(&mut tx, home).await.unwrap(), [shared.clone(), builds.clone()]);
    assert_eq!(checks::list(&mut tx, other).await.unwrap(), []);
    let again = CheckRow { outcome: Some(CheckOutcome::Failed), checked_at: Some(at(4)), ..shared.clone() };
    checks::put(&mut tx, &again).await.unwrap();
    assert_eq!(checks::of(&mut tx, home, &shared.place).await.unwrap(), Some(again));
    checks::remove(&mut tx, other, &builds.place).await.unwrap();
    checks::remove(&mut tx, home, &shared.place).await.unwrap();
    assert_eq!(checks::list(&mut tx, home).await.unwrap(), [builds]);
    assert_eq!(checks::of(&mut tx, home, &shared.place).await.unwrap(), None);
    tx.commit(entry("test", "x")).await.unwrap();
}

/// The keys of the tools that are due.
async fn due(world: &World, now: i64) -> Vec<String> {
    let rows = checks::due(&mut world.read().await, at(now)).await.unwrap();
    rows.into_iter().map(|row| row.tool.to_string()).collect()
}

async fn claimed(store: &Store, home: InfrastructureId, address: &str, now: i64, until: i64) -> bool {
    let mut tx = store.checking().await.unwrap();
    let claimed =
        checks::claim(&mut tx, home, "tools/builds", &web(address), at(now), at(until)).await.unwrap();
    tx.commit(at(now)).await.unwrap();
    claimed
}

async fn told(world: &World, row: &CheckRow) -> bool {
    let mut tx = world.store.checking().await.unwrap();
    let told = checks::tell(&mut tx, row).await.unwrap();
    tx.commit(at(1)).await.unwrap();
    told
}

pub async fn tools_are_claimed_once(world: World) {
    let (here, there) = ("https://builds.example", "https://elsewhere.example");
    let home = with_tools(&world, &[("builds", here), ("flow", "https://flow.example")]).await.id;
    assert_eq!(due(&world, 10).await, ["builds", "flow"]);
    assert!(claimed(&world.store, home, here, 10, 20).await);
    assert!(!claimed(&world.other, home, here, 10, 20).await, "the other node leaves it");
    assert_eq!(due(&world, 19).await, ["flow"]);
    let row = checks::of(&mut world.read().await, home, "tools/builds").await.unwrap().unwrap();
    assert_eq!(
        (row.outcome, row.checked_at, row.next_at),
        (None, None, Some(at(20))),
        "nothing is known yet"
    );
    // A node that died while it tried is followed by another one.
    assert_eq!(due(&world, 20).await, ["builds", "flow"]);
    assert!(claimed(&world.other, home, here, 20, 30).await);
    let result =
        CheckRow { next_at: Some(at(300)), ..found(home, "tools/builds", here, CheckOutcome::Reached) };
    assert!(told(&world, &result).await);
    assert_eq!(due(&world, 299).await, ["flow"]);
    assert!(!claimed(&world.store, home, here, 299, 310).await);
    // What was found stays while it is tried again, and goes with another address.
    assert!(claimed(&world.store, home, here, 300, 310).await);
    let row = checks::of(&mut world.read().await, home, "tools/builds").await.unwrap().unwrap();
    assert_eq!((row.outcome, row.detail.as_str()), (Some(CheckOutcome::Reached), "So it was."));
    assert!(claimed(&world.store, home, there, 301, 311).await);
    let row = checks::of(&mut world.read().await, home, "tools/builds").await.unwrap().unwrap();
    assert_eq!((row.outcome, row.checked_at, row.address.as_str()), (None, None, there));
    assert_eq!(due(&world, 302).await, ["builds", "flow"], "another address than the recorded one");
    assert!(!told(&world, &result).await, "a result for the address before says nothing");
    assert!(!told(&world, &CheckRow { place: "tools/gone".to_owned(), ..result }).await);
}

pub async fn an_address_is_found_elsewhere(world: World) {
    let home =
        with_tools(&world, &[("builds", "https://builds.example"), ("own", "https://own.example")]).await;
    let other =
        with_tools(&world, &[("b", "https://builds.example/"), ("c", "https://builds.example")]).await;
    with_tools(&world, &[("builds", "https://builds.example/x")]).await;
    let also = checks::also(&mut world.read().await, home.id).await.unwrap();
    let expected = AlsoRow {
        tool: "builds".parse().unwrap(),
        infrastructure_id: other.id,
        infrastructure: other.key,
        name: other.name,
    };
    assert_eq!(also, [expected]);
}
