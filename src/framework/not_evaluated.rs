//! What could not be judged: never silence.

use std::sync::Mutex;

use serde::Serialize;

/// One thing an answer does not rest on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct NotEvaluated {
    /// What is missing: a kind, a plugin, an extender, an expression.
    pub what: String,
    /// Why it is missing.
    pub why: String,
    /// What it means for the answer.
    pub effect: String,
}

impl NotEvaluated {
    /// All three parts.
    pub fn new(what: impl Into<String>, why: impl Into<String>, effect: impl Into<String>) -> Self {
        Self { what: what.into(), why: why.into(), effect: effect.into() }
    }
}

/// Collects what plugins could not judge during a cycle, each thing once.
#[derive(Debug, Default)]
pub struct Notes(Mutex<Vec<NotEvaluated>>);

impl Notes {
    /// Adds a thing unless it is there.
    pub fn add(&self, item: NotEvaluated) {
        // A poisoned lock only means that another thread stopped while adding: the list is whole.
        let mut items = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !items.contains(&item) {
            items.push(item);
        }
    }

    /// Everything collected, sorted.
    pub fn take(&self) -> Vec<NotEvaluated> {
        let mut items = std::mem::take(&mut *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        items.sort();
        items
    }
}
