"""What `simulate` says of rollouts, sizes, drains, taints and lost nodes, beside what the real controllers do.

Every scenario of the table in `scenarios.py` has nodes and a namespace of its own, and all are played at once in one
control plane: the state is read, `simulate` is asked, the same is done to the cluster, and the end is compared.
"""
import collections
import concurrent.futures
import json
import time
import unittest

import command
from api import Refused
from control_plane import NEWEST, VERSION, Unavailable, wait_for
from kubelet import Kubelet
from scenarios import SCENARIOS
from suite import plane

AT_ONCE = 12
#: Seconds without a change after which nothing is expected to change any more.
QUIET = 3.0
#: Controllers that are refused something try again after ever longer pauses.
QUIET_BY_QUOTA = 6.0
LIMIT = 90
KINDS = {"deployment": ("apps/v1", "deployments"), "statefulset": ("apps/v1", "statefulsets"),
         "daemonset": ("apps/v1", "daemonsets"), "job": ("batch/v1", "jobs")}
OF_STATE = [("v1", "Pod", "pods"), ("apps/v1", "ReplicaSet", "replicasets"), ("apps/v1", "Deployment", "deployments"),
            ("apps/v1", "StatefulSet", "statefulsets"), ("apps/v1", "DaemonSet", "daemonsets"), ("batch/v1", "Job", "jobs"),
            ("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets"), ("v1", "ResourceQuota", "resourcequotas"),
            ("v1", "LimitRange", "limitranges"), ("v1", "Service", "services"),
            ("v1", "PersistentVolumeClaim", "persistentvolumeclaims")]
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"


