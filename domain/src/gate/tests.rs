use super::*;
use crate::deployment::OnFailure;
use crate::id::{ApplicationId, EnvironmentId};
use crate::plan::{Item, PlannedSetting, canonical};
use proptest::prelude::*;
use uuid::Uuid;

fn user(n: u8) -> UserId {
    UserId(Uuid::from_u128(u128::from(n)))
}

fn at(hours: i64) -> Timestamp {
    Timestamp(hours * HOUR)
}

fn digest() -> Sha256 {
    Sha256::of(b"plan")
}

fn subject() -> Subject {
    Subject {
        digest: digest(),
        authors: [user(0)].into(),
        before: "Test".to_owned(),
        rules: vec![],
        decisions: vec![],
        freezes: vec![],
        overridden: BTreeSet::new(),
        arrivals: vec![],
        results: vec![],
        schedule: None,
        started: None,
    }
}

fn rule(asks: Asks) -> Rule {
    Rule { id: GateId(Uuid::from_u128(9)), place: "Production".to_owned(), owner: "Quality".to_owned(), asks }
}

fn approvals(number: u32, people: u64, members: &[u8], hours: Option<u32>) -> Rule {
    let members = members.iter().copied().map(user).collect();
    rule(Asks::Approval { number, group: "Pilots".to_owned(), people, members, hours })
}

fn decision(who: u8, approves: bool, at_hours: i64) -> Decision {
    Decision {
        user: user(who),
        name: format!("P{who}"),
        approves,
        words: String::new(),
        digest: digest(),
        at: at(at_hours),
    }
}

fn freeze(n: u8, from: i64, until: i64) -> Freeze {
    Freeze {
        id: FreezeId(Uuid::from_u128(u128::from(n))),
        place: "Production".to_owned(),
        from: at(from),
        until: at(until),
        reason: "Month end".to_owned(),
        owner: "Finance".to_owned(),
    }
}

fn arrival(label: &str, since: Option<i64>) -> Arrival {
    Arrival { label: label.to_owned(), since: since.map(at) }
}

fn states(subject: &Subject, now: i64) -> Vec<(&'static str, State)> {
    subject.explain(at(now)).iter().map(|one| (one.rule, one.state)).collect()
}

#[test]
fn approvals_are_counted() {
    use State::{Met, Refuses};
    let with = |decisions: &[Decision], rule: Rule| {
        let subject = Subject { rules: vec![rule], decisions: decisions.to_vec(), ..subject() };
        let all = subject.explain(at(10));
        assert_eq!(all.len(), 1);
        all[0].clone()
    };
    let two = |hours| approvals(2, 5, &[0, 1, 2, 3], hours);
    let yes = |who| decision(who, true, 1);
    for (decisions, hours, state, short) in [
        (vec![], None, Refuses, "0 of 2"),
        (vec![yes(1)], None, Refuses, "1 of 2"),
        (vec![yes(1), yes(2)], None, Met, "2 of 2"),
        (vec![yes(1), yes(1)], None, Refuses, "1 of 2"),
        (vec![yes(0), yes(1)], None, Refuses, "1 of 2"),
        (vec![yes(8), yes(1)], None, Refuses, "1 of 2"),
        (vec![yes(1), yes(2), decision(3, false, 2)], None, Refuses, "2 of 2"),
        (vec![yes(1), yes(2), decision(3, false, 2), decision(3, true, 3)], None, Met, "3 of 2"),
        (vec![yes(1), yes(2), decision(2, false, 3)], None, Refuses, "1 of 2"),
        (vec![yes(1), yes(2)], Some(9), Refuses, "0 of 2"),
        (vec![yes(1), yes(2)], Some(10), Met, "2 of 2"),
        (vec![Decision { digest: Sha256::of(b"other"), ..yes(1) }, yes(2)], None, Refuses, "1 of 2"),
    ] {
        let answer = with(&decisions, two(hours));
        assert_eq!((answer.state, answer.short.as_str()), (state, short), "{decisions:?}");
        assert_eq!(answer.until, None);
    }
    let said =
        with(&[Decision { words: "Not in the season".to_owned(), ..decision(1, false, 2) }], two(None));
    assert_eq!(said.sentence, "2 approvals of Pilots for Production. P1 rejected it: Not in the season.");
    let alone = with(&[], approvals(1, 1, &[0], None));
    assert!(
        alone.sentence.ends_with("It cannot be reached: Pilots has besides its authors nobody."),
        "{}",
        alone.sentence
    );
    let void = with(&[Decision { digest: Sha256::of(b"other"), ..yes(1) }], two(None));
    assert!(void.sentence.ends_with("What was approved was the plan as it was before."), "{}", void.sentence);
}

