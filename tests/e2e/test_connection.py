"""What keeps from an answer is said in kubectl's words, in one line, with status 2, in time.

Where kubectl is installed it is asked the same: its last line must be ours.
"""
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
import unittest

import command
from control_plane import free_port
from suite import plane

CERTIFICATES = pathlib.Path(__file__).resolve().parent / "certificates"
#: What kubectl may put before its words; ours are always after `error: `.
PREFIX = re.compile("^(error: |Error in configuration: )?")


class Connection(unittest.TestCase):
    def refused(self, expected, *flags, kubeconfig=None, environment=None, same=True):
        """Ours is `expected` (a regular expression), and what kubectl says if `same`."""
        arguments = dict(kubeconfig=kubeconfig or plane().kubeconfig("reader"), environment=environment)
        status, out, err = command.run("explain", "web", *flags, **arguments)
        self.assertEqual((2, ""), (status, out))
        self.assertRegex(err, "^error: %s\n$" % expected)
        if same and shutil.which("kubectl"):
            self.assertEqual(kubectl(*flags, **arguments), err.removeprefix("error: ").rstrip("\n"))

    def reached(self, kubeconfig, *flags, environment=None):
        """The server answered: it does not have the pod."""
        _, _, err = command.run("explain", "web", *flags, kubeconfig=kubeconfig, environment=environment)
        self.assertIn('pods "web" not found', err)

    def with_user(self, user):
        """A kubeconfig whose user is this."""
        path = plane().kubeconfig("reader")
        kubeconfig = json.loads(path.read_text())
        kubeconfig["users"][0]["user"] = user
        path.write_text(json.dumps(kubeconfig))
        return path

    def with_plugin(self, script, mode="Never"):
        """A kubeconfig whose user logs in through a plugin; None for one that is not there."""
        path = plane().directory / ("login-%d" % time.monotonic_ns())
        if script is not None:
            path.write_text("#!/bin/sh\n" + script)
            path.chmod(0o755)
        return self.with_user({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(path),
                                        "interactiveMode": mode}}), path

    def with_cluster(self, cluster):
        path = plane().kubeconfig("reader")
        kubeconfig = json.loads(path.read_text())
        kubeconfig["clusters"][0]["cluster"] = cluster
        path.write_text(json.dumps(kubeconfig))
        return path

    def test_no_such_pod(self):
        status, out, err = command.run("explain", "nobody", kubeconfig=plane().kubeconfig("reader"))
        self.assertEqual((2, ""), (status, out))
        self.assertRegex(err, r'^error: pods "nobody" not found in namespace "default"[^\n]*\n$')

    def test_a_plugin_that_prints_a_token(self):
        credential = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
                      "status": {"token": "token-of-reader"}}
        for mode in ("Never", "IfAvailable"):
            self.reached(self.with_plugin("echo '%s'" % json.dumps(credential), mode)[0])

    def test_a_manifest_on_standard_input_is_read_before_a_plugin_may(self):
        credential = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
                      "status": {"token": "token-of-reader"}}
        kubeconfig, _ = self.with_plugin("cat >/dev/null; echo '%s'" % json.dumps(credential), "IfAvailable")
        manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "piped"},
                    "spec": {"containers": [{"name": "c", "image": "i"}]}}
        done = subprocess.run([command.binary(), "explain", "-f", "-", "-o", "json", "--kubeconfig", str(kubeconfig)],
                              input=json.dumps(manifest), capture_output=True, text=True, timeout=60)
        self.assertEqual("piped", json.loads(done.stdout)["pod"]["name"], done.stderr)

    def test_plugins_that_fail(self):
        kubeconfig, path = self.with_plugin("echo no card in the reader >&2; exit 3")
        failed = "Unable to connect to the server: getting credentials: exec: executable %s failed with exit code 3" % path
        # kubectl lets a plugin say what it has to say above this; here it stands behind.
        self.refused(re.escape(failed) + ": no card in the reader", kubeconfig=kubeconfig, same=False)
        if shutil.which("kubectl"):
            self.assertEqual(failed, kubectl(kubeconfig=kubeconfig))
        kubeconfig, path = self.with_plugin(None)
        self.refused("Unable to connect to the server: getting credentials: exec: fork/exec %s: no such file or directory"
                     % re.escape(str(path)), kubeconfig=kubeconfig)
        kubeconfig, path = self.with_plugin("echo nonsense")
        self.refused("Unable to connect to the server: getting credentials: decoding stdout: [^\n]*",
                     kubeconfig=kubeconfig, same=False)

    def test_who_is_not_known(self):
        certificate = {"client-certificate": str(CERTIFICATES / "expired.pem"), "client-key": str(CERTIFICATES / "expired.key")}
        for flags, kubeconfig in ((["--token", "wrong"], None), ([], self.with_user(certificate))):
            # kubectl has another word in the brackets when already its discovery is refused.
            self.refused(re.escape("You must be logged in to the server (Unauthorized)"), *flags, kubeconfig=kubeconfig, same=False)
            if shutil.which("kubectl"):
                said = kubectl(*flags, kubeconfig=kubeconfig or plane().kubeconfig("reader"))
                self.assertTrue(said.startswith("You must be logged in to the server ("), said)

    def test_files_that_are_not_there(self):
        self.refused("open /no/such/token: no such file or directory", kubeconfig=self.with_user({"tokenFile": "/no/such/token"}))
        # kubectl tells of both files, one a line.
        self.refused("unable to read client-cert /no/such.crt for reader due to open /no/such.crt: no such file or directory",
                     kubeconfig=self.with_user({"client-certificate": "/no/such.crt", "client-key": "/no/such.key"}), same=False)
        self.refused("unable to read certificate-authority /no/such.ca for e2e due to open /no/such.ca: "
                     "no such file or directory", same=False,
                     kubeconfig=self.with_cluster({"server": plane().server, "certificate-authority": "/no/such.ca"}))

    def test_unreachable(self):
        address = "127.0.0.1:%d" % free_port()
        self.refused(re.escape("The connection to the server %s was refused - did you specify the right host or port?" % address),
                     "--server", "https://" + address)
        self.refused("Unable to connect to the server: dial tcp: lookup nowhere.invalid: no such host",
                     "--server", "https://nowhere.invalid", same=False)

    def test_a_server_that_does_not_answer_in_time(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen(16)
            started = time.monotonic()
            # kubectl words it by how far it came, and tries five times.
            self.refused(re.escape("Unable to connect to the server: net/http: request canceled "
                                   "(Client.Timeout exceeded while awaiting headers)"), "--request-timeout", "2s", "--server",
                         "https://127.0.0.1:%d" % silent.getsockname()[1], same=False)
            self.assertLess(time.monotonic() - started, 4)

    def test_what_the_kubeconfig_does_not_have(self):
        self.refused("context was not found for specified context: nowhere", "--context", "nowhere")
        self.refused('no server found for cluster "nowhere"', "--cluster", "nowhere")
        self.refused('auth info "nobody" does not exist', "--user", "nobody")

    def test_no_kubeconfig(self):
        nowhere = {"HOME": str(plane().directory)}
        words = "The connection to the server localhost:8080 was refused - did you specify the right host or port?"
        status, out, err = command.run("explain", "web", environment=nowhere)
        self.assertEqual((2, ""), (status, out))
        self.assertEqual("error: %s No cluster is configured: use --kubeconfig, --context or --snapshot\n" % words, err)
        if shutil.which("kubectl"):
            self.assertEqual(words, kubectl(environment=nowhere))
        self.refused("stat /no/such/file: no such file or directory", kubeconfig="/no/such/file")
        broken = plane().directory / "broken.kubeconfig"
        broken.write_text("{nonsense")
        self.refused('error loading config file "%s": yaml: [^\n]*' % re.escape(str(broken)), kubeconfig=broken, same=False)

    def test_a_certificate_that_is_not_trusted(self):
        path = self.with_cluster({"server": plane().server})
        self.refused("Unable to connect to the server: tls: failed to verify certificate: x509: "
                     "certificate signed by unknown authority", kubeconfig=path)
        self.reached(path, "--insecure-skip-tls-verify")
        self.reached(path, "--certificate-authority", str(plane().certificate))

    def test_a_certificate_that_is_out_of_date(self):
        with tls_server(CERTIFICATES / "expired.pem", CERTIFICATES / "expired.key") as port:
            path = self.with_cluster({"server": "https://127.0.0.1:%d" % port,
                                      "certificate-authority": str(CERTIFICATES / "expired.pem")})
            words = ("Unable to connect to the server: tls: failed to verify certificate: x509: certificate has expired or is "
                     "not yet valid: current time %s is after 2024-01-02T00:00:00Z")
            self.refused(re.escape(words).replace("%s", "[-0-9:TZ]+"), kubeconfig=path, same=False)
            if shutil.which("kubectl"):
                self.assertRegex(kubectl(kubeconfig=path), re.escape(words).replace("%s", "[-0-9:TZ+]+"))

    def test_a_certificate_of_another_name(self):
        self.refused("Unable to connect to the server: tls: failed to verify certificate: x509: "
                     "certificate is valid for [^\n]*, not elsewhere.example", "--tls-server-name", "elsewhere.example", same=False)

    def test_several_files_in_kubeconfig(self):
        self.reached(None, environment={"KUBECONFIG": "/does/not/exist:%s" % plane().kubeconfig("reader")})


def kubectl(*flags, kubeconfig=None, environment=None):
    """The last line that kubectl ends with, without what it puts before its words."""
    clean = {key: value for key, value in os.environ.items() if key != "KUBECONFIG"}
    where = ["--kubeconfig", str(kubeconfig)] if kubeconfig else []
    done = subprocess.run(["kubectl", "get", "pods", *flags, *where], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=120, env={**clean, **(environment or {})})
    assert done.returncode != 0, done.stdout
    return PREFIX.sub("", done.stderr.strip().splitlines()[-1])


class tls_server:
    """A server that shakes hands and says nothing; a context manager that gives its port."""

    def __init__(self, certificate, key):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.socket = socket.create_server(("127.0.0.1", 0))

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self.socket.getsockname()[1]

    def __exit__(self, *_):
        self.socket.close()

    def _serve(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            try:
                self.context.wrap_socket(client, server_side=True).close()
            except OSError:
                pass  # the handshake is refused: that is the test
