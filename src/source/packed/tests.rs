#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may fail loudly

use serde_json::{Value, json};

use super::sections::{self, Section};
use super::*;
use crate::decode::pod::PodObject;
use crate::decode::{Kind, Object};
use crate::source::error::Fault;
use crate::source::example_files::example_files;
use crate::source::scan::TypeMeta;
use crate::source::snapshot::Record;
use crate::source::walk::{Decoder, Sink};
use crate::source::{Input, read_manifests};
use crate::state::PodHashes;

fn packed(objects: &[Value]) -> Vec<u8> {
    let mut writer = PackedWriter::default();
    writer.record(serde_json::to_vec(&Record::default()).unwrap());
    writer.empty("v1", "Node");
    for object in objects {
        writer.add(object.clone()).unwrap();
    }
    let mut out = Vec::new();
    writer.finish(&mut out).unwrap();
    out
}

/// The text of every object, in the order of kinds.
#[derive(Default)]
struct Texts {
    objects: Vec<Value>,
    empty: Vec<String>,
}

struct TextDecoder;

impl Decoder for TextDecoder {
    type Found = Value;

    fn decode(&self, _: TypeMeta<'_>, json: &[u8]) -> serde_json::Result<(Value, usize)> {
        Ok((serde_json::from_slice(json)?, json.len()))
    }
}

impl Sink for Texts {
    type Decoder = TextDecoder;

    fn decoder(&self) -> TextDecoder {
        TextDecoder
    }

    fn take(&mut self, found: Value) {
        self.objects.push(found);
    }

    fn list(&mut self, item: Option<TypeMeta<'_>>) {
        self.empty.extend(item.map(|item| item.kind.to_owned()));
    }
}

/// What is decoded of every object.
#[derive(Default)]
struct Decoded {
    as_text: bool,
    objects: Vec<String>,
    /// How many were not read as text.
    direct: usize,
}

struct ObjectDecoder;

impl Decoder for ObjectDecoder {
    type Found = String;

    fn decode(&self, of: TypeMeta<'_>, json: &[u8]) -> serde_json::Result<(String, usize)> {
        match Kind::of(of.api_version, of.kind) {
            Some(kind) => Object::decode(kind, json).map(|(object, bytes)| (format!("{object:?}"), bytes)),
            None => Ok((String::from_utf8_lossy(json).into_owned(), json.len())),
        }
    }
}

impl Sink for Decoded {
    type Decoder = ObjectDecoder;

    fn decoder(&self) -> ObjectDecoder {
        ObjectDecoder
    }

    fn take(&mut self, found: String) {
        self.objects.push(found);
    }

    fn list(&mut self, _: Option<TypeMeta<'_>>) {}

    fn packed(&mut self, contents: &Contents<'_>) -> std::result::Result<(), Fault> {
        if self.as_text { contents.each(self) } else { contents.each_decoded(self) }
    }
}

impl ObjectSink for Decoded {
    fn share(&mut self, _: &mut PodObject, _: PodHashes) {}

    fn pod(&mut self, pod: PodObject) {
        self.object(Object::Pod(Box::new(pod)));
    }

