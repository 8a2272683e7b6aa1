//! Things that show: icons, tags, notes, cards, progress, times.

use crate::flash::{Flash, FlashTone};
use crate::prelude::*;
use crate::view::icons::Icon;
use crate::view::tone::{Look, Tone};
use crate::view::{times, words};
use domain::time::Timestamp;
use operations::view::{ApplicationRef, Running};

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
    /// States beside the heading.
    #[prop(optional)]
    tags: Option<AnyView>,
    #[prop(optional)] flush: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby=id.clone()>
            <header>
                <h2 id=id.clone()>{title}</h2>
                {tags}
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

/// A time: how long ago, with the exact time at hand.
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

/// The version that runs, such as `1.4.0+`; the plus says that it is modified.
#[component]
pub fn RunningVersion(running: Running) -> impl IntoView {
    let modified = running.modified && running.version.is_some();
    view! {
        <span class="v">
            {words::version(&running)}
            {modified.then(|| view! { <span class="plus" aria-hidden="true">"+"</span> })}
        </span>
    }
}

/// An application: letters in a box, its name as a link, and what it is.
#[component]
pub fn ApplicationName(
    application: ApplicationRef,
    /// Key of the infrastructure.
    #[prop(into)]
    infrastructure: String,
    /// Few words beneath the name; its kind if nothing is said.
    #[prop(optional, into)]
    beneath: Option<String>,
) -> impl IntoView {
    let icon = format!("icon h{}", words::hue(&application.key));
    let beneath = beneath.unwrap_or_else(|| application.kind.clone());
    view! {
        <div class="app">
            <span class=icon aria-hidden="true">{words::initials(&application.name)}</span>
            <span class="app-words">
                <a href=format!("/i/{infrastructure}/applications/{}", application.key)><b>{application.name.clone()}</b></a>
                <span class="tiny dimmer">{beneath}</span>
            </span>
        </div>
    }
}
