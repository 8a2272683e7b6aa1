//! Checks of connections: each answers with what was found.

use super::call::{At, Call, Input};
use axum::response::Response;
use operations::DatabaseTest;
use serde::Deserialize;

pub async fn tool(call: Call, At((infra, tool)): At<(String, String)>) -> Response {
    call.answer(call.console.check_tool(&call.caller, &infra, &tool).await)
}

/// Who signs in, and where to; nothing of it where there is no driver.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Test {
    #[serde(default)]
    user: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    database: String,
}

impl From<Test> for DatabaseTest {
    fn from(Test { user, password, database }: Test) -> Self {
        Self { user, password, database }
    }
}

pub async fn database_server(
    call: Call,
    At((infra, server)): At<(String, String)>,
    Input(test): Input<Test>,
) -> Response {
    let place = format!("database_servers/{server}");
    call.answer(call.console.check_database(&call.caller, &infra, &place, &test.into()).await)
}

pub async fn external_database(
    call: Call,
    At((infra, env, database)): At<(String, String, String)>,
    Input(test): Input<Test>,
) -> Response {
    let place = format!("environments/{env}/external_databases/{database}");
    call.answer(call.console.check_database(&call.caller, &infra, &place, &test.into()).await)
}
