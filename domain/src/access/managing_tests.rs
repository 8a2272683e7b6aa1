//! Refusals, managers of single teams, and what a change brings about.

use super::*;
use crate::environment::Purpose;
use crate::id::{ApplicationId, EnvironmentId, InfrastructureId, RoleId, ServerId, TeamId, UserId};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

const DEV: EnvironmentId = EnvironmentId(Uuid::from_u128(1));
const PROD: EnvironmentId = EnvironmentId(Uuid::from_u128(2));
const APP: ApplicationId = ApplicationId(Uuid::from_u128(3));
const INFRA: InfrastructureId = InfrastructureId(Uuid::from_u128(5));
const OTHER: InfrastructureId = InfrastructureId(Uuid::from_u128(6));
const TEAM: TeamId = TeamId(Uuid::from_u128(7));
const ELSEWHERE: TeamId = TeamId(Uuid::from_u128(8));
const USER: Actor = Actor::User { user: UserId(Uuid::from_u128(9)) };
const SERVER: Actor = Actor::PlatformServer { server: ServerId(Uuid::nil()), environment: PROD };
const PLACES: [(EnvironmentId, Purpose); 2] = [(DEV, Purpose::Development), (PROD, Purpose::Production)];

fn role(dev: Rights, prod: Rights, wide: &[WideRight]) -> RoleRights {
    RoleRights { environments: BTreeMap::from([(DEV, dev), (PROD, prod)]), wide: WideRights::of(wide) }
}

fn holds(default: RoleRights, team: Option<RoleRights>) -> Standing {
    let teams = team.into_iter().map(|role| (TEAM, role)).collect();
    Standing { infrastructure: INFRA, default, applications: BTreeMap::new(), teams }
}

/// The same with narrower roles on the application.
fn narrowed(default: RoleRights, team: Option<RoleRights>, grant: Option<RoleRights>) -> Standing {
    let mut standing = holds(default, None);
    if team.is_some() || grant.is_some() {
        standing.applications.insert(APP, Narrower { team, grant });
    }
    standing
}

/// Every kind of requirement, single and combined.
fn requirements() -> Vec<Requirement> {
    let mut all = vec![
        Requirement::Anyone,
        Requirement::SignedIn,
        Requirement::ServerOf(DEV),
        Requirement::ServerOf(PROD),
        Requirement::Engine,
        Requirement::Local,
        Requirement::Team(INFRA, TEAM),
        Requirement::Team(INFRA, ELSEWHERE),
        Requirement::Team(OTHER, TEAM),
        Requirement::All(vec![]),
        Requirement::Any(vec![]),
    ];
    for right in Right::ALL {
        all.extend([DEV, PROD].map(|place| Requirement::Environment(place, right)));
        all.extend([DEV, PROD].map(|place| Requirement::Application(APP, place, right)));
    }
    for right in WideRight::ALL {
        all.extend([INFRA, OTHER].map(|place| Requirement::Wide(place, right)));
    }
    let both = [Requirement::Local, Requirement::Environment(PROD, Right::Deploy)];
    all.extend([Requirement::All(both.to_vec()), Requirement::Any(both.to_vec())]);
    all
}

