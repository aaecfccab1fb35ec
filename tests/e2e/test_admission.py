"""Pods that a LimitRange or a ResourceQuota forbids are refused in the API server's own words."""
import json
import tempfile
import unittest

import command
from api import Refused, path_of
from small_cluster import node, on_server
from suite import plane

NAMESPACE = "strict"


def thing(api_version, kind, name, **fields):
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": NAMESPACE}, **fields}


def pod(name, resources, more=(), **spec):
    containers = [{"name": "c%d" % index, "image": "i", "resources": each} for index, each in enumerate([resources, *more])]
    return thing("v1", "Pod", name, spec={"containers": containers, **spec})


def limits(*items):
    return thing("v1", "LimitRange", "sizes", spec={"limits": list(items)})


def quota(hard, used, **spec):
    return thing("v1", "ResourceQuota", "share", spec={"hard": hard, **spec}, status={"hard": hard, "used": used})


CPU = {"requests": {"cpu": "500m"}, "limits": {"cpu": "1"}}

#: What is set up, and pods that are created one after the other.
CASES = [
    ([limits({"type": "Container", "min": {"cpu": "100m", "memory": "4Mi"}})],
     [pod("none", {}), pod("little", {"requests": {"cpu": "50m", "memory": "1Mi"}}), pod("memory", {"requests": {"memory": "0.5Gi"}})]),
    ([limits({"type": "Container", "max": {"cpu": "500m"}})],
     [pod("default", {}), pod("much", CPU), pod("two", {}, [CPU]), pod("request", {"requests": {"cpu": "2"}, "limits": {"cpu": "2"}})]),
    ([limits({"type": "Container", "maxLimitRequestRatio": {"cpu": "1.5", "memory": "2"}})],
     [pod("none", {}), pod("ratio", {"requests": {"cpu": "300m", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "2Gi"}})]),
    ([limits({"type": "Pod", "max": {"cpu": "1500m"}, "min": {"memory": "1Mi"}})],
     [pod("one", CPU), pod("two", CPU, [CPU]), pod("init", CPU, initContainers=[{"name": "i", "image": "i", "resources": {"limits": {"cpu": "3"}}}])]),
    ([limits({"type": "Container", "default": {"cpu": "200m"}, "defaultRequest": {"cpu": "100m"}}),
      quota({"requests.cpu": "1", "limits.cpu": "5"}, {"requests.cpu": "700m", "limits.cpu": "0"})],
     [pod("a", {}), pod("b", {}), pod("large", CPU), pod("c", {}), pod("d", {})]),
    ([quota({"pods": "2", "count/pods": "2"}, {"pods": "1", "count/pods": "1"})], [pod("a", {}), pod("b", {})]),
    ([quota({"limits.memory": "1Gi", "cpu": "2"}, {"limits.memory": "0", "cpu": "0"})], [pod("unsaid", CPU, [{}])]),
    ([quota({"pods": "0"}, {"pods": "0"}, scopes=["BestEffort"])], [pod("best-effort", {}), pod("burstable", CPU)]),
    ([quota({"pods": "0"}, {"pods": "0"}, scopes=["Terminating"])],
     [pod("ends", CPU, activeDeadlineSeconds=60), pod("stays", CPU)]),
    ([quota({"requests.example.com/gpu": "1", "requests.ephemeral-storage": "1Gi"},
            {"requests.example.com/gpu": "0", "requests.ephemeral-storage": "0"})],
     [pod("gpu", {"limits": {"example.com/gpu": "2"}}), pod("disk", {"requests": {"ephemeral-storage": "2Gi"}}), pod("plain", CPU)]),
]


def words(message):
    """The server draws the order of several reasons."""
    return sorted(message.replace("[", "").replace("]", "").replace(",", "").split())


class Admission(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.api = plane().api()
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
        cls.enterClassContext(on_server(cls.api, [namespace, node("worker-1")]))

    def test_refusals(self):
        refused = 0
        for number, (rules, pods) in enumerate(CASES):
            with self.subTest(number=number), on_server(self.api, rules):
                for rule in rules:
                    if "status" in rule:
                        self.api.replace({**rule, "metadata": self.api.get(path_of(rule))["metadata"]}, "/status")
                ours = self.simulated(pods)
                theirs = {}
                for each in pods:
                    try:
                        self.addCleanup(self.api.delete, self.api.create(each) | {"apiVersion": "v1", "kind": "Pod"})
                    except Refused as refusal:
                        self.assertEqual(403, refusal.status)
                        theirs[each["metadata"]["name"]] = json.loads(str(refusal).split(": 403 ", 1)[1])["message"]
                self.assertEqual({name: words(message) for name, message in theirs.items()},
                                 {name: words(message) for name, message in ours.items()})
                refused += len(theirs)
                self.doCleanups()
        self.assertGreater(refused, 15)

    def simulated(self, pods):
        """The refusals by pod."""
        with tempfile.NamedTemporaryFile("w", suffix=".json") as manifest:
            json.dump({"apiVersion": "v1", "kind": "List", "items": pods}, manifest)
            manifest.flush()
            status, out, err = command.run("simulate", "-f", manifest.name, "-o", "json",
                                           kubeconfig=plane().kubeconfig("reader"))
        self.assertEqual((0, ""), (status, err))
        return {each["pod"].split("/")[1]: each["message"] for each in json.loads(out).get("refused", [])}
