//! Specifications of pods that were decoded already, by their text.
//!
//! Pods of one template have the same `spec` but for the node they are on and the random name of the volume with their
//! API token. A text that is equal but for these two is not decoded again: the pod gets the template that the first
//! one has. Only what cannot make a difference is left out of the comparison, and where that is not certain the text
//! is decoded.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, RwLock};

use memchr::memmem::Finder;
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::Hasher;

use crate::api::name::{Name, name};
use crate::api::pod_spec::PodSpec;
use crate::api::pod_template::PodTemplate;
use crate::api::resize::ResizeStatus;

/// Texts are kept up to so many bytes.
const MOST_BYTES: usize = 16 << 20;
/// Of one specification templates with so many resize statuses are kept.
const MOST_RESIZES: usize = 8;
/// After so many texts that were new, and if most of them were, texts are not compared any more: then pods have
/// specifications of their own, as those of StatefulSets with volumes have.
const PATIENCE: u32 = 2048;

/// Specifications that were decoded already.
#[derive(Default)]
pub(crate) struct KnownSpecs {
    known: RwLock<Known>,
    found: AtomicU32,
    missed: AtomicU32,
}

#[derive(Default)]
struct Known {
    by_hash: FxHashMap<u64, Vec<Arc<KnownSpec>>>,
    bytes: usize,
}

struct KnownSpec {
    /// The parts of the text that are compared, one after another.
    text: Box<[u8]>,
    /// Where the parts end.
    ends: Box<[usize]>,
    /// The specification, with each of the resize statuses that its pods had; never empty.
    templates: Mutex<Vec<Arc<PodTemplate>>>,
}

/// The specification of a pod, and the node that it is on.
pub(crate) struct SharedSpec {
    pub(crate) node_name: Option<Name>,
    spec: SpecOrigin,
}

enum SpecOrigin {
    Own(Box<PodSpec>),
    Known(Arc<KnownSpec>),
}

impl SharedSpec {
    /// One that no other pod is known to have.
    pub(crate) fn own(mut spec: PodSpec) -> Self {
        let node_name = spec.node_name.take().filter(|name| !name.is_empty());
        Self { node_name, spec: SpecOrigin::Own(Box::new(spec)) }
    }

    /// Together with the pod's resize status.
    pub(crate) fn template(self, resize: ResizeStatus) -> Arc<PodTemplate> {
        match self.spec {
            SpecOrigin::Own(spec) => Arc::new(PodTemplate { spec: *spec, resize }),
            SpecOrigin::Known(known) => known.template(resize),
        }
    }
}

impl KnownSpec {
    fn template(&self, resize: ResizeStatus) -> Arc<PodTemplate> {
        let mut templates = self.templates.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = templates.iter().find(|known| known.resize == resize) {
            return Arc::clone(known);
        }
        let spec = templates.first().map(|known| known.spec.clone()).unwrap_or_default();
        let template = Arc::new(PodTemplate { spec, resize });
        if templates.len() < MOST_RESIZES {
            templates.push(Arc::clone(&template));
        }
        template
    }
}

impl KnownSpecs {
    /// The specification that `text` is; none where it has to be decoded by itself.
    pub(crate) fn get(&self, text: &str) -> Option<SharedSpec> {
        let missed = self.missed.load(Ordering::Relaxed);
        if missed > PATIENCE && missed > self.found.load(Ordering::Relaxed) {
            return None;
        }
        let masked = Masked::of(text)?;
        let hash = masked.hash();
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let found = known.by_hash.get(&hash).and_then(|specs| specs.iter().find(|spec| masked.is(spec)));
        if let Some(spec) = found {
            self.found.fetch_add(1, Ordering::Relaxed);
            return Some(SharedSpec { node_name: masked.node_name(), spec: SpecOrigin::Known(Arc::clone(spec)) });
        }
        drop(known);
        self.missed.fetch_add(1, Ordering::Relaxed);
        let mut spec: PodSpec = serde_json::from_str(text).ok()?;
        let node_name = spec.node_name.take().filter(|name| !name.is_empty());
        // What looked like the node's name may stand elsewhere, and a volume of that name may be one that counts.
        if node_name != masked.node_name() || has_token_name(&spec) {
            return None;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.bytes >= MOST_BYTES {
            return Some(SharedSpec { node_name, spec: SpecOrigin::Own(Box::new(spec)) });
        }
        let spec = Arc::new(masked.keep(spec));
        known.bytes += spec.text.len();
        known.by_hash.entry(hash).or_default().push(Arc::clone(&spec));
        Some(SharedSpec { node_name, spec: SpecOrigin::Known(spec) })
    }
}

/// Whether a volume that is kept is called as volumes with API tokens are.
fn has_token_name(spec: &PodSpec) -> bool {
    spec.volumes.iter().any(|volume| volume.name.starts_with(TOKEN_VOLUME))
}

/// How admission names the volume with a pod's API token, before five random letters
/// (upstream plugin/pkg/admission/serviceaccount/admission.go, ServiceAccountVolumeName).
const TOKEN_VOLUME: &str = "kube-api-access-";
const RANDOM: usize = 5;

static NODE_NAME: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"nodeName\""));
static TOKEN: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(TOKEN_VOLUME));

