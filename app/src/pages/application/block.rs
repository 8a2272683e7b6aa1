//! Where an application is not: whether it is blocked from there, and the form for that.

use crate::actions::applications::{BlockApplication, UnblockApplication};
use crate::context::Place;
use crate::prelude::*;
use crate::ui::{Button, Field, Glyph, Tag, Why};
use crate::view::icons::Icon;
use leptos::server_fn::ServerFn;
use operations::view::{ApplicationPlace, ApplicationRef};

/// That it is not here, and why it may not come.
pub(super) fn absent(place: &Place, application: &ApplicationRef, each: &ApplicationPlace) -> AnyView {
    let (env, name) = (each.environment.key.clone(), each.environment.name.clone());
    let hidden = view! {
        <input type="hidden" name="infra" value=place.key.clone()/>
        <input type="hidden" name="app" value=application.key.clone()/>
        <input type="hidden" name="env" value=env.clone()/>
    };
    let what = match &each.block {
        None => view! { <p class="dim">"Not here."</p> }.into_any(),
        Some(block) => view! {
            <p class="what"><span class="dim">"Not here."</span><Tag icon=Icon::Padlock words="Blocked"/></p>
            <p class="small">{block.sentence.clone()}</p>
        }
        .into_any(),
    };
    let form = match (each.may_block.clone(), each.block.is_some()) {
        (None, _) => ().into_any(),
        (Some(Err(refusal)), _) => {
            view! { <div class="small dim"><Why refusals=vec![refusal] id=format!("no-block-{env}")/></div> }.into_any()
        }
        (Some(Ok(())), true) => view! {
            <form method="post" action=UnblockApplication::url()>
                {hidden}
                <Button words="Lift the block" label=format!("Lift the block of {} from {name}", application.name)/>
            </form>
        }
        .into_any(),
        (Some(Ok(())), false) => {
            let mine = place.typed("blocked-in").as_deref() == Some(env.as_str());
            let (value, problem) = if mine { (place.typed("reason"), place.problem("reason")) } else { (None, None) };
            view! {
                <details class="tagging" open=mine>
                    <summary class="btn"><Glyph icon=Icon::Padlock/>"Block from here"</summary>
                    <form method="post" action=BlockApplication::url() class="stack">
                        {hidden}
                        <Field label="Why" name="reason" id=format!("block-{env}") value problem required=true maxlength=300
                            help="Everybody reads it who would bring it here."/>
                        <div class="row"><Button words="Block" label=format!("Block {} from {name}", application.name)/></div>
                    </form>
                </details>
            }
            .into_any()
        }
    };
    view! { {what}{form} }.into_any()
}
