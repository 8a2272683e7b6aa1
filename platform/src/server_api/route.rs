//! A route of Server.API: what it takes to be let in, who answers, and what the document says of it. There is no way to make one
//! without a word about its scope.

use super::{Api, let_in, refuse_token};
use crate::server_identity::Claims;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::StatusCode;
use axum::middleware;
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use domain::protocol::HEADER_SIGNATURE;
use domain::server_api::scope::Scope;
use domain::text::{Key, Sha256};
use std::collections::BTreeMap;
use utoipa::openapi::path::{OperationBuilder, ParameterBuilder, ParameterIn, PathsBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, ClientCredentials, Flow, HttpAuthScheme, HttpBuilder, OAuth2, Scopes,
    SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    Components, ContentBuilder, HttpMethod, InfoBuilder, OpenApi, PathItem, Ref, RefOr, Required,
    ResponseBuilder, Schema,
};
use utoipa::{IntoParams, PartialSchema, ToSchema};

/// The name of what tokens are in the document.
const TOKEN: &str = "token";
/// The name of a front-end's signature there.
const FRONT_END: &str = "front_end";
/// The name of a client's own id and secret there.
const CLIENT: &str = "client";
/// Where tokens are given out.
pub const TOKENS: &str = "/identity/v1/token";

/// What it takes to be let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// A token with this scope: a client's, or the controller's own, which is good for everything.
    Scope(Scope),
    /// The controller's own token, made out to this front-end. No client is let in, whatever its scopes.
    Controller,
    /// The signature of a front-end of the environment, which the handler checks.
    FrontEnd,
    /// Nothing.
    Anybody,
}

impl From<Scope> for Access {
    fn from(scope: Scope) -> Self {
        Self::Scope(scope)
    }
}

impl Access {
    /// Why a token that is sound is not enough, where it is not.
    pub fn refusal(self, claims: &Claims) -> Option<Response> {
        match self {
            Self::Scope(scope) if !claims.allows(scope) => {
                let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
                let reason = format!("The token has not the scope “{scope}”, which this asks for.");
                Some(refuse_token(StatusCode::FORBIDDEN, &challenge, &reason))
            }
            Self::Controller if claims.client.is_some() => {
                let challenge = "Bearer error=\"insufficient_scope\"";
                Some(refuse_token(StatusCode::FORBIDDEN, challenge, CONTROLLER_ALONE))
            }
            _ => None,
        }
    }
}

/// Said to a client that asks for what is between a front-end and its controller.
const CONTROLLER_ALONE: &str =
    "This is between a front-end and its deployment controller: no client is let in.";

/// One route.
pub struct Route {
    path: &'static str,
    method: HttpMethod,
    access: Access,
    handler: MethodRouter<Api>,
    operation: OperationBuilder,
    schemas: Vec<(String, RefOr<Schema>)>,
}

/// A schema by its name, with all that it is made of.
fn named<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) -> ContentBuilder {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
    ContentBuilder::new().schema(Some(Ref::from_schema_name(T::name())))
}

fn text(about: &str) -> ResponseBuilder {
    let sentence = ContentBuilder::new().schema(Some(String::schema())).build();
    ResponseBuilder::new().description(about).content("text/plain", sentence)
}

