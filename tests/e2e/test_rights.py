"""docs/rbac.yaml is enough and no more than enough; the API server's audit log is the witness."""
import copy
import itertools
import json
import tempfile
import unittest

import command
from control_plane import RBAC, USERS, bind, wait_for_right
from small_cluster import node, on_server, pod
from suite import plane

users = itertools.chain(USERS)


class Rights(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.api = plane().api()
        cls.role = cls.api.get(RBAC + "/clusterroles/kubectl-sched")
        things = [node("worker-1"), node("worker-2"), pod("waits", cpu="64")]
        cls.enterClassContext(on_server(cls.api, things))

    def user_with(self, rules):
        """A user with these rights and no others; waits until the server knows."""
        user = next(users)
        role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": user},
                "rules": rules}
        self.api.create(role)
        bind(self.api, user, user)
        wait_for_right(self.api, user, *resources(rules)[0])
        return user

    def test_the_role_is_enough_and_all_of_it_is_used(self):
        user = self.user_with(self.role["rules"])
        placement = command.explain("default/waits", plane().kubeconfig(user))
        self.assertEqual([], placement.get("notEvaluated", []))
        self.assertIn("2 Insufficient cpu", placement["message"])
        self.assertEqual([], self.simulate_new_pod(plane().kubeconfig(user))["notEvaluated"])
        asked = plane().audited([user])
        # The server of the tests has no coscheduling plugin, and says that it knows no PodGroups.
        self.assertEqual([], [entry for entry in asked if entry["responseStatus"]["code"] != 200
                              and entry["objectRef"]["resource"] != "podgroups"])
        listed = {(entry["objectRef"].get("apiGroup", ""), entry["objectRef"]["resource"])
                  for entry in asked if entry["verb"] == "list"}
        self.assertEqual(set(resources(self.role["rules"])), listed)

    def test_each_right_is_missed_by_name(self):
        for group, resource in resources(self.role["rules"]):
            if resource == "podgroups":
                continue  # a simulation misses those that its pods name, not the right
            with self.subTest(resource=resource):
                user = self.user_with(without(self.role["rules"], group, resource))
                kubeconfig = plane().kubeconfig(user)
                refusal = '%s is forbidden: User "%s" cannot list resource "%s" in API group "%s" %s' % (
                    resource if not group else "%s.%s" % (resource, group), user, resource, group,
                    # Only those of the pod in question.
                    'in the namespace "default"' if resource == "events" else "at the cluster scope")
                if resource in ("nodes", "pods"):
                    status, out, err = command.run("explain", "waits", "-o", "json", kubeconfig=kubeconfig)
                    self.assertEqual((2, "", "Error from server (Forbidden): %s\n" % refusal), (status, out, err))
                else:
                    if resource in ("limitranges", "resourcequotas", "runtimeclasses"):
                        answer = self.simulate_new_pod(kubeconfig)
                    else:
                        answer = command.explain("default/waits", kubeconfig)
                        self.assertIn("2 Insufficient cpu", answer["message"])
                    missed = {entry["what"]: entry["why"] for entry in answer["notEvaluated"]}
                    self.assertEqual({self.kind(group, resource): refusal}, missed)

    def simulate_new_pod(self, kubeconfig):
        """A pod that does not exist: what decides over new pods is read, too."""
        with tempfile.NamedTemporaryFile("w", suffix=".json") as manifest:
            json.dump(pod("new"), manifest)
            manifest.flush()
            status, out, err = command.run("simulate", "-f", manifest.name, "-o", "json", kubeconfig=kubeconfig)
        self.assertEqual((0, ""), (status, err))
        return json.loads(out)

    def kind(self, group, resource):
        path = "/apis/%s" % self.api.get("/apis/" + group)["preferredVersion"]["groupVersion"] if group else "/api/v1"
        return next(entry["kind"] for entry in self.api.get(path)["resources"] if entry["name"] == resource)


def resources(rules):
    """The pairs of group and resource that rules speak of."""
    return [(group, resource) for rule in rules for group in rule["apiGroups"] for resource in rule["resources"]]


def without(rules, group, resource):
    rest = copy.deepcopy(rules)
    for rule in rest:
        if rule["apiGroups"] == [group]:
            rule["resources"] = [name for name in rule["resources"] if name != resource]
    return [rule for rule in rest if rule["resources"]]
