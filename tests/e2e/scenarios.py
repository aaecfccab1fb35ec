"""Scenarios that are played by the real controllers and by `simulate`: one table.

A scenario has nodes (their CPUs), objects, what is done to them first (`before`), and what is then asked (`do`). A pod is
meant by its place among the pods by name, or by its name where that is certain. Both have to agree on the pods that go and
stay, by name, and on how many new ones find a node and how many wait; the names of new pods count for StatefulSets, and
the nodes where the scenario says `where`. `chance` is for pods that differ in nothing but the moment they became ready:
which of them goes first follows from seconds and uids, and only their number is compared.
"""


def workload(kind, replicas=None, cpu="1", name="web", pod=None, **spec):
    """An object with a pod template; `pod` has more of the pods' spec."""
    version = "batch/v1" if kind == "Job" else "apps/v1"
    template = {"metadata": {"labels": {"app": name}}, "spec": {
        "containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": cpu}}}], **(pod or {})}}
    thing = {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": {"template": template, **spec}}
    if kind == "Job":
        template["spec"]["restartPolicy"] = "Never"
        thing["spec"].update({"parallelism": replicas, "completions": 20, "backoffLimit": 100})
    else:
        thing["spec"]["selector"] = {"matchLabels": {"app": name}}
        if replicas is not None:
            thing["spec"]["replicas"] = replicas
    return thing


def deployment(replicas, surge="25%", unavailable="25%", **more):
    strategy = {"rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}
    return workload("Deployment", replicas, **{"strategy": strategy, **more})


def stateful_set(replicas, **more):
    return workload("StatefulSet", replicas, serviceName="web", **more)


def daemon_set(**more):
    return workload("DaemonSet", **more)


def job(parallelism, **more):
    return workload("Job", parallelism, **more)


def budget(**spec):
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"},
            "spec": {"selector": {"matchLabels": {"app": "web"}}, **spec}}


def quota(**hard):
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {"hard": hard}}


def bare(name, cpu="1"):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}},
            "spec": {"containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": cpu}}}]}}


APART = {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
    {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "web"}}}]}}}
ROLLING = "deployment/web"
SET = "statefulset/web"
DAEMON = "daemonset/web"
TWO = {"rollingUpdate": {"maxUnavailable": 2}}
#: A taint that evicts, and the one of a node whose kubelet does not answer.
OUT, UNREACHABLE = "out=yes:NoExecute", "node.kubernetes.io/unreachable=:NoExecute"
#: More than any node has.
HUGE = "64"