#[test]
fn every_refusal_names_the_rule_what_is_missing_and_who_can_give_it() {
    let lists = role(Rights::level(5), Rights::level(2), &[]);
    let closed = role(Rights::level(2), Rights::NONE, &[WideRight::ReadAudit]);
    let grants = narrowed(lists.clone(), None, Some(role(Rights::NONE, Rights::level(1), &[])));
    let standings = [None, Some(holds(lists, None)), Some(holds(closed, None)), Some(grants)];
    let mut rules = BTreeSet::new();
    let mut refusals = 0;
    for actor in [Actor::Anonymous, USER, SERVER, Actor::LocalOperator, Actor::Console] {
        for standing in &standings {
            for requirement in requirements() {
                let Err(denied) = decide(actor, standing.as_ref(), &requirement) else { continue };
                refusals += 1;
                rules.insert(format!("{:?}", denied.rule));
                let missing = denied.missing.unwrap_or_default();
                assert!(!missing.is_empty(), "{actor:?} {requirement:?}: {denied:?}");
                assert!(denied.lifted_by().ends_with('.'), "{actor:?} {requirement:?}: {denied:?}");
                if !matches!(denied.rule, Rule::MissingRight | Rule::ClosedEnvironment) {
                    continue;
                }
                match requirement {
                    Requirement::Environment(place, right) => {
                        assert_eq!((missing, denied.environment), (right.words(), Some(place)));
                        assert_eq!(denied.application, None);
                    }
                    Requirement::Application(application, place, right) => {
                        assert_eq!((missing, denied.environment), (right.words(), Some(place)));
                        assert_eq!(denied.application, Some(application));
                    }
                    Requirement::Wide(_, right) => assert_eq!(missing, right.words()),
                    Requirement::Team(..) => assert_eq!(missing, WideRight::ManageTeams.words()),
                    _ => {}
                }
            }
        }
    }
    assert!(refusals > 200, "{refusals}");
    let all = [
        "ClosedEnvironment",
        "MissingRight",
        "NoRole",
        "NotAServer",
        "NotLocal",
        "NotTheEngine",
        "OtherEnvironment",
        "SignIn",
    ];
    assert_eq!(rules.into_iter().collect::<Vec<_>>(), all, "each rule is provoked");
}

#[test]
fn who_can_lift_a_refusal() {
    let lifted = |rule| {
        Denied { rule, missing: None, environment: None, application: None, hidden: false }.lifted_by()
    };
    for rule in [Rule::ClosedEnvironment, Rule::MissingRight, Rule::NoRole] {
        assert!(lifted(rule).contains(WideRight::ManageInfrastructure.words()));
    }
    for rule in [Rule::OtherEnvironment, Rule::NotAServer, Rule::NotTheEngine] {
        assert_eq!(lifted(rule), "Nobody can give it.");
    }
    assert_eq!(lifted(Rule::SignIn), "Sign in first.");
    assert!(lifted(Rule::NotLocal).contains("command line"));
}

#[test]
fn rules_of_roles_have_their_number() {
    let numbered = [(Rule::NoRole, "R25"), (Rule::MissingRight, "R26"), (Rule::ClosedEnvironment, "R27")];
    for (rule, number) in numbered {
        assert_eq!(rule.number(), Some(number));
    }
    for rule in [Rule::SignIn, Rule::OtherEnvironment, Rule::NotAServer, Rule::NotTheEngine, Rule::NotLocal] {
        assert_eq!(rule.number(), None, "{rule:?} is about no role");
    }
}

#[test]
fn what_may_not_be_seen_is_hidden() {
    let held = |rights| holds(role(rights, Rights::NONE, &[]), None);
    let hidden =
        |standing: &Standing, wanted: Requirement| decide(USER, Some(standing), &wanted).unwrap_err().hidden;
    let access = held(Rights::level(1));
    assert!(!hidden(&access, Requirement::Environment(DEV, Right::Change)), "the environment is seen");
    assert!(hidden(&access, Requirement::Application(APP, DEV, Right::Change)), "applications are not");
    assert!(!hidden(&held(Rights::level(2)), Requirement::Application(APP, DEV, Right::Change)));
    assert!(hidden(&access, Requirement::Environment(PROD, Right::Access)));
    assert!(hidden(&access, Requirement::Wide(OTHER, WideRight::ReadAudit)));
    assert!(!hidden(&access, Requirement::Wide(INFRA, WideRight::ReadAudit)));
    assert!(hidden(&access, Requirement::Team(OTHER, TEAM)));
    assert!(!hidden(&access, Requirement::Team(INFRA, TEAM)));
    assert!(decide(USER, None, &Requirement::Wide(INFRA, WideRight::ReadAudit)).unwrap_err().hidden);
    assert!(decide(SERVER, None, &Requirement::ServerOf(DEV)).unwrap_err().hidden);
}

