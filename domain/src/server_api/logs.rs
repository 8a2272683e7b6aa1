//! `GET /server/v1/logs`: what the Log catalog of one front-end holds, newest first.

use crate::text::Key;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Lines on a page where the question says nothing.
pub const LIMIT_DEFAULT: u32 = 100;
/// Lines on a page at most.
pub const LIMIT_MAX: u32 = 500;

/// What is asked for, by the address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LogQuestion {
    /// One application; all where it is left out. Events belong to none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub application: Option<Key>,
    /// Which log.
    #[serde(default)]
    #[param(inline)]
    pub kind: LogKind,
    /// Words that stand in the line one after the other, whatever their capitals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub words: Option<String>,
    /// Only lines before this one: `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub before: Option<i64>,
    /// Only lines from this time on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub since: Option<Timestamp>,
    /// Lines on the page; 100 where it is left out, 500 at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub limit: Option<u32>,
}

impl LogQuestion {
    /// How many lines the page has.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX)
    }
}

/// One of the logs of a front-end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogKind {
    /// What modules and hooks wrote.
    #[default]
    Output,
    /// What was asked of applications on the public port, and how it was answered.
    Requests,
    /// What failed: requests, and processes that ended.
    Errors,
    /// The Platform Server's own events.
    Events,
}

impl LogKind {
    /// The word, as it stands in addresses.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Output => "output",
            Self::Requests => "requests",
            Self::Errors => "errors",
            Self::Events => "events",
        }
    }
}

/// One page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogPage {
    /// The front-end's name.
    pub server: String,
    /// Newest first.
    pub lines: Vec<LogLine>,
    /// What to ask `before` for the next page; none where this is the last one.
    pub next: Option<i64>,
}

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogLine {
    /// Its number, unique in its log on this front-end; a later line has a higher one.
    pub id: i64,
    /// When, by the front-end's clock: of a request when it began.
    pub at: Timestamp,
    /// The application's key; events have none.
    pub application: Option<String>,
    /// The module's key; `hooks` for the programs of hooks.
    pub module: Option<String>,
    /// What the line says.
    pub said: Said,
}

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Said {
    /// A line of output.
    Output {
        /// `output`, `error`, or `supervisor` for what the Platform Server says about the process.
        stream: String,
        /// The line, shortened.
        text: String,
    },
    /// An answered request.
    Request(Asked),
    /// Something failed.
    Error {
        /// Why, in words.
        reason: String,
        /// The request, where it was one.
        request: Option<Asked>,
    },
    /// An event of the Platform Server.
    Event {
        /// Its word, such as `started`.
        event: String,
        /// More about it; may be empty.
        detail: String,
    },
}

/// A request and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Asked {
    /// Its method.
    pub method: String,
    /// Its path as it was asked, shortened, without the query: that may hold secrets.
    pub path: String,
    /// The status of the answer; none where the visitor went away before there was one.
    pub status: Option<u16>,
    /// From its beginning to the last byte of the answer, microseconds.
    pub micros: i64,
    /// Bytes of the answer's body that were handed over; a request that goes away reads fewer.
    pub bytes: i64,
    /// The address that the connection came from: a balancer's, where one stands in front.
    pub client: String,
    /// What it is called in other logs too.
    pub request_id: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_written_and_read_alike() {
        let asked = Asked {
            method: "GET".to_owned(),
            path: "/tides/".to_owned(),
            status: Some(503),
            micros: 12,
            bytes: 7,
            client: "10.0.0.9".to_owned(),
            request_id: "a-1".to_owned(),
        };
        let said = [
            Said::Output { stream: "error".to_owned(), text: "no water".to_owned() },
            Said::Request(asked.clone()),
            Said::Error { reason: "it ended".to_owned(), request: None },
            Said::Error { reason: "full".to_owned(), request: Some(asked) },
            Said::Event { event: "started".to_owned(), detail: String::new() },
        ];
        for said in said {
            let line = LogLine { id: 7, at: Timestamp(1), application: None, module: None, said };
            let text = serde_json::to_string(&line).unwrap();
            assert_eq!(serde_json::from_str::<LogLine>(&text).unwrap(), line, "{text}");
        }
    }

    #[test]
    fn a_page_has_a_bounded_number_of_lines() {
        let asked = |limit| LogQuestion { limit, ..LogQuestion::default() }.limit();
        assert_eq!([asked(None), asked(Some(0)), asked(Some(7)), asked(Some(100_000))], [100, 1, 7, 500]);
    }
}