/// A text, and what of it is not compared.
struct Masked<'a> {
    text: &'a str,
    node_name: Option<Range<usize>>,
    tokens: Vec<Range<usize>>,
}

impl<'a> Masked<'a> {
    /// None where the node's name cannot be taken as it stands.
    fn of(text: &'a str) -> Option<Self> {
        let node_name = match NODE_NAME.find(text.as_bytes()) {
            Some(at) => Some(value_behind(text, at + NODE_NAME.needle().len())?),
            None => None,
        };
        let is_name = |at: &usize| {
            let before = text.get(..*at).unwrap_or_default();
            before.ends_with("\"name\":\"") || before.ends_with("\"name\": \"")
        };
        let random = |at: usize| at + TOKEN_VOLUME.len()..at + TOKEN_VOLUME.len() + RANDOM;
        let is_whole = |range: &Range<usize>| text.get(range.end..).is_some_and(|rest| rest.starts_with('"'));
        let tokens = TOKEN.find_iter(text.as_bytes()).filter(is_name).map(random).filter(is_whole).collect();
        Some(Self { text, node_name, tokens })
    }

    fn node_name(&self) -> Option<Name> {
        let text = self.text.get(self.node_name.clone()?)?;
        (!text.is_empty()).then(|| name(text))
    }

    /// The parts that are compared.
    fn parts(&self) -> impl Iterator<Item = &'a [u8]> {
        let mut masks: Vec<&Range<usize>> = self.tokens.iter().chain(&self.node_name).collect();
        masks.sort_unstable_by_key(|mask| mask.start);
        let starts = [0].into_iter().chain(masks.iter().map(|mask| mask.end).collect::<Vec<_>>());
        let ends = masks.iter().map(|mask| mask.start).collect::<Vec<_>>().into_iter().chain([self.text.len()]);
        let text = self.text.as_bytes();
        starts.zip(ends).map(|(start, end)| text.get(start..end).unwrap_or_default())
    }

    fn hash(&self) -> u64 {
        let mut hasher = FxHasher::default();
        self.parts().for_each(|part| hasher.write(part));
        hasher.finish()
    }

    /// Whether it is a known one.
    fn is(&self, known: &KnownSpec) -> bool {
        let mut start = 0;
        let mut ends = known.ends.iter();
        self.parts().all(|part| {
            let Some(end) = ends.next() else { return false };
            let same = known.text.get(start..*end) == Some(part);
            start = *end;
            same
        }) && ends.next().is_none()
    }

    fn keep(&self, spec: PodSpec) -> KnownSpec {
        let mut text = Vec::with_capacity(self.text.len());
        let mut ends = Vec::new();
        for part in self.parts() {
            text.extend_from_slice(part);
            ends.push(text.len());
        }
        let template = Arc::new(PodTemplate { spec, ..PodTemplate::default() });
        KnownSpec { text: text.into(), ends: ends.into(), templates: Mutex::new(vec![template]) }
    }
}

