//! Groups of pods that kube-scheduler itself schedules together: what `explain` and `simulate` show of them.

use insta::assert_snapshot;

use super::harness::screen;

const GANGS: &str =
    "-n ml --kube-version v1.37 --feature-gates GenericWorkload=true --snapshot examples/clusters/gangs.yaml";

#[test]
fn a_gang_of_which_too_few_fit() {
    assert_snapshot!(screen(&format!("explain train-3 {GANGS}")), @"
    PodGroup ml/train does not fit: 3 of 4 pods find a node, minCount 4
    default-scheduler · v1.37
    gang with minCount 4: 4 pods exist, 0 with a node, 4 pending
      find a node, and do not get it: a-2 (train-0), b-1 (train-1) and b-2 (train-2)
      train-3: 0/4 nodes are available: 4 Insufficient cpu.
      its condition PodGroupInitiallyScheduled=False (as found here), Unschedulable:
      minCount (4) cannot be satisfied: 3 scheduled, 0 remaining, pod group
      preemption: No preemption victims found for incoming preemptor

    Pod ml/train-3 alone fits: 3 of 4 nodes

    no scheduler has tried this pod yet: it has neither an event nor the condition
    PodScheduled, and has been waiting since 2026-05-04T11:40:03Z; is kube-scheduler
    running?

    3 nodes tie at 415 points (a-2, b-1 and b-2): kube-scheduler picks one of them
    at random, each with a chance of 1 in 3

    NODE            RANK   TOTAL
    a-2    picked      1     415
    b-1    picked      1     415
    b-2    picked      1     415
    6 more plugins gave every node the same score (-o wide)

    1 node rejects it:
    REASON                                            NODES   WHERE
    NodeResourcesFit   cpu: 6 requested, short by 1       1   a-1

    NOT CONSIDERED   could change the answer
    Services   not in the input; add them to the dump: default topology spreading
               was not applied
    --- stderr
    --- status 0
    ");
}

#[test]
fn a_group_is_named() {
    assert_snapshot!(screen(&format!("explain podgroup/index {GANGS} --no-suggestions")), @"
    PodGroup ml/index fits in part: 1 of 2 pending pods would be scheduled
    default-scheduler · v1.37
    no gang: its pods need not fit all: 2 pods exist, 0 with a node, 2 pending
      would go to a-2 (index-0)
      index-1: 0/4 nodes are available: 4 Insufficient cpu.
      kube-scheduler would write PodGroupInitiallyScheduled=True, Scheduled

    Pod ml/index-0 alone fits: 4 of 4 nodes

    no scheduler has tried this pod yet: it has neither an event nor the condition
    PodScheduled, and has been waiting since 2026-05-04T11:41:00Z; is kube-scheduler
    running?

    3 nodes tie at 433 points (a-2, b-1 and b-2): kube-scheduler picks one of them
    at random, each with a chance of 1 in 3

    NODE            RANK   TOTAL   NodeResourcesFit x1
    a-2    picked      1     433                    68
    b-1    picked      1     433                    68
    b-2    picked      1     433                    68
    a-1                4     408                    43
    5 more plugins gave every node the same score (-o wide)

    NOT CONSIDERED   could change the answer
    Services   not in the input; add them to the dump: default topology spreading
               was not applied

    --------------------------------------------------------------------------------
    Pod ml/index-1 alone does not fit: 0 of 4 nodes        default-scheduler · v1.37

    0/4 nodes are available: 4 Insufficient cpu.

    REASON                                             NODES   WHERE
    NodeResourcesFit   cpu: 12 requested, short by 4       4   every node
                       to 7

    CLOSEST NODES
    a-1 and 3 more   cpu   needs 12, more than the node's 8

    no scheduler has tried this pod yet: it has neither an event nor the condition
    PodScheduled, and has been waiting since 2026-05-04T11:41:01Z; is kube-scheduler
    running?

    NOT CONSIDERED   could change the answer
    Services   not in the input; add them to the dump: default topology spreading
               was not applied
    --- stderr
    --- status 0
    ");
}

#[test]
fn a_gang_that_waits_for_pods() {
    assert_snapshot!(screen(&format!("explain podgroup sweep {GANGS} --no-suggestions")), @"
    PodGroup ml/sweep waits for more pods: 3 exist, minCount 4
    default-scheduler · v1.37
    gang with minCount 4: 3 pods exist, 0 with a node, 3 pending
      sweep-0, sweep-1 and sweep-2: waiting for minCount pods from a gang to appear
      in scheduling queue

    Pod ml/sweep-0 waits for its group; it alone would fit
    the same is true of 2 more pods: sweep-1 and sweep-2

    waiting for minCount pods from a gang to appear in scheduling queue

    3 nodes tie at 462 points (a-2, b-1 and b-2): kube-scheduler picks one of them
    at random, each with a chance of 1 in 3

    NODE            RANK   TOTAL   NodeResourcesFit x1
    a-2    picked      1     462                    87
    b-1    picked      1     462                    87
    b-2    picked      1     462                    87
    a-1                4     437                    62
    5 more plugins gave every node the same score (-o wide)

    NOT CONSIDERED   could change the answer
    Services   not in the input; add them to the dump: default topology spreading
               was not applied
    --- stderr
    --- status 0
    ");
}

#[test]
fn there_is_no_such_group() {
    assert_snapshot!(screen(&format!("explain podgroup/trian {GANGS}")), @r#"
    --- stderr
    error: podgroups.scheduling.k8s.io "trian" not found in namespace "ml" of examples/clusters/gangs.yaml; did you mean train?
    --- status 2
    "#);
}

#[test]
fn its_feature_gate_is_off() {
    assert_snapshot!(screen("explain podgroup/train -n ml --kube-version v1.37 --snapshot examples/clusters/gangs.yaml"), @r#"
    --- stderr
    error: podgroups.scheduling.k8s.io "train" not found in namespace "ml" of examples/clusters/gangs.yaml; kube-scheduler reads PodGroups with --feature-gates GenericWorkload=true only
    --- status 2
    "#);
}

#[test]
fn a_version_that_does_not_serve_the_group() {
    assert_snapshot!(screen(
        "explain train-0 -n ml --kube-version v1.35 --feature-gates GenericWorkload=true,GangScheduling=true \
         --no-suggestions --snapshot examples/clusters/gangs.yaml"
    ), @"
    Pod ml/train-0 fits: 3 of 4 nodes                      default-scheduler · v1.35

    no scheduler has tried this pod yet: it has neither an event nor the condition
    PodScheduled, and has been waiting since 2026-05-04T11:40:00Z; is kube-scheduler
    running?

    3 nodes tie at 424 points (a-2, b-1 and b-2): kube-scheduler picks one of them
    at random, each with a chance of 1 in 3

    NODE            RANK   TOTAL
    a-2    picked      1     424
    b-1    picked      1     424
    b-2    picked      1     424
    5 more plugins gave every node the same score (-o wide)

    1 node rejects it:
    REASON                                            NODES   WHERE
    NodeResourcesFit   cpu: 6 requested, short by 1       1   a-1

    NOT CONSIDERED   could change the answer
    Services             not in the input; add them to the dump: default topology
                         spreading was not applied
    pod group ml/train   v1.35 does not serve PodGroup of scheduling.k8s.io and
                         ignores spec.schedulingGroup: the pod is scheduled by
                         itself
    --- stderr
    --- status 0
    ");
}

#[test]
fn a_group_read_in_another_version() {
    assert_snapshot!(screen(
        "explain podgroup/sweep -n ml --kube-version v1.36 --feature-gates GenericWorkload=true,GangScheduling=true \
         --no-suggestions --snapshot examples/clusters/gangs.yaml"
    ), @"
    PodGroup ml/sweep waits for more pods: 3 exist, minCount 4
    default-scheduler · v1.36
    gang with minCount 4: 3 pods exist, 0 with a node, 3 pending
      sweep-0, sweep-1 and sweep-2: waiting for minCount pods from a gang to appear
      in scheduling queue

    Pod ml/sweep-0 waits for its group; it alone would fit
    the same is true of 2 more pods: sweep-1 and sweep-2

    waiting for minCount pods from a gang to appear in scheduling queue

    3 nodes tie at 462 points (a-2, b-1 and b-2): kube-scheduler picks one of them
    at random, each with a chance of 1 in 3

    NODE            RANK   TOTAL   NodeResourcesFit x1
    a-2    picked      1     462                    87
    b-1    picked      1     462                    87
    b-2    picked      1     462                    87
    a-1                4     437                    62
    4 more plugins gave every node the same score (-o wide)

    NOT CONSIDERED   could change the answer
    PodGroup ml/sweep of scheduling.k8s.io/v1beta1   v1.36 does not serve that
                                                     version: it was read as
                                                     v1alpha2
    Services                                         not in the input; add them to
                                                     the dump: default topology
                                                     spreading was not applied
    --- stderr
    --- status 0
    ");
}

#[test]
fn all_groups_in_turn() {
    assert_snapshot!(screen(&format!("simulate --pending {GANGS}")), @"
    1 of 9 pods placed, on 1 of 4 nodes                                        v1.37
    3 pods not scheduled because of scheduling gates or their pod group

    POD GROUPS   what each group's cycle came to, as its condition has it
    ml/train: 0 of 4 pods placed; PodGroupInitiallyScheduled=False, Unschedulable
      minCount (4) cannot be satisfied: 3 scheduled, 0 remaining, pod group
      preemption: No preemption victims found for incoming preemptor
    ml/index: 1 of 2 pods placed; PodGroupInitiallyScheduled=True, Scheduled

    NOT PLACED   kube-scheduler's message for the first pod of each group
    3 pods: ml/train-0, ml/train-1 and ml/train-2
      pod group is unschedulable, minCount (4) cannot be satisfied: 3 scheduled, 0
      remaining, pod group preemption: No preemption victims found for incoming
      preemptor
    3 pods: ml/sweep-0, ml/sweep-1 and ml/sweep-2
      waiting for minCount pods from a gang to appear in scheduling queue
    2 pods: ml/train-3 and ml/index-1
      0/4 nodes are available: 4 Insufficient cpu.

    NODE   PODS    CPU        MEMORY
    a-2    0 → 1   0% → 50%   0% → 12%

    CLUSTER                           CPU             MEMORY        PODS
    utilization                       9.4% → 21.9%    3.1% → 6.2%   0.2% → 0.5%
    fragmentation (lower is better)   0.0% → 0.0%     0.0% → 0.0%   0.0% → 0.0%
    imbalance (lower is better)       16.2% → 22.3%   5.4% → 6.2%   0.4% → 0.5%
    2 of 4 nodes with pods, 1 newly used

    POD          NODE      TOTAL     TIES
    ml/train-0   <none>   <none>   <none>
    ml/train-1   <none>   <none>   <none>
    ml/train-2   <none>   <none>   <none>
    ml/train-3   <none>   <none>   <none>
    ml/index-0   a-2         433        2
    ml/index-1   <none>   <none>   <none>
    ml/sweep-0   <none>   <none>   <none>
    ml/sweep-1   <none>   <none>   <none>
    ml/sweep-2   <none>   <none>   <none>
    TIES: other nodes that are equally good; try --runs 100

    NOT CONSIDERED   could change the answer
    Services   not in the input; add them to the dump: default topology spreading
               was not applied
    --- stderr
    --- status 0
    ");
}
