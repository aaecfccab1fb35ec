//! Specifications of pods that were decoded already, by their text.
//!
//! Pods of one template have the same `spec` but for the node they are on and the random name of the volume with their
//! API token. A text that is equal but for these two is not decoded again: the pod gets the template that the first
//! one has. Only what cannot make a difference is left out of the comparison, and where that is not certain the text
//! is decoded.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use memchr::memmem::Finder;
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::Hasher;

use crate::api::name::{Name, name};
use crate::api::pod_spec::PodSpec;
use crate::api::pod_template::PodTemplate;

/// Texts are kept up to so many bytes.
const MOST_BYTES: usize = 16 << 20;
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
    by_hash: FxHashMap<u64, Vec<KnownSpec>>,
    bytes: usize,
}

struct KnownSpec {
    /// The parts of the text that are compared, one after another.
    text: Box<[u8]>,
    /// Where the parts end.
    ends: Box<[usize]>,
    template: Arc<PodTemplate>,
}

/// A specification of a pod that has no resize in progress.
pub(crate) struct SharedSpec {
    pub(crate) template: Arc<PodTemplate>,
    pub(crate) node_name: Option<Name>,
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
            return Some(SharedSpec { template: Arc::clone(&spec.template), node_name: masked.node_name() });
        }
        drop(known);
        self.missed.fetch_add(1, Ordering::Relaxed);
        let mut spec: PodSpec = serde_json::from_str(text).ok()?;
        let node_name = spec.node_name.take().filter(|name| !name.is_empty());
        // What looked like the node's name may stand elsewhere, and a volume of that name may be one that counts.
        if node_name != masked.node_name() || has_token_name(&spec) {
            return None;
        }
        let template = Arc::new(PodTemplate { spec, ..PodTemplate::default() });
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.bytes < MOST_BYTES {
            let spec = masked.keep(Arc::clone(&template));
            known.bytes += spec.text.len();
            known.by_hash.entry(hash).or_default().push(spec);
        }
        Some(SharedSpec { template, node_name })
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

    fn keep(&self, template: Arc<PodTemplate>) -> KnownSpec {
        let mut text = Vec::with_capacity(self.text.len());
        let mut ends = Vec::new();
        for part in self.parts() {
            text.extend_from_slice(part);
            ends.push(text.len());
        }
        KnownSpec { text: text.into(), ends: ends.into(), template }
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
        let first = known.get(first)?;
        let second = known.get(second)?;
        let plain: PodSpec = serde_json::from_str(r#"{"priority":7}"#).unwrap();
        assert_eq!(second.template.spec.priority, plain.priority);
        Some((second.node_name.map(|name| name.as_str()), Arc::ptr_eq(&first.template, &second.template)))
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
