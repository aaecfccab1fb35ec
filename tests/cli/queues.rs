//! Pods that a queue or another scheduler holds back: what its own object says is the cause.

use insta::assert_snapshot;

use super::harness::screen;

fn explain(target: &str, state: &str) -> String {
    let at = "--at 2026-08-20T10:00:00Z";
    let screen =
        screen(&format!("explain {target} -n ml --no-suggestions {at} --snapshot tests/cli/queues/{state}.yaml"));
    screen.split("\n\nNOT ").next().unwrap_or_default().to_owned()
}

#[test]
fn a_gate_of_kueue() {
    assert_snapshot!(explain("notebook", "kueue-has-no-quota-left"), @"
    Pod ml/notebook waits for its scheduling gates; it would fit without them
    default-scheduler · v1.34.1

    waiting for scheduling gates: [kueue.x-k8s.io/admission]

    Kueue holds this pod back (scheduling gate kueue.x-k8s.io/admission) and removes
    the gate when the pod is admitted. Its workload/ml/pod-notebook-7a1f3 in queue
    team-a: QuotaReserved=False (since 2026-08-20T09:40:00Z): couldn't assign
    flavors to pod set main: insufficient unused quota for nvidia.com/gpu in flavor
    default-flavor, 1 more needed. Look there first: kubectl describe
    workloads.kueue.x-k8s.io pod-notebook-7a1f3 -n ml

    gpu-1 is the only node that fits

    NODE             RANK   TOTAL
    gpu-1   picked      1     486
    its scores: -o wide
    ");
}

#[test]
fn a_job_that_kueue_keeps_suspended() {
    assert_snapshot!(explain("job/train", "kueue-has-no-quota-left"), @"
    Job ml/train is suspended: its controller creates no pods
    default-scheduler · v1.34.1
    0 wanted, 0 exist

    If it were created, a new pod of Job ml/train would fit: 1 of 1 node

    Kueue (team-a) decides when and where this pod runs. Its
    workload/ml/job-train-0c9d1 in queue team-a: Admitted=False (since
    2026-08-20T09:50:00Z): The workload has not all checks ready. Look there first:
    kubectl describe workloads.kueue.x-k8s.io job-train-0c9d1 -n ml

    gpu-1 is the only node that fits

    NODE             RANK   TOTAL
    gpu-1   picked      1     486
    its scores: -o wide
    ");
}

#[test]
fn a_pod_group_of_volcano() {
    assert_snapshot!(explain("infer-dc7dd7df9-x2x7k", "volcano-gang-is-not-ready"), @r#"
    Pod ml/infer-dc7dd7df9-x2x7k cannot be placed by any scheduler: claim ml/model
    does not exist
    no profile · v1.34.1

    profile not found for scheduler name "volcano"

    claim ml/model does not exist: whatever scheduler places this pod, it cannot
    start without it

    Volcano (volcano) decides when and where this pod runs. Its
    podgroup/ml/podgroup-36e3ad91 in queue default: Unschedulable=True (since
    2026-08-20T09:55:00Z): 1/1 tasks in gang unschedulable: pod group is not ready,
    1 Pending, 1 minAvailable. Look there first: kubectl describe
    podgroups.scheduling.volcano.sh podgroup-36e3ad91 -n ml

    scheduler volcano has placed no pod of the state and written no event; evaluate
    the pod as kube-scheduler would with --as-default-scheduler
    --- stderr
    --- status 0
    "#);
}

#[test]
fn what_the_queue_says_is_data() {
    let shown = screen("explain notebook -n ml -o json --snapshot tests/cli/queues/kueue-has-no-quota-left.yaml");
    let json = shown.split("--- stderr").next().unwrap_or_default();
    let answer: serde_json::Value = serde_json::from_str(json).unwrap();
    let said = answer["findings"].as_array().unwrap().iter().find_map(|finding| finding.get("said")).unwrap();
    assert_snapshot!(said, @r#"{"condition":"QuotaReserved","message":"couldn't assign flavors to pod set main: insufficient unused quota for nvidia.com/gpu in flavor default-flavor, 1 more needed","object":"workload/ml/pod-notebook-7a1f3","queue":"team-a","since":"2026-08-20T09:40:00Z","status":"False"}"#);
}
