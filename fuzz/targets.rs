//! What each fuzz target does with an input: the bodies of `fuzz_targets/`, which `tests/fuzz.rs` runs too.
//!
//! A target takes any bytes, must not panic (a debug build checks the arithmetic), and asserts what has to hold of every input.

use std::fmt::Write as _;

use kubectl_sched::api::quantity::Quantity;
use kubectl_sched::api::{Timestamp, selector_text};
use kubectl_sched::config::{Behaviour, FeatureGates, GoDuration, KubeVersion, SchedulerConfig};
use kubectl_sched::decode::object::TypeMeta;
use kubectl_sched::decode::prune::prune;
use kubectl_sched::decode::{Kind, Object};
use kubectl_sched::explain::suggest;
use kubectl_sched::framework::Placement;
use kubectl_sched::scheduler::Scheduler;
use kubectl_sched::simulate::{Simulation, Ties, scenario};
use kubectl_sched::source::snapshot::Snapshot;
use kubectl_sched::source::{Compression, Input, files, read_manifests};
use kubectl_sched::state::{Cluster, ClusterBuilder};
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp(1_780_000_000);
/// A state of more pods takes a target too long.
const MOST_PODS: usize = 12;

/// What is done with an input.
pub type Target = fn(&[u8]);

/// Name and body of every target.
pub const TARGETS: [(&str, Target); 18] = [
    ("quantity", quantity),
    ("selector", selector),
    ("duration", duration),
    ("version", version),
    ("gates", gates),
    ("config", config),
    ("scenario", scenario),
    ("input", input),
    ("gzip", gzip),
    ("zstd", zstd),
    ("manifest", manifest),
    ("state", state),
    ("cel", cel),
    ("status", status),
    ("extremes", extremes),
    ("snapshot", snapshot),
    ("redacted", redacted),
    ("ksnap", ksnap),
];

fn text(data: &[u8]) -> &str {
    std::str::from_utf8(data).unwrap_or_default()
}

/// What is printed is read back as the same amount.
pub fn quantity(data: &[u8]) {
    let Ok(quantity) = Quantity::parse(text(data)) else { return };
    let printed = quantity.to_string();
    let again = Quantity::parse(&printed).expect("what is printed can be read");
    // Beyond the last suffix upstream prints none, and so another amount (`quantity.go` CanonicalizeBytes).
    let end = Quantity::parse("1000E").expect("a quantity");
    let is_beyond = quantity.compare(end).is_ge() || (Quantity::default() - quantity).compare(end).is_ge();
    assert!(is_beyond || again.compare(quantity).is_eq(), "{} -> {printed}", text(data));
    let _ = (quantity.value(), quantity.milli_value(), quantity + again, quantity - again);
}

pub fn selector(data: &[u8]) {
    let _ = selector_text::parse(text(data));
}

pub fn duration(data: &[u8]) {
    let _ = GoDuration::parse(text(data));
    let _ = text(data).parse::<Timestamp>();
}

/// What is printed is read back as the same version.
pub fn version(data: &[u8]) {
    if let Ok(version) = text(data).parse::<KubeVersion>() {
        assert_eq!(version.to_string().parse::<KubeVersion>().ok(), Some(version));
    }
}

pub fn gates(data: &[u8]) {
    let _ = FeatureGates::parse(KubeVersion::REFERENCE, text(data));
}

pub fn config(data: &[u8]) {
    if let Ok(value) = serde_json::from_slice(data) {
        let _ = SchedulerConfig::parse(&value, &Behaviour::default());
    }
}

/// Patches of pods and nodes are steps of a scenario.
pub fn scenario(data: &[u8]) {
    if let Ok(value) = serde_json::from_slice::<Value>(data) {
        let _ = scenario::read::scenario(&value, &|_| Err("no files here".into()));
    }
}

fn read(bytes: &[u8]) -> Option<ClusterBuilder> {
    let mut builder = ClusterBuilder::default();
    files::read(&Input::memory("input", bytes), &mut builder).ok()?;
    Some(builder)
}

