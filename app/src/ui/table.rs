//! Tables. On a phone their rows become cards, which takes the native roles away: so each part says its role itself.

use super::Scroll;
use crate::prelude::*;

/// A table in a box that it can be moved in.
#[component]
pub fn Table(
    /// What it is a table of, for screen readers.
    #[prop(into)]
    label: String,
    /// The heads of its columns.
    heads: Vec<&'static str>,
    /// More classes, such as `log` for the audit log.
    #[prop(default = "list stacks")]
    class: &'static str,
    /// The rows.
    children: Children,
) -> impl IntoView {
    view! {
        <Scroll label>
            <table class=class role="table">
                <thead role="rowgroup">
                    <tr role="row">
                        {heads.into_iter().map(|head| view! { <th role="columnheader" scope="col">{head}</th> }).collect_view()}
                    </tr>
                </thead>
                <tbody role="rowgroup">{children()}</tbody>
            </table>
        </Scroll>
    }
}

/// Rows of a [`FoldedTable`] that are shown at once.
pub const SHOWN: usize = 20;

/// A table that shows its first rows; the others are unfolded.
#[component]
pub fn FoldedTable(
    /// What it is a table of, for screen readers.
    label: &'static str,
    /// The heads of its columns.
    heads: Vec<&'static str>,
    /// The rows.
    mut rows: Vec<AnyView>,
    /// Whether the others are unfolded from the beginning, as where one of them has something to say.
    #[prop(optional)]
    open: bool,
) -> impl IntoView {
    let others = rows.split_off(rows.len().min(SHOWN));
    let others = (!others.is_empty()).then(|| {
        let (words, heads) = (format!("Show {} more", others.len()), heads.clone());
        let label = format!("{label}, continued");
        view! {
            <details class="more" open=open>
                <summary>{words}</summary>
                <Table label heads>{others}</Table>
            </details>
        }
    });
    view! { <Table label heads>{rows}</Table>{others} }
}

/// A row of a [`Table`].
#[component]
pub fn Row(#[prop(optional)] class: &'static str, children: Children) -> impl IntoView {
    view! { <tr role="row" class=class>{children()}</tr> }
}

/// What a row is about: its first cell, over the whole width of a card.
#[component]
pub fn RowHead(children: Children) -> impl IntoView {
    view! { <th role="rowheader" scope="row" class="full">{children()}</th> }
}

/// A cell; a card shows the label of its column above it.
#[component]
pub fn Cell(
    #[prop(into)] label: String,
    #[prop(optional)] class: &'static str,
    children: Children,
) -> impl IntoView {
    view! { <td role="cell" data-l=label class=class>{children()}</td> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_beyond_the_first_are_unfolded() {
        let html = |n: usize| {
            let rows =
                (0..n).map(|at| view! { <Row><RowHead>{format!("row {at}.")}</RowHead></Row> }).collect();
            let heads = vec!["Row"];
            view! { <FoldedTable label="Rows" heads rows/> }.to_html()
        };
        let few = html(SHOWN);
        assert!(!few.contains("<details"), "{few}");
        let many = html(SHOWN + 2);
        assert!(many.contains("Show 2 more"), "{many}");
        assert_eq!((many.matches("row ").count(), many.matches("<table").count()), (SHOWN + 2, 2));
        let (before, after) = many.split_once("<details").unwrap();
        assert!(before.contains("row 19.") && !before.contains("row 20.") && after.contains("row 20."));
    }
}
