"""Node groups on a live server: the status of the Cluster Autoscaler, Karpenter's objects where its CRDs are, events, rights."""
import datetime
import itertools
import json
import pathlib
import tempfile
import unittest

import command
from api import CLUSTER_SCOPED
from control_plane import RBAC, USERS, bind, wait_for, wait_for_right
from small_cluster import node, on_server, pod
from suite import plane

#: Other tests take theirs from the one end, and a few from the other.
users = itertools.chain(USERS[-10:-8])

GROUP = "eks-general-25899842-5a85-479e-a17f-59dba784bfde"
CLUSTER_SCOPED |= {"CustomResourceDefinition", "NodePool", "NodeClaim", "EC2NodeClass"}


def crd(group, version, kind):
    plural = {"EC2NodeClass": "ec2nodeclasses"}.get(kind, kind.lower() + "s")
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": plural + "." + group},
            "spec": {"group": group, "scope": "Cluster",
                     "names": {"plural": plural, "kind": kind, "singular": kind.lower()},
                     "versions": [{"name": version, "served": True, "storage": True,
                                   "schema": {"openAPIV3Schema": schema}}]}}


def status(now, groups=((GROUP, 1),)):
    """What the autoscaler writes of groups with one node each: id and maximum."""
    counts = {"longUnregistered": 0, "registered": {"total": 1, "ready": 1, "notStarted": 0, "unready": {"total": 0}}}
    groups = [{"name": name, "health": {"status": "Healthy", "cloudProviderTarget": 1, "minSize": 0, "maxSize": most,
                                        "nodeCounts": counts},
               "scaleUp": {"status": "NoActivity"}, "scaleDown": {"status": "NoCandidates"}} for name, most in groups]
    time = now.strftime("%Y-%m-%d %H:%M:%S +0000 UTC")
    text = json.dumps({"time": time, "autoscalerStatus": "Running", "nodeGroups": groups,
                       "clusterWide": {"health": {"status": "Healthy", "nodeCounts": counts}}})
    return {"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "cluster-autoscaler-status", "namespace": "kube-system",
                         "annotations": {"cluster-autoscaler.kubernetes.io/last-updated": time}},
            "data": {"status": text}}


def priorities(text):
    return {"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "cluster-autoscaler-priority-expander", "namespace": "kube-system"},
            "data": {"priorities": text}}


def event(name, reporter, reason, message, now):
    stamp = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"apiVersion": "v1", "kind": "Event", "metadata": {"name": name, "namespace": "default"}, "type": "Normal",
            "involvedObject": {"apiVersion": "v1", "kind": "Pod", "namespace": "default", "name": "large"},
            "reason": reason, "message": message, "source": {"component": reporter}, "count": 1,
            "firstTimestamp": stamp, "lastTimestamp": stamp}


