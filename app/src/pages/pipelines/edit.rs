//! Making, changing and deleting a pipeline. Its stages are ticked in the order of the environments, so it cannot go back in it.

use crate::actions::pipelines::{ChangePipeline, CreatePipeline, DeletePipeline};
use crate::context::{Place, Screen, framed};
use crate::pages::gates::links;
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Breadcrumbs, Button, Card, Crumb, Field, Kind, Note, Why};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use domain::architecture::model::Pipeline;
use domain::architecture::words::PipelinePurpose;
use leptos::server_fn::ServerFn;
use operations::view::PipelinesPage;
use operations::{OperationError, Result};

/// A new pipeline.
#[component]
pub fn NewPage() -> impl IntoView {
    framed(Area::Pipelines, |place| async move { new(place).await })
}

/// One that is there.
#[component]
pub fn EditPage() -> impl IntoView {
    framed(Area::Pipelines, |place| async move { edit(place).await })
}

async fn new(place: Place) -> Result<Screen> {
    let page = place.console.pipelines(&place.caller, &place.key).await?;
    let form = view! {
        <form method="post" action=CreatePipeline::url() class="stack">
            {fields(&place, &page, None)}
            <div class="row"><Button words="Make the pipeline" kind=Kind::Go icon=Icon::Check possible=page.manage.clone() id="make-pipeline"/></div>
        </form>
    };
    Ok(Screen::new("New pipeline", shown(&place, "New pipeline", form, None)))
}

async fn edit(place: Place) -> Result<Screen> {
    let key = place.param("pipeline");
    let page = place.console.pipelines(&place.caller, &place.key).await?;
    let found = page.architecture.pipelines.iter().find(|(each, _)| each.as_str() == key);
    let missing = || OperationError::not_found("There is no such pipeline here.");
    let pipeline = found.map(|(_, pipeline)| pipeline.clone()).ok_or_else(missing)?;
    let name = pipeline.name.to_string();
    let pipeline_key = key.clone();
    let form = view! {
        <form method="post" action=ChangePipeline::url() class="stack">
            <input type="hidden" name="key" value=key.clone()/>
            {fields(&place, &page, Some(&pipeline))}
            <div class="row"><Button words="Save the pipeline" kind=Kind::Go icon=Icon::Check possible=page.manage.clone() id="save-pipeline"/></div>
        </form>
    };
    let delete = match page.manage.clone() {
        Err(refusal) => view! { <Why refusals=vec![refusal] id="no-delete"/> }.into_any(),
        Ok(()) => view! {
            <form method="post" action=DeletePipeline::url()>
                <input type="hidden" name="infra" value=place.key.clone()/>
                <input type="hidden" name="key" value=key/>
                <p class="small dim">"Its environments stay. Applications that belong to it keep it."</p>
                <div class="row"><Button words="Delete the pipeline" kind=Kind::Bad icon=Icon::Cross/></div>
            </form>
        }
        .into_any(),
    };
    let gates = links(&place, "pipeline", &pipeline_key);
    let delete = view! { {gates}<Card title="Delete the pipeline" id="delete">{delete}</Card> }.into_any();
    Ok(Screen::new(name.clone(), shown(&place, &name, form, Some(delete))))
}

fn shown(place: &Place, title: &str, form: impl IntoView, more: Option<AnyView>) -> AnyView {
    let form = form.into_any();
    view! {
        <div class="people">
            <div class="head"><div>
                <Breadcrumbs crumbs=vec![Crumb::new("Pipelines", place.address("/pipelines"))]/>
                <h1>{title.to_owned()}</h1>
            </div></div>
            <Card title="The pipeline" id="pipeline">{form}</Card>
            {more}
        </div>
    }
    .into_any()
}

/// The fields, as they were typed or as the pipeline is.
fn fields(place: &Place, page: &PipelinesPage, pipeline: Option<&Pipeline>) -> AnyView {
    let listed =
        |field: &str| place.typed(field).map(|text| text.split(',').map(str::to_owned).collect::<Vec<_>>());
    let name = place.typed("name").or_else(|| pipeline.map(|each| each.name.to_string()));
    let stages = listed("stages")
        .or_else(|| pipeline.map(|each| each.stages.iter().map(ToString::to_string).collect()));
    let purposes = listed("purposes").or_else(|| {
        pipeline.map(|each| each.purposes.iter().map(|purpose| purpose.word().to_owned()).collect())
    });
    let tick = |field: &'static str, value: &str, words: String, chosen: Option<&Vec<String>>| {
        let checked = chosen.is_some_and(|all| all.iter().any(|each| each == value));
        view! { <label class="tick"><input type="checkbox" name=field value=value.to_owned() checked=checked/><span>{words}</span></label> }
    };
    let places = page
        .architecture
        .in_order()
        .into_iter()
        .map(|(key, environment)| {
            tick("stages[]", key.as_str(), environment.name.to_string(), stages.as_ref())
        })
        .collect_view();
    let reasons = PipelinePurpose::ALL
        .iter()
        .map(|purpose| tick("purposes[]", purpose.word(), purpose.label().to_owned(), purposes.as_ref()))
        .collect_view();
    let key = pipeline.is_none().then(|| {
        view! {
            <Field label="Key" name="key" value=place.typed("key") problem=place.problem("key") required=true verbatim=true maxlength=63
                help="as it stands in addresses; it stays for good"/>
        }
    });
    let problem =
        place.problem("stages").map(|sentence| view! { <Note tone=Tone::Bad><p>{sentence}</p></Note> });
    view! {
        <input type="hidden" name="infra" value=place.key.clone()/>
        <Field label="Name" name="name" value=name problem=place.problem("name") required=true maxlength=80/>
        {key}
        {problem}
        <fieldset class="choices"><legend>"Stages, in the order of the environments"</legend>{places}</fieldset>
        <fieldset class="choices"><legend>"Why it is kept apart"</legend>{reasons}</fieldset>
    }
    .into_any()
}
