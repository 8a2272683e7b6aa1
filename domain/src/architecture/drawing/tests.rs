//! Drawings hold everything once, and nothing lies on anything else.

use super::*;
use crate::architecture::arbitrary::architecture;
use crate::architecture::template::template;
use crate::architecture::words::{Edition, Engine, Hosting};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn made(edition: Edition) -> Architecture {
    template(edition, Hosting::Aws, Engine::SqlServer).unwrap()
}

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

/// What is wrong with a drawing, if anything.
fn fault(drawing: &Drawing) -> Option<String> {
    let whole = Area { x: 0, y: 0, width: drawing.width, height: drawing.height };
    let lanes = drawing.lanes.iter().map(|lane| (lane.area, lane.label.clone()));
    let lanes: Vec<_> = lanes.collect();
    for (number, (area, label)) in lanes.iter().enumerate() {
        if !whole.holds(*area) {
            return Some(format!("the lane {label} is not in the drawing"));
        }
        if lanes[..number].iter().any(|(other, _)| other.overlaps(*area)) {
            return Some(format!("the lane {label} lies on another"));
        }
    }
    for (number, one) in drawing.boxes.iter().enumerate() {
        let around = one.inside.map_or(whole, |inside| drawing.boxes[inside].area);
        if one.area.width == 0 || one.area.height == 0 || !around.holds(one.area) {
            return Some(format!("{} is not where it belongs", one.path));
        }
        if one.inside.is_some_and(|inside| inside >= number) {
            return Some(format!("{} comes before what it lies in", one.path));
        }
        let lies_on = drawing.boxes[..number]
            .iter()
            .find(|other| other.inside == one.inside && other.area.overlaps(one.area));
        if let Some(other) = lies_on {
            return Some(format!("{} lies on {}", one.path, other.path));
        }
        if let (Some(first), Some(last)) = (one.lanes.first(), one.lanes.last()) {
            let (first, last) = (lanes[*first].0, lanes[*last].0);
            if one.area.y < first.y || one.area.bottom() > last.bottom() {
                return Some(format!("{} is not in its lanes", one.path));
            }
        }
    }
    let in_reach = |link: &Link| link.from < drawing.boxes.len() && link.to < drawing.boxes.len();
    (!drawing.links.iter().all(in_reach)).then(|| "an arrow leads nowhere".to_owned())
}

fn of_kind(drawing: &Drawing, kind: BoxKind) -> Vec<&Drawn> {
    drawing.boxes.iter().filter(|drawn| drawn.kind == kind).collect()
}

#[test]
fn everything_is_drawn_once() {
    for edition in Edition::ALL {
        let made = made(*edition);
        let drawing = infrastructure(&made);
        assert_eq!(fault(&drawing), None, "{edition}");
        assert!(!drawing.folded);
        assert_eq!(drawing, infrastructure(&made), "the same again");
        let paths: BTreeSet<&str> = drawing.boxes.iter().map(|drawn| drawn.path.as_str()).collect();
        assert_eq!(paths.len(), drawing.boxes.len(), "{edition}");
        assert_eq!(of_kind(&drawing, BoxKind::Environment).len(), made.environments.len());
        assert_eq!(of_kind(&drawing, BoxKind::FrontEnd).len(), made.front_end_count());
        assert_eq!(of_kind(&drawing, BoxKind::Catalog).len(), 3 * made.environments.len());
        let servers = [BoxKind::DatabaseServer, BoxKind::Standby].map(|kind| of_kind(&drawing, kind).len());
        assert_eq!(servers.iter().sum::<usize>(), made.database_servers.len());
        let replicates = drawing.links.iter().filter(|link| link.kind == LinkKind::Replicates).count();
        assert_eq!(replicates, servers[1]);
    }
}