/// JSON, YAML, UTF-16, compressed or a snapshot: whatever it is.
pub fn input(data: &[u8]) {
    read(data);
}

/// The same bytes packed: the answer is that of the plain ones.
pub fn gzip(data: &[u8]) {
    packed(data, |data| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, data).ok()?;
        encoder.finish().ok()
    });
    read(&[b"\x1f\x8b\x08\0\0\0\0\0\0\x03", data].concat());
}

/// A frame with one raw block, and whatever the data makes of the rest.
pub fn zstd(data: &[u8]) {
    let length = (data.len().min(1 << 16) as u32) << 3 | 1;
    packed(data.get(..data.len().min(1 << 16)).unwrap_or_default(), |data| {
        Some([b"\x28\xb5\x2f\xfd\x00\x50", &length.to_le_bytes()[..3], data].concat())
    });
    read(&[b"\x28\xb5\x2f\xfd", data].concat());
}

fn packed(data: &[u8], pack: impl Fn(&[u8]) -> Option<Vec<u8>>) {
    // What looks compressed itself is no longer plain once it is packed.
    if data.starts_with(b"\x1f\x8b") || data.starts_with(b"\x28\xb5\x2f\xfd") || data.is_empty() {
        return;
    }
    let seen = |bytes: &[u8]| {
        let mut builder = ClusterBuilder::default();
        files::read(&Input::memory("input", bytes), &mut builder).map_err(|error| error.to_string())
    };
    if let Some(packed) = pack(data) {
        assert_eq!(seen(data), seen(&packed), "packed and plain");
    }
}

pub fn manifest(data: &[u8]) {
    if let Ok(manifests) = read_manifests(&Input::memory("input", data)) {
        for manifest in &manifests.objects {
            let _ = manifest.decode();
        }
    }
}

/// Objects one after another: each is read alike whole and shortened; then every pending pod is asked about, and a simulation
/// that remembers says the same as one that does not.
pub fn state(data: &[u8]) {
    let mut builder = ClusterBuilder::default();
    let mut rest = data;
    while !rest.is_empty() {
        let meta = TypeMeta::peek(rest);
        let kind = Kind::of(&meta.api_version.unwrap_or_default(), &meta.kind.unwrap_or_default());
        let Some(kind) = kind else { break };
        let Ok((object, bytes)) = Object::decode(kind, rest) else { break };
        let pruned = rest.get(..bytes).and_then(|json| prune(kind, json).ok());
        if let Some(pruned) = pruned {
            let (shortened, _) =
                Object::decode(kind, pruned.to_string().as_bytes()).expect("a shortened object is one");
            assert_eq!(format!("{object:?}"), format!("{shortened:?}"), "whole and shortened");
        }
        builder.add(object);
        rest = rest.get(bytes..).unwrap_or_default();
    }
    asked(builder);
}

fn asked(builder: ClusterBuilder) {
    let behaviour = Behaviour::default();
    let mut cluster = builder.build(behaviour.request_gates());
    let scheduler = Scheduler::new(SchedulerConfig::default_for(&behaviour), behaviour);
    let pending: Vec<_> = cluster.pending().map(|pod| pod.id).take(MOST_PODS).collect();
    for pod in &pending {
        let placement = scheduler.schedule(&cluster, *pod, NOW);
        let _ = suggest::find(&scheduler, &mut cluster, &placement, NOW);
        let again = scheduler.schedule(&cluster, *pod, NOW);
        assert_eq!(format!("{placement:?}"), format!("{again:?}"), "suggestions leave the state as it was");
    }
    let (mut one, mut other) = (cluster.clone(), cluster);
    let mut remembers = Simulation::new(&scheduler, &mut one, NOW, Ties::First);
    let with: Vec<String> = pending.iter().map(|pod| format!("{:?}", remembers.step(*pod))).collect();
    let mut forgets = Simulation::new(&scheduler, &mut other, NOW, Ties::First);
    let step = |pod: &_| {
        let placement = forgets.ask(*pod);
        format!("{:?}", forgets.settle(&placement))
    };
    let without: Vec<String> = pending.iter().map(step).collect();
    assert_eq!(with, without, "cached and plain cycles");
}

