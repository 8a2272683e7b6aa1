//! `GET /live?topic=…`: tells a page what changed, so that it asks again. Never the data itself; those are read through the door.
//!
//! Events: `change` with `{"topic","object"}`, its id being the change's number; `reset` where the page should read everything again.

use crate::respond::{Problem, refuse};
use crate::web::Web;
use app::context::SessionHash;
use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use domain::live::{CHANGE, PARAMETER, RESET};
use futures::stream::{Stream, unfold};
use operations::{Caller, Change, OperationError};
use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast;

/// Topics that one stream may have.
const TOPICS: usize = 16;
/// Streams that one session may have open.
const STREAMS: usize = 12;
/// Changes that are looked at when a stream resumes; a page that missed more reads everything again.
const MISSED: u32 = 1000;
/// How often it is checked that the session and the right to watch still stand; also a sign of life for proxies.
const CHECK: Duration = Duration::from_secs(15);

/// Open streams of each session.
#[derive(Clone, Default)]
pub struct Streams(Arc<Mutex<HashMap<String, usize>>>);

/// One open stream; it is counted while this lives.
struct Seat {
    streams: Streams,
    session: String,
}

impl Streams {
    fn take(&self, session: &str) -> Option<Seat> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(session.to_owned()).or_default();
        if *count >= STREAMS {
            return None;
        }
        *count += 1;
        Some(Seat { streams: self.clone(), session: session.to_owned() })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.session) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.session);
            }
        }
    }
}

/// The handler.
pub async fn live(
    State(web): State<Web>,
    Extension(caller): Extension<Caller>,
    session: Option<Extension<SessionHash>>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    match open(
        web,
        caller,
        session.map(|found| found.0.0),
        query.map(|found| found.0).unwrap_or_default(),
        &headers,
    )
    .await
    {
        Ok(response) => response,
        Err(error) => Problem(error).into_response(),
    }
}

async fn open(
    web: Web,
    caller: Caller,
    session: Option<String>,
    pairs: Vec<(String, String)>,
    headers: &HeaderMap,
) -> Result<Response, OperationError> {
    let mut topics: Vec<String> =
        pairs.into_iter().filter(|(name, _)| name == PARAMETER).map(|(_, value)| value).collect();
    topics.sort_unstable();
    topics.dedup();
    if topics.is_empty() || topics.len() > TOPICS {
        return Err(OperationError::invalid(PARAMETER, format!("A stream has 1 to {TOPICS} topics.")));
    }
    for topic in &topics {
        web.console.may_watch(&caller, topic).await?;
    }
    let Some(session) = session else { return Err(OperationError::not_found("There is nothing here.")) };
    let Some(seat) = web.shared.streams.take(&session) else {
        let sentence = "This session has too many live streams open. Close some of its pages.";
        return Ok(refuse(StatusCode::TOO_MANY_REQUESTS, sentence, false));
    };
    // Listening begins before looking back, so that nothing falls in between.
    let news = web.console.changes();
    let last = web.console.last_change().await?;
    let mut waiting = VecDeque::new();
    let resume = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse::<u64>().ok());
    let mut at = last;
    if let Some(resume) = resume {
        let (missed, to) = web.console.changes_since(resume, &topics, MISSED).await?;
        if resume > last || to < last {
            waiting.push_back(reset(last));
        } else {
            waiting.extend(missed.iter().map(event));
            at = at.max(to);
        }
    }
    let check = tokio::time::interval_at(tokio::time::Instant::now() + CHECK, CHECK);
    let stream = Live { web, caller, topics, session, news, waiting, at, check, _seat: seat };
    let keep = KeepAlive::new().interval(CHECK).text("still here");
    Ok(Sse::new(events(stream)).keep_alive(keep).into_response())
}

struct Live {
    web: Web,
    caller: Caller,
    topics: Vec<String>,
    session: String,
    news: broadcast::Receiver<Change>,
    waiting: VecDeque<Event>,
    at: u64,
    check: tokio::time::Interval,
    _seat: Seat,
}

fn events(live: Live) -> impl Stream<Item = Result<Event, Infallible>> {
    unfold(live, |mut live| async move { Some((Ok(live.next().await?), live)) })
}

impl Live {
    async fn next(&mut self) -> Option<Event> {
        let ending = self.web.shared.ending.clone();
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            tokio::select! {
                () = ending.cancelled() => return None,
                _ = self.check.tick() => if !self.stands().await { return None },
                news = self.news.recv() => match news {
                    Ok(change) if change.number > self.at => {
                        self.at = change.number;
                        if self.topics.contains(&change.topic) {
                            return Some(event(&change));
                        }
                    }
                    Ok(_) => {}
                    Err(broadcast::error::RecvError::Lagged(_)) => {
                        self.at = self.web.console.last_change().await.ok()?;
                        return Some(reset(self.at));
                    }
                    Err(broadcast::error::RecvError::Closed) => return None,
                },
            }
        }
    }

    /// Whether the session has not ended and the caller may still watch.
    async fn stands(&self) -> bool {
        if !matches!(self.web.console.sessions().load(&self.session).await, Ok(Some(_))) {
            return false;
        }
        for topic in &self.topics {
            if self.web.console.may_watch(&self.caller, topic).await.is_err() {
                return false;
            }
        }
        true
    }
}

fn event(change: &Change) -> Event {
    let data = serde_json::json!({ "topic": change.topic, "object": change.object_id });
    Event::default().id(change.number.to_string()).event(CHANGE).data(data.to_string())
}

fn reset(at: u64) -> Event {
    Event::default().id(at.to_string()).event(RESET).data("{}")
}
