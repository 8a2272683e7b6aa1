//! The application itself: its name and description here, and its end.

use crate::actions::applications::{BringApplicationBack, DescribeApplication};
use crate::context::Place;
use crate::prelude::*;
use crate::ui::{Button, Card, Field, LinkButton, Note, TextArea, When, Why};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use leptos::server_fn::ServerFn;
use operations::view::{ApplicationRef, Possible, RetirementView};

/// Name, description, and the way to retire it.
pub(super) fn card(
    place: &Place,
    application: &ApplicationRef,
    description: &str,
    describe: Possible,
    retired: bool,
) -> AnyView {
    let usage = place.address(&format!("/applications/{}/usage", application.key));
    let form = match describe {
        Err(refusal) => view! { <Why refusals=vec![refusal] id="no-describe"/> }.into_any(),
        Ok(()) => {
            let name = place.typed("name").unwrap_or_else(|| application.name.clone());
            let text = place.typed("description").unwrap_or_else(|| description.to_owned());
            let (bad_name, bad_text) = (place.problem("name"), place.problem("description"));
            view! {
                <form method="post" action=DescribeApplication::url() class="stack">
                    <input type="hidden" name="infra" value=place.key.clone()/>
                    <input type="hidden" name="app" value=application.key.clone()/>
                    <Field label="Name" name="name" value=Some(name) required=true maxlength=80 problem=bad_name
                        help="It changes here, in every environment's lists at once. The old name stays in packages that were published, in what their manifests say from now on, in the audit log and in the history of deployments."/>
                    <TextArea label="Description" name="description" value=Some(text) maxlength=500 problem=bad_text/>
                    <div class="row"><Button words="Save name and description"/></div>
                </form>
            }
            .into_any()
        }
    };
    let end = if retired { "Who used it" } else { "Who uses it, and retiring it" };
    let key = application.key.clone();
    view! {
        <Card title="Name and description" id="itself">
            <div class="stack">
                <p class="small dim">"Its key is "<code>{key}</code>"; packages name it, and it never changes."</p>
                {form}
                <div class="row"><LinkButton words=end href=usage icon=Icon::Link/></div>
            </div>
        </Card>
    }
    .into_any()
}

/// What everybody reads first of a retired application.
pub(super) fn retired(
    place: &Place,
    application: &ApplicationRef,
    retired: &RetirementView,
    back: Possible,
) -> AnyView {
    let (now, infra, app) = (place.now, place.key.clone(), application.key.clone());
    let RetirementView { reason, at, by } = retired.clone();
    view! {
        <Note tone=Tone::Warn>
            <p><b>"Retired: "</b>{reason}</p>
            <p class="small">{by}" retired it "<When at now/>". It is in no list; nothing is published to it until it is brought back."</p>
            <form method="post" action=BringApplicationBack::url()>
                <input type="hidden" name="infra" value=infra/>
                <input type="hidden" name="app" value=app/>
                <Button words="Bring it back" icon=Icon::Back possible=back id="bring-back"/>
            </form>
        </Note>
    }
    .into_any()
}
