"""Recorded cases of the conformance corpus, put on a live API server.

The pods that a case asks about wait behind a scheduling gate until a test lets them go, one at a
time; everything else is there from the beginning, status included.
"""
import contextlib
import gzip
import json
import pathlib

from api import Refused
from control_plane import NEWEST, VERSION

CORPUS = pathlib.Path(__file__).resolve().parent.parent / "conformance"
GATE = "kubectl-sched.dev/wait"
#: Owners and claims before what names them by uid.
ORDER = ["Namespace", "PriorityClass", "StorageClass", "CSIDriver", "Node", "CSINode", "CSIStorageCapacity",
         "DeviceClass", "ResourceSlice", "Service", "ReplicationController", "ReplicaSet", "StatefulSet",
         "PodDisruptionBudget", "PersistentVolumeClaim", "PersistentVolume", "VolumeAttachment", "Pod",
         "ResourceClaim", "DeviceTaintRule"]
#: Kinds whose status a create drops.
STATUS = {"Pod", "PersistentVolume", "PersistentVolumeClaim", "VolumeAttachment", "ResourceClaim",
          "PodDisruptionBudget"}
SERVER_OWNED = ("uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "finalizers")


def areas():
    """The areas of the corpus in which pending pods are explained: name to file. Those that newer minors added are whole in the newest's folder."""
    folders = [CORPUS] + ([CORPUS / NEWEST.rpartition(".")[0]] if VERSION == NEWEST else [])
    files = [path for folder in folders for path in sorted(folder.glob("*.jsonl.gz")) if ".delta." not in path.name]
    named = {path.name.removesuffix(".jsonl.gz"): path for path in files}
    return {name: path for name, path in named.items() if name not in ("simulate", "running", "pod-groups")}


def cases(area):
    """The cases of an area in which pending pods are explained, with the feature gates of the control plane."""
    with gzip.open(areas()[area], "rt") as lines:
        for line in lines:
            case = json.loads(line)
            if case["mode"] == "explain" and not case.get("running") and not case.get("featureGates") and waits_for_nobody(case):
                yield case


def loaded(api, area, count):
    """The first `count` cases that the API server takes, each on the server until the next is asked for: what was recorded passed its
    validation, but some of it only on update, or with a gate of another component."""
    for case in cases(area):
        on_server = Loaded(api, case)
        try:
            on_server.__enter__()
        except Refused as refusal:
            if refusal.status != 422:
                raise
            continue
        with contextlib.closing(on_server):
            yield on_server
        count -= 1
        if count == 0:
            return


def waits_for_nobody(case):
    """No claim that the volume controller, which does not run, would have to bind or provision."""
    claims = [thing for thing in case["objects"] if thing["kind"] == "PersistentVolumeClaim"]
    late = {thing["metadata"]["name"] for thing in case["objects"]
            if thing["kind"] == "StorageClass" and thing.get("volumeBindingMode") == "WaitForFirstConsumer"}
    return not any(not claim["spec"].get("volumeName") and claim["spec"].get("storageClassName") in late
                   for claim in claims)


class Loaded:
    """A case on the server; a context manager that takes it away again."""

    def __init__(self, api, case):
        self.api = api
        self.case = case
        self.created = []
        self.pods, self.statuses = {}, {}
        # Devices for administrators are for namespaces with a label, which the recorded ones do not have.
        self.admin_access = '"adminAccess": true' in json.dumps(case)

    def __enter__(self):
        try:
            self._load()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _load(self):
        uids = {}
        things = sorted(self.case["objects"], key=lambda thing: ORDER.index(thing["kind"]))
        for thing in things:
            old = thing["metadata"].get("uid")
            made = self._create(renamed(thing, uids))
            if old:
                uids[old] = made["metadata"]["uid"]

    def __exit__(self, *_):
        for thing in reversed(self.created):
            # No controller empties a namespace: it stays for the next case.
            if thing["kind"] != "Namespace":
                self.api.delete(thing)
        for pod in self.pods.values():
            self.api.delete(pod)

    close = __exit__

    def release(self, name, every_gate=False):
        """Takes the test's gate, or all of them, from an asked pod: those that are left keep it from the scheduler."""
        pod = self.api.get(pod_path(name))
        if self.statuses.get(name):
            # Only now: while a pod waits behind a gate its nomination counts for nothing.
            pod["status"].update(self.statuses[name])
            pod = self.api.replace({**pod, "apiVersion": "v1", "kind": "Pod"}, "/status")
        pod["spec"]["schedulingGates"] = [gate for gate in pod["spec"]["schedulingGates"]
                                          if gate["name"] != GATE and not every_gate]
        self.api.replace({**pod, "apiVersion": "v1", "kind": "Pod"})

    def remove(self, name):
        self.api.delete(self.pods[name])

    def _create(self, thing):
        status = thing.get("status")
        metadata = thing["metadata"]
        for field in SERVER_OWNED:
            metadata.pop(field, None)
        if thing["kind"] == "Namespace" and self.admin_access:
            metadata.setdefault("labels", {})["resource.kubernetes.io/admin-access"] = "true"
        if thing["kind"] == "Service":
            thing["spec"] = {key: value for key, value in thing["spec"].items()
                             if key not in ("clusterIP", "clusterIPs") or value in ("None", ["None"])}
        if thing["kind"] == "Pod":
            unmerge(thing["spec"])
        if thing["kind"] in ("ReplicaSet", "StatefulSet"):
            thing["spec"]["template"]["metadata"] = {"labels": satisfying(thing["spec"]["selector"])}
        asked = thing["kind"] == "Pod" and "%s/%s" % (metadata["namespace"], metadata["name"]) in self.case["pods"]
        if asked:
            thing["spec"].setdefault("schedulingGates", []).append({"name": GATE})
        try:
            made = self.api.create(thing)
        except Refused as refusal:
            if refusal.status != 409 or thing["kind"] != "Namespace":
                raise
            made = self.api.replace(thing)
        made.update(apiVersion=thing["apiVersion"], kind=thing["kind"])
        if asked:
            name = "%(namespace)s/%(name)s" % metadata
            self.pods[name] = made
            self.statuses[name] = {key: value for key, value in (status or {}).items() if key != "conditions"}
            return made
        self.created.append(made)
        if status and thing["kind"] in STATUS:
            self.api.replace({**made, "status": status}, "/status")
        return made


def pod_path(name):
    return "/api/v1/namespaces/%s/pods/%s" % tuple(name.split("/"))


def unmerge(spec):
    """Takes from selectors what matchLabelKeys put there: the API server does it again, and refuses what it finds done."""
    affinity = spec.get("affinity", {})
    terms = list(spec.get("topologySpreadConstraints", []))
    for kind in ("podAffinity", "podAntiAffinity"):
        terms += affinity.get(kind, {}).get("requiredDuringSchedulingIgnoredDuringExecution", [])
        terms += [weighted["podAffinityTerm"] for weighted in
                  affinity.get(kind, {}).get("preferredDuringSchedulingIgnoredDuringExecution", [])]
    for term in terms:
        merged = term.get("matchLabelKeys", []) + term.get("mismatchLabelKeys", [])
        selector = term.get("labelSelector") or {}
        if "matchExpressions" in selector:
            selector["matchExpressions"] = [each for each in selector["matchExpressions"] if each["key"] not in merged]


def satisfying(selector):
    """Labels that a selector matches: the scheduler reads no template, the API server wants them to agree."""
    labels = dict(selector.get("matchLabels", {}))
    for each in selector.get("matchExpressions", []):
        if each["operator"] in ("In", "Exists"):
            labels.setdefault(each["key"], (each.get("values") or ["x"])[0])
    return labels


def renamed(value, uids):
    """A copy with the recorded uids exchanged for those that the server gave."""
    if isinstance(value, dict):
        return {key: renamed(inner, uids) for key, inner in value.items()}
    if isinstance(value, list):
        return [renamed(inner, uids) for inner in value]
    return uids.get(value, value) if isinstance(value, str) else value
