//! What others than the scheduler reported, as data: `events`.

use serde::Serialize;

use crate::api::{Name, Timestamp};
use crate::decode::event::Event;

/// An event about the pod, one of its claims or its workload.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct EventObject<'a> {
    reporter: Name,
    /// `Normal` or `Warning`.
    r#type: &'static str,
    reason: Name,
    message: &'a str,
    /// What it is about.
    object: EventSubject,
    /// RFC 3339: when it happened last.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<String>,
    count: u32,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct EventSubject {
    kind: Name,
    namespace: Name,
    name: Name,
}

impl<'a> EventObject<'a> {
    pub(in crate::report) fn new(event: &'a Event) -> Self {
        let (namespace, name) = (event.object.namespace, event.object.name);
        Self {
            reporter: event.reporter,
            r#type: if event.warning { "Warning" } else { "Normal" },
            reason: event.reason,
            message: &event.message,
            object: EventSubject { kind: event.kind, namespace, name },
            last_seen: event.last.as_ref().map(Timestamp::to_string),
            count: event.count,
        }
    }
}
