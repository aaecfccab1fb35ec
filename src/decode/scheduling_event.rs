//! `FailedScheduling` events: what schedulers said of pods that they did not place.
//!
//! Both forms are read, `v1` and `events.k8s.io/v1`: the API server serves each event as either,
//! and kube-scheduler writes the latter.

use rustc_hash::FxHashMap;
use serde::Deserialize;

use super::object::{skip, take};
use crate::api::meta::{Metadata, ObjectKey};
use crate::api::name::{Name, name};
use crate::api::time::Timestamp;

/// The reason that schedulers give (upstream schedule_one.go, handleSchedulingFailure).
pub const REASON: &str = "FailedScheduling";

/// A scheduler's word on a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchedulingEvent {
    /// The pod.
    pub pod: ObjectKey,
    /// Its uid; empty where the event does not tell.
    pub uid: Name,
    /// What was said; events are cut off at 1,024 bytes.
    pub message: Box<str>,
    /// When it was said.
    pub said: Option<Timestamp>,
    /// When the pod was last seen to fail. A series keeps the message it began with
    /// (client-go tools/events/event_broadcaster.go, recordToSink), so by then the scheduler may
    /// have said something else.
    pub last: Option<Timestamp>,
    /// How often it failed.
    pub count: u32,
    /// Who says so: kube-scheduler's profile by its scheduler name; may be empty.
    pub reporter: Name,
}

impl SchedulingEvent {
    /// Whether objects of this type are events.
    pub fn is_kind(api_version: &str, kind: &str) -> bool {
        kind == "Event" && matches!(api_version, "" | "v1" | "events.k8s.io/v1" | "events.k8s.io/v1beta1")
    }

    /// Decodes the event that `json` begins with, none if it is about something else or makes no
    /// sense; also says how many bytes it took.
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
}

/// An event on the wire, in either form.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireEvent {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    reason: Option<Box<str>>,
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
    kind: Option<Box<str>>,
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
    fn into_event(self) -> Option<SchedulingEvent> {
        let about = self.involved_object;
        if self.reason.as_deref() != Some(REASON) || about.kind.as_deref() != Some("Pod") {
            return None;
        }
        let began = self.event_time.or(self.first_timestamp).or(self.metadata.creation_timestamp);
        let (said, last, count) = match self.series {
            Some(series) => (began, series.last_observed_time.or(began), series.count),
            // Without a series an event that comes again is the same to the letter.
            None => (self.last_timestamp.or(began), self.last_timestamp.or(began), self.count.unwrap_or(1)),
        };
        let namespace = about.namespace.or(self.metadata.namespace).unwrap_or_else(|| name("default"));
        let reporter = [self.reporting_component, self.source.component].into_iter().flatten();
        Some(SchedulingEvent {
            pod: ObjectKey::new(namespace, about.name?),
            uid: about.uid.unwrap_or_default(),
            message: self.message.unwrap_or_default(),
            said,
            last,
            count: count.max(1),
            reporter: reporter.into_iter().find(|reporter| !reporter.is_empty()).unwrap_or_default(),
        })
    }
}

/// The newest event of each scheduler about each pod.
#[derive(Clone, Debug, Default)]
pub struct SchedulingEvents(FxHashMap<ObjectKey, Vec<SchedulingEvent>>);

impl SchedulingEvents {
    /// Takes in an event; of two of the same scheduler the later one stays.
    pub fn add(&mut self, event: SchedulingEvent) {
        let of_pod = self.0.entry(event.pod).or_default();
        let earlier = of_pod.iter_mut().find(|other| (other.reporter, other.uid) == (event.reporter, event.uid));
        match earlier {
            Some(earlier) if earlier.last > event.last => {}
            Some(earlier) => *earlier = event,
            None => of_pod.push(event),
        }
    }

    /// What was said of the pod called `pod`, which has the uid `uid`.
    pub fn of(&self, pod: ObjectKey, uid: Name) -> impl Iterator<Item = &SchedulingEvent> {
        let known = move |event: &&SchedulingEvent| event.uid.is_empty() || uid.is_empty() || event.uid == uid;
        self.0.get(&pod).into_iter().flatten().filter(known)
    }

    /// Everybody who said something, each once, sorted.
    pub fn reporters(&self) -> Vec<Name> {
        let mut reporters: Vec<Name> = self.0.values().flatten().map(|event| event.reporter).collect();
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
        let (event, bytes) = SchedulingEvent::decode(json.as_bytes()).unwrap();
        let shown = event.map(|event| {
            let time = |time: Option<Timestamp>| time.map_or_else(|| "?".to_owned(), |time| time.0.to_string());
            format!(
                "{} {:?} by {:?}: {:?} at {} to {} x{}",
                event.pod,
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
        case(r#"{"reason":"FailedScheduling","involvedObject":{"kind":"PodGroup","name":"a"}}"#, None);
        case(r#"{"reason":"FailedScheduling","involvedObject":{"kind":"Pod"}}"#, None);
        case(r#"{"reason":"FailedScheduling","eventTime":"yesterday"}"#, None);
        assert!(SchedulingEvent::decode(br#"{"reason":"Failed"#).unwrap_err().is_eof());
        assert!(SchedulingEvent::decode(br#"{"reason":}"#).unwrap_err().is_syntax());
    }

    #[test]
    fn the_latest_word_of_each_scheduler_stays() {
        let event = |reporter: &str, uid: &str, last: i64| SchedulingEvent {
            pod: ObjectKey::new(name("a"), name("b")),
            uid: name(uid),
            message: format!("{last}").into(),
            said: None,
            last: Some(Timestamp(last)),
            count: 1,
            reporter: name(reporter),
        };
        let mut events = SchedulingEvents::default();
        for event in
            [event("s", "1", 5), event("s", "1", 3), event("s", "1", 8), event("t", "1", 1), event("s", "2", 9)]
        {
            events.add(event);
        }
        let said: Vec<&str> = events.of(ObjectKey::new(name("a"), name("b")), name("1")).map(|e| &*e.message).collect();
        assert_eq!(said, ["8", "1"]);
        assert_eq!(events.reporters(), [name("s"), name("t")]);
    }
}
