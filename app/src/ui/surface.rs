//! Things that show: icons, tags, notes, cards, progress, times.

use crate::flash::{Flash, FlashTone};
use crate::view::icons::Icon;
use crate::view::times;
use crate::view::tone::{Look, Tone};
use domain::time::Timestamp;
use leptos::prelude::*;

/// An icon. It says nothing to a screen reader: a word stands beside it.
#[component]
pub fn Glyph(icon: Icon) -> impl IntoView {
    view! {
        <svg class="i" aria-hidden="true" focusable="false" inner_html=format!("<use href=\"#{}\"/>", icon.id())></svg>
    }
}

/// A small label with a tone.
#[component]
pub fn Tag(
    #[prop(optional)] tone: Tone,
    #[prop(optional)] icon: Option<Icon>,
    #[prop(into)] words: String,
) -> impl IntoView {
    view! {
        <span class=format!("tag {}", tone.class())>
            {icon.map(|icon| view! { <Glyph icon/> })}
            {words}
        </span>
    }
}

/// A state: colour, shape and word.
#[component]
pub fn StateTag(look: Look) -> impl IntoView {
    view! { <Tag tone=look.tone icon=look.icon words=look.word/> }
}

/// A note beside what it is about.
#[component]
pub fn Note(
    #[prop(optional)] tone: Tone,
    #[prop(optional)] icon: Option<Icon>,
    /// An id, so that something can be described by it.
    #[prop(optional, into)]
    id: Option<String>,
    children: Children,
) -> impl IntoView {
    let icon = icon.unwrap_or(match tone {
        Tone::Ok => Icon::Check,
        Tone::Wait => Icon::Clock,
        Tone::Run => Icon::Up,
        Tone::Plain | Tone::Warn | Tone::Bad => Icon::Alert,
    });
    view! {
        <div class=format!("note {}", tone.class()) id=id>
            <Glyph icon/>
            <div class="stack tight">{children()}</div>
        </div>
    }
}

/// What the request before tells: announced at once if it was refused.
#[component]
pub fn FlashNote(flash: Option<Flash>) -> impl IntoView {
    flash.filter(|flash| !flash.sentence.is_empty()).map(|flash| {
        let refused = flash.tone == FlashTone::Refused;
        let (class, icon, role) = if refused {
            ("note bad flash", Icon::Ban, "alert")
        } else {
            ("note ok flash", Icon::Check, "status")
        };
        view! {
            <div class=class role=role>
                <Glyph icon/>
                <div class="stack tight">
                    <p><b>{flash.sentence}</b></p>
                    {(!flash.lifted_by.is_empty()).then(|| view! { <p class="small">{flash.lifted_by}</p> })}
                </div>
            </div>
        }
    })
}

/// A titled box. `flush` for a table or list that brings its own padding.
#[component]
pub fn Card(
    #[prop(into)] title: String,
    /// The heading's id, unique in the page.
    #[prop(into)]
    id: String,
    /// Few words beside the heading.
    #[prop(optional, into)]
    aside: Option<String>,
    #[prop(optional)] flush: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby=id.clone()>
            <header>
                <h2 id=id.clone()>{title}</h2>
                {aside.map(|aside| view! { <span class="small dim">{aside}</span> })}
            </header>
            <div class=if flush { "flush" } else { "body" }>{children()}</div>
        </section>
    }
}

/// Progress. Without `percent` it is on the way and nobody knows how far.
#[component]
pub fn Meter(
    #[prop(into)] label: String,
    #[prop(optional_no_strip)] percent: Option<u8>,
    #[prop(optional)] tall: bool,
) -> impl IntoView {
    let class = if tall { "meter tall" } else { "meter" };
    match percent {
        Some(percent) => {
            let percent = percent.min(100);
            view! { <progress class=class max="100" value=percent.to_string() aria-label=label>{format!("{percent} %")}</progress> }
                .into_any()
        }
        None => view! { <progress class=class aria-label=label>"under way"</progress> }.into_any(),
    }
}

/// A time: how long ago, with the exact time in UTC at hand.
#[component]
pub fn When(
    at: Timestamp,
    /// The page's time.
    now: Timestamp,
    /// Shows the exact time instead.
    #[prop(optional)]
    exact: bool,
) -> impl IntoView {
    let full = times::exact(at);
    let words = if exact { full.clone() } else { times::ago(at, now) };
    view! { <time datetime=times::machine(at) title=full>{words}</time> }
}
