//! Reading the log, page by page, newest first.

use super::{CatalogError, Log};
use domain::server_api::logs::{Asked, LogKind, LogLine, LogQuestion, Said};
use domain::time::Timestamp;
use rusqlite::{Row, params};

impl Log {
    /// The lines that a question asks for, and where the next page begins.
    pub async fn page(&self, question: LogQuestion) -> Result<(Vec<LogLine>, Option<i64>), CatalogError> {
        self.reading.look(move |tx| {
            let from = match question.kind {
                LogKind::Output => "id, at, application, module, stream, text FROM lines",
                LogKind::Requests => {
                    "id, at, application, module, method, path, status, micros, bytes, client, request_id FROM requests"
                }
                LogKind::Errors => {
                    "id, at, application, module, method, path, status, micros, bytes, client, request_id, reason FROM errors"
                }
                LogKind::Events => "id, at, NULL, NULL, kind, detail FROM events",
            };
            let whose = if question.application.is_some() { "application = ?3" } else { "?3 IS NULL" };
            let sql = format!("SELECT {from} WHERE id < ?1 AND at >= ?2 AND {whose} ORDER BY id DESC");
            let mut statement = tx.prepare(&sql)?;
            let application = question.application.as_ref().map(|key| key.as_str().to_owned());
            let since = question.since.map_or(i64::MIN, |since| since.0);
            let mut rows =
                statement.query(params![question.before.unwrap_or(i64::MAX), since, application])?;
            let words = question.words.as_deref().unwrap_or_default().to_lowercase();
            let limit = question.limit() as usize;
            let mut lines: Vec<LogLine> = Vec::new();
            // Words are looked for here, so that capitals are no matter in any language. The bounds of the log bound the way.
            while let Some(row) = rows.next()? {
                let line = line(question.kind, row)?;
                if !words.is_empty() && !text_of(&line).to_lowercase().contains(&words) {
                    continue;
                }
                if lines.len() == limit {
                    let next = lines.last().map(|last| last.id);
                    return Ok((lines, next));
                }
                lines.push(line);
            }
            Ok((lines, None))
        })
        .await
    }
}

fn line(kind: LogKind, row: &Row<'_>) -> rusqlite::Result<LogLine> {
    let said = match kind {
        LogKind::Output => Said::Output { stream: row.get(4)?, text: row.get(5)? },
        LogKind::Requests => Said::Request(asked(row)?),
        LogKind::Errors => {
            let was_asked = row.get::<_, Option<String>>(4)?.is_some();
            Said::Error { reason: row.get(11)?, request: if was_asked { Some(asked(row)?) } else { None } }
        }
        LogKind::Events => Said::Event { event: row.get(4)?, detail: row.get(5)? },
    };
    let (id, at) = (row.get(0)?, Timestamp(row.get(1)?));
    Ok(LogLine { id, at, application: row.get(2)?, module: row.get(3)?, said })
}

fn asked(row: &Row<'_>) -> rusqlite::Result<Asked> {
    Ok(Asked {
        method: row.get(4)?,
        path: row.get(5)?,
        status: row.get(6)?,
        micros: row.get(7)?,
        bytes: row.get(8)?,
        client: row.get(9)?,
        request_id: row.get(10)?,
    })
}