#[test]
fn a_grant_of_permission_says_whose_it_is() {
    for actor in [USER, Actor::LocalOperator] {
        assert_eq!(decide(actor, None, &Requirement::SignedIn).unwrap().actor(), actor);
    }
    assert_eq!(decide(Actor::Console, None, &Requirement::Engine).unwrap().actor(), Actor::Console);
    assert_eq!(
        decide(Actor::LocalOperator, None, &Requirement::Local).unwrap().actor(),
        Actor::LocalOperator
    );
    assert_eq!(decide(Actor::Anonymous, None, &Requirement::Anyone).unwrap().actor(), Actor::Anonymous);
}

#[test]
fn several_requirements_are_met_all_or_one() {
    let held = holds(role(Rights::level(2), Rights::NONE, &[]), None);
    let (has, lacks) =
        (Requirement::Environment(DEV, Right::List), Requirement::Environment(DEV, Right::Deploy));
    let asked = |wanted: Requirement| decide(USER, Some(&held), &wanted).map(drop);
    assert!(asked(Requirement::All(vec![has.clone(), has.clone()])).is_ok());
    assert!(asked(Requirement::All(vec![has.clone(), lacks.clone()])).is_err());
    assert!(asked(Requirement::Any(vec![lacks.clone(), has])).is_ok());
    assert!(asked(Requirement::All(vec![])).is_ok());
    assert_eq!(decide(USER, Some(&held), &Requirement::Any(vec![])).unwrap_err().rule, Rule::MissingRight);
    // The refusal of the first is told.
    let first = decide(USER, Some(&held), &Requirement::Any(vec![lacks, Requirement::Local])).unwrap_err();
    assert_eq!(first.rule, Rule::MissingRight);
    let first = decide(USER, Some(&held), &Requirement::Any(vec![Requirement::Local, Requirement::Engine]))
        .unwrap_err();
    assert_eq!(first.rule, Rule::NotLocal);
}

#[test]
fn c13_a_team_is_managed_by_the_default_role_or_by_the_role_in_it() {
    let plain = role(Rights::level(2), Rights::level(2), &[]);
    let manages = role(Rights::level(5), Rights::level(2), &[WideRight::ManageTeams]);
    let may =
        |standing: &Standing, team| decide(USER, Some(standing), &Requirement::Team(INFRA, team)).is_ok();
    let by_default = holds(manages.clone(), None);
    assert!(may(&by_default, TEAM) && may(&by_default, ELSEWHERE));
    let in_team = holds(plain.clone(), Some(manages));
    assert!(may(&in_team, TEAM) && !may(&in_team, ELSEWHERE));
    assert!(!may(&holds(plain.clone(), Some(plain)), TEAM), "a member is no manager");
    // The role in a team manages nothing else.
    assert!(decide(USER, Some(&in_team), &Requirement::Wide(INFRA, WideRight::ManageTeams)).is_err());
    assert!(decide(USER, Some(&in_team), &Requirement::Environment(DEV, Right::Change)).is_err());
    let refused =
        decide(USER, Some(&holds(RoleRights::default(), None)), &Requirement::Team(INFRA, TEAM)).unwrap_err();
    assert_eq!(refused.missing, Some("Manage Teams and Application Roles"));
}