    fn object(&mut self, object: Object) {
        self.direct += 1;
        self.objects.push(format!("{object:?}"));
    }
}

fn error(file: &[u8]) -> Option<String> {
    let text = read(file, &mut Texts::default()).err().map(|fault| fault.problem.to_string());
    let direct = read(file, &mut Decoded::default()).err().map(|fault| fault.problem.to_string());
    assert_eq!(text.is_some(), direct.is_some(), "{text:?} {direct:?}");
    text
}

/// Objects are the same again, whichever way they are read. Answers how many were not read as text.
#[track_caller]
fn same(objects: &[Value]) -> usize {
    let file = packed(objects);
    let mut texts = Texts::default();
    read(&file, &mut texts).unwrap();
    let sorted = |objects: &[Value]| {
        let mut objects: Vec<String> = objects.iter().map(Value::to_string).collect();
        objects.sort();
        objects
    };
    assert_eq!(texts.empty, ["Node"]);
    let record = texts.objects.remove(0);
    assert_eq!(record["redacted"], false);
    assert_eq!(sorted(&texts.objects), sorted(objects));
    // Kinds stand together from then on.
    let (again, mut once_more) = (packed(&texts.objects), Texts::default());
    read(&again, &mut once_more).unwrap();
    assert_eq!(packed(&once_more.objects[1..]), again, "what was read is written as it was");
    let (mut one, mut other) = (Decoded { as_text: true, ..Decoded::default() }, Decoded::default());
    let faults =
        [read(&file, &mut one), read(&file, &mut other)].map(|read| read.err().map(|fault| fault.problem.to_string()));
    assert_eq!(faults[0], faults[1]);
    if faults[0].is_none() {
        assert_eq!(one.objects, other.objects);
    }
    other.direct
}

#[test]
fn every_object_of_the_examples_and_tests_is_the_same_again() {
    let (mut all, mut direct) = (0, 0);
    for file in example_files() {
        let Ok(manifests) = read_manifests(&Input::from(file)) else { continue };
        let objects: Vec<Value> = manifests
            .objects
            .iter()
            .filter_map(|manifest| {
                let mut object: Value = serde_json::from_slice(&manifest.json).ok()?;
                let fields = object.as_object_mut()?;
                fields.entry("apiVersion").or_insert_with(|| json!(manifest.kind.api_version()));
                fields.entry("kind").or_insert_with(|| json!(manifest.kind.as_str()));
                Some(object)
            })
            .collect();
        all += objects.len();
        direct += same(&objects);
    }
    assert!(all > 500 && direct * 10 > all * 7, "{direct} of {all}");
}

/// A pod of which every place has one of several values, odd ones among them.
fn drawn(draw: &mut impl FnMut(usize) -> usize) -> Value {
    let mut any = |values: &[Value]| values[draw(values.len())].clone();
    let absent = || Value::from("absent");
    let times = [
        absent(),
        Value::Null,
        json!("2026-08-13T20:44:43Z"),
        json!("2026-08-13T20:44:50Z"),
        json!("2026-08-13T20:44:43.5Z"),
        json!("2026-08-13T22:44:43+02:00"),
    ];
    let ready = [absent(), json!("True"), json!("False"), json!("Unknown")];
    let condition =
        |of: &str, status: Value, time: Value| json!({"type": of, "status": status, "lastTransitionTime": time});
    let mut conditions = Vec::new();
    for of in ["PodScheduled", "Ready", "Ready", "DisruptionTarget", "PodResizePending"] {
        let status = any(&ready);
        if status != "absent" {
            let mut condition = condition(of, status, any(&times));
            condition["reason"] =
                any(&[json!("PreemptionByScheduler"), json!("Infeasible"), json!("Deferred"), json!("x")]);
            conditions.push(condition);
        }
    }
    let mut pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": any(&[absent(), json!(""), json!("web-1"), json!("web-2"), json!("wéb"), json!("x".repeat(300)), json!("\"\n\u{1}")]),
            "generateName": any(&[absent(), json!("web-")]),
            "namespace": any(&[absent(), json!(""), json!("shop"), json!("kube-system")]),
            "uid": any(&[absent(), Value::Null, json!("u"), json!("0da8c916-e812-429e-a910-b5ff20bd9492")]),
            "creationTimestamp": any(&times),
            "deletionTimestamp": any(&times),
            "labels": any(&[absent(), Value::Null, json!({}), json!({"app": "web", "b": null}), json!({"component": "kube-scheduler"}), json!({"app": "cluster-autoscaler"})]),
            "ownerReferences": any(&[absent(), json!([]), json!([{"kind": "ReplicaSet", "name": "web", "uid": "u", "controller": true}])]),
            "annotations": any(&[absent(), json!({"controller.kubernetes.io/pod-deletion-cost": "7"}), json!({"kubernetes.io/limit-ranger": "x"})]),
        },
        "spec": {
            "nodeName": any(&[absent(), Value::Null, json!(""), json!("a"), json!("b")]),
            "priority": any(&[absent(), json!(1), json!(-5), json!(2_000_000_000)]),
            "containers": any(&[
                absent(),
                json!([]),
                json!([{"name": "c", "image": "registry.k8s.io/kube-scheduler:v1.34.1", "resources": {"requests": {"cpu": "1", "memory": 1.5e9, "x.y/z": 18_446_744_073_709_551_615_u64}}}]),
                json!([{"name": "c", "image": "cluster-autoscaler", "resources": {"requests": {"cpu": 0.25}}, "ports": [{"containerPort": 80, "hostPort": 80}]}]),
            ]),
            "tolerations": any(&[absent(), json!([{"operator": "Exists", "tolerationSeconds": 300}])]),
            "topologySpreadConstraints": any(&[absent(), json!([{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "web"}}}])]),
            "volumes": any(&[absent(), json!([{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}, {"name": "e", "emptyDir": {}}])]),
        },
        "status": {
            "phase": any(&[absent(), json!("Pending"), json!("Running"), json!("Failed"), json!("Odd")]),
            "reason": any(&[absent(), json!("Evicted")]),
            "startTime": any(&times),
            "conditions": conditions,
            "nominatedNodeName": any(&[absent(), json!("a")]),
            "containerStatuses": any(&[absent(), json!([{"name": "c", "restartCount": 3, "resources": {"requests": {"cpu": "2"}}}])]),
        },
    });
    if draw(40) == 0 {
        // The wrong shape: the same words are found for it.
        pod["spec"]["priority"] = json!("high");
    }
    for part in ["metadata", "spec", "status"] {
        pod[part].as_object_mut().unwrap().retain(|_, value| *value != "absent");
    }
    pod
}

#[test]
fn drawn_pods_are_the_same_again() {
    let mut seed = 7_u64;
    let mut draw = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    let mut direct = 0;
    for _ in 0..400 {
        let count = 1 + draw(5);
        let pods: Vec<Value> = (0..count).map(|_| drawn(&mut draw)).collect();
        direct += same(&pods);
    }
    assert!(direct > 600, "{direct}");
}

