# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_kubectl_sched_global_optspecs
    string join \n input-limits= h/help
end

function __fish_kubectl_sched_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_kubectl_sched_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_kubectl_sched_using_subcommand
    set -l cmd (__fish_kubectl_sched_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c kubectl-sched -n "__fish_kubectl_sched_needs_command" -l input-limits -d 'Accept input up to N times the limits that protect against hostile files and servers' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-sched -n "__fish_kubectl_sched_needs_command" -f -a "explain" -d 'Explain why a pod is pending, or why it is where it is'
complete -c kubectl-sched -n "__fish_kubectl_sched_needs_command" -f -a "simulate" -d 'Show where pods would go, one after the other'
complete -c kubectl-sched -n "__fish_kubectl_sched_needs_command" -f -a "capacity" -d 'Show how many more pods fit, and what runs out first'
complete -c kubectl-sched -n "__fish_kubectl_sched_needs_command" -f -a "pending" -d 'Show all pending pods, grouped by root cause'
complete -c kubectl-sched -n "__fish_kubectl_sched_needs_command" -f -a "devices" -d 'Show the devices of dynamic resource allocation'
complete -c kubectl-sched -n "__fish_kubectl_sched_needs_command" -f -a "nodegroups" -d 'Show node groups and NodePools, and why none grows'
complete -c kubectl-sched -n "__fish_kubectl_sched_needs_command" -f -a "resilience" -d 'Show which node or zone cannot be lost, or how to drain nodes'
complete -c kubectl-sched -n "__fish_kubectl_sched_needs_command" -f -a "check" -d 'Check whether the manifests of a change fit, also while they roll out'
complete -c kubectl-sched -n "__fish_kubectl_sched_needs_command" -f -a "diff" -d 'Compare two states, or two schedulers on one state'
complete -c kubectl-sched -n "__fish_kubectl_sched_needs_command" -f -a "snapshot" -d 'Save the state that scheduling depends on to one file, optionally redacted'
complete -c kubectl-sched -n "__fish_kubectl_sched_needs_command" -f -a "config" -d 'Show the effective scheduler configuration'
complete -c kubectl-sched -n "__fish_kubectl_sched_needs_command" -f -a "completion" -d 'Print the completion script for a shell'
complete -c kubectl-sched -n "__fish_kubectl_sched_needs_command" -f -a "version" -d 'Print the version, and the Kubernetes versions whose scheduler it reproduces'
complete -c kubectl-sched -n "__fish_kubectl_sched_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -s l -l selector -d 'Explain all pods, or all objects of a TYPE, with these labels: app=web,tier!=db' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -s k -l kustomize -d 'Read the manifests that `kubectl kustomize` makes of a directory' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l validate -d 'What to do about fields and kinds that the API does not have: strict refuses them' -r -f -a "strict\t'They are refused'
warn\t'They are read, with a warning'
ignore\t'They are read'"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l node -d 'Show only one node, with every detail of every plugin' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l autoscaler-flags -d 'The autoscaler\'s flags, where it does not run as a pod of the state' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l node-group-label -d 'A node label whose value is the id of the node\'s group' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l node-group-templates -d 'What new nodes are like: the autoscaler\'s /snapshotz, or nodes by group' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l instance-types -d 'The provider\'s catalogue, for Karpenter: instance types with labels, capacity and offerings' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l snapshot -d 'Read the state from a file or directory (- is standard input), not from a cluster' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l at -d 'The moment of the question, for ages and time-outs (RFC 3339) [default: now]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l autoscaler-status -d 'The Cluster Autoscaler\'s status ConfigMap [default: kube-system/cluster-autoscaler-status]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l scheduler-config -d 'The scheduler configuration: a file or configmap/NAMESPACE/NAME[/KEY]' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l kube-version -d 'The scheduler version, such as v1.34 [default: the cluster\'s]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l feature-gates -d 'The scheduler\'s feature gates: A=true,B=false [default: those of its pod]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -s o -l output -d 'Output format: table, wide, json, yaml, name or html' -r -f -a "table\t''
wide\t''
json\t''
yaml\t''
name\t''
html\t''"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l color -d 'When to use colour; NO_COLOR is respected' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t''
never\t''"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -s v -l v -d 'Log to standard error what is being done' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -s n -l namespace -d 'The namespace of the objects' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l kubeconfig -d 'Path to the kubeconfig file [default: $KUBECONFIG, or ~/.kube/config]' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l token -d 'Bearer token for the API server' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l as -d 'User name to impersonate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l as-group -d 'Group to impersonate; may be given several times' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l request-timeout -d 'How long to wait for a single request (1s, 1m30s, 500ms; 0 waits forever)' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l certificate-authority -d 'Path to the certificate of the authority that signed the server certificate' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l client-certificate -d 'Path to a client certificate for TLS' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l client-key -d 'Path to a client key for TLS' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l tls-server-name -d 'Server name for the check of the server certificate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l cache-dir -d 'kubectl\'s cache directory; accepted but not used' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l chunk-size -d 'Objects per page of a list; 0 for all in one' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -s f -l filename -d 'Explain the pods of manifests, which do not have to exist in the cluster' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l input-limits -d 'Accept input up to N times the limits that protect against hostile files and servers' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -s R -l recursive -d 'Read the directories of -f with all directories below them'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l exit-code -d 'Exit with status 1 when a pod does not fit'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l no-suggestions -d 'Do not search for changes that would help (faster)'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l as-default-scheduler -d 'Explain pods of other schedulers by kube-scheduler\'s default profile'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l commands -d 'Show the commands that make each suggested change'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l call-extenders -d 'Call the extenders of --scheduler-config; they receive the pod and its candidate nodes'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l no-headers -d 'Print tables without headers'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -s A -l all-namespaces -d 'All namespaces; not possible with a name'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; this makes the connection insecure'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -s k -l kustomize -d 'Read the manifests that `kubectl kustomize` makes of a directory' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l validate -d 'What to do about fields and kinds that the API does not have: strict refuses them' -r -f -a "strict\t'They are refused'
warn\t'They are read, with a warning'
ignore\t'They are read'"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l replicas -d 'Schedule this number of copies of each pod in -f instead' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l add -d 'Add this number of replicas to each workload that is named' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l rebalance -d 'Show which pods would land better if they were evicted, at most NUMBER [default: 10]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l seed -d 'Pick at random among equally good nodes; the same seed gives the same run' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l expander -d 'How the autoscaler chooses a group: least-waste, most-pods, least-nodes, priority, price [default: its flag]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l write-state -d 'Write the resulting state to FILE; --snapshot FILE goes on from it' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l autoscaler-flags -d 'The autoscaler\'s flags, where it does not run as a pod of the state' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l node-group-label -d 'A node label whose value is the id of the node\'s group' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l node-group-templates -d 'What new nodes are like: the autoscaler\'s /snapshotz, or nodes by group' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l instance-types -d 'The provider\'s catalogue, for Karpenter: instance types with labels, capacity and offerings' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l runs -d 'Run the simulation with this many seeds, and count the outcomes' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l shard -d 'Run only one of several equal shards of the runs; the first is 0/COUNT; see simulate merge' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l strategy -d 'Choose nodes by least-load, best-fit, first-fit, weighted-least-load, random or config=FILE' -r -f -a "default\t''
random\t''
least-load\t''
best-fit\t''
first-fit\t''
weighted-least-load\t''
config=\t''"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l compare -d 'Place the same pods with several strategies, and compare; see docs/strategies.md' -r -f -a "default\t''
random\t''
least-load\t''
best-fit\t''
first-fit\t''
weighted-least-load\t''
config=\t''"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l weight-label -d 'The node label with the weight, for weighted-least-load' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l price-label -d 'The node label with the price of the node: show the cost of the used nodes' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l scenario -d 'Apply the steps of a Scenario file; see docs/scenarios.md' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l cordon -d 'Cordon a node, or all nodes with a label (pool=gpu)' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l uncordon -d 'Uncordon a node, or all nodes with a label' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l drain -d 'Cordon nodes and evict their pods as kubectl drain does' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l remove-node -l remove-nodes -d 'Remove nodes without draining, such as a zone (zone=a)' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l add-nodes -d 'Add N copies of a node, with their DaemonSet pods' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l taint -d 'Add a taint; with - after the effect, remove it' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l label -d 'Set a label; NODE=KEY- removes it' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l scale -l set-replicas -d 'Scale a workload (deploy/web=10), or add replicas (deploy/web=+5)' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l set-resources -d 'Set requests of all containers, or of one (deploy/web:app=cpu=2)' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l restart -d 'Restart a workload as kubectl rollout restart does' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l delete -d 'Delete a workload, or a pod (its controller recreates it)' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l snapshot -d 'Read the state from a file or directory (- is standard input), not from a cluster' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l at -d 'The moment of the question, for ages and time-outs (RFC 3339) [default: now]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l autoscaler-status -d 'The Cluster Autoscaler\'s status ConfigMap [default: kube-system/cluster-autoscaler-status]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l scheduler-config -d 'The scheduler configuration: a file or configmap/NAMESPACE/NAME[/KEY]' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l kube-version -d 'The scheduler version, such as v1.34 [default: the cluster\'s]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l feature-gates -d 'The scheduler\'s feature gates: A=true,B=false [default: those of its pod]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -s o -l output -d 'Output format: table, wide, json, yaml, name or html' -r -f -a "table\t''
wide\t''
json\t''
yaml\t''
name\t''
html\t''"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l color -d 'When to use colour; NO_COLOR is respected' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t''
never\t''"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -s v -l v -d 'Log to standard error what is being done' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -s n -l namespace -d 'The namespace of the objects' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l kubeconfig -d 'Path to the kubeconfig file [default: $KUBECONFIG, or ~/.kube/config]' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l token -d 'Bearer token for the API server' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l as -d 'User name to impersonate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l as-group -d 'Group to impersonate; may be given several times' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l request-timeout -d 'How long to wait for a single request (1s, 1m30s, 500ms; 0 waits forever)' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l certificate-authority -d 'Path to the certificate of the authority that signed the server certificate' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l client-certificate -d 'Path to a client certificate for TLS' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l client-key -d 'Path to a client key for TLS' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l tls-server-name -d 'Server name for the check of the server certificate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l cache-dir -d 'kubectl\'s cache directory; accepted but not used' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l chunk-size -d 'Objects per page of a list; 0 for all in one' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -s f -l filename -d 'Schedule the pods of manifests, as many as these have replicas' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l input-limits -d 'Accept input up to N times the limits that protect against hostile files and servers' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l pending -d 'Schedule all pending pods, of all namespaces'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -s R -l recursive -d 'Read the directories of -f with all directories below them'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l repack -d 'Place all pods again, on as few nodes as possible'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l diff -d 'Show only the differences from the unchanged cluster'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l preempt -d 'Allow preemption of pods of lower priority'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l autoscale -d 'Let the Cluster Autoscaler and Karpenter add nodes for pods that fit nowhere, until nothing changes'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l exit-code -d 'Exit with status 1 when a pod does not fit'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l force -d 'With --drain or --drain-plan: also evict pods without a controller'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l call-extenders -d 'Call the extenders of --scheduler-config; they receive the pod and its candidate nodes'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l no-headers -d 'Print tables without headers'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -s A -l all-namespaces -d 'All namespaces; not possible with a name'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; this makes the connection insecure'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and not __fish_seen_subcommand_from merge" -a "merge" -d 'Combine the shards of a sweep'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and __fish_seen_subcommand_from merge" -l color -d 'When to use colour; NO_COLOR is respected' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t''
never\t''"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and __fish_seen_subcommand_from merge" -s v -l v -d 'Log to standard error what is being done' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and __fish_seen_subcommand_from merge" -s o -l output -d 'Output format: table, wide, json or yaml' -r -f -a "table\t''
wide\t''
json\t''
yaml\t''"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and __fish_seen_subcommand_from merge" -l input-limits -d 'Accept input up to N times the limits that protect against hostile files and servers' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and __fish_seen_subcommand_from merge" -l exit-code -d 'Exit with status 1 when a pod does not fit in every run'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and __fish_seen_subcommand_from merge" -l no-headers -d 'Print tables without headers'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand simulate; and __fish_seen_subcommand_from merge" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -s k -l kustomize -d 'Read the manifests that `kubectl kustomize` makes of a directory' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l validate -d 'What to do about fields and kinds that the API does not have: strict refuses them' -r -f -a "strict\t'They are refused'
warn\t'They are read, with a warning'
ignore\t'They are read'"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l ratio -d 'Copies of each pod per set, in the order given: 3:1' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l limit -d 'Stop after this many copies' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l want -d 'Show how many more nodes this number of copies needs' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l like -d 'The node to copy for --want, or a file with a Node [default: the node that takes most copies]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l autoscaler-flags -d 'The autoscaler\'s flags, where it does not run as a pod of the state' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l node-group-label -d 'A node label whose value is the id of the node\'s group' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l node-group-templates -d 'What new nodes are like: the autoscaler\'s /snapshotz, or nodes by group' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l instance-types -d 'The provider\'s catalogue, for Karpenter: instance types with labels, capacity and offerings' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l scenario -d 'Apply the steps of a Scenario file; see docs/scenarios.md' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l cordon -d 'Cordon a node, or all nodes with a label (pool=gpu)' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l uncordon -d 'Uncordon a node, or all nodes with a label' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l drain -d 'Cordon nodes and evict their pods as kubectl drain does' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l remove-node -l remove-nodes -d 'Remove nodes without draining, such as a zone (zone=a)' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l add-nodes -d 'Add N copies of a node, with their DaemonSet pods' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l taint -d 'Add a taint; with - after the effect, remove it' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l label -d 'Set a label; NODE=KEY- removes it' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l scale -l set-replicas -d 'Scale a workload (deploy/web=10), or add replicas (deploy/web=+5)' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l set-resources -d 'Set requests of all containers, or of one (deploy/web:app=cpu=2)' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l restart -d 'Restart a workload as kubectl rollout restart does' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l delete -d 'Delete a workload, or a pod (its controller recreates it)' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l snapshot -d 'Read the state from a file or directory (- is standard input), not from a cluster' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l at -d 'The moment of the question, for ages and time-outs (RFC 3339) [default: now]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l autoscaler-status -d 'The Cluster Autoscaler\'s status ConfigMap [default: kube-system/cluster-autoscaler-status]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l scheduler-config -d 'The scheduler configuration: a file or configmap/NAMESPACE/NAME[/KEY]' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l kube-version -d 'The scheduler version, such as v1.34 [default: the cluster\'s]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l feature-gates -d 'The scheduler\'s feature gates: A=true,B=false [default: those of its pod]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l color -d 'When to use colour; NO_COLOR is respected' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t''
never\t''"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -s v -l v -d 'Log to standard error what is being done' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -s n -l namespace -d 'The namespace of the objects' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l kubeconfig -d 'Path to the kubeconfig file [default: $KUBECONFIG, or ~/.kube/config]' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l token -d 'Bearer token for the API server' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l as -d 'User name to impersonate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l as-group -d 'Group to impersonate; may be given several times' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l request-timeout -d 'How long to wait for a single request (1s, 1m30s, 500ms; 0 waits forever)' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l certificate-authority -d 'Path to the certificate of the authority that signed the server certificate' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l client-certificate -d 'Path to a client certificate for TLS' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l client-key -d 'Path to a client key for TLS' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l tls-server-name -d 'Server name for the check of the server certificate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l cache-dir -d 'kubectl\'s cache directory; accepted but not used' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l chunk-size -d 'Objects per page of a list; 0 for all in one' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -s o -l output -d 'Output format: table, wide, json, yaml or name' -r -f -a "table\t''
wide\t''
json\t''
yaml\t''
name\t''"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -s f -l filename -d 'Count copies of the pods in manifests, which do not have to exist in the cluster' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l input-limits -d 'Accept input up to N times the limits that protect against hostile files and servers' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -s R -l recursive -d 'Read the directories of -f with all directories below them'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l want-all -d 'Show how many more nodes all pods of the manifests need, as many as these have replicas'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l exit-code -d 'Exit with status 1 when no copy fits, fewer than --want, or a change of the cluster cannot be made'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l force -d 'With --drain or --drain-plan: also evict pods without a controller'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l call-extenders -d 'Call the extenders of --scheduler-config; they receive the pod and its candidate nodes'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l no-headers -d 'Print tables without headers'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -s A -l all-namespaces -d 'All namespaces; not possible with a name'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; this makes the connection insecure'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand capacity" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l autoscaler-flags -d 'The autoscaler\'s flags, where it does not run as a pod of the state' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l node-group-label -d 'A node label whose value is the id of the node\'s group' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l node-group-templates -d 'What new nodes are like: the autoscaler\'s /snapshotz, or nodes by group' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l instance-types -d 'The provider\'s catalogue, for Karpenter: instance types with labels, capacity and offerings' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l snapshot -d 'Read the state from a file or directory (- is standard input), not from a cluster' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l at -d 'The moment of the question, for ages and time-outs (RFC 3339) [default: now]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l autoscaler-status -d 'The Cluster Autoscaler\'s status ConfigMap [default: kube-system/cluster-autoscaler-status]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l scheduler-config -d 'The scheduler configuration: a file or configmap/NAMESPACE/NAME[/KEY]' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l kube-version -d 'The scheduler version, such as v1.34 [default: the cluster\'s]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l feature-gates -d 'The scheduler\'s feature gates: A=true,B=false [default: those of its pod]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l color -d 'When to use colour; NO_COLOR is respected' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t''
never\t''"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -s v -l v -d 'Log to standard error what is being done' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -s n -l namespace -d 'The namespace of the objects' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l kubeconfig -d 'Path to the kubeconfig file [default: $KUBECONFIG, or ~/.kube/config]' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l token -d 'Bearer token for the API server' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l as -d 'User name to impersonate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l as-group -d 'Group to impersonate; may be given several times' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l request-timeout -d 'How long to wait for a single request (1s, 1m30s, 500ms; 0 waits forever)' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l certificate-authority -d 'Path to the certificate of the authority that signed the server certificate' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l client-certificate -d 'Path to a client certificate for TLS' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l client-key -d 'Path to a client key for TLS' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l tls-server-name -d 'Server name for the check of the server certificate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l cache-dir -d 'kubectl\'s cache directory; accepted but not used' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l chunk-size -d 'Objects per page of a list; 0 for all in one' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -s o -l output -d 'Output format: table, wide, json, yaml, name, html or openmetrics' -r -f -a "table\t''
wide\t''
json\t''
yaml\t''
name\t''
html\t''
openmetrics\t''"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l input-limits -d 'Accept input up to N times the limits that protect against hostile files and servers' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l exit-code -d 'Exit with status 1 when a pod does not fit'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l no-suggestions -d 'Do not search for changes that would help (faster)'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l commands -d 'Show the commands that make each suggested change'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l call-extenders -d 'Call the extenders of --scheduler-config; they receive the pod and its candidate nodes'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l no-headers -d 'Print tables without headers'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -s A -l all-namespaces -d 'All namespaces; not possible with a name'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; this makes the connection insecure'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand pending" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -l node -d 'Only the devices that this node reaches' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -l driver -d 'Only the devices of this driver' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -l snapshot -d 'Read the state from a file or directory (- is standard input), not from a cluster' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -l at -d 'The moment of the question, for ages and time-outs (RFC 3339) [default: now]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -l autoscaler-status -d 'The Cluster Autoscaler\'s status ConfigMap [default: kube-system/cluster-autoscaler-status]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -l scheduler-config -d 'The scheduler configuration: a file or configmap/NAMESPACE/NAME[/KEY]' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -l kube-version -d 'The scheduler version, such as v1.34 [default: the cluster\'s]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -l feature-gates -d 'The scheduler\'s feature gates: A=true,B=false [default: those of its pod]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -l color -d 'When to use colour; NO_COLOR is respected' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t''
never\t''"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -s v -l v -d 'Log to standard error what is being done' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -s n -l namespace -d 'The namespace of the objects' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -l kubeconfig -d 'Path to the kubeconfig file [default: $KUBECONFIG, or ~/.kube/config]' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -l token -d 'Bearer token for the API server' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -l as -d 'User name to impersonate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -l as-group -d 'Group to impersonate; may be given several times' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -l request-timeout -d 'How long to wait for a single request (1s, 1m30s, 500ms; 0 waits forever)' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -l certificate-authority -d 'Path to the certificate of the authority that signed the server certificate' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -l client-certificate -d 'Path to a client certificate for TLS' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -l client-key -d 'Path to a client key for TLS' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -l tls-server-name -d 'Server name for the check of the server certificate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -l cache-dir -d 'kubectl\'s cache directory; accepted but not used' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -l chunk-size -d 'Objects per page of a list; 0 for all in one' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -s o -l output -d 'Output format: table, wide, json or yaml' -r -f -a "table\t''
wide\t''
json\t''
yaml\t''"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -l input-limits -d 'Accept input up to N times the limits that protect against hostile files and servers' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -l call-extenders -d 'Call the extenders of --scheduler-config; they receive the pod and its candidate nodes'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -l no-headers -d 'Print tables without headers'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -s A -l all-namespaces -d 'All namespaces; not possible with a name'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; this makes the connection insecure'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand devices" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l autoscaler-flags -d 'The autoscaler\'s flags, where it does not run as a pod of the state' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l node-group-label -d 'A node label whose value is the id of the node\'s group' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l node-group-templates -d 'What new nodes are like: the autoscaler\'s /snapshotz, or nodes by group' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l instance-types -d 'The provider\'s catalogue, for Karpenter: instance types with labels, capacity and offerings' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l snapshot -d 'Read the state from a file or directory (- is standard input), not from a cluster' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l at -d 'The moment of the question, for ages and time-outs (RFC 3339) [default: now]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l autoscaler-status -d 'The Cluster Autoscaler\'s status ConfigMap [default: kube-system/cluster-autoscaler-status]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l scheduler-config -d 'The scheduler configuration: a file or configmap/NAMESPACE/NAME[/KEY]' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l kube-version -d 'The scheduler version, such as v1.34 [default: the cluster\'s]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l feature-gates -d 'The scheduler\'s feature gates: A=true,B=false [default: those of its pod]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l color -d 'When to use colour; NO_COLOR is respected' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t''
never\t''"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -s v -l v -d 'Log to standard error what is being done' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -s n -l namespace -d 'The namespace of the objects' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l kubeconfig -d 'Path to the kubeconfig file [default: $KUBECONFIG, or ~/.kube/config]' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l token -d 'Bearer token for the API server' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l as -d 'User name to impersonate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l as-group -d 'Group to impersonate; may be given several times' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l request-timeout -d 'How long to wait for a single request (1s, 1m30s, 500ms; 0 waits forever)' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l certificate-authority -d 'Path to the certificate of the authority that signed the server certificate' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l client-certificate -d 'Path to a client certificate for TLS' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l client-key -d 'Path to a client key for TLS' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l tls-server-name -d 'Server name for the check of the server certificate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l cache-dir -d 'kubectl\'s cache directory; accepted but not used' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l chunk-size -d 'Objects per page of a list; 0 for all in one' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -s o -l output -d 'Output format: table, wide, json, yaml or name' -r -f -a "table\t''
wide\t''
json\t''
yaml\t''
name\t''"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l input-limits -d 'Accept input up to N times the limits that protect against hostile files and servers' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l call-extenders -d 'Call the extenders of --scheduler-config; they receive the pod and its candidate nodes'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l no-headers -d 'Print tables without headers'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -s A -l all-namespaces -d 'All namespaces; not possible with a name'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; this makes the connection insecure'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand nodegroups" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l by -d 'What is lost at once: a node, a zone, or all nodes with the same label value' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l drain-plan -d 'Propose how to drain these nodes: NODE,NODE or a label selector, or zone=NAME' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l consolidate -d 'Find the most nodes that can go, with every pod placed and every budget kept; of all nodes, or of NODES' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l price-label -d 'With --consolidate: the label that says what a node costs' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l scenario -d 'Apply the steps of a Scenario file; see docs/scenarios.md' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l cordon -d 'Cordon a node, or all nodes with a label (pool=gpu)' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l uncordon -d 'Uncordon a node, or all nodes with a label' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l drain -d 'Cordon nodes and evict their pods as kubectl drain does' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l remove-node -l remove-nodes -d 'Remove nodes without draining, such as a zone (zone=a)' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l add-nodes -d 'Add N copies of a node, with their DaemonSet pods' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l taint -d 'Add a taint; with - after the effect, remove it' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l label -d 'Set a label; NODE=KEY- removes it' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l scale -l set-replicas -d 'Scale a workload (deploy/web=10), or add replicas (deploy/web=+5)' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l set-resources -d 'Set requests of all containers, or of one (deploy/web:app=cpu=2)' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l restart -d 'Restart a workload as kubectl rollout restart does' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l delete -d 'Delete a workload, or a pod (its controller recreates it)' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l snapshot -d 'Read the state from a file or directory (- is standard input), not from a cluster' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l at -d 'The moment of the question, for ages and time-outs (RFC 3339) [default: now]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l autoscaler-status -d 'The Cluster Autoscaler\'s status ConfigMap [default: kube-system/cluster-autoscaler-status]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l scheduler-config -d 'The scheduler configuration: a file or configmap/NAMESPACE/NAME[/KEY]' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l kube-version -d 'The scheduler version, such as v1.34 [default: the cluster\'s]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l feature-gates -d 'The scheduler\'s feature gates: A=true,B=false [default: those of its pod]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l color -d 'When to use colour; NO_COLOR is respected' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t''
never\t''"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -s v -l v -d 'Log to standard error what is being done' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -s n -l namespace -d 'The namespace of the objects' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l kubeconfig -d 'Path to the kubeconfig file [default: $KUBECONFIG, or ~/.kube/config]' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l token -d 'Bearer token for the API server' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l as -d 'User name to impersonate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l as-group -d 'Group to impersonate; may be given several times' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l request-timeout -d 'How long to wait for a single request (1s, 1m30s, 500ms; 0 waits forever)' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l certificate-authority -d 'Path to the certificate of the authority that signed the server certificate' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l client-certificate -d 'Path to a client certificate for TLS' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l client-key -d 'Path to a client key for TLS' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l tls-server-name -d 'Server name for the check of the server certificate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l cache-dir -d 'kubectl\'s cache directory; accepted but not used' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l chunk-size -d 'Objects per page of a list; 0 for all in one' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -s o -l output -d 'Output format: table, wide, json, yaml or name' -r -f -a "table\t''
wide\t''
json\t''
yaml\t''
name\t''"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l input-limits -d 'Accept input up to N times the limits that protect against hostile files and servers' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l exit-code -d 'Exit with status 1 when pods cannot be rescheduled, or the drains cannot be completed'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l force -d 'With --drain or --drain-plan: also evict pods without a controller'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l call-extenders -d 'Call the extenders of --scheduler-config; they receive the pod and its candidate nodes'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l no-headers -d 'Print tables without headers'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -s A -l all-namespaces -d 'All namespaces; not possible with a name'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; this makes the connection insecure'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand resilience" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -s k -l kustomize -d 'Read the manifests that `kubectl kustomize` makes of a directory' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -l validate -d 'What to do about fields and kinds that the API does not have: strict refuses them' -r -f -a "strict\t'They are refused'
warn\t'They are read, with a warning'
ignore\t'They are read'"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -l base -d 'The manifests before the change: files or directories, read as -f or -k is' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -l snapshot -d 'Read the state from a file or directory (- is standard input), not from a cluster' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -l at -d 'The moment of the question, for ages and time-outs (RFC 3339) [default: now]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -l autoscaler-status -d 'The Cluster Autoscaler\'s status ConfigMap [default: kube-system/cluster-autoscaler-status]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -l scheduler-config -d 'The scheduler configuration: a file or configmap/NAMESPACE/NAME[/KEY]' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -l kube-version -d 'The scheduler version, such as v1.34 [default: the cluster\'s]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -l feature-gates -d 'The scheduler\'s feature gates: A=true,B=false [default: those of its pod]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -l color -d 'When to use colour; NO_COLOR is respected' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t''
never\t''"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -s v -l v -d 'Log to standard error what is being done' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -s n -l namespace -d 'The namespace of the objects' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -l kubeconfig -d 'Path to the kubeconfig file [default: $KUBECONFIG, or ~/.kube/config]' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -l token -d 'Bearer token for the API server' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -l as -d 'User name to impersonate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -l as-group -d 'Group to impersonate; may be given several times' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -l request-timeout -d 'How long to wait for a single request (1s, 1m30s, 500ms; 0 waits forever)' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -l certificate-authority -d 'Path to the certificate of the authority that signed the server certificate' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -l client-certificate -d 'Path to a client certificate for TLS' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -l client-key -d 'Path to a client key for TLS' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -l tls-server-name -d 'Server name for the check of the server certificate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -l cache-dir -d 'kubectl\'s cache directory; accepted but not used' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -l chunk-size -d 'Objects per page of a list; 0 for all in one' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -s o -l output -d 'Output format: table, wide, json, yaml, markdown, junit or github' -r -f -a "table\t''
wide\t''
json\t''
yaml\t''
markdown\t''
junit\t''
github\t''"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -s f -l filename -d 'Files, directories or standard input with the manifests of the change' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -l input-limits -d 'Accept input up to N times the limits that protect against hostile files and servers' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -s R -l recursive -d 'Read the directories of -f with all directories below them'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -l strict -d 'Exit with status 1 also for what did not fit before'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -l call-extenders -d 'Call the extenders of --scheduler-config; they receive the pod and its candidate nodes'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -l no-headers -d 'Print tables without headers'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -s A -l all-namespaces -d 'All namespaces; not possible with a name'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; this makes the connection insecure'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -l to-kube-version -d 'The second version, as in --kube-version v1.34,v1.37' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -l to-scheduler-config -d 'The second configuration, as in --scheduler-config old.yaml,new.yaml' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -l snapshot -d 'Read the state from a file or directory (- is standard input), not from a cluster' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -l at -d 'The moment of the question, for ages and time-outs (RFC 3339) [default: now]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -l autoscaler-status -d 'The Cluster Autoscaler\'s status ConfigMap [default: kube-system/cluster-autoscaler-status]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -l scheduler-config -d 'The scheduler configuration: a file or configmap/NAMESPACE/NAME[/KEY]' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -l kube-version -d 'The scheduler version, such as v1.34 [default: the cluster\'s]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -l feature-gates -d 'The scheduler\'s feature gates: A=true,B=false [default: those of its pod]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -l color -d 'When to use colour; NO_COLOR is respected' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t''
never\t''"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -s v -l v -d 'Log to standard error what is being done' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -s n -l namespace -d 'The namespace of the objects' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -l kubeconfig -d 'Path to the kubeconfig file [default: $KUBECONFIG, or ~/.kube/config]' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -l token -d 'Bearer token for the API server' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -l as -d 'User name to impersonate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -l as-group -d 'Group to impersonate; may be given several times' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -l request-timeout -d 'How long to wait for a single request (1s, 1m30s, 500ms; 0 waits forever)' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -l certificate-authority -d 'Path to the certificate of the authority that signed the server certificate' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -l client-certificate -d 'Path to a client certificate for TLS' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -l client-key -d 'Path to a client key for TLS' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -l tls-server-name -d 'Server name for the check of the server certificate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -l cache-dir -d 'kubectl\'s cache directory; accepted but not used' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -l chunk-size -d 'Objects per page of a list; 0 for all in one' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -s o -l output -d 'Output format: table, wide, json or yaml' -r -f -a "table\t''
wide\t''
json\t''
yaml\t''"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -l input-limits -d 'Accept input up to N times the limits that protect against hostile files and servers' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -l exit-code -d 'Exit with status 1 when a pod that fitted does not fit any more'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -l call-extenders -d 'Call the extenders of --scheduler-config; they receive the pod and its candidate nodes'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -l no-headers -d 'Print tables without headers'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -s A -l all-namespaces -d 'All namespaces; not possible with a name'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; this makes the connection insecure'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand snapshot" -s f -l output-file -d 'The file to write [default: standard output]' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand snapshot" -l html -d 'Write one file to open in a browser: the page, its engine and the state; it asks for nothing' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand snapshot" -l page -d 'The page for --html [default: kubectl-sched.html beside the program]' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand snapshot" -l redact-map -d 'Write the mapping of the names to FILE; keep it private' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand snapshot" -l to-json -d 'Write the state of FILE, a snapshot in any form, as plain JSON' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand snapshot" -l snapshot -d 'Read the state from a file, a directory or - (standard input) instead of a cluster' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand snapshot" -l scheduler-config -d 'The cluster\'s KubeSchedulerConfiguration, to go into the snapshot: a file, or configmap/NAMESPACE/NAME[/KEY] of the cluster' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand snapshot" -s n -l namespace -d 'The namespace of the objects' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand snapshot" -l kubeconfig -d 'Path to the kubeconfig file [default: $KUBECONFIG, or ~/.kube/config]' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand snapshot" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand snapshot" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand snapshot" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand snapshot" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand snapshot" -l token -d 'Bearer token for the API server' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand snapshot" -l as -d 'User name to impersonate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand snapshot" -l as-group -d 'Group to impersonate; may be given several times' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand snapshot" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand snapshot" -l request-timeout -d 'How long to wait for a single request (1s, 1m30s, 500ms; 0 waits forever)' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand snapshot" -l certificate-authority -d 'Path to the certificate of the authority that signed the server certificate' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand snapshot" -l client-certificate -d 'Path to a client certificate for TLS' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand snapshot" -l client-key -d 'Path to a client key for TLS' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand snapshot" -l tls-server-name -d 'Server name for the check of the server certificate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand snapshot" -l cache-dir -d 'kubectl\'s cache directory; accepted but not used' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand snapshot" -l chunk-size -d 'Objects per page of a list; 0 for all in one' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand snapshot" -l input-limits -d 'Accept input up to N times the limits that protect against hostile files and servers' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand snapshot" -l redact -d 'Replace names, label values, images and so on'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand snapshot" -s A -l all-namespaces -d 'All namespaces; not possible with a name'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand snapshot" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; this makes the connection insecure'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand snapshot" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand config" -l snapshot -d 'Read the cluster\'s state from a file, a directory or - (standard input), never from a cluster' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand config" -l scheduler-config -d 'The scheduler configuration: a file or configmap/NAMESPACE/NAME[/KEY]' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand config" -l kube-version -d 'The scheduler version, such as v1.34 [default: the cluster\'s]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand config" -l feature-gates -d 'The scheduler\'s feature gates: A=true,B=false [default: those of its pod]' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand config" -l color -d 'When to use colour; NO_COLOR is respected' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t''
never\t''"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand config" -s v -l v -d 'Log to standard error what is being done' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand config" -s n -l namespace -d 'The namespace of the objects' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand config" -l kubeconfig -d 'Path to the kubeconfig file [default: $KUBECONFIG, or ~/.kube/config]' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand config" -l context -d 'The kubeconfig context to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand config" -l cluster -d 'The kubeconfig cluster to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand config" -l user -d 'The kubeconfig user to use' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand config" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand config" -l token -d 'Bearer token for the API server' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand config" -l as -d 'User name to impersonate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand config" -l as-group -d 'Group to impersonate; may be given several times' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand config" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand config" -l request-timeout -d 'How long to wait for a single request (1s, 1m30s, 500ms; 0 waits forever)' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand config" -l certificate-authority -d 'Path to the certificate of the authority that signed the server certificate' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand config" -l client-certificate -d 'Path to a client certificate for TLS' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand config" -l client-key -d 'Path to a client key for TLS' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand config" -l tls-server-name -d 'Server name for the check of the server certificate' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand config" -l cache-dir -d 'kubectl\'s cache directory; accepted but not used' -r -F
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand config" -l chunk-size -d 'Objects per page of a list; 0 for all in one' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand config" -s o -l output -d 'Output format: table, wide, json, yaml or name' -r -f -a "table\t''
wide\t''
json\t''
yaml\t''
name\t''"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand config" -l input-limits -d 'Accept input up to N times the limits that protect against hostile files and servers' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand config" -l no-headers -d 'Print tables without headers'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand config" -s A -l all-namespaces -d 'All namespaces; not possible with a name'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand config" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; this makes the connection insecure'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand config" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand completion" -l input-limits -d 'Accept input up to N times the limits that protect against hostile files and servers' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand completion" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand version" -l color -d 'When to use colour; NO_COLOR is respected' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t''
never\t''"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand version" -s v -l v -d 'Log to standard error what is being done' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand version" -s o -l output -d 'Output format: table, wide, json, yaml or name' -r -f -a "table\t''
wide\t''
json\t''
yaml\t''
name\t''"
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand version" -l input-limits -d 'Accept input up to N times the limits that protect against hostile files and servers' -r
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand version" -l no-headers -d 'Print tables without headers'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand version" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand help; and not __fish_seen_subcommand_from explain simulate capacity pending devices nodegroups resilience check diff snapshot config completion version help" -f -a "explain" -d 'Explain why a pod is pending, or why it is where it is'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand help; and not __fish_seen_subcommand_from explain simulate capacity pending devices nodegroups resilience check diff snapshot config completion version help" -f -a "simulate" -d 'Show where pods would go, one after the other'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand help; and not __fish_seen_subcommand_from explain simulate capacity pending devices nodegroups resilience check diff snapshot config completion version help" -f -a "capacity" -d 'Show how many more pods fit, and what runs out first'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand help; and not __fish_seen_subcommand_from explain simulate capacity pending devices nodegroups resilience check diff snapshot config completion version help" -f -a "pending" -d 'Show all pending pods, grouped by root cause'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand help; and not __fish_seen_subcommand_from explain simulate capacity pending devices nodegroups resilience check diff snapshot config completion version help" -f -a "devices" -d 'Show the devices of dynamic resource allocation'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand help; and not __fish_seen_subcommand_from explain simulate capacity pending devices nodegroups resilience check diff snapshot config completion version help" -f -a "nodegroups" -d 'Show node groups and NodePools, and why none grows'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand help; and not __fish_seen_subcommand_from explain simulate capacity pending devices nodegroups resilience check diff snapshot config completion version help" -f -a "resilience" -d 'Show which node or zone cannot be lost, or how to drain nodes'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand help; and not __fish_seen_subcommand_from explain simulate capacity pending devices nodegroups resilience check diff snapshot config completion version help" -f -a "check" -d 'Check whether the manifests of a change fit, also while they roll out'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand help; and not __fish_seen_subcommand_from explain simulate capacity pending devices nodegroups resilience check diff snapshot config completion version help" -f -a "diff" -d 'Compare two states, or two schedulers on one state'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand help; and not __fish_seen_subcommand_from explain simulate capacity pending devices nodegroups resilience check diff snapshot config completion version help" -f -a "snapshot" -d 'Save the state that scheduling depends on to one file, optionally redacted'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand help; and not __fish_seen_subcommand_from explain simulate capacity pending devices nodegroups resilience check diff snapshot config completion version help" -f -a "config" -d 'Show the effective scheduler configuration'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand help; and not __fish_seen_subcommand_from explain simulate capacity pending devices nodegroups resilience check diff snapshot config completion version help" -f -a "completion" -d 'Print the completion script for a shell'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand help; and not __fish_seen_subcommand_from explain simulate capacity pending devices nodegroups resilience check diff snapshot config completion version help" -f -a "version" -d 'Print the version, and the Kubernetes versions whose scheduler it reproduces'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand help; and not __fish_seen_subcommand_from explain simulate capacity pending devices nodegroups resilience check diff snapshot config completion version help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-sched -n "__fish_kubectl_sched_using_subcommand help; and __fish_seen_subcommand_from simulate" -f -a "merge" -d 'Combine the shards of a sweep'
