//! A long question under way: how far it is, on a terminal, and Ctrl-C to end it early.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::report::text::thousands;
use crate::simulate::Watcher;

use super::interrupt;
use super::progress::ProgressLine;

/// Shows progress and hears Ctrl-C.
pub(crate) struct Watch {
    /// What is counted, in the plural.
    noun: &'static str,
    progress: ProgressLine,
    stop: Arc<AtomicBool>,
}

impl Watch {
    /// Watches over many of `noun`.
    pub(crate) fn over(noun: &'static str) -> Self {
        Self { noun, progress: ProgressLine::new(), stop: interrupt::listen() }
    }
}

impl Watcher for Watch {
    fn answered(&self, answered: usize, of: usize) {
        self.progress.show(|| {
            format!(
                "{} of {} {} (Ctrl-C stops and shows the result so far)",
                thousands(answered),
                thousands(of),
                self.noun
            )
        });
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}
