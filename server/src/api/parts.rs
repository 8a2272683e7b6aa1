//! The parts of an architecture one by one: of the infrastructure itself, and of one of its environments.

use super::call::{Ask, At, Call, Input};
use axum::response::Response;
use domain::architecture::parts::unknown;
use domain::architecture::words::PartKind;
use operations::PartAt;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The parts of one environment; without one, those of the infrastructure itself.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Which {
    environment: Option<String>,
}

pub async fn list(call: Call, At(infra): At<String>, Ask(Which { environment }): Ask<Which>) -> Response {
    call.answer(call.console.parts(&call.caller, &infra, environment.as_deref()).await)
}

pub async fn list_there(call: Call, At((infra, env)): At<(String, String)>) -> Response {
    call.answer(call.console.parts(&call.caller, &infra, Some(&env)).await)
}

pub async fn show(call: Call, At((infra, kind, key)): At<(String, String, String)>) -> Response {
    shown(call, &infra, PartAt { environment: None, kind, key }).await
}

pub async fn show_there(
    call: Call,
    At((infra, env, kind, key)): At<(String, String, String, String)>,
) -> Response {
    shown(call, &infra, PartAt { environment: Some(env), kind, key }).await
}

pub async fn add(
    call: Call,
    At((infra, kind)): At<(String, String)>,
    Input(body): Input<Members>,
) -> Response {
    added(call, &infra, PartAt { environment: None, kind, key: String::new() }, body).await
}

pub async fn add_there(
    call: Call,
    At((infra, env, kind)): At<(String, String, String)>,
    Input(body): Input<Members>,
) -> Response {
    added(call, &infra, PartAt { environment: Some(env), kind, key: String::new() }, body).await
}

pub async fn change(
    call: Call,
    At((infra, kind, key)): At<(String, String, String)>,
    Input(body): Input<Members>,
) -> Response {
    changed(call, &infra, PartAt { environment: None, kind, key }, body).await
}

pub async fn change_there(
    call: Call,
    At((infra, env, kind, key)): At<(String, String, String, String)>,
    Input(body): Input<Members>,
) -> Response {
    changed(call, &infra, PartAt { environment: Some(env), kind, key }, body).await
}

pub async fn remove(call: Call, At((infra, kind, key)): At<(String, String, String)>) -> Response {
    let at = PartAt { environment: None, kind, key };
    call.done(call.console.remove_part(&call.caller, &infra, &at).await.map(drop))
}

pub async fn remove_there(
    call: Call,
    At((infra, env, kind, key)): At<(String, String, String, String)>,
) -> Response {
    let at = PartAt { environment: Some(env), kind, key };
    call.done(call.console.remove_part(&call.caller, &infra, &at).await.map(drop))
}

/// The members of a body: the fields of a part, and the key of a new one.
type Members = Map<String, Value>;

async fn shown(call: Call, infra: &str, at: PartAt) -> Response {
    call.answer(call.console.part_form(&call.caller, infra, &at).await)
}

async fn added(call: Call, infra: &str, at: PartAt, mut body: Members) -> Response {
    let key = body.remove("key").unwrap_or_default();
    let read = text(&key).ok_or_else(|| unreadable("key"));
    match read.and_then(|key| Ok((key, fields(&at.kind, &body)?))) {
        Ok((key, typed)) => {
            let at = PartAt { key, ..at };
            call.made(call.console.add_part(&call.caller, infra, &at, &typed).await)
        }
        Err((field, sentence)) => call.unacceptable(&field, &sentence),
    }
}

async fn changed(call: Call, infra: &str, at: PartAt, body: Members) -> Response {
    match fields(&at.kind, &body) {
        Ok(typed) => call.done(call.console.change_part(&call.caller, infra, &at, &typed).await.map(drop)),
        Err((field, sentence)) => call.unacceptable(&field, &sentence),
    }
}

/// The fields as people would type them; or the one that cannot be one, and why.
fn fields(kind: &str, body: &Members) -> Result<BTreeMap<String, String>, (String, String)> {
    // Whether there is such a kind is said by the operation.
    if let Ok(kind) = kind.parse::<PartKind>()
        && let Some(first) = unknown(kind, body.keys().map(String::as_str)).into_iter().next()
    {
        return Err((first.field, first.sentence));
    }
    body.iter()
        .map(|(name, value)| text(value).map(|text| (name.clone(), text)).ok_or_else(|| unreadable(name)))
        .collect()
}

fn unreadable(name: &str) -> (String, String) {
    let sentence = format!(
        "“{}” is to be a text, a number, true or false, null, or a list of texts.",
        domain::text::shorten(name)
    );
    (name.to_owned(), sentence)
}

fn text(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Array(list) => {
            list.iter().map(Value::as_str).collect::<Option<Vec<_>>>().map(|list| list.join(","))?
        }
        Value::Object(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(kind: &str, body: &Value) -> Result<BTreeMap<String, String>, (String, String)> {
        fields(kind, body.as_object().unwrap())
    }

    #[test]
    fn members_are_read_as_they_would_be_typed() {
        let body = json!({ "name": "Gate", "host": null, "data_centers": ["east", "west"] });
        let typed = read("load_balancer", &body).unwrap();
        assert_eq!((typed["name"].as_str(), typed["host"].as_str()), ("Gate", ""));
        assert_eq!(typed["data_centers"], "east,west");
        assert_eq!(read("zone", &json!({ "is_default": true })).unwrap()["is_default"], "yes");
        assert_eq!(read("database_server", &json!({ "cores": 8 })).unwrap()["cores"], "8");
    }

    #[test]
    fn what_is_no_member_is_named() {
        assert_eq!(read("tool", &json!({ "colour": "red" })).unwrap_err().0, "colour");
        assert_eq!(read("tool", &json!({ "name": { "first": "x" } })).unwrap_err().0, "name");
        assert_eq!(read("load_balancer", &json!({ "data_centers": [1] })).unwrap_err().0, "data_centers");
    }
}
