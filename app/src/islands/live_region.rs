//! Keeps the content of a page up to date: an event says that something changed, never what; the page is asked for again.

use super::morph;
use domain::live;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Document, DomParser, Element, EventSource, Headers, HtmlInputElement, RequestInit, Response,
    SupportedType,
};

/// At most one request for the page in this time: a deployment reports many changes a second.
const AT_MOST_EVERY: Duration = Duration::from_millis(300);
/// While somebody types into a field here, the page is left as it is, and looked at again after this time.
const WHILE_TYPING: Duration = Duration::from_millis(1_000);
/// A stream that ended is opened again after this time.
const REOPEN: Duration = Duration::from_secs(5);

/// The content of a page, shown again when something of its topics changes. What has the focus keeps it, what is scrolled or
/// opened stays so, and what was typed is not touched. Without scripts the content stands as it was rendered.
#[island]
pub fn LiveRegion(
    /// What to watch, such as `infrastructure:harbour`.
    topics: Vec<String>,
    children: Children,
) -> impl IntoView {
    // Effects run in the browser alone.
    Effect::new(move |_| Rc::new(Live::new(&topics)).open());
    view! {
        <p class="sr" id="live-said" aria-live="polite"></p>
        <div id="live">{children()}</div>
    }
}

/// A stream of events, with what it calls for as long as it is open.
type Stream = (EventSource, Vec<Closure<dyn Fn()>>);

struct Live {
    address: String,
    /// Something changed that is not shown yet.
    stale: Cell<bool>,
    /// A request is under way, or waits for its time.
    busy: Cell<bool>,
    /// The stream that is open, with what it calls.
    source: RefCell<Option<Stream>>,
}

impl Live {
    fn new(topics: &[String]) -> Self {
        Self {
            address: live::address(topics),
            stale: Cell::new(false),
            busy: Cell::new(false),
            source: RefCell::new(None),
        }
    }

    fn open(self: Rc<Self>) {
        let Ok(source) = EventSource::new(&self.address) else { return };
        let this = Rc::clone(&self);
        let opened = Closure::new(move || {
            say_state("Live", "live");
            // What changed between the rendering and now was told to nobody.
            this.changed();
        });
        let this = Rc::clone(&self);
        let failed = Closure::new(move || {
            say_state("Reconnecting…", "waiting");
            this.reopen_if_ended();
        });
        let this = Rc::clone(&self);
        let changed: Closure<dyn Fn()> = Closure::new(move || this.changed());
        source.set_onopen(Some(opened.as_ref().unchecked_ref()));
        source.set_onerror(Some(failed.as_ref().unchecked_ref()));
        source.set_onmessage(Some(changed.as_ref().unchecked_ref()));
        // `RESET`: the stream cannot say what was missed. The page is asked for again all the same.
        for name in [live::CHANGE, live::RESET] {
            // The name of an event cannot be refused.
            let _ = source.add_event_listener_with_callback(name, changed.as_ref().unchecked_ref());
        }
        *self.source.borrow_mut() = Some((source, vec![opened, failed, changed]));
    }

    /// Browsers open a broken stream again by themselves, but not one that was answered with an error.
    fn reopen_if_ended(self: &Rc<Self>) {
        let ended = self
            .source
            .borrow()
            .as_ref()
            .is_some_and(|(source, _)| source.ready_state() == EventSource::CLOSED);
        if ended {
            let this = Rc::clone(self);
            set_timeout(move || this.open(), REOPEN);
        }
    }

    fn changed(self: &Rc<Self>) {
        self.stale.set(true);
        if !self.busy.replace(true) {
            self.show_after(Duration::ZERO);
        }
    }

    fn show_after(self: &Rc<Self>, wait: Duration) {
        let this = Rc::clone(self);
        set_timeout(move || spawn_local(async move { this.show().await }), wait);
    }

    async fn show(self: Rc<Self>) {
        if is_typing() {
            self.show_after(WHILE_TYPING);
            return;
        }
        self.stale.set(false);
        // A failure shows as a broken stream, and its end asks again.
        let _ = refresh().await;
        let this = Rc::clone(&self);
        set_timeout(
            move || {
                this.busy.set(false);
                if this.stale.get() {
                    this.changed();
                }
            },
            AT_MOST_EVERY,
        );
    }
}

/// Asks for this page again and takes over its content. The request says that nobody pressed anything, or an open page would
/// keep its session from ending for want of use (ASVS 7.3.1).
async fn refresh() -> Result<(), JsValue> {
    let window = window();
    let here = window.location().href()?;
    let headers = Headers::new()?;
    headers.set(live::REFRESH, "1")?;
    let init = RequestInit::new();
    init.set_headers(&headers);
    let response: Response =
        JsFuture::from(window.fetch_with_str_and_init(&here, &init)).await?.dyn_into()?;
    let text = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    let fresh = DomParser::new()?.parse_from_string(&text, SupportedType::TextHtml)?;
    let (Some(old), Some(new)) = (document().get_element_by_id("live"), fresh.get_element_by_id("live"))
    else {
        // Signed out, or the page became another: show that.
        return window.location().reload();
    };
    // Somebody may have begun to type while the answer was on its way.
    if is_typing() {
        return Ok(());
    }
    let before = words(&document());
    morph::children(&old, &new)?;
    // Counts in the navigation.
    if let (Some(old), Some(new)) = (document().query_selector(".rail")?, fresh.query_selector(".rail")?) {
        morph::children(&old, &new)?;
    }
    let after = words(&document());
    if before != after
        && let Some(said) = document().get_element_by_id("live-said")
    {
        said.set_text_content(Some(&after));
    }
    Ok(())
}

fn words(document: &Document) -> String {
    document.get_element_by_id("live-words").and_then(|element| element.text_content()).unwrap_or_default()
}

fn say_state(words: &str, state: &str) {
    if let Some(element) = document().get_element_by_id("live-state") {
        element.set_text_content(Some(words));
        // The attribute's name is valid, so it cannot be refused.
        let _ = element.set_attribute("data-state", state);
    }
}

/// Whether the focus is in a field of the region that takes text or a choice.
fn is_typing() -> bool {
    let Some(active) = document().active_element() else { return false };
    let in_region = active.closest("#live").is_ok_and(|found| found.is_some());
    in_region && takes_text(&active)
}

fn takes_text(element: &Element) -> bool {
    match element.tag_name().as_str() {
        "TEXTAREA" | "SELECT" => true,
        "INPUT" => element.dyn_ref::<HtmlInputElement>().is_some_and(|input| {
            !["button", "submit", "checkbox", "radio"].contains(&input.type_().as_str())
        }),
        _ => false,
    }
}
