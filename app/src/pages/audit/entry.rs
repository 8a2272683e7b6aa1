//! One audit entry, with before and after, and its place in the chain.

use super::reason;
use crate::context::{Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Breadcrumbs, Card, Crumb, Glyph, StateTag};
use crate::view::{acts, times, words};
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
    let title = acts::line(&page.row.actor_name, &page.row.operation, &page.row.outcome);
    Ok(Screen::new(title, body(&place, page)))
}

fn body(place: &Place, page: EntryPage) -> impl IntoView + use<> {
    let row = page.row;
    let history = place.with_query(
        "/audit",
        &[("kind", Some(row.object_kind.as_str())), ("object", Some(row.object_id.as_str()))],
    );
    let (kind, _) = acts::actor(&row.actor_kind);
    let related = page
        .related
        .iter()
        .map(|(kind, name)| view! { <li><Glyph icon=acts::object(kind)/>{name.clone()}<span class="dim small">{kind.clone()}</span></li> })
        .collect_view();
    let concerns = (!page.related.is_empty())
        .then(|| view! { <dt>"Concerns"</dt><dd><ul class="concerns">{related}</ul></dd> });
    let session = (!page.session.is_empty())
        .then(|| view! { <dt>"Session"</dt><dd class="mono">{page.session.clone()}</dd> });
    let token = (!page.token.is_empty())
        .then(|| view! { <dt>"Token"</dt><dd class="mono">{page.token.clone()}</dd> });
    let request = (!page.request.is_empty())
        .then(|| view! { <dt>"Request"</dt><dd class="mono">{page.request.clone()}</dd> });
    let number = row.number.map_or_else(|| "not numbered yet".to_owned(), |number| format!("no. {number}"));
    view! {
        <div class="audit">
            <div class="head"><div>
                <Breadcrumbs crumbs=vec![Crumb::new("Audit", place.address("/audit"))]/>
                <div class="title"><h1>{acts::line(&row.actor_name, &row.operation, &row.outcome)}</h1><StateTag look=words::outcome(&row.outcome)/></div>
                <p class="dim dots"><span>{times::exact(row.at)}</span><span>{number}</span></p>
            </div></div>
            {reason(&row.outcome, row.reason.clone())}
            <div class="split">
                <div>
                    <Card title="Difference" id="changes">{difference(&page.before, &page.after)}</Card>
                    <Card title="Canonical bytes" id="canonical" aside="what the hash is made over">
                        <pre class="bytes">{page.canonical}</pre>
                    </Card>
                </div>
                <aside aria-label="Where it came from, and its place in the chain">
                    <Card title="Who, where, on what" id="what">
                        <dl class="kv">
                            <dt>"Who"</dt><dd>{row.actor_name}<span class="sub">{kind}</span></dd>
                            <dt>"Address"</dt><dd class="mono">{row.address}</dd>
                            <dt>"On what"</dt><dd><a class="link" href=history>{row.object_name}</a><span class="sub">{format!("{}, with all entries about it", row.object_kind)}</span></dd>
                            <dt>"Operation"</dt><dd class="mono">{row.operation}</dd>
                            {concerns}{session}{token}{request}
                        </dl>
                    </Card>
                    <Card title="Place in the chain" id="chain">
                        {chain(page.chain, row.number)}
                        <p class="small dim">"A hash covers its entry, its number and the hash before it. To change one entry, every later hash would have to be made again."</p>
                    </Card>
                </aside>
            </div>
        </div>
    }
}

/// The entry between its neighbours.
fn chain(links: Vec<(u64, String)>, own: Option<u64>) -> AnyView {
    if links.is_empty() {
        return view! { <p class="small">"It is committed, and gets its number and hash within a second."</p> }.into_any();
    }
    let links = links
        .into_iter()
        .map(|(number, hash)| {
            let me = Some(number) == own;
            let short = format!("{} {} … {}", &hash[..4], &hash[4..8], &hash[hash.len() - 4..]);
            let whole = me.then(|| view! { <span class="sub mono hash">{hash.clone()}</span> });
            view! {
                <li class=if me { "me" } else { "" } aria-current=me.then_some("true")>
                    <span class="no">{number}</span><code title=hash.clone()>{short}</code>{whole}
                </li>
            }
        })
        .collect_view();
    view! { <ol class="chain">{links}</ol> }.into_any()
}

fn difference(before: &Value, after: &Value) -> AnyView {
    let fields: BTreeSet<&String> =
        [before, after].into_iter().filter_map(Value::as_object).flat_map(|map| map.keys()).collect();
    if fields.is_empty() {
        return view! { <p class="dim">"Nothing was changed."</p> }.into_any();
    }
    let rows = fields
        .into_iter()
        .map(|field| {
            let name = field.replace('_', " ");
            let mut letters = name.chars();
            let name = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default() + letters.as_str();
            let (old, new) = (value(before.get(field)), value(after.get(field)));
            let same = old == new;
            let old = old.map_or_else(|| nothing().into_any(), |old| if same { view! { <span class="mono small">{old}</span> }.into_any() } else { view! { <del>{old}</del> }.into_any() });
            let new = new.map_or_else(|| nothing().into_any(), |new| if same { view! { <span class="mono small">{new}</span> }.into_any() } else { view! { <ins>{new}</ins> }.into_any() });
            view! {
                <tr role="row"><th role="rowheader" scope="row">{name}</th><td role="cell" data-l="Before">{old}</td><td role="cell" data-l="After">{new}</td></tr>
            }
        })
        .collect_view();
    view! {
        <table class="diff" role="table" aria-labelledby="changes">
            <thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">"Field"</th><th role="columnheader" scope="col">"Before"</th><th role="columnheader" scope="col">"After"</th></tr></thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
    }
    .into_any()
}

fn nothing() -> impl IntoView {
    view! { <span class="dimmer">"none"</span> }
}

/// A value for people; none where there is nothing.
fn value(value: Option<&Value>) -> Option<String> {
    match value {
        None | Some(Value::Null) => None,
        Some(Value::Array(items)) if items.is_empty() => None,
        Some(Value::String(text)) if text.is_empty() => None,
        other => Some(words_of(other)),
    }
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