#[test]
fn what_was_approved_at_the_start_stays_so_while_a_run_is_parked() {
    let rule = approvals(1, 3, &[1], Some(2));
    let one = Subject { rules: vec![rule], decisions: vec![decision(1, true, 1)], ..subject() };
    assert_eq!(states(&one, 2), [("approval", State::Met)]);
    assert_eq!(states(&one, 3), [("approval", State::Refuses)]);
    let started = Subject { started: Some(at(2)), freezes: vec![freeze(1, 2, 50)], ..one.clone() };
    assert_eq!(states(&started, 40), [("approval", State::Met), ("freeze", State::Parks)]);
    // One that was chosen for later is approved as it is then.
    let schedule = Some(Schedule { at: at(5), until: at(9) });
    let later = Subject { schedule, ..one.clone() };
    assert_eq!(states(&later, 2), [("schedule", State::Parks), ("approval", State::Refuses)]);
    let later = Subject { schedule, started: Some(at(2)), ..one };
    assert_eq!(states(&later, 6), [("approval", State::Parks)]);
}

#[test]
fn versions_soak_in_the_stage_before() {
    let with = |arrivals: &[Arrival], now| {
        let rules = vec![rule(Asks::Soak { hours: 24 })];
        Subject { rules, arrivals: arrivals.to_vec(), ..subject() }.explain(at(now))[0].clone()
    };
    let (old, new) = (arrival("Tides 1.0.0", Some(0)), arrival("Desk 2.0.0", Some(10)));
    let open = with(&[old.clone(), new.clone()], 30);
    assert_eq!((open.state, open.until), (State::Refuses, Some(at(34))));
    assert_eq!(
        open.sentence,
        "24 hours in Test before Production: Desk 2.0.0 has not run there so long yet."
    );
    assert_eq!(with(&[old.clone(), new.clone()], 34).state, State::Met);
    assert_eq!(with(&[], 0).state, State::Met);
    let gone = with(&[old, arrival("Desk 2.0.0", None)], 99);
    assert_eq!((gone.state, gone.until), (State::Refuses, None));
    assert!(gone.sentence.ends_with("Desk 2.0.0 does not run there now."), "{}", gone.sentence);
    let started = Subject {
        rules: vec![rule(Asks::Soak { hours: 24 })],
        arrivals: vec![new],
        started: Some(at(11)),
        ..subject()
    };
    assert_eq!(started.explain(at(12)), [], "it was asked at the start");
}

