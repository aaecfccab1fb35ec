//! What the cluster itself says of a pod, beside the answer: from a dump with its events.

use insta::assert_snapshot;

use super::harness::screen;

/// The first lines of the answer, up to the table of reasons.
fn said(pod: &str, flags: &str) -> String {
    let screen = screen(&format!("explain {pod} -n shop --no-suggestions --snapshot tests/cli/words {flags}"));
    let (shown, _) = screen.split_once("\nREASON").or_else(|| screen.split_once("\nNODE ")).unwrap_or((&screen, ""));
    shown.to_owned()
}

#[test]
fn the_same() {
    assert_snapshot!(said("same", ""), @"
    Pod shop/same does not fit: 0 of 2 nodes             default-scheduler · v1.35.2

    0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s).
    no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption
    is not helpful for scheduling.
      same as the pod's condition PodScheduled, of 2026-03-01T10:20:00Z or later
    ");
}

#[test]
fn older_than_the_state() {
    assert_snapshot!(said("stale", ""), @"
    Pod shop/stale would fit if KubeSchedulerConfiguration agrees: 1 of 2 nodes
    default-scheduler · v1.35.2

      the scheduler's own event of 2026-03-01T10:20:00Z is different:
        0/3 nodes are available: 3 Insufficient cpu.
      only there: Insufficient cpu (2 nodes); the difference is on node-b (fits
      here)
      since then the cluster has 2 nodes instead of 3 and node conditions of node-b
      changed

    node-b is the only node that fits

    NODE              RANK   TOTAL
    node-b   picked      1     471
    its scores: -o wide

    1 node rejects it:
    ");
}

#[test]
fn different() {
    assert_snapshot!(said("other", ""), @"
    Pod shop/other does not fit, as far as can be judged without
    KubeSchedulerConfiguration: 0 of 2 nodes
    default-scheduler · v1.35.2

    0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s).
    no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption
    is not helpful for scheduling.
      the scheduler's own event of 2026-03-01T10:40:00Z is different:
        0/2 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) were
        on fire.
      only there: node(s) were on fire (1 node); only here: Insufficient cpu (1
      node); the difference is on node-a
      possibly because
      - the scheduler has its own configuration; pass it with --scheduler-config
      - something was not considered here, see below
      - something changed since then without a trace in the state: deleted pods or
        nodes, labels, taints, claims
    ");
}

#[test]
fn only_the_text_on_taints() {
    assert_snapshot!(said("same", "--kube-version v1.34"), @"
    Pod shop/same does not fit: 0 of 2 nodes               default-scheduler · v1.34

    0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s).
    no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption
    is not helpful for scheduling.
      same as the pod's condition PodScheduled, of 2026-03-01T10:20:00Z or later
    ");
}