/// What words are looked for in.
fn text_of(line: &LogLine) -> String {
    let request = |asked: &Asked| {
        let status = asked.status.map_or_else(String::new, |status| status.to_string());
        format!("{} {} {status} {} {}", asked.method, asked.path, asked.client, asked.request_id)
    };
    match &line.said {
        Said::Output { text, .. } => text.clone(),
        Said::Request(asked) => request(asked),
        Said::Error { reason, request: None } => reason.clone(),
        Said::Error { reason, request: Some(asked) } => format!("{reason} {}", request(asked)),
        Said::Event { event, detail } => format!("{event} {detail}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Failure, Happened, OutputLine, RequestRow, Stream};
    use super::*;

    async fn filled(folder: &std::path::Path) -> Log {
        let log = Log::open(&folder.join("log.sqlite")).unwrap();
        let line = |n: i64| OutputLine {
            at: n,
            application: if n % 2 == 0 { "tides" } else { "berths" }.parse().unwrap(),
            module: "m".parse().unwrap(),
            stream: Stream::Output,
            text: if n % 10 == 0 { format!("Schleuse ÄRGERT {n}") } else { format!("line {n}") },
        };
        log.add_lines((1..=40).map(line).collect()).await.unwrap();
        log
    }

    fn ids((lines, next): (Vec<LogLine>, Option<i64>)) -> (Vec<i64>, Option<i64>) {
        (lines.iter().map(|line| line.id).collect(), next)
    }

    #[tokio::test]
    async fn pages_follow_each_other_without_a_gap() {
        let folder = tempfile::tempdir().unwrap();
        let log = filled(folder.path()).await;
        let all = LogQuestion { limit: Some(15), ..LogQuestion::default() };
        let first = ids(log.page(all.clone()).await.unwrap());
        assert_eq!(first, ((26..=40).rev().collect(), Some(26)));
        // What comes meanwhile shifts nothing.
        let key = || "tides".parse().unwrap();
        let new = OutputLine {
            at: 50,
            application: key(),
            module: key(),
            stream: Stream::Error,
            text: "new".to_owned(),
        };
        log.add_lines(vec![new]).await.unwrap();
        let second = ids(log.page(LogQuestion { before: first.1, ..all.clone() }).await.unwrap());
        assert_eq!(second, ((11..=25).rev().collect(), Some(11)));
        let third = ids(log.page(LogQuestion { before: second.1, ..all.clone() }).await.unwrap());
        assert_eq!(third, ((1..=10).rev().collect(), None));
        let exact = LogQuestion { before: Some(16), ..all };
        assert_eq!(
            ids(log.page(exact).await.unwrap()),
            ((1..=15).rev().collect(), None),
            "no empty page follows"
        );
    }

    #[tokio::test]
    async fn lines_are_found_by_application_words_and_time() {
        let folder = tempfile::tempdir().unwrap();
        let log = filled(folder.path()).await;
        let ask = async |question: LogQuestion| ids(log.page(question).await.unwrap()).0;
        let berths = LogQuestion { application: Some("berths".parse().unwrap()), ..LogQuestion::default() };
        assert_eq!(ask(berths.clone()).await.len(), 20);
        assert_eq!(ask(LogQuestion { since: Some(Timestamp(37)), ..berths }).await, [39, 37]);
        let words = |words: &str| LogQuestion { words: Some(words.to_owned()), ..LogQuestion::default() };
        assert_eq!(ask(words("schleuse ärgert")).await, [40, 30, 20, 10]);
        assert_eq!(ask(words("%")).await, Vec::<i64>::new(), "no sign means something else");
        assert_eq!(ask(LogQuestion { limit: Some(2), ..words("Ärgert") }).await, [40, 30]);
    }

    #[tokio::test]
    async fn requests_and_errors_come_back_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::open(&folder.path().join("log.sqlite")).unwrap();
        let asked = |status| Asked {
            method: "GET".to_owned(),
            path: "/tides/a".to_owned(),
            status,
            micros: 12,
            bytes: 3,
            client: "127.0.0.1".to_owned(),
            request_id: "x-1".to_owned(),
        };
        let key = || "tides".parse::<domain::text::Key>().unwrap();
        let row = |status, reason: Option<&str>| {
            let reason = reason.map(str::to_owned);
            Happened::Request(RequestRow {
                at: 5,
                application: key(),
                module: key(),
                asked: asked(status),
                reason,
            })
        };
        let ended = Failure { at: 6, application: key(), module: key(), reason: "it ended".to_owned() };
        let all = vec![
            row(Some(200), None),
            row(Some(503), Some("full")),
            row(None, None),
            Happened::Failure(ended),
        ];
        log.add_happened(all).await.unwrap();
        let ask = async |kind| {
            let (lines, _) = log.page(LogQuestion { kind, ..LogQuestion::default() }).await.unwrap();
            lines.into_iter().map(|line| line.said).collect::<Vec<_>>()
        };
        let requests = [None, Some(503), Some(200)].map(|status| Said::Request(asked(status)));
        assert_eq!(ask(LogKind::Requests).await, requests);
        let errors = [
            Said::Error { reason: "it ended".to_owned(), request: None },
            Said::Error { reason: "full".to_owned(), request: Some(asked(Some(503))) },
        ];
        assert_eq!(ask(LogKind::Errors).await, errors);
    }
}
