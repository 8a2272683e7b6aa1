//! What the lists show is what `domain::access` says, over generated roles, teams and grants.

use crate::world::*;
use domain::access::{Actor, Narrower, Right, Rights, RoleRights, Standing, decide};
use domain::dependency::Bond;
use domain::id::{ApplicationId, EnvironmentId, RoleId, UserId};
use domain::plan::to_see;
use std::collections::{BTreeMap, BTreeSet};
use storage::applications::ApplicationFilter;
use storage::candidates::Hop;
use storage::matrix::{MatrixFilter, matrix};
use storage::*;

/// Numbers that look like chance and are the same on every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }

    /// Levels of LifeTime, nothing at all, and sets that are no level.
    fn rights(&mut self) -> Rights {
        match self.roll(4) {
            0 => Rights::NONE,
            1 => Rights::from_bits(self.roll(1024) as i64),
            _ => Rights::level(self.roll(7) as u8),
        }
    }
}

pub async fn lists_follow_the_domain(world: World) {
    for seed in 0..6 {
        one_infrastructure(&world, Dice(seed)).await;
    }
}

async fn one_infrastructure(world: &World, mut dice: Dice) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let mut places = Vec::new();
    for position in 0..4 {
        places.push(environment(&mut tx, home, position).await);
    }
    // Roles; some say nothing about an environment, which is not the same row as “no right”.
    let mut given: BTreeMap<RoleId, RoleRights> = BTreeMap::new();
    for _ in 0..6 {
        let mut pairs = Vec::new();
        for place in &places {
            if dice.roll(5) > 0 {
                pairs.push((place.id, dice.rights()));
            }
        }
        let row = role(&mut tx, home, &pairs).await;
        given.insert(
            row.id,
            RoleRights { environments: pairs.into_iter().collect(), ..RoleRights::default() },
        );
    }
    // One role that lists everything everywhere, for those who see it all.
    let pairs: Vec<_> = places.iter().map(|place| (place.id, Rights::level(2))).collect();
    let reader = role(&mut tx, home, &pairs).await.id;
    given.insert(reader, RoleRights { environments: pairs.into_iter().collect(), ..RoleRights::default() });
    let role_ids: Vec<RoleId> = given.keys().copied().collect();

    // Applications that run here and there, in teams or not.
    let mut team_ids = Vec::new();
    for n in 0..2 {
        let row = teams::TeamRow {
            id: id(),
            infrastructure_id: home,
            name: format!("Team {n}"),
            description: String::new(),
            created_at: at(0),
        };
        teams::insert(&mut tx, &row).await.unwrap();
        team_ids.push(row.id);
    }
    let mut apps: Vec<ApplicationId> = Vec::new();
    let mut team_of = BTreeMap::new();
    let mut running: BTreeMap<(ApplicationId, EnvironmentId), (domain::id::RevisionId, bool)> =
        BTreeMap::new();
    let mut broken: BTreeSet<(ApplicationId, EnvironmentId)> = BTreeSet::new();
    for n in 0..10 {
        let app = application(&mut tx, home, &format!("App {n}")).await.id;
        apps.push(app);
        if dice.roll(2) == 0 {
            let team = team_ids[dice.roll(2)];
            teams::insert_application(&mut tx, team, app).await.unwrap();
            team_of.insert(app, team);
        }
        let revisions = [revision(&mut tx, app).await, revision(&mut tx, app).await];
        for place in &places {
            if dice.roll(3) > 0 {
                let chosen = &revisions[dice.roll(2)];
                let modified = dice.roll(4) == 0;
                states::put(&mut tx, &states::StateRow { modified, ..state(place, chosen) }).await.unwrap();
                running.insert((app, place.id), (chosen.id, modified));
                let bond =
                    [None, Some(Bond::Met), Some(Bond::Outdated), Some(Bond::ProducerMissing)][dice.roll(4)];
                if let Some(bond) = bond {
                    states::stand(&mut tx, place.id, app, bond).await.unwrap();
                }
                if bond > Some(Bond::Met) {
                    broken.insert((app, place.id));
                }
            }
        }
    }
    // Deployments and plans with one or two applications, some ended.
    let mut runs = Vec::new();
    let mut to_review = BTreeSet::new();
    let mut drafts = Vec::new();
    for n in 0..12 {
        let target = &places[dice.roll(4)];
        let some = BTreeSet::from([apps[dice.roll(10)], apps[dice.roll(10)]]);
        let mut row = deployment(target, at(n));
        row.name = format!("Run {n}");
        if dice.roll(2) == 0 {
            row.status = "finished_successful".to_owned();
            row.finished_at = Some(at(n));
        }
        let steps: Vec<_> =
            some.iter().zip(1..).map(|(app, ordinal)| step(&row, ordinal, Some(*app))).collect();
        deployments::insert(&mut tx, &row, &steps).await.unwrap();
        if dice.roll(2) == 0 {
            crate::gates::overridden(&mut tx, (home, row.id, row.created_at), None).await;
            to_review.insert(row.id);
        }
        runs.push((row, some));
        let source = &places[dice.roll(4)];
        let draft = plan(&mut tx, source, target, at(n)).await;
        let draft = plans::PlanRow { name: format!("Plan {n}"), ..draft };
        assert!(plans::update(&mut tx, &draft).await.unwrap());
        let some: BTreeSet<_> = (0..dice.roll(3)).map(|_| apps[dice.roll(10)]).collect();
        for app in &some {
            plans::put_item(&mut tx, &plan_item(draft.id, *app)).await.unwrap();
        }
        drafts.push((draft, some));
    }
    // People: with a role or none, in teams or not, with grants or not; one reader without either.
    let mut people: Vec<(UserId, Option<Standing>)> = Vec::new();
    for n in 0..8 {
        let person = user(&mut tx).await.id;
        let mut narrower: BTreeMap<ApplicationId, Narrower> = BTreeMap::new();
        let plain = n < 3;
        for team in &team_ids {
            if !plain && dice.roll(2) == 0 {
                let role = role_ids[dice.roll(role_ids.len())];
                teams::put_member(&mut tx, *team, person, role).await.unwrap();
                for (app, _) in team_of.iter().filter(|(_, of)| *of == team) {
                    narrower.entry(*app).or_default().team = Some(given[&role].clone());
                }
            }
        }
        for app in &apps {
            if !plain && dice.roll(4) == 0 {
                let role = role_ids[dice.roll(role_ids.len())];
                grants::put(&mut tx, &grant_row(person, *app, role)).await.unwrap();
                narrower.entry(*app).or_default().grant = Some(given[&role].clone());
            }
        }
        let default = match n {
            0 => Some(reader),
            7 => None,
            _ => Some(role_ids[dice.roll(role_ids.len())]),
        };
        if let Some(role) = default {
            roles::assign(&mut tx, person, home, role).await.unwrap();
        }
        people.push((
            person,
            default.map(|role| Standing {
                infrastructure: home,
                default: given[&role].clone(),
                applications: narrower,
                teams: BTreeMap::new(),
            }),
        ));
    }
    tx.commit(entry("test", "x")).await.unwrap();

    let mut tx = world.read().await;
    let stored = roles::standing(&mut tx, people[4].0, home, &apps).await.unwrap();
    assert_eq!(stored, people[4].1, "what is compared is what is stored");
    for (person, standing) in &people {
        let sees = Visibility::Of(*person);
        let lists = |app: ApplicationId, place: EnvironmentId| {
            standing.as_ref().is_some_and(|held| held.effective(app, place).0.has(Right::List))
        };
        let monitors = |app: ApplicationId, place: EnvironmentId| {
            standing.as_ref().is_some_and(|held| held.effective(app, place).0.has(Right::Monitor))
        };
        let enters = |place: EnvironmentId| {
            standing.as_ref().is_some_and(|held| held.default.at(place).has(Right::Access))
        };
        let seen = |app: &ApplicationId| places.iter().any(|place| lists(*app, place.id));
        let cell = |app, place| running.get(&(app, place)).filter(|_| lists(app, place));
        let differs = |app: ApplicationId, pair: &[environments::EnvironmentRow]| {
            lists(app, pair[0].id)
                && lists(app, pair[1].id)
                && running.get(&(app, pair[0].id)).map(|(revision, _)| revision)
                    != running.get(&(app, pair[1].id)).map(|(revision, _)| revision)
        };
        let modified =
            |app: &ApplicationId| places.iter().any(|place| cell(*app, place.id).is_some_and(|c| c.1));
        let unmet = |app: &ApplicationId| {
            places.iter().any(|place| lists(*app, place.id) && broken.contains(&(*app, place.id)))
        };
        let differing = |app: &ApplicationId| places.windows(2).any(|pair| differs(*app, pair));
        let moving = |app: &ApplicationId| {
            runs.iter().any(|(run, some)| {
                run.finished_at.is_none() && some.contains(app) && lists(*app, run.target_id)
            })
        };

        let environments = environments::list(&mut tx, home, &sees).await.unwrap();
        let expected: Vec<_> = places.iter().filter(|place| enters(place.id)).cloned().collect();
        assert_eq!(environments, expected);
        assert_eq!(environments::count(&mut tx, home, &sees).await.unwrap().n, expected.len() as u64);

        let visible: Vec<_> = apps.iter().copied().filter(&seen).collect();
        let found = applications::list(&mut tx, home, &sees, &ApplicationFilter::default(), &Page::first(50))
            .await
            .unwrap();
        assert_eq!(found.rows.iter().map(|row| row.id).collect::<Vec<_>>(), visible);
        assert_eq!(applications::count(&mut tx, home, &sees).await.unwrap().n, visible.len() as u64);

        for bits in 0..16_u32 {
            let filter = MatrixFilter {
                search: None,
                modified: bits & 1 != 0,
                differs: bits & 2 != 0,
                in_deployment: bits & 4 != 0,
                unmet: bits & 8 != 0,
            };
            let expected: Vec<_> = visible
                .iter()
                .filter(|app| !filter.modified || modified(app))
                .filter(|app| !filter.differs || differing(app))
                .filter(|app| !filter.in_deployment || moving(app))
                .filter(|app| !filter.unmet || unmet(app))
                .copied()
                .collect();
            let page = matrix(&mut tx, home, &sees, &filter, &Page::first(50)).await.unwrap();
            assert_eq!(
                page.rows.iter().map(|row| row.application.id).collect::<Vec<_>>(),
                expected,
                "{filter:?}"
            );
            for row in &page.rows {
                let app = row.application.id;
                let cells: Vec<_> =
                    row.cells.iter().map(|c| (c.environment_id, c.revision_id, c.modified)).collect();
                let expected: Vec<_> = places
                    .iter()
                    .filter_map(|place| {
                        cell(app, place.id).map(|(revision, modified)| (place.id, *revision, *modified))
                    })
                    .collect();
                assert_eq!(cells, expected);
                let hidden: Vec<_> =
                    places.iter().map(|place| place.id).filter(|place| !lists(app, *place)).collect();
                assert_eq!(row.hidden_in, hidden);
                let team =
                    team_of.get(&app).map(|team| format!("Team {}", usize::from(*team == team_ids[1])));
                assert_eq!(row.team, team);
            }
            let counts = matrix::counts(&mut tx, home, &sees, &filter).await.unwrap();
            let count =
                |some: &dyn Fn(&ApplicationId) -> bool| apps.iter().filter(|app| some(app)).count() as u64;
            assert_eq!(
                [
                    counts.total,
                    counts.matching,
                    counts.modified,
                    counts.differing,
                    counts.moving,
                    counts.unmet
                ]
                .map(|count| count.n),
                [
                    visible.len() as u64,
                    expected.len() as u64,
                    count(&modified),
                    count(&differing),
                    count(&moving),
                    count(&unmet),
                ],
                "{filter:?}"
            );
        }

        let columns = matrix::column_counts(&mut tx, home, &sees).await.unwrap();
        for (at, (column, place)) in columns.iter().zip(&places).enumerate() {
            let inside: Vec<_> = apps.iter().copied().filter(|app| cell(*app, place.id).is_some()).collect();
            let next = apps.iter().filter(|app| at < 3 && differs(**app, &places[at..at + 2])).count();
            assert_eq!((column.running.n, column.differs_from_next.n), (inside.len() as u64, next as u64));
            let listed = states::newest_in(&mut tx, home, place.id, &sees, 1_000).await.unwrap();
            let times: Vec<_> = listed.iter().map(|one| one.state.changed_at).collect();
            assert!(times.is_sorted_by(|newer, older| newer >= older));
            let two = states::newest_in(&mut tx, home, place.id, &sees, 2).await.unwrap();
            assert_eq!(two[..], listed[..listed.len().min(2)]);
            let mut ids: Vec<_> = listed.iter().map(|one| one.application.id).collect();
            let mut expected = inside.clone();
            ids.sort();
            expected.sort();
            assert_eq!(ids, expected);
            for one in &listed {
                let (app, state) = (one.application.id, &one.state);
                assert_eq!(states::get(&mut tx, place.id, app).await.unwrap().as_ref(), Some(state));
                let revision = revisions::by_id(&mut tx, state.revision_id).await.unwrap();
                assert_eq!(revision.as_ref(), Some(&one.revision));
            }
            let plannable = states::plannable_in(&mut tx, home, place.id, &sees).await.unwrap();
            let may_plan: BTreeSet<_> =
                inside.iter().copied().filter(|app| monitors(*app, place.id)).collect();
            assert_eq!(plannable.into_iter().collect::<BTreeSet<_>>(), may_plan);
            assert_eq!(
                states::count_in(&mut tx, home, place.id, &sees).await.unwrap().n,
                inside.len() as u64
            );
        }

        let may_see_run = |run: &deployments::DeploymentRow, some: &BTreeSet<ApplicationId>| {
            enters(run.target_id) && some.iter().any(|app| lists(*app, run.target_id))
        };
        for bits in 0..16_u32 {
            let filter = TimeFilter {
                target: (bits & 1 != 0).then_some(places[1].id),
                application: (bits & 2 != 0).then_some(apps[3]),
                status: (bits & 4 != 0).then(|| "queued".to_owned()),
                words: (bits & 8 != 0).then(|| "RUN 1".to_owned()),
                ..TimeFilter::default()
            };
            let mut expected: Vec<_> = runs
                .iter()
                .filter(|(run, some)| may_see_run(run, some))
                .filter(|(run, _)| filter.target.is_none_or(|target| run.target_id == target))
                .filter(|(_, some)| filter.application.is_none_or(|app| some.contains(&app)))
                .filter(|(run, _)| filter.status.as_ref().is_none_or(|status| run.status == *status))
                .filter(|(run, _)| filter.words.is_none() || run.name.contains("Run 1"))
                .map(|(run, _)| run.id)
                .collect();
            expected.reverse();
            let found = deployments::list(&mut tx, home, &sees, &filter, &Page::first(50)).await.unwrap();
            assert_eq!(found.rows.iter().map(|row| row.id).collect::<Vec<_>>(), expected, "{filter:?}");
        }
        let seen = runs.iter().rev().filter(|(run, some)| may_see_run(run, some));
        let duties: Vec<_> = seen.map(|(run, _)| run.id).filter(|run| to_review.contains(run)).collect();
        let found = deployments::to_review(&mut tx, home, &sees, &Page::first(50)).await.unwrap();
        assert_eq!(found.rows.iter().map(|row| row.id).collect::<Vec<_>>(), duties);
        let count = deployments::count_to_review(&mut tx, home, &sees).await.unwrap();
        assert_eq!(count.n, duties.len() as u64);
        let open =
            runs.iter().filter(|(run, some)| run.finished_at.is_none() && may_see_run(run, some)).count();
        assert_eq!(deployments::count_open(&mut tx, home, &sees).await.unwrap().n, open as u64);

        for bits in 0..16_u32 {
            let filter = TimeFilter {
                target: (bits & 1 != 0).then_some(places[1].id),
                status: (bits & 2 != 0).then(|| "draft".to_owned()),
                application: (bits & 4 != 0).then_some(apps[3]),
                words: (bits & 8 != 0).then(|| "PLAN 1".to_owned()),
                ..TimeFilter::default()
            };
            let mut expected: Vec<_> = drafts
                .iter()
                .filter(|(draft, some)| {
                    let source = draft.source_id.expect("each has one");
                    let needed = to_see(source, draft.target_id, some.iter().copied());
                    decide(Actor::User { user: *person }, standing.as_ref(), &needed).is_ok()
                })
                .filter(|(draft, _)| filter.target.is_none_or(|target| draft.target_id == target))
                .filter(|(_, some)| filter.application.is_none_or(|app| some.contains(&app)))
                .filter(|(draft, _)| filter.words.is_none() || draft.name.contains("Plan 1"))
                .map(|(draft, _)| draft.id)
                .collect();
            expected.reverse();
            let found = plans::list(&mut tx, home, &sees, &filter, &Page::first(50)).await.unwrap();
            assert_eq!(found.rows.iter().map(|row| row.id).collect::<Vec<_>>(), expected, "{filter:?}");
        }
        // What differs between any two environments, where both may be listed.
        for (source, target) in places.iter().flat_map(|a| places.iter().map(move |b| (a.id, b.id))) {
            let hop = Hop { infrastructure: home, source, target };
            let revision = |app, place| running.get(&(app, place)).map(|(revision, _)| *revision);
            let expected: Vec<_> = apps
                .iter()
                .copied()
                .filter(|app| lists(*app, source) && lists(*app, target))
                .filter(|app| revision(*app, source).is_some())
                .map(|app| (app, revision(app, source), revision(app, target)))
                .filter(|(_, here, there)| here != there)
                .collect();
            let told = |row: &candidates::CandidateRow| {
                (
                    row.application.id,
                    Some(row.here.revision_id),
                    row.there.as_ref().map(|cell| cell.revision_id),
                )
            };
            let (mut found, mut page, mut keys) = (Vec::new(), Page::first(2), Vec::new());
            loop {
                let some = candidates::list(&mut tx, hop, &sees, "", &page).await.unwrap();
                found.extend(some.rows.iter().map(told));
                keys.extend(some.rows.iter().map(|row| row.application.key.to_string()));
                match some.next {
                    Some(next) => page.after = Some(next),
                    None => break,
                }
            }
            assert_eq!(found, expected);
            let counted = candidates::count(&mut tx, hop, &sees, "").await.unwrap();
            assert_eq!(counted.n, expected.len() as u64);
            let named = candidates::list(&mut tx, hop, &sees, "app 3", &Page::first(50)).await.unwrap();
            let wanted: Vec<_> = expected.iter().filter(|(app, ..)| *app == apps[3]).copied().collect();
            assert_eq!(named.rows.iter().map(told).collect::<Vec<_>>(), wanted);
            assert_eq!(candidates::count(&mut tx, hop, &sees, "app 3").await.unwrap().n, wanted.len() as u64);
            keys.insert(0, "no-such-key".to_owned());
            let chosen = candidates::by_keys(&mut tx, hop, &sees, &keys).await.unwrap();
            assert_eq!(chosen.iter().map(told).collect::<Vec<_>>(), expected);
        }
    }
    // Everything is everything.
    let all = applications::list(
        &mut tx,
        home,
        &Visibility::Everything,
        &ApplicationFilter::default(),
        &Page::first(50),
    )
    .await
    .unwrap();
    assert_eq!(all.rows.len(), apps.len());
    let all =
        deployments::list(&mut tx, home, &Visibility::Everything, &TimeFilter::default(), &Page::first(50))
            .await
            .unwrap();
    assert_eq!(all.rows.len(), runs.len());
}
