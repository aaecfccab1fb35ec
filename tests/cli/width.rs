//! No table is wider than the screen, also where nodes have names as long as those of EKS.

use std::path::Path;

use unicode_width::UnicodeWidthStr;

use super::harness::run;

/// The node names of an example cluster that become long, and their long forms' end.
const SUFFIX: &str = ".us-west-2.compute.internal";
const COLUMNS: usize = 80;

/// The example cluster `name` with EKS names: `node-1` becomes `ip-172-16-84-1.us-west-2.compute.internal`.
fn with_long_names(name: &str, directory: &Path) -> (String, Vec<String>) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/clusters/{name}.yaml"));
    let mut text = std::fs::read_to_string(file).unwrap();
    let mut names: Vec<String> = node_names(&text);
    // A name may be the beginning of another.
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    for (number, node) in names.iter().enumerate() {
        text = text.replace(node.as_str(), &format!("ip-172-16-84-{}{SUFFIX}", number + 1));
    }
    let path = directory.join(format!("{name}.yaml"));
    std::fs::write(&path, text).unwrap();
    let long = (1..=names.len()).map(|number| format!("ip-172-16-84-{number}{SUFFIX}")).collect();
    (path.display().to_string(), long)
}

fn node_names(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for document in text.split("\n- apiVersion") {
        if document.lines().any(|line| line.trim() == "kind: Node") {
            let name = document.lines().find_map(|line| line.trim().strip_prefix("name: "));
            names.extend(name.map(str::to_owned));
        }
    }
    names
}

#[test]
fn no_table_is_wider_than_the_screen() {
    let directory = tempfile::tempdir().unwrap();
    let (mixed, nodes) = with_long_names("mixed", directory.path());
    assert!(nodes.len() > 5, "the example's nodes were not found");
    let (gpu, _) = with_long_names("gpu", directory.path());
    let (zones, zone_nodes) = with_long_names("zones", directory.path());
    // Pods as long as those of a real service, too.
    let long_pods = directory.path().join("pods.yaml");
    let text = std::fs::read_to_string(&zones).unwrap();
    let text = text.replace("name: web-", "name: checkout-service-7d9c5b8f6d-").replace("shop", "production-payments");
    std::fs::write(&long_pods, text).unwrap();
    let long_pods = long_pods.display();
    let (first, second) = (&nodes[0], &nodes[1]);
    let lines = [
        format!("explain web-7 -n shop --snapshot {mixed}"),
        format!("explain web-7 -n shop --node {first} --snapshot {mixed}"),
        format!("explain mailer-1 -n shop --snapshot {mixed}"),
        format!("explain mailer-1 -n shop --node {second} --snapshot {mixed}"),
        format!("explain trainer-1 -n ml --snapshot {gpu}"),
        format!("explain cache-0 -n shop --snapshot {zones}"),
        format!("explain deployment/web -n shop --commands --snapshot {mixed}"),
        format!("explain -l app=web -A --snapshot {mixed}"),
        format!("explain -f examples/pods/batch.yaml --snapshot {mixed}"),
        format!("explain pods -A --no-suggestions --snapshot {zones}"),
        format!("simulate -f examples/pods/batch.yaml --replicas 90 --snapshot {mixed}"),
        "simulate -f tests/cli/refused/too-large.yaml --snapshot tests/cli/refused/quota-and-limits.yaml".to_owned(),
        format!("pending --commands --snapshot {mixed}"),
        format!("pending --snapshot {mixed}"),
        format!("pending --snapshot {gpu}"),
        format!("capacity mailer-1 -n shop --want 90 --like {first} --snapshot {mixed}"),
        format!("resilience --snapshot {mixed}"),
        format!("resilience --drain-plan {first},{second} --snapshot {mixed}"),
        format!("simulate --pending --preempt --snapshot {mixed}"),
        format!("simulate --drain {first} --force --diff --snapshot {mixed}"),
        format!("simulate --pending --remove-node {} --runs 20 --snapshot {zones}", zone_nodes[0]),
        format!("simulate --remove-node {} --snapshot {long_pods}", zone_nodes[0]),
        format!("simulate --pending --compare default,best-fit,least-load --snapshot {mixed}"),
    ];
    let mut shortened = 0;
    for line in lines {
        let output = run(&line);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!text.is_empty(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        for shown in text.lines() {
            // To be copied in one piece.
            let is_command = shown.contains("kubectl create clusterrole")
                || line.contains("--commands") && shown.contains("   kubectl ");
            assert!(shown.width() <= COLUMNS || is_command, "{line}\n{shown}\n{text}");
            assert!(is_command || !shown.contains(SUFFIX) || shown.starts_with("… in node names: "), "{line}\n{shown}");
        }
        shortened += usize::from(text.contains("ip-172-16-84-1…"));
        let whole = String::from_utf8(run(&format!("{line} -o wide")).stdout).unwrap();
        assert!(!whole.contains("… in node names"), "{line} -o wide");
    }
    assert!(shortened > 5, "names were not shortened: {shortened}");
}
