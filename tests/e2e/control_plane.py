#!/usr/bin/env python3
"""etcd, kube-apiserver and kube-scheduler on loopback: built, started, stopped.

The three are upstream's own, built from the small Go module in `controlplane/` through the Go
module proxy and kept in a cache directory outside the tree. Nothing else runs: no kubelet (nodes
are objects), no controller (what is created stays as it is) but where a test starts them (`controllers`).

    control_plane.py            keeps one up until Ctrl-C; prints the administrator's kubeconfig
"""
import contextlib
import ctypes
import hashlib
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

from api import Api

HERE = pathlib.Path(__file__).resolve().parent
#: Go programs: what all tests need, and what the scenarios need beside it.
CONTROL_PLANE, CONTROLLERS = "controlplane", "controllers"
WRITE_MODULE = HERE.parent / "kubernetes-module.sh"
#: The rights that kubectl sched asks for.
ROLE = HERE.parent.parent / "docs" / "rbac.yaml"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "kubectl-sched-e2e"
#: A release of the newest minor and one of the oldest.
NEWEST, OLDEST = "v1.37.2", "v1.33.13"
#: The release that is built and run.
VERSION = os.environ.get("E2E_KUBE_VERSION") or NEWEST
#: Building takes 10 to 30 minutes on two cores.
BUILD_LIMIT = 3000
#: What Go says when the module proxy cannot be reached, or the machine is too small.
OUTSIDE = ("dial tcp", "no such host", "connection refused", "i/o timeout", "TLS handshake timeout", "proxyconnect",
           "module lookup disabled", "Bad Gateway", "Service Unavailable", "no space left", "signal: killed",
           "cannot allocate memory")
#: Users without any right of their own, for the tests to give rights to.
USERS = ["user-%d" % n for n in range(64)]
#: Admission that needs a controller or a kubelet beside it, or that would refuse or alter what a
#: recorded pod already carries (priority, overhead, tolerations).
WITHOUT_ADMISSION = ["ServiceAccount", "TaintNodesByCondition", "StorageObjectInUseProtection", "Priority",
                     "RuntimeClass", "DefaultTolerationSeconds"]


WHAT = {CONTROL_PLANE: "etcd, kube-apiserver and kube-scheduler", CONTROLLERS: "kube-controller-manager"}
#: The controllers that act on pods. No kubelet reports, so nothing may watch nodes; no volume is made.
ON_PODS = ["deployment", "replicaset", "statefulset", "daemonset", "job", "disruption", "garbage-collector",
           "taint-eviction", "resourcequota"]


class Unavailable(Exception):
    """The control plane cannot be had on this machine; says why."""


def binary_of(version, program=CONTROL_PLANE):
    """Where a program of a release is kept once it is built."""
    digest = hashlib.sha256((HERE / program / "main.go").read_bytes() + WRITE_MODULE.read_bytes())
    return CACHE / ("%s-%s-%s" % (program, version, digest.hexdigest()[:8]))


