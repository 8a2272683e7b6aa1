//! The architecture as a file: its download, and the form that takes the text of one.

use crate::context::Place;
use crate::prelude::*;
use crate::ui::{Button, Card, Glyph, Kind};
use crate::view::icons::Icon;

/// The card on the page of the architecture.
pub(super) fn card(place: &Place) -> AnyView {
    let href = place.address("/architecture/file");
    let form = form(place, String::new(), Vec::new());
    view! {
        <Card title="As a file" id="as-file" aside="TOML; compared first, nothing changes before you say so">
            <div class="stack">
                <p><a class="btn" href=href download="">
                    <Glyph icon=Icon::Download/>"Download the file"
                </a></p>
                {form}
            </div>
        </Card>
    }
}

/// The form: the text goes to the comparison in a form, never in an address.
pub(super) fn form(place: &Place, text: String, faults: Vec<String>) -> AnyView {
    let wrong = !faults.is_empty();
    let described = if wrong { "file-problem file-help" } else { "file-help" };
    let faults = wrong.then(|| {
        let lines = faults
            .into_iter()
            .map(|fault| view! { <li class="err"><Glyph icon=Icon::Alert/><span>{fault}</span></li> })
            .collect_view();
        view! { <ul class="faults" id="file-problem">{lines}</ul> }
    });
    view! {
        <form method="post" action=place.address("/architecture/compare") class="stack">
            <div class="field">
                <label for="file">"Text of a file"</label>
                <textarea class="input mono tall-text" id="file" name="file" rows="14" spellcheck="false" autocapitalize="none" required=true aria-invalid=wrong.then_some("true") aria-describedby=described>{text}</textarea>
                <p class="help" id="file-help">"What the file leaves out goes away. A form takes up to 2 MiB, which is some 1.2 MB of text; longer files go through the command line: towpath architecture apply FILE."</p>
                {faults}
            </div>
            <div class="row"><Button words="Compare with the file" kind=Kind::Go icon=Icon::Eye/></div>
        </form>
    }
}