SCENARIOS = [
    # Deployments: rollouts
    dict(name="rollout with room", nodes="8", objects=[deployment(3)], do=[("restart", ROLLING)]),
    dict(name="rollout on full nodes, no surge", nodes="3", objects=[deployment(3, 0, 1)], do=[("restart", ROLLING)]),
    dict(name="rollout on full nodes, surge only", nodes="3", objects=[deployment(3, 1, 0)], do=[("restart", ROLLING)]),
    dict(name="rollout that fits nowhere, half and half", nodes="8", objects=[deployment(4, "50%", "50%")], do=[("cpu", ROLLING, HUGE)], chance=True),
    dict(name="rollout that fits nowhere, quarters of five", nodes="8", objects=[deployment(5)], do=[("cpu", ROLLING, HUGE)], chance=True),
    dict(name="rollout with room for one more", nodes="4", objects=[deployment(3, 2, 1)], do=[("restart", ROLLING)]),
    dict(name="rollout by Recreate", nodes="3", objects=[deployment(3, strategy={"type": "Recreate"})], do=[("restart", ROLLING)]),
    dict(name="rollout by Recreate that fits nowhere", nodes="3", objects=[deployment(3, strategy={"type": "Recreate"})], do=[("cpu", ROLLING, HUGE)]),
    dict(name="rollout of a paused Deployment", nodes="8", objects=[deployment(3, paused=True)], do=[("cpu", ROLLING, "500m")]),
    dict(name="rollout against a quota, surge only", nodes="8", objects=[quota(pods="3"), deployment(3, 1, 0)], do=[("restart", ROLLING)]),
    dict(name="rollout against a quota, no surge", nodes="8", objects=[quota(pods="3"), deployment(3, 0, 1)], do=[("restart", ROLLING)]),
    dict(name="rollout of pods that keep apart, surge only", nodes="4 4 4", objects=[deployment(3, 1, 0, pod=APART)], do=[("restart", ROLLING)]),
    dict(name="rollout of pods that keep apart, no surge", nodes="4 4 4", objects=[deployment(3, 0, 1, pod=APART)], do=[("restart", ROLLING)], where=True),
    dict(name="rollout with minReadySeconds", nodes="4", objects=[deployment(3, 1, 1, minReadySeconds=1)], do=[("restart", ROLLING)]),
    dict(name="rollout while a pod is not ready", nodes="8", objects=[deployment(4, 1, 1)], before=[("unready", 0)], do=[("cpu", ROLLING, HUGE)]),
    dict(name="rollback of a stuck rollout", nodes="8", objects=[deployment(4, 1, 1)], do=[("cpu", ROLLING, HUGE), ("cpu", ROLLING, "1")]),
    dict(name="rollout over a stuck rollout", nodes="8", objects=[deployment(4, 1, 1)], do=[("cpu", ROLLING, HUGE), ("cpu", ROLLING, "500m")]),
    dict(name="larger amid a stuck rollout", nodes="16", objects=[deployment(4, 1, 0)], do=[("cpu", ROLLING, HUGE), ("scale", ROLLING, 8)]),
    dict(name="larger amid a rollout stuck half-way", nodes="16", objects=[deployment(6, "50%", "50%")], do=[("cpu", ROLLING, HUGE), ("scale", ROLLING, 10)], chance=True),
    dict(name="smaller amid a stuck rollout", nodes="16", objects=[deployment(6, 2, 0)], do=[("cpu", ROLLING, HUGE), ("scale", ROLLING, 3)], chance=True),
    dict(name="to nothing amid a stuck rollout", nodes="16", objects=[deployment(4, 1, 0)], do=[("cpu", ROLLING, HUGE), ("scale", ROLLING, 0)]),
    dict(name="a patch that changes nothing", nodes="8", objects=[deployment(3)], do=[("cpu", ROLLING, "1")]),
    dict(name="rollout, two not ready", nodes="8", objects=[deployment(4, 0, 1)], before=[("unready", 0), ("unready", 1)], do=[("cpu", ROLLING, HUGE)], chance=True),
    dict(name="rollout against a quota, then larger", nodes="8", objects=[quota(pods="4"), deployment(3, 2, 0)], do=[("cpu", ROLLING, HUGE), ("scale", ROLLING, 6)]),
    dict(name="rollout that goes on when a node is back", nodes="4 16", objects=[deployment(2, 1, 0)], do=[("cordon", "b"), ("cpu", ROLLING, "6"), ("uncordon", "b")]),
    # Deployments: size
    dict(name="smaller, one pod waits", nodes="3", objects=[deployment(4)], do=[("scale", ROLLING, 3)]),
    dict(name="smaller, one pod is not ready", nodes="8", objects=[deployment(4)], before=[("unready", 2)], do=[("scale", ROLLING, 3)]),
    dict(name="smaller, one pod costs less", nodes="8", objects=[deployment(4)], before=[("cost", 1, "-5")], do=[("scale", ROLLING, 3)]),
    dict(name="smaller, pods double up on a node", nodes="3 1", objects=[deployment(4)], do=[("scale", ROLLING, 1)]),
    dict(name="smaller, all alike", nodes="8", objects=[deployment(5)], do=[("scale", ROLLING, 2)], chance=True),
    dict(name="larger than there is room", nodes="3 2", objects=[deployment(2)], do=[("scale", ROLLING, 8)], where=True),
    dict(name="larger than a quota allows", nodes="8", objects=[quota(**{"requests.cpu": "4"}), deployment(2)], do=[("scale", ROLLING, 8)]),
    dict(name="deleted", nodes="8", objects=[deployment(3)], do=[("delete", ROLLING)]),
    # Drains
    dict(name="drain, one pod at a time", nodes="4 4 4", objects=[budget(maxUnavailable=1), deployment(6)], do=[("drain", "a")]),
    dict(name="drain that a budget forbids", nodes="4 4", objects=[budget(minAvailable=4), deployment(4)], do=[("drain", "a")]),
    dict(name="drain without room elsewhere", nodes="3 3", objects=[budget(maxUnavailable=1), deployment(6)], do=[("drain", "a")]),
    dict(name="drain of two nodes", nodes="4 4 8", objects=[budget(minAvailable="80%"), deployment(8)], do=[("drain", "a,b")]),
    dict(name="drain with a pod that is not ready, healthy budget", nodes="4 4", objects=[budget(minAvailable=3), deployment(4)], before=[("unready", 0)], do=[("drain", "a,b")]),
    dict(name="drain with pods that are not ready, budget not met", nodes="4 4", objects=[budget(minAvailable=4), deployment(4)], before=[("unready", 0), ("unready", 1)], do=[("drain", "a,b")]),
    dict(name="drain with pods that are not ready, always allowed", nodes="4 4", objects=[budget(minAvailable=4, unhealthyPodEvictionPolicy="AlwaysAllow"), deployment(4)], before=[("unready", 0), ("unready", 1)], do=[("drain", "a,b")]),
    dict(name="drain, a budget of the whole namespace", nodes="4 4", objects=[budget(selector={}, minAvailable=4), deployment(4)], do=[("drain", "a")]),
    dict(name="drain leaves daemons", nodes="4 4", objects=[daemon_set(name="agent", cpu="100m"), deployment(4)], do=[("drain", "a")]),
    dict(name="drain with two budgets", nodes="4 4", objects=[budget(maxUnavailable=1), {**budget(maxUnavailable=1), "metadata": {"name": "other"}}, deployment(2)], do=[("drain", "a,b")]),
    # StatefulSets
    dict(name="set: rollout", nodes="3", objects=[stateful_set(3)], do=[("restart", SET)]),
    dict(name="set: rollout that fits nowhere", nodes="8", objects=[stateful_set(3)], do=[("cpu", SET, HUGE)]),
    dict(name="set: rollback of a stuck rollout", nodes="8", objects=[stateful_set(3)], do=[("cpu", SET, HUGE), ("cpu", SET, "1")]),
    dict(name="set: rollback, in parallel", nodes="8", objects=[stateful_set(3, podManagementPolicy="Parallel")], do=[("cpu", SET, HUGE), ("cpu", SET, "1")]),
    dict(name="set: two at a time", nodes="8", objects=[stateful_set(5, updateStrategy=TWO)], do=[("restart", SET)]),
    dict(name="set: two at a time, fits nowhere", nodes="8", objects=[stateful_set(5, updateStrategy=TWO)], do=[("cpu", SET, HUGE)]),
    dict(name="set: two at a time in parallel, fits nowhere", nodes="8", objects=[stateful_set(5, updateStrategy=TWO, podManagementPolicy="Parallel")], do=[("cpu", SET, HUGE)]),
    dict(name="set: in parallel, two are not ready", nodes="8", objects=[stateful_set(5, updateStrategy=TWO, podManagementPolicy="Parallel")], before=[("unready", "web-0"), ("unready", "web-1")], do=[("cpu", SET, HUGE)]),
    dict(name="set: scaled amid a stuck rollout", nodes="8", objects=[stateful_set(3, podManagementPolicy="Parallel")], do=[("cpu", SET, HUGE), ("scale", SET, 5)]),
    dict(name="set: partition", nodes="8", objects=[stateful_set(4, updateStrategy={"rollingUpdate": {"partition": 2}})], do=[("restart", SET)]),
    dict(name="set: OnDelete", nodes="8", objects=[stateful_set(3, updateStrategy={"type": "OnDelete"})], do=[("restart", SET)]),
    dict(name="set: larger, one after the other", nodes="3", objects=[stateful_set(1)], do=[("scale", SET, 5)]),
    dict(name="set: larger, in parallel", nodes="3", objects=[stateful_set(1, podManagementPolicy="Parallel")], do=[("scale", SET, 5)]),
    dict(name="set: larger, the first is not ready", nodes="8", objects=[stateful_set(2)], before=[("unready", "web-0")], do=[("scale", SET, 4)]),
    dict(name="set: smaller", nodes="8", objects=[stateful_set(4)], do=[("scale", SET, 2)]),
    dict(name="set: smaller, the first is not ready", nodes="8", objects=[stateful_set(4)], before=[("unready", "web-0")], do=[("scale", SET, 2)]),
    dict(name="set: smaller, one that goes is not ready", nodes="8", objects=[stateful_set(4)], before=[("unready", "web-2")], do=[("scale", SET, 2)]),
    dict(name="set: a pod is deleted", nodes="8", objects=[stateful_set(3)], do=[("delete-pod", "web-1")]),
    dict(name="set: drain", nodes="4 4", objects=[budget(maxUnavailable=1), stateful_set(4)], do=[("drain", "a")]),
    dict(name="set: rollout while the first is not ready", nodes="8", objects=[stateful_set(3)], before=[("unready", "web-0")], do=[("restart", SET)]),
    dict(name="set: rollout that goes on when a node is back", nodes="4 16", objects=[stateful_set(2)], do=[("cordon", "b"), ("cpu", SET, "6"), ("uncordon", "b")]),
    # DaemonSets
    dict(name="daemons: rollout", nodes="4 4 4", objects=[daemon_set()], do=[("restart", DAEMON)], where=True),
    dict(name="daemons: rollout with a surge", nodes="4 4 4", objects=[daemon_set(updateStrategy={"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}})], do=[("restart", DAEMON)], where=True),
    dict(name="daemons: rollout with a surge on full nodes", nodes="1 1", objects=[daemon_set(updateStrategy={"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}})], do=[("restart", DAEMON)]),
    dict(name="daemons: rollout that fits on no node", nodes="2 2 2", objects=[daemon_set()], do=[("cpu", DAEMON, "3")], chance=True),
    dict(name="daemons: rollout, two nodes at once", nodes="2 2 2", objects=[daemon_set(updateStrategy={"rollingUpdate": {"maxUnavailable": 2}})], do=[("cpu", DAEMON, "3")], chance=True),
    dict(name="daemons: rollback of a stuck rollout", nodes="2 2 2", objects=[daemon_set()], do=[("cpu", DAEMON, "3"), ("cpu", DAEMON, "1")]),
    dict(name="daemons: OnDelete, then a pod is deleted", nodes="2 2", objects=[daemon_set(updateStrategy={"type": "OnDelete"})], do=[("cpu", DAEMON, "500m"), ("delete-pod", 0)], where=True),
    dict(name="daemons: rollout that goes on when others have gone", nodes="2 2", objects=[daemon_set(name="agent"), deployment(2)], do=[("cpu", "daemonset/agent", "2"), ("delete", ROLLING)], where=True),
    # Jobs
    dict(name="job: more in parallel", nodes="3", objects=[job(2)], do=[("scale", "job/web", 5)]),
    dict(name="job: fewer in parallel", nodes="8", objects=[job(4)], do=[("scale", "job/web", 1)], chance=True),
    # Nodes
    dict(name="evicted by a taint", nodes="4 4", objects=[deployment(4)], do=[("taint", "a", OUT)]),
    dict(name="a taint that daemons tolerate", nodes="4 4", objects=[daemon_set(name="agent", cpu="100m", pod={"tolerations": [{"operator": "Exists"}]}), deployment(4)], do=[("taint", "a", OUT)]),
    dict(name="set: evicted by a taint", nodes="4 4", objects=[stateful_set(4)], do=[("taint", "a", OUT)]),
    dict(name="a node that does not answer", nodes="4 4", objects=[deployment(4)], do=[("unreachable", "a")]),
    dict(name="set: a node that does not answer", nodes="4 4", objects=[stateful_set(4)], do=[("unreachable", "a")]),
    dict(name="rollout by Recreate, a node does not answer", nodes="4 4", objects=[deployment(4, strategy={"type": "Recreate"})], do=[("unreachable", "a"), ("restart", ROLLING)]),
    dict(name="bare pods are lost", nodes="4 4", objects=[bare("one"), bare("two"), deployment(2)], do=[("taint", "a", OUT)]),
    dict(name="cordoned, then smaller and larger", nodes="4 8", objects=[deployment(4)], do=[("cordon", "a"), ("scale", ROLLING, 2), ("scale", ROLLING, 6)], chance=True),
]