def build(program=CONTROL_PLANE):
    """The path of the program's binary; builds it when there is none or its source changed since."""
    go, binary = shutil.which("go"), binary_of(VERSION, program)
    if binary.exists():
        return binary
    if not go:
        raise Unavailable("Go is not installed: Kubernetes' programs cannot be built")
    CACHE.mkdir(parents=True, exist_ok=True)
    print("building %s %s (once, some minutes) ..." % (WHAT[program], VERSION), flush=True)
    major, minor, _ = VERSION[1:].split(".")
    stamp = " ".join("-X k8s.io/component-base/version.%s=%s" % pair for pair in
                     (("gitVersion", VERSION), ("gitMajor", major), ("gitMinor", minor)))
    partial = CACHE / (binary.name + ".partial")
    module = CACHE / (VERSION + ".go.mod")
    script = '"$1" %s "$2" && exec nice -n 10 go build -mod=mod -modfile="$2" -ldflags "$3" -o "$4" .' % VERSION
    command = ["sh", "-c", script, "sh", str(WRITE_MODULE), str(module), "-s -w " + stamp, str(partial)]
    log = CACHE / "build.log"
    with open(log, "w") as output:
        try:
            done = subprocess.run(command, cwd=HERE / program, stdout=output, stderr=output, timeout=BUILD_LIMIT)
        except subprocess.TimeoutExpired:
            raise Unavailable("%s: not built within %d minutes" % (WHAT[program], BUILD_LIMIT // 60)) from None
    if done.returncode != 0:
        said = log.read_text(errors="replace").strip()
        # Without the network, or with too little room, there is nothing to test; a module of ours that
        # does not compile is a fault.
        if any(word in said for word in OUTSIDE):
            raise Unavailable("%s: cannot be built here: %s" % (WHAT[program], said.splitlines()[-1]))
        raise SystemExit("%s: does not build:\n%s" % (WHAT[program], said[-3000:]))
    partial.rename(binary)
    return binary


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, condition, seconds=60, pause=0.05):
    """What `condition` returns once it is true; fails after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError("waited %d s for %s" % (seconds, what))
        time.sleep(pause)


RBAC = "/apis/rbac.authorization.k8s.io/v1"


def bind(api, role, user):
    """Gives a user the rights of a ClusterRole."""
    api.create({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": user},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
                "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}]})


def wait_for_right(api, user, group, resource):
    """Waits until the API server knows that the user may list the resource."""
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "metadata": {}, "spec": {
        "user": user, "resourceAttributes": {"verb": "list", "group": group, "resource": resource}}}
    wait_for("the rights of " + user, lambda: api.call(
        "POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)["status"]["allowed"])


class ControlPlane:
    """A context manager: up inside of `with`, gone after."""

    def __init__(self):
        self.binary = build()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="kubectl-sched-e2e-"))
        self.processes = {}
        self.audit_log = self.directory / "audit.log"

    def __enter__(self):
        try:
            self._start_etcd()
            self._start_apiserver()
            self._grant_role()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for name in list(self.processes):
            self._stop(name)
        if os.environ.get("E2E_KEEP"):
            print("logs kept in", self.directory)
        else:
            shutil.rmtree(self.directory, ignore_errors=True)

    def kubeconfig(self, user, server=None):
        """The path of a kubeconfig for `user` ("admin", "scheduler", "reader" or one of `USERS`)."""
        path = self.directory / ("%s-%d.kubeconfig" % (user, len(list(self.directory.iterdir()))))
        cluster = {"server": server or self.server}
        if cluster["server"].startswith("https"):
            cluster["certificate-authority"] = str(self.certificate)
        path.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "e2e",
            "clusters": [{"name": "e2e", "cluster": cluster}],
            "users": [{"name": user, "user": {"token": self._token(user)}}],
            "contexts": [{"name": "e2e", "context": {"cluster": "e2e", "user": user}}]}))
        return path

    def api(self, user="admin"):
        return Api(self.port, self.certificate, self._token(user))

    def audited(self, users):
        """The requests that these users made, as the API server wrote them down."""
        with open(self.audit_log) as lines:
            entries = [json.loads(line) for line in lines]
        return [entry for entry in entries if entry["user"].get("username") in users]

    def compact(self):
        """Makes etcd forget all but the newest revision: older continue tokens have expired then."""
        def etcd(path, body):
            request = urllib.request.Request(self.etcd + path, json.dumps(body).encode())
            with urllib.request.urlopen(request, timeout=10) as response:
                return json.load(response)
        revision = etcd("/v3/kv/range", {"key": "AA=="})["header"]["revision"]
        etcd("/v3/kv/compaction", {"revision": revision, "physical": True})

    @contextlib.contextmanager
    def scheduler(self, configuration=None):
        """A kube-scheduler with `configuration`, all its caches filled; scores every node."""
        port = free_port()
        configuration = dict(configuration or {"apiVersion": "kubescheduler.config.k8s.io/v1",
                                               "kind": "KubeSchedulerConfiguration"})
        configuration.update({
            "percentageOfNodesToScore": 100, "leaderElection": {"leaderElect": False},
            "clientConnection": {"kubeconfig": str(self.kubeconfig("scheduler")), "qps": 5000, "burst": 5000}})
        for profile in configuration.get("profiles", []):
            profile.pop("percentageOfNodesToScore", None)
        path = self.directory / ("scheduler-%d.json" % port)
        path.write_text(json.dumps(configuration))
        self._start("kube-scheduler", ["--config", str(path), "--bind-address=127.0.0.1", "--secure-port=%d" % port,
                                       "--cert-dir", str(self.directory / "scheduler-certificates")])
        try:
            # The scheduler signs its own certificate, afresh for every start.
            self._wait_ready("kube-scheduler", "https://127.0.0.1:%d/readyz" % port, ssl._create_unverified_context())
            yield Scheduler(self.processes["kube-scheduler"])
        finally:
            self._stop("kube-scheduler")

    @contextlib.contextmanager
    def controllers(self):
        """A kube-controller-manager with the controllers that act on pods."""
        binary, port = build(CONTROLLERS), free_port()
        kubeconfig = str(self.kubeconfig("admin"))
        self._start("kube-controller-manager", [
            "--kubeconfig", kubeconfig, "--leader-elect=false", "--bind-address=127.0.0.1", "--secure-port=%d" % port,
            "--cert-dir", str(self.directory / "controller-certificates"), "--authentication-skip-lookup",
            "--controllers=" + ",".join(name + "-controller" for name in ON_PODS), "--kube-api-qps=2000",
            "--kube-api-burst=2000"], binary)
        try:
            self._wait_ready("kube-controller-manager", "https://127.0.0.1:%d/healthz" % port,
                             ssl._create_unverified_context())
            yield
        finally:
            self._stop("kube-controller-manager")

    def _start_etcd(self):
        client, peer = free_port(), free_port()
        self.etcd = "http://127.0.0.1:%d" % client
        peers = "http://127.0.0.1:%d" % peer
        self._start("etcd", ["--data-dir", str(self.directory / "etcd"), "--unsafe-no-fsync", "--log-level=warn",
                             "--listen-client-urls", self.etcd, "--advertise-client-urls", self.etcd,
                             "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers,
                             "--initial-cluster", "default=" + peers])
        self._wait_ready("etcd", self.etcd + "/health")

    def _start_apiserver(self):
        self.port = free_port()
        self.server = "https://127.0.0.1:%d" % self.port
        certificates = self.directory / "certificates"
        self.certificate = certificates / "apiserver.crt"
        key = self.directory / "service-account.key"
        key.write_bytes(subprocess.run([self.binary, "key"], stdout=subprocess.PIPE, check=True, timeout=60).stdout)
        tokens = self.directory / "tokens.csv"
        users = {"admin": "system:masters", **dict.fromkeys(["reader", *USERS], "")}
        lines = ['%s,%s,%s,"%s"' % (self._token(user), user, user, group) for user, group in users.items()]
        lines.append('%s,system:kube-scheduler,scheduler,""' % self._token("scheduler"))
        tokens.write_text("\n".join(lines) + "\n")
        policy = self.directory / "audit-policy.json"
        policy.write_text(json.dumps({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"],
                                      "rules": [{"level": "None", "users": ["admin", "system:kube-scheduler",
                                                                            "system:apiserver"]},
                                                {"level": "Metadata"}]}))
        self._start("kube-apiserver", [
            "--etcd-servers", self.etcd, "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
            "--secure-port=%d" % self.port, "--cert-dir", str(certificates), "--endpoint-reconciler-type=none",
            "--service-cluster-ip-range=10.96.0.0/16", "--service-account-issuer=https://kubernetes.default.svc",
            "--service-account-signing-key-file", str(key), "--service-account-key-file", str(key),
            "--token-auth-file", str(tokens), "--authorization-mode=RBAC", "--anonymous-auth=false",
            "--disable-admission-plugins=" + ",".join(WITHOUT_ADMISSION),
            "--max-requests-inflight=2000", "--max-mutating-requests-inflight=1000",
            # Pages come from etcd, so that the tests can let a continue token expire.
            "--feature-gates=ListFromCacheSnapshot=false",
            "--audit-policy-file", str(policy), "--audit-log-path", str(self.audit_log)])
        wait_for("the API server's certificate", lambda: self._alive("kube-apiserver") and self.certificate.exists())
        self._wait_ready("kube-apiserver", self.server + "/readyz",
                         ssl.create_default_context(cafile=str(self.certificate)), self._token("admin"), 180)

    def _grant_role(self):
        """The user "reader" has what docs/rbac.yaml says and nothing else; kubectl sched runs as that user."""
        api = self.api()
        role = api.call("POST", RBAC + "/clusterroles", ROLE.read_text(), "application/yaml")
        bind(api, role["metadata"]["name"], "reader")
        wait_for_right(api, "reader", "", "pods")

    @staticmethod
    def _token(user):
        return "token-of-" + user

    def _start(self, component, flags, program=None):
        log = open(self.directory / (component + ".log"), "ab")

        def end_with_us():
            # Linux: the kernel ends the component when this process ends, however it ends.
            with contextlib.suppress(OSError, AttributeError):
                ctypes.CDLL(None).prctl(1, signal.SIGKILL)

        with log:
            self.processes[component] = subprocess.Popen([program, *flags] if program else [self.binary, component, *flags],
                                                         cwd=self.directory,
                                                         stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                         preexec_fn=end_with_us)

    def _stop(self, component):
        process = self.processes.pop(component)
        process.kill()
        process.wait(30)

    def _alive(self, component):
        code = self.processes[component].poll()
        if code is not None:
            log = (self.directory / (component + ".log")).read_text(errors="replace")
            raise RuntimeError("%s ended with %d:\n%s" % (component, code, log[-3000:]))
        return True

    def _wait_ready(self, component, url, context=None, token=None, seconds=90):
        request = urllib.request.Request(url, headers={"Authorization": "Bearer " + token} if token else {})

        def ready():
            self._alive(component)
            try:
                with urllib.request.urlopen(request, timeout=5, context=context) as response:
                    return response.status == 200
            except OSError:
                return False
        wait_for("%s to be ready" % component, ready, seconds)


class Scheduler:
    """A running kube-scheduler that can be held still."""

    def __init__(self, process):
        self.process = process

    @contextlib.contextmanager
    def held(self):
        """Nothing is scheduled inside of `with`."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)


if __name__ == "__main__":
    if sys.argv[1:] == ["--oldest-built"]:
        # For CI: the release of the oldest minor, if its control plane was built here.
        print(OLDEST)
        sys.exit(0 if binary_of(OLDEST).exists() else 1)
    if sys.argv[1:] == ["--build"]:
        try:
            sys.exit(print(build()))
        except Unavailable as error:
            sys.exit("skipped: %s" % error)
    try:
        with ControlPlane() as plane, plane.scheduler():
            print(plane.kubeconfig("admin"), flush=True)
            signal.sigwait({signal.SIGINT, signal.SIGTERM})
    except Unavailable as error:
        sys.exit("skipped: %s" % error)
