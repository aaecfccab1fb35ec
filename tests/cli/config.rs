//! What `config` and `version` show.

use insta::assert_snapshot;

use super::harness::screen;

#[test]
fn a_configuration() {
    assert_snapshot!(screen("config --scheduler-config examples/config/binpack.yaml --kube-version v1.34"), @"
    version: v1.34 is assumed, as --kube-version says
    configuration: examples/config/binpack.yaml
    percentageOfNodesToScore: 0 (default of v1.34, adapts to the number of nodes)

    Profile default-scheduler                                                  v1.34

    PLUGIN               WEIGHT   FROM                     EXTENSION POINTS
    SchedulingGates      <none>   default of v1.34         preEnqueue
    DynamicResources     <none>   default of v1.34         preEnqueue preFilter
                                                           filter postFilter reserve
                                                           preBind
    DefaultPreemption    <none>   default of v1.34         preEnqueue postFilter
    PrioritySort         <none>   default of v1.34         queueSort
    NodeAffinity              2   default of v1.34         preFilter filter preScore
                                                           score
    NodePorts            <none>   default of v1.34         preFilter filter
    NodeResourcesFit          5   default of v1.34, file   preFilter filter preScore
                                                           score
    VolumeRestrictions   <none>   default of v1.34         preFilter filter
    NodeVolumeLimits     <none>   default of v1.34         preFilter filter
    VolumeBinding             1   default of v1.34         preFilter filter preScore
                                                           score reserve preBind
    VolumeZone           <none>   default of v1.34         preFilter filter
    PodTopologySpread         2   default of v1.34         preFilter filter preScore
                                                           score
    InterPodAffinity          2   default of v1.34         preFilter filter preScore
                                                           score
    NodeUnschedulable    <none>   default of v1.34         filter
    NodeName             <none>   default of v1.34         filter
    TaintToleration           3   default of v1.34         filter preScore score
    NodeResources        <none>   default of v1.34         preScore
    BalancedAllocation
    ImageLocality             1   default of v1.34         score
    DefaultBinder        <none>   default of v1.34         bind

    PLUGIN               ARGUMENT                    VALUE               FROM
    DefaultPreemption    minCandidateNodesAbsolute   100                 default of v1.34
                         minCandidateNodes           10                  default of v1.34
                         Percentage
    NodeResourcesFit     resources                   cpu: 1, memory: 1   default of v1.34
                         scoringStrategy             MostAllocated       file
    VolumeBinding        bindTimeoutSeconds          600                 default of v1.34
    PodTopologySpread    defaultingType              System              default of v1.34
    InterPodAffinity     hardPodAffinityWeight       1                   default of v1.34
                         ignorePreferredTermsOf      false               default of v1.34
                         ExistingPods
    NodeResources        resources                   cpu: 1, memory: 1   default of v1.34
    BalancedAllocation
    --- stderr
    --- status 0
    ");
}

#[test]
fn no_cluster_is_asked() {
    assert_snapshot!(screen("config"), @"
    defaults of v1.37, no cluster asked: The connection to the server localhost:8080
    was refused - did you specify the right host or port? No cluster is configured
    percentageOfNodesToScore: 0 (default of v1.37, adapts to the number of nodes)

    Profile default-scheduler                                                  v1.37

    PLUGIN                 WEIGHT   FROM               EXTENSION POINTS
    SchedulingGates        <none>   default of v1.37   preEnqueue
    DynamicResources            2   default of v1.37   preEnqueue preFilter filter
                                                       postFilter score reserve
                                                       preBind podGroupPostFilter
    DefaultPreemption      <none>   default of v1.37   preEnqueue postFilter
                                                       podGroupPostFilter
    PrioritySort           <none>   default of v1.37   queueSort
    NodeName               <none>   default of v1.37   preFilter filter
    NodeUnschedulable      <none>   default of v1.37   preFilter filter
    TaintToleration             3   default of v1.37   preFilter filter preScore
                                                       score
    NodeAffinity                2   default of v1.37   preFilter filter preScore
                                                       score
    NodePorts              <none>   default of v1.37   preFilter filter
    NodeResourcesFit            1   default of v1.37   preFilter filter preScore
                                                       score placementScore
    VolumeRestrictions     <none>   default of v1.37   preFilter filter
    NodeVolumeLimits       <none>   default of v1.37   preFilter filter
    VolumeBinding               1   default of v1.37   preFilter filter preScore
                                                       score reserve preBind
    VolumeZone             <none>   default of v1.37   preFilter filter
    PodTopologySpread           2   default of v1.37   preFilter filter preScore
                                                       score
    InterPodAffinity            2   default of v1.37   preFilter filter preScore
                                                       score
    NodeDeclaredFeatures   <none>   default of v1.37   preFilter filter
    NodeResources               1   default of v1.37   preScore score
    BalancedAllocation
    ImageLocality               1   default of v1.37   score
    DefaultBinder          <none>   default of v1.37   bind

    PLUGIN               ARGUMENT                    VALUE                                                       FROM
    DefaultPreemption    minCandidateNodesAbsolute   100                                                         default of v1.37
                         minCandidateNodes           10                                                          default of v1.37
                         Percentage
    NodeResourcesFit     resources                   cpu: 1, memory: 1                                           default of v1.37
                         scoringStrategy             LeastAllocated                                              default of v1.37
    VolumeBinding        bindTimeoutSeconds          600                                                         default of v1.37
                         shape                       {score: 10, utilization: 0}, {score: 0, utilization: 100}   default of v1.37
    PodTopologySpread    defaultingType              System                                                      default of v1.37
    InterPodAffinity     hardPodAffinityWeight       1                                                           default of v1.37
                         ignorePreferredTermsOf      false                                                       default of v1.37
                         ExistingPods
    NodeResources        resources                   cpu: 1, memory: 1                                           default of v1.37
    BalancedAllocation
    --- stderr
    --- status 0
    ");
}

#[test]
fn the_version_of_a_snapshot() {
    assert_snapshot!(screen("config --snapshot examples/clusters/mixed.yaml"), @"
    version: v1.34.1, as examples/clusters/mixed.yaml has it
    feature gates: defaults are assumed, as examples/clusters/mixed.yaml shows no
    pod of kube-scheduler (managed control planes hide it)
    percentageOfNodesToScore: 0 (default of v1.34, adapts to the number of nodes)

    Profile default-scheduler                                                v1.34.1

    PLUGIN               WEIGHT   FROM               EXTENSION POINTS
    SchedulingGates      <none>   default of v1.34   preEnqueue
    DynamicResources     <none>   default of v1.34   preEnqueue preFilter filter
                                                     postFilter reserve preBind
    DefaultPreemption    <none>   default of v1.34   preEnqueue postFilter
    PrioritySort         <none>   default of v1.34   queueSort
    NodeAffinity              2   default of v1.34   preFilter filter preScore score
    NodePorts            <none>   default of v1.34   preFilter filter
    NodeResourcesFit          1   default of v1.34   preFilter filter preScore score
    VolumeRestrictions   <none>   default of v1.34   preFilter filter
    NodeVolumeLimits     <none>   default of v1.34   preFilter filter
    VolumeBinding             1   default of v1.34   preFilter filter preScore score
                                                     reserve preBind
    VolumeZone           <none>   default of v1.34   preFilter filter
    PodTopologySpread         2   default of v1.34   preFilter filter preScore score
    InterPodAffinity          2   default of v1.34   preFilter filter preScore score
    NodeUnschedulable    <none>   default of v1.34   filter
    NodeName             <none>   default of v1.34   filter
    TaintToleration           3   default of v1.34   filter preScore score
    NodeResources             1   default of v1.34   preScore score
    BalancedAllocation
    ImageLocality             1   default of v1.34   score
    DefaultBinder        <none>   default of v1.34   bind

    PLUGIN               ARGUMENT                    VALUE               FROM
    DefaultPreemption    minCandidateNodesAbsolute   100                 default of v1.34
                         minCandidateNodes           10                  default of v1.34
                         Percentage
    NodeResourcesFit     resources                   cpu: 1, memory: 1   default of v1.34
                         scoringStrategy             LeastAllocated      default of v1.34
    VolumeBinding        bindTimeoutSeconds          600                 default of v1.34
    PodTopologySpread    defaultingType              System              default of v1.34
    InterPodAffinity     hardPodAffinityWeight       1                   default of v1.34
                         ignorePreferredTermsOf      false               default of v1.34
                         ExistingPods
    NodeResources        resources                   cpu: 1, memory: 1   default of v1.34
    BalancedAllocation
    --- stderr
    --- status 0
    ");
}

#[test]
fn gates_without_effect() {
    assert_snapshot!(screen("config --kube-version v1.34 --feature-gates NodeSwap=true,PodLevelResources=true"), @"
    version: v1.34 is assumed, as --kube-version says
    feature gates: NodeSwap=true,PodLevelResources=true is assumed, as
    --feature-gates says
    percentageOfNodesToScore: 0 (default of v1.34, adapts to the number of nodes)

    Profile default-scheduler                                                  v1.34

    PLUGIN               WEIGHT   FROM               EXTENSION POINTS
    SchedulingGates      <none>   default of v1.34   preEnqueue
    DynamicResources     <none>   default of v1.34   preEnqueue preFilter filter
                                                     postFilter reserve preBind
    DefaultPreemption    <none>   default of v1.34   preEnqueue postFilter
    PrioritySort         <none>   default of v1.34   queueSort
    NodeAffinity              2   default of v1.34   preFilter filter preScore score
    NodePorts            <none>   default of v1.34   preFilter filter
    NodeResourcesFit          1   default of v1.34   preFilter filter preScore score
    VolumeRestrictions   <none>   default of v1.34   preFilter filter
    NodeVolumeLimits     <none>   default of v1.34   preFilter filter
    VolumeBinding             1   default of v1.34   preFilter filter preScore score
                                                     reserve preBind
    VolumeZone           <none>   default of v1.34   preFilter filter
    PodTopologySpread         2   default of v1.34   preFilter filter preScore score
    InterPodAffinity          2   default of v1.34   preFilter filter preScore score
    NodeUnschedulable    <none>   default of v1.34   filter
    NodeName             <none>   default of v1.34   filter
    TaintToleration           3   default of v1.34   filter preScore score
    NodeResources             1   default of v1.34   preScore score
    BalancedAllocation
    ImageLocality             1   default of v1.34   score
    DefaultBinder        <none>   default of v1.34   bind

    PLUGIN               ARGUMENT                    VALUE               FROM
    DefaultPreemption    minCandidateNodesAbsolute   100                 default of v1.34
                         minCandidateNodes           10                  default of v1.34
                         Percentage
    NodeResourcesFit     resources                   cpu: 1, memory: 1   default of v1.34
                         scoringStrategy             LeastAllocated      default of v1.34
    VolumeBinding        bindTimeoutSeconds          600                 default of v1.34
    PodTopologySpread    defaultingType              System              default of v1.34
    InterPodAffinity     hardPodAffinityWeight       1                   default of v1.34
                         ignorePreferredTermsOf      false               default of v1.34
                         ExistingPods
    NodeResources        resources                   cpu: 1, memory: 1   default of v1.34
    BalancedAllocation

    caution: feature gate NodeSwap has no effect: nothing in kube-scheduler reads it
    caution: feature gate PodLevelResources changes nothing: this is the default of
    v1.34
    --- stderr
    --- status 0
    ");
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
