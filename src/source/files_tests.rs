//! What whole files and directory trees give, and what the screen shows for broken ones.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use tempfile::TempDir;

use super::super::{Manifest, read_manifests, read_value};
use super::*;
use crate::api::requests::RequestGates;
use crate::state::Cluster;

const POD: &str =
    r#"{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"shop","name":"web"},"spec":{"nodeName":"a"}}"#;
const NODE: &str = r#"{"apiVersion":"v1","kind":"Node","metadata":{"name":"a"},"status":{"allocatable":{"cpu":"4"}}}"#;

fn directory(files: &[(&str, &[u8])]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    directory
}

fn state(path: PathBuf) -> Result<(ReadReport, Cluster), SourceError> {
    let mut builder = ClusterBuilder::default();
    let report = read(&Input::from(path), &mut builder)?;
    Ok((report, builder.build(RequestGates::default())))
}

/// What the screen shows after `error: `; the directory is left out.
#[track_caller]
fn fails(content: impl AsRef<[u8]>, expected: &str) {
    let directory = directory(&[("state", content.as_ref())]);
    let error = state(directory.path().join("state")).unwrap_err().to_string();
    assert_eq!(error.replace(&format!("{}/", directory.path().display()), ""), expected);
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn zstd(text: &str) -> Vec<u8> {
    compress_to_vec(text.as_bytes(), CompressionLevel::Fastest)
}

#[test]
fn compressed_files_are_read_whatever_they_are_called() {
    let mut frames = zstd(NODE);
    // A frame to be skipped, as `zstd --adapt` and others leave them.
    frames.extend(b"\x50\x2a\x4d\x18\x03\0\0\0abc");
    frames.extend(zstd(POD));
    for content in [gzip(&format!("{NODE}{POD}")), [gzip(NODE), gzip(POD)].concat(), frames] {
        let directory = directory(&[("state", &content)]);
        let (report, cluster) = state(directory.path().join("state")).unwrap();
        assert_eq!((report.objects, cluster.nodes().len(), cluster.pods().len()), (2, 1, 1));
    }
}

#[test]
fn a_directory_tree_is_read_in_the_order_of_its_names() {
    let directory = directory(&[
        ("shop/pods.json", POD.replace("web", "later").as_bytes()),
        ("shop/web/logs.txt", b"hello"),
        ("nodes.yaml", b"apiVersion: v1\nkind: Node\nmetadata: {name: a}\n"),
        ("nodes-again.json.gz", &gzip(&NODE.replace("\"4\"", "\"8\""))),
        ("default/events.json", br#"{"kind":"EventList","apiVersion":"v1","items":[{"metadata":{"name":"e"}}]}"#),
        ("default/services.json", br#"{"kind":"ServiceList","apiVersion":"v1","items":[]}"#),
        ("default/pods.yml.zst", &zstd("kind: PodList\napiVersion: v1\nitems:\n- metadata: {name: p}\n")),
        ("empty.yaml", b"# nothing\n"),
    ]);
    let (report, cluster) = state(directory.path().to_owned()).unwrap();
    assert_eq!((report.files, report.files_passed_over, report.objects), (6, 2, 4));
    assert_eq!(report.passed_over.into_iter().collect::<Vec<_>>(), [("v1/Event".to_owned(), 1)]);
    assert_eq!(report.duplicates, ["Node a"]);
    assert!(cluster.kinds.contains(&Kind::Service));
    let names: Vec<String> = cluster.pods().iter().map(|pod| pod.key().to_string()).collect();
    assert_eq!(names, ["default/p", "shop/later"]);
}

#[test]
fn the_later_of_two_counts() {
    let later = POD.replace("\"a\"", "\"b\"");
    let directory = directory(&[("state", format!("{POD}{NODE}{later}{later}").as_bytes())]);
    let (report, cluster) = state(directory.path().join("state")).unwrap();
    assert_eq!((report.objects, report.duplicate_count), (4, 2));
    assert_eq!(report.duplicates, ["Pod shop/web", "Pod shop/web"]);
    assert_eq!(cluster.pods()[0].own.node_name.unwrap(), "b");
}

#[test]
fn no_input() {
    assert_eq!(
        state(PathBuf::from("no/such\u{1b}file")).unwrap_err().to_string(),
        r#"the path "no/such\u{1b}file" does not exist"#
    );
    let nothing = "state: is empty; expected Kubernetes objects as `kubectl get -o json` or `-o yaml` prints them";
    fails("", nothing);
    fails("\n  \n", nothing);
    fails("# cluster\n---\n", nothing);
    fails(
        "a: 1\n",
        "state: has no Kubernetes object; expected objects as `kubectl get -o json` or `-o yaml` prints them",
    );
    let directory = directory(&[("a.txt", b"")]);
    assert!(matches!(state(directory.path().to_owned()).unwrap_err().problem, InputProblem::NoFile));
    // An empty cluster is not an empty file.
    assert_eq!(state_of(r#"{"apiVersion":"v1","items":[],"kind":"List"}"#).0.objects, 0);
}

fn state_of(text: &str) -> (ReadReport, Cluster) {
    let directory = directory(&[("state", text.as_bytes())]);
    state(directory.path().join("state")).unwrap()
}

/// As in a cluster: an object the API server let through is kept, and the cycle says what is wrong.
#[test]
fn values_that_only_the_scheduler_objects_to_are_kept() {
    let with = |affinity: &str| POD.replace("\"spec\":{", &format!("\"spec\":{{\"affinity\":{affinity},"));
    let near = r#"{"matchExpressions":[{"key":"a","operator":"Near"}]}"#;
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    let pod = with(&format!(r#"{{"podAffinity":{{"{required}":[{{"topologyKey":"z","labelSelector":{near}}}]}}}}"#));
    let error = state_of(&pod).1.pods()[0].class.affinity.error.clone().unwrap();
    assert_eq!(error, r#"requiredAffinityTerms: "Near" is not a valid label selector operator"#);
    let (report, cluster) = state_of(&NODE.replace("\"4\"", "\"-4\""));
    assert_eq!((report.objects, cluster.nodes()[0].node.allocatable.milli_cpu), (1, -4000));
}

#[test]
fn broken_input() {
    fails(&NODE[..40], "state: document 1, line 1: the input ends in the middle of an object; it was cut off");
    fails(
        format!("{NODE}\n{{\"apiVersion\":\"v1\",\"items\":[{POD},\nnull]}}"),
        "state: document 2, line 3: item 2 of the List is null; expected a Kubernetes object",
    );
    fails(
        "apiVersion: v1\nkind: Node\nmetadata:\n\tname: a\n",
        "state: document 1, line 4: tabs disallowed within this context (block indentation)",
    );
    fails(
        NODE.replace("\"4\"", "\"four\\u001b\""),
        r#"state: document 1, line 1: Node a: status.allocatable.cpu: "four\u{1b}" is not a quantity: expected a number with an optional suffix, such as 500m, 1.5 or 2Gi; correct the field or leave the object out"#,
    );

    fails(
        POD.replace("\"web\"", "7"),
        "state: document 1, line 1: Pod shop/: metadata.name: expected a string, found the number 7; correct the field or leave the object out",
    );
    fails(
        "\0\u{1}\u{2}",
        "state: is binary data; expected JSON or YAML text, as it is or compressed with gzip or zstd",
    );
    fails(&gzip(NODE)[..30], "state: cannot be read: incomplete deflate stream");
    let cut = zstd(NODE);
    fails(&cut[..cut.len() - 8], "state: cannot be read: the zstd data is broken or cut off");
}

#[test]
fn manifests_keep_their_order_and_their_text() {
    let text = "apiVersion: v1\nkind: ConfigMap\n---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: apps/v1\n  kind: Deployment\n---\n";
    let directory = directory(&[("m.yaml", format!("{text}{POD}").as_bytes()), ("none", b"")]);
    let manifests = read_manifests(&Input::File(directory.path().join("m.yaml"))).unwrap();
    let deployment = Kind::of("apps/v1", "Deployment").unwrap();
    assert_eq!(
        manifests.objects,
        [
            Manifest { kind: deployment, json: br#"{"apiVersion":"apps/v1","kind":"Deployment"}"#.to_vec() },
            Manifest { kind: Kind::Pod, json: POD.as_bytes().to_vec() },
        ]
    );
    assert_eq!(manifests.passed_over.into_iter().collect::<Vec<_>>(), [("v1/ConfigMap".to_owned(), 1)]);
    let problem = |name| read_manifests(&Input::File(directory.path().join(name))).unwrap_err().problem;
    assert!(matches!(problem("none"), InputProblem::Empty));
    assert!(matches!(problem("."), InputProblem::IsDirectory));
}

#[test]
fn a_configuration_is_one_document() {
    let directory = directory(&[("one", b"---\na: 1\n"), ("two", b"{\"a\":1} {\"b\":2}"), ("none", b"")]);
    let value = |name| read_value(&Input::File(directory.path().join(name)));
    assert_eq!(value("one").unwrap(), serde_json::json!({"a": 1}));
    assert!(matches!(value("two").unwrap_err().problem, InputProblem::NotOne(2)));
    assert!(matches!(value("none").unwrap_err().problem, InputProblem::Empty));
    assert!(matches!(value("missing").unwrap_err().problem, InputProblem::NotFound { .. }));
}

proptest! {
    #[test]
    fn the_order_of_the_file_changes_nothing(order in Just((0..8_usize).collect::<Vec<_>>()).prop_shuffle()) {
        let objects: Vec<String> = (0..8)
            .map(|i| if i % 2 == 0 { NODE.replace("\"a\"", &format!("\"n{i}\"")) } else { POD.replace("web", &format!("p{i}")).replace("\"a\"", "\"n4\"") })
            .collect();
        let text: String = order.iter().map(|i| objects[*i].as_str()).collect();
        let shape = |cluster: &Cluster| {
            let nodes: Vec<_> = cluster.nodes().iter().map(|node| (node.name(), node.pods.len())).collect();
            let pods: Vec<_> = cluster.pods().iter().map(|pod| (pod.id, pod.key(), cluster.node_of(pod.id))).collect();
            (nodes, pods)
        };
        prop_assert_eq!(shape(&state_of(&text).1), shape(&state_of(&objects.concat()).1));
    }
}

/// What `state` gives: how many objects of which kinds, or what the screen shows.
#[track_caller]
fn form(state: impl AsRef<[u8]>, expected: &str) {
    let directory = directory(&[("state", state.as_ref())]);
    let found = match self::state(directory.path().join("state")) {
        Ok((report, cluster)) => {
            let left_out = report.passed_over.values().sum::<usize>();
            let left_out = if left_out > 0 { format!(", {left_out} left out") } else { String::new() };
            format!("{} pods, {} nodes{left_out}", cluster.pods().len(), cluster.nodes().len())
        }
        Err(error) => error.to_string().replace(&format!("{}/", directory.path().display()), ""),
    };
    assert_eq!(found, expected);
}

fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(to_bytes).collect()
}

/// A state as people have it at hand.
#[test]
fn forms_that_people_have() {
    let both = &format!("{NODE}\n{POD}\n");
    let list = &format!("{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{NODE},{POD}]}}\n");
    form(list, "1 pods, 1 nodes");
    // `jq .items`
    form(format!("[{NODE},{POD}]"), "1 pods, 1 nodes");
    // PowerShell's `>`
    form(utf16(list, u16::to_le_bytes), "1 pods, 1 nodes");
    form(utf16(list, u16::to_be_bytes), "1 pods, 1 nodes");
    form(format!("\u{feff}{list}"), "1 pods, 1 nodes");
    // A terminal, a chat
    form(format!("Warning: v1 ComponentStatus is deprecated in v1.19+\n{list}"), "1 pods, 1 nodes");
    form(format!("user@host:~$ kubectl get pods,nodes -o json\n{list}"), "1 pods, 1 nodes");
    form(format!("W1129 22:10:05.000001   42 warnings.go:70] deprecated\n{list}"), "1 pods, 1 nodes");
    form(format!("```json\n{list}```\n"), "1 pods, 1 nodes");
    form("```yaml\napiVersion: v1\nkind: Node\nmetadata: {name: a}\n```\n", "0 pods, 1 nodes");
    // `kubectl cluster-info dump`
    let logs = "==== START logs for container c of pod shop/web ====\n{\"kind\": [\n==== END logs for container c of pod shop/web ====\n";
    form(format!("{NODE}\n{logs}{POD}\n{logs}"), "1 pods, 1 nodes");
    form(format!("{NODE}\n{POD}\n{logs}Cluster info dumped to standard output\n"), "1 pods, 1 nodes");
    form(both, "1 pods, 1 nodes");
}

#[test]
fn objects_without_a_kind() {
    let pod = r#"{"metadata":{"name":"a"},"spec":{"containers":[{"name":"c"}]}}"#;
    let node = r#"{"metadata":{"name":"a"},"status":{"nodeInfo":{"kubeletVersion":"v1.34.1"}}}"#;
    let other = r#"{"metadata":{"name":"a"},"spec":{"replicas":3}}"#;
    form(format!("[{pod},{node}]"), "1 pods, 1 nodes");
    form(format!("{{\"items\":[{pod},{node},{other}]}}"), "1 pods, 1 nodes, 1 left out");
    form(format!("{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{pod},{node}]}}"), "1 pods, 1 nodes");
    form(format!("{{\"items\":[{pod}],\"kind\":\"PodList\",\"apiVersion\":\"v1\"}}"), "1 pods, 0 nodes");
    form(pod, "1 pods, 0 nodes");
    form(other, "state: has no Kubernetes object; expected objects as `kubectl get -o json` or `-o yaml` prints them");
}

/// What is no state is said to be what it is.
#[test]
fn what_is_no_state() {
    form(
        "Name:             web\nNamespace:        shop\nPriority:         0\n",
        "state: is the output of `kubectl describe`; use `kubectl get -o yaml`",
    );
    form(
        "NAME   READY   STATUS    RESTARTS   AGE\nweb    0/1     Pending   0          5m\n",
        "state: is a table of `kubectl get`; add -o yaml",
    );
    form(
        r#"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"pods is forbidden","reason":"Forbidden","code":403}"#,
        "state: is an error of the API server and no state: pods is forbidden",
    );
    form(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  labels: {app: we",
        "state: document 1, line 4: unclosed bracket '{'; this is the last line: was the file cut off?",
    );
}

#[test]
fn a_broken_file_of_a_directory_is_left_out_and_one_that_was_cut_off_is_not() {
    let report = |files: &[(&str, &[u8])]| {
        let directory = directory(files);
        let read = state(directory.path().to_owned()).map(|(report, _)| (report.objects, report.files_skipped.len()));
        read.map_err(|error| error.to_string().replace(&format!("{}/", directory.path().display()), ""))
    };
    let (node, pod) = (NODE.as_bytes(), POD.as_bytes());
    assert_eq!(report(&[("a.json", node), ("b.json", pod), ("values.yaml", b"a: [1")]), Ok((2, 1)));
    let broken = report(&[("values.yaml", b"a: [1")]).unwrap_err();
    assert!(broken.starts_with("values.yaml: document 1, line 1: "), "{broken}");
    let cut = report(&[("a.json", node), ("b.json", &pod[..30])]).unwrap_err();
    assert_eq!(cut, "b.json: document 1, line 1: the input ends in the middle of an object; it was cut off");
}
