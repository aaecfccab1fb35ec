"""What the cluster's own scheduler says beside the answer, and its configuration from a ConfigMap."""
import contextlib
import itertools
import json
import pathlib
import tempfile
import time
import unittest

import command
from control_plane import RBAC, USERS, bind, wait_for, wait_for_right
from small_cluster import node, on_server, pod
from suite import plane

#: From the other end than test_rights.py.
users = itertools.chain(reversed(USERS))

CONFIGURATION = {"apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "KubeSchedulerConfiguration",
                 "profiles": [{"schedulerName": "default-scheduler"}, {"schedulerName": "binpack"}]}
CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "my-scheduler", "namespace": "default"},
              "data": {"README": "not this one", "config.json": json.dumps(CONFIGURATION)}}


class OwnWords(unittest.TestCase):
    def setUp(self):
        self.api, self.kubeconfig = plane().api(), plane().kubeconfig("reader")
        self.enterContext(on_server(self.api, [node("worker-1")]))

    def events(self, name):
        path = "/api/v1/namespaces/default/events?fieldSelector=reason=FailedScheduling,involvedObject.name=" + name
        return self.api.get(path)["items"]

    def test_the_same_and_then_older_than_the_state(self):
        with contextlib.ExitStack() as there:
            with plane().scheduler():
                there.enter_context(on_server(self.api, [pod("says-no", cpu="64")]))
                wait_for("the event", lambda: self.events("says-no"), 30)
                says = command.explain("default/says-no", self.kubeconfig)["schedulerMessages"][0]
                self.assertEqual(("Event", "default-scheduler", "same"),
                                 (says["source"], says["reporter"], says["comparison"]))
                _, out, _ = command.run("explain", "says-no", kubeconfig=self.kubeconfig)
                self.assertRegex(out, r"\n  same as the scheduler's own event of \d+ seconds? ago\n")
            # No scheduler runs to repeat it; times are whole seconds.
            time.sleep(1.5)
            there.enter_context(on_server(self.api, [node("worker-2")]))
            says = command.explain("default/says-no", self.kubeconfig)["schedulerMessages"][0]
            self.assertEqual("stale", says["comparison"])
            self.assertEqual([{"type": "NodeCount", "then": 1, "now": 2},
                              {"type": "NodesCreated", "count": 1, "names": ["worker-2"]}], says["changesSince"])
            self.assertEqual([{"message": "Insufficient cpu", "schedulerCount": 1, "answerCount": 2}], says["reasonCounts"])
            # A snapshot keeps the words.
            with tempfile.TemporaryDirectory() as directory:
                file = str(pathlib.Path(directory) / "cluster.json.gz")
                status, _, err = command.run("snapshot", "-f", file, kubeconfig=self.kubeconfig)
                self.assertEqual(0, status, err)
                again = command.explain("default/says-no", None, "--snapshot", file)["schedulerMessages"][0]
                self.assertEqual(says, again)

    def test_pods_that_nobody_schedules(self):
        foreign, bound = pod("foreign"), pod("bound")
        foreign["spec"]["schedulerName"] = "typo-scheduler"
        bound["spec"]["nodeName"] = "worker-1"
        with on_server(self.api, [foreign, bound, pod("unseen")]):
            standing = {name: command.explain("default/" + name, self.kubeconfig)["schedulingStatus"]
                        for name in ("foreign", "bound", "unseen")}
        self.assertEqual({"type": "UnknownScheduler", "schedulerName": "typo-scheduler", "placedPods": 0, "hasEvents": False},
                         {key: value for key, value in standing["foreign"].items() if key != "otherSchedulers"})
        self.assertIn({"name": "default-scheduler", "placedPods": 1}, standing["foreign"]["otherSchedulers"])
        self.assertEqual(("NotStarted", "worker-1"), (standing["bound"]["type"], standing["bound"]["node"]))
        self.assertEqual("NotAttempted", standing["unseen"]["type"])

    def test_a_configuration_from_a_config_map(self):
        binpack = pod("binpack")
        binpack["spec"]["schedulerName"] = "binpack"
        flags = ("--scheduler-config", "configmap/default/my-scheduler")
        with on_server(self.api, [CONFIG_MAP, binpack]):
            status, out, err = command.run("explain", "binpack", *flags, kubeconfig=self.kubeconfig)
            self.assertEqual((2, ""), (status, out))
            self.assertRegex(err, r'^Error from server \(Forbidden\): configmaps "my-scheduler" is forbidden: .*cannot get')
            kubeconfig = plane().kubeconfig(self.user_who_may_get_it())
            self.assertEqual("binpack", command.explain("default/binpack", kubeconfig, *flags)["profile"])
            self.assertEqual("binpack", command.explain("default/binpack", kubeconfig, flags[0],
                                                        flags[1] + "/config.json")["profile"])
            status, _, err = command.run("explain", "binpack", flags[0], flags[1] + "/x", kubeconfig=kubeconfig)
            self.assertEqual((2, 'error: configmap/default/my-scheduler/x: it has no key "x"; its keys are: README, '
                                 'config.json\n'), (status, err))
            status, out, err = command.run("config", *flags, "-o", "name", kubeconfig=kubeconfig)
            self.assertEqual((0, "profile/default-scheduler\nprofile/binpack\n"), (status, out), err)
            with tempfile.TemporaryDirectory() as directory:
                file = str(pathlib.Path(directory) / "cluster.json.gz")
                status, _, err = command.run("snapshot", "-f", file, *flags, kubeconfig=kubeconfig)
                self.assertEqual(0, status, err)
                self.assertEqual("binpack", command.explain("default/binpack", None, "--snapshot", file)["profile"])

    def user_who_may_get_it(self):
        user = next(users)
        rules = self.api.get(RBAC + "/clusterroles/kubectl-sched")["rules"] + [
            {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["my-scheduler"], "verbs": ["get"]}]
        self.api.create({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": user},
                         "rules": rules})
        bind(self.api, user, user)
        wait_for_right(self.api, user, "", "pods")
        return user
