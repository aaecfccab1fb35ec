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
        self.assertEqual({"/version"}, {entry["requestURI"] for entry in asked if entry["verb"] == "get"})
        self.assertTrue(all(entry["userAgent"].startswith("kubectl-sched/") for entry in asked))
