//! A set of rights as people see it: seven steps like a flight of locks, the level's number, and a few words.
//!
//! Step 5 has two halves, since Change and Deploy are two rights: Change below, Deploy above.

use crate::prelude::*;
use domain::access::{Right, Rights};
use std::fmt::Write as _;

/// The classes of the levels, for the tone of what is around them.
const CLASSES: [&str; 7] = ["l0", "l1", "l2", "l3", "l4", "l5", "l6"];

/// The class of the level within a set.
#[must_use]
pub fn class(rights: Rights) -> &'static str {
    CLASSES.get(usize::from(rights.level_of())).copied().unwrap_or("l6")
}

/// A level in a word or two, for a cell of a table.
#[must_use]
pub const fn name(level: u8) -> &'static str {
    match level {
        0 => "No access",
        1 => "Access",
        2 => "List",
        3 => "Monitor",
        4 => "Open, Debug",
        5 => "Change, Deploy",
        _ => "Full control",
    }
}

/// The rights in a few words: the level, and Change or Deploy beyond it. The two toggles are left out; `Rights::described` has all.
#[must_use]
pub fn words(rights: Rights) -> String {
    let level = rights.level_of();
    let toggles = Rights::of(&[Right::CreateApplications, Right::AddSystemDependencies]);
    let rest = rights.without(Rights::level(level)).without(toggles);
    rest.iter().fold(name(level).to_owned(), |words, right| format!("{words} + {}", right.words()))
}

/// The stair alone; the words beside it say the same.
#[component]
pub fn Stair(rights: Rights) -> impl IntoView {
    view! { <svg class="lv" viewBox="0 0 41 18" aria-hidden="true" focusable="false" inner_html=drawing(rights)></svg> }
}

/// Stair, number and words.
#[component]
pub fn Level(rights: Rights) -> impl IntoView {
    view! {
        <span class=format!("level {}", class(rights)) title=rights.described()>
            <Stair rights/>
            <b class="n">{rights.level_of()}</b>
            " "
            <span class="word">{words(rights)}</span>
        </span>
    }
}

fn drawing(rights: Rights) -> String {
    use Right::{Access, AddDependencies, Change, Deploy, FullControl, List, Monitor, Open};
    let mut out = String::new();
    let mut step = |on: bool, x: u32, y: f32, height: f32| {
        let class = if on { "on" } else { "off" };
        // Writing into a string cannot fail.
        let _ = write!(out, r#"<rect class="{class}" x="{x}" y="{y}" width="5" height="{height}"/>"#);
    };
    let has = |wanted: &[Right]| Rights::of(wanted).within(rights);
    if rights != Rights::NONE {
        step(true, 0, 15.0, 3.0);
    }
    step(has(&[Access]), 6, 12.5, 5.5);
    step(has(&[List]), 12, 10.0, 8.0);
    step(has(&[Monitor, AddDependencies]), 18, 7.5, 10.5);
    step(has(&[Open]), 24, 5.0, 13.0);
    if has(&[Change]) || has(&[Deploy]) {
        step(has(&[Deploy]), 30, 2.5, 7.25);
        step(has(&[Change]), 30, 10.75, 7.25);
    } else {
        step(false, 30, 2.5, 15.5);
    }
    step(has(&[FullControl]), 36, 0.0, 18.0);
    if rights == Rights::NONE {
        out.push_str(r#"<path class="out" d="M.8 13.200l4 4M4.800 13.200l-4 4"/>"#);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_the_level_and_what_is_beyond_it() {
        assert_eq!(words(Rights::NONE), "No access");
        assert_eq!(words(Rights::level(5)), "Change, Deploy");
        assert_eq!(words(Rights::level(4).with(Rights::of(&[Right::Deploy]))), "Open, Debug + Deploy");
        assert_eq!(words(Rights::of(&Right::ALL)), "Full control", "toggles stand elsewhere");
    }

    #[test]
    fn each_step_is_drawn_and_lit_by_its_own_rights() {
        let lit = |rights: Rights| drawing(rights).matches(r#"class="on""#).count();
        // The ground, then a step for each level; step 5 has two halves.
        for (level, wanted) in [(0, 0), (1, 2), (2, 3), (3, 4), (4, 5), (5, 7), (6, 8)] {
            assert_eq!(lit(Rights::level(level)), wanted, "level {level}");
        }
        assert_eq!(lit(Rights::level(3).with(Rights::of(&[Right::Deploy]))), 5);
        assert!(drawing(Rights::NONE).contains(r#"class="out""#));
        assert!(!drawing(Rights::NONE).contains("style="));
    }
}
