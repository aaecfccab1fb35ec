#!/usr/bin/env python3
"""Writes a cluster to measure on, as one v1 List: `benches/cluster.py NODES PODS PENDING >FILE`.

Nothing is drawn: the same arguments give the same bytes. Nodes are of five sizes in three zones, some tainted. Pods belong to
Deployments (plain, spread over zones, apart by hostname, beside another workload), StatefulSets with volumes bound to a zone,
and DaemonSets; most Deployments have a budget. Pending pods are of the same templates. A pod goes to the next node in turn
that has room, so that no node is overcommitted, but nobody has asked a scheduler.
Standard library only.
"""
import json
import sys

ZONES = ["eu-1a", "eu-1b", "eu-1c"]
ZONE, HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
SIZES = [(8, 32), (16, 64), (16, 32), (8, 64), (32, 128)]  # cpu, memory in GiB
REPLICAS = 12
KINDS = ["plain", "plain", "spread", "apart", "plain", "beside", "set", "plain"]
SINCE = "2026-01-01T00:00:00Z"


def node(place):
    cpu, memory = SIZES[place % len(SIZES)]
    resources = {"cpu": str(cpu), "memory": "%dGi" % memory, "pods": "110", "ephemeral-storage": "200Gi"}
    name = "ip-10-0-%d-%d.eu-1.compute.internal" % (place // 250, place % 250)
    labels = {HOST: name, ZONE: ZONES[place % 3], "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
              "node.kubernetes.io/instance-type": "std-%dx%d" % (cpu, memory)}
    spec = {"taints": [{"key": "dedicated", "value": "batch", "effect": "NoSchedule"}]} if place % 16 == 15 else {}
    status = {"capacity": resources, "allocatable": resources, "nodeInfo": {"kubeletVersion": "v1.34.2"},
              "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": SINCE}],
              "images": [{"names": ["example.com/app-%d:1" % image], "sizeBytes": (40 + image) << 20}
                         for image in range(place % 7, 40, 7)]}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}, "spec": spec, "status": status}


def template(app):
    kind = KINDS[app % len(KINDS)]
    name = "app-%d" % app
    spec = {"containers": [{"name": "main", "image": "example.com/app-%d:1" % (app % 60), "resources": {
        "requests": {"cpu": "%dm" % (50 + app % 5 * 60), "memory": "%dMi" % (64 + app % 7 * 48)}}}]}
    selector = {"matchLabels": {"app": name}}
    term = {"labelSelector": selector, "topologyKey": HOST}
    if kind == "spread":
        spec["topologySpreadConstraints"] = [{"maxSkew": 2, "topologyKey": ZONE, "whenUnsatisfiable": "DoNotSchedule",
                                              "labelSelector": selector}]
    elif kind == "apart":
        spec["affinity"] = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    elif kind == "beside":
        near = {"labelSelector": {"matchLabels": {"app": "app-%d" % (app - 1)}}, "topologyKey": ZONE}
        spec["affinity"] = {"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
            {"weight": 50, "podAffinityTerm": near}]}}
    if app % 20 == 0:
        spec["tolerations"] = [{"key": "dedicated", "operator": "Exists", "effect": "NoSchedule"}]
    return kind, name, spec


def owner(kind, name):
    return [{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": "u-" + name, "controller": True}]


def pod(name, namespace, labels, spec, owners):
    metadata = {"name": name, "namespace": namespace, "uid": "u-%s-%s" % (namespace, name), "labels": labels,
                "ownerReferences": owners, "creationTimestamp": SINCE}
    status = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]} if "nodeName" in spec else {"phase": "Pending"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status}


