//! What `config` and `version` show.

use insta::assert_snapshot;

use super::harness::screen;

#[test]
fn a_configuration() {
    assert_snapshot!(screen("config --scheduler-config examples/config/binpack.yaml --kube-version v1.34"), @r"
    Profile default-scheduler                                                  v1.34

    PLUGIN               WEIGHT   FROM                       EXTENSION POINTS
    SchedulingGates      <none>   default                    preEnqueue
    DynamicResources     <none>   default                    preEnqueue preFilter
                                                             filter postFilter
                                                             reserve preBind
    DefaultPreemption    <none>   default                    preEnqueue postFilter
    PrioritySort         <none>   default                    queueSort
    NodeAffinity              2   default                    preFilter filter
                                                             preScore score
    NodePorts            <none>   default                    preFilter filter
    NodeResourcesFit          5   default, extension point   preFilter filter
                                                             preScore score
    VolumeRestrictions   <none>   default                    preFilter filter
    NodeVolumeLimits     <none>   default                    preFilter filter
    VolumeBinding             1   default                    preFilter filter
                                                             preScore score reserve
                                                             preBind
    VolumeZone           <none>   default                    preFilter filter
    PodTopologySpread         2   default                    preFilter filter
                                                             preScore score
    InterPodAffinity          2   default                    preFilter filter
                                                             preScore score
    NodeUnschedulable    <none>   default                    filter
    NodeName             <none>   default                    filter
    TaintToleration           3   default                    filter preScore score
    NodeResources        <none>   default                    preScore
    BalancedAllocation
    ImageLocality             1   default                    score
    DefaultBinder        <none>   default                    bind

    PLUGIN               ARGUMENT                    VALUE
    DefaultPreemption    minCandidateNodesAbsolute   100
                         minCandidateNodes           10
                         Percentage
    NodeResourcesFit     resources                   cpu: 1, memory: 1
                         scoringStrategy             MostAllocated
    VolumeBinding        bindTimeoutSeconds          600
    PodTopologySpread    defaultingType              System
    InterPodAffinity     hardPodAffinityWeight       1
                         ignorePreferredTermsOf      false
                         ExistingPods
    NodeResources        resources                   cpu: 1, memory: 1
    BalancedAllocation
    --- stderr
    --- status 0
    ");
}

/// The lines before the first profile and those behind the last table.
fn around(arguments: &str) -> String {
    let text = screen(arguments);
    let before = text.lines().take_while(|line| !line.starts_with("Profile"));
    let behind = text.lines().skip_while(|line| !line.starts_with("caution") && !line.starts_with("not evaluated"));
    let stderr = text.lines().skip_while(|line| *line != "--- stderr");
    let behind: Vec<&str> = behind.take_while(|line| *line != "--- stderr").collect();
    before.chain(behind).chain(stderr).map(|line| format!("{line}\n")).collect()
}

#[test]
fn where_a_configuration_comes_from() {
    assert_snapshot!(around("config"), @"");
    assert_snapshot!(around("config --snapshot examples/clusters/mixed.yaml"), @"");
    assert_snapshot!(around("config --kube-version v1.29 --feature-gates NodeSwap=true,PodLevelResources=false"), @"");
}

#[test]
fn the_version() {
    assert_snapshot!(screen("version"), @r"
    Client Version: v0.1.0
    Reproduces kube-scheduler: v1.33 to v1.37
    --- stderr
    --- status 0
    ");
}