/// Where the string behind a key that ends `at` has its text; none if it is no string without escapes.
fn value_behind(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text.get(at..)?;
    let value = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    let start = text.len() - value.len();
    let length = value.find(['"', '\\'])?;
    value.get(length..)?.starts_with('"').then_some(start..start + length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Kind, Object};

    /// What `first` and then `second` get: the second one's node, and whether they share a template.
    fn both(first: &str, second: &str) -> Option<(Option<&'static str>, bool)> {
        let known = KnownSpecs::default();
        let first = known.get(first)?.template(ResizeStatus::default());
        let second = known.get(second)?;
        let node_name = second.node_name.map(|name| name.as_str());
        let second = second.template(ResizeStatus::default());
        assert_eq!(second.spec.priority, Some(7));
        Some((node_name, Arc::ptr_eq(&first, &second)))
    }

    #[track_caller]
    fn case(first: &str, second: &str, expected: Option<(Option<&str>, bool)>) {
        assert_eq!(both(first, second), expected, "{first} and {second}");
    }

    #[test]
    fn only_the_node_and_the_token_make_no_difference() {
        case(r#"{"priority":7,"nodeName":"a"}"#, r#"{"priority":7,"nodeName":"b"}"#, Some((Some("b"), true)));
        case(r#"{"nodeName": "a", "priority":7}"#, r#"{"nodeName": "bcd", "priority":7}"#, Some((Some("bcd"), true)));
        case(r#"{"priority":7,"nodeName":"a"}"#, r#"{"priority":7,"nodeName":""}"#, Some((None, true)));
        case(r#"{"priority":7,"nodeName":"a"}"#, r#"{"priority":7}"#, Some((None, false)));
        case(r#"{"priority":7,"hostNetwork":true}"#, r#"{"priority":7,"hostNetwork":false}"#, Some((None, false)));
        let token = |name: &str| {
            format!(
                r#"{{"volumes":[{{"name":"{name}","projected":{{}}}}],"containers":[{{"name":"c",
                "volumeMounts":[{{"name": "{name}","mountPath":"/x"}}]}}],"priority":7}}"#
            )
        };
        case(&token("kube-api-access-abcde"), &token("kube-api-access-vwxyz"), Some((None, true)));
        case(&token("kube-api-access-abcde"), &token("kube-api-access-vwxyz2"), Some((None, false)));
    }

    #[test]
    fn a_known_pod_is_the_pod_that_decoding_gives() {
        let known = KnownSpecs::default();
        let resize = r#","containerStatuses":[{"name":"c","resources":{"requests":{"cpu":"2"}}}]"#;
        for (node, status) in [("a", ""), ("b", ""), ("b", resize), ("", ""), ("c", r#","phase":"Failed""#)] {
            let pod = format!(
                r#"{{"metadata":{{"name":"p","namespace":"n","labels":{{"app":"web"}}}},
                "spec":{{"nodeName":"{node}","containers":[{{"name":"c","resources":{{"requests":{{"cpu":"1"}}}}}}]}},
                "status":{{"startTime":null{status}}}}} "#
            );
            let plain = Object::decode(Kind::Pod, pod.as_bytes()).unwrap();
            let shared = Object::decode_pod(pod.as_bytes(), &known).unwrap();
            assert_eq!(format!("{plain:?}"), format!("{shared:?}"), "{pod}");
        }
        assert_eq!(known.found.into_inner(), 4);
        let broken = br#"{"spec":{"nodeName":"a","containers":1}}"#;
        let plain = Object::decode(Kind::Pod, broken).unwrap_err();
        let shared = Object::decode_pod(broken, &KnownSpecs::default()).unwrap_err();
        assert_eq!(plain.to_string(), shared.to_string());
    }

    #[test]
    fn what_is_not_certain_is_decoded_by_itself() {
        // No string, one with an escape, and one that is no node's name.
        case(r#"{"nodeName":null,"priority":7}"#, r#"{"nodeName":null,"priority":7}"#, None);
        case(r#"{"nodeName":"a\u0062","priority":7}"#, r#"{"nodeName":"a","priority":7}"#, None);
        let nested = r#"{"nodeSelector":{"nodeName":"x"},"priority":7}"#;
        case(nested, nested, None);
        // A volume that counts.
        let claim = r#"{"volumes":[{"name":"kube-api-access-abcde","ephemeral":{}}],"priority":7}"#;
        case(claim, claim, None);
        case("{", "{", None);
    }
}