#[test]
fn the_last_result_of_a_test_counts() {
    let asks = || rule(Asks::Verification { name: "smoke".to_owned(), address: None });
    let gate = asks().id;
    let result = |label: &str, passed, hours| TestResult {
        label: label.to_owned(),
        gate,
        passed,
        detail: String::new(),
        by: "CI".to_owned(),
        at: at(hours),
    };
    let with = |results: Vec<TestResult>| {
        let rules = vec![asks()];
        let arrivals = vec![arrival("Tides 1.0.0", Some(0))];
        Subject { rules, arrivals, results, ..subject() }.explain(at(9))[0].clone()
    };
    for (results, state, ending) in [
        (vec![], State::Refuses, "no result of Tides 1.0.0 yet."),
        (vec![result("Tides 1.0.0", true, 1)], State::Met, "passed, reported by CI."),
        (vec![result("Tides 0.9.0", true, 1)], State::Refuses, "no result of Tides 1.0.0 yet."),
        (
            vec![result("Tides 1.0.0", true, 1), result("Tides 1.0.0", false, 2)],
            State::Refuses,
            "Tides 1.0.0 failed.",
        ),
        (vec![result("Tides 1.0.0", false, 1), result("Tides 1.0.0", true, 2)], State::Met, "by CI."),
    ] {
        let answer = with(results);
        assert_eq!(answer.state, state, "{}", answer.sentence);
        assert!(answer.sentence.ends_with(ending), "{}", answer.sentence);
    }
}

#[test]
fn what_the_console_found_is_told_and_who_can_ask_again() {
    let address = "https://dev.example/{application}".parse().ok();
    let asks = rule(Asks::Verification { name: "up".to_owned(), address });
    let found = |passed, detail: &str| TestResult {
        label: "Tides 1.0.0".to_owned(),
        gate: asks.id,
        passed,
        detail: detail.to_owned(),
        by: "the console".to_owned(),
        at: at(1),
    };
    let with = |results: Vec<TestResult>| {
        let arrivals = vec![arrival("Tides 1.0.0", Some(0))];
        Subject { rules: vec![asks.clone()], arrivals, results, ..subject() }.explain(at(9))[0].clone()
    };
    let open = with(vec![]);
    assert!(open.lifted_by.starts_with("The console checks it when somebody asks"), "{}", open.lifted_by);
    let bad = with(vec![found(false, "It answered with status 503.")]);
    assert_eq!(bad.state, State::Refuses);
    assert!(bad.sentence.ends_with("Tides 1.0.0 failed. It answered with status 503."), "{}", bad.sentence);
    let good = with(vec![found(true, "It answered with status 200.")]);
    assert_eq!(good.state, State::Met);
    assert!(good.sentence.ends_with("passed, checked by the console."), "{}", good.sentence);
}

#[test]
fn a_freeze_parks_until_it_ends_or_is_overridden() {
    let one = Subject { freezes: vec![freeze(1, 10, 20)], ..subject() };
    for (now, held) in [(9, false), (10, true), (19, true), (20, false)] {
        assert_eq!(!one.holds(at(now)).is_empty(), held, "{now}");
    }
    let hold = one.holds(at(10)).remove(0);
    assert_eq!((hold.state, hold.until), (State::Parks, Some(at(20))));
    assert_eq!(hold.sentence, "Production stands still: Month end.");
    let over = Subject { overridden: [freeze(1, 0, 0).id].into(), ..one.clone() };
    assert_eq!(over.holds(at(12)), []);
    assert_eq!(states(&over, 12), [("freeze", State::Met)]);
    let another = Subject { freezes: vec![freeze(1, 10, 20), freeze(2, 18, 30)], ..over };
    assert_eq!(another.earliest(at(19)), at(30), "another one holds all the same");
}

#[test]
fn the_earliest_time_is_after_every_freeze_in_a_row() {
    let freezes = vec![freeze(1, 0, 10), freeze(2, 10, 20), freeze(3, 40, 50)];
    let one = Subject { freezes, ..subject() };
    assert_eq!(one.earliest(at(5)), at(20));
    assert_eq!(one.earliest(at(30)), at(30));
    let soaks = Subject {
        rules: vec![rule(Asks::Soak { hours: 42 })],
        arrivals: vec![arrival("Tides 1.0.0", Some(0))],
        ..one.clone()
    };
    assert_eq!(soaks.earliest(at(5)), at(50), "the soak time ends within the last freeze");
    let later = Subject { schedule: Some(Schedule { at: at(45), until: at(60) }), ..one };
    assert_eq!(later.earliest(at(5)), at(50));
}

