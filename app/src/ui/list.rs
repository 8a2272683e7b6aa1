//! Around lists: where one is, nothing to show, and the next page.

use super::Glyph;
use crate::prelude::*;
use crate::view::icons::Icon;

/// A step on the way to a page: words and address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crumb {
    /// Words.
    pub words: String,
    /// Address.
    pub href: String,
}

impl Crumb {
    /// A crumb of both.
    pub fn new(words: impl Into<String>, href: impl Into<String>) -> Self {
        Self { words: words.into(), href: href.into() }
    }
}

/// The way to a page, above its heading.
#[component]
pub fn Breadcrumbs(crumbs: Vec<Crumb>) -> impl IntoView {
    view! {
        <nav class="crumbs" aria-label="Breadcrumbs">
            <ol>
                {crumbs
                    .into_iter()
                    .map(|crumb| view! { <li><a href=crumb.href>{crumb.words}</a></li> })
                    .collect_view()}
            </ol>
        </nav>
    }
}

/// There is nothing, and why or what to do about it.
#[component]
pub fn EmptyState(
    #[prop(optional)] icon: Option<Icon>,
    #[prop(into)] title: String,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="empty">
            <Glyph icon=icon.unwrap_or(Icon::Minus)/>
            <h2>{title}</h2>
            <div class="dim">{children()}</div>
        </div>
    }
}

/// The way to the next page of a list, and back to the first.
#[component]
pub fn Pager(
    /// What stands left, such as `50 of 214`.
    #[prop(optional, into)]
    summary: Option<String>,
    /// Address of the first page, if this is not it.
    first: Option<String>,
    /// Address of the next page.
    next: Option<String>,
) -> impl IntoView {
    let links = (first.is_some() || next.is_some()).then(|| {
        view! {
            <nav class="row" aria-label="Pages">
                {first.map(|href| view! { <a class="btn" href=href><Glyph icon=Icon::Left/>"First"</a> })}
                {next.map(|href| view! { <a class="btn" href=href rel="next">"Next"<Glyph icon=Icon::Right/></a> })}
            </nav>
        }
    });
    view! {
        <div class="pager">
            <span class="small dim">{summary}</span>
            {links}
        </div>
    }
}

/// A box that a wide table moves in; keyboards can move it too.
#[component]
pub fn Scroll(
    #[prop(into)] label: String,
    #[prop(optional, into)] id: Option<String>,
    children: Children,
) -> impl IntoView {
    view! { <div class="scroll" tabindex="0" role="region" aria-label=label id=id>{children()}</div> }
}
