"""200 pending pods created at once: what a real scheduler makes of them, and what `simulate` makes of them.

The scheduler takes them in the order of their creation, as `simulate` does. Replayed pod by pod on the placements
that it made, each of them must be one that the tool holds possible at that step; where all nodes are alike, ties
decide nothing but names, and the numbers of pods a node agree.
"""
import collections
import contextlib
import json
import unittest

import command
from control_plane import VERSION, wait_for
from small_cluster import on_server, pod
from suite import plane

PODS = 200
ROUNDS = 8
ZONES = ("a", "b", "c")


def node(number, cpu="16", pods="40"):
    name = "node-%02d" % number
    labels = {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": ZONES[number % len(ZONES)]}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}, "spec": {},
            "status": {"allocatable": {"cpu": cpu, "memory": "32Gi", "pods": pods}}}


def spread(key, app, when):
    return [{"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": when, "labelSelector": {"matchLabels": {"app": app}}}]


def labelled(name, app, cpu, **spec):
    thing = pod(name, cpu, **spec)
    thing["metadata"]["labels"] = {"app": app}
    return thing


def mixed():
    """Plain pods, pods that must be spread over zones, pods that keep apart, and some that find no node."""
    things = []
    for number in range(PODS):
        name = "pod-%03d" % number
        if number % 20 == 19:
            things.append(labelled(name, "huge", "20"))
        elif number % 20 == 10:
            things.append(labelled(name, "apart", "100m", affinity={"podAntiAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": [
                    {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "apart"}}}]}}))
        elif number % 4 == 1:
            things.append(labelled(name, "spread", "500m", topologySpreadConstraints=spread(
                "topology.kubernetes.io/zone", "spread", "DoNotSchedule")))
        elif number % 4 == 2:
            things.append(labelled(name, "even", "250m", topologySpreadConstraints=spread(
                "kubernetes.io/hostname", "even", "ScheduleAnyway")))
        else:
            things.append(labelled(name, "plain", "750m"))
    return things


class Simulate(unittest.TestCase):
    def placed_by_the_scheduler(self, nodes, pods):
        """The state before, as a List, and the node of each pod (None for those that stay pending), in order."""
        api = plane().api()
        with contextlib.ExitStack() as there:
            there.enter_context(on_server(api, nodes))
            scheduler = there.enter_context(plane().scheduler())
            with scheduler.held():
                there.enter_context(on_server(api, pods))
                state = {"apiVersion": "v1", "kind": "List", "items": [
                    {"apiVersion": "v1", "kind": kind, **thing} for kind, path in (("Node", "nodes"), ("Pod", "pods"))
                    for thing in api.get("/api/v1/" + path)["items"]]}

            def all_decided():
                live = api.get("/api/v1/namespaces/default/pods")["items"]
                return live if all(decided(thing) for thing in live) else None
            live = wait_for("a verdict on every pod", all_decided, 120)
        where = {thing["metadata"]["name"]: thing["spec"].get("nodeName") for thing in live}
        return state, [(thing["metadata"]["name"], where[thing["metadata"]["name"]]) for thing in pods]

    def test_every_placement_is_possible_at_its_step(self):
        state, placements = self.placed_by_the_scheduler([node(number) for number in range(12)], mixed())
        self.assertEqual(len(placements), PODS)
        self.assertGreater(sum(1 for _, where in placements if where), PODS // 2)
        self.assertGreater(sum(1 for _, where in placements if not where), 5)
        items = {thing["metadata"]["name"]: thing for thing in state["items"] if thing["kind"] == "Pod"}
        path = plane().directory / "replay.json"
        for name, where in placements:
            with self.subTest(pod=name):
                path.write_text(json.dumps(state))
                status, out, err = command.run("explain", name, "-o", "json", "--no-suggestions", "--kube-version",
                                               VERSION, "--snapshot", str(path))
                self.assertEqual(status, 0, err)
                placement = json.loads(out)
                if where:
                    self.assertIn(where, placement["picks"], placement.get("message"))
                    items[name]["spec"]["nodeName"] = where
                else:
                    self.assertFalse(placement["schedulable"])

    def test_the_numbers_of_pods_a_node_agree(self):
        alike = [labelled("pod-%03d" % number, "alike", "500m") for number in range(PODS)]
        state, placements = self.placed_by_the_scheduler([node(number) for number in range(9)], alike)
        path = plane().directory / "at-once.json"
        path.write_text(json.dumps(state))
        status, out, err = command.run("simulate", "--pending", "-o", "json", "--kube-version", VERSION, "--snapshot",
                                       str(path))
        self.assertEqual(status, 0, err)
        ours = [(step["pod"].split("/")[1], step["node"]) for step in json.loads(out)["steps"]]
        self.assertEqual([name for name, _ in ours], [name for name, _ in placements])
        self.assertEqual(numbers(ours), numbers(placements))

    def test_what_the_scheduler_draws_is_among_the_runs(self):
        """Whether the last pod finds a node depends on what is drawn for the first two."""
        nodes = [node(number, cpu="4") for number in range(3)]
        for thing in nodes[1:]:
            thing["metadata"]["labels"]["disk"] = "nvme"
        # Names in the order of creation: pods of one second are queued in the order of the list.
        pods = [pod("pod-1", "1"), pod("pod-2", "1"), pod("pod-3", "4", nodeSelector={"disk": "nvme"})]
        outcomes = set()
        for drawn in range(5 * ROUNDS):
            state, placements = self.placed_by_the_scheduler(nodes, pods)
            outcomes.add(tuple(where for _, where in placements))
            # On a busy machine many rounds in a row have been alike.
            if drawn >= ROUNDS and len(outcomes) > 1:
                break
        path = plane().directory / "draws.json"
        path.write_text(json.dumps(state))
        status, out, err = command.run("simulate", "--pending", "--runs", "300", "-o", "json", "--kube-version", VERSION,
                                       "--snapshot", str(path))
        self.assertEqual(status, 0, err)
        sweep = json.loads(out)
        possible = {thing["pod"].split("/")[1]: {on["node"] for on in thing["nodes"]} | ({None} if thing["runsUnplaced"] else set())
                    for thing in sweep["pods"]}
        self.assertTrue(0 < sweep["runsWithAllPlaced"] < 300)
        for outcome in outcomes:
            for thing, where in zip(pods, outcome):
                self.assertIn(where, possible[thing["metadata"]["name"]])
        # All rounds alike: one in three to the power of the others.
        self.assertGreater(len(outcomes), 1)


def decided(thing):
    conditions = {condition["type"]: condition for condition in thing["status"].get("conditions", [])}
    return thing["spec"].get("nodeName") or conditions.get("PodScheduled", {}).get("reason") == "Unschedulable"


def numbers(placements):
    """How many pods the nodes have, whichever they are; and how many have none."""
    return sorted(collections.Counter(where for _, where in placements).values())


if __name__ == "__main__":
    unittest.main()