impl Route {
    fn new<T: 'static>(
        method: HttpMethod,
        path: &'static str,
        access: Access,
        summary: &str,
        handler: impl Handler<T, Api>,
    ) -> Self {
        let (filter, word) = match method {
            HttpMethod::Put => (MethodFilter::PUT, "put"),
            HttpMethod::Post => (MethodFilter::POST, "post"),
            HttpMethod::Delete => (MethodFilter::DELETE, "delete"),
            _ => (MethodFilter::GET, "get"),
        };
        let id: Vec<&str> = path
            .split(['/', '{', '}', '.'])
            .filter(|part| !["", "server", "identity", "v1"].contains(part))
            .collect();
        let mut operation = OperationBuilder::new()
            .operation_id(Some(format!("{word}_{}", id.join("_"))))
            .summary(Some(summary));
        for name in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
            let schema = if name == "sha256" { Sha256::schema() } else { Key::schema() };
            let placed = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path);
            operation = operation.parameter(placed.required(Required::True).schema(Some(schema)));
        }
        let unsound = || text("The token is missing, not sound, for another place, or over.");
        operation = match access {
            Access::Scope(scope) => operation
                .security(SecurityRequirement::new(TOKEN, [scope.word()]))
                .response("401", unsound())
                .response("403", text(&format!("The token has not the scope `{scope}`."))),
            Access::Controller => operation
                .security(SecurityRequirement::new::<_, [String; 0], _>(TOKEN, []))
                .response("401", unsound())
                .response("403", text(CONTROLLER_ALONE)),
            Access::FrontEnd => operation
                .security(SecurityRequirement::new::<_, [String; 0], _>(FRONT_END, []))
                .response("401", text("It was not signed by a front-end of the environment, or not now.")),
            // Said expressly: nothing is asked for.
            Access::Anybody => operation.securities(Some([])),
        };
        Self { path, method, access, handler: on(filter, handler), operation, schemas: Vec::new() }
    }

    /// A question.
    pub fn get<T: 'static>(
        path: &'static str,
        access: impl Into<Access>,
        summary: &str,
        handler: impl Handler<T, Api>,
    ) -> Self {
        Self::new(HttpMethod::Get, path, access.into(), summary, handler)
    }

    /// A request.
    pub fn post<T: 'static>(
        path: &'static str,
        access: impl Into<Access>,
        summary: &str,
        handler: impl Handler<T, Api>,
    ) -> Self {
        Self::new(HttpMethod::Post, path, access.into(), summary, handler)
    }

    /// Something that is put somewhere.
    pub fn put<T: 'static>(
        path: &'static str,
        access: impl Into<Access>,
        summary: &str,
        handler: impl Handler<T, Api>,
    ) -> Self {
        Self::new(HttpMethod::Put, path, access.into(), summary, handler)
    }

    /// It can be asked more exactly. What is not plain there is marked `#[param(inline)]`.
    pub fn asked<Q: IntoParams>(mut self) -> Self {
        self.operation = self
            .operation
            .parameters(Some(Q::into_params(|| Some(ParameterIn::Query))))
            .response("400", text("What was asked for cannot be read."));
        self
    }

    /// It has a header of its own.
    pub fn header<H: ToSchema>(mut self, name: &str, about: &str) -> Self {
        let placed = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header);
        let placed = placed.required(Required::True).description(Some(about)).schema(Some(H::schema()));
        self.operation = self.operation.parameter(placed);
        self
    }

    /// What is sent, as JSON.
    pub fn sent<B: ToSchema>(self) -> Self {
        let sent = self.sent_as::<B>("application/json");
        sent.says("400", "What was sent is no JSON.").says("422", "What was sent is JSON of another shape.")
    }

    /// What is sent, of another kind.
    pub fn sent_as<B: ToSchema>(mut self, kind: &str) -> Self {
        let body = RequestBodyBuilder::new().required(Some(Required::True));
        let body = body.content(kind, named::<B>(&mut self.schemas).build());
        self.operation = self.operation.request_body(Some(body.build()));
        self
    }

    /// Bytes that are sent, whatever is in them.
    pub fn sent_bytes(mut self) -> Self {
        let body = RequestBodyBuilder::new().required(Some(Required::True));
        let bytes = ContentBuilder::new().build();
        let body = body.content("application/octet-stream", bytes).build();
        self.operation = self.operation.request_body(Some(body));
        self
    }

    /// What is answered, as JSON.
    pub fn answered<A: ToSchema>(self) -> Self {
        self.answers::<A>("200", "It is told.")
    }

    /// What is answered with another status, as JSON.
    pub fn answers<A: ToSchema>(mut self, status: &str, about: &str) -> Self {
        let content = named::<A>(&mut self.schemas).build();
        let answer = ResponseBuilder::new().description(about).content("application/json", content);
        self.operation = self.operation.response(status, answer);
        self
    }

    /// What is answered, as JSON that has no name of its own.
    pub fn answered_inline<A: ToSchema>(mut self, about: &str) -> Self {
        A::schemas(&mut self.schemas);
        let content = ContentBuilder::new().schema(Some(A::schema())).build();
        let answer = ResponseBuilder::new().description(about).content("application/json", content);
        self.operation = self.operation.response("200", answer);
        self
    }

    /// An answer that has no schema: a refusal is a sentence.
    pub fn says(mut self, status: &str, about: &str) -> Self {
        let is_refusal = status.starts_with(['4', '5']);
        let answer = if is_refusal { text(about) } else { ResponseBuilder::new().description(about) };
        self.operation = self.operation.response(status, answer);
        self
    }

    /// An answer that is plain text.
    pub fn says_text(mut self, status: &str, about: &str) -> Self {
        self.operation = self.operation.response(status, text(about));
        self
    }

    /// A client's own id and secret are asked for.
    pub fn for_clients(mut self) -> Self {
        self.operation =
            self.operation.securities(Some([SecurityRequirement::new::<_, [String; 0], _>(CLIENT, [])]));
        self
    }

    /// No more is read of a request than so many bytes.
    pub fn at_most(mut self, bytes: usize) -> Self {
        self.handler = self.handler.layer(DefaultBodyLimit::max(bytes));
        self
    }
}

