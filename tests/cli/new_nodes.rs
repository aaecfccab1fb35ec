//! Situations from public threads in which no node came: what the section `NEW NODES` says of them.

use std::fs;

use insta::assert_snapshot;

use super::harness::{run, screen};

/// The section, in one line.
fn section(state: &str, pod: &str) -> String {
    let shown = screen(&format!(
        "explain {pod} -n shop --no-suggestions --at 2026-08-20T10:00:24Z --kube-version v1.37 \
         --snapshot tests/cli/new-nodes/{state}.yaml"
    ));
    let from = shown.find("NEW NODES").unwrap_or_else(|| panic!("{shown}"));
    let section = shown[from..].split("NOT CONSIDERED").next().unwrap();
    section.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn says(state: &str, pod: &str, texts: &[&str]) {
    let section = section(state, pod);
    for text in texts {
        assert!(section.contains(text), "{text}: {section}");
    }
}

#[test]
fn the_group_is_at_its_maximum() {
    says(
        "max-size",
        "web",
        &[
            "status 24 seconds old",
            "would take it, like n1; at its maximum: 2 of 2",
            "help: raise its maximum to 3; then it grows for the pod (re-run)",
            "No group grows",
        ],
    );
}

#[test]
fn the_group_is_in_backoff() {
    says(
        "backoff",
        "web",
        &[
            "in backoff since 2026-08-20T10:00:00Z: InsufficientInstanceCapacity: no capacity in zone a",
            "after the backoff it grows for the pod (re-run)",
        ],
    );
}

#[test]
fn the_volume_is_in_a_zone_without_a_group() {
    says("zone-of-a-volume", "db", &["would not: node(s) didn't match PersistentVolume's node affinity"]);
}

#[test]
fn an_empty_group_whose_labels_nobody_knows() {
    says(
        "from-zero",
        "job",
        &[
            "no node of it in the state, and no template: not evaluated",
            "at its maximum: 1 of 1",
            "the others are not known",
        ],
    );
}

#[test]
fn daemon_sets_leave_too_little_of_a_new_node() {
    says("daemonset-overhead", "web", &["would not: Insufficient cpu", "No group grows for it."]);
}

#[test]
fn the_pool_is_bound_to_another_zone() {
    says(
        "karpenter-zone",
        "web",
        &[
            "topology.kubernetes.io/zone In [b] not in topology.kubernetes.io/zone In [a]",
            "help: allow topology.kubernetes.io/zone b in its requirements; then it rests on instance types",
        ],
    );
}

#[test]
fn spread_rests_on_zones_that_nobody_knows() {
    says("karpenter-spread", "web", &["not known: it rests on the provider's catalogue of instance types"]);
}

#[test]
fn an_instance_type_that_is_there() {
    says("karpenter-seen", "web", &["could, with m5.xlarge", "Karpenter makes a node of pool default for it."]);
}

const EXAMPLE: &str = "--at 2026-08-20T10:00:24Z --kube-version v1.34 --snapshot examples/clusters/nodegroups.yaml";
const POOLS: &str =
    "--instance-types examples/instance-types.json --kube-version v1.34 --snapshot examples/clusters/karpenter.yaml";

/// Suggestions name who could make the node; each group of pending pods says what becomes of it.
#[test]
fn groups_of_pending_pods() {
    assert_snapshot!(screen(&format!("pending {EXAMPLE}")), @"
    4 pods pending, for 3 reasons                                              v1.34

    2 pods   NodeResourcesFit: cpu: short by 2430m on the closest node
             of: replicaset shop/web (2)
             help: request cpu 570m instead of 3 → places all 2
             new nodes: eks-spot grows

     1 pod   TaintToleration: nvidia.com/gpu=true:NoSchedule
             NodeResourcesFit: cpu: short by 2430m on the closest node
             of: replicaset shop/search (1)
             help: tolerate nvidia.com/gpu=true:NoSchedule, and request cpu 3570m
                   instead of 6 → goes to gpu-1
             new nodes: no group grows: 1 Insufficient cpu, 1 Insufficient memory, 1
                        in backoff after failed scale-up, 1 max node group size
                        reached

     1 pod   NodeResourcesFit: cpu: short by 430m on the closest node
             NodeResourcesFit: nvidia.com/gpu: short by 1 on the closest node
             of: pod ml/train-2
             help: one more node like gpu-1 → goes to gpu-1-copy
                   its node group eks-gpu is in backoff
             new nodes: no group grows: a new node of eks-gpu would do, but the
                        group is in backoff since 2026-08-20T09:57:12Z:
                        InsufficientInstanceCapacity: no capacity for g4dn.2xlarge
                        in eu-1a

    new nodes: cluster-autoscaler, status 24 seconds old; its loop was run again
    over all pending pods
    --- stderr
    --- status 0
    ");
    assert_snapshot!(screen(&format!("pending {POOLS}")), @"
    3 pods pending, for 3 reasons                                              v1.34

    1 pod   NodeResourcesFit: cpu: short by 1080m on the closest node
            of: replicaset shop/web (1)
            help: request cpu 1920m instead of 3 → goes to ip-10-0-2-9
            new nodes: a node of pool general is made

    1 pod   NodeResourcesFit: cpu: short by 10080m on the closest node, which has
            only 7920m in total
            of: pod shop/report-1
            help: request cpu 1920m instead of 12 → goes to ip-10-0-2-9
            new nodes: no pool makes a node for them

    1 pod   NodeAffinity: nodeSelector kubernetes.io/arch does not match
            of: pod shop/legacy-1
            help: remove kubernetes.io/arch from nodeSelector → goes to ip-10-0-2-9
            caution: the images must support the other kubernetes.io/arch
            new nodes: no pool makes a node for them

    new nodes: Karpenter; each pool was tried, with the given instance types

    MISSING PODS   wanted by their controllers, and not created
    2 pods of daemonset/kube-system/kube-proxy
      its controller has not created them; they would fit
    --- stderr
    --- status 0
    ");
}

#[test]
fn a_whole_screen() {
    assert_snapshot!(screen(&format!("explain train-2 -n ml {EXAMPLE}")), @"
    Pod ml/train-2 does not fit: 0 of 4 nodes              default-scheduler · v1.34

    0/4 nodes are available: 4 Insufficient cpu, 4 Insufficient nvidia.com/gpu. no
    new claims to deallocate, preemption: 0/4 nodes are available: 1 No preemption
    victims found for incoming pod, 3 Preemption is not helpful for scheduling.

    REASON                                            NODES   WHERE
    NodeResourcesFit   cpu: 4 requested, short by         4   every node
                       430m to 3430m
    NodeResourcesFit   nvidia.com/gpu: 1 requested,       4   every node
                       short by 1

    CLOSEST NODES
    gpu-1                  cpu              needs 4, free 3570m of 7920m: 430m short
                           nvidia.com/gpu   needs 1, free 0 of 1: 1 short
    general-1 and 2 more   cpu              needs 4, more than the node's 3920m
                           nvidia.com/gpu   needs 1, the node has none

    WHAT WOULD HELP   each one was re-run and does place the pod
    1   one more node like gpu-1                       gpu-1-copy
          its node group eks-gpu is in backoff
    2   move ml/train-1 elsewhere                      gpu-1
          caution: ml/train-1 would fit nowhere else

    NEW NODES   cluster-autoscaler, status 24 seconds old; each group was tried
    eks-general   would not: Insufficient cpu (asks 4, a new node has 3920m, of
                  which DaemonSets take 350m), Insufficient nvidia.com/gpu (a new
                  node has none); at its maximum: 2 of 2
    eks-gpu       would take it, like gpu-1; in backoff since 2026-08-20T09:57:12Z:
                  InsufficientInstanceCapacity: no capacity for g4dn.2xlarge in
                  eu-1a
                  after the backoff the pod gets a node after others (re-run)
    eks-spot      would not: Insufficient cpu (asks 4, a new node has 3920m, of
                  which DaemonSets take 350m), Insufficient nvidia.com/gpu (a new
                  node has none); grows from 1 to 3
    eks-large     no node of it in the state, and no template: not evaluated
    None of the groups that are known grows for it; the others are not known.
    --- stderr
    --- status 0
    ");
}

/// Changes of a pool are tried together, and the least limit that is enough is named.
#[test]
fn what_would_make_a_pool_take_the_pod() {
    let shown = screen(&format!("explain report-1 -n shop --no-suggestions {POOLS}"));
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("help: raise its limit of cpu to 28; then it makes a node for the pod (re-run)"), "{shown}");
    assert!(shown.contains("it would not make a node for the pod either if it were ready (re-run)"), "{shown}");
    let shown = screen(&format!("explain legacy-1 -n shop --no-suggestions {POOLS}"));
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("if it were ready, it would make a node for the pod (re-run)"), "{shown}");
    assert!(shown.contains("help: allow kubernetes.io/arch arm64 in its requirements"), "{shown}");
}

#[test]
fn the_page_has_them_too() {
    let page = String::from_utf8(run(&format!("explain train-2 -n ml -o html {EXAMPLE}")).stdout).unwrap();
    for text in ["<h3>New nodes</h3>", "eks-gpu", "after the backoff", "its node group eks-gpu is in backoff"] {
        assert!(page.contains(text), "{text}");
    }
}

/// `explain` of the pod `web` in a state that was changed: the section, in one line, and the status.
fn broken(state: &str, changes: &[(&str, &str)], flags: &str) -> (String, Option<i32>) {
    let mut text = fs::read_to_string(format!("tests/cli/new-nodes/{state}.yaml")).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.yaml");
    fs::write(&path, text).unwrap();
    let output = run(&format!(
        "explain web -n shop --no-suggestions --at 2026-08-20T10:00:24Z {flags} --snapshot {}",
        path.display()
    ));
    let shown = [output.stdout, output.stderr].concat();
    let shown = String::from_utf8(shown).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    (shown, output.status.code())
}

/// Whatever is wrong with what tells of new nodes is one line, and the rest of the answer stands.
#[track_caller]
fn still_answers(state: &str, changes: &[(&str, &str)], flags: &str, texts: &[&str]) {
    let (shown, status) = broken(state, changes, flags);
    assert_eq!(status, Some(0), "{shown}");
    for text in texts.iter().chain(&["Pod shop/web does not fit"]) {
        assert!(shown.contains(text), "{text}: {shown}");
    }
}

#[test]
fn a_status_that_cannot_be_read() {
    let lines = [("autoscalerStatus: Running\\n", "autoscalerStatus: [\\n")];
    still_answers("max-size", &lines, "", &["the status of the Cluster Autoscaler cannot be read:"]);
}

/// The autoscaler's older form: free text, without the reason of a backoff.
#[test]
fn a_status_in_the_older_form() {
    let command = |command: &str| {
        let flags = "--kube-version v1.33 --at 2026-08-20T10:00:24Z --snapshot tests/cli/new-nodes/old-status.yaml";
        screen(&format!("{command} {flags}"))
    };
    insta::assert_snapshot!(command("nodegroups"), @"
    2 node groups: none can grow                                               v1.33

    NODE GROUPS   cluster-autoscaler, status 24 seconds old
    GROUP              NODES   LIMITS   PENDING     STATE
    eks-general-1234       1      1-1   <unknown>   at its maximum: 1 of 1; its
                                                    nodes are not known
    eks-gpu-9999           1      0-5   <unknown>   in backoff since
                                                    2026-08-20T09:57:50Z; its nodes
                                                    are not known

    A NEW NODE   what is left of it for pods beside its DaemonSets
    eks-general-1234: nothing in the state says which nodes belong to it, nor what a
    new one is like: a new node of it is not known
    eks-gpu-9999: nothing in the state says which nodes belong to it, nor what a new
    one is like: a new node of it is not known

    PENDING PODS   1; explain POD shows what each group or pool says
    1   no group grows: 1 in backoff after failed scale-up, 1 max node group size
        reached (shop/web)

    which nodes belong to eks-general-1234, eks-gpu-9999 is not known:
    --node-group-label names a label whose value is the id of a node's group,
    --node-group-templates a file that says what new nodes are like
    --- stderr
    --- status 0
    ");
    // What does not grow is not said to be able to.
    let simulated = command("simulate --pending --autoscale");
    assert!(!simulated.contains("could grow, too"), "{simulated}");
}

/// A toleration that makes an empty group grow: no node of the state shows that.
#[test]
fn a_toleration_makes_a_group_grow() {
    let shown =
        screen("explain web -n shop --at 2026-08-20T10:00:24Z --snapshot tests/cli/new-nodes/from-zero-tainted.yaml");
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    for text in [
        "would not: node(s) had untolerated taint(s) (dedicated=arm:NoSchedule)",
        "help: tolerate dedicated=arm:NoSchedule; then it grows for the pod (re-run)",
    ] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
}

/// Who makes the nodes that a number of copies needs rests on the status.
#[test]
fn a_wanted_number_without_a_status() {
    let mut text = fs::read_to_string("tests/cli/new-nodes/old-status.yaml").unwrap();
    text = text.replace("Cluster-autoscaler status at", "At").replace("Health: ", "H: ");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.yaml");
    fs::write(&path, text).unwrap();
    let shown = screen(&format!("capacity web -n shop --want 3 --snapshot {}", path.display()));
    assert!(shown.contains("the status of the Cluster Autoscaler cannot be read: "), "{shown}");
}

#[test]
fn a_group_without_members() {
    still_answers(
        "max-size",
        &[("eks.amazonaws.com/nodegroup", "example.com/pool")],
        "",
        &["nothing in the state says which nodes belong to it, nor what a new one is like: not evaluated"],
    );
}

#[test]
fn a_node_of_two_groups() {
    let second = "    eks.amazonaws.com/nodegroup: general\n    pool: eks-batch-8c99b65f-592b-40f0-a7d9-23c33de62af2";
    still_answers(
        "from-zero",
        &[("    eks.amazonaws.com/nodegroup: general", second), ("name: job", "name: web")],
        "--node-group-label pool",
        &["node n1 belongs to more than one node group by its labels; it counts for none"],
    );
}

#[test]
fn a_status_that_is_out_of_date() {
    let shown = screen(
        "explain web -n shop --no-suggestions --at 2026-08-20T10:09:00Z --snapshot tests/cli/new-nodes/max-size.yaml",
    );
    assert!(shown.contains("cluster-autoscaler, status 9 minutes old: out of date;"), "{shown}");
}

#[test]
fn a_pool_without_requirements() {
    let all = "      requirements:\n      - key: topology.kubernetes.io/zone\n        operator: In\n        values:\n        - a\n";
    still_answers("karpenter-seen", &[(all, "")], "", &["could, with m5.xlarge"]);
}

#[test]
fn a_catalogue_with_unknown_fields() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("types.json");
    let flags = format!("--instance-types {}", path.display());
    let known = fs::read_to_string("examples/instance-types.json").unwrap();
    fs::write(&path, known.replacen("\"name\"", "\"generation\": {\"is\": 5}, \"name\"", 1).replace("eu-1a", "a"))
        .unwrap();
    still_answers("karpenter-seen", &[], &flags, &["could, with", "the given instance types"]);
    fs::write(&path, "{\"InstanceTypes\": 3}").unwrap();
    let (shown, status) = broken("karpenter-seen", &[], &flags);
    assert_eq!(status, Some(2), "{shown}");
    assert!(shown.starts_with("error: ") && shown.contains("types.json") && shown.contains("instanceTypes"), "{shown}");
}

/// Karpenter expects the pod on a node that is refused by a rule that it does not have.
#[test]
fn karpenter_against_default_spread() {
    let shown = screen(
        "explain web-2 -n shop --no-suggestions --scheduler-config tests/cli/new-nodes/spread-by-default.yaml \
         --kube-version v1.34 --snapshot tests/cli/new-nodes/karpenter-default-spread.yaml",
    );
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    for text in [
        "Karpenter expects it on node n1, so it makes none.",
        "But kube-scheduler refuses n1: PodTopologySpread: node(s) didn't match pod topology spread constraints",
        "Karpenter does not know the default spread constraints of kube-scheduler's profile",
    ] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
}

/// Pods that consume a ProvisioningRequest are not looked at where the autoscaler handles these.
#[test]
fn a_pod_of_a_provisioning_request() {
    let name = "  name: web\n  namespace: shop\n";
    let with = "  name: web\n  namespace: shop\n  annotations:\n    autoscaling.x-k8s.io/consume-provisioning-request: batch\n";
    let flags = "--autoscaler-flags --enable-provisioning-requests=true";
    still_answers("max-size", &[(name, with)], flags, &["It consumes a ProvisioningRequest"]);
    still_answers("max-size", &[(name, with)], "", &["No group grows for it."]);
}

/// What is there and was not counted is named, where it could count.
#[test]
fn what_is_not_counted_is_named() {
    const QUOTA: &str = "apiVersion: autoscaling.x-k8s.io/v1beta1\nkind: CapacityQuota\nmetadata:\n  name: small\nspec:\n  \
                         limits:\n    resources:\n      cpu: 8\n---\napiVersion: v1\nkind: Namespace\n";
    const OVERLAY: &str = "apiVersion: karpenter.sh/v1alpha1\nkind: NodeOverlay\nmetadata:\n  name: cheap\nspec:\n  \
                           price: \"0.1\"\n---\napiVersion: v1\nkind: Namespace\n";
    let first = [("apiVersion: v1\nkind: Namespace\n", QUOTA)];
    let note = "CapacityQuota small may keep node groups from growing: the autoscaler has not checked it yet";
    still_answers("max-size", &first, "--autoscaler-flags --capacity-quotas-enabled", &[note]);
    let (shown, _) = broken("max-size", &first, "");
    assert!(!shown.contains("CapacityQuota"), "{shown}");
    let first = [("apiVersion: v1\nkind: Namespace\n", OVERLAY)];
    still_answers("karpenter-seen", &first, "", &["NodeOverlay cheap changes prices of instance types"]);
}