#[test]
fn c13_a_manager_gives_what_the_role_in_the_team_gives() {
    let lead = role(Rights::level(6), Rights::level(5), &[WideRight::ManageTeams]);
    let held = holds(role(Rights::level(2), Rights::NONE, &[]), Some(lead.clone()));
    let manager = Giver::Manager(&held, TEAM);
    // The default role closes production for the manager (R27), so there is nothing to give there; level 6 acts as 5.
    let refused = may_give(manager, &lead).unwrap_err();
    assert_eq!(refused.environments, [(PROD, Rights::level(5))]);
    assert!(refused.wide.is_empty(), "the manager may make another one");
    assert_eq!(
        may_give(manager, &role(Rights::level(6), Rights::level(1), &[WideRight::ManageTeams])),
        Ok(())
    );
    let audit = may_give(manager, &role(Rights::NONE, Rights::NONE, &[WideRight::ReadAudit])).unwrap_err();
    assert_eq!(audit.wide.words(), "Read Audit");
    // What the default role has besides may be given too, and nothing in a team that one is not in.
    let reads = holds(role(Rights::level(2), Rights::NONE, &[WideRight::ReadAudit]), Some(lead));
    assert_eq!(
        may_give(
            Giver::Manager(&reads, TEAM),
            &role(Rights::level(5), Rights::NONE, &[WideRight::ReadAudit])
        ),
        Ok(())
    );
    assert!(may_give(Giver::Manager(&reads, ELSEWHERE), &role(Rights::level(2), Rights::NONE, &[])).is_err());
    assert_eq!(
        may_give(Giver::Manager(&reads, ELSEWHERE), &role(Rights::level(1), Rights::NONE, &[])),
        Ok(())
    );
}

#[test]
fn r28_nobody_widens_another_persons_rights_beyond_their_own() {
    let (full, list) =
        (role(Rights::level(5), Rights::level(5), &[]), role(Rights::level(2), Rights::level(2), &[]));
    let before = narrowed(full.clone(), Some(list.clone()), None);
    let after = narrowed(full.clone(), None, None);
    let reader = holds(list.clone(), None);
    let refused = may_cause(Giver::User(&reader), &before, &after, &[DEV, PROD]).unwrap_err();
    let gained = Rights::level(5).without(Rights::level(2));
    assert_eq!(refused.environments, [(DEV, gained), (PROD, gained)]);
    assert_eq!(may_cause(Giver::User(&reader), &before, &after, &[]), Ok(()));
    assert_eq!(may_cause(Giver::User(&holds(full, None)), &before, &after, &[DEV, PROD]), Ok(()));
    assert_eq!(may_cause(Giver::LocalOperator, &before, &after, &[DEV, PROD]), Ok(()));
    assert_eq!(
        may_cause(Giver::User(&reader), &after, &before, &[DEV, PROD]),
        Ok(()),
        "taking needs nothing"
    );
    // Opening an environment lets a narrower role act there (R27).
    let grant = role(Rights::NONE, Rights::level(5), &[]);
    let closed = narrowed(role(Rights::level(2), Rights::NONE, &[]), None, Some(grant.clone()));
    let open = narrowed(list.clone(), None, Some(grant));
    let refused = may_cause(Giver::User(&reader), &closed, &open, &[DEV, PROD]).unwrap_err();
    assert_eq!(refused.environments, [(PROD, gained)]);
    let audit = holds(role(Rights::level(2), Rights::level(2), &[WideRight::ReadAudit]), None);
    let refused = may_cause(Giver::User(&reader), &reader, &audit, &[DEV]).unwrap_err();
    assert_eq!((refused.environments, refused.wide.words()), (vec![], "Read Audit".to_owned()));
}

#[test]
fn a_holding_is_altered_where_the_change_concerns_it() {
    let [one, two, three, new] = [1, 2, 3, 4].map(|n| RoleId(Uuid::from_u128(n)));
    let held = Holding { default: Some(one), team: Some(two), grant: Some(three) };
    assert_eq!(held.altered(Alteration::Rights), held);
    assert_eq!(held.altered(Alteration::Default(new)), Holding { default: Some(new), ..held });
    assert_eq!(held.altered(Alteration::Team(None)), Holding { team: None, ..held });
    assert_eq!(held.altered(Alteration::Grant(Some(new))), Holding { grant: Some(new), ..held });
    for (gone, then) in [
        (one, Holding { default: Some(new), ..held }),
        (two, Holding { team: Some(new), ..held }),
        (three, Holding { grant: Some(new), ..held }),
        (new, held),
    ] {
        assert_eq!(held.altered(Alteration::Substitute(gone, new)), then);
    }
    let alone = Holding { default: Some(one), ..Holding::default() };
    assert_eq!(alone.altered(Alteration::Substitute(two, new)), alone, "nothing is put where nothing was");
}

