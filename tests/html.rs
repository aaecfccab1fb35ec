//! `-o html`: pages that are well formed, ask for nothing, and stay what they are whatever the
//! cluster's names are. What a browser makes of them is checked by `tests/html/check.py`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may fail loudly

#[path = "html/markup.rs"]
mod markup;

use std::path::Path;
use std::process::Command;

use markup::{Tag, tags};
use serde_json::{Value, json};

/// Runs `kubectl sched WORDS -o html`, and checks what holds for every page.
fn page(words: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_kubectl-sched"))
        .args(words.split_whitespace())
        .args(["-o", "html"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("KUBECONFIG")
        .output()
        .unwrap();
    assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
    let page = String::from_utf8(output.stdout).unwrap();
    let tags = tags(&page);
    asks_for_nothing(&page, &tags);
    page
}

/// Nothing is loaded, sent or run but the script of the policy, which stands there once.
fn asks_for_nothing(page: &str, tags: &[Tag]) {
    for address in ["http:", "https:", "url(", "@import", "fetch(", "XMLHttpRequest", "innerHTML"] {
        assert!(!page.contains(address), "{address}");
    }
    for tag in tags {
        for (attribute, value) in &tag.attributes {
            assert!(!attribute.starts_with("on") && attribute != "src" && attribute != "srcdoc", "{tag:?}");
            assert!(attribute != "href" || value.starts_with('#') || value == "data:,", "{tag:?}");
        }
    }
    let known = [
        "a",
        "article",
        "b",
        "blockquote",
        "body",
        "br",
        "button",
        "code",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "head",
        "header",
        "html",
        "li",
        "link",
        "main",
        "meta",
        "nav",
        "ol",
        "p",
        "pre",
        "script",
        "section",
        "span",
        "strong",
        "style",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "time",
        "title",
        "tr",
        "ul",
        "wbr",
    ];
    assert_eq!(tags.iter().find(|tag| !known.contains(&tag.name.as_str())), None);
    let runs = |tag: &&Tag| tag.name == "script" && tag.attribute("type") != Some("application/json");
    assert_eq!(tags.iter().filter(runs).count(), 1);
    let policy = tags.iter().find(|tag| tag.attribute("http-equiv").is_some()).unwrap();
    let policy = policy.attribute("content").unwrap();
    assert!(policy.starts_with("default-src &#39;none&#39;") || policy.starts_with("default-src 'none'"), "{policy}");
    assert!(!policy.contains("script-src 'unsafe"), "{policy}");
}

/// The JSON that the script reads.
fn data(page: &str, class: &str) -> Value {
    let open = format!("<script type=\"application/json\" class=\"{class}\">");
    let (_, rest) = page.split_once(&open).unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

/// A state in a file, and the file's name.
fn state(items: &[Value]) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let list = json!({ "apiVersion": "v1", "kind": "List", "items": items });
    std::fs::write(&path, list.to_string()).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

fn node(name: &str, labels: &Value, cpu: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Node", "metadata": { "name": name, "labels": labels },
        "status": { "allocatable": { "cpu": cpu, "memory": "16Gi", "pods": "110" } }
    })
}

fn pod(name: &str, cpu: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": { "namespace": "n", "name": name },
        "spec": { "schedulerName": "default-scheduler",
                  "containers": [{ "name": "c", "resources": { "requests": { "cpu": cpu } } }] }
    })
}

#[test]
fn the_answer_stands_in_the_markup() {
    let page = page("explain web-7 -n shop --snapshot examples/clusters/mixed.yaml");
    let (markup, _) = page.split_once("<footer>").unwrap();
    for text in [
        "Pod shop/web-7 does not fit: 0 of 12 nodes",
        "0/12 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }",
        "needs 2, free 1800m of 8: 200m short",
        "request cpu 1930m instead of 2",
        "the images must support the other kubernetes.io/arch",
    ] {
        assert!(markup.contains(text), "{text}");
    }
    assert!(page.contains("kube-scheduler v1.34") && page.contains("examples/clusters/mixed.yaml"));
}

#[test]
fn scores_preemption_one_node_and_the_clusters_own_words() {
    let page_of = |words: &str, texts: &[&str]| {
        let page = page(words);
        for text in texts {
            assert!(page.contains(text), "{words}: {text}");
        }
    };
    page_of("explain cache-0 -n shop --snapshot examples/clusters/zones.yaml", &["runs here", "675", "×2"]);
    page_of("explain trainer-1 -n ml --snapshot examples/clusters/gpu.yaml", &["evict ml/notebook-1: priority 100"]);
    page_of(
        "explain web-7 -n shop --node node-2 --snapshot examples/clusters/mixed.yaml",
        &["rejected by NodeResourcesFit", "cpu: requested 2, used 6200m of 8"],
    );
    page_of(
        "explain stale -n shop --snapshot tests/cli/words",
        &["own event of 2026-03-01T10:20:00Z is different:", "since then the cluster has 2 nodes instead of 3"],
    );
    page_of("explain same -n shop --snapshot tests/cli/words", &["same as the pod&#39;s condition PodScheduled"]);
}