#[test]
fn a_start_for_later_is_bounded() {
    let new = |at_hours, until_hours| {
        Schedule::new(at(100), at(at_hours), at(until_hours)).map_err(|(field, _)| field)
    };
    assert_eq!(new(101, 102), Ok(Schedule { at: at(101), until: at(102) }));
    for (start, end, field) in [
        (100, 101, "at"),
        (99, 101, "at"),
        (100 + 91 * 24, 9_999, "at"),
        (101, 101, "until"),
        (101, 9_999, "until"),
    ] {
        assert_eq!(new(start, end), Err(field), "{start} {end}");
    }
}

#[test]
fn a_number_that_nobody_reaches_is_refused_with_the_number_of_people() {
    assert!(reachable(2, "Pilots", 2).is_ok());
    let refused = reachable(2, "Pilots", 1).unwrap_err();
    assert_eq!(refused.0, "2 approvals can never be reached: Pilots has 1 person who can sign in.");
    assert!(reachable(1, "Pilots", 0).unwrap_err().0.contains("Pilots has nobody"));
}

#[test]
fn kinds_have_words() {
    for kind in Kind::ALL {
        assert_eq!(kind.word().parse::<Kind>(), Ok(kind));
    }
    assert!("play".parse::<Kind>().is_err());
}

#[test]
fn what_changed_is_told() {
    let place = |n: u128| EnvironmentId(Uuid::from_u128(n));
    let item = |key: &str, before: Option<&str>, after: Option<&str>, number: Option<&str>| Item {
        application: ApplicationId(Uuid::from_u128(5)),
        key: key.parse().unwrap(),
        before: before.map(|text| Sha256::of(text.as_bytes())),
        after: after.map(|text| Sha256::of(text.as_bytes())),
        number: number.map(|text| text.parse().unwrap()),
        tag: false,
        zone: None,
    };
    let form = |items: &[Item]| canonical(Some(place(1)), place(2), items, &[], OnFailure::RollBack);
    let one = |before: Item, after: Item| difference(&form(&[before]), &form(&[after]));
    let desk = || item("desk", Some("a"), Some("b"), Some("1.0.0"));
    assert_eq!(one(desk(), desk()), [] as [&str; 0]);
    assert_eq!(
        one(desk(), item("desk", Some("a"), Some("c"), Some("1.1.0"))),
        ["desk is 1.1.0 instead of 1.0.0."]
    );
    assert_eq!(
        one(desk(), item("desk", Some("a"), Some("c"), Some("1.0.0"))),
        ["desk 1.0.0 has another content."]
    );
    assert_eq!(
        one(desk(), item("desk", Some("x"), Some("b"), Some("1.0.0"))),
        ["What the target runs of desk is another."]
    );
    assert_eq!(
        one(desk(), item("desk", Some("a"), None, None)),
        ["desk is taken out instead of brought as 1.0.0."]
    );
    let zone = Item { zone: Some("inside".parse().unwrap()), ..desk() };
    assert_eq!(one(desk(), zone), ["desk goes to another deployment zone: inside."]);
    let both = form(&[desk(), item("till", None, Some("t"), Some("2.0.0"))]);
    assert_eq!(difference(&form(&[desk()]), &both), ["till 2.0.0 came into the plan."]);
    assert_eq!(difference(&both, &form(&[desk()])), ["till left the plan."]);
    let elsewhere = canonical(Some(place(1)), place(3), &[desk()], &[], OnFailure::RollBack);
    assert_eq!(difference(&form(&[desk()]), &elsewhere), ["What goes with it changed too."]);
}

