//! One audit entry, with before and after, and its place in the chain.

use crate::context::{Place, Screen, framed};
use crate::ui::frame::Area;
use crate::ui::{Breadcrumbs, Card, Crumb, Note, Scroll, StateTag};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::{times, words};
use leptos::prelude::*;
use operations::Result;
use operations::view::EntryPage;
use serde_json::Value;
use std::collections::BTreeSet;

/// The page.
#[component]
pub fn Page() -> impl IntoView {
    framed(Area::Audit, |place| async move { load(place).await })
}

async fn load(place: Place) -> Result<Screen> {
    let id = place.id("id")?;
    let page = place.console.audit_entry(&place.caller, &place.key, id).await?;
    Ok(Screen::new(format!("{} in the audit log", page.row.operation), body(&place, page)))
}

fn body(place: &Place, page: EntryPage) -> impl IntoView + use<> {
    let row = page.row;
    let history = place.with_query(
        "/audit",
        &[("kind", Some(row.object_kind.as_str())), ("object", Some(row.object_id.as_str()))],
    );
    let number = row.number.map_or_else(|| "not chained yet".to_owned(), |number| format!("number {number}"));
    let changes = changes(&page.before, &page.after);
    let unless_empty = |text: String| if text.is_empty() { "none".to_owned() } else { text };
    let kind = match row.actor_kind.as_str() {
        "user" => "IT user",
        "local_operator" => "at the console's machine",
        "platform_server" => "Platform Server",
        "console" => "the console's engine",
        _ => "not signed in",
    };
    view! {
        <div class="head"><div>
            <Breadcrumbs crumbs=vec![Crumb::new("Audit", place.address("/audit"))]/>
            <div class="title"><h1><code>{row.operation.clone()}</code></h1><StateTag look=words::outcome(&row.outcome)/></div>
            <p class="dim">{times::exact(row.at)}</p>
        </div></div>
        {(!row.reason.is_empty()).then(|| view! { <Note tone=Tone::Warn icon=Icon::Ban><p>{row.reason.clone()}</p></Note> })}
        <div class="split even">
            <Card title="Who did what" id="what">
                <dl class="kv">
                    <dt>"Who"</dt><dd>{row.actor_name}<span class="small dim">{format!(" ({kind})")}</span></dd>
                    <dt>"From where"</dt><dd class="mono">{row.address}</dd>
                    <dt>"On what"</dt><dd>{row.object_kind}" "<a class="link" href=history>{row.object_name}</a></dd>
                    <dt>"Concerns"</dt><dd>{unless_empty(page.related.iter().map(|(kind, name)| format!("{kind} {name}")).collect::<Vec<_>>().join(", "))}</dd>
                    <dt>"Session"</dt><dd class="mono">{unless_empty(page.session)}</dd>
                    <dt>"Request"</dt><dd class="mono">{unless_empty(page.request)}</dd>
                </dl>
            </Card>
            <Card title="Place in the chain" id="chain">
                <dl class="kv">
                    <dt>"Number"</dt><dd>{number}</dd>
                    <dt>"Hash"</dt><dd class="mono hash">{page.hash.unwrap_or_else(|| "given within a second of the commit".to_owned())}</dd>
                </dl>
                <p class="small dim">"The hash covers this entry, its number, and the hash before it. To change one entry, every later hash would have to be made again."</p>
            </Card>
        </div>
        <Card title="Before and after" id="changes" flush=true>{changes}</Card>
        <Card title="Canonical bytes" id="canonical" aside="what the hash is made over">
            <Scroll label="Canonical bytes of the entry"><pre class="bytes">{page.canonical}</pre></Scroll>
        </Card>
    }
}

fn changes(before: &Value, after: &Value) -> AnyView {
    let fields: BTreeSet<&String> =
        [before, after].into_iter().filter_map(Value::as_object).flat_map(|map| map.keys()).collect();
    if fields.is_empty() {
        return view! { <p class="body dim">"Nothing was changed."</p> }.into_any();
    }
    let rows = fields
        .into_iter()
        .map(|field| {
            let (old, new) = (words_of(before.get(field)), words_of(after.get(field)));
            view! { <tr><th scope="row">{field.replace('_', " ")}</th><td data-l="Before" class="mono">{old}</td><td data-l="After" class="mono">{new}</td></tr> }
        })
        .collect_view();
    view! {
        <table class="list stacks">
            <thead><tr><th scope="col">"Field"</th><th scope="col">"Before"</th><th scope="col">"After"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

/// A value for people: lists as lines, nothing as a dash.
fn words_of(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(yes)) => if *yes { "yes" } else { "no" }.to_owned(),
        Some(Value::Array(items)) => {
            items.iter().map(|item| words_of(Some(item))).collect::<Vec<_>>().join(", ")
        }
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::words_of;
    use serde_json::json;

    #[test]
    fn values_are_words() {
        assert_eq!(words_of(None), "–");
        assert_eq!(words_of(Some(&json!([["Desk", "1.0.0"], ["Theme", null]]))), "Desk, 1.0.0, Theme, –");
        assert_eq!(words_of(Some(&json!(true))), "yes");
    }
}