/// The router of these routes.
pub fn router(api: &Api, routes: Vec<Route>) -> Router {
    let mut router = Router::new();
    for route in routes {
        let handler = match route.access {
            Access::Scope(_) | Access::Controller => {
                route.handler.layer(middleware::from_fn_with_state((api.clone(), route.access), let_in))
            }
            Access::FrontEnd | Access::Anybody => route.handler,
        };
        router = router.route(route.path, handler);
    }
    router.with_state(api.clone())
}

/// The document of these routes.
pub fn document(routes: Vec<Route>) -> OpenApi {
    let info = InfoBuilder::new()
        .title("Towpath Platform Server: Server.API")
        .version("1")
        .description(Some(
            "What a front-end of an environment tells and does. How a program gets a token: docs/server-api.md. Times are microseconds \
             since the Unix epoch; a refusal is one sentence.",
        ))
        .build();
    let mut paths = PathsBuilder::new();
    let mut components = Components::new();
    let mut items: BTreeMap<&str, PathItem> = BTreeMap::new();
    for route in routes {
        let item = PathItem::new(route.method, route.operation);
        match items.get_mut(route.path) {
            Some(known) => known.merge_operations(item),
            None => drop(items.insert(route.path, item)),
        }
        components.schemas.extend(route.schemas);
    }
    for (path, item) in items {
        paths = paths.path(path, item);
    }
    let scopes = Scopes::from_iter(Scope::ALL.iter().map(|scope| (scope.word(), scope.about())));
    let flow = Flow::ClientCredentials(ClientCredentials::new(TOKENS, scopes));
    components.add_security_scheme(TOKEN, SecurityScheme::OAuth2(OAuth2::new([flow])));
    let basic = HttpBuilder::new()
        .scheme(HttpAuthScheme::Basic)
        .description(Some("The client's id and secret; both may be in the form instead."));
    let signature = ApiKeyValue::with_description(
        HEADER_SIGNATURE,
        "A front-end signs with its own key: Ed25519 over method, path, body, time and nonce, with towpath-server, towpath-time and \
         towpath-nonce beside it (docs/platform-server.md).",
    );
    components.add_security_scheme(FRONT_END, SecurityScheme::ApiKey(ApiKey::Header(signature)));
    components.add_security_scheme(CLIENT, SecurityScheme::Http(basic.build()));
    let mut document = OpenApi::new(info, paths.build());
    document.components = Some(components);
    document
}