#[test]
fn the_matrix_as_data() {
    let page = page("explain cache-0 -n shop --snapshot examples/clusters/zones.yaml");
    let (matrix, nodes) = (data(&page, "data"), data(&page, "nodes"));
    let rows = matrix["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 12);
    let column = |kind: &str, title: &str| {
        let mut columns = matrix["columns"].as_array().unwrap().iter();
        columns.find(|column| column["kind"] == kind && column["title"] == title).unwrap()
    };
    assert_eq!(column("filter", "NodeResourcesFit")["values"], "000000001111");
    assert_eq!(column("number", "Total")["values"][0], 675);
    assert_eq!(column("score", "NodeResourcesFit")["values"][8], Value::Null);
    assert_eq!(matrix["verdicts"][0]["title"], "fits");
    let best = usize::try_from(rows[0].as_u64().unwrap()).unwrap();
    assert_eq!(nodes["names"][best], "a1-2");
    let labels = matrix["labels"].as_array().unwrap().iter();
    let mut keys =
        labels.map(|label| nodes["labels"][usize::try_from(label.as_u64().unwrap()).unwrap()]["key"].clone());
    // What the verdicts follow comes first.
    assert_eq!(keys.next().unwrap(), "topology.kubernetes.io/zone");
}

#[test]
fn pods_of_one_answer_are_shown_once() {
    // Replicas of one workload: the commands that would help change their owner, and so are the same.
    let replica = |name: &str, cpu: &str| {
        let mut pod = pod(name, cpu);
        pod["metadata"]["ownerReferences"] =
            json!([{ "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "u", "controller": true }]);
        pod
    };
    let items = [node("a", &json!({}), "1"), replica("one", "2"), replica("two", "2"), replica("three", "500m")];
    let (_folder, path) = state(&items);
    let page = page(&format!("explain pod/one pod/two pod/three -n n --snapshot {path}"));
    assert!(page.contains("Placement of 3 pods"));
    assert!(page.contains("<a href=\"#pod-2\">Pod n/two does not fit: 0 of 1 node</a>"));
    assert!(page.contains("All else as for <a href=\"#pod-1\">n/one</a>"));
    assert_eq!(page.matches("class=\"data\"").count(), 2);
}

#[test]
fn what_is_needed() {
    let mut waits = pod("waits", "1");
    waits["spec"]["volumes"] = json!([{ "name": "v", "persistentVolumeClaim": { "claimName": "data" } }]);
    let other = json!({ "apiVersion": "v1", "kind": "PersistentVolumeClaim",
                        "metadata": { "namespace": "n", "name": "other" }, "spec": {} });
    let (_folder, path) = state(&[node("a", &json!({}), "4"), other, waits]);
    let page = page(&format!("explain waits -n n --snapshot {path}"));
    assert!(page.contains("It needs a PersistentVolumeClaim data"), "{page}");
}

#[test]
fn a_simulation() {
    let page = page("simulate --pending --snapshot examples/clusters/mixed.yaml");
    for text in ["1 of 2 pods placed, on 1 of 12 nodes", "1 pod: shop/web-7", "0% → 12%", "0 → 500m of 4"] {
        assert!(page.contains(text), "{text}");
    }
    assert_eq!(data(&page, "data")["names"], json!(["arm-2"]));
}

#[test]
fn pending_pods_by_reason() {
    let page = page("pending --at 2026-08-20T10:00:24Z --snapshot examples/clusters/nodegroups.yaml");
    for text in [
        "4 pods pending, for 3 reasons",
        "2 pods: NodeResourcesFit: cpu: short by 2430m on the closest node",
        "replicaset shop/web (2)",
        "request cpu 570m instead of 3",
        "eks-spot grows",
        "its node group eks-gpu is in backoff",
        "kube-scheduler&#39;s message for ml/train-2",
    ] {
        assert!(page.contains(text), "{text}");
    }
    let table = data(&page, "data");
    assert_eq!(table["names"].as_array().unwrap().len(), 4);
    assert_eq!(table["columns"][0]["title"], "Reason");
}

#[test]
fn a_simulation_with_preemption() {
    let page = page("simulate --pending --preempt --snapshot examples/clusters/gpu.yaml");
    for text in ["<dt>preempted</dt><dd>1</dd>", "preempted on gpu-a100-2 by ml/trainer-1", "8% → 66%"] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn strategies_side_by_side() {
    let asked = "simulate -f examples/pods/app.yaml --replicas 8 --snapshot examples/clusters/prices.yaml";
    let page = page(&format!("{asked} --compare default,best-fit --price-label example.com/price"));
    for text in ["8 pods by 2 strategies", "5 of 5, at least 3", "3 of 5, at least 3", "best-fit", "1.22", "0.82"] {
        assert!(page.contains(text), "{text}");
    }
    let page = self::page(&format!("{asked} --strategy best-fit"));
    assert!(page.contains("By best-fit: kube-scheduler itself chooses by score."));
}

#[test]
fn a_scenario_and_what_it_changes() {
    let asked = "simulate --drain a1-1 --snapshot examples/clusters/zones.yaml";
    let whole = page(asked);
    for text in ["<li>drain a1-1", "2 pods evicted: ", "<th scope=\"col\">From</th>", "utilization"] {
        assert!(whole.contains(text), "{text}");
    }
    let different = page(&format!("{asked} --diff"));
    assert!(different.contains("<h3>Differences</h3>") && !different.contains("<h3>Pod by pod</h3>"));
}

#[test]
fn names_of_a_cluster_stay_text() {
    const NASTY: [&str; 6] = [
        "<script>window.hacked = 1</script>",
        "</script><script>window.hacked = 2</script>",
        "\"><img src=x onerror=\"window.hacked = 3\">",
        "' style='display:none",
        "<!--<script>",
        "&lt;b&gt; \u{1b}[31m\r\n]]>",
    ];
    let mut items: Vec<Value> =
        NASTY.iter().map(|name| node(name, &json!({ "pool": name, (*name): "x" }), "1")).collect();
    items.extend(NASTY.iter().map(|name| node(&format!("{name} too"), &json!({ "pool": name }), "8")));
    for (item, name) in items.iter_mut().zip(NASTY) {
        item["spec"] = json!({ "taints": [{ "key": name, "value": name, "effect": "NoSchedule" }] });
    }
    items.push(pod("big", "64"));
    items.push(pod("small", "2"));
    items.push(pod("<script>", "1"));
    let (_folder, path) = state(&items);
    let many = page(&format!("explain pod/big pod/small pod/<script> -n n --snapshot {path}"));
    let simulated = page(&format!("simulate --pending --snapshot {path}"));
    for page in [&many, &simulated] {
        assert!(!page.contains("<script>window") && !page.contains("<img") && !page.contains("<!--"), "{page}");
        assert!(!page.contains('\u{1b}') && !page.contains('\r'));
    }
    assert!(many.contains("&lt;script&gt;window.hacked = 1&lt;/script&gt;"));
    assert!(data(&many, "nodes")["names"].as_array().unwrap().contains(&json!(NASTY[1])));
}

#[test]
fn a_large_cluster_is_a_small_page() {
    const NODES: usize = 2000;
    let mut items: Vec<Value> = (0..NODES)
        .map(|index| {
            let labels =
                json!({ "zone": format!("z{}", index % 3), "kubernetes.io/hostname": format!("node-{index}") });
            node(&format!("node-{index}"), &labels, &format!("{}m", 1000 + index))
        })
        .collect();
    items.push(pod("big", "64"));
    items.push(pod("small", "500m"));
    let (_folder, path) = state(&items);
    for asked in ["big", "small"] {
        let page = page(&format!("explain {asked} -n n --no-suggestions --snapshot {path}"));
        assert!(page.len() < 80_000 + 120 * NODES, "{asked}: {} bytes", page.len());
        assert!(tags(&page).len() < 1500, "{asked}: {} elements", tags(&page).len());
    }
}

/// Only this script may run; the hash in the policy is that of what stands in the page.
#[test]
fn the_policy_knows_the_script() {
    let script = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/html/page.js")).unwrap();
    let rustls::SupportedCipherSuite::Tls13(suite) = rustls::crypto::ring::cipher_suite::TLS13_AES_128_GCM_SHA256
    else {
        panic!("not a suite of TLS 1.3")
    };
    let hash = base64(suite.common.hash_provider.hash(&script).as_ref());
    let page = page("explain web-7 -n shop --snapshot examples/clusters/mixed.yaml");
    assert!(
        page.contains(&format!("script-src 'sha256-{hash}'")),
        "SCRIPT_HASH in src/report/html/shell.rs is to be {hash}"
    );
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for digit in 0..4 {
            let index = (bits >> (18 - 6 * digit)) & 63;
            text.push(if digit > chunk.len() { '=' } else { char::from(DIGITS[index as usize]) });
        }
    }
    text
}