/// A device class and a pod that asks for one of its devices, by this expression.
pub fn cel(data: &[u8]) {
    let expression = text(data);
    let objects = [
        json!({"apiVersion": "resource.k8s.io/v1", "kind": "DeviceClass", "metadata": {"name": "gpu"},
            "spec": {"selectors": [{"cel": {"expression": expression}}]}}),
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a"}, "status": {"allocatable": {"cpu": "4", "pods": "9"}}}),
        json!({"apiVersion": "resource.k8s.io/v1", "kind": "ResourceSlice", "metadata": {"name": "s"},
            "spec": {"driver": "d.example.com", "nodeName": "a", "pool": {"name": "a", "generation": 1, "resourceSliceCount": 1},
            "devices": [{"name": "x", "attributes": {"model": {"string": "m"}, "count": {"int": i64::MAX}, "new": {"bool": true},
                "at": {"version": "1.2.3"}}, "capacity": {"memory": {"value": "40Gi"}}}]}}),
        json!({"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim", "metadata": {"name": "c", "namespace": "a"},
            "spec": {"devices": {"requests": [{"name": "r", "exactly": {"deviceClassName": "gpu"}}]}}}),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "a"},
            "spec": {"containers": [{"name": "c"}], "resourceClaims": [{"name": "c", "resourceClaimName": "c"}]}}),
    ];
    asked_of(&objects);
}

/// The Cluster Autoscaler's status, as YAML or as the text that it was before.
pub fn status(data: &[u8]) {
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "cluster-autoscaler-status", "namespace": "kube-system"}, "data": {"status": text(data)}});
    read(map.to_string().as_bytes());
}

fn asked_of(objects: &[Value]) {
    let mut builder = ClusterBuilder::default();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string();
    if files::read(&Input::memory("drawn", list.into_bytes()), &mut builder).is_ok() {
        asked(builder);
    }
}

/// Choices made by bytes; zeros when they are used up.
struct Draw<'a>(&'a [u8]);

impl Draw<'_> {
    fn below(&mut self, bound: usize) -> usize {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        usize::from(*first) % bound
    }

    fn of<'b>(&mut self, values: &[&'b str]) -> &'b str {
        values.get(self.below(values.len())).copied().unwrap_or_default()
    }
}

/// Amounts near the ends of 64 bits, of milli-units too, among plain ones.
const AMOUNTS: [&str; 20] = [
    "1",
    "0",
    "100m",
    "4",
    "8Gi",
    "9223372036854775807",
    "9223372036854775806",
    "9223372036854775",
    "9223372036854775808m",
    "8Ei",
    "7Ei",
    "-1",
    "-9223372036854775808",
    "4611686018427387904",
    "92233720368547758",
    "1e18",
    "1n",
    "0.5",
    "9e18",
    "2Pi",
];
const RESOURCES: [&str; 5] = ["cpu", "memory", "ephemeral-storage", "example.com/gpu", "hugepages-2Mi"];
const NUMBERS: [&str; 8] = ["0", "1", "100", "2147483647", "-2147483648", "1000000000", "-1", "10"];

