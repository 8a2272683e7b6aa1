//! The pipeline that an application is promoted along.

use crate::actions::applications::AssignPipeline;
use crate::context::Place;
use crate::prelude::*;
use crate::ui::{Button, Card, Choice, Select, Why};
use leptos::server_fn::ServerFn;
use operations::view::ApplicationPage;

/// The card; none where there is no pipeline to choose.
pub(super) fn card(place: &Place, page: &ApplicationPage) -> Option<impl IntoView + use<>> {
    if page.pipelines.is_empty() {
        return None;
    }
    let now = match &page.pipeline {
        Some(pipeline) => format!("It is promoted along {} only.", pipeline.name),
        None => {
            "It belongs to no pipeline: it is promoted along any, as a producer that several portfolios use."
                .to_owned()
        }
    };
    let form = match page.assign.clone() {
        Err(refusal) => view! { <Why refusals=vec![refusal] id="no-pipeline"/> }.into_any(),
        Ok(()) => {
            let any = Choice::new("", "Any pipeline");
            let each = page.pipelines.iter().map(|each| Choice::new(&each.key, &each.name));
            let choices = std::iter::once(any).chain(each).collect::<Vec<_>>();
            let value = Some(page.pipeline.as_ref().map(|each| each.key.clone()).unwrap_or_default());
            view! {
                <form method="post" action=AssignPipeline::url() class="hop-form">
                    <input type="hidden" name="infra" value=place.key.clone()/>
                    <input type="hidden" name="app" value=page.application.key.clone()/>
                    <Select label="Pipeline" name="pipeline" choices value/>
                    <Button words="Assign"/>
                </form>
            }
            .into_any()
        }
    };
    Some(view! { <Card title="Pipeline" id="pipeline"><p>{now}</p>{form}</Card> })
}