#[test]
fn totals_say_what_happens_over_everybody() {
    let list = role(Rights::level(2), Rights::level(2), &[]);
    let deploys = role(Rights::level(2), Rights::level(2).with(Rights::of(&[Right::Deploy])), &[]);
    let (reader, deployer) = (holds(list.clone(), None), holds(deploys, None));
    let swapped = [(reader.clone(), deployer.clone()), (deployer.clone(), reader.clone())];
    let deploy = Rights::of(&[Right::Deploy]);
    let total = Total { environment: PROD, gained: deploy, lost: deploy, opens: true };
    assert_eq!(totals(&swapped, &PLACES), [total]);
    assert_eq!(totals(&swapped[1..], &PLACES), [Total { gained: Rights::NONE, opens: false, ..total }]);
    assert_eq!(totals(&[(reader.clone(), reader)], &PLACES), []);
    let tested = [(DEV, Purpose::Development), (PROD, Purpose::Test)];
    assert_eq!(totals(&swapped, &tested), [Total { opens: false, ..total }]);
}

#[test]
fn sets_hold_each_right_once() {
    assert_eq!(Rights::of(&[Right::List, Right::List]), Rights::of(&[Right::List]));
    assert_eq!(Rights::level(5).with(Rights::level(2)), Rights::level(5));
    assert_eq!(WideRights::of(&[WideRight::ReadAudit, WideRight::ReadAudit]).words(), "Read Audit");
    assert_eq!(Rights::from_bits(-1), Rights::of(&Right::ALL));
    assert_eq!(Right::ALL.map(|right| Rights::of(&[right]).bits()), [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]);
    assert_eq!(WideRight::ALL.map(|right| right as u32), [1, 2, 4, 8, 16, 32, 64]);
}

#[test]
fn built_in_roles_by_name_and_in_the_whole_infrastructure() {
    assert_eq!(
        BuiltInRole::ALL.map(BuiltInRole::name),
        ["Administrator", "Developer", "Release Manager", "Reader"]
    );
    let wide = BuiltInRole::ALL.map(|role| role.wide().words());
    assert_eq!(
        wide,
        [
            "Manage Infrastructure and Users, Manage Teams and Application Roles, Read Audit, Promote Outside Pipelines, Override Freezes, Continue with Errors and Deploy Lower Versions",
            "nothing",
            "Read Audit",
            "nothing",
        ]
    );
}

#[test]
fn wide_sets_together() {
    let (teams, audit) = (WideRights::of(&[WideRight::ManageTeams]), WideRights::of(&[WideRight::ReadAudit]));
    assert_eq!(teams.with(audit).words(), "Manage Teams and Application Roles and Read Audit");
    assert_eq!(teams.with(teams), teams);
    assert_eq!(teams.with(audit).without(teams), audit);
    assert_eq!(
        WideRights::from_bits(-1),
        WideRights::of(&WideRight::ALL),
        "bits that mean nothing are dropped"
    );
    assert_eq!(WideRights::of(&[WideRight::ManageInfrastructure]).bits(), 3);
    assert_eq!(WideRights::default().iter().count(), 0);
}

fn any_rights() -> impl Strategy<Value = Rights> {
    (0i64..1024).prop_map(Rights::from_bits)
}

fn any_role() -> impl Strategy<Value = RoleRights> {
    (any_rights(), any_rights(), 0i64..8).prop_map(|(dev, prod, wide)| RoleRights {
        environments: BTreeMap::from([(DEV, dev), (PROD, prod)]),
        wide: WideRights::from_bits(wide),
    })
}

fn any_standing() -> impl Strategy<Value = Standing> {
    (any_role(), proptest::option::of(any_role()), proptest::option::of(any_role()))
        .prop_map(|(default, team, grant)| narrowed(default, team, grant))
}