class Play:
    """One scenario in its own namespace, on its own nodes."""

    def __init__(self, number, scenario):
        self.scenario, self.space = scenario, "s%02d" % number
        self.api = plane().api()
        self.nodes = {"abcdef"[place]: "%s-%s" % (self.space, "abcdef"[place]) for place in range(len(scenario["nodes"].split()))}
        by_quota = any(thing["kind"] == "ResourceQuota" for thing in scenario["objects"])
        self.quiet = QUIET_BY_QUOTA if by_quota else QUIET

    def path(self, version, plural):
        return "/%s/%s/namespaces/%s/%s" % ("api" if version == "v1" else "apis", version, self.space, plural)

    def set_up(self):
        self.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.space}})
        for name, cpu in zip(self.nodes.values(), self.scenario["nodes"].split()):
            labels = {"kubernetes.io/hostname": name, "e2e/scenario": self.space}
            self.api.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}, "spec": {},
                             "status": {"allocatable": {"cpu": cpu, "memory": "64Gi", "pods": "110"},
                                        "conditions": [{"type": "Ready", "status": "True"}]}})
        for thing in json.loads(json.dumps(self.scenario["objects"])):
            thing["metadata"]["namespace"] = self.space
            spec = thing["spec"] if thing["kind"] == "Pod" else thing["spec"].get("template", {}).get("spec")
            if spec is not None:
                spec["nodeSelector"] = {"e2e/scenario": self.space}
            self.api.create(thing)
            if thing["kind"] == "ResourceQuota":
                wait_for("the quota", lambda: self.api.get(self.path("v1", "resourcequotas/q")).get("status", {}).get("used"))
        self.settle()
        for verb, which, *more in self.scenario.get("before", []):
            note = {"unready": {"e2e/unready": "true"}}.get(verb) or {"controller.kubernetes.io/pod-deletion-cost": more[0]}
            self.api.call("PATCH", self.path("v1", "pods/" + self.pod(which)), {"metadata": {"annotations": note}}, MERGE)
        self.settle()

    def pods(self):
        return self.api.get(self.path("v1", "pods"))["items"]

    def pod(self, which):
        return which if isinstance(which, str) else sorted(pod["metadata"]["name"] for pod in self.pods())[which]

    def settle(self):
        """Waits until nothing has changed for a while."""
        last, since, end = None, time.monotonic(), time.monotonic() + LIMIT
        while time.monotonic() - since < self.quiet:
            if time.monotonic() > end:
                raise TimeoutError("%s: no rest after %d s" % (self.scenario["name"], LIMIT))
            seen = [(pod["metadata"]["uid"], pod["spec"].get("nodeName"), pod["status"].get("phase"), "deletionTimestamp" in pod["metadata"],
                     [condition["status"] for condition in pod["status"].get("conditions", []) if condition["type"] == "Ready"])
                    for pod in self.pods()]
            seen.append([self.is_seen(plural) for _, plural in KINDS.values() if plural != "jobs"])
            if seen != last or not all(seen[-1]):
                last, since = seen, time.monotonic()
            time.sleep(0.2)

    def is_seen(self, plural):
        """Whether the controllers have seen all objects of the kind as they are."""
        return all(thing["metadata"]["generation"] == thing["status"].get("observedGeneration")
                   for thing in self.api.get(self.path("apps/v1", plural))["items"])

    def state(self):
        items = []
        for version, kind, plural in OF_STATE:
            items += [{"apiVersion": version, "kind": kind, **thing} for thing in self.api.get(self.path(version, plural))["items"]]
        nodes = self.api.get("/api/v1/nodes?labelSelector=e2e/scenario%3D" + self.space)["items"]
        items += [{"apiVersion": "v1", "kind": "Node", **thing} for thing in nodes]
        items.append({"apiVersion": "v1", "kind": "Namespace", **self.api.get("/api/v1/namespaces/" + self.space)})
        return {"apiVersion": "v1", "kind": "List", "items": items}

    def named(self, nodes):
        return [self.nodes[node] for node in nodes.split(",")]

    # --- asked ---

    def simulate(self, state):
        path = plane().directory / (self.space + ".json")
        path.write_text(json.dumps(state))
        steps, flags = [], []
        for verb, *what in self.scenario["do"]:
            steps.append(getattr(self, "step_" + verb.replace("-", "_"))(*what))
        file = plane().directory / (self.space + "-steps.json")
        file.write_text(json.dumps({"apiVersion": "kubectl-sched/v1", "kind": "Scenario", "steps": sum(steps, [])}))
        flags = ["--scenario", str(file)]
        status, out, err = command.run("simulate", *flags, "-o", "json", "--kube-version", VERSION, "--snapshot", str(path))
        if status != 0:
            raise AssertionError(err)
        return json.loads(out)

    def in_space(self, workload):
        kind, name = workload.split("/")
        return "%s/%s/%s" % (kind, self.space, name)

    def step_restart(self, workload):
        return [{"kind": "Restart", "workload": self.in_space(workload)}]

    def step_cpu(self, workload, cpu):
        patch = {"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]}}
        return [{"kind": "PatchWorkload", "workload": self.in_space(workload), "patch": patch}]

    def step_scale(self, workload, replicas):
        return [{"kind": "Scale", "workload": self.in_space(workload), "replicas": replicas}]

    def step_delete(self, workload):
        return [{"kind": "DeleteWorkload", "workload": self.in_space(workload)}]

    def step_delete_pod(self, which):
        return [{"kind": "DeletePod", "pod": "%s/%s" % (self.space, self.pod(which))}]

    def step_drain(self, nodes):
        return [{"kind": "Drain", "selector": "kubernetes.io/hostname in (%s)" % ",".join(self.named(nodes)), "force": True}]

    def step_cordon(self, node):
        return [{"kind": "Cordon", "node": self.nodes[node]}]

    def step_uncordon(self, node):
        return [{"kind": "Uncordon", "node": self.nodes[node]}]

    def step_taint(self, node, taint):
        return [{"kind": "AddTaint", "node": self.nodes[node], "taint": parts(taint)}]

    def step_unreachable(self, node):
        return self.step_taint(node, "node.kubernetes.io/unreachable=:NoExecute")

    def expected(self, state, answer):
        """What is there in the end by the answer: kept pods, and where new ones are."""
        kept = {pod["metadata"]["name"] for pod in state["items"] if pod["kind"] == "Pod"}
        new, stuck = {}, set()
        short = lambda key: key.split("/")[-1]
        for step in answer.get("scenario", []):
            # What is stuck stays, under its name, beside what is made for it.
            gone = [pod for key in ("evicted", "deleted", "lost") for pod in step.get(key, []) if pod not in step.get("stuckTerminating", [])]
            stuck |= {short(pod) for pod in step.get("stuckTerminating", [])}
            for pod in gone:
                kept.discard(short(pod))
                new.pop(short(pod), None)
            for pod in step.get("evicted", []) + step.get("created", []):
                if pod not in step.get("stuckTerminating", []):
                    new[short(pod)] = None
            for pod in step.get("deleted", []):
                if pod in step.get("created", []) and answer_last(answer, pod) is None:
                    new.pop(short(pod), None)
        for step in answer["steps"]:
            name = short(step["pod"])
            if name in new or name not in kept:
                new[name] = step.get("node")
        return kept, new

    # --- done ---

    def do(self):
        for verb, *what in self.scenario["do"]:
            getattr(self, "do_" + verb.replace("-", "_"))(*what)
            self.settle()

    def patch(self, workload, body, content=STRATEGIC):
        kind, name = workload.split("/")
        version, plural = KINDS[kind]
        self.api.call("PATCH", self.path(version, "%s/%s" % (plural, name)), body, content)

    def do_restart(self, workload):
        self.patch(workload, {"spec": {"template": {"metadata": {"annotations": {"restarted": str(time.time())}}}}})

    def do_cpu(self, workload, cpu):
        self.patch(workload, {"spec": {"template": {"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]}}}})

    def do_scale(self, workload, replicas):
        self.patch(workload, {"spec": {"parallelism" if workload.startswith("job") else "replicas": replicas}})

    def do_delete(self, workload):
        kind, name = workload.split("/")
        version, plural = KINDS[kind]
        self.api.call("DELETE", self.path(version, "%s/%s" % (plural, name)), {"propagationPolicy": "Background"})

    def do_delete_pod(self, which):
        self.api.call("DELETE", self.path("v1", "pods/" + self.pod(which)))

    def patch_node(self, node, body):
        self.api.call("PATCH", "/api/v1/nodes/" + self.nodes[node], body, STRATEGIC)

    def do_cordon(self, node):
        self.patch_node(node, {"spec": {"unschedulable": True, "taints": [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]}})

    def do_uncordon(self, node):
        self.api.call("PATCH", "/api/v1/nodes/" + self.nodes[node], {"spec": {"unschedulable": None, "taints": None}}, MERGE)

    def do_taint(self, node, taint):
        self.patch_node(node, {"spec": {"taints": [parts(taint)]}})

    def do_unreachable(self, node):
        self.patch_node(node, {"metadata": {"labels": {"e2e/kubelet": "gone"}}})
        path = "/api/v1/nodes/%s/status" % self.nodes[node]
        self.api.call("PATCH", path, {"status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}}, STRATEGIC)
        # As the node-lifecycle controller marks pods of such a node.
        for pod in self.pods():
            if pod["spec"].get("nodeName") == self.nodes[node]:
                status = {"conditions": [{"type": "Ready", "status": "False"}]}
                self.api.call("PATCH", self.path("v1", "pods/%s/status" % pod["metadata"]["name"]), {"status": status}, STRATEGIC)
        self.do_taint(node, "node.kubernetes.io/unreachable=:NoExecute")

    def do_drain(self, nodes):
        """As kubectl does: every node is cordoned, and every pod asked for again until it is gone or nothing helps."""
        for node in nodes.split(","):
            self.do_cordon(node)
        helps = time.monotonic()
        while time.monotonic() - helps < 5:
            left = [pod for pod in self.pods() if pod["spec"].get("nodeName") in self.named(nodes) and "deletionTimestamp" not in pod["metadata"]
                    and not any(owner["kind"] == "DaemonSet" for owner in pod["metadata"].get("ownerReferences", []))]
            if not left:
                return
            for pod in left:
                name = pod["metadata"]["name"]
                body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": self.space}}
                try:
                    self.api.call("POST", self.path("v1", "pods/%s/eviction" % name), body)
                    helps = time.monotonic()
                except Refused as refusal:
                    # Used up, being counted, claimed by two budgets, or gone.
                    if refusal.status not in (429, 500, 404):
                        raise
            time.sleep(0.3)

    # --- compared ---

    def compare(self, state, answer):
        kept, new = self.expected(state, answer)
        before = {pod["metadata"]["uid"] for pod in state["items"] if pod["kind"] == "Pod"}
        there = [pod for pod in self.pods() if pod["status"].get("phase") not in ("Succeeded", "Failed")]
        really_kept = {pod["metadata"]["name"] for pod in there if pod["metadata"]["uid"] in before}
        really_new = {pod["metadata"]["name"]: pod["spec"].get("nodeName") for pod in there if pod["metadata"]["uid"] not in before}
        faults = []

        def same(what, ours, theirs):
            if ours != theirs:
                faults.append("%s: simulate %s, the cluster %s" % (what, ours, theirs))
        # Among equal pods the controller's choice is a draw, and the answer says so.
        draw = self.scenario.get("chance") or any("equalPods" in step for step in answer.get("scenario", []))
        same("old pods", len(kept) if draw else sorted(kept), len(really_kept) if draw else sorted(really_kept))
        same("new pods on a node", sum(1 for node in new.values() if node), sum(1 for node in really_new.values() if node))
        same("new pods that wait", sum(1 for node in new.values() if not node), sum(1 for node in really_new.values() if not node))
        if any(thing["kind"] == "StatefulSet" for thing in self.scenario["objects"]):
            same("new pods", sorted(new), sorted(really_new))
        if self.scenario.get("where"):
            count = lambda pods: dict(sorted(collections.Counter(node or "none" for node in pods.values()).items()))
            same("nodes of new pods", count(new), count(really_new))
        return faults

    def play(self):
        self.set_up()
        state = self.state()
        answer = self.simulate(state)
        self.do()
        return self.compare(state, answer)


def parts(taint):
    """`KEY=VALUE:EFFECT` as an object."""
    key, rest = taint.split("=")
    value, effect = rest.split(":")
    return {"key": key, "value": value, "effect": effect}


def answer_last(answer, pod):
    return next((step for step in answer["steps"] if step["pod"] == pod), None)


class Controllers(unittest.TestCase):
    def test_scenarios(self):
        if VERSION != NEWEST:
            self.skipTest("played with the newest minor only")
        try:
            controllers = plane().controllers()
            controllers.__enter__()
        except Unavailable as reason:
            self.skipTest(str(reason))
        try:
            with plane().scheduler(), Kubelet(plane().api()), concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
                plays = [(scenario["name"], pool.submit(Play(number, scenario).play)) for number, scenario in enumerate(SCENARIOS)]
                for name, play in plays:
                    with self.subTest(scenario=name):
                        faults = play.result()
                        self.assertFalse(faults, "\n  ".join(["", *faults]))
        finally:
            controllers.__exit__(None, None, None)


if __name__ == "__main__":
    unittest.main()
