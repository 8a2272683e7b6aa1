//! Every answer of Server.API that a test reads is held against its document, `docs/server-api.json`.

use serde_json::{Value, json};
use std::path::Path;
use std::sync::LazyLock;

/// A file of the documentation.
pub fn docs(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The document.
pub static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(&docs("server-api.json")).unwrap());

/// Whether a path is one of those that a template such as `/server/v1/applications/{key}` means.
fn fits(template: &str, path: &str) -> bool {
    let (mut wanted, mut parts) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), parts.next()) {
            (None, None) => return true,
            (Some(wanted), Some(part)) if wanted == part || wanted.starts_with('{') && !part.is_empty() => {}
            _ => return false,
        }
    }
}

/// Panics where an answer is not as the document has it. What the document does not know is not there: that is answered 404.
pub fn check(method: &str, place: &str, status: u16, body: &str) {
    let path = place.split('?').next().unwrap_or_default();
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let operation = paths.iter().find(|(template, _)| fits(template, path));
    let Some(operation) = operation.and_then(|(_, item)| item.get(method.to_lowercase())) else {
        assert!([404, 405].contains(&status), "{method} {place}: {status} {body}");
        return;
    };
    let said = &operation["responses"][status.to_string()];
    assert!(!said.is_null(), "{method} {place}: the document knows no {status}: {body}");
    let Some(schema) = said["content"]["application/json"].get("schema") else { return };
    let mut schema = schema.clone();
    schema["components"] = DOCUMENT["components"].clone();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let answer: Value = serde_json::from_str(body).unwrap_or_else(|error| panic!("{place}: {error}: {body}"));
    let wrong: Vec<String> = schema.iter_errors(&answer).map(|error| format!("{error}")).collect();
    assert!(wrong.is_empty(), "{method} {place}: {wrong:?}\n{answer:#}");
    assert!(!schema.is_valid(&json!({})), "{method} {place}: the schema says something");
}