#[test]
fn what_changed_of_settings_is_told_and_no_secret() {
    let set = |before: &str, after: &str| PlannedSetting {
        application: "desk".parse().unwrap(),
        key: "mood".parse().unwrap(),
        before: before.to_owned(),
        after: after.to_owned(),
    };
    let form = |settings: &[PlannedSetting]| {
        let place = |n| EnvironmentId(Uuid::from_u128(n));
        canonical(Some(place(1)), place(2), &[], settings, OnFailure::RollBack)
    };
    let one = |before: PlannedSetting, after: PlannedSetting| difference(&form(&[before]), &form(&[after]));
    assert_eq!(one(set("-", "\"a b\""), set("-", "\"a b\"")), [] as [&str; 0]);
    assert_eq!(
        one(set("-", "\"a b\""), set("-", "\"c\"")),
        ["The plan sets mood of desk to “c” instead of “a b”."]
    );
    assert_eq!(
        one(set("-", "secret 12"), set("-", "secret 34")),
        ["The plan sets another secret mood of desk."]
    );
    assert_eq!(
        one(set("-", "\"c\""), set("\"x\"", "\"c\"")),
        ["What the target has of mood of desk is another value."]
    );
    let some = form(&[set("-", "secret 12")]);
    assert_eq!(difference(&form(&[]), &some), ["mood of desk is set with the plan now: a secret."]);
    assert_eq!(difference(&some, &form(&[])), ["mood of desk is not set with the plan any more."]);
}

fn any_decision() -> impl Strategy<Value = Decision> {
    (0u8..6, any::<bool>(), 0i64..50, any::<bool>()).prop_map(|(who, approves, hours, same)| Decision {
        digest: if same { digest() } else { Sha256::of(b"other") },
        ..decision(who, approves, hours)
    })
}

fn any_subject() -> impl Strategy<Value = Subject> {
    let freezes = prop::collection::vec((0i64..80, 1i64..20), 0..5);
    let arrivals = prop::collection::vec(prop::option::of(0i64..50), 0..3);
    (prop::collection::vec(any_decision(), 0..12), freezes, arrivals, 1u32..4, prop::option::of(1u32..30))
        .prop_map(|(mut decisions, freezes, arrivals, number, hours)| {
            decisions.sort_by_key(|one| one.at);
            let windows = freezes.into_iter().zip(1u8..);
            Subject {
                rules: vec![approvals(number, 9, &[0, 1, 2, 3], hours), rule(Asks::Soak { hours: 12 })],
                decisions,
                freezes: windows.map(|((from, length), n)| freeze(n, from, from + length)).collect(),
                arrivals: arrivals.into_iter().map(|since| arrival("Tides 1.0.0", since)).collect(),
                ..subject()
            }
        })
}

proptest! {
    /// An author's word, one of somebody outside the group, and one about another digest change nothing but what is told of them.
    #[test]
    fn only_other_members_words_about_this_digest_count(one in any_subject(), now in 0i64..120) {
        let counts = |decision: &Decision| decision.digest == digest() && (1..=3).any(|n| decision.user == user(n));
        let mut bare = one.clone();
        bare.decisions.retain(counts);
        prop_assert_eq!(states(&one, now), states(&bare, now));
        let told = |subject: &Subject| subject.explain(at(now)).into_iter().map(|one| one.short).collect::<Vec<_>>();
        prop_assert_eq!(told(&one), told(&bare));
    }

    /// A hold that names its end lasts until then, and not a moment longer, as long as nothing but time changes.
    #[test]
    fn what_ends_by_itself_ends_when_it_said(one in any_subject(), now in 0i64..120) {
        for hold in one.holds(at(now)) {
            let Some(until) = hold.until else { continue };
            prop_assert!(until > at(now));
            let same = |other: &&Answer| (other.rule, other.gate, other.freeze) == (hold.rule, hold.gate, hold.freeze);
            let just_before = one.holds(until.plus(-1));
            prop_assert!(just_before.iter().any(|other| same(&other)), "{:?} ended early", hold);
            let then = one.holds(until);
            prop_assert!(!then.iter().any(|other| same(&other)), "{:?} lasts longer", hold);
        }
    }

    /// At the earliest time nothing holds any more that ends by itself, and at any time before something does.
    #[test]
    fn the_earliest_time_is_the_first_that_is_free(one in any_subject(), now in 0i64..120) {
        let earliest = one.earliest(at(now));
        let ending = |when: Timestamp| one.holds(when).into_iter().any(|hold| hold.until.is_some());
        prop_assert!(earliest >= at(now) && !ending(earliest));
        prop_assert!(earliest == at(now) || ending(earliest.plus(-1)));
        prop_assert_eq!(one.earliest(earliest), earliest);
    }
}

