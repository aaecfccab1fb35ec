"""`diff` compares a snapshot of this morning with the cluster as it is now."""
import json
import unittest

import command
from small_cluster import node, on_server, pod
from suite import plane


class Diff(unittest.TestCase):
    maxDiff = None

    def test_a_snapshot_and_the_cluster(self):
        api, reader = plane().api(), plane().kubeconfig("reader")
        with on_server(api, [node("worker-1"), pod("waits", "3")]):
            file = str(plane().directory / "morning.ksnap")
            status, _, err = command.run("snapshot", "-f", file, kubeconfig=reader)
            self.assertEqual(0, status, err)
            self.assertEqual(([], [], []), self.difference(file, reader))
            # Now another pod has a part of what it waits for.
            with on_server(api, [pod("came", "2", nodeName="worker-1")]):
                objects, pods, verdicts = self.difference(file, reader)
        self.assertEqual([], objects)
        self.assertEqual([("pod/default/came", 0, 1)],
                         [(of["owner"], of["placedBefore"], of["placedAfter"]) for of in pods])
        self.assertEqual([("default/waits", "Fits", "DoesNotFit")],
                         [(of["pod"], of["before"]["state"], of["after"]["state"]) for of in verdicts])
        self.assertIn("Insufficient cpu", verdicts[0]["message"])

    def difference(self, file, kubeconfig):
        """What changed: objects, pods on nodes, verdicts."""
        status, out, err = command.run("diff", file, "-o", "json", kubeconfig=kubeconfig)
        self.assertEqual(0, status, err)
        states = json.loads(out)["states"]
        return states["objects"], states["pods"], states["verdicts"]
