//! What 10,000 decisions cost, beside bare look-ups in a hash map that holds the answers already.

use crate::{Failed, against};
use domain::access::{Actor, Narrower, Requirement, Right, Rights, RoleRights, Standing, WideRights, decide};
use domain::id::{ApplicationId, EnvironmentId, InfrastructureId, UserId};
use std::collections::{BTreeMap, HashMap};
use std::hint::black_box;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Decisions in one round.
const DECISIONS: u32 = 10_000;
/// Applications with a narrower role, which is the dear case.
const APPLICATIONS: u128 = 500;
const ENVIRONMENTS: u128 = 4;
/// Rounds; the fastest one counts, since everything else on the machine only makes one slower.
const ROUNDS: usize = 50;
/// The share of a bare look-up's speed that a decision should keep: it looks up four times, and builds the refusal.
const LIMIT: f64 = 0.1;

/// Measures and prints.
pub fn measure() -> Result<(), Failed> {
    let user = Actor::User { user: UserId(Uuid::from_u128(1)) };
    let standing = standing();
    let questions: Vec<(ApplicationId, EnvironmentId, Right)> = (0..u128::from(DECISIONS))
        .map(|n| {
            let right = Right::ALL[usize::try_from(n % 10).unwrap_or_default()];
            (
                ApplicationId(Uuid::from_u128(n * 7 % APPLICATIONS)),
                EnvironmentId(Uuid::from_u128(n % ENVIRONMENTS)),
                right,
            )
        })
        .collect();
    let needed: Vec<Requirement> =
        questions.iter().map(|(app, place, right)| Requirement::Application(*app, *place, *right)).collect();
    let answers: HashMap<(ApplicationId, EnvironmentId), Rights> = questions
        .iter()
        .map(|(app, place, _)| ((*app, *place), standing.effective(*app, *place).0))
        .collect();
    let yes = |answers: &HashMap<_, Rights>| {
        questions
            .iter()
            .filter(|(app, place, right)| answers.get(&(*app, *place)).is_some_and(|held| held.has(*right)))
            .count()
    };
    let decided = || {
        needed.iter().filter(|one| decide(user, Some(black_box(&standing)), black_box(one)).is_ok()).count()
    };
    if yes(&answers) != decided() {
        return Err("the decisions differ from the answers that they are compared with".into());
    }
    let bare = fastest(|| yes(black_box(&answers)));
    let ours = fastest(decided);
    println!(
        "Decisions: {DECISIONS} about {APPLICATIONS} applications with narrower roles in {ENVIRONMENTS} environments"
    );
    println!("  {:<44} {bare:>9.1?}", "bare look-ups of the answers in a hash map");
    let ratio = against(bare.as_secs_f64(), ours.as_secs_f64(), LIMIT);
    println!("  {:<44} {ours:>9.1?}   {ratio}", "domain::access::decide");
    Ok(())
}

/// How long the fastest of all rounds takes.
pub fn fastest(mut round: impl FnMut() -> usize) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        black_box(round());
        best = best.min(begun.elapsed());
    }
    best
}

/// A developer with a team's role on every application, and a grant on every second one.
fn standing() -> Standing {
    let role = |level: u8| RoleRights {
        environments: (0..ENVIRONMENTS)
            .map(|n| (EnvironmentId(Uuid::from_u128(n)), Rights::level(level.saturating_sub(n as u8))))
            .collect(),
        wide: WideRights::default(),
    };
    let narrower = |n: u128| Narrower { team: Some(role(5)), grant: n.is_multiple_of(2).then(|| role(4)) };
    Standing {
        infrastructure: InfrastructureId(Uuid::nil()),
        default: role(4),
        applications: (0..APPLICATIONS).map(|n| (ApplicationId(Uuid::from_u128(n)), narrower(n))).collect(),
        teams: BTreeMap::new(),
    }
}