fn freeze_of(place: &str, from: i64, until: i64) -> Freeze {
    Freeze {
        id: FreezeId(Uuid::from_u128(7)),
        place: place.to_owned(),
        from: at(from),
        until: at(until),
        reason: "The books are closed".to_owned(),
        owner: "Ada".to_owned(),
    }
}

#[test]
fn a_forecast_goes_stage_by_stage_and_says_why_not_before() {
    let plan = Subject {
        rules: vec![approvals(1, 3, &[], None)],
        freezes: vec![freeze_of("Acceptance", 0, 2), freeze_of("Acceptance", 2, 3)],
        ..subject()
    };
    let production = Ahead {
        name: "Production".to_owned(),
        soaks: vec![12, 24],
        asks: vec!["2 approvals of Pilots".to_owned()],
        // It is in the middle of the second freeze that the soak time is over; the third comes right after it.
        freezes: vec![
            freeze_of("Production", 1, 5),
            freeze_of("Production", 20, 30),
            freeze_of("Production", 30, 31),
        ],
        usually: None,
    };
    let last = Ahead { name: "Archive".to_owned(), usually: Some(HOUR), ..Ahead::default() };
    let all = forecast(&plan, "Acceptance", Some(HOUR), &[production, last], Timestamp(0));
    let told = |n: usize| (all[n].name.as_str(), all[n].begins, all[n].there, all[n].known);
    assert_eq!(told(0), ("Acceptance", at(3), at(4), true), "two freezes after another, then an hour");
    assert_eq!(all[0].because, ["Acceptance stands still: The books are closed."]);
    assert_eq!(all[0].needs.len(), 1, "the approval has no end of its own: {:?}", all[0].needs);
    assert_eq!(told(1), ("Production", at(31), at(31), false));
    assert_eq!(
        all[1].because,
        [
            "It soaks in Acceptance for 24 hours.",
            "Production stands still: The books are closed.",
            "Production stands still: The books are closed."
        ]
    );
    assert_eq!(all[1].needs, ["2 approvals of Pilots."]);
    assert_eq!(told(2), ("Archive", at(31), at(32), true));
    assert!(all[2].because.is_empty() && all[2].needs.is_empty());
}

proptest! {
    #[test]
    fn no_stage_of_a_forecast_begins_in_a_freeze_or_before_the_one_before_it(
        freezes in prop::collection::vec((0i64..60, 1i64..40), 0..6), soak in 0u32..50, takes in 0i64..4, now in 0i64..50
    ) {
        let freezes: Vec<Freeze> = freezes.into_iter().map(|(from, long)| freeze_of("All", from, from + long)).collect();
        let plan = Subject { freezes: freezes.clone(), ..subject() };
        let stage = Ahead { name: "Next".to_owned(), soaks: vec![soak], freezes: freezes.clone(), ..Ahead::default() };
        let all = forecast(&plan, "First", Some(takes * HOUR), &[stage.clone(), stage], at(now));
        prop_assert_eq!(all.len(), 3);
        prop_assert!(all[0].begins >= at(now));
        for pair in all.windows(2) {
            prop_assert!(pair[1].begins >= pair[0].there.plus(i64::from(soak) * HOUR));
        }
        for each in &all {
            prop_assert!(freezes.iter().all(|freeze| !freeze.is_on(each.begins)));
        }
    }
}
