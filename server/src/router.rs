//! Every address of the console.

use crate::respond::{refuse, wants_page};
use crate::web::Web;
use crate::{
    agents, api, architecture, bounded, compare, deployment_log, factors, forms, live, protection,
    registering, review, session, tokens,
};
use app::shell::shell;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use leptos::prelude::provide_context;
use leptos_axum::{AxumRouteListing, LeptosRoutes, generate_route_list};
use tower::ServiceBuilder;
use tower_http::compression::CompressionLayer;
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;

/// The pages of `app`, as addresses.
#[must_use]
pub fn pages(web: &Web) -> Vec<AxumRouteListing> {
    let options = web.leptos.clone();
    generate_route_list(move || shell(options.clone()))
}

/// The map of all addresses.
pub fn router(web: &Web) -> Router {
    let upload = usize::try_from(web.console.settings().package_bytes)
        .unwrap_or(usize::MAX)
        .saturating_add(bounded::BODY_BYTES);

    // For people. The caller is known to everything here. `leptos_routes` adds the pages, and the server functions under /do.
    let people = Router::new()
        .route("/sign-in", post(forms::sign_in))
        .route("/sign-out", post(forms::sign_out))
        .route("/set-up", post(forms::set_up))
        .route("/sign-in/second", post(factors::second_step))
        .route("/sign-in/passkey", post(factors::sign_in_passkey))
        .route("/invitation", post(factors::accept_invitation))
        .route("/prove", post(factors::prove))
        .route("/prove/passkey", post(factors::prove_passkey))
        .route("/second-factor/confirm", post(factors::confirm))
        .route("/second-factor/recovery", post(factors::recovery))
        .route("/second-factor/passkey", post(factors::begin_passkey))
        .route("/second-factor/passkeys", post(factors::add_passkey))
        .route("/i/{infra}/users/invite", post(factors::invite))
        .route("/i/{infra}/users/renew-invitation", post(factors::renew_invitation))
        .route("/i/{infra}/service-accounts/{id}/tokens", post(tokens::create))
        .route("/i/{infra}/service-accounts/{id}/rotate", post(tokens::rotate))
        .route(
            "/i/{infra}/environments/{env}/publish",
            post(forms::publish).layer(DefaultBodyLimit::max(upload)),
        )
        .route(
            "/i/{infra}/architecture/compare",
            post(compare::compare).layer(DefaultBodyLimit::max(bounded::FILE_FORM_BYTES)),
        )
        .route(
            "/i/{infra}/architecture/apply",
            post(compare::apply).layer(DefaultBodyLimit::max(bounded::FILE_FORM_BYTES)),
        )
        .route("/i/{infra}/environments/register", post(registering::register))
        .route("/i/{infra}/environments/{env}/servers", post(registering::add_server))
        .route("/i/{infra}/environments/{env}/servers/code", post(registering::server_code))
        .route("/i/{infra}/architecture/file", get(architecture::file))
        .route("/i/{infra}/deployments/{id}/log", get(deployment_log::file))
        .route("/i/{infra}/deployments/{id}/report", get(deployment_log::report))
        .route("/i/{infra}/users/review.csv", get(review::review))
        .leptos_routes_with_context(web, pages(web), context(web), document(web))
        .fallback(not_found)
        .layer(DefaultBodyLimit::max(bounded::BODY_BYTES))
        .layer(from_fn_with_state(web.clone(), bounded::bounded))
        .layer(CompressionLayer::new());
    let live = Router::new().route(domain::live::ADDRESS, get(live::live));
    let people = known(people.merge(live), web);

    // For Platform Servers. They are known by their signatures.
    let agents = Router::new()
        .route("/agent/v1/enrol", post(agents::enrol))
        .route("/agent/v1/sync", post(agents::sync))
        .route("/agent/v1/answers/{id}", post(agents::answer))
        .route(domain::protocol::WHO_CONTROLS, post(agents::who_controls))
        .route(domain::protocol::ENROLMENT, post(agents::enrolment))
        .route(domain::protocol::NEXT_KEY, post(agents::next_key))
        .route("/agent/v1/packages/{sha256}", get(agents::package))
        .layer(DefaultBodyLimit::max(agents::MESSAGE_BYTES));

    // For programs: what is not there is no page.
    let nothing = Router::new()
        .route("/agent/{*rest}", any(no_such_address))
        .route("/api/{*rest}", any(no_such_address))
        .route("/do/{*rest}", any(no_such_address))
        .route("/health", get(|| async { "ok\n" }));

    let routes = people.merge(agents).merge(api::router()).merge(nothing).merge(files(web));
    protection::around(routes, web).with_state(web.clone())
}

/// The files of the browser half, style sheets and fonts: the same for everybody.
fn files(web: &Web) -> Router<Web> {
    let site = &web.shared.site;
    let folder = |name: &str| ServeDir::new(site.join(name)).append_index_html_on_directories(false);
    let cached =
        |value| SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, HeaderValue::from_static(value));
    let pkg =
        ServiceBuilder::new().layer(cached("no-cache")).layer(CompressionLayer::new()).service(folder("pkg"));
    let fonts = ServiceBuilder::new().layer(cached("public, max-age=86400")).service(folder("fonts"));
    // The favicon is an SVG under both names; browsers ask for `.ico` by themselves.
    let svg =
        SetResponseHeaderLayer::overriding(header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml"));
    let icon = |name: &str| {
        let layers = ServiceBuilder::new().layer(cached("public, max-age=86400")).layer(svg.clone());
        layers.service(ServeFile::new(site.join(name)))
    };
    Router::new()
        .nest_service("/pkg", pkg)
        .nest_service("/fonts", fonts)
        .route_service("/favicon.svg", icon("favicon.svg"))
        .route_service("/favicon.ico", icon("favicon.ico"))
}

fn known(routes: Router<Web>, web: &Web) -> Router<Web> {
    let layers = ServiceBuilder::new()
        .layer(session::layer(web))
        .layer(from_fn_with_state(web.clone(), session::identify));
    routes.layer(layers)
}

pub(crate) fn context(web: &Web) -> impl Fn() + Clone + Send + Sync + 'static {
    let console = web.console.clone();
    move || provide_context(console.clone())
}

pub(crate) fn document(web: &Web) -> impl Fn() -> leptos::prelude::AnyView + Clone + Send + Sync + 'static {
    use leptos::prelude::IntoAny as _;
    let options = web.leptos.clone();
    move || shell(options.clone()).into_any()
}

async fn no_such_address() -> Response {
    refuse(StatusCode::NOT_FOUND, "There is nothing at this address.", false)
}

/// What is not there: a page for people, problem details for programs.
async fn not_found(State(web): State<Web>, request: Request) -> Response {
    if !wants_page(request.uri().path()) {
        return no_such_address().await;
    }
    if !matches!(request.method().as_str(), "GET" | "HEAD") {
        return refuse(StatusCode::NOT_FOUND, "There is nothing at this address.", true);
    }
    let page = leptos_axum::render_app_async_with_context(context(&web), document(&web));
    let mut response = page(request).await.into_response();
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}