/// A small file with everything in it.
fn small() -> Vec<u8> {
    let pod = |name: &str| {
        json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "shop", "uid": "0da8c916-e812-429e-a910-b5ff20bd9492",
                "creationTimestamp": "2026-08-13T20:44:43Z", "labels": {"app": "web", "team": "a"}},
            "spec": {"nodeName": "node-a", "containers": [{"name": "c", "image": "i"}, {"name": "d", "image": "i"}]},
            "status": {"startTime": "2026-08-13T20:44:44Z", "conditions":
                [{"lastTransitionTime": "2026-08-13T20:44:45Z", "status": "True", "type": "Ready"}]}})
    };
    let service = |name: &str| {
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
            "spec": {"selector": {"app": "web", "team": "a"}}})
    };
    packed(&[pod("web-1"), pod("web-2"), service("one"), service("two")])
}

#[test]
fn damage_is_one_line() {
    let file = small();
    assert_eq!(error(&file), None);
    for length in MAGIC.len()..file.len() {
        let error = error(&file[..length]).unwrap();
        assert_eq!(error, "the snapshot is cut off; copy or write it again", "{length} bytes");
    }
    for at in MAGIC.len()..file.len() {
        for bit in 0..8 {
            let mut changed = file.clone();
            changed[at] ^= 1 << bit;
            assert!(error(&changed).is_some(), "bit {bit} of byte {at}");
        }
    }
    let mut longer = file.clone();
    longer.push(0);
    assert_eq!(error(&longer).unwrap(), "the snapshot is damaged: something follows its end; copy or write it again");
    let mut newer = file.clone();
    newer[MAGIC.len()] = 9;
    assert_eq!(
        error(&newer).unwrap(),
        "the snapshot has version 9 of the format, and this release reads up to version 1; use a newer release"
    );
    let mut flipped = file;
    let middle = flipped.len() / 2;
    flipped[middle] ^= 4;
    let error = error(&flipped).unwrap();
    assert!(error.contains("does not match its checksum"), "{error}");
}

/// What a checksum does not find, as somebody made it so.
#[test]
fn sections_may_say_anything() {
    let plain = sections::read(&small()).unwrap();
    let mut refused = 0;
    for (place, section) in plain.iter().enumerate() {
        for at in 0..section.bytes.len() {
            for byte in [0, 1, 2, 4, 0x7f, 0x80, 0xff, section.bytes[at] ^ 1, section.bytes[at].wrapping_add(8)] {
                let sections: Vec<Section> = plain
                    .iter()
                    .enumerate()
                    .map(|(other, section)| {
                        let mut bytes = section.bytes.clone();
                        if other == place {
                            bytes[at] = byte;
                        }
                        Section { holds: section.holds, bytes }
                    })
                    .collect();
                let mut file = Vec::new();
                sections::write(&sections, &mut file).unwrap();
                // Both ways of reading end, neither panics, and what is read directly is what the text says.
                let (mut by_text, mut direct) = (Decoded { as_text: true, ..Decoded::default() }, Decoded::default());
                let is_text = read(&file, &mut by_text).is_ok();
                refused += usize::from(!is_text);
                if read(&file, &mut direct).is_ok() {
                    assert!(is_text, "byte {at} of section {place} is {byte}");
                    assert_eq!(by_text.objects, direct.objects, "byte {at} of section {place} is {byte}");
                }
            }
        }
    }
    assert!(refused > 100, "{refused}");
}

#[test]
fn a_small_file_does_not_become_large() {
    use super::bytes::{Blocks, put};
    use super::sections::Holds;
    use super::values::Part;
    // Each value is a list of the one before it, twice: the last would have more parts than there are atoms.
    let mut shared = Blocks::default();
    shared.add(|out| Part::List(0).write(out));
    for before in 0..100 {
        shared.add(|out| {
            Part::List(2).write(out);
            Part::Shared(before).write(out);
            Part::Shared(before).write(out);
        });
    }
    let mut bytes = Vec::new();
    shared.finish(&mut bytes);
    let mut file = Vec::new();
    sections::write(&[Section { holds: Holds::Shared, bytes }], &mut file).unwrap();
    assert_eq!(error(&file).unwrap(), "the snapshot is damaged: a value is too large; copy or write it again");
    // A section that claims to be a gigabyte.
    let mut claims = small();
    claims[MAGIC.len() + 4 + 5..MAGIC.len() + 4 + 9].copy_from_slice(&[0, 0, 0, 0x40]);
    assert!(error(&claims).unwrap().contains("claims to be larger than it can be"));
    // A count without what it counts.
    let mut bytes = Vec::new();
    put(&mut bytes, u64::MAX >> 1);
    let mut file = Vec::new();
    sections::write(&[Section { holds: Holds::Texts, bytes }], &mut file).unwrap();
    assert_eq!(error(&file).unwrap(), "the snapshot is damaged: a length is wrong; copy or write it again");
}
