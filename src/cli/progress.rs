//! How far something has come: one line on a terminal, gone when it is done.

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::report::text::{count, thousands};
use crate::simulate::Watcher;
use crate::source::FileProgress;

/// A shorter wait needs no line.
const PATIENCE: Duration = Duration::from_millis(400);
/// The line changes no more often.
const PACE: Duration = Duration::from_millis(100);

/// The line on standard error, which many threads may write. Without a terminal there is none.
pub(crate) struct ProgressLine {
    is_seen: bool,
    shown: Mutex<Shown>,
}

struct Shown {
    next: Instant,
    is_there: bool,
}

impl ProgressLine {
    pub(crate) fn new() -> Self {
        let shown = Shown { next: Instant::now() + PATIENCE, is_there: false };
        Self { is_seen: io::stderr().is_terminal(), shown: Mutex::new(shown) }
    }

    /// Shows how far it is, unless it did so just now. The line is short: one that wraps could not be
    /// taken back.
    pub(crate) fn show(&self, line: impl FnOnce() -> String) {
        if !self.is_seen {
            return;
        }
        // A thread that finds it busy is overtaken anyway.
        let Ok(mut shown) = self.shown.try_lock() else { return };
        let now = Instant::now();
        if now >= shown.next {
            *shown = Shown { next: now + PACE, is_there: true };
            write(&format!("\r{}\x1b[K", line()));
        }
    }

    /// Takes the line away.
    pub(crate) fn end(&self) {
        if let Ok(mut shown) = self.shown.lock()
            && std::mem::take(&mut shown.is_there)
        {
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

/// How far a file is read, or a snapshot written.
pub(crate) struct FileReading(ProgressLine);

impl FileReading {
    /// Shows it on a terminal.
    pub(crate) fn on_terminal() -> Arc<dyn FileProgress> {
        Arc::new(Self(ProgressLine::new()))
    }
}

impl FileProgress for FileReading {
    fn read(&self, bytes: u64, of: u64) {
        self.0.show(|| megabytes(bytes, of));
    }

    fn wrote(&self, objects: usize, of: usize) {
        self.0.show(|| format!("writing: {} of {}", thousands(objects), count(of, "object")));
    }
}

/// How many pods have had their turn.
pub(crate) struct PlacingPods(ProgressLine);

impl PlacingPods {
    /// Shows it on a terminal.
    pub(crate) fn on_terminal() -> Self {
        Self(ProgressLine::new())
    }
}

impl Watcher for PlacingPods {
    fn answered(&self, answered: usize, of: usize) {
        self.0.show(|| format!("placing pods: {} of {}", thousands(answered), thousands(of)));
    }
}

/// A pipe does not say how much it holds.
fn megabytes(bytes: u64, of: u64) -> String {
    let mega = |bytes: u64| thousands(usize::try_from(bytes / 1_000_000).unwrap_or(usize::MAX));
    if of < bytes {
        format!("reading: {} MB", mega(bytes))
    } else {
        format!("reading: {} of {} MB", mega(bytes), mega(of))
    }
}

/// When nobody can read it there is nobody to tell.
fn write(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_counted_in_megabytes() {
        assert_eq!(megabytes(340_000_000, 1_050_000_000), "reading: 340 of 1,050 MB");
        assert_eq!(megabytes(2_500_000, 0), "reading: 2 MB");
    }
}
