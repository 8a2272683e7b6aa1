//! One request of an application: counted as long as it takes, and written into the log when its last byte is handed over.

use super::Mount;
use super::queue::Place;
use crate::catalog::RequestRow;
use crate::clock;
use crate::log_writer::LogSender;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderName, HeaderValue, Response, header};
use domain::server_api::logs::Asked;
use futures::StreamExt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Instant;

/// The header with what a request is called in the logs of everything that it passes.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest request id that is taken over, bytes.
const ID_BYTES: usize = 100;
/// Longest path that is kept, bytes.
const PATH_BYTES: usize = 500;

/// Counts a request from its beginning to the last byte of its answer.
pub struct InFlight(pub(super) Arc<Mount>);

impl InFlight {
    /// The module that answers it.
    pub fn mount(&self) -> &Mount {
        &self.0
    }

    pub(super) fn new(mount: Arc<Mount>) -> Self {
        mount.in_flight.fetch_add(1, Ordering::SeqCst);
        Self(mount)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if self.0.in_flight.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.idle.notify_waiters();
        }
    }
}

/// Why the front-end answers as it does, for the log of errors alone.
#[derive(Debug, Clone)]
pub struct Reason(pub String);

/// A request id of one's own: this process, and a number.
fn made_id() -> String {
    static PROCESS: LazyLock<String> = LazyLock::new(|| hex::encode(clock::random::<6>()));
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    format!("{}-{}", *PROCESS, NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// A request id that may stand in a log and a header.
fn is_sound(id: &str) -> bool {
    (1..=ID_BYTES).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':' | b'=' | b'+' | b'/'))
}

/// A request that has found its module.
pub(super) struct Visit {
    /// Where it is written when it ends. Its row is complete but for what the answer brings.
    log: LogSender,
    row: Option<RequestRow>,
    began: Instant,
    place: Option<Place>,
    begun: InFlight,
}

impl Visit {
    /// It begins. From now on the request carries an id: the one it came with, where that is sound.
    pub fn new(begun: InFlight, log: LogSender, path: &str, request: &mut Request) -> Self {
        let sent = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
        let request_id = sent.filter(|id| is_sound(id)).map_or_else(made_id, str::to_owned);
        if let Ok(value) = HeaderValue::from_str(&request_id) {
            request.headers_mut().insert(REQUEST_ID, value);
        }
        let client = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let mut end = path.len().min(PATH_BYTES);
        while !path.is_char_boundary(end) {
            end -= 1;
        }
        let asked = Asked {
            method: request.method().as_str().chars().take(20).collect(),
            path: path[..end].to_owned(),
            status: None,
            micros: 0,
            bytes: 0,
            client: client.map_or_else(String::new, |info| info.0.ip().to_string()),
            request_id,
        };
        let row = RequestRow {
            at: clock::now().0,
            application: begun.0.application.clone(),
            module: begun.0.module.clone(),
            asked,
            reason: None,
        };
        Self { log, row: Some(row), began: Instant::now(), place: None, begun }
    }

    /// It holds this place in the queue until it ends.
    pub fn works(&mut self, place: Place) {
        self.place = Some(place);
    }

    /// Takes the answer, and ends with the last byte of it.
    pub fn answered(mut self, answer: axum::response::Response) -> Response<Body> {
        let (mut head, body) = answer.into_parts();
        if let Some(row) = &mut self.row {
            row.asked.status = Some(head.status.as_u16());
            let reason = head.extensions.remove::<Reason>().map(|reason| reason.0);
            if head.status.is_server_error() {
                row.reason = reason.or_else(|| Some(format!("The application answered {}.", head.status)));
            }
            if let Ok(id) = HeaderValue::from_str(&row.asked.request_id) {
                head.headers.entry(REQUEST_ID).or_insert(id);
            }
        }
        // Who only waits for what may come is not worked on, and takes nobody's place.
        let kind = head.headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
        if kind.is_some_and(|kind| kind.starts_with(b"text/event-stream")) {
            self.place = None;
        }
        if axum::body::HttpBody::is_end_stream(&body) {
            return Response::from_parts(head, body);
        }
        let size = axum::body::HttpBody::size_hint(&body).exact();
        if let Some(size) = size {
            head.headers.entry(header::CONTENT_LENGTH).or_insert_with(|| size.into());
        }
        let counted = body.into_data_stream().map(move |part| {
            match &part {
                Ok(part) => self.handed_over(part.len()),
                Err(error) => self.broke_off(error),
            }
            part
        });
        Response::from_parts(head, Body::from_stream(counted))
    }

    fn handed_over(&mut self, bytes: usize) {
        if let Some(row) = &mut self.row {
            row.asked.bytes += i64::try_from(bytes).unwrap_or(0);
        }
    }

    fn broke_off(&mut self, error: &axum::Error) {
        if let Some(row) = &mut self.row {
            row.reason.get_or_insert_with(|| format!("The answer broke off: {error}."));
        }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let Some(mut row) = self.row.take() else { return };
        if row.reason.is_some() && self.begun.0.is_cut_off.load(Ordering::SeqCst) {
            row.reason =
                Some("It took longer than a switch to another release waits, and was cut off.".to_owned());
        }
        row.asked.micros = i64::try_from(self.began.elapsed().as_micros()).unwrap_or(i64::MAX);
        self.log.request(row);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Bounds, Front};
    use super::*;
    use crate::catalog::Happened;
    use crate::log_writer::{self, Waiting};
    use crate::runtime::{Runtime, RuntimeError};
    use axum::http::StatusCode;
    use futures::future::BoxFuture;

