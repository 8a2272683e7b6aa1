//! R10 in the form “up to N”: independent deployments at once, dependent ones never.

use super::*;
use proptest::prelude::*;
use uuid::Uuid;

fn app(n: u128) -> ApplicationId {
    ApplicationId(Uuid::from_u128(n))
}

fn run(n: u128) -> DeploymentId {
    DeploymentId(Uuid::from_u128(n))
}

type Edges = BTreeMap<ApplicationId, BTreeSet<ApplicationId>>;

fn edges(pairs: &[(u128, u128)]) -> Edges {
    let mut all = Edges::new();
    for (by, used) in pairs {
        all.entry(app(*by)).or_default().insert(app(*used));
    }
    all
}

fn queued(n: u128, stage: Stage, changes: &[u128], uses: &Edges) -> InQueue {
    let changes = changes.iter().map(|n| app(*n)).collect();
    InQueue { id: run(n), stage, uses: used(&changes, uses), changes }
}

#[test]
fn r10_the_same_application_what_it_uses_and_what_uses_it_wait_and_the_rest_does_not() {
    // 1 uses 2, 2 uses 3; 4 and 5 use nothing.
    let uses = edges(&[(1, 2), (2, 3)]);
    let first = |changes: &[u128]| queued(10, Stage::Runs, changes, &uses);
    let turn = |running: InQueue, changes: &[u128]| {
        let next = queued(11, Stage::Waits, changes, &uses);
        turns(&[running, next], AT_ONCE)[1]
    };
    let after = |because| Turn::After { deployment: run(10), because };
    let by = |by, used, direct| after(Because::Uses { by: app(by), used: app(used), direct });
    assert_eq!(turn(first(&[4]), &[4]), after(Because::Same(app(4))));
    assert_eq!(turn(first(&[1]), &[2]), by(1, 2, true));
    assert_eq!(turn(first(&[2]), &[1]), by(1, 2, true), "in the other direction too");
    assert_eq!(turn(first(&[1]), &[3]), by(1, 3, false), "and through others");
    assert_eq!(turn(first(&[3]), &[1]), by(1, 3, false));
    assert_eq!(turn(first(&[4]), &[5]), Turn::Next);
    assert_eq!(turn(first(&[4]), &[1, 2, 3]), Turn::Next);
    let siblings = edges(&[(1, 3), (2, 3)]);
    let both = [queued(1, Stage::Runs, &[1], &siblings), queued(2, Stage::Waits, &[2], &siblings)];
    assert_eq!(turns(&both, 2), [Turn::Runs, Turn::Next], "two that use the same are independent");
}

#[test]
fn r10_no_more_than_the_limit_and_nobody_is_overtaken_by_what_depends_on_it() {
    let uses = edges(&[(2, 1)]);
    let queue = [
        queued(1, Stage::Parked, &[1], &uses),
        queued(2, Stage::Waits, &[2], &uses),
        queued(3, Stage::Waits, &[3], &uses),
        queued(4, Stage::Waits, &[4], &uses),
        queued(5, Stage::Waits, &[2, 5], &uses),
    ];
    let uses = Because::Uses { by: app(2), used: app(1), direct: true };
    let behind = Turn::After { deployment: run(1), because: uses };
    assert_eq!(turns(&queue, 1), [Turn::Parked, behind, Turn::Next, Turn::Full, behind]);
    assert_eq!(turns(&queue, 5), [Turn::Parked, behind, Turn::Next, Turn::Next, behind]);
    let shared = |n| Turn::After { deployment: run(n), because: Because::Same(app(7)) };
    let none = Edges::new();
    let line: Vec<_> = (1..4).map(|n| queued(n, Stage::Waits, &[7], &none)).collect();
    assert_eq!(turns(&line, 5), [Turn::Next, shared(1), shared(1)]);
}

/// Whether a way leads from one application to another one, by trying all of them.
fn leads(from: ApplicationId, to: ApplicationId, uses: &Edges, left: usize) -> bool {
    let next = uses.get(&from);
    left > 0
        && next.is_some_and(|next| next.iter().any(|each| *each == to || leads(*each, to, uses, left - 1)))
}

fn graph() -> impl Strategy<Value = Edges> {
    prop::collection::vec((0..7u128, 0..7u128), 0..9).prop_map(|pairs| edges(&pairs))
}

/// Deployments: what each changes, and whether it is parked.
fn arrivals() -> impl Strategy<Value = Vec<(BTreeSet<u128>, bool)>> {
    prop::collection::vec((prop::collection::btree_set(0..7u128, 1..3), prop::bool::weighted(0.2)), 1..9)
}

proptest! {
    #[test]
    fn r10_never_two_dependent_ones_never_over_the_limit_never_overtaken_and_all_of_them_end(
        uses in graph(), arrivals in arrivals(), limit in 1u32..4, ends in prop::collection::vec(any::<prop::sample::Index>(), 60),
    ) {
        let mut queue: Vec<InQueue> = Vec::new();
        for (n, (changes, parked)) in arrivals.iter().enumerate() {
            let stage = if *parked { Stage::Parked } else { Stage::Waits };
            queue.push(queued(n as u128, stage, &changes.iter().copied().collect::<Vec<_>>(), &uses));
        }
        let clash = |one: &InQueue, other: &InQueue| {
            let mut pairs = one.changes.iter().flat_map(|a| other.changes.iter().map(move |b| (*a, *b)));
            pairs.any(|(a, b)| a == b || leads(a, b, &uses, 7) || leads(b, a, &uses, 7))
        };
        for end in ends {
            // Everything that may begin does, one after the other, as the engine claims.
            while let Some(place) = turns(&queue, limit).iter().position(|turn| *turn == Turn::Next) {
                for other in &queue[..place] {
                    prop_assert!(!clash(other, &queue[place]), "it overtook what it depends on");
                }
                queue[place].stage = Stage::Runs;
            }
            let running: Vec<_> = queue.iter().filter(|each| each.stage == Stage::Runs).collect();
            prop_assert!(running.len() <= limit as usize);
            for (n, one) in running.iter().enumerate() {
                prop_assert!(running[n + 1..].iter().all(|other| !clash(one, other)), "two dependent ones run");
            }
            if queue.is_empty() {
                break;
            }
            if running.is_empty() {
                // Only what is parked keeps others waiting when nothing runs.
                prop_assert!(queue.iter().any(|each| each.stage == Stage::Parked));
                queue.iter_mut().for_each(|each| each.stage = Stage::Waits);
                continue;
            }
            let ended = running[end.index(running.len())].id;
            queue.retain(|each| each.id != ended);
        }
        prop_assert!(queue.is_empty(), "somebody waits for ever");
    }
}
