"""A real scheduler and `explain`, asked about the same pods in the same state.

The scheduler is held still while `explain` reads the cluster, then let go: an event must say what
`message` says, a bound pod must be on one of `picks`.
"""
import json
import os
import unittest

import command
import corpus
from control_plane import NEWEST, VERSION, wait_for
from suite import plane

#: Cases of each area that are tried.
COUNT = int(os.environ.get("E2E_CASES", "3"))
EVENT_LIMIT = 1024  # events are cut off there


class Scheduler(unittest.TestCase):
    """One test an area of the corpus."""

    def try_area(self, area):
        api = plane().api()
        kubeconfig = plane().kubeconfig("reader")
        self.verdicts = 0
        for loaded in corpus.loaded(api, area, COUNT):
            case = loaded.case
            with plane().scheduler(case["config"]) as scheduler:
                flags = configuration_flags(case)
                for pod in case["pods"]:
                    with self.subTest(case=case["name"], pod=pod):
                        with scheduler.held():
                            loaded.release(pod)
                            placement = command.explain(pod, kubeconfig, *flags)
                        if placement.get("preEnqueue", {}).get("plugin") == "SchedulingGates":
                            self.assertEqual("SchedulingGated",
                                             scheduled_condition(api.get(corpus.pod_path(pod))).get("reason"))
                            with scheduler.held():
                                loaded.release(pod, every_gate=True)
                                placement = command.explain(pod, kubeconfig, *flags)
                        if not self.same(api, pod, placement):
                            break
                        if not placement["schedulable"] and "message" in placement:
                            # The scheduler has spoken, and we say that it says the same.
                            says = command.explain(pod, kubeconfig, *flags)["schedulerMessages"][0]
                            self.assertEqual("same", says.get("comparison"), says)
                        if not placement["schedulable"]:
                            loaded.remove(pod)
        if not any(corpus.cases(area)):
            self.skipTest("its cases take feature gates that are off by default")
        self.assertGreater(self.verdicts, 0, "no pod of this area came to a verdict")

    def same(self, api, pod, placement):
        """Compares with what the scheduler does; False when the state is no longer at rest."""
        if "preEnqueue" in placement or (placement.get("errors") and "message" not in placement):
            return True  # the scheduler does not look at it
        live = wait_for("a verdict on " + pod, lambda: verdict(api, pod), 30)
        self.verdicts += 1
        node = live["spec"].get("nodeName")
        if node and not placement["schedulable"] and frees_a_claim(placement):
            # The claim was freed for the pod, whose second try then came before our look.
            self.assertEqual(cut_off(placement["message"]), failure_event(api, pod))
            return False
        if node:
            self.assertTrue(placement["schedulable"], "on %s, and we say: %s" % (node, placement.get("message")))
            self.assertIn(node, placement["picks"])
            return True
        condition = scheduled_condition(live)
        if condition["message"].startswith("running PreBind plugin"):
            # A node was chosen, and then the API server refused what binding to it takes.
            self.assertTrue(placement["schedulable"], condition["message"])
            return True
        self.assertFalse(placement["schedulable"], "we say %s, kube-scheduler: %s"
                         % (placement.get("best"), condition["message"]))
        self.assertEqual(placement["message"], condition["message"])
        event = wait_for("the event of " + pod, lambda: failure_event(api, pod), 15)
        self.assertEqual(cut_off(placement["message"]), event)
        nominated = live["status"].get("nominatedNodeName")
        if nominated:
            self.assertIn(nominated, placement["preemption"]["pick"])
        # Victims are being deleted or a claim is being freed, at a time of the scheduler's choosing.
        return not nominated and not frees_a_claim(placement)


def area_test(area):
    return lambda self: self.try_area(area)


for name in corpus.areas():
    # The oldest minor serves no resource.k8s.io/v1, which the recorded cases of devices have.
    if VERSION == NEWEST or not name.startswith("dra"):
        setattr(Scheduler, "test_" + name.replace("-", "_"), area_test(name))


class Together(unittest.TestCase):
    """A set of pods that stay pending, all let go at once."""

    def test_pending_pods(self):
        api, kubeconfig = plane().api(), plane().kubeconfig("reader")
        node = {"apiVersion": "v1", "kind": "Node", "spec": {"taints": [
            {"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}]}, "metadata": {"name": "gpu-1"},
            "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"}}}
        small = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "small-1"},
                 "status": {"allocatable": {"cpu": "1", "memory": "1Gi", "pods": "110"}}}
        pods = [
            {"resources": {"requests": {"cpu": "2"}}},
            {"resources": {"requests": {"memory": "4Gi"}}},
            {"resources": {"requests": {"example.com/gpu": "1"}, "limits": {"example.com/gpu": "1"}}},
        ]
        specs = [{"containers": [{"name": "c", "image": "i", **container}]} for container in pods]
        specs.append({"containers": [{"name": "c", "image": "i"}], "nodeSelector": {"disk": "ssd"}})
        specs.append({"containers": [{"name": "c", "image": "i"}], "nodeName": "", "affinity": {"podAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [
                {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "nobody"}}}]}}})
        made = []
        try:
            for thing in (node, small):
                made.append({**thing, **api.create(thing)})
            with plane().scheduler() as scheduler:
                with scheduler.held():
                    names = []
                    for number, spec in enumerate(specs):
                        thing = {"apiVersion": "v1", "kind": "Pod", "spec": spec,
                                 "metadata": {"name": "together-%d" % number, "namespace": "default"}}
                        made.append({**thing, **api.create(thing)})
                        names.append("default/together-%d" % number)
                    messages = {name: command.explain(name, kubeconfig)["message"] for name in names}
                events = {name: wait_for("the event of " + name, lambda: failure_event(api, name), 30) for name in names}
            self.assertEqual(messages, events)
            self.assertEqual(len(set(messages.values())), len(messages), "each for a reason of its own")
        finally:
            for thing in reversed(made):
                api.delete(thing)


def configuration_flags(case):
    if case["config"] is None:
        return ()
    path = plane().directory / (case["name"] + ".json")
    path.write_text(json.dumps(case["config"]))
    return ("--scheduler-config", str(path))


def frees_a_claim(placement):
    """Whether the scheduler takes a claim's devices away, or deletes a claim of its own, before the pod's next try."""
    return any(what in placement["message"] for what in ("deallocation of ResourceClaim completed", "deletion of ResourceClaim completed"))


def scheduled_condition(pod):
    conditions = pod["status"].get("conditions", [])
    return next((condition for condition in conditions if condition["type"] == "PodScheduled"), {})


def verdict(api, pod):
    live = api.get(corpus.pod_path(pod))
    decided = live["spec"].get("nodeName") or scheduled_condition(live).get("reason") in ("Unschedulable",
                                                                                          "SchedulerError")
    return live if decided else None


def failure_event(api, pod):
    namespace, name = pod.split("/")
    events = api.get("/api/v1/namespaces/%s/events?fieldSelector=reason=FailedScheduling,involvedObject.name=%s"
                     % (namespace, name))["items"]
    uid = api.get(corpus.pod_path(pod))["metadata"]["uid"]
    own = [event for event in events if event["involvedObject"]["uid"] == uid]
    return own[-1]["message"] if own else None


def cut_off(message):
    """As client-go's event recorder does it."""
    return message if len(message) <= EVENT_LIMIT else message[:EVENT_LIMIT - 4] + " ..."
