//! Delegation and preview.

use super::*;
use crate::environment::Purpose;
use crate::id::{ApplicationId, EnvironmentId, InfrastructureId, UserId};
use proptest::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

const DEV: EnvironmentId = EnvironmentId(Uuid::from_u128(1));
const PROD: EnvironmentId = EnvironmentId(Uuid::from_u128(2));
const APP: ApplicationId = ApplicationId(Uuid::from_u128(3));
const OTHER: ApplicationId = ApplicationId(Uuid::from_u128(4));
const INFRA: InfrastructureId = InfrastructureId(Uuid::from_u128(5));
const PLACES: [(EnvironmentId, Purpose); 2] = [(DEV, Purpose::Development), (PROD, Purpose::Production)];

fn role(dev: Rights, prod: Rights, wide: WideRights) -> RoleRights {
    RoleRights { environments: BTreeMap::from([(DEV, dev), (PROD, prod)]), wide }
}

fn holds(default: RoleRights) -> Standing {
    Standing { infrastructure: INFRA, default, applications: BTreeMap::new(), teams: BTreeMap::new() }
}

fn of(rights: &[Right]) -> Rights {
    Rights::of(rights)
}

#[test]
fn r28_what_one_holds_may_be_given_and_no_more() {
    let giver = holds(role(Rights::level(5), Rights::level(2), WideRights::of(&[WideRight::ManageTeams])));
    for (dev, prod) in [(5, 2), (0, 0), (4, 2)] {
        let role = role(Rights::level(dev), Rights::level(prod), WideRights::default());
        assert_eq!(may_give(Giver::User(&giver), &role), Ok(()));
    }
    let more = role(Rights::level(6), Rights::level(5), WideRights::of(&[WideRight::ManageInfrastructure]));
    let refused = may_give(Giver::User(&giver), &more).unwrap_err();
    let lacking = Rights::level(5).without(Rights::level(2));
    assert_eq!(refused.environments, [(DEV, of(&[Right::FullControl])), (PROD, lacking)]);
    assert_eq!(refused.wide.words(), "Manage Infrastructure and Users", "teams are held already");
    assert_eq!(may_give(Giver::LocalOperator, &more), Ok(()));
}

#[test]
fn r28_sets_are_compared_and_not_levels() {
    let deploys = role(Rights::level(4).with(of(&[Right::Deploy])), Rights::NONE, WideRights::default());
    let changes = role(Rights::level(4).with(of(&[Right::Change])), Rights::NONE, WideRights::default());
    assert_eq!(deploys.at(DEV).level_of(), changes.at(DEV).level_of());
    let refused = may_give(Giver::User(&holds(deploys)), &changes).unwrap_err();
    assert_eq!(refused.environments, [(DEV, of(&[Right::Change]))]);
    // A toggle is a right like any other.
    let plain = holds(role(Rights::level(6), Rights::NONE, WideRights::default()));
    let toggled = role(of(&[Right::CreateApplications]), Rights::NONE, WideRights::default());
    assert!(may_give(Giver::User(&plain), &toggled).is_err());
}

#[test]
fn r28_roles_on_single_applications_do_not_count_for_the_giver() {
    let full = role(Rights::level(5), Rights::level(5), WideRights::default());
    let mut giver = holds(role(Rights::level(2), Rights::level(2), WideRights::default()));
    giver.applications.insert(APP, Narrower { team: Some(full.clone()), grant: Some(full.clone()) });
    assert!(may_give(Giver::User(&giver), &full).is_err());
}

#[test]
fn r29_nobody_changes_their_own_role() {
    let (one, two) = (UserId(Uuid::from_u128(7)), UserId(Uuid::from_u128(8)));
    assert_eq!(not_oneself(Actor::User { user: one }, one), Err(OwnRole));
    assert_eq!(not_oneself(Actor::User { user: one }, two), Ok(()));
    assert_eq!(not_oneself(Actor::LocalOperator, one), Ok(()));
}

#[test]
fn a_preview_says_what_is_gained_and_lost_and_where() {
    let mut before = holds(role(Rights::level(5), Rights::level(2), WideRights::default()));
    let narrow = role(Rights::level(2), Rights::level(2), WideRights::default());
    before.applications.insert(APP, Narrower { team: None, grant: Some(narrow) });
    before.applications.insert(OTHER, Narrower::default());
    let mut after = before.clone();
    after.default = role(Rights::level(4), Rights::level(5), WideRights::of(&[WideRight::ReadAudit]));
    let rows = changes(&before, &after, &[DEV, PROD]);
    // The grant holds on the application, so nothing changes there; the one without a narrower role has no row of its own.
    assert_eq!(
        rows.iter().map(|row| (row.environment, row.application)).collect::<Vec<_>>(),
        [(DEV, None), (PROD, None)]
    );
    assert_eq!((rows[0].gained(), rows[0].lost()), (Rights::NONE, of(&[Right::Change, Right::Deploy])));
    assert_eq!(rows[1].gained(), Rights::level(5).without(Rights::level(2)));
    let (gained, lost) = wide_changes(&before, &after);
    assert_eq!((gained.words(), lost.is_empty()), ("Read Audit".to_owned(), true));
    assert!(opens(&before, &after, &PLACES));
    assert!(!opens(&after, &before, &PLACES), "losing opens nothing");
    assert!(!opens(&before, &after, &[(PROD, Purpose::Test)]));
}

