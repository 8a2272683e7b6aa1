//! Where a user's rights come from: grants first, teams second, the default role last.

use super::narrower::{self, Offers};
use crate::context::Place;
use crate::prelude::*;
use crate::ui::{Glyph, Scroll, Tag};
use crate::view::icons::Icon;
use crate::view::times;
use domain::access::{Right, Source, WideRight};
use operations::view::{EffectiveRow, UserPage};

/// Lines from which on a list moves in its own box.
const MANY: usize = 10;

/// The three cards.
pub(super) fn cards(place: &Place, page: &UserPage, offers: &Offers) -> impl IntoView + use<> {
    let left_out = page.more.then(|| {
        view! { <p class="small dim">"There are more teams, grants or applications than are listed here; the access review has all of them."</p> }
    });
    view! {
        <div class="sources">
            {grants(place, page, offers)}
            {teams(place, page, offers)}
            {default_role(page)}
        </div>
        {left_out}
    }
}

fn source(
    id: &'static str,
    icon: Icon,
    title: &'static str,
    place: &'static str,
    lines: Vec<AnyView>,
    nothing: &'static str,
    beneath: Option<AnyView>,
) -> AnyView {
    let many = lines.len() > MANY;
    let content = if lines.is_empty() {
        view! { <p class="none dim">{nothing}</p> }.into_any()
    } else {
        let list = view! { <ul class="lines">{lines}</ul> };
        if many {
            view! { <Scroll label=format!("{title}, listed") id=format!("{id}-list")>{list}</Scroll> }
                .into_any()
        } else {
            list.into_any()
        }
    };
    let heading = format!("{id}-title");
    view! {
        <section class=if many { "card long" } else { "card" } id=id aria-labelledby=heading>
            <header><Glyph icon/><h3 id=heading.clone()>{title}</h3><Tag words=place/></header>
            {content}
            {beneath}
        </section>
    }
    .into_any()
}

fn grants(place: &Place, page: &UserPage, offers: &Offers) -> AnyView {
    let lines = page
        .grants
        .iter()
        .map(|each| {
            let by = each.granted_by.clone().unwrap_or_else(|| "the local operator".to_owned());
            let href = place.address(&format!("/applications/{}", each.application.key));
            view! {
                <li class="edited"><span><a class="entry" href=href><b>{each.application.name.clone()}</b></a><span class="sub">{format!("by {by}, {}", times::day(each.granted_at))}</span></span>
                <Tag words=each.role.name.clone()/>{narrower::of_grant(place, page, each)}</li>
            }
            .into_any()
        })
        .collect();
    source(
        "from-grant",
        Icon::Key,
        "Application grants",
        "first",
        lines,
        "No role is granted on a single application.",
        Some(offers.grant(place, page)),
    )
}

fn teams(place: &Place, page: &UserPage, offers: &Offers) -> AnyView {
    let lines = page
        .teams
        .iter()
        .map(|each| {
            // Who may change it may open the team's page, too.
            let name = match each.change {
                Ok(()) => {
                    let href = place.address(&format!("/teams/{}", each.id));
                    view! { <a class="entry" href=href><b>{each.name.clone()}</b></a> }
                }
                Err(_) => view! { <b>{each.name.clone()}</b> },
            };
            view! {
                <li class="edited"><span>{name}</span><Tag words=each.role.name.clone()/>{narrower::of_team(place, page, each)}</li>
            }
        })
        .collect();
    source(
        "from-team",
        Icon::People,
        "Teams",
        "second",
        lines,
        "The user is in no team here.",
        Some(offers.join(place, page)),
    )
}

fn default_role(page: &UserPage) -> AnyView {
    let mut lines = Vec::new();
    if let Some(role) = &page.row.role {
        let name = role.name.clone();
        lines.push(view! { <li><span><b>{name}</b><span class="sub">"where neither a grant nor a team says otherwise"</span></span></li> }.into_any());
        for right in [Right::CreateApplications, Right::AddSystemDependencies] {
            lines.push(toggle(page, right));
        }
        for right in WideRight::ALL {
            lines.push(line(page.wide.has(right), right.words(), "in the whole infrastructure".to_owned()));
        }
    }
    source(
        "from-role",
        Icon::Badge,
        "Default role",
        "last",
        lines,
        "The user has no role here, and so no rights.",
        None,
    )
}

fn toggle(page: &UserPage, right: Right) -> AnyView {
    let default: Option<&EffectiveRow> = page.effective.iter().find(|row| row.application.is_none());
    let places: Vec<String> = default
        .into_iter()
        .flat_map(|row| &row.cells)
        .filter(|cell| cell.source == Source::Default && cell.rights.has(right))
        .filter_map(|cell| page.environments.iter().find(|each| each.id == cell.environment))
        .map(|each| each.name.clone())
        .collect();
    line(!places.is_empty(), right.words(), format!("in {}", places.join(", ")))
}

fn line(given: bool, words: &'static str, place: String) -> AnyView {
    let (class, icon, place) =
        if given { ("", Icon::Check, place) } else { ("dim", Icon::Minus, "not given".to_owned()) };
    view! { <li class=class><Glyph icon/><span>{words}<span class="sub">{place}</span></span></li> }
        .into_any()
}
