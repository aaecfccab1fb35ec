"""`check` asks a live cluster as it asks a snapshot of it, with and without a base; a quota refuses in the server's own words."""
import json
import pathlib
import tempfile
import unittest

import command
from api import Refused, path_of
from small_cluster import node, on_server
from suite import plane

NAMESPACE = "gate"
MARK = " is forbidden: "


def namespaced(api_version, kind, name, **fields):
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": NAMESPACE}, **fields}


def template(name, cpu, image):
    return {"metadata": {"labels": {"app": name}},
            "spec": {"containers": [{"name": "c", "image": image, "resources": {"requests": {"cpu": cpu}}}]}}


def deployment(name, replicas, cpu, image="registry.example.com/app:1"):
    return namespaced("apps/v1", "Deployment", name, spec={
        "replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template(name, cpu, image)})


def owned(thing, by, name):
    """The thing, managed by what the server has made of `by`."""
    owner = {"apiVersion": by["apiVersion"], "kind": by["kind"], "name": by["metadata"]["name"], "uid": by["metadata"]["uid"],
             "controller": True}
    return {**thing, "metadata": {**thing["metadata"], "name": name, "namespace": NAMESPACE, "ownerReferences": [owner]}}


QUOTA = {"requests.cpu": "8"}


class Check(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        """Two nodes of 4 cpus; `web` has two pods of 1 cpu on them, `wide` asks for more than a node has and waits."""
        cls.api = plane().api()
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
        quota = namespaced("v1", "ResourceQuota", "share", spec={"hard": QUOTA})
        cls.enterClassContext(on_server(cls.api, [namespace, node("worker-1"), node("worker-2")]))
        cls.run_deployment(deployment("web", 2, "1"), ["worker-1", "worker-2"])
        cls.run_deployment(deployment("wide", 1, "5"), [None])
        # After its pods, which nobody counts here.
        cls.enterClassContext(on_server(cls.api, [quota]))
        there = cls.api.get(path_of(quota))
        used = {"hard": QUOTA, "used": {"requests.cpu": "2"}}
        cls.api.replace({**quota, "metadata": there["metadata"], "status": used}, "/status")

    @classmethod
    def run_deployment(cls, workload, nodes):
        """As its controllers would: there are none."""
        def create(thing):
            made = cls.enterClassContext(on_server(cls.api, [thing]))[0]
            return {**thing, "metadata": cls.api.get(path_of(made))["metadata"]}
        name = workload["metadata"]["name"]
        made = create(workload)
        replica_set = namespaced("apps/v1", "ReplicaSet", name, spec={
            field: workload["spec"][field] for field in ("replicas", "selector", "template")})
        made = create(owned(replica_set, made, name + "-1"))
        for number, place in enumerate(nodes):
            of_template = workload["spec"]["template"]
            pod = {"apiVersion": "v1", "kind": "Pod", "metadata": of_template["metadata"],
                   "spec": {**of_template["spec"], **({"nodeName": place} if place else {})}}
            create(owned(pod, made, "%s-1-%d" % (name, number)))

    def check(self, change, *flags, base=None):
        """Status and answer, the same for the live cluster and for its snapshot."""
        answers = []
        snapshot = plane().directory / "check.ksnap"
        status, _, err = command.run("snapshot", "-f", str(snapshot), kubeconfig=plane().kubeconfig("reader"))
        self.assertEqual(0, status, err)
        with tempfile.TemporaryDirectory() as folder:
            arguments = ["-f", self.written(folder, "change", change)]
            if base is not None:
                arguments += ["--base", self.written(folder, "base", base)]
            for state in ({"kubeconfig": plane().kubeconfig("reader")}, {}):
                of = [] if state else ["--snapshot", str(snapshot)]
                status, out, err = command.run("check", *arguments, "-o", "json", *flags, *of, **state)
                self.assertIn(status, (0, 1), err)
                answer = json.loads(out)
                for field in ("state", "snapshotAge", "readAt"):
                    answer.pop(field, None)
                answers.append((status, answer))
        self.assertEqual(*answers)
        return answers[0]

    @staticmethod
    def written(folder, name, things):
        path = pathlib.Path(folder) / name
        path.mkdir()
        for thing in things:
            (path / (thing["metadata"]["name"] + ".json")).write_text(json.dumps(thing))
        return str(path)

    def test_what_fits(self):
        status, answer = self.check([deployment("web", 2, "1", "registry.example.com/app:2")])
        # The other workload waits as before.
        self.assertEqual((0, "BrokenBefore"), (status, answer["verdict"]), answer)
        self.assertEqual([("deployment/gate/wide", True)],
                         [(problem["object"], problem["before"]) for problem in answer["problems"]])
        self.assertEqual([("deployment/gate/web", "Changed", 2)],
                         [(change["object"], change["change"], change["placed"]) for change in answer["changes"]])

    def test_what_is_too_big(self):
        status, answer = self.check([deployment("web", 2, "4500m")], "-n", NAMESPACE)
        self.assertEqual((1, "Breaks"), (status, answer["verdict"]), answer)
        problem = next(problem for problem in answer["problems"] if problem["type"] == "RolloutStuck")
        self.assertIn("0/2 nodes are available: 2 Insufficient cpu", problem["message"])

    def test_against_a_base(self):
        base = [deployment("web", 2, "1"), deployment("wide", 1, "5")]
        # Broken before, and no worse.
        change = [deployment("web", 3, "1"), deployment("wide", 1, "5")]
        status, answer = self.check(change, base=base)
        self.assertEqual(0, status, answer)
        self.assertTrue(answer["comparedWithBase"])
        self.assertEqual([True], [problem["before"] for problem in answer["problems"]], answer)
        self.assertEqual(1, self.check(change, "--strict", base=base)[0])
        # What the base has and the change has not is removed.
        status, answer = self.check([deployment("web", 2, "1")], base=base)
        self.assertEqual(0, status, answer)
        removed = [change["object"] for change in answer["changes"] if change["change"] == "Removed"]
        self.assertEqual(["deployment/gate/wide"], removed)
        # Worse than before.
        status, answer = self.check([deployment("web", 2, "4500m"), deployment("wide", 1, "5")], base=base)
        self.assertEqual(1, status, answer)

    def test_what_a_quota_refuses(self):
        new = deployment("extra", 1, "7")
        for base in (None, []):
            status, answer = self.check([new], *(["--strict"] if base is None else []), base=base)
            self.assertEqual(1, status, answer)
            problem = next(problem for problem in answer["problems"] if problem["type"] == "Refused")
            pod = {"apiVersion": "v1", "kind": "Pod", **new["spec"]["template"]}
            pod["metadata"] = {**pod["metadata"], "name": "extra", "namespace": NAMESPACE}
            with self.assertRaises(Refused) as refused:
                self.api.delete({**self.api.create(pod), "apiVersion": "v1", "kind": "Pod"})
            theirs = json.loads(str(refused.exception).split(": 403 ", 1)[1])["message"]
            self.assertEqual(theirs.split(MARK)[1], problem["message"].split(MARK)[1])
