"""A snapshot of a real cluster answers as the cluster itself does, redacted up to the names."""
import itertools
import json
import unittest

import command
import corpus
from control_plane import VERSION
from suite import plane

# The oldest minor serves no resource.k8s.io/v1, which the recorded cases of devices have.
AREAS = ("mixed", "volumes", "preemption") + (() if VERSION.startswith("v1.33") else ("dra",))


class Snapshot(unittest.TestCase):
    def areas(self):
        there = {path.name.removesuffix(".jsonl.gz") for path in corpus.CORPUS.glob("*.jsonl.gz")}
        return [area for area in AREAS if area in there] or sorted(there - {"simulate", "running"})[:3]

    def test_answers_are_identical(self):
        api, kubeconfig = plane().api(), plane().kubeconfig("reader")
        path = plane().directory / "cluster.kss"
        answers = 0
        for area in self.areas():
            for case in itertools.islice(corpus.cases(area), 2):
                if case["config"] is not None:
                    continue
                with self.subTest(case=case["name"]), corpus.Loaded(api, case):
                    status, _, err = command.run("snapshot", "-f", str(path), kubeconfig=kubeconfig)
                    self.assertEqual(status, 0, err)
                    for pod in case["pods"]:
                        live = command.explain(pod, kubeconfig)
                        self.assertEqual(timeless(live), timeless(self.from_file(pod, path)))
                        answers += 1
        self.assertGreater(answers, 4)

    def test_redacted_answers_agree(self):
        api, kubeconfig = plane().api(), plane().kubeconfig("reader")
        path, names = plane().directory / "redacted.kss", plane().directory / "names.json"
        case = next(case for case in corpus.cases("mixed") if case["config"] is None)
        with corpus.Loaded(api, case):
            status, _, err = command.run("snapshot", "-f", str(path), "--redact", "--redact-map", str(names),
                                         kubeconfig=kubeconfig)
            self.assertEqual(status, 0, err)
            redacted = {original: name for name, original in json.loads(names.read_text()).items()}
            for pod in case["pods"]:
                live = command.explain(pod, kubeconfig)
                renamed = "/".join(redacted.get(part, part) for part in pod.split("/"))
                answer = self.from_file(renamed, path)
                for said in ("schedulable", "preEnqueue", "preFilter"):
                    self.assertEqual(said in live, said in answer)
                self.assertEqual(live["schedulable"], answer["schedulable"])
                self.assertEqual(verdicts(live), verdicts(answer))

    def from_file(self, pod, path):
        namespace, name = pod.split("/")
        status, out, err = command.run("explain", name, "-n", namespace, "-o", "json", "--snapshot", str(path))
        self.assertEqual(status, 0, err)
        return json.loads(out)


def timeless(placement):
    """Without what tells of the reading itself."""
    return {key: value for key, value in placement.items() if key not in ("state", "schedulerMessages")}


def verdicts(placement):
    """What was said of the nodes and how they were scored, without names."""
    return sorted((node["verdict"]["code"], node["verdict"].get("plugin", ""), node.get("total", -1))
                  for node in placement["nodes"])


if __name__ == "__main__":
    unittest.main()
