"""What keeps from an answer is said in kubectl's words, in one line, with status 2."""
import json
import unittest

import command
from control_plane import free_port
from suite import plane


class Connection(unittest.TestCase):
    def refused(self, expected, *flags, kubeconfig=None, environment=None):
        kubeconfig = kubeconfig or plane().kubeconfig("reader")
        self.assertEqual((2, "", expected + "\n"),
                         command.run("explain", "web", *flags, kubeconfig=kubeconfig, environment=environment))

    def test_no_such_pod(self):
        status, out, err = command.run("explain", "nobody", kubeconfig=plane().kubeconfig("reader"))
        self.assertEqual((2, ""), (status, out))
        self.assertRegex(err, r'^error: pods "nobody" not found in namespace "default"[^\n]*\n$')

    def test_wrong_token(self):
        self.refused("error: You must be logged in to the server (Unauthorized)", "--token", "wrong")

    def test_unreachable(self):
        address = "127.0.0.1:%d" % free_port()
        self.refused("error: The connection to the server %s was refused - did you specify the right host or port?"
                     % address, "--server", "https://" + address)

    def test_what_the_kubeconfig_does_not_have(self):
        self.refused('error: context "nowhere" does not exist', "--context", "nowhere")
        self.refused('error: cluster "nowhere" does not exist', "--cluster", "nowhere")
        self.refused('error: auth info "nobody" does not exist', "--user", "nobody")

    def test_no_kubeconfig(self):
        status, out, err = command.run("explain", "web", environment={"HOME": str(plane().directory)})
        self.assertEqual((2, ""), (status, out))
        self.assertRegex(err, "^error: no cluster is chosen: name one with --kubeconfig or --context, [^\n]*\n$")

    def test_a_certificate_that_is_not_trusted(self):
        path = plane().kubeconfig("reader")
        untrusting = json.loads(path.read_text())
        del untrusting["clusters"][0]["cluster"]["certificate-authority"]
        path.write_text(json.dumps(untrusting))
        status, out, err = command.run("explain", "web", kubeconfig=path)
        self.assertEqual((2, ""), (status, out))
        self.assertRegex(err, "^error: Unable to connect to the server: [^\n]*certificate[^\n]*\n$")
        status, _, err = command.run("explain", "web", "--insecure-skip-tls-verify", kubeconfig=path)
        self.assertIn('pods "web" not found', err)
        status, _, err = command.run("explain", "web", "--certificate-authority", str(plane().certificate), kubeconfig=path)
        self.assertIn('pods "web" not found', err)

    def test_several_files_in_kubeconfig(self):
        paths = "/does/not/exist:%s" % plane().kubeconfig("reader")
        status, _, err = command.run("explain", "web", environment={"KUBECONFIG": paths})
        self.assertIn('pods "web" not found', err)
