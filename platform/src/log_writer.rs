//! The one writer of the Log catalog. Whatever is to be logged waits in bounded queues, so that neither a request nor a module ever waits for
//! the disk; what has no room is counted, and the log says how much it was.

use crate::catalog::{Failure, Happened, Log, OutputLine, RequestRow};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

/// Lines that may wait.
const LINES_WAITING: usize = 4096;
/// Requests and failures that may wait.
const REQUESTS_WAITING: usize = 8192;
/// What is written in one transaction at most.
const BATCH: usize = 2000;
/// How long requests are gathered before they are written: a transaction for each would keep the disk busy.
const GATHER: Duration = Duration::from_millis(100);
/// What was lost is told at most this often.
const TELL: Duration = Duration::from_secs(60);
/// How long the last of the log may take to be written.
const LAST: Duration = Duration::from_secs(3);

/// Takes what is to be logged, and never waits.
#[derive(Clone)]
pub struct LogSender {
    lines: mpsc::Sender<OutputLine>,
    happened: mpsc::Sender<Happened>,
    lost: Arc<Lost>,
}

/// What had no room.
#[derive(Default)]
struct Lost {
    lines: AtomicU64,
    requests: AtomicU64,
}

impl LogSender {
    /// A line of a module.
    pub fn line(&self, line: OutputLine) {
        if self.lines.try_send(line).is_err() {
            self.lost.lines.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A request that was answered, or whose visitor went away.
    pub fn request(&self, row: RequestRow) {
        self.happened(Happened::Request(row));
    }

    /// Something that failed, and was no request.
    pub fn failure(&self, failure: Failure) {
        self.happened(Happened::Failure(failure));
    }

    fn happened(&self, one: Happened) {
        if self.happened.try_send(one).is_err() {
            self.lost.requests.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// What waits to be written.
pub(crate) struct Waiting {
    pub lines: mpsc::Receiver<OutputLine>,
    pub happened: mpsc::Receiver<Happened>,
    lost: Arc<Lost>,
}

/// Queues without a writer.
pub(crate) fn queues() -> (LogSender, Waiting) {
    let (lines, waiting_lines) = mpsc::channel(LINES_WAITING);
    let (happened, waiting) = mpsc::channel(REQUESTS_WAITING);
    let lost = Arc::<Lost>::default();
    let sender = LogSender { lines, happened, lost: Arc::clone(&lost) };
    (sender, Waiting { lines: waiting_lines, happened: waiting, lost })
}

/// The task that writes.
pub struct LogWriter {
    ending: CancellationToken,
    task: JoinHandle<()>,
}

impl LogWriter {
    /// Writes what is there, and ends.
    pub async fn end(self) {
        self.ending.cancel();
        if timeout(LAST, self.task).await.is_err() {
            tracing::error!("the last of the log could not be written in time");
        }
    }
}

/// Begins to write.
pub fn log_writer(log: Log) -> (LogSender, LogWriter) {
    let (sender, waiting) = queues();
    let ending = CancellationToken::new();
    let writing = Writing { log, lines: Vec::new(), rows: Vec::new(), told: None };
    let task = tokio::spawn(writing.run(waiting, ending.clone()));
    (sender, LogWriter { ending, task })
}

struct Writing {
    log: Log,
    lines: Vec<OutputLine>,
    rows: Vec<Happened>,
    /// When it was last told that something was lost.
    told: Option<Instant>,
}

impl Writing {
    async fn run(mut self, mut waiting: Waiting, ending: CancellationToken) {
        // The queue of requests is left alone while they gather: looking at each as it comes would cost every request a switch of tasks.
        let mut due: Option<Instant> = None;
        loop {
            tokio::select! {
                count = waiting.lines.recv_many(&mut self.lines, BATCH) => {
                    self.write_lines().await;
                    if count == 0 {
                        break;
                    }
                }
                first = waiting.happened.recv(), if due.is_none() => {
                    self.rows.extend(first);
                    due = Some(Instant::now() + GATHER);
                }
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    due = None;
                    self.write_waiting(&mut waiting.happened).await;
                }
                () = ending.cancelled() => break,
            }
            if self.told.is_none_or(|told| told.elapsed() >= TELL) {
                self.tell(&waiting.lost).await;
            }
        }
        while let Ok(line) = waiting.lines.try_recv() {
            self.lines.push(line);
        }
        self.write_lines().await;
        self.write_waiting(&mut waiting.happened).await;
        self.tell(&waiting.lost).await;
    }

    /// Writes the requests that are there, so many at a time, and no more than had room: lines have their turn in a flood too.
    async fn write_waiting(&mut self, waiting: &mut mpsc::Receiver<Happened>) {
        for _ in 0..=REQUESTS_WAITING / BATCH {
            while self.rows.len() < BATCH {
                let Ok(row) = waiting.try_recv() else { break };
                self.rows.push(row);
            }
            if self.rows.is_empty() {
                return;
            }
            self.write_rows().await;
        }
    }

    async fn write_lines(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        if !lines.is_empty()
            && let Err(error) = self.log.add_lines(lines).await
        {
            tracing::error!(%error, "lines of a module are lost");
        }
    }

    async fn write_rows(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        if !rows.is_empty()
            && let Err(error) = self.log.add_happened(rows).await
        {
            tracing::error!(%error, "requests are missing in the log");
        }
    }

    /// Says in the log what is missing in it.
    async fn tell(&mut self, lost: &Lost) {
        for (count, kind, what) in [
            (&lost.lines, "lines_lost", "lines of output"),
            (&lost.requests, "requests_lost", "requests and failures"),
        ] {
            let count = count.swap(0, Ordering::Relaxed);
            if count == 0 {
                continue;
            }
            self.told = Some(Instant::now());
            tracing::warn!(count, kind, "more came than the log could take");
            let detail = format!("{count} {what} are not in the log: more came than could be written.");
            let _ = self.log.add_event(kind, detail).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::server_api::logs::{LogKind, LogQuestion, Said};

    fn failure(number: usize) -> Failure {
        Failure {
            at: 1,
            application: "tides".parse().unwrap(),
            module: "tides".parse().unwrap(),
            reason: format!("failure {number}"),
        }
    }

    #[tokio::test]
    async fn what_has_no_room_is_counted_and_the_rest_is_written_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::open(&folder.path().join("log.sqlite")).unwrap();
        let (sender, waiting) = queues();
        for number in 0..REQUESTS_WAITING + 7 {
            sender.failure(failure(number));
        }
        let ending = CancellationToken::new();
        let writing = Writing { log: log.clone(), lines: Vec::new(), rows: Vec::new(), told: None };
        let task = tokio::spawn(writing.run(waiting, ending.clone()));
        LogWriter { ending, task }.end().await;
        let ask = async |kind| {
            let question = LogQuestion { kind, limit: Some(1), ..LogQuestion::default() };
            log.page(question).await.unwrap().0.remove(0)
        };
        let last = ask(LogKind::Errors).await;
        assert_eq!(last.id, REQUESTS_WAITING as i64);
        let said = format!("failure {}", REQUESTS_WAITING - 1);
        assert_eq!(last.said, Said::Error { reason: said, request: None });
        let Said::Event { event, detail } = ask(LogKind::Events).await.said else { panic!("no event") };
        assert_eq!(event, "requests_lost");
        assert!(detail.starts_with("7 requests and failures are not in the log"), "{detail}");
    }
}
