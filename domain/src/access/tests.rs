use super::*;
use crate::environment::Purpose;
use crate::id::{ApplicationId, EnvironmentId, InfrastructureId, ServerId, UserId};
use proptest::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

const ENV: EnvironmentId = EnvironmentId(Uuid::from_u128(1));
const APP: ApplicationId = ApplicationId(Uuid::from_u128(2));
const INFRA: InfrastructureId = InfrastructureId(Uuid::from_u128(3));
const USER: Actor = Actor::User { user: UserId(Uuid::from_u128(4)) };

fn role(rights: Rights) -> RoleRights {
    RoleRights { environments: BTreeMap::from([(ENV, rights)]), wide: WideRights::default() }
}

fn standing(default: Rights, team: Option<Rights>, grant: Option<Rights>) -> Standing {
    let narrower = Narrower { team: team.map(role), grant: grant.map(role) };
    Standing {
        infrastructure: INFRA,
        default: role(default),
        applications: BTreeMap::from([(APP, narrower)]),
        teams: BTreeMap::new(),
    }
}

#[test]
fn only_a_permission_to_try_is_a_rehearsal() {
    let requirement = Requirement::Anyone;
    let permitted = decide(USER, None, &requirement).unwrap();
    assert!(!permitted.is_rehearsal());
    let to_try = permitted.only_to_try();
    assert!(to_try.is_rehearsal());
    assert_eq!(to_try.actor(), USER);
}

#[test]
fn words_of_levels_and_of_changes() {
    let names = [
        "No Access",
        "Access",
        "List Applications",
        "Monitor and Add Dependencies",
        "Open and Debug",
        "Change and Deploy",
        "Full Control",
        "Full Control",
    ];
    for (level, name) in (0..).zip(names) {
        assert_eq!(Rights::level_name(level), name);
    }
    let (none, list, monitor) = (Rights::NONE, Rights::level(2), Rights::level(3));
    assert_eq!(none.words(), "nothing");
    assert_eq!(none.difference(none), "stays the same");
    let more = Right::Monitor.words();
    assert!(list.difference(monitor).starts_with("gains ") && list.difference(monitor).contains(more));
    assert!(monitor.difference(list).starts_with("loses ") && monitor.difference(list).contains(more));
    let (change, deploy) = (Rights::of(&[Right::Change]), Rights::of(&[Right::Deploy]));
    let both = format!("gains {}; loses {}", Right::Deploy.words(), Right::Change.words());
    assert_eq!(change.difference(deploy), both);
}

#[test]
fn infrastructure_wide_rights_are_stored_as_bits() {
    let bits = WideRight::ALL.map(|right| WideRights::of(&[right]).bits());
    assert_eq!(bits, [3, 2, 4, 8, 16, 32, 64], "R29: who manages the infrastructure manages teams");
    let known = WideRight::ALL.iter().fold(0, |set, right| set | i64::from(*right as u32));
    for bits in 0..256 {
        let set = WideRights::from_bits(bits);
        let bits = bits & known;
        assert_eq!(set.bits(), if bits & 1 == 1 { bits | 2 } else { bits });
        assert_eq!(WideRights::from_bits(bits | 1 << 20), set, "bits without a meaning are no right");
        assert_eq!(set.is_empty(), bits == 0);
        assert_eq!(set.iter().count() as u32, set.bits().count_ones());
    }
    let words = WideRight::ALL.map(WideRight::words);
    assert_eq!(
        words,
        [
            "Manage Infrastructure and Users",
            "Manage Teams and Application Roles",
            "Read Audit",
            "Promote Outside Pipelines",
            "Override Freezes",
            "Continue with Errors",
            "Deploy Lower Versions"
        ]
    );
}

#[test]
fn levels_are_nested() {
    for level in 0..6 {
        assert!(Rights::level(level).within(Rights::level(level + 1)));
    }
    assert_eq!(Rights::level(0), Rights::NONE);
    assert!(!Rights::level(4).has(Right::Change));
    assert!(!Rights::level(6).has(Right::CreateApplications), "toggles stand beside the levels");
}

#[test]
fn r26_the_most_specific_role_replaces_even_where_it_gives_less() {
    let (full, list) = (Rights::level(5), Rights::level(2));
    assert_eq!(standing(full, Some(list), None).effective(APP, ENV), (list, Source::Team));
    assert_eq!(standing(list, Some(list), Some(full)).effective(APP, ENV), (full, Source::Grant));
    assert_eq!(
        standing(full, Some(full), Some(Rights::NONE)).effective(APP, ENV),
        (Rights::NONE, Source::Grant)
    );
}

