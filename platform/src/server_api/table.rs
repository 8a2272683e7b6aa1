//! The one table of Server.API: every route with its scope. The router and the document are both made of it, so neither has a
//! route that the other lacks.

use super::route::{Route, TOKENS};
use super::{
    ANNOUNCEMENT, Announcement, announcement, applications, deployments, health, stage, status, switch,
};
use crate::deployment::{Switch, Switched};
use crate::server_identity::token;
use axum::Json;
use domain::protocol::ServerStatus;
use domain::server_api::applications::{Application, Applications, Modules, Versions};
use domain::server_api::deployments::{Deployments, DeploymentsQuery};
use domain::server_api::health::{Health, HealthQuery};
use domain::server_api::scope::Scope;
use domain::server_api::token::{TokenAnswer, TokenRefusal, TokenRequest};
use utoipa::openapi::{HttpMethod, OpenApi};

/// Where the document is.
const DOCUMENT: &str = "/server/v1/openapi.json";

/// Every route: a line for a new one says its scope, its types and what it is for.
pub fn routes() -> Vec<Route> {
    use Scope::{Deploy, Read};
    vec![
        Route::get("/server/v1/status", Read, "What this front-end says about itself", status)
            .answered::<ServerStatus>(),
        Route::get("/server/v1/applications", Read, "What runs on this front-end", applications::list)
            .answered::<Applications>(),
        Route::get(
            "/server/v1/applications/{key}",
            Read,
            "One application that runs here",
            applications::show,
        )
        .answered::<Application>()
        .says("404", "It does not run here."),
        Route::get(
            "/server/v1/applications/{key}/versions",
            Read,
            "Its releases here",
            applications::versions,
        )
        .answered::<Versions>()
        .says("404", "None of it lies here."),
        Route::get("/server/v1/modules", Read, "What is served on this front-end", applications::modules)
            .answered::<Modules>(),
        Route::get("/server/v1/health", Read, "How the front-ends and their services are", health::show)
            .asked::<HealthQuery>()
            .answered::<Health>()
            .says("409", "The question is for the deployment controller, which does not know this token.")
            .says("502", "The deployment controller does not answer."),
        Route::get(
            "/server/v1/deployments",
            Read,
            "What was to be deployed, newest first",
            deployments::list,
        )
        .asked::<DeploymentsQuery>()
        .answered::<Deployments>()
        .says("409", "The question is for the deployment controller, which does not know this token.")
        .says("502", "The deployment controller does not answer."),
        Route::put(
            "/server/v1/releases/{application}/{sha256}",
            Deploy,
            "Stage a bundle that was built",
            stage,
        )
        .sent_bytes()
        .says("204", "It lies ready; what runs is untouched.")
        .says("400", "It is another release than its address says.")
        .says("422", "The bundle is not sound."),
        Route::post(
            "/server/v1/switch",
            Deploy,
            "Switch an application to a release, once for each key",
            switch,
        )
        .sent::<Switch>()
        .answered::<Switched>(),
        // Signed with the front-end's own key: it has no token before the controller knows where it is.
        Route::open(
            HttpMethod::Post,
            ANNOUNCEMENT,
            "A front-end tells its controller where it is",
            announcement::take,
        )
        .at_most(announcement::BYTES)
        .sent::<Announcement>()
        .says("204", "The controller looks there from now on.")
        .says("401", "It was not signed by the front-end that it names, or not now.")
        .says("404", "This front-end is not the deployment controller.")
        .says("409", "Something newer was announced."),
        // Whoever wants a token has none.
        Route::open(HttpMethod::Post, TOKENS, "A client gets a token (RFC 6749, section 4.4)", token::give)
            .for_clients()
            .at_most(token::BYTES)
            .sent_as::<TokenRequest>("application/x-www-form-urlencoded")
            .answered::<TokenAnswer>()
            .answers::<TokenRefusal>("400", "The request is not sound, or asks for more than the client has.")
            .answers::<TokenRefusal>("401", "The client or its secret is not known.")
            .answers::<TokenRefusal>("404", "This front-end is not the deployment controller.")
            .answers::<TokenRefusal>("429", "Too many wrong secrets: once more after `Retry-After` seconds."),
        // What it says is in the documentation, too.
        Route::open(HttpMethod::Get, DOCUMENT, "This document", show).says("200", "OpenAPI 3.1, as JSON."),
    ]
}

/// The document.
fn document() -> OpenApi {
    super::route::document(routes())
}

/// `towpath-platform openapi`
pub fn print_document() -> Result<(), String> {
    let text = document().to_pretty_json().map_err(|error| error.to_string())?;
    println!("{text}");
    Ok(())
}

async fn show() -> Json<OpenApi> {
    Json(document())
}
