//! How far something has come: one line on a terminal, gone when it is done.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// A shorter wait needs no line.
const PATIENCE: Duration = Duration::from_millis(400);
/// The line changes no more often.
const PACE: Duration = Duration::from_millis(100);

/// The line on standard error. Without a terminal there is none.
pub(crate) struct ProgressLine {
    is_seen: bool,
    next: Instant,
    is_there: bool,
}

impl ProgressLine {
    pub(crate) fn new() -> Self {
        Self { is_seen: io::stderr().is_terminal(), next: Instant::now() + PATIENCE, is_there: false }
    }

    /// Shows how far it is, unless it did so just now. The line is short: one that wraps could not be
    /// taken back.
    pub(crate) fn show(&mut self, line: impl FnOnce() -> String) {
        let now = Instant::now();
        if !self.is_seen || now < self.next {
            return;
        }
        self.next = now + PACE;
        self.is_there = true;
        write(&format!("\r{}\x1b[K", line()));
    }

    /// Takes the line away.
    pub(crate) fn end(&mut self) {
        if std::mem::take(&mut self.is_there) {
            write("\r\x1b[K");
        }
    }
}

impl Drop for ProgressLine {
    /// Also when the reading failed: what is said then stands on a line of its own.
    fn drop(&mut self) {
        self.end();
    }
}

/// When nobody can read it there is nobody to tell.
fn write(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}