/// Everything that somebody can be permitted here.
fn everything() -> impl Iterator<Item = (Option<EnvironmentId>, Requirement)> {
    let wide = WideRight::ALL.map(|right| (None, Requirement::Wide(INFRA, right)));
    let narrow = [DEV, PROD].into_iter().flat_map(|place| {
        Right::ALL.into_iter().flat_map(move |right| {
            [
                (Some(place), Requirement::Environment(place, right)),
                (Some(place), Requirement::Application(APP, place, right)),
            ]
        })
    });
    wide.into_iter().chain(narrow)
}

proptest! {
    /// R28: what a change may bring about permits nobody anything that its author is not permitted by the default role.
    #[test]
    fn r28_nothing_is_brought_about_that_its_author_lacks(giver in any_role(), before in any_standing(), after in any_standing()) {
        let giver = holds(giver, None);
        let may = |standing: &Standing, wanted: &Requirement| decide(USER, Some(standing), wanted).is_ok();
        let lacked = everything().any(|(_, wanted)| {
            !may(&before, &wanted) && may(&after, &wanted) && !may(&giver, &match wanted {
                Requirement::Application(_, place, right) => Requirement::Environment(place, right),
                ref other => other.clone(),
            })
        });
        prop_assert_eq!(may_cause(Giver::User(&giver), &before, &after, &[DEV, PROD]).is_err(), lacked);
    }

    /// C13: whoever receives a role from a team's manager may do nothing on the team's applications that the manager may not.
    #[test]
    fn c13_a_manager_makes_nobody_stronger(default in any_role(), own in any_role(), given in any_role(), receiver in any_role()) {
        let mut manager = holds(default, Some(own.clone()));
        manager.applications.insert(APP, Narrower { team: Some(own), grant: None });
        if may_give(Giver::Manager(&manager, TEAM), &given).is_ok() {
            let member = narrowed(receiver, Some(given), None);
            for place in [DEV, PROD] {
                let (has, _) = member.effective(APP, place);
                prop_assert!(has.within(manager.effective(APP, place).0));
            }
        }
    }

    /// Design 6: whatever is granted, the default role's No Access closes an environment, and nobody is permitted anything in it.
    #[test]
    fn r27_a_closed_environment_permits_nothing(dev in any_rights(), team in proptest::option::of(any_role()), grant in proptest::option::of(any_role()), right in 0usize..10) {
        let held = narrowed(role(dev, Rights::NONE, &[]), team, grant);
        for wanted in [Requirement::Application(APP, PROD, Right::ALL[right]), Requirement::Environment(PROD, Right::ALL[right])] {
            let denied = decide(USER, Some(&held), &wanted).map(drop).unwrap_err();
            prop_assert_eq!((denied.rule, denied.hidden), (Rule::ClosedEnvironment, true));
        }
    }

    /// Design 6: the most specific role alone counts, whatever the others give.
    #[test]
    fn r26_the_most_specific_role_alone_counts(one in any_role(), other in any_role(), team in proptest::option::of(any_role()), grant in any_role()) {
        let open = |default: RoleRights| role(default.at(DEV).with(Rights::level(1)), Rights::level(1), &[]);
        let (first, second) = (narrowed(open(one), team, Some(grant.clone())), narrowed(open(other), None, Some(grant)));
        for place in [DEV, PROD] {
            prop_assert_eq!(first.effective(APP, place), second.effective(APP, place));
        }
    }

    /// Design 6: by team or grant, level 6 acts as 5 and level 1 as 0; nothing else changes.
    #[test]
    fn narrower_roles_lose_two_rights_and_no_other(rights in any_rights()) {
        let dropped = Rights::of(&[Right::FullControl, Right::AddSystemDependencies]);
        let narrow = rights.narrowed();
        let expected = if rights.without(dropped) == Rights::level(1) { Rights::NONE } else { rights.without(dropped) };
        prop_assert_eq!(narrow, expected);
        prop_assert_eq!(narrow.narrowed(), narrow);
    }
}