#[test]
fn r26_a_preview_shows_that_taking_a_grant_away_gives_rights() {
    let mut before = holds(role(Rights::level(5), Rights::level(5), WideRights::default()));
    let after = before.clone();
    let narrow = role(Rights::level(2), Rights::level(2), WideRights::default());
    before.applications.insert(APP, Narrower { team: None, grant: Some(narrow) });
    let rows = changes(&before, &after, &[PROD]);
    assert_eq!((rows.len(), rows[0].application), (1, Some(APP)));
    assert!(rows[0].gained().has(Right::Deploy));
    assert!(opens(&before, &after, &PLACES));
}

#[test]
fn deploy_and_change_each_open_production() {
    let before = holds(role(Rights::NONE, Rights::level(4), WideRights::default()));
    for (rights, expected) in [
        (of(&[Right::Deploy]), true),
        (of(&[Right::Change]), true),
        (of(&[Right::CreateApplications, Right::FullControl]), false),
    ] {
        let after = holds(role(Rights::NONE, Rights::level(4).with(rights), WideRights::default()));
        assert_eq!(opens(&before, &after, &PLACES), expected, "{}", rights.words());
        assert!(!opens(&before, &after, &PLACES[..1]), "development is no production");
    }
}

fn any_rights() -> impl Strategy<Value = Rights> {
    (0i64..1024).prop_map(Rights::from_bits)
}

fn any_role() -> impl Strategy<Value = RoleRights> {
    (any_rights(), any_rights(), 0i64..8)
        .prop_map(|(dev, prod, wide)| role(dev, prod, WideRights::from_bits(wide)))
}

fn any_standing() -> impl Strategy<Value = Standing> {
    (any_role(), proptest::option::of(any_role()), proptest::option::of(any_role())).prop_map(
        |(default, team, grant)| {
            let mut standing = holds(default);
            if team.is_some() || grant.is_some() {
                standing.applications.insert(APP, Narrower { team, grant });
            }
            standing
        },
    )
}

proptest! {
    /// R28: whoever receives a role that may be given is permitted nothing that the giver is not.
    #[test]
    fn r28_a_receiver_is_never_permitted_more_than_the_giver(giver in any_role(), given in any_role()) {
        let (giver, receiver) = (holds(giver), holds(given.clone()));
        let actor = Actor::User { user: UserId(Uuid::nil()) };
        let mut wanted: Vec<_> = WideRight::ALL.into_iter().map(|right| Requirement::Wide(INFRA, right)).collect();
        for environment in [DEV, PROD] {
            wanted.extend(Right::ALL.into_iter().map(|right| Requirement::Environment(environment, right)));
        }
        let more = wanted.iter().any(|one| {
            decide(actor, Some(&receiver), one).is_ok() && decide(actor, Some(&giver), one).is_err()
        });
        prop_assert_eq!(may_give(Giver::User(&giver), &given).is_err(), more);
    }

    /// R28: what is refused names exactly what is missing. With it, the giver could give.
    #[test]
    fn r28_the_refusal_names_what_is_missing(giver in any_role(), given in any_role()) {
        let mut giver = holds(giver);
        if let Err(refused) = may_give(Giver::User(&giver), &given) {
            for (environment, rights) in refused.environments {
                prop_assert!(rights != Rights::NONE && rights.within(given.at(environment)));
                prop_assert!(giver.default.at(environment).without(rights) == giver.default.at(environment));
                let held = giver.default.at(environment).with(rights);
                giver.default.environments.insert(environment, held);
            }
            giver.default.wide = WideRights::from_bits(giver.default.wide.bits() | refused.wide.bits());
        }
        prop_assert_eq!(may_give(Giver::User(&giver), &given), Ok(()));
    }

    /// What a preview says is what happens.
    #[test]
    fn a_preview_says_everything_that_changes(before in any_standing(), after in any_standing()) {
        let rows = changes(&before, &after, &[DEV, PROD]);
        for environment in [DEV, PROD] {
            let row = |application| rows.iter().find(|r| r.environment == environment && r.application == application);
            let (held, will) = (before.default.at(environment), after.default.at(environment));
            let said = row(None).map_or(held, |row| held.without(row.lost()).with(row.gained()));
            prop_assert_eq!(said, will);
            let narrower = before.applications.contains_key(&APP) || after.applications.contains_key(&APP);
            let (held, will) = (before.effective(APP, environment).0, after.effective(APP, environment).0);
            let said = row(if narrower { Some(APP) } else { None });
            let said = said.map_or(held, |row| held.without(row.lost()).with(row.gained()));
            prop_assert_eq!(said, will);
        }
        prop_assert!(rows.iter().all(|row| row.gained() != Rights::NONE || row.lost() != Rights::NONE));
        prop_assert!(changes(&before, &before, &[DEV, PROD]).is_empty());
    }

    /// The level of a set lies within it, and the next one does not.
    #[test]
    fn a_level_is_the_highest_within(set in any_rights()) {
        let level = set.level_of();
        prop_assert!(Rights::level(level).within(set));
        prop_assert!(level == 6 || !Rights::level(level + 1).within(set));
        let toggles = Rights::of(&[Right::CreateApplications, Right::AddSystemDependencies]);
        prop_assert_eq!(set.without(toggles).level_of(), level);
    }
}
