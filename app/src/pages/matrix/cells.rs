//! The table itself: environments as columns, the ways from one to the next between them.

use crate::context::Place;
use crate::prelude::*;
use crate::ui::{ApplicationName, Glyph, Meter, RunningVersion, StateTag, When};
use crate::view::icons::Icon;
use crate::view::tone::{Look, Tone};
use crate::view::words;
use domain::time::Timestamp;
use operations::view::{MatrixCell, MatrixColumn, MatrixRow, Running};

/// The matrix.
#[component]
pub fn Table(place: Place, columns: Vec<MatrixColumn>, rows: Vec<MatrixRow>) -> impl IntoView {
    let heads = columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let hop = columns.get(at + 1).map(|next| hop_head(&place, column, next));
            view! { <ColumnHead place=place.clone() column=column.clone()/> {hop} }
        })
        .collect_view();
    let body = rows
        .into_iter()
        .map(|row| view! { <Row place=place.clone() columns=columns.clone() row/> })
        .collect_view();
    view! {
        <div class="matrix-wrap" id="matrix" tabindex="0" role="region" aria-label="Applications by environment">
            <table class="matrix">
                <thead>
                    <tr>
                        <th class="name" scope="col"><div class="env"><b>"Application"</b></div></th>
                        {heads}
                    </tr>
                </thead>
                <tbody>{body}</tbody>
            </table>
        </div>
    }
}

#[component]
fn ColumnHead(place: Place, column: MatrixColumn) -> impl IntoView {
    let look = if column.deploying.is_some() {
        Look::new(Tone::Run, Icon::Up, "Deploying")
    } else {
        words::health(column.health)
    };
    view! {
        <th scope="col">
            <div class="env">
                <a href=place.address(&format!("/environments/{}", column.environment.key))><b>{column.environment.name}</b></a>
                <span class="tiny dim"><StateTag look/>{words::of(u64::from(column.servers), "server", "servers")}</span>
            </div>
        </th>
    }
}

/// How many applications differ between two columns; leads to a plan for them.
fn hop_head(place: &Place, from: &MatrixColumn, to: &MatrixColumn) -> impl IntoView + use<> {
    let count = from.differs_from_next;
    let label = format!(
        "{} between {} and {}: make a plan",
        words::counted(count, "application differs", "applications differ"),
        from.environment.name,
        to.environment.name
    );
    let href = place.with_query(
        "/plans/new",
        &[("from", Some(&from.environment.key)), ("to", Some(&to.environment.key))],
    );
    view! {
        <td class="hop">
            {(count.n > 0 && from.leads_on).then(|| view! {
                <a class="btn tiny" href=href aria-label=label>{words::count(count)}<Glyph icon=Icon::Right/></a>
            })}
        </td>
    }
}

#[component]
fn Row(place: Place, columns: Vec<MatrixColumn>, row: MatrixRow) -> impl IntoView {
    let application = row.application;
    let mut beneath =
        format!("{} · {}", application.kind, words::of(u64::from(row.modules), "module", "modules"));
    if let Some(team) = row.team {
        beneath = format!("{beneath} · {team}");
    }
    let link = place.address(&format!("/applications/{}", application.key));
    let cells = row
        .cells
        .iter()
        .enumerate()
        .map(|(at, cell)| {
            let hop = match (columns.get(at), columns.get(at + 1), row.cells.get(at + 1)) {
                (Some(from), Some(to), Some(next)) => {
                    Some(hop_cell(&place, &application.key, &application.name, (from, cell), (to, next)))
                }
                _ => None,
            };
            view! { <Cell cell=cell.clone() link=link.clone() now=place.now/> {hop} }
        })
        .collect_view();
    let name = application.clone();
    view! {
        <tr id=format!("app-{}", application.key)>
            <th class="name" scope="row"><ApplicationName application=name infrastructure=place.key.clone() beneath/></th>
            {cells}
        </tr>
    }
}

/// Between two cells: a way to a plan where what runs left could go right.
fn hop_cell(
    place: &Place,
    key: &str,
    name: &str,
    (from, left): (&MatrixColumn, &MatrixCell),
    (to, right): (&MatrixColumn, &MatrixCell),
) -> impl IntoView + use<> {
    let link = (from.leads_on && could_go(left, right)).then(|| {
        let href = place.with_query(
            "/plans/new",
            &[("from", Some(&from.environment.key)), ("to", Some(&to.environment.key)), ("app", Some(key))],
        );
        let label = format!("Plan {name} from {} to {}", from.environment.name, to.environment.name);
        view! { <a class="differ" href=href aria-label=label><Glyph icon=Icon::Right/></a> }
    });
    let same = matches!((left, right), (MatrixCell::Present(a), MatrixCell::Present(b)) if a.revision_id == b.revision_id);
    view! {
        <td class="hop">
            {link}
            {same.then(|| view! { <span class="same" aria-hidden="true">"·"</span> })}
        </td>
    }
}

fn could_go(left: &MatrixCell, right: &MatrixCell) -> bool {
    match (left, right) {
        (MatrixCell::Present(_), MatrixCell::Absent) => true,
        (MatrixCell::Present(a), MatrixCell::Present(b)) => a.revision_id != b.revision_id,
        _ => false,
    }
}

#[component]
fn Cell(cell: MatrixCell, link: String, now: Timestamp) -> impl IntoView {
    match cell {
        MatrixCell::Present(running) => view! { <td><Present running link now/></td> }.into_any(),
        MatrixCell::Absent => {
            view! { <td><span class="cell none"><span class="when">"not there"</span></span></td> }.into_any()
        }
        MatrixCell::Blocked(block) => view! {
            <td>
                <a class="cell none" href=link title=block.sentence>
                    <span class="when">"not there"</span>
                    <StateTag look=Look::new(Tone::Plain, Icon::Padlock, "Blocked")/>
                </a>
            </td>
        }
        .into_any(),
        MatrixCell::Hidden => {
            view! { <td><span class="cell none"><span class="when">"not for you to see"</span></span></td> }
                .into_any()
        }
    }
}

#[component]
fn Present(running: Running, link: String, now: Timestamp) -> impl IntoView {
    let look = words::running(&running);
    let percent = running.moving.and_then(|(_, percent)| percent);
    let at = running.changed_at;
    let by = format!("Brought here by {}", running.changed_by);
    view! {
        <a class="cell" href=link title=by>
            <RunningVersion running/>
            {look.map(|look| view! { <StateTag look/> })}
            <span class="when"><When at now/></span>
            {percent.map(|percent| view! { <Meter label="Progress" percent=Some(percent)/> })}
        </a>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running(revision: u32) -> MatrixCell {
        MatrixCell::Present(Running {
            version: None,
            modified: false,
            revision: String::new(),
            revision_id: format!("00000000-0000-0000-0000-{revision:012}").parse().unwrap(),
            mixed: false,
            bond: None,
            changed_at: Timestamp(0),
            changed_by: String::new(),
            hotfix: None,
            moving: None,
        })
    }

    #[test]
    fn a_way_leads_on_where_something_could_change() {
        assert!(could_go(&running(1), &MatrixCell::Absent));
        assert!(could_go(&running(1), &running(2)));
        assert!(!could_go(&running(1), &running(1)));
        assert!(!could_go(&MatrixCell::Absent, &running(1)));
        assert!(!could_go(&running(1), &MatrixCell::Hidden));
    }
}
