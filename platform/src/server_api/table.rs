//! The one table of Server.API: every route with its scope. The router and the document are both made of it, so neither has a
//! route that the other lacks.

use super::route::Access::{Anybody, Controller, FrontEnd};
use super::route::{Route, TOKENS};
use super::{
    ANNOUNCEMENT, Announcement, ENQUEUE, HEADER_BUNDLE, announcement, applications, arrival, deployments,
    enqueue, health, logs, queue, stage, status, switch, timers, turn, work,
};
use crate::deployment::{Switch, Switched};
use crate::server_identity::token;
use crate::work::{Called, Enqueue, Order, RunningWork};
use axum::Json;
use domain::protocol::ServerStatus;
use domain::server_api::applications::{Application, Applications, Modules, Versions};
use domain::server_api::arrival::{ArrivalAnswer, ArrivalRequest};
use domain::server_api::deployments::{Deployments, DeploymentsQuery};
use domain::server_api::emails::Emails;
use domain::server_api::health::{Health, HealthQuery};
use domain::server_api::jobs::{Queue, QueueQuery};
use domain::server_api::logs::{LogPage, LogQuestion};
use domain::server_api::queue::Queues;
use domain::server_api::scope::Scope::{Deploy, Logs, Read, Timers, TimersRun};
use domain::server_api::timers::{RunBegun, RunsQuery, TimerRuns, Timers as AllTimers};
use domain::server_api::token::{TokenAnswer, TokenRefusal, TokenRequest};
use domain::server_api::turn::{TurnAnswer, TurnRequest};
use domain::text::Sha256;
use utoipa::openapi::OpenApi;

/// Where the document is.
const DOCUMENT: &str = "/server/v1/openapi.json";

/// Every route: a line for a new one says who is let in, its types and what it is for.
pub fn routes() -> Vec<Route> {
    let mut all = of_clients();
    all.extend(of_the_scheduler());
    all.extend(between_servers());
    all
}

/// For the console, which asks by the controller, and for anybody with a token.
fn of_clients() -> Vec<Route> {
    let of_the_environment = |route: Route| {
        route
            .says("409", "The question is for the deployment controller, which does not know this token.")
            .says("502", "The deployment controller does not answer.")
    };
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
        of_the_environment(
            Route::get("/server/v1/health", Read, "How the front-ends and their services are", health::show)
                .asked::<HealthQuery>()
                .answered::<Health>(),
        ),
        of_the_environment(
            Route::get(
                "/server/v1/deployments",
                Read,
                "What was to be deployed, newest first",
                deployments::list,
            )
            .asked::<DeploymentsQuery>()
            .answered::<Deployments>(),
        ),
        Route::get("/server/v1/queue", Read, "What waits at this front-end, module by module", queue::show)
            .answered::<Queues>(),
        Route::get("/server/v1/logs", Logs, "Pages of this front-end's logs, newest first", logs::page)
            .asked::<LogQuestion>()
            .answered::<LogPage>()
            .says("422", "Events belong to no application, or too much is looked for."),
        Route::put(
            "/server/v1/releases/{application}/{sha256}",
            Deploy,
            "Stage a bundle that was built",
            stage,
        )
        .header::<Sha256>(HEADER_BUNDLE, "The SHA-256 of the bundle.")
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
        .answered::<Switched>()
        .says(
            "422",
            "A client's key does not begin with its id, its fence is above the highest that was seen, or it says how the front-end leaves.",
        ),
    ]
}