#[test]
fn nobody_looked() {
    assert_snapshot!(said("waits", ""), @"
    Pod shop/waits would fit if KubeSchedulerConfiguration agrees: 1 of 2 nodes
    default-scheduler · v1.35.2

    no scheduler has tried this pod yet: it has neither an event nor the condition
    PodScheduled, and has been waiting since 2026-03-01T10:00:00Z; is kube-scheduler
    running?

    node-a is the only node that fits

    NODE              RANK   TOTAL
    node-a   picked      1     377
    its scores: -o wide

    1 node rejects it:
    ");
}

#[test]
fn another_scheduler() {
    assert_snapshot!(said("foreign", ""), @r#"
    Pod shop/foreign is not handled by this scheduler, as far as can be judged
    without KubeSchedulerConfiguration: no known profile has its schedulerName
    no profile · v1.35.2

    profile not found for scheduler name "volcano"

    Volcano (volcano) decides when and where this pod runs. Look there first:
    kubectl get podgroups.scheduling.volcano.sh -n shop

    volcano has placed 1 pod: pass its configuration with --scheduler-config; other
    pods are placed by default-scheduler (2 pods); evaluate the pod as
    kube-scheduler would with --as-default-scheduler

    NOT CONSIDERED   could change the answer
    KubeSchedulerConfiguration   kube-scheduler reads its configuration from the
                                 file /etc/kubernetes/my-scheduler.yaml on its own
                                 machine: the default configuration was used
                                 instead; pass the file with --scheduler-config
    --feature-gates=Gone=true    kube-scheduler runs with it, but v1.35.2 accepts no
                                 such value: unrecognized feature gate: Gone: the
                                 default of that version was used
    --- stderr
    --- status 0
    "#);
    assert_snapshot!(said("nobodys", ""), @r#"
    Pod shop/nobodys is not handled by this scheduler, as far as can be judged
    without KubeSchedulerConfiguration: no known profile has its schedulerName
    no profile · v1.35.2

    profile not found for scheduler name "typo-scheduler"

    scheduler typo-scheduler has placed no pod of the state and written no event;
    other pods are placed by default-scheduler (2 pods) and volcano (1 pod);
    evaluate the pod as kube-scheduler would with --as-default-scheduler

    NOT CONSIDERED   could change the answer
    KubeSchedulerConfiguration   kube-scheduler reads its configuration from the
                                 file /etc/kubernetes/my-scheduler.yaml on its own
                                 machine: the default configuration was used
                                 instead; pass the file with --scheduler-config
    --feature-gates=Gone=true    kube-scheduler runs with it, but v1.35.2 accepts no
                                 such value: unrecognized feature gate: Gone: the
                                 default of that version was used
    --- stderr
    --- status 0
    "#);
}

#[test]
fn on_its_way_out_and_on_its_way_in() {
    assert_snapshot!(said("leaving", ""), @"
    Pod shop/leaving does not fit, as far as can be judged without
    KubeSchedulerConfiguration: 0 of 2 nodes
    default-scheduler · v1.35.2

    0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s).
    no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption
    is not helpful for scheduling.

    this pod is being deleted (deadline 2026-03-01T10:10:00Z): schedulers skip it
    ");
    assert_snapshot!(said("given", ""), @"
    Pod shop/given has node node-a and has not started there
    default-scheduler · v1.35.2

    bound to node-a, but not started since 2026-03-01T10:00:01Z: the scheduler is
    done; check the kubelet on that node and the pod's events

    node-a is the only node that fits

    NODE                 RANK   TOTAL
    node-a   runs here      1     385
    its scores: -o wide

    1 node rejects it:
    ");
}

#[test]
fn as_data() {
    let json = |pod: &str| {
        let text = screen(&format!("explain {pod} -n shop --snapshot tests/cli/words -o json"));
        let object: serde_json::Value = serde_json::from_str(text.split("--- stderr").next().unwrap()).unwrap();
        serde_json::to_string_pretty(&[
            &object["schedulerMessages"],
            &object["schedulingStatus"],
            &object["notEvaluated"],
        ])
        .unwrap()
    };
    assert_snapshot!(json("stale"), @r#"
    [
      [
        {
          "at": "2026-03-01T10:20:00Z",
          "changesSince": [
            {
              "now": 2,
              "then": 3,
              "type": "NodeCount"
            },
            {
              "count": 1,
              "names": [
                "node-b"
              ],
              "type": "NodesChanged"
            }
          ],
          "comparison": "stale",
          "count": 5,
          "differingNodes": [
            {
              "answerReasons": [],
              "node": "node-b"
            }
          ],
          "differsIn": "Message",
          "message": "0/3 nodes are available: 3 Insufficient cpu.",
          "reasonCounts": [
            {
              "answerCount": 1,
              "message": "Insufficient cpu",
              "schedulerCount": 3
            }
          ],
          "reporter": "default-scheduler",
          "source": "Event"
        }
      ],
      null,
      [
        {
          "effect": "default topology spreading was not applied",
          "what": "Services",
          "why": "not in the input; add them to the dump"
        },
        {
          "decides": true,
          "effect": "the default configuration was used instead; pass the file with --scheduler-config",
          "what": "KubeSchedulerConfiguration",
          "why": "kube-scheduler reads its configuration from the file /etc/kubernetes/my-scheduler.yaml on its own machine"
        },
        {
          "effect": "the default of that version was used",
          "what": "--feature-gates=Gone=true",
          "why": "kube-scheduler runs with it, but v1.35.2 accepts no such value: unrecognized feature gate: Gone"
        }
      ]
    ]
    "#);
    assert_snapshot!(json("other"), @r#"
    [
      [
        {
          "at": "2026-03-01T10:40:00Z",
          "comparison": "different",
          "count": 1,
          "differingNodes": [
            {
              "answerReasons": [
                "Insufficient cpu"
              ],
              "node": "node-a"
            }
          ],
          "differsIn": "Message",
          "message": "0/2 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) were on fire.",
          "possibleReasons": [
            {
              "text": "the scheduler has its own configuration",
              "type": "Configuration"
            },
            {
              "text": "something was not considered here, see below",
              "type": "NotEvaluated"
            },
            {
              "text": "something changed since then without a trace in the state: deleted pods or nodes, labels, taints, claims",
              "type": "UntracedChange"
            }
          ],
          "reasonCounts": [
            {
              "answerCount": 1,
              "message": "Insufficient cpu",
              "schedulerCount": 0
            },
            {
              "answerCount": 0,
              "message": "node(s) were on fire",
              "schedulerCount": 1
            }
          ],
          "reporter": "default-scheduler",
          "source": "Event"
        }
      ],
      null,
      [
        {
          "decides": true,
          "effect": "the default configuration was used instead; pass the file with --scheduler-config",
          "what": "KubeSchedulerConfiguration",
          "why": "kube-scheduler reads its configuration from the file /etc/kubernetes/my-scheduler.yaml on its own machine"
        },
        {
          "effect": "the default of that version was used",
          "what": "--feature-gates=Gone=true",
          "why": "kube-scheduler runs with it, but v1.35.2 accepts no such value: unrecognized feature gate: Gone"
        }
      ]
    ]
    "#);
    assert_snapshot!(json("nobodys"), @r#"
    [
      null,
      {
        "hasEvents": false,
        "otherSchedulers": [
          {
            "name": "default-scheduler",
            "placedPods": 2
          },
          {
            "name": "volcano",
            "placedPods": 1
          }
        ],
        "placedPods": 0,
        "schedulerName": "typo-scheduler",
        "type": "UnknownScheduler"
      },
      [
        {
          "decides": true,
          "effect": "the default configuration was used instead; pass the file with --scheduler-config",
          "what": "KubeSchedulerConfiguration",
          "why": "kube-scheduler reads its configuration from the file /etc/kubernetes/my-scheduler.yaml on its own machine"
        },
        {
          "effect": "the default of that version was used",
          "what": "--feature-gates=Gone=true",
          "why": "kube-scheduler runs with it, but v1.35.2 accepts no such value: unrecognized feature gate: Gone"
        }
      ]
    ]
    "#);
}

#[test]
fn the_scheduler_that_runs_as_a_pod() {
    let log = |flags: &str| {
        let screen = screen(&format!("explain same -n shop -o name -v --snapshot tests/cli/words {flags}"));
        screen.split_once("--- stderr\n").unwrap().1.to_owned()
    };
    assert_snapshot!(log(""), @"
    read 12 objects from tests/cli/words
    kube-scheduler v1.35.2 runs as a pod with --feature-gates=DRAExtendedResource=true,Gone=true
    2 nodes and 10 pods; kube-scheduler v1.35.2
    --- status 0
    ");
    assert_snapshot!(log("--kube-version v1.36"), @"
    read 12 objects from tests/cli/words
    kube-scheduler v1.35.2 runs as a pod with --feature-gates=DRAExtendedResource=true,Gone=true
    2 nodes and 10 pods; kube-scheduler v1.36
    --- status 0
    ");
}

#[test]
fn a_configuration_from_a_config_map() {
    let known = |config_map: &str| {
        let screen =
            screen(&format!("explain same -n shop -o name --snapshot tests/cli/words --scheduler-config {config_map}"));
        screen.split_once("--- stderr\n").unwrap().1.to_owned()
    };
    assert_snapshot!(known("configmap/kube-system/my-scheduler"), @"--- status 0");
    assert_snapshot!(known("configmap/kube-system/my-scheduler/README"), @r#"
    error: configmap/kube-system/my-scheduler/README: key "README": line 1: the document is a string; expected a Kubernetes object
    --- status 2
    "#);
    assert_snapshot!(known("configmap/kube-system/my-scheduler/config"), @r#"
    error: configmap/kube-system/my-scheduler/config: it has no key "config"; its keys are: README, config.yaml
    --- status 2
    "#);
    assert_snapshot!(known("configmap/kube-system/two"), @"
    error: configmap/kube-system/two: 2 keys are a KubeSchedulerConfiguration; name one with /KEY: a.yaml, b.yaml
    --- status 2
    ");
    assert_snapshot!(known("configmap/kube-system/none"), @r#"
    error: configmaps "none" not found in tests/cli/words; snapshots contain no ConfigMaps: pass --scheduler-config when you write the snapshot, or name a file
    --- status 2
    "#);
    assert_snapshot!(known("configmap/kube-system"), @"
    error: a ConfigMap is named configmap/NAMESPACE/NAME or configmap/NAMESPACE/NAME/KEY. See 'kubectl sched explain -h' for help and examples
    --- status 2
    ");
}

#[test]
fn a_snapshot_keeps_the_words_unless_it_is_redacted() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("out.json.gz");
    let file = file.to_str().unwrap();
    let explained = |pod: &str| {
        let screen = screen(&format!("explain {pod} -n shop --no-suggestions --snapshot {file}"));
        screen.split_once("\nREASON").map_or(screen.clone(), |(shown, _)| shown.to_owned())
    };
    let make = |flags: &str| {
        let made = screen(&format!(
            "snapshot --snapshot tests/cli/words --scheduler-config configmap/kube-system/my-scheduler -f {file} {flags}"
        ));
        assert!(made.ends_with("--- status 0"), "{made}");
    };
    make("");
    assert_snapshot!(explained("stale"), @"
    Pod shop/stale fits: 1 of 2 nodes                    default-scheduler · v1.35.2

      the scheduler's own event of 2026-03-01T10:20:00Z is different:
        0/3 nodes are available: 3 Insufficient cpu.
      only there: Insufficient cpu (2 nodes); the difference is on node-b (fits
      here)
      since then the cluster has 2 nodes instead of 3 and node conditions of node-b
      changed

    node-b is the only node that fits

    NODE              RANK   TOTAL
    node-b   picked      1     471
    its scores: -o wide

    1 node rejects it:
    ");
    assert_snapshot!(
        screen(&format!("explain same -n shop -o name --snapshot {file} --scheduler-config configmap/kube-system/my-scheduler"))
            .replace(file, "FILE"),
        @r#"
    --- stderr
    error: configmaps "my-scheduler" not found in FILE; the snapshot already contains the scheduler's configuration: remove --scheduler-config
    --- status 2
    "#
    );
    make("--redact");
    let mut text = String::new();
    let compressed = std::fs::File::open(file).unwrap();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(compressed), &mut text).unwrap();
    assert!(!text.contains("nodes are available") && !text.contains("my-scheduler"), "{text}");
    let record: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_snapshot!(record["items"][0]["scheduler"], @r#"{"config":"","featureGates":"DRAExtendedResource=true,Gone=true","version":"v1.35.2"}"#);
}
