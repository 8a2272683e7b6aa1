//! What the validation of a large plan costs, beside bare look-ups of every need in a hash set.

use crate::decisions::fastest;
use crate::{Failed, against};
use domain::plan::{Changes, Content, Contents, Element, Landscape, Need, Part, apply, validate};
use domain::text::{Key, Sha256};
use std::collections::{BTreeSet, HashSet};
use std::hint::black_box;

/// Applications of the target.
const APPLICATIONS: usize = 10_000;
/// What each of them uses of others.
const NEEDS: usize = 5;
/// Applications that the plan changes.
const OPERATIONS: usize = 1_000;
/// The share of the bare look-ups' speed that is kept: validation copies the target too, and looks from both sides.
const LIMIT: f64 = 0.05;

fn key(n: usize) -> Result<Key, Failed> {
    Ok(format!("application-{n:05}").parse()?)
}

/// Application `n` in a version: it offers an element, and uses those of others.
fn content(n: usize, version: usize) -> Result<Content, Failed> {
    let module: Key = "main".parse()?;
    let element = |signature: &str| Element {
        module: module.clone(),
        name: "Face".to_owned(),
        signature: signature.to_owned(),
    };
    let mut consumes = Vec::with_capacity(NEEDS);
    for need in 1..=NEEDS {
        let application = key((n * 7 + need * 131) % APPLICATIONS)?;
        consumes.push(Need { by: module.clone(), application, element: element("1") });
    }
    // Every hundredth new version breaks its consumers.
    let signature = if version > 1 && n.is_multiple_of(100) { "2" } else { "1" };
    Ok(Content {
        name: format!("Application {n}"),
        number: format!("1.{version}").parse().ok(),
        sha256: Sha256::of(format!("{n} {version}").as_bytes()),
        produces: vec![element(signature)],
        consumes,
        modules: vec![Part {
            key: module.clone(),
            virtual_directory: format!("/application-{n}"),
            host: None,
        }],
        platform: None,
    })
}

/// Measures and prints.
pub fn measure() -> Result<(), Failed> {
    let mut before = Contents::new();
    let mut changes = Changes::new();
    for n in 0..APPLICATIONS {
        before.insert(key(n)?, content(n, 1)?);
    }
    for n in (0..APPLICATIONS).step_by(APPLICATIONS / OPERATIONS) {
        changes.insert(key(n)?, Some(content(n, 2)?));
    }
    let touched: BTreeSet<Key> = changes.keys().cloned().collect();
    let found = || {
        let after = apply(black_box(&before), black_box(&changes));
        let hotfixes = BTreeSet::new();
        let land = Landscape {
            before: &before,
            after: &after,
            source: &before,
            touched: &touched,
            platform: None,
            hotfixes: &hotfixes,
        };
        validate(&land).len()
    };
    if found() == 0 {
        return Err("the plan breaks consumers, and nothing was found".into());
    }
    let offered: HashSet<(&Key, &Element)> =
        before.iter().flat_map(|(key, one)| one.produces.iter().map(move |element| (key, element))).collect();
    let bare = fastest(|| {
        let needs = before.values().flat_map(|one| &one.consumes);
        needs.filter(|need| black_box(&offered).contains(&(&need.application, &need.element))).count()
    });
    let ours = fastest(found);
    println!(
        "Validation: {OPERATIONS} operations over {APPLICATIONS} applications with {} dependencies",
        APPLICATIONS * NEEDS
    );
    println!("  {:<44} {bare:>9.1?}", "bare look-ups of the dependencies in a hash set");
    let ratio = against(bare.as_secs_f64(), ours.as_secs_f64(), LIMIT);
    println!("  {:<44} {ours:>9.1?}   {ratio}", "domain::plan::validate, aim: under 100 ms");
    Ok(())
}