#[test]
fn a_shared_environment_joins_its_lanes() {
    let drawing = infrastructure(&made(Edition::Enterprise));
    let kinds: Vec<_> = drawing.lanes.iter().map(|lane| lane.kind).collect();
    assert_eq!(kinds, [LaneKind::Pipeline, LaneKind::Pipeline, LaneKind::Outside, LaneKind::Databases]);
    let development = drawing.boxes.iter().find(|one| one.path == "environments/development").unwrap();
    assert_eq!(development.lanes, [0, 1]);
    assert!(
        development.area.overlaps(drawing.lanes[0].area) && development.area.overlaps(drawing.lanes[1].area)
    );
    let hops: Vec<_> = drawing
        .links
        .iter()
        .filter(|link| link.kind == LinkKind::Hop)
        .map(|link| {
            let label = |at: usize| drawing.boxes[at].label.as_str();
            (link.pipeline.as_ref().unwrap().as_str(), label(link.from), label(link.to))
        })
        .collect();
    assert_eq!(
        hops,
        [
            ("departmental", "Development", "Departmental Test"),
            ("departmental", "Departmental Test", "Departmental Production"),
            ("main", "Development", "Test"),
            ("main", "Test", "Production"),
        ]
    );
    let production = drawing.boxes.iter().find(|one| one.path == "environments/production").unwrap();
    assert_eq!(
        production.says,
        "Environment Production, production, farm behind a load balancer, 4 front-ends, 1 database server, mission-critical"
    );
    let uses = drawing.links.iter().filter(|link| link.kind == LinkKind::Uses).count();
    assert_eq!(uses, 2, "Management and Development use the shared database server");
}

#[test]
fn pipelines_apart_share_in_a_lane_of_its_own() {
    let mut made = made(Edition::Enterprise);
    // Development in the first and the last, and in none between.
    let mut between = made.pipelines[&key("main")].clone();
    between.name = "Between".parse().unwrap();
    between.stages = vec![key("departmental-test"), key("test"), key("departmental-production")];
    made.pipelines.insert(key("e-between"), between.clone());
    made.pipelines.get_mut(&key("main")).unwrap().stages.insert(0, key("management"));
    between.stages = vec![key("development"), key("test")];
    made.pipelines.insert(key("z"), between);
    let drawing = infrastructure(&made);
    assert_eq!(fault(&drawing), None);
    assert_eq!(of_kind(&drawing, BoxKind::Environment).len(), made.environments.len());
    assert_eq!(drawing.lanes[0].kind, LaneKind::Shared);
}

#[test]
fn many_front_ends_fold() {
    let mut made = made(Edition::Basic);
    let production = made.environments.get_mut(&key("production")).unwrap();
    let like = production.front_ends[&key("fe-1")].clone();
    for number in 2..=FRONT_ENDS_SHOWN {
        production.front_ends.insert(key(&format!("fe-{number}")), like.clone());
    }
    let drawing = infrastructure(&made);
    assert_eq!(fault(&drawing), None);
    assert_eq!(of_kind(&drawing, BoxKind::Fold).len(), 0);
    made.environments.get_mut(&key("production")).unwrap().front_ends.insert(key("one-more"), like);
    let drawing = infrastructure(&made);
    assert_eq!(fault(&drawing), None);
    let folds = of_kind(&drawing, BoxKind::Fold);
    assert_eq!((folds[0].label.as_str(), folds[0].count), ("7 front-ends", 7));
    assert_eq!(folds[0].path, "environments/production/front_ends");
}

/// So many environments in pipelines of four, which share their first, each with ten servers.
fn large(environments: usize) -> Architecture {
    let like = made(Edition::Standard);
    let mut large = Architecture::empty(Hosting::OnPremises);
    large.data_centers = like.data_centers.clone();
    large.database_servers = like.database_servers.clone();
    let production = &like.environments[&key("production")];
    for number in 0..environments {
        let environment = key(&format!("e-{number:03}"));
        let mut one = production.clone();
        one.name = format!("Environment {number}").parse().unwrap();
        let server = one.front_ends[&key("fe-1")].clone();
        for more in 5..=10 {
            one.front_ends.insert(key(&format!("fe-{more}")), server.clone());
        }
        large.order.push(environment.clone());
        large.environments.insert(environment, one);
    }
    for (number, stages) in large.order.clone()[1..].chunks(3).enumerate() {
        let mut pipeline = like.pipelines[&key("main")].clone();
        pipeline.stages = std::iter::once(&large.order[0]).chain(stages).cloned().collect();
        large.pipelines.insert(key(&format!("p-{number:03}")), pipeline);
    }
    large
}