fn drawn(data: &[u8]) -> Vec<Value> {
    let mut draw = Draw(data);
    let mut objects = Vec::new();
    let amounts = |draw: &mut Draw<'_>, count: usize| -> Value {
        (0..count)
            .map(|_| (draw.of(&RESOURCES).to_owned(), json!(draw.of(&AMOUNTS))))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    for number in 0..=draw.below(3) {
        let mut allocatable = amounts(&mut draw, 5);
        allocatable["pods"] = json!(draw.of(&["10", "110", "0", "9223372036854775807"]));
        objects.push(json!({"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": format!("n{number}"), "labels": {"zone": draw.of(&["a", "b"]), "rank": draw.of(&NUMBERS)}},
            "spec": {"unschedulable": draw.below(8) == 7}, "status": {"allocatable": allocatable}}));
    }
    for number in 0..=draw.below(5) {
        let mut text = String::new();
        let _ = write!(text, "p{number}");
        let int = |draw: &mut Draw<'_>| draw.of(&NUMBERS).parse::<i64>().unwrap_or_default();
        let weight = int(&mut draw).clamp(1, 100);
        let on = (draw.below(2) == 1).then(|| format!("n{}", draw.below(3)));
        let spread = json!([{"maxSkew": int(&mut draw).max(1), "topologyKey": "zone",
            "whenUnsatisfiable": draw.of(&["DoNotSchedule", "ScheduleAnyway"]), "labelSelector": {"matchLabels": {"app": "x"}}}]);
        let preferred = json!([{"weight": weight, "preference": {"matchExpressions": [
            {"key": "rank", "operator": draw.of(&["Gt", "Lt", "In", "Exists"]), "values": [draw.of(&NUMBERS)]}]}}]);
        objects.push(json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": text, "namespace": "a", "labels": {"app": draw.of(&["x", "y"])}},
            "spec": {"nodeName": on, "priority": int(&mut draw), "overhead": amounts(&mut draw, 1),
                "topologySpreadConstraints": if draw.below(2) == 1 { spread } else { Value::Null },
                "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}},
                "containers": [{"name": "c", "resources": {"requests": amounts(&mut draw, 3)}},
                    {"name": "d", "resources": {"requests": amounts(&mut draw, 2)}}]}}));
    }
    objects
}

/// Cycles and suggestions with amounts near the ends of 64 bits.
pub fn extremes(data: &[u8]) {
    asked_of(&drawn(data));
}

/// The input as it is read, and as a snapshot of it is.
pub fn snapshot(data: &[u8]) {
    through_snapshot(data, false, |plain| plain);
}

/// The same with names replaced: what the scheduler decides of each pod is the same up to the names.
pub fn redacted(data: &[u8]) {
    /// Names of resources are replaced, and the order of a message's parts with them.
    fn without_names(part: &str) -> String {
        let is_name = |word: &&str| word.contains('/') && word.starts_with(|first: char| first.is_ascii_lowercase());
        part.split(' ').map(|word| if is_name(&word) { "NAME" } else { word }).collect::<Vec<_>>().join(" ")
    }
    through_snapshot(data, true, |placement| {
        let lines = placement.lines().map(|line| line.strip_suffix('.').unwrap_or(line));
        let sentences = lines.flat_map(|line| line.split(", ")).flat_map(|part| part.split(". "));
        let sentences = sentences.flat_map(|part| part.split(": "));
        let mut parts: Vec<String> = sentences.map(without_names).collect();
        parts.sort();
        parts.join(", ")
    });
}

fn through_snapshot(data: &[u8], redact: bool, shown: impl Fn(String) -> String) {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": drawn(data)}).to_string();
    let mut snapshot = Snapshot::new(redact);
    let mut written = Vec::new();
    snapshot.read_files(&Input::memory("drawn", list.clone().into_bytes())).expect("a List is read");
    // The last byte picks the form; the first ones draw the state.
    let forms = [Compression::Own, Compression::Plain, Compression::Gzip, Compression::Zstd];
    let form = forms.get(usize::from(data.last().copied().unwrap_or_default() % 4)).copied().unwrap_or_default();
    let names = snapshot.write(&mut written, form).expect("memory takes everything").originals;
    let answers = |bytes: &[u8]| -> Vec<String> {
        let Some(builder) = read(bytes) else { return vec!["unreadable".to_owned()] };
        let behaviour = Behaviour::default();
        let cluster: Cluster = builder.build(behaviour.request_gates());
        let scheduler = Scheduler::new(SchedulerConfig::default_for(&behaviour), behaviour);
        let mut pods: Vec<_> = cluster.pending().map(|pod| pod.id).collect();
        pods.truncate(MOST_PODS);
        let said = |pod: &_| said(&scheduler.schedule(&cluster, *pod, NOW));
        let with_old_names =
            |text: String| names.iter().rev().fold(text, |text, (new, old)| text.replace(new.as_str(), old));
        pods.iter().map(|pod| shown(with_old_names(said(pod)))).collect()
    };
    let (mut before, mut after) = (answers(list.as_bytes()), answers(&written));
    before.sort();
    after.sort();
    assert_eq!(before, after, "a state and its snapshot");
}

