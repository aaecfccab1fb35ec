"""Last of all (unittest goes by name): what kubectl sched asked of the server in all the tests before."""
import unittest

import command
from control_plane import USERS
from suite import plane


class Witness(unittest.TestCase):
    def test_nothing_but_get_and_list_was_ever_asked(self):
        command.run("explain", "nobody", kubeconfig=plane().kubeconfig("reader"))
        asked = plane().audited(["reader", *USERS])
        self.assertEqual({"get", "list"}, {entry["verb"] for entry in asked})
        # The one ConfigMap that --scheduler-config names, in test_own_words.py.
        config_map = "/api/v1/namespaces/default/configmaps/my-scheduler"
        self.assertLessEqual({entry["requestURI"] for entry in asked if entry["verb"] == "get"}, {"/version", "/apis", config_map})
        events = [entry["requestURI"] for entry in asked if entry.get("objectRef", {}).get("resource") == "events"]
        # Only those about one object, or about one kind of it in a namespace; a snapshot takes all.
        self.assertEqual([], [uri for uri in events if "fieldSelector=involvedObject.kind%3D" not in uri
                              and not uri.startswith("/api/v1/events?")])
        self.assertTrue(all(entry["userAgent"].startswith("kubectl-sched/") for entry in asked))
