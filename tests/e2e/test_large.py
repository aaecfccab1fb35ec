"""Clusters of 150 and 400 nodes, in which kube-scheduler compares only some of the nodes that fit.

Where it begins to look and how fast its workers are is not known to `explain`; the node that it chooses is always one of
`picks`, and not every node is.
"""
import random
import unittest

import command
from control_plane import wait_for
from small_cluster import on_server
from suite import plane

ZONES = ("a", "b", "c")


def node(number, cpu):
    name = "large-%03d" % number
    labels = {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": ZONES[number % len(ZONES)]}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}, "spec": {},
            "status": {"allocatable": {"cpu": str(cpu), "memory": "64Gi", "pods": "110"}}}


def pod(name, cpu, priority=0, **spec):
    container = {"name": "c", "image": "i", "resources": {"requests": {"cpu": cpu, "memory": "1Gi"}}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"},
            "spec": {"containers": [container], "priority": priority, **spec}}


class Large(unittest.TestCase):
    def try_pods(self, nodes, pods):
        api, kubeconfig = plane().api(), plane().kubeconfig("reader")
        draw = random.Random(nodes)
        things = [node(number, draw.choice((4, 6, 8, 12, 16, 24, 32))) for number in range(nodes)]
        # One in ten does not fit.
        for thing in things[::10]:
            thing["spec"]["unschedulable"] = True
        with on_server(api, things), plane().scheduler() as scheduler:
            for number in range(pods):
                name = "default/pod-%02d" % number
                with scheduler.held():
                    made = api.create(pod("pod-%02d" % number, draw.choice(("500m", "1", "2"))))
                    placement = command.explain(name, kubeconfig)
                chosen = wait_for("a node for " + name, lambda: api.get(
                    "/api/v1/namespaces/default/pods/pod-%02d" % number)["spec"].get("nodeName"), 30)
                self.made.append({**made, "apiVersion": "v1", "kind": "Pod"})
                with self.subTest(pod=name):
                    self.assertIn(chosen, placement["picks"])
                    sampling = placement["sampling"]
                    self.assertEqual(sorted(placement["picks"]), sorted(pick["node"] for pick in sampling["picks"]))
                    self.assertLess(sampling["compared"], sampling["feasible"])
                    self.assertLess(len(placement["picks"]), sampling["feasible"])

    def setUp(self):
        self.made = []

    def tearDown(self):
        for thing in reversed(self.made):
            plane().api().delete(thing)

    def test_150_nodes(self):
        self.try_pods(150, 25)

    def test_400_nodes(self):
        self.try_pods(400, 20)

    def test_preemption_compares_some_candidates(self):
        api, kubeconfig = plane().api(), plane().kubeconfig("reader")
        draw = random.Random(7)
        things = [node(number, 4) for number in range(150)]
        things += [pod("low-%03d" % number, "3", draw.randrange(1, 40), nodeName="large-%03d" % number)
                   for number in range(150)]
        with on_server(api, things), plane().scheduler() as scheduler:
            with scheduler.held():
                made = api.create(pod("urgent", "3", 1000))
                placement = command.explain("default/urgent", kubeconfig)
            self.made.append({**made, "apiVersion": "v1", "kind": "Pod"})

            def nominated():
                live = api.get("/api/v1/namespaces/default/pods/urgent")
                return live["status"].get("nominatedNodeName") or live["spec"].get("nodeName")
            chosen = wait_for("a nomination", nominated, 30)
        preemption = placement["preemption"]
        self.assertEqual(150, len(preemption["candidates"]))
        self.assertEqual(100, preemption["sampling"]["compared"])
        picks = {pick["node"]: pick["probability"] for pick in preemption["sampling"]["picks"]}
        self.assertIn(chosen, picks)
        self.assertLess(len(picks), 60)
        self.assertAlmostEqual(1, sum(picks.values()))


if __name__ == "__main__":
    unittest.main()