#[test]
fn two_hundred_environments_of_ten_servers_fold() {
    let large = large(200);
    assert_eq!(large.front_end_count(), 2_000);
    let drawing = infrastructure(&large);
    assert_eq!(fault(&drawing), None);
    assert!(drawing.folded);
    assert_eq!(of_kind(&drawing, BoxKind::Environment).len(), 200);
    assert!(of_kind(&drawing, BoxKind::FrontEnd).is_empty());
    assert!(drawing.boxes.len() < 220, "{}", drawing.boxes.len());
    assert!(drawing.width < 2_000, "{}", drawing.width);
    assert!(of_kind(&drawing, BoxKind::Environment).iter().all(|drawn| drawn.count == 10));
}

#[test]
fn many_environments_in_no_pipeline_fold_into_one_box() {
    let mut made = large(ENVIRONMENTS_SHOWN + 1);
    made.pipelines.clear();
    let drawing = infrastructure(&made);
    assert_eq!(fault(&drawing), None);
    let folds = of_kind(&drawing, BoxKind::Fold);
    assert_eq!((folds[0].label.as_str(), folds[0].path.as_str()), ("41 environments", "environments"));
    assert!(of_kind(&drawing, BoxKind::Environment).is_empty());
    made.environments.retain(|key, _| key.as_str() != "e-000");
    assert_eq!(of_kind(&infrastructure(&made), BoxKind::Environment).len(), ENVIRONMENTS_SHOWN);
}

#[test]
fn forty_environments_do_not_fold() {
    assert!(!infrastructure(&large(ENVIRONMENTS_SHOWN)).folded);
    assert_eq!(fault(&infrastructure(&large(ENVIRONMENTS_SHOWN))), None);
    assert!(infrastructure(&large(ENVIRONMENTS_SHOWN + 1)).folded);
}

#[test]
fn nothing_is_a_drawing_too() {
    let drawing = infrastructure(&Architecture::empty(Hosting::Aws));
    assert_eq!((drawing.boxes.len(), drawing.lanes.len(), fault(&drawing)), (0, 0, None));
}

#[test]
fn an_environment_shows_all_that_it_stands_on() {
    let drawing = environment(&large(1), &key("e-000")).unwrap();
    assert_eq!(fault(&drawing), None);
    assert_eq!(of_kind(&drawing, BoxKind::FrontEnd).len(), 10, "no folding here");
    assert_eq!(drawing.links.iter().filter(|link| link.kind == LinkKind::Balances).count(), 10);
    assert_eq!(of_kind(&drawing, BoxKind::Standby).len(), 1);

    let shared = environment(&made(Edition::Basic), &key("test")).unwrap();
    assert_eq!(fault(&shared), None);
    assert_eq!(of_kind(&shared, BoxKind::DatabaseServer).len(), 1);
    assert_eq!(of_kind(&shared, BoxKind::Catalog).len(), 9, "those of the others on the same server, too");
    assert_eq!(environment(&made(Edition::Basic), &key("moon")), None);
}

proptest! {
    #[test]
    fn no_architecture_makes_a_drawing_overlap(made in architecture()) {
        let drawing = infrastructure(&made);
        prop_assert_eq!(fault(&drawing), None);
        let environments = of_kind(&drawing, BoxKind::Environment).len();
        prop_assert_eq!(environments, made.environments.len());
        for key in made.environments.keys() {
            prop_assert_eq!(fault(&environment(&made, key).unwrap()), None);
        }
    }
}