/// Sections of the tool's own form, each with a right length and checksum so that what is in them is read: a byte says what
/// one holds, two how long it is. Whatever they are, the same is found in them directly and by way of their text.
pub fn ksnap(data: &[u8]) {
    let mut file = b"\x89KSNAP\r\n\x01\0\0\0".to_vec();
    let (mut rest, mut count) = (data, 0_u8);
    while let [holds, low, high, body @ ..] = rest
        && count < 64
    {
        let length = usize::from(u16::from_le_bytes([*low, *high])).min(body.len());
        let (section, after) = body.split_at(length);
        packed_section(&mut file, holds % 8 + 1, section);
        (rest, count) = (after, count + 1);
    }
    packed_section(&mut file, 0, &[count]);
    let input = Input::memory("input.ksnap", file);
    let mut direct = ClusterBuilder::default();
    let read_directly = files::read(&input, &mut direct).is_ok();
    let mut snapshot = Snapshot::new(false);
    let mut text = Vec::new();
    if snapshot.read_files(&input).is_err() || snapshot.write(&mut text, Compression::Plain).is_err() {
        return;
    }
    let mut by_text = ClusterBuilder::default();
    let read_by_text = files::read(&Input::memory("input.json", text), &mut by_text).is_ok();
    // The text has a key once that an object has twice, which is an error where it is read directly.
    if read_directly {
        assert!(read_by_text, "directly and by way of text");
        assert_eq!(known(direct), known(by_text), "directly and by way of text");
        asked(read_again(&input));
    }
}

fn read_again(input: &Input) -> ClusterBuilder {
    let mut builder = ClusterBuilder::default();
    let _ = files::read(input, &mut builder);
    builder
}

/// The pods and the names of the nodes that are there.
fn known(builder: ClusterBuilder) -> Vec<String> {
    let cluster = builder.build(Behaviour::default().request_gates());
    let pods = cluster.pods().iter().map(|pod| format!("{:?} {:?}", pod.own, pod.spec()));
    let nodes = cluster.nodes().iter().map(|node| format!("{:?}", node.name()));
    let mut known: Vec<String> = pods.chain(nodes).collect();
    known.sort();
    known
}

/// A section as `source/packed/sections.rs` writes it, stored without compression.
fn packed_section(file: &mut Vec<u8>, holds: u8, body: &[u8]) {
    let length = body.len() as u16;
    let mut head = vec![holds];
    head.extend((u32::from(length) + 5).to_le_bytes());
    head.extend(u32::from(length).to_le_bytes());
    let mut packed = vec![1];
    packed.extend(length.to_le_bytes());
    packed.extend((!length).to_le_bytes());
    packed.extend(body);
    let mut sum = flate2::Crc::new();
    sum.update(&head);
    sum.update(&packed);
    file.extend(head);
    file.extend(sum.sum().to_le_bytes());
    file.extend(packed);
}

/// What the scheduler decides, a line each, without the names of pods and nodes.
fn said(placement: &Placement) -> String {
    let codes: Vec<String> = placement.nodes.iter().map(|node| format!("{:?}", node.total)).collect();
    let message = placement.message.as_deref().unwrap_or("no message");
    format!("{}\n{message}\n{}", placement.schedulable, codes.join(", "))
}