class Cluster:
    """Nodes with what is left of them, and objects as they are made."""

    def __init__(self, nodes):
        self.nodes = [node(place) for place in range(nodes)]
        self.left = [[SIZES[place % len(SIZES)][0] * 1000, SIZES[place % len(SIZES)][1] * 1024, 100] for place in range(nodes)]
        self.next = 0
        self.items = []

    def place(self, spec, zone, taken):
        """The next node with room that is in `zone` and not among `taken`; none when there is none."""
        requests = spec["containers"][0]["resources"]["requests"]
        cpu, memory = int(requests["cpu"][:-1]), int(requests["memory"][:-2])
        for _ in self.nodes:
            place, self.next = self.next, (self.next + 1) % len(self.nodes)
            left = self.left[place]
            tainted = "taints" in self.nodes[place]["spec"] and "tolerations" not in spec
            if not tainted and zone in (None, ZONES[place % 3]) and place not in taken and left[0] >= cpu and left[1] >= memory and left[2]:
                self.left[place] = [left[0] - cpu, left[1] - memory, left[2] - 1]
                return place
        return None

    def workload(self, app, replicas, bound):
        kind, name, spec = template(app)
        namespace = "team-%d" % (app % 12)
        labels = {"app": name, "tier": "t%d" % (app % 4)}
        taken = set()
        maker = ("StatefulSet", name) if kind == "set" else ("ReplicaSet", name + "-5d4f")
        for copy in range(replicas):
            one = json.loads(json.dumps(spec))
            zone = ZONES[copy % 3] if kind in ("spread", "set") else None
            pod_name = "%s-%d" % (maker[1], copy) + ("" if bound else "-new")
            if kind == "set" and bound:
                one["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": "data-" + pod_name}}]
                self.volume(namespace, "data-" + pod_name, zone)
            if bound:
                place = self.place(one, zone, taken if kind == "apart" else ())
                if place is None:
                    return
                taken.add(place)
                one["nodeName"] = self.nodes[place]["metadata"]["name"]
            self.items.append(pod(pod_name, namespace, labels, one, owner(*maker)))
        if bound:
            self.items.append(self.controller(maker, name, namespace, labels, spec, replicas))
            if app % 3:
                self.items.append({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name, "namespace": namespace},
                                   "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": name}}},
                                   "status": {"disruptionsAllowed": 1, "expectedPods": replicas, "currentHealthy": replicas,
                                              "desiredHealthy": replicas - 1}})

    @staticmethod
    def controller(maker, name, namespace, labels, spec, replicas):
        metadata = {"name": maker[1], "namespace": namespace, "uid": "u-" + maker[1]}
        selector = {"matchLabels": {"app": name}}
        body = {"replicas": replicas, "selector": selector, "template": {"metadata": {"labels": labels}, "spec": spec}}
        if maker[0] == "StatefulSet":
            body["serviceName"] = name
        return {"apiVersion": "apps/v1", "kind": maker[0], "metadata": metadata, "spec": body, "status": {"replicas": replicas}}

    def volume(self, namespace, claim, zone):
        volume = "pv-%s-%s" % (namespace, claim)
        term = {"matchExpressions": [{"key": ZONE, "operator": "In", "values": [zone]}]}
        self.items.append({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": volume}, "spec": {
            "capacity": {"storage": "10Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "disk",
            "csi": {"driver": "disk.csi.example.com", "volumeHandle": volume},
            "claimRef": {"namespace": namespace, "name": claim, "uid": "u-" + volume},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [term]}}}, "status": {"phase": "Bound"}})
        self.items.append({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
                           "metadata": {"name": claim, "namespace": namespace, "uid": "u-" + volume,
                                        "annotations": {"pv.kubernetes.io/bind-completed": "yes"}},
                           "spec": {"volumeName": volume, "storageClassName": "disk", "accessModes": ["ReadWriteOnce"],
                                    "resources": {"requests": {"storage": "10Gi"}}}, "status": {"phase": "Bound"}})

    def daemons(self):
        for name in ["logs", "cni"]:
            spec = {"containers": [{"name": "main", "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}}}],
                    "tolerations": [{"operator": "Exists"}]}
            self.items.append({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": name, "namespace": "kube-system", "uid": "u-" + name},
                               "spec": {"selector": {"matchLabels": {"app": name}}, "template": {"metadata": {"labels": {"app": name}}, "spec": spec}}})
            for place, one in enumerate(self.nodes):
                self.left[place] = [self.left[place][0] - 50, self.left[place][1] - 64, self.left[place][2] - 1]
                bound = dict(spec, nodeName=one["metadata"]["name"])
                self.items.append(pod("%s-%d" % (name, place), "kube-system", {"app": name}, bound, owner("DaemonSet", name)))


def main():
    nodes, pods, pending = (int(argument) for argument in sys.argv[1:4])
    cluster = Cluster(nodes)
    cluster.daemons()
    for app in range(max(0, pods - 2 * nodes) // REPLICAS):
        cluster.workload(app, REPLICAS, True)
    for app in range(pending):
        cluster.workload(app * 3, 1, False)
    json.dump({"apiVersion": "v1", "kind": "List", "items": cluster.nodes + cluster.items}, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
