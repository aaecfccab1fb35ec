"""Small pages while pods come and go, lists that expire on the way, a server that is busy."""
import unittest

import command
from proxy import CUT, door
from small_cluster import node, on_server, pod
from suite import plane



def of_pods(path):
    """Whether a page of pods is asked for."""
    return path.split("?")[0] == "/api/v1/pods"


class Paging(unittest.TestCase):
    """`still-*` fill one node and never change; what comes and goes is on the other."""

    @classmethod
    def setUpClass(cls):
        cls.api = plane().api()
        things = [node("still"), node("busy", cpu="100"), pod("waits", cpu="3", nodeSelector={"kubernetes.io/hostname": "still"})]
        things += [pod("still-%d" % number, cpu="250m", nodeName="still") for number in range(12)]
        things += [pod("busy-%d" % number, cpu="100m", nodeName="busy") for number in range(12)]
        cls.enterClassContext(on_server(cls.api, things))

    def explain(self, on_request):
        """The paths of the pages of pods, once the answer was seen to be right."""
        with door(plane(), on_request) as (opened, address):
            placement = command.explain("default/waits", plane().kubeconfig("reader", address), "--chunk-size", "5")
        short = next(reason for each in placement["nodes"] if each["name"] == "still" for filtered in each["filters"]
                     for reason in filtered["reasons"])
        # All twelve pods, each once: 12 times 250m are used.
        self.assertEqual(("cpu", "3", "4"), (short["resource"], short["used"], short["allocatable"]))
        self.assertEqual([], placement.get("notEvaluated", []))
        return [path for path in opened.requests if of_pods(path)]

    def test_pods_come_and_go_between_pages(self):
        def churn(path, number):
            if of_pods(path):
                self.api.delete(pod("busy-%d" % (number % 12)))
                self.api.create(pod("busy-new-%d" % number, cpu="100m", nodeName="busy"))
                self.addCleanup(self.api.delete, pod("busy-new-%d" % number))
        pages = self.explain(churn)
        self.assertGreaterEqual(len(pages), 5)
        self.assertTrue(all("limit=5" in page for page in pages))

    def test_a_list_that_expires_begins_again(self):
        compacted = []

        def compact(path, number):
            if "continue=" in path and of_pods(path) and not compacted:
                # Etcd forgets the revision that the token speaks of.
                self.api.create(pod("one-more", nodeName="busy"))
                self.addCleanup(self.api.delete, pod("one-more"))
                plane().compact()
                compacted.append(number)
        pages = self.explain(compact)
        self.assertTrue(compacted)
        self.assertEqual(2, sum("continue=" not in page for page in pages), pages)

    def test_a_list_that_expires_ever_again_comes_whole(self):
        pages = self.explain(lambda path, _: (410, {}) if of_pods(path) and "continue=" in path else None)
        self.assertEqual("/api/v1/pods", pages[-1])

    def test_a_busy_server_is_asked_again(self):
        for status in (429, 500, 502, 503, 504, CUT):
            with self.subTest(status=status):
                turned_away = []

                def busy(path, number):
                    if of_pods(path) and len(turned_away) < 2:
                        turned_away.append(number)
                        if status is CUT:
                            return CUT
                        return status, {"Retry-After": "1"} if status == 429 else {}
                    return None
                self.explain(busy)
                self.assertEqual(2, len(turned_away))

    def test_a_server_that_stays_broken_is_given_up(self):
        with door(plane(), lambda path, _: (503, {}) if of_pods(path) else None) as (opened, address):
            status, out, err = command.run("explain", "waits", kubeconfig=plane().kubeconfig("reader", address))
        self.assertEqual((2, ""), (status, out))
        self.assertRegex(err, "^Error from server[^\n]*: not now\n$")
        self.assertEqual(5, sum(of_pods(path) for path in opened.requests))

    def test_a_kind_that_is_not_served_has_no_objects(self):
        self.explain(lambda path, _: (404, {}) if path.startswith("/apis/resource.k8s.io") else None)
