//! Home: which version of each application runs in which environment.

mod cells;

use crate::context::{self, Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::{Area, Frame};
use crate::ui::{Button, EmptyState, Field, LinkButton, Pager};
use crate::view::icons::Icon;
use crate::view::words;
use cells::Table;
use leptos_meta::Title;
use operations::MatrixQuery;
use operations::view::{Count, Matrix};

/// The matrix of an infrastructure.
#[component]
pub fn Page() -> impl IntoView {
    framed(Area::Applications, |place| async move {
        let query = MatrixQuery {
            search: place.query("search"),
            modified: place.query("modified").is_some(),
            differs: place.query("differs").is_some(),
            moving: place.query("moving").is_some(),
            unmet: place.query("unmet").is_some(),
            after: place.query("after"),
            limit: None,
        };
        let matrix = place.console.matrix(&place.caller, &place.key, &query).await?;
        let topic = format!("infrastructure:{}", place.key);
        let said =
            format!("{} in a deployment", words::counted(matrix.moving, "application", "applications"));
        Ok(Screen::new("Applications", view! { <Whole place matrix query/> }).live(topic).says(said))
    })
}

#[component]
fn Whole(place: Place, matrix: Matrix, query: MatrixQuery) -> impl IntoView {
    let plan = place.address("/plans/new");
    let summary = format!(
        "{} in {}. {} between neighbouring environments.",
        words::counted(matrix.total, "application", "applications"),
        words::of(matrix.columns.len() as u64, "environment", "environments"),
        differing(matrix.differing),
    );
    let first = query.after.is_some().then(|| address(&place, &MatrixQuery { after: None, ..query.clone() }));
    let next = matrix
        .rows
        .next
        .clone()
        .map(|cursor| address(&place, &MatrixQuery { after: Some(cursor), ..query.clone() }));
    let shown = format!("{} of {}", matrix.rows.rows.len(), words::count(matrix.matching));
    let filtered = query.search.is_some() || query.modified || query.differs || query.moving || query.unmet;
    let several = matrix.columns.len() > 1;
    let content = if matrix.rows.rows.is_empty() {
        view! { <Nothing place=place.clone() filtered/> }.into_any()
    } else {
        view! {
            <Table place=place.clone() columns=matrix.columns rows=matrix.rows.rows/>
            <Pager summary=format!("{shown}. Versions are recorded when a deployment ends; health is reported by each environment's controller.") first next/>
        }
        .into_any()
    };
    view! {
        <div class="head">
            <div>
                <h1>"Applications"</h1>
                <p class="dim">{summary}</p>
            </div>
            <div class="acts">
                <LinkButton words="New application" href=place.address("/new-application") icon=Icon::Plus/>
                {several.then(|| view! { <LinkButton words="New plan" href=plan kind=crate::ui::Kind::Go icon=Icon::Up/> })}
            </div>
        </div>
        <Tools place=place.clone() query counts=[matrix.differing, matrix.modified, matrix.unmet, matrix.moving]/>
        {content}
        <p class="small"><a class="link" href=place.address("/retired-applications")>"Retired applications"</a></p>
    }
}

fn differing(count: Count) -> String {
    match count.n {
        0 => "None differs".to_owned(),
        1 if !count.capped => "1 differs".to_owned(),
        _ => format!("{} differ", words::count(count)),
    }
}

/// The address of the matrix with these filters.
fn address(place: &Place, query: &MatrixQuery) -> String {
    let yes = |set: bool| set.then_some("yes");
    place.with_query(
        "",
        &[
            ("search", query.search.as_deref()),
            ("differs", yes(query.differs)),
            ("modified", yes(query.modified)),
            ("unmet", yes(query.unmet)),
            ("moving", yes(query.moving)),
            ("after", query.after.as_deref()),
        ],
    )
}

/// Filters, each an address of its own.
#[component]
fn Tools(
    place: Place,
    query: MatrixQuery,
    /// Differing, modified, unmet, moving.
    counts: [Count; 4],
) -> impl IntoView {
    let base = MatrixQuery { after: None, ..query.clone() };
    let chips = [
        ("Differs from next", query.differs, MatrixQuery { differs: !query.differs, ..base.clone() }),
        ("Modified", query.modified, MatrixQuery { modified: !query.modified, ..base.clone() }),
        ("Broken or outdated", query.unmet, MatrixQuery { unmet: !query.unmet, ..base.clone() }),
        ("In a deployment", query.moving, MatrixQuery { moving: !query.moving, ..base }),
    ];
    let kept = [
        ("differs", query.differs),
        ("modified", query.modified),
        ("unmet", query.unmet),
        ("moving", query.moving),
    ];
    view! {
        <div class="matrix-tools">
            <ul class="chips" aria-label="Filters">
                {chips
                    .into_iter()
                    .zip(counts)
                    .map(|((name, on, to), count)| {
                        view! {
                            <li>
                                <a class="chip" href=address(&place, &to) aria-current=on.then_some("true")>
                                    {name}" "<b>{words::count(count)}</b>
                                </a>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
            <form method="get" action=place.address("") role="search">
                {kept
                    .into_iter()
                    .filter(|(_, on)| *on)
                    .map(|(name, _)| view! { <input type="hidden" name=name value="yes"/> })
                    .collect_view()}
                <Field label="Name of an application" quiet=true name="search" kind="search" value=query.search placeholder="Name of an application"/>
                <Button words="Find" icon=Icon::Search/>
            </form>
        </div>
    }
}

#[component]
fn Nothing(place: Place, filtered: bool) -> impl IntoView {
    if filtered {
        view! {
            <EmptyState icon=Icon::Search title="No application matches">
                <p>"Nothing has all of these properties."</p>
                <p><a class="btn" href=place.address("")>"Show all"</a></p>
            </EmptyState>
        }
        .into_any()
    } else {
        view! {
            <EmptyState icon=Icon::Package title="No applications yet">
                <p>"An application is here once it was created, or once its first package was published into a development environment."</p>
                <p class="row wrap"><a class="btn" href=place.address("/new-application")>"New application"</a><a class="btn" href=place.address("/environments")>"Environments"</a></p>
            </EmptyState>
        }
        .into_any()
    }
}

/// The start: leads to the first infrastructure of the person who is signed in.
#[component]
pub fn Start() -> impl IntoView {
    Suspend::new(async move {
        let me = match context::me().await {
            Ok(me) => me,
            Err(error) => return context::refused(&error).await,
        };
        if let Some(first) = me.infrastructures.first() {
            let to = format!("/i/{}", first.key);
            context::see_other(&to);
            return view! { <p><a href=to>{first.name.clone()}</a></p> }.into_any();
        }
        view! {
            <Title text="No infrastructure · Towpath"/>
            <Frame me infrastructure=None area=None topics=Vec::new() words=String::new() flash=None>
                <div class="empty">
                    <h1>"No infrastructure yet"</h1>
                    <p class="dim">"You have no role in an infrastructure. An administrator can give you one."</p>
                </div>
            </Frame>
        }
        .into_any()
    })
}
