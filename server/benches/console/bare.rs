//! The servers that the matrix page is compared with: bare axum handlers that answer the very bytes of the page, one
//! from memory, one after the same queries. Each runs in a process of its own, as the console does.

use std::future::IntoFuture as _;
use std::net::SocketAddr;
use std::path::Path;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt as _;
use bytes::Bytes;
use domain::access::Actor;
use domain::audit::Origin;
use domain::id::UserId;
use operations::{Caller, Console, MatrixQuery};

use crate::{Failed, seed};

/// Serves `page` on a free port, and prints the address on a line of its own. Ends with the process.
///
/// # Errors
/// The port cannot be opened.
pub async fn bytes(page: Bytes) -> Result<(), Failed> {
    serve(Router::new().route("/", get(move || std::future::ready(html(page.clone()))))).await
}

/// What the handler with the queries works with.
#[derive(Clone)]
struct Asked {
    console: Console,
    caller: Caller,
    session: String,
    page: Bytes,
}

/// As [`bytes`], after what the page asks the database for each time: the session, who this is, the matrix.
///
/// # Errors
/// The database or the port cannot be opened.
pub async fn queries(folder: &Path, user: UserId, session: String, page: Bytes) -> Result<(), Failed> {
    let (console, _) = seed::open(folder, 1 << 40).await?;
    let caller = Caller {
        actor: Actor::User { user },
        name: seed::USERNAME.to_owned(),
        origin: Origin::default(),
        proof: domain::access::Proof::None,
        limits: Default::default(),
    };
    let asked = Asked { console, caller, session, page };
    serve(Router::new().route("/", get(answer)).with_state(asked)).await
}

async fn answer(State(asked): State<Asked>) -> Response {
    let Asked { console, caller, session, page } = asked;
    let found = async {
        console.sessions().load(&session).await?;
        console.me(&caller).await?;
        console.matrix(&caller, seed::INFRASTRUCTURE, &MatrixQuery::default()).await
    };
    match found.await {
        Ok(matrix) if !matrix.rows.rows.is_empty() => html(page),
        Ok(_) => (axum::http::StatusCode::NOT_FOUND, "an empty matrix").into_response(),
        Err(error) => (axum::http::StatusCode::INTERNAL_SERVER_ERROR, error.sentence()).into_response(),
    }
}

fn html(page: Bytes) -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}

async fn serve(router: Router) -> Result<(), Failed> {
    let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    println!("http://{}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| {
        // As the console does; without it small parts of an answer wait for each other.
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, router).into_future().await?)
}
