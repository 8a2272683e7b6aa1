//! Tagging what is modified in an environment, several applications at once.

use crate::actions::versions::TagTogether;
use crate::context::{Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{
    Breadcrumbs, Button, Card, Cell, Crumb, EmptyState, Field, Kind, Note, Pager, Row, RowHead, Table, Tag,
    TextArea, When, Why,
};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use domain::version::Ground;
use leptos::server_fn::ServerFn;
use operations::view::{ModifiedPage, ModifiedView};
use operations::{PageQuery, Result};

/// The page.
#[component]
pub fn TogetherPage() -> impl IntoView {
    framed(Area::Environments, |place| async move { load(place).await })
}

async fn load(place: Place) -> Result<Screen> {
    let key = place.param("env");
    let query = PageQuery::after(place.query("after"));
    let page = place.console.modified(&place.caller, &place.key, &key, &query).await?;
    let title = format!("Modified in {}", page.environment.name);
    let topic = format!("infrastructure:{}", place.key);
    Ok(Screen::new(title, body(&place, page, query.after.is_some())).live(topic))
}

fn body(place: &Place, page: ModifiedPage, later: bool) -> AnyView {
    let environment = page.environment.clone();
    let crumbs = vec![
        Crumb::new("Environments", place.address("/environments")),
        Crumb::new(environment.name.clone(), place.address(&format!("/environments/{}", environment.key))),
    ];
    let here = format!("/environments/{}/modified", environment.key);
    let first = later.then(|| place.address(&here));
    let next = page.rows.next.as_deref().map(|after| place.with_query(&here, &[("after", Some(after))]));
    let refused = place.problem("versions");
    let content = if page.rows.rows.is_empty() {
        let sentence =
            format!("Everything that runs in {} and that you may see is a version.", environment.name);
        view! { <EmptyState icon=Icon::Check title="Nothing is modified"><p>{sentence}</p></EmptyState> }
            .into_any()
    } else {
        let chosen = place.typed("chosen");
        let rows = page.rows.rows.iter().map(|row| one(place, row, chosen.as_deref())).collect_view();
        let any = page.rows.rows.iter().any(|row| row.tag.is_ok());
        let form = any.then(|| {
            view! {
                <div class="together stack">
                    <TextArea label="Change log for all of them" name="change_log" value=place.typed("change_log") problem=place.problem("change_log")/>
                    <div class="row"><Button words="Tag the chosen ones" icon=Icon::Tag kind=Kind::Go/></div>
                </div>
            }
        });
        view! {
            <form method="post" action=TagTogether::url()>
                <input type="hidden" name="infra" value=place.key.clone()/>
                <input type="hidden" name="env" value=environment.key.clone()/>
                <Table label="Modified applications" heads=vec!["Application", "Runs", "Changed", "Number"]>{rows}</Table>
                {form}
            </form>
        }
        .into_any()
    };
    let title = format!("Modified in {}", environment.name);
    view! {
        <div class="head"><div>
            <Breadcrumbs crumbs/>
            <h1>{title}</h1>
            <p class="dim">"Choose what becomes a version. All of the chosen are tagged, or none is."</p>
        </div></div>
        {refused.map(|sentence| view! { <Note tone=Tone::Bad><p>{sentence}</p></Note> })}
        <Card title="Applications" id="modified" flush=true>{content}</Card>
        <Pager first next/>
    }
    .into_any()
}

fn one(place: &Place, row: &ModifiedView, chosen: Option<&str>) -> AnyView {
    let key = row.application.key.clone();
    let href = place.address(&format!("/applications/{key}"));
    let runs = row.runs.clone();
    let (now, at, by) = (place.now, row.changed_at, row.changed_by.clone());
    let ticked = chosen.is_none_or(|all| all.split(' ').any(|one| one == key));
    let hotfix = (row.ground == Ground::Hotfix)
        .then(|| view! { <Tag tone=Tone::Bad icon=Icon::Differ words="Hotfix"/> });
    let (head, number) = match &row.tag {
        Ok(()) => {
            let value = place.typed(&format!("number-{key}")).unwrap_or_else(|| row.proposed.to_string());
            let label = format!("Number for {}", row.application.name);
            (
                view! { <label class="tick"><input type="checkbox" name="chosen[]" value=key.clone() checked=ticked/><span>{row.application.name.clone()}</span></label> }.into_any(),
                view! { <Field label=label quiet=true name=format!("numbers[{key}]") id=format!("number-{key}") value=Some(value) verbatim=true/> }.into_any(),
            )
        }
        Err(refusal) => (
            view! { <a class="link" href=href>{row.application.name.clone()}</a> }.into_any(),
            view! { <Why refusals=vec![refusal.clone()] id=format!("no-{key}")/> }.into_any(),
        ),
    };
    view! {
        <Row>
            <RowHead>{head}</RowHead>
            <Cell label="Runs"><span class="row wrap"><span class="v">{runs}</span>{hotfix}</span></Cell>
            <Cell label="Changed"><When at now/>" by "{by}</Cell>
            <Cell label="Number">{number}</Cell>
        </Row>
    }
    .into_any()
}