    /// Answers with two parts and then, by its path, an error or the end.
    struct Talks;

    impl Runtime for Talks {
        fn prepare(&self) -> BoxFuture<'_, Result<(), RuntimeError>> {
            Box::pin(async { Ok(()) })
        }
        fn ready(&self) -> BoxFuture<'_, Result<(), RuntimeError>> {
            Box::pin(async { Ok(()) })
        }
        fn activate(&self) {}
        fn drain(&self) {}
        fn undo(&self) -> BoxFuture<'_, ()> {
            Box::pin(async {})
        }
        fn is_ready(&self) -> bool {
            true
        }
        fn serve<'a>(&'a self, _request: Request, rest: &'a str) -> BoxFuture<'a, Response<Body>> {
            let mut parts = vec![Ok("one"), Ok("three")];
            if rest == "/broken" {
                parts.push(Err(std::io::Error::other("the process is gone")));
            }
            let kind = if rest == "/events" { "text/event-stream" } else { "text/plain" };
            let answer = Response::builder().header(header::CONTENT_TYPE, kind);
            let body = Body::from_stream(futures::stream::iter(parts));
            Box::pin(async move { answer.body(body).unwrap() })
        }
    }

    /// A front-end with one module that does one thing at a time.
    fn front() -> (Front, Arc<Mount>, Waiting) {
        let text = "format = 1\n[application]\nkey = \"desk\"\nname = \"Desk\"\nkind = \"web\"\n[[modules]]\nkey = \"desk\"\nname = \"Desk\"\n\
                    kind = \"static\"\nvirtual_directory = \"/desk\"\n";
        let manifest = domain::package::Manifest::parse(text).unwrap();
        let bounds = Bounds { concurrent: 1, waiting: 0, seconds: 1, memory_megabytes: None };
        let (log, waiting) = log_writer::queues();
        let front = Front::new("Test", "test-1", bounds, log);
        let name = ("desk".parse().unwrap(), "Desk".to_owned());
        let sha256 = domain::text::Sha256::of(b"x");
        let scheduled = (Arc::default(), Vec::new());
        let served: (Box<dyn Runtime>, Bounds) = (Box::new(Talks), bounds);
        let mount = Mount::new(name, &manifest.modules[0], sha256, None, scheduled, served);
        let mount = Arc::new(mount);
        front.replace(&mount.application, vec![Arc::clone(&mount)]);
        (front, mount, waiting)
    }

    async fn ask(front: &Front, path: &str) -> Response<Body> {
        front.clone().answer(axum::http::Request::get(path).body(Body::empty()).unwrap()).await
    }

    fn row(waiting: &mut Waiting) -> RequestRow {
        match waiting.happened.try_recv().unwrap() {
            Happened::Request(row) => row,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_request_is_logged_with_its_last_byte_and_says_why_it_broke_off() {
        let (front, mount, mut waiting) = front();
        let answer = ask(&front, "/desk/sound").await;
        assert!(waiting.happened.try_recv().is_err(), "its bytes are still to come");
        assert_eq!(
            ask(&front, "/desk/other").await.status(),
            StatusCode::SERVICE_UNAVAILABLE,
            "and its place is taken"
        );
        assert!(row(&mut waiting).reason.unwrap().starts_with("Too many requests at once"));
        assert_eq!(axum::body::to_bytes(answer.into_body(), 99).await.unwrap(), "onethree");
        let sound = row(&mut waiting);
        assert_eq!((sound.asked.status, sound.asked.bytes, sound.reason), (Some(200), 8, None));

        let read =
            async |path: &'static str| axum::body::to_bytes(ask(&front, path).await.into_body(), 99).await;
        assert!(read("/desk/broken").await.is_err());
        let broken = row(&mut waiting);
        assert_eq!(broken.asked.bytes, 8);
        assert_eq!(broken.reason.as_deref(), Some("The answer broke off: the process is gone."));
        mount.cut_off();
        assert!(read("/desk/broken").await.is_err());
        assert!(row(&mut waiting).reason.unwrap().starts_with("It took longer than a switch"));
        assert!(read("/desk/sound").await.is_ok());
        assert_eq!(row(&mut waiting).reason, None, "what was answered in time was not cut off");
        drop(ask(&front, "/desk/sound").await);
        assert_eq!(row(&mut waiting).asked.bytes, 0, "the visitor went away");
    }

    #[tokio::test]
    async fn a_stream_of_events_takes_nobodys_place() {
        let (front, _, mut waiting) = front();
        let events = ask(&front, "/desk/events").await;
        assert_eq!(ask(&front, "/desk/sound").await.status(), StatusCode::OK);
        drop(events);
        assert_eq!(row(&mut waiting).asked.path, "/desk/sound");
        assert_eq!(row(&mut waiting).asked.path, "/desk/events");
    }

    #[test]
    fn only_plain_ids_are_taken_over() {
        for sound in
            ["a", "0198c0de-0000-7000-8000-000000000000", "Root=1-67891233-abcdef", &"x".repeat(ID_BYTES)]
        {
            assert!(is_sound(sound), "{sound}");
        }
        for wrong in ["", "a b", "a\"b", "<x>", "ä", &"x".repeat(ID_BYTES + 1)] {
            assert!(!is_sound(wrong), "{wrong}");
        }
        let (one, other) = (made_id(), made_id());
        assert!(is_sound(&one) && one != other);
    }
}
