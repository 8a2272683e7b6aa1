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
