//! The table of effective rights: applications by environments, each cell with its source.

use crate::context::Place;
use crate::prelude::*;
use crate::ui::level::{Stair, class, name, words as level_words};
use crate::ui::{ApplicationName, Button, Cell, EmptyState, Field, Glyph, Pager, Row, RowHead, Scroll};
use crate::view::icons::Icon;
use crate::view::words;
use domain::access::{Right, Rights, Source};
use operations::EffectiveQuery;
use operations::view::{EffectiveCell, EffectivePage, EffectiveRow, UserPage};

/// The card.
pub(super) fn card(
    place: &Place,
    user: &UserPage,
    page: &EffectivePage,
    query: &EffectiveQuery,
    role: Option<&str>,
) -> impl IntoView + use<> {
    let path = format!("/users/{}", user.row.id);
    let kept = [("q", query.search.as_deref()), ("role", role)];
    let first = query.after.is_some().then(|| place.with_query(&path, &kept));
    let next = page.next.as_deref().map(|next| {
        let pairs: Vec<_> = kept.iter().copied().chain([("after", Some(next))]).collect();
        place.with_query(&path, &pairs)
    });
    let everything = query.search.is_some().then(|| {
        view! { <a class="link small" href=place.with_query(&path, &[("role", role)])>"Only narrower roles"</a> }
    });
    let total = words::counted(page.total, "application", "applications");
    let summary = match &query.search {
        Some(_) => format!("{total} found"),
        None => format!("{total} with a narrower role"),
    };
    let content = if page.rows.is_empty() {
        view! { <EmptyState icon=Icon::Search title="No application matches"><p>"Search for part of another name, or for nothing to see the narrower roles."</p></EmptyState> }
            .into_any()
    } else {
        table(place, user, page)
    };
    view! {
        <section class="card" aria-labelledby="effective">
            <header>
                <div><h2 id="effective">"Effective rights"</h2>
                <p class="tiny dim">"A grant beats the team, the team beats the default role, even where it gives less."</p></div>
                <form method="get" action=place.address(&path) class="row push" role="search" aria-label="Find an application">
                    {role.map(|role| view! { <input type="hidden" name="role" value=role.to_owned()/> })}
                    <Field label="Find an application" name="q" id="find" kind="search" quiet=true placeholder="Any application" value=query.search.clone()/>
                    <Button words="Find" icon=Icon::Search/>
                    {everything}
                </form>
            </header>
            {content}
            <footer>
                <Pager summary first next/>
                {legend()}
            </footer>
        </section>
    }
}

fn table(place: &Place, user: &UserPage, page: &EffectivePage) -> AnyView {
    let heads = page
        .environments
        .iter()
        .map(|each| view! { <th role="columnheader" scope="col">{each.name.clone()}</th> })
        .collect_view();
    let names: Vec<String> = page.environments.iter().map(|each| each.name.clone()).collect();
    let rows = page.rows.iter().map(|row| line(place, row, &names, &page.default)).collect_view();
    view! {
        <Scroll label=format!("Effective rights of {}", user.row.name)>
            <table class="eff" role="table">
                <thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">"Application"</th>{heads}</tr></thead>
                <tbody role="rowgroup">{rows}</tbody>
            </table>
        </Scroll>
    }
    .into_any()
}

fn line(place: &Place, row: &EffectiveRow, names: &[String], default: &[Rights]) -> impl IntoView + use<> {
    let base = row.application.is_none();
    let cells = row
        .cells
        .iter()
        .zip(names)
        .zip(default)
        .map(|((each, name), default)| {
            let content = cell(each, *default);
            view! { <Cell label=name.clone()>{content}</Cell> }
        })
        .collect_view();
    let head = match &row.application {
        Some(application) => view! {
            <ApplicationName application=application.clone() infrastructure=place.key.clone() beneath=beneath(row)/>
        }
        .into_any(),
        None => view! {
            <div class="app"><span class="icon every" aria-hidden="true"><Glyph icon=Icon::Grid/></span>
            <span class="app-words"><b>"Default"</b><span class="tiny dimmer">"every application without a narrower role"</span></span></div>
        }
        .into_any(),
    };
    view! { <Row class=if base { "base" } else { "" }><RowHead>{head}</RowHead>{cells}</Row> }
}

/// What gives a row its rights, in a few words.
fn beneath(row: &EffectiveRow) -> String {
    let of = |source| row.cells.iter().find(|cell| cell.source == source);
    match (of(Source::Grant), of(Source::Team)) {
        (Some(_), _) => "by grant".to_owned(),
        (None, Some(cell)) => format!("{} team", cell.source_name),
        (None, None) => "by the default role".to_owned(),
    }
}

fn cell(cell: &EffectiveCell, default: Rights) -> impl IntoView + use<> {
    let (icon, target, source) = match cell.source {
        Source::Grant => (Icon::Key, "#from-grant", format!("Grant · {}", cell.role_name)),
        Source::Team => (Icon::People, "#from-team", format!("Team · {}", cell.role_name)),
        Source::Default => (Icon::Badge, "#from-role", format!("Role · {}", cell.role_name)),
        Source::Closed => (Icon::Badge, "#from-role", format!("Closed · {}", cell.role_name)),
    };
    let delta = match (default.within(cell.rights), cell.rights.within(default)) {
        (true, true) => None,
        (true, false) => Some((Icon::Up, "more than the default role")),
        (false, true) => Some((Icon::Fall, "less than the default role")),
        (false, false) => Some((Icon::Differ, "other rights than the default role")),
    };
    let delta = delta.map(|(icon, words)| {
        view! { <span class="delta"><Glyph icon/><span class="sr">{format!("({words})")}</span></span> }
    });
    let title = format!("{}, {source}", cell.words);
    view! {
        <a class=format!("right {}", class(cell.rights)) href=target title=title>
            <Stair rights=cell.rights/><b class="n">{cell.rights.level_of()}</b>{delta}
            <span class="word">{level_words(cell.rights)}</span>
            <span class="src"><Glyph icon/>{source}</span>
        </a>
    }
}

fn legend() -> impl IntoView {
    let levels = (0..=6u8)
        .map(|level| view! { <li><span><Stair rights=Rights::level(level)/><b>{level}</b></span>" "{name(level)}</li> })
        .collect_view();
    let (change, deploy) = (Rights::of(&[Right::Change]), Rights::of(&[Right::Deploy]));
    view! {
        <ul class="legend" aria-label="Permission levels">{levels}</ul>
        <p class="tiny dim">
            "Step 5 is two rights: " <span class="l5"><Stair rights=change/></span> " Change below, " <span class="l5"><Stair rights=deploy/></span> " Deploy above. "
            "In a team or a grant 6 counts as 5, and 1 as 0. Where the default role gives nothing, the environment is closed whatever is granted."
        </p>
    }
}