#[test]
fn r27_default_no_access_closes_the_environment() {
    let closed = standing(Rights::NONE, Some(Rights::level(6)), Some(Rights::level(6)));
    assert_eq!(closed.effective(APP, ENV), (Rights::NONE, Source::Closed));
    let denied = decide(USER, Some(&closed), &Requirement::Application(APP, ENV, Right::List)).unwrap_err();
    assert_eq!((denied.rule, denied.hidden), (Rule::ClosedEnvironment, true));
}

#[test]
fn narrower_roles_are_capped() {
    let held = |grant| standing(Rights::level(2), None, Some(grant)).effective(APP, ENV).0;
    assert_eq!(held(Rights::level(6)), Rights::level(5));
    assert_eq!(held(Rights::level(1)), Rights::NONE);
    assert_eq!(held(Rights::level(2)), Rights::level(2));
}

#[test]
fn r29_managing_infrastructure_includes_teams() {
    assert!(WideRights::of(&[WideRight::ManageInfrastructure]).has(WideRight::ManageTeams));
    assert!(!WideRights::of(&[WideRight::ReadAudit]).has(WideRight::ManageTeams));
}

#[test]
fn actors_without_a_role_get_only_what_is_theirs() {
    let all = standing(Rights::of(&Right::ALL), None, None);
    let deploy = Requirement::Application(APP, ENV, Right::Deploy);
    let server = Actor::PlatformServer { server: ServerId(Uuid::nil()), environment: ENV };
    assert_eq!(decide(Actor::Anonymous, Some(&all), &deploy).unwrap_err().rule, Rule::SignIn);
    assert_eq!(decide(server, Some(&all), &deploy).unwrap_err().rule, Rule::SignIn);
    assert_eq!(decide(Actor::Console, Some(&all), &deploy).unwrap_err().rule, Rule::SignIn);
    assert_eq!(decide(USER, None, &deploy).unwrap_err().rule, Rule::NoRole);
    assert!(decide(Actor::LocalOperator, None, &deploy).is_ok());
    assert!(decide(server, None, &Requirement::ServerOf(ENV)).is_ok());
    let other = Requirement::ServerOf(EnvironmentId(Uuid::from_u128(9)));
    assert_eq!(decide(server, None, &other).unwrap_err().rule, Rule::OtherEnvironment);
    assert_eq!(decide(USER, Some(&all), &Requirement::ServerOf(ENV)).unwrap_err().rule, Rule::NotAServer);
    assert_eq!(decide(USER, Some(&all), &Requirement::Engine).unwrap_err().rule, Rule::NotTheEngine);
    assert_eq!(decide(USER, Some(&all), &Requirement::Local).unwrap_err().rule, Rule::NotLocal);
    assert!(decide(Actor::Anonymous, None, &Requirement::All(vec![])).is_err());
}

#[test]
fn built_in_roles() {
    for purpose in Purpose::ALL {
        assert_eq!(BuiltInRole::Administrator.rights(purpose), Rights::of(&Right::ALL));
        assert!(BuiltInRole::ReleaseManager.rights(purpose).has(Right::Deploy));
        assert!(!BuiltInRole::ReleaseManager.rights(purpose).has(Right::Change));
        assert_eq!(BuiltInRole::Reader.rights(purpose), Rights::level(2));
    }
    assert!(BuiltInRole::Developer.rights(Purpose::Test).has(Right::Deploy));
    assert!(!BuiltInRole::Developer.rights(Purpose::Production).has(Right::Deploy));
}

#[test]
fn r26_removing_a_grant_may_permit() {
    let wanted = Requirement::Application(APP, ENV, Right::Deploy);
    let held = standing(Rights::level(5), None, Some(Rights::level(2)));
    assert!(decide(USER, Some(&held), &wanted).is_err());
    assert!(decide(USER, Some(&standing(Rights::level(5), None, None)), &wanted).is_ok());
}

