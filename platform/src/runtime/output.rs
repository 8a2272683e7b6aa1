//! What modules write: bounded lines into the Log catalog, and the last few in memory for the sentence on a failure.

use crate::catalog::{Failure, OutputLine, Stream};
use crate::log_writer::LogSender;
use domain::text::Key;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// Longest line that is kept, bytes; the rest of it is left out.
const LINE_BYTES: usize = 4096;
/// Lines that a failure's sentence may quote.
const TAIL: usize = 5;

/// The output of one process.
#[derive(Clone)]
pub struct Output {
    sender: LogSender,
    application: Key,
    module: Key,
    tail: Arc<Mutex<VecDeque<String>>>,
}

impl Output {
    /// For one module.
    pub fn new(sender: LogSender, application: Key, module: Key) -> Self {
        Self { sender, application, module, tail: Arc::default() }
    }

    /// Keeps one line.
    pub fn line(&self, stream: Stream, text: String) {
        if stream != Stream::Supervisor {
            let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
            tail.push_back(text.chars().take(160).collect());
            if tail.len() > TAIL {
                tail.pop_front();
            }
        }
        let line = OutputLine {
            at: crate::clock::now().0,
            application: self.application.clone(),
            module: self.module.clone(),
            stream,
            text,
        };
        self.sender.line(line);
    }

    /// Keeps why the process failed, in the log of errors.
    pub fn failed(&self, reason: String) {
        let (application, module) = (self.application.clone(), self.module.clone());
        self.sender.failure(Failure { at: crate::clock::now().0, application, module, reason });
    }

    /// The last lines as the end of a sentence; empty where nothing was written.
    pub fn last_words(&self) -> String {
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        if tail.is_empty() {
            return " It wrote nothing.".to_owned();
        }
        let lines: Vec<&str> = tail.iter().map(String::as_str).collect();
        format!(" Its last lines: {}", lines.join(" | "))
    }

    /// Reads a stream to its end.
    pub async fn read(self, stream: Stream, from: impl AsyncRead + Unpin) {
        let mut reader = BufReader::new(from);
        let mut line = Vec::new();
        while let Ok(chunk) = reader.fill_buf().await {
            if chunk.is_empty() {
                break;
            }
            let end = chunk.iter().position(|b| *b == b'\n');
            let part = &chunk[..end.unwrap_or(chunk.len())];
            line.extend_from_slice(&part[..part.len().min(LINE_BYTES - line.len())]);
            let used = end.map_or(chunk.len(), |at| at + 1);
            reader.consume(used);
            if end.is_some() {
                self.line(stream, readable(&line));
                line.clear();
            }
        }
        if !line.is_empty() {
            self.line(stream, readable(&line));
        }
    }
}

fn readable(line: &[u8]) -> String {
    String::from_utf8_lossy(line).chars().filter(|c| !c.is_control() || *c == '\t').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_are_bounded_and_the_last_ones_are_known() {
        let (sender, mut kept) = crate::log_writer::queues();
        let output = Output::new(sender, "a".parse().unwrap(), "b".parse().unwrap());
        let text = format!("one\n{}\n\x1b[31mthree\nlast", "x".repeat(3 * LINE_BYTES));
        output.clone().read(Stream::Output, text.as_bytes()).await;
        let mut got = Vec::new();
        while let Ok(line) = kept.lines.try_recv() {
            got.push(line.text);
        }
        assert_eq!(got.len(), 4);
        assert_eq!(got[1].len(), LINE_BYTES);
        assert_eq!(got[2], "[31mthree");
        assert!(output.last_words().ends_with("| last"));
    }
}