/// What the scheduler on the deployment controller tells and does.
fn of_the_scheduler() -> Vec<Route> {
    let there =
        |route: Route| route.says("404", "The scheduler runs on the deployment controller: ask there.");
    vec![
        there(
            Route::get("/server/v1/timers", Timers, "The timers of everything that runs", timers::timers)
                .answered::<AllTimers>(),
        ),
        there(
            Route::get(
                "/server/v1/timers/{application}/{key}/runs",
                Timers,
                "The runs of a timer, newest first",
                timers::runs,
            )
            .asked::<RunsQuery>()
            .answered::<TimerRuns>()
            .says("422", "So many are not told at once."),
        ),
        Route::post(
            "/server/v1/timers/{application}/{key}/run",
            TimersRun,
            "Run a timer now, beside its schedule",
            timers::run,
        )
        .answers::<RunBegun>("202", "It was begun.")
        .says("404", "Nothing that runs has this timer, or this front-end is not the deployment controller.")
        .says("409", "A run of it is under way."),
        there(
            Route::get("/server/v1/jobs", Timers, "The jobs in the queue, newest first", timers::jobs)
                .asked::<QueueQuery>()
                .answered::<Queue>(),
        ),
        there(
            Route::get("/server/v1/emails", Timers, "The e-mails in the queue, newest first", timers::emails)
                .asked::<QueueQuery>()
                .answered::<Emails>(),
        ),
    ]
}

/// What front-ends and their controller need of each other, and how a client comes to its token.
fn between_servers() -> Vec<Route> {
    vec![
        Route::get(work::PATH, Controller, "What this front-end runs for the scheduler", work::running)
            .answered_inline::<Option<Vec<RunningWork>>>("It is told; null while it is being started again."),
        Route::post(work::PATH, Controller, "Call a module for the scheduler, once for each key", work::call)
            .at_most(work::BYTES)
            .sent::<Order>()
            .answered::<Called>(),
        // Signed with the front-end's own key: it has no token before the controller knows where it is.
        Route::post(
            ANNOUNCEMENT,
            FrontEnd,
            "A front-end tells its controller where it is",
            announcement::take,
        )
        .at_most(announcement::BYTES)
        .sent::<Announcement>()
        .says("204", "The controller looks there from now on.")
        .says("404", "This front-end is not the deployment controller.")
        .says("409", "Something newer was announced."),
        Route::post(
            arrival::PATH,
            FrontEnd,
            "A front-end that has started asks whether requests are welcome there",
            arrival::take,
        )
        .at_most(arrival::BYTES)
        .sent::<ArrivalRequest>()
        .answered::<ArrivalAnswer>()
        .says("400", "The arrival cannot be read.")
        .says("404", "This front-end is not the deployment controller."),
        Route::post(
            turn::PATH,
            FrontEnd,
            "A front-end that is to end asks whether it is its turn to leave the load balancer",
            turn::take,
        )
        .at_most(announcement::BYTES)
        .sent::<TurnRequest>()
        .answered::<TurnAnswer>()
        .says("400", "The wish to leave cannot be read.")
        .says("404", "This front-end is not the deployment controller."),
        Route::post(
            ENQUEUE,
            FrontEnd,
            "A front-end hands over what an application put into the queue",
            enqueue::take,
        )
        .at_most(enqueue::BYTES)
        .sent::<Enqueue>()
        .says_text("200", "The id in the queue, also where it was handed over before.")
        .says("404", "This front-end is not the deployment controller.")
        .says("422", "It cannot be read, or nothing that runs has this handler.")
        .says("503", "Too much waits already, or it cannot be kept now."),
        // Whoever wants a token has none.
        Route::post(TOKENS, Anybody, "A client gets a token (RFC 6749, section 4.4)", token::give)
            .for_clients()
            .at_most(token::BYTES)
            .sent_as::<TokenRequest>("application/x-www-form-urlencoded")
            .answered::<TokenAnswer>()
            .answers::<TokenRefusal>("400", "The request is not sound, or asks for more than the client has.")
            .answers::<TokenRefusal>("401", "The client or its secret is not known.")
            .answers::<TokenRefusal>("404", "This front-end is not the deployment controller.")
            .answers::<TokenRefusal>("429", "Too many wrong secrets: once more after `Retry-After` seconds."),
        // What it says is in the documentation, too.
        Route::get(DOCUMENT, Anybody, "This document", show).says("200", "OpenAPI 3.1, as JSON."),
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
