//! Events: what components reported of pods, their controllers, claims and nodes.
//!
//! Both forms are read, `v1` and `events.k8s.io/v1`: the API server serves each event as either,
//! and kube-scheduler writes the latter. Of the events of one reporter about one object the newest
//! of each reason is kept. What every pod goes through on its way is left out ([`ROUTINE`]).

use rustc_hash::FxHashMap;
use serde::Deserialize;

use super::object::{skip, take};
use crate::api::meta::{Metadata, ObjectKey};
use crate::api::name::{Name, name};
use crate::api::time::Timestamp;

/// The reason that schedulers give (upstream schedule_one.go, handleSchedulingFailure).
pub const FAILED_SCHEDULING: &str = "FailedScheduling";
/// The reason that controllers give when the API server refuses a pod (upstream pkg/controller/controller_utils.go,
/// FailedCreatePodReason).
pub const FAILED_CREATE: &str = "FailedCreate";
/// The reason that controllers give for a pod that they created (SuccessfulCreatePodReason).
pub const SUCCESSFUL_CREATE: &str = "SuccessfulCreate";

/// Reasons of events that tell of nothing but the usual course of things (upstream
/// pkg/kubelet/events/event.go; pkg/scheduler/schedule_one.go; pkg/controller/deployment/sync.go).
const ROUTINE: [&str; 13] = [
    "Scheduled",
    "Pulling",
    "Pulled",
    "Created",
    "Started",
    "ScalingReplicaSet",
    "SuccessfulDelete",
    "NodeHasSufficientMemory",
    "NodeHasNoDiskPressure",
    "NodeHasSufficientPID",
    "NodeAllocatableEnforced",
    "RegisteredNode",
    "SuccessfulAttachVolume",
];

/// What a component reported of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The object's kind, such as `Pod`.
    pub kind: Name,
    /// The object; of one without a namespace the namespace is that of the event.
    pub object: ObjectKey,
    /// The object's uid; empty where the event does not tell.
    pub uid: Name,
    /// Whether it is a `Warning`.
    pub warning: bool,
    /// Why, in one word.
    pub reason: Name,
    /// What was said; kube-scheduler's events are cut off at 1,024 bytes.
    pub message: Box<str>,
    /// When it was said.
    pub said: Option<Timestamp>,
    /// When it happened last. A series keeps the message it began with
    /// (client-go tools/events/event_broadcaster.go, recordToSink), so by then the reporter may
    /// have said something else.
    pub last: Option<Timestamp>,
    /// How often it happened.
    pub count: u32,
    /// Who says so: kube-scheduler's profile by its scheduler name; may be empty.
    pub reporter: Name,
}

impl Event {
    /// Whether objects of this type are events.
    pub fn is_kind(api_version: &str, kind: &str) -> bool {
        kind == "Event" && matches!(api_version, "" | "v1" | "events.k8s.io/v1" | "events.k8s.io/v1beta1")
    }

    /// Decodes the event that `json` begins with, none if it is routine or makes no sense; also
    /// says how many bytes it took.
    ///
    /// # Errors
    /// Broken JSON; of category `Eof` when `json` ends within the object.
    pub fn decode(json: &[u8]) -> serde_json::Result<(Option<Self>, usize)> {
        match take::<WireEvent>(json) {
            Ok(taken) => {
                let (event, bytes) = taken.into_parts();
                Ok((event.into_event(), bytes))
            }
            Err(error) if error.is_data() => Ok((None, skip(json)?)),
            Err(error) => Err(error),
        }
    }

    /// Whether a scheduler says that it did not place the pod.
    pub fn is_failed_scheduling(&self) -> bool {
        self.reason == FAILED_SCHEDULING && self.kind == "Pod"
    }

    /// Whether the component `reporter` says so, or nobody in particular.
    pub fn is_by(&self, reporter: Name) -> bool {
        self.reporter.is_empty() || self.reporter == reporter
    }

    /// Whether it may be about the object with this uid.
    fn may_be_of(&self, uid: Name) -> bool {
        self.uid.is_empty() || uid.is_empty() || self.uid == uid
    }
}