#[test]
fn levels_and_words() {
    for level in 0..=6 {
        assert_eq!(Rights::level(level).level_of(), level);
        assert_eq!(Rights::level(level).described(), Rights::level_name(level));
    }
    let open = Rights::level(4);
    let deploys = open.with(Rights::of(&[Right::Deploy]));
    assert_eq!((deploys.level_of(), deploys.described()), (4, "Open and Debug, with Deploy".to_owned()));
    assert_eq!(Rights::of(&[Right::Deploy]).level_of(), 0, "a level needs all below it");
    assert_eq!(
        Rights::of(&[Right::Change, Right::Deploy, Right::List]).words(),
        "List Applications, Change and Deploy"
    );
    assert_eq!(Rights::NONE.words(), "nothing");
    assert_eq!(open.difference(deploys), "gains Deploy");
    assert_eq!(deploys.difference(open), "loses Deploy");
    assert_eq!(open.difference(open), "stays the same");
    let other = Rights::level(3).with(Rights::of(&[Right::Change]));
    assert_eq!(deploys.difference(other), "gains Change; loses Open and Debug and Deploy");
    assert_eq!(WideRights::of(&[WideRight::ReadAudit]).words(), "Read Audit");
    assert_eq!(WideRights::default().words(), "nothing");
}

fn any_rights() -> impl Strategy<Value = Rights> {
    (0i64..1024).prop_map(Rights::from_bits)
}

proptest! {
    /// Design 6: lowering a right inside a role never turns a refusal into a yes.
    #[test]
    fn lowering_never_permits(
        default in any_rights(),
        team in proptest::option::of(any_rights()),
        grant in proptest::option::of(any_rights()),
        drop in any_rights(),
        which in 0..3,
        right in 0usize..10,
    ) {
        let before = standing(default, team, grant);
        let after = match which {
            0 => standing(default.without(drop), team, grant),
            1 => standing(default, team.map(|r| r.without(drop)), grant),
            _ => standing(default, team, grant.map(|r| r.without(drop))),
        };
        for wanted in [Requirement::Application(APP, ENV, Right::ALL[right]), Requirement::Environment(ENV, Right::ALL[right])] {
            if decide(USER, Some(&before), &wanted).is_err() {
                prop_assert!(decide(USER, Some(&after), &wanted).is_err());
            }
        }
    }

    /// Design 6: lowering a toggle inside a role takes that toggle and nothing else.
    #[test]
    fn lowering_a_toggle_takes_that_toggle_alone(
        default in any_rights(),
        team in proptest::option::of(any_rights()),
        grant in proptest::option::of(any_rights()),
        toggle in prop_oneof![Just(Right::CreateApplications), Just(Right::AddSystemDependencies)],
        right in 0usize..10,
    ) {
        // An environment that has nothing but the toggle would be closed by taking it, which is more than the toggle.
        let (kept, wanted) = (default.with(Rights::level(1)), Right::ALL[right]);
        let dropped = Rights::of(&[toggle]);
        let before = standing(kept, team, grant);
        let after = standing(kept.without(dropped), team.map(|r| r.without(dropped)), grant.map(|r| r.without(dropped)));
        let application = |held: &Standing| decide(USER, Some(held), &Requirement::Application(APP, ENV, wanted)).is_ok();
        let environment = |held: &Standing| decide(USER, Some(held), &Requirement::Environment(ENV, wanted)).is_ok();
        if wanted == toggle {
            prop_assert!(!application(&after) && !environment(&after));
        } else if grant.or(team).is_none_or(|r| r.narrowed().without(dropped) == r.without(dropped).narrowed()) {
            prop_assert_eq!((application(&before), environment(&before)), (application(&after), environment(&after)));
        }
    }

    /// R26: a grant replaces. Taking it away leaves what team or default role give, which may be more.
    #[test]
    fn r26_taking_a_grant_away_leaves_the_next_role(
        default in any_rights(),
        team in proptest::option::of(any_rights()),
        grant in any_rights(),
        right in 0usize..10,
    ) {
        let wanted = Requirement::Application(APP, ENV, Right::ALL[right]);
        let left = standing(default, team, None);
        let next = if default == Rights::NONE { default } else { team.map_or(default, Rights::narrowed) };
        prop_assert_eq!(left.effective(APP, ENV).0, next);
        prop_assert_eq!(decide(USER, Some(&left), &wanted).is_ok(), next.has(Right::ALL[right]));
        // Whatever the grant withheld and the next role gives is permitted now, and was not before.
        let held = standing(default, team, Some(grant));
        if next.has(Right::ALL[right]) && !grant.has(Right::ALL[right]) {
            prop_assert!(decide(USER, Some(&held), &wanted).is_err());
        }
    }

    #[test]
    fn stored_sets_come_back(bits in any::<i64>()) {
        let set = Rights::from_bits(bits);
        prop_assert_eq!(Rights::from_bits(set.bits()), set);
        prop_assert_eq!(Rights::of(&set.iter().collect::<Vec<_>>()), set);
    }
}