class NodeGroups(unittest.TestCase):
    def setUp(self):
        self.api, self.kubeconfig = plane().api(), plane().kubeconfig("reader")
        self.now = datetime.datetime.now(datetime.timezone.utc)
        member = node("worker-1", cpu="4")
        member["metadata"]["labels"]["eks.amazonaws.com/nodegroup"] = "general"
        member["status"]["capacity"] = member["status"]["allocatable"]
        large = pod("large", cpu="3")
        things = [member, pod("there", cpu="3", nodeName="worker-1"), large]
        made = self.enterContext(on_server(self.api, things))
        large = {**made[2], "status": {"phase": "Pending", "conditions": [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]}}
        self.api.replace(large, "/status")

    def json(self, *arguments, kubeconfig=None):
        code, out, err = command.run(*arguments, "-o", "json", kubeconfig=kubeconfig or self.kubeconfig)
        self.assertEqual(0, code, err)
        return json.loads(out)

    def test_groups_of_the_cluster_autoscaler(self):
        self.enterContext(on_server(self.api, [status(self.now), event(
            "large.1", "cluster-autoscaler", "NotTriggerScaleUp",
            "pod didn't trigger scale-up: 1 max node group size reached", self.now)]))
        [group] = self.json("nodegroups")["clusterAutoscaler"]["groups"]
        self.assertEqual((GROUP, "max-size", ["worker-1"], 1),
                         (group["id"], group["state"], group["memberNodes"], group["pendingPods"]["fit"]))
        self.assertEqual("eks.amazonaws.com/nodegroup", group["membership"])
        self.assertEqual("4", group["newNode"]["free"]["cpu"])
        # Pods of the first seconds are not looked at.
        later = (self.now + datetime.timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        said = self.json("explain", "large", "--at", later)
        self.assertIn("NotTriggerScaleUp", [event["reason"] for event in said["events"]])
        [group] = said["newNodes"]["clusterAutoscaler"]["groups"]
        self.assertEqual((True, [2]), (group["fits"], [fix["max"] for fix in group["fixes"]]))
        # A snapshot keeps all of it; redacted, too, but for the names.
        with tempfile.TemporaryDirectory() as directory:
            for flags in [], ["--redact"]:
                file = str(pathlib.Path(directory) / "state{}.json.gz".format(len(flags)))
                code, _, err = command.run("snapshot", *flags, "-f", file, kubeconfig=self.kubeconfig)
                self.assertEqual(0, code, err)
                code, out, err = command.run("nodegroups", "-o", "json", "--snapshot", file)
                self.assertEqual(0, code, err)
                [group] = json.loads(out)["clusterAutoscaler"]["groups"]
                self.assertEqual(("max-size", 1, 1), (group["state"], group["members"], group["pendingPods"]["fit"]))

    def test_priorities_of_groups(self):
        """Of two groups that are alike the one with the higher priority grows; in a snapshot, and redacted, too."""
        other = "eks-spare-25899842-5a85-479e-a17f-59dba784bfdf"
        member = node("worker-2", cpu="4")
        member["metadata"]["labels"]["eks.amazonaws.com/nodegroup"] = "spare"
        member["status"]["capacity"] = member["status"]["allocatable"]
        self.enterContext(on_server(self.api, [member, pod("there-2", cpu="3", nodeName="worker-2"),
                                               status(self.now, [(GROUP, 3), (other, 3)])]))
        later = (self.now + datetime.timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        question = ["simulate", "--pending", "--autoscale", "--expander", "priority", "--at", later]
        code, _, err = command.run(*question, kubeconfig=self.kubeconfig)
        self.assertEqual(2, code)
        self.assertIn("the state does not have the priorities of the node groups", err)
        for first, text in (GROUP, "10:\n- .*\n50:\n- .*general.*\n"), (other, "10:\n- .*\n50:\n- eks-spare-.*\n"):
            with on_server(self.api, [priorities(text)]), tempfile.TemporaryDirectory() as directory:
                [grown] = self.json(*question)["scaleUps"]
                self.assertEqual((first, 2, 1), (grown["group"], grown["to"], grown["placed"]))
                file, names = (str(pathlib.Path(directory) / name) for name in ("state.json.gz", "names.json"))
                code, _, err = command.run("snapshot", "--redact", "--redact-map", names, "-f", file,
                                           kubeconfig=self.kubeconfig)
                self.assertEqual(0, code, err)
                code, out, err = command.run(*question, "-o", "json", "--snapshot", file)
                self.assertEqual(0, code, err)
                [grown] = json.loads(out)["scaleUps"]
                self.assertNotEqual(first, grown["group"])
                originals = json.loads(pathlib.Path(names).read_text())
                self.assertEqual(first, originals[grown["group"]])

    def test_the_right_to_read_the_status_is_missed_by_name(self):
        self.enterContext(on_server(self.api, [status(self.now)]))
        role = self.api.get(RBAC + "/clusterroles/kubectl-sched")
        rules = [rule for rule in role["rules"] if rule["resources"] != ["configmaps"]]
        user = next(users)
        self.api.create({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": user},
                         "rules": rules})
        bind(self.api, user, user)
        wait_for_right(self.api, user, "", "nodes")
        answer = self.json("nodegroups", kubeconfig=plane().kubeconfig(user))
        self.assertNotIn("clusterAutoscaler", answer)
        missed = [entry for entry in answer["notEvaluated"] if "rbac" in entry]
        self.assertEqual([["configmaps"]], [entry["rbac"]["resources"] for entry in missed])

    def test_pools_of_karpenter(self):
        # Without its CRDs one discovery request finds nothing, and nothing is said of it.
        self.assertNotIn("karpenter", self.json("nodegroups"))
        kinds = [("karpenter.sh", "v1", "NodePool"), ("karpenter.sh", "v1", "NodeClaim"),
                 ("karpenter.k8s.aws", "v1", "EC2NodeClass")]
        self.enterContext(on_server(self.api, [crd(*kind) for kind in kinds]))

        def served():
            try:
                return [self.api.get("/apis/{}/{}/{}".format(group, version, "ec2nodeclasses" if kind == "EC2NodeClass"
                                                             else kind.lower() + "s")) for group, version, kind in kinds]
            except Exception:  # not yet
                return None
        wait_for("the CRDs", served, 30)
        pool = {"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": {"name": "general"},
                "spec": {"limits": {"cpu": "8"}, "template": {"spec": {
                    "taints": [{"key": "dedicated", "value": "a", "effect": "NoSchedule"}],
                    "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "default"}}}},
                "status": {"conditions": [{"type": "Ready", "status": "True"}]}}
        self.enterContext(on_server(self.api, [pool, event(
            "large.2", "karpenter", "FailedScheduling", "Failed to schedule pod, did not tolerate taint", self.now)]))
        [shown] = self.json("nodegroups")["karpenter"]["pools"]
        self.assertEqual(("general", True, "ready"), (shown["name"], shown["considered"], shown["summary"]))
        said = self.json("explain", "large")
        [shown] = said["newNodes"]["karpenter"]["pools"]
        self.assertEqual(("no", "taint"), (shown["verdict"], shown["kind"]))
        self.assertIn("Failed to schedule pod, did not tolerate taint", json.dumps(said))