/// An event on the wire, in either form.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireEvent {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    reason: Option<Name>,
    #[serde(default, rename = "type")]
    event_type: Option<Box<str>>,
    #[serde(default, alias = "note")]
    message: Option<Box<str>>,
    #[serde(default, alias = "regarding")]
    involved_object: WireReference,
    #[serde(default)]
    event_time: Option<Timestamp>,
    #[serde(default)]
    series: Option<WireSeries>,
    #[serde(default, alias = "deprecatedFirstTimestamp")]
    first_timestamp: Option<Timestamp>,
    #[serde(default, alias = "deprecatedLastTimestamp")]
    last_timestamp: Option<Timestamp>,
    #[serde(default, alias = "deprecatedCount")]
    count: Option<u32>,
    #[serde(default, alias = "reportingController")]
    reporting_component: Option<Name>,
    #[serde(default, alias = "deprecatedSource")]
    source: WireSource,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireReference {
    kind: Option<Name>,
    namespace: Option<Name>,
    name: Option<Name>,
    uid: Option<Name>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireSeries {
    count: u32,
    last_observed_time: Option<Timestamp>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireSource {
    component: Option<Name>,
}

impl WireEvent {
    fn into_event(self) -> Option<Event> {
        let about = self.involved_object;
        let reason = self.reason.filter(|reason| !ROUTINE.contains(&reason.as_str()))?;
        let began = self.event_time.or(self.first_timestamp).or(self.metadata.creation_timestamp);
        let (said, last, count) = match self.series {
            Some(series) => (began, series.last_observed_time.or(began), series.count),
            // Without a series an event that comes again is the same to the letter.
            None => (self.last_timestamp.or(began), self.last_timestamp.or(began), self.count.unwrap_or(1)),
        };
        let namespace = about.namespace.filter(|namespace| !namespace.is_empty());
        let namespace = namespace.or(self.metadata.namespace).unwrap_or_else(|| name("default"));
        let reporter = [self.reporting_component, self.source.component].into_iter().flatten();
        Some(Event {
            kind: about.kind?,
            object: ObjectKey::new(namespace, about.name?),
            uid: about.uid.unwrap_or_default(),
            warning: self.event_type.as_deref() == Some("Warning"),
            reason,
            message: self.message.unwrap_or_default(),
            said,
            last,
            count: count.max(1),
            reporter: reporter.into_iter().find(|reporter| !reporter.is_empty()).unwrap_or_default(),
        })
    }
}

/// The newest event of each reporter and reason about each object.
#[derive(Clone, Debug, Default)]
pub struct Events(FxHashMap<(Name, Name), Vec<Event>>);

impl Events {
    /// Takes in an event; of two of the same reporter and reason about one object the later one stays.
    pub fn add(&mut self, event: Event) {
        let of_object = self.0.entry((event.kind, event.object.name)).or_default();
        let identity = |event: &Event| (event.object.namespace, event.reporter, event.reason, event.uid);
        let earlier = of_object.iter_mut().find(|other| identity(other) == identity(&event));
        match earlier {
            Some(earlier) if earlier.last > event.last => {}
            Some(earlier) => *earlier = event,
            None => of_object.push(event),
        }
    }

    /// What was reported of the object called `key`, which has the uid `uid`.
    pub fn of(&self, kind: &str, key: ObjectKey, uid: Name) -> impl Iterator<Item = &Event> {
        let of_name = self.0.get(&(name(kind), key.name)).into_iter().flatten();
        of_name.filter(move |event| event.object.namespace == key.namespace && event.may_be_of(uid))
    }

    /// What was reported of an object without a namespace.
    pub fn of_cluster_object(&self, kind: &str, object: Name) -> impl Iterator<Item = &Event> {
        self.0.get(&(name(kind), object)).into_iter().flatten()
    }

    /// What schedulers said of the pod called `pod`, which has the uid `uid`.
    pub fn scheduling(&self, pod: ObjectKey, uid: Name) -> impl Iterator<Item = &Event> {
        self.of("Pod", pod, uid).filter(|event| event.is_failed_scheduling())
    }

    /// All events, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Event> {
        self.0.values().flatten()
    }

    /// Everybody who said of a pod that it was not placed, each once, sorted.
    pub fn scheduling_reporters(&self) -> Vec<Name> {
        let said = self.iter().filter(|event| event.is_failed_scheduling());
        let mut reporters: Vec<Name> = said.map(|event| event.reporter).collect();
        reporters.retain(|reporter| !reporter.is_empty());
        reporters.sort_unstable();
        reporters.dedup();
        reporters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(json: &str, expected: Option<&str>) {
        let (event, bytes) = Event::decode(json.as_bytes()).unwrap();
        let shown = event.map(|event| {
            let time = |time: Option<Timestamp>| time.map_or_else(|| "?".to_owned(), |time| time.0.to_string());
            format!(
                "{} {:?} by {:?}: {:?} at {} to {} x{}",
                event.object,
                &*event.uid,
                &*event.reporter,
                event.message,
                time(event.said),
                time(event.last),
                event.count
            )
        });
        assert_eq!((shown.as_deref(), bytes), (expected, json.len()));
    }

    #[test]
    fn both_forms() {
        // As kube-scheduler writes it, read as v1: times of before the new form are null.
        case(
            r#"{"metadata":{"name":"x","namespace":"shop"},"involvedObject":{"kind":"Pod","namespace":"shop","name":"web","uid":"1"},
                "reason":"FailedScheduling","message":"no","source":{},"firstTimestamp":null,"lastTimestamp":null,
                "eventTime":"1970-01-01T00:00:10.123456Z","series":{"count":3,"lastObservedTime":"1970-01-01T00:01:10.000000Z"},
                "reportingComponent":"default-scheduler"}"#,
            Some(r#"shop/web "1" by "default-scheduler": "no" at 10 to 70 x3"#),
        );
        case(
            r#"{"metadata":{"namespace":"shop"},"regarding":{"kind":"Pod","name":"web"},"reason":"FailedScheduling","note":"no",
                "eventTime":"1970-01-01T00:00:10.1Z","reportingController":"default-scheduler","deprecatedSource":{}}"#,
            Some(r#"shop/web "" by "default-scheduler": "no" at 10 to 10 x1"#),
        );
        // As schedulers of old and other components write it.
        case(
            r#"{"metadata":{},"involvedObject":{"kind":"Pod","namespace":"a","name":"b"},"reason":"FailedScheduling","message":"m",
                "source":{"component":"volcano"},"firstTimestamp":"1970-01-01T00:00:01Z","lastTimestamp":"1970-01-01T00:00:09Z",
                "count":4,"eventTime":null,"reportingComponent":""}"#,
            Some(r#"a/b "" by "volcano": "m" at 9 to 9 x4"#),
        );
    }

    #[test]
    fn what_is_none_is_passed_over() {
        case(r#"{"reason":"Scheduled","involvedObject":{"kind":"Pod","name":"a"}}"#, None);
        case(r#"{"reason":"FailedScheduling","involvedObject":{"name":"a"}}"#, None);
        case(r#"{"reason":"FailedScheduling","involvedObject":{"kind":"Pod"}}"#, None);
        case(r#"{"reason":"FailedScheduling","eventTime":"yesterday"}"#, None);
        assert!(Event::decode(br#"{"reason":"Failed"#).unwrap_err().is_eof());
        assert!(Event::decode(br#"{"reason":}"#).unwrap_err().is_syntax());
    }

    #[test]
    fn the_latest_word_of_each_scheduler_stays() {
        let event = |reporter: &str, uid: &str, last: i64| Event {
            kind: name("Pod"),
            object: ObjectKey::new(name("a"), name("b")),
            uid: name(uid),
            warning: true,
            reason: name(FAILED_SCHEDULING),
            message: format!("{last}").into(),
            said: None,
            last: Some(Timestamp(last)),
            count: 1,
            reporter: name(reporter),
        };
        let mut events = Events::default();
        for event in
            [event("s", "1", 5), event("s", "1", 3), event("s", "1", 8), event("t", "1", 1), event("s", "2", 9)]
        {
            events.add(event);
        }
        let said: Vec<&str> =
            events.scheduling(ObjectKey::new(name("a"), name("b")), name("1")).map(|e| &*e.message).collect();
        assert_eq!(said, ["8", "1"]);
        assert_eq!(events.scheduling_reporters(), [name("s"), name("t")]);
    }
}
