"""docs/rbac.yaml is enough and no more than enough; the API server's audit log is the witness."""
import copy
import itertools
import json
import unittest

import command
from control_plane import NEWEST, RBAC, USERS, VERSION, bind, wait_for_right
from small_cluster import node, on_server, pod
from suite import plane

users = itertools.chain(USERS)


#: Kinds that are about devices.
DEVICES = {"deviceclasses", "devicetaintrules", "resourceclaims", "resourceclaimtemplates", "resourceslices"}


class Rights(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.api = plane().api()
        cls.role = cls.api.get(RBAC + "/clusterroles/kubectl-sched")
        # A pod that makes every plugin read what it can read, and one that makes none.
        controller = {"apiVersion": "apps/v1", "controller": True, "uid": "none", "name": "gone"}
        term = {"topologyKey": "zone", "labelSelector": {}, "namespaceSelector": {"matchLabels": {"team": "a"}}}
        anti = {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
            {"weight": 1, "podAffinityTerm": term}]}}
        reads = pod("reads", cpu="64", affinity=anti, resourceClaims=[{"name": "d", "resourceClaimName": "d"}],
                    volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "v"}}])
        things = [node("worker-1"), node("worker-2"), pod("waits", cpu="64"), reads]
        things[2]["spec"]["topologySpreadConstraints"] = [
            {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {}}]
        for kind in ("ReplicaSet", "StatefulSet"):
            owned = pod("of-" + kind.lower(), cpu="64")
            owned["metadata"]["ownerReferences"] = [{**controller, "kind": kind}]
            things.append(owned)
        owned = pod("of-replicationcontroller", cpu="64")
        owned["metadata"]["ownerReferences"] = [{**controller, "apiVersion": "v1", "kind": "ReplicationController"}]
        things.append(owned)
        cls.enterClassContext(on_server(cls.api, things))
        cls.manifest = plane().directory / "manifest.json"
        cls.manifest.write_text(json.dumps(pod("new", cpu="64")))

    def user_with(self, rules):
        """A user with these rights and no others; waits until the server knows."""
        user = next(users)
        role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": user},
                "rules": rules}
        self.api.create(role)
        bind(self.api, user, user)
        wait_for_right(self.api, user, *resources(rules)[0])
        return user

    def listed(self, users):
        """The groups and resources that these users have listed."""
        asked = plane().audited(users)
        # The server of the tests has no coscheduling plugin, serves no groups of pods by default, and in the oldest minor
        # no devices: it says that it knows no such kinds, and of these older versions are tried, too.
        unknown = {"podgroups", "workloads"} if VERSION == NEWEST else {"podgroups", "workloads"} | DEVICES
        self.assertEqual([], [entry for entry in asked if entry["responseStatus"]["code"] != 200
                              and (entry["responseStatus"]["code"] != 404 or entry["objectRef"]["resource"] not in unknown)])
        return {(entry["objectRef"].get("apiGroup", ""), entry["objectRef"]["resource"])
                for entry in asked if entry["verb"] == "list"}

    def test_the_role_is_enough_and_all_of_it_is_used(self):
        user = self.user_with(self.role["rules"])
        kubeconfig = plane().kubeconfig(user)
        status, _, err = command.run("snapshot", "-f", str(plane().directory / "snapshot.json.gz"), kubeconfig=kubeconfig)
        self.assertEqual(0, status, err)
        # What comes with a CRD is asked for where the server has its group.
        served = {group["name"] for group in self.api.get("/apis")["groups"]} | {""}
        listed = self.listed([user])
        self.assertEqual({right for right in resources(self.role["rules"]) if right[0] in served or right in listed}, listed)

    def test_a_pod_that_needs_little_reads_little(self):
        user = self.user_with(self.role["rules"])
        placement = command.explain("default/waits", plane().kubeconfig(user))
        self.assertEqual([], placement.get("notEvaluated", []))
        self.assertIn("2 Insufficient cpu", placement["message"])
        # The namespaces are read because "reads" selects some, and would be in the way.
        self.assertEqual({("", "pods"), ("", "nodes"), ("", "namespaces"), ("", "events"), ("", "configmaps"),
                          ("policy", "poddisruptionbudgets")},
                         self.listed([user]))

    def test_each_right_is_missed_by_name(self):
        tried = [("reads", ["namespaces", "services", "persistentvolumes", "persistentvolumeclaims", "storageclasses",
                            "csinodes", "csidrivers", "csistoragecapacities", "volumeattachments", "deviceclasses",
                            "devicetaintrules", "resourceclaims", "resourceslices", "poddisruptionbudgets"]),
                 ("of-replicaset", ["replicasets"]), ("of-statefulset", ["statefulsets"]),
                 ("of-replicationcontroller", ["replicationcontrollers"]), ("waits", ["events"]),
                 ("-f", ["priorityclasses", "limitranges", "resourcequotas", "runtimeclasses"])]
        for name, missing in tried:
            arguments = ["-f", str(self.manifest)] if name == "-f" else [name]
            for resource in missing:
                if VERSION.startswith("v1.33") and resource in DEVICES:
                    continue  # no plugin of v1.33 reads them by default, and its server does not have them
                with self.subTest(resource=resource):
                    group = next(group for group, other in resources(self.role["rules"]) if other == resource)
                    user = self.user_with(without(self.role["rules"], group, resource))
                    status, out, err = command.run("explain", *arguments, "-o", "json", kubeconfig=plane().kubeconfig(user))
                    self.assertEqual(0, status, err)
                    missed = [entry for entry in json.loads(out)["notEvaluated"] if "rbac" in entry]
                    self.assertTrue(missed)
                    rule = {"apiGroups": [group], "resources": [resource], "verbs": ["list"]}
                    for entry in missed:
                        self.assertEqual((refusal(user, group, resource), rule), (entry["why"], entry["rbac"]))

    def test_what_decides_the_answer_is_refused_in_the_servers_words(self):
        tried = [("waits", "", "pods"), ("waits", "", "nodes"), ("deployment/web", "apps", "deployments"),
                 ("deployment/web", "apps", "replicasets"), ("cronjob/web", "batch", "cronjobs"),
                 ("cronjob/web", "batch", "jobs"), ("ds/web", "apps", "daemonsets")]
        for target, group, resource in tried:
            with self.subTest(target=target, resource=resource):
                user = self.user_with(without(self.role["rules"], group, resource))
                status, out, err = command.run("explain", target, kubeconfig=plane().kubeconfig(user))
                self.assertEqual((2, "", "Error from server (Forbidden): %s\n" % refusal(user, group, resource)),
                                 (status, out, err))

    def test_what_is_not_needed_is_not_missed(self):
        rules = [{"apiGroups": [""], "resources": ["pods", "nodes", "namespaces", "events", "configmaps"], "verbs": ["list"]},
                 {"apiGroups": ["policy"], "resources": ["poddisruptionbudgets"], "verbs": ["list"]}]
        placement = command.explain("default/waits", plane().kubeconfig(self.user_with(rules)))
        self.assertEqual([], placement["notEvaluated"])

    def test_a_role_that_would_mend_it_can_be_copied(self):
        rules = [{"apiGroups": [""], "resources": ["pods", "nodes", "events", "configmaps"], "verbs": ["list"]}]
        user = self.user_with(rules)
        status, out, err = command.run("explain", "waits", kubeconfig=plane().kubeconfig(user))
        self.assertEqual(0, status, err)
        self.assertIn("kubectl create clusterrole kubectl-sched-more --verb=list "
                      "--resource=namespaces,poddisruptionbudgets.policy\n", out)


def refusal(user, group, resource):
    """The API server's sentence."""
    return '%s is forbidden: User "%s" cannot list resource "%s" in API group "%s" %s' % (
        "%s.%s" % (resource, group) if group else resource, user, resource, group,
        # Only those of the pod in question.
        'in the namespace "default"' if resource == "events" else "at the cluster scope")


def resources(rules):
    """The pairs of group and resource that rules speak of."""
    return [(group, resource) for rule in rules for group in rule["apiGroups"] for resource in rule["resources"]]


def without(rules, group, resource):
    rest = copy.deepcopy(rules)
    for rule in rest:
        if rule["apiGroups"] == [group]:
            rule["resources"] = [name for name in rule["resources"] if name != resource]
    return [rule for rule in rest if rule["resources"]]
