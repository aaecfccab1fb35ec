#!/usr/bin/env python3
"""cases.py --k8s VERSION OUT.jsonl ASKED.jsonl...: makes cases of what witness.go wrote down. What upstream's tests leave out (names, namespaces,
container names) is filled in; `oracle run` then says what the scheduler makes of each."""
import argparse, json

# The fields of upstream's feature.Features are named after their gates, all but this one.
GATES = {"EnableAsyncPreemption": "SchedulerAsyncPreemption"}
PLUGIN = {"Fit": "NodeResourcesFit", "BalancedAllocation": "NodeResourcesBalancedAllocation", "CSILimits": "NodeVolumeLimits"}
API = {
    "Node": "v1", "Pod": "v1", "Namespace": "v1", "PersistentVolume": "v1", "PersistentVolumeClaim": "v1", "Service": "v1", "ReplicationController": "v1",
    "ReplicaSet": "apps/v1", "StatefulSet": "apps/v1", "PodDisruptionBudget": "policy/v1",
    "StorageClass": "storage.k8s.io/v1", "CSINode": "storage.k8s.io/v1", "CSIDriver": "storage.k8s.io/v1", "CSIStorageCapacity": "storage.k8s.io/v1",
    "VolumeAttachment": "storage.k8s.io/v1",
    "ResourceSlice": "resource.k8s.io/v1", "ResourceClaim": "resource.k8s.io/v1", "DeviceClass": "resource.k8s.io/v1",
}
CLUSTER = {"Node", "Namespace", "PersistentVolume", "StorageClass", "CSINode", "CSIDriver", "VolumeAttachment", "ResourceSlice", "DeviceClass"}


def typed(kind, thing):
    thing = json.loads(json.dumps(thing))
    thing["apiVersion"], thing["kind"] = API[kind], kind
    meta = thing.setdefault("metadata", {})
    if kind not in CLUSTER:
        meta["namespace"] = meta.get("namespace") or "default"
    return thing


def pod_of(thing, name, node):
    pod = typed("Pod", thing)
    pod["metadata"]["name"] = name
    pod["metadata"]["uid"] = "uid-" + name
    spec = pod.setdefault("spec", {})
    containers = spec.get("containers") or [{}]
    for at, container in enumerate(containers):
        container["name"] = container.get("name") or "c%d" % at
        container["image"] = container.get("image") or "image"
    spec["containers"] = containers
    for at, container in enumerate(spec.get("initContainers") or []):
        container["name"] = container.get("name") or "i%d" % at
        container["image"] = container.get("image") or "image"
    for at, volume in enumerate(spec.get("volumes") or []):
        volume["name"] = volume.get("name") or "v%d" % at
    spec.setdefault("schedulerName", "default-scheduler")
    spec.pop("nodeName", None)
    if node:
        spec["nodeName"] = node
    return pod


class Case:
    def __init__(self, plugin, test, pod, args, gates, lists):
        self.plugin, self.test, self.pod, self.args, self.gates = plugin, test, pod, args, gates
        self.nodes, self.objects = {}, dict(lists)

    def add(self, line):
        """False when this line speaks of another cluster."""
        for entry in line.get("nodes") or []:
            name = entry["node"]["metadata"].get("name") or "node"
            if name in self.nodes and self.nodes[name] != entry:
                return False
        for entry in line.get("nodes") or []:
            self.nodes[entry["node"]["metadata"].get("name") or "node"] = entry
        self.objects.update(line.get("objects") or {})
        return True

    def case(self, number, k8s):
        objects, namespaces, used = [], {"default"}, set()
        kind_names = set()

        def put(kind, thing):
            thing = typed(kind, thing)
            key = (kind, thing["metadata"].get("namespace"), thing["metadata"].get("name"))
            if key in kind_names or not thing["metadata"].get("name"):
                return
            kind_names.add(key)
            objects.append(thing)
            if thing["metadata"].get("namespace"):
                namespaces.add(thing["metadata"]["namespace"])

        def unique(name):
            base, at = name or "pod", 0
            name = base
            while name in used:
                at += 1
                name = "%s-%d" % (base, at)
            used.add(name)
            return name

        asked_name = unique(self.pod["metadata"].get("name") or "asked")
        asked = pod_of(self.pod, asked_name, None)
        put("Pod", asked)
        for name in sorted(self.nodes):
            entry = self.nodes[name]
            node = typed("Node", entry["node"])
            node["metadata"]["name"] = name
            # A node that takes no pod at all would say nothing more of any other plugin, and have no score.
            allocatable = node.setdefault("status", {}).setdefault("allocatable", {})
            if self.plugin != "Fit" and not allocatable:
                allocatable.update(cpu="1000", memory="1Ti")
            if self.plugin != "Fit" or "Score" in self.test:
                allocatable.setdefault("pods", "110")
            put("Node", node)
            for there in entry["pods"]:
                put("Pod", pod_of(there, unique(there["metadata"].get("name")), name))
        for kind in sorted(self.objects):
            for thing in self.objects[kind]:
                if kind == "Namespace" and not thing["metadata"].get("name"):
                    continue
                put(kind, thing)
        have = {o["metadata"]["name"] for o in objects if o["kind"] == "Namespace"}
        for namespace in sorted(namespaces - have):
            objects.append({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": {"kubernetes.io/metadata.name": namespace}}})
        config = None
        if self.args:
            config = {
                "apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "KubeSchedulerConfiguration",
                "profiles": [{"schedulerName": asked["spec"]["schedulerName"], "pluginConfig": [{"name": PLUGIN.get(self.plugin, self.plugin), "args": self.args}]}],
            }
        out = {"name": "%s-%s-%d" % (self.plugin, self.test, number), "k8s": k8s, "config": config, "objects": objects, "mode": "explain",
               "pods": ["%s/%s" % (asked["metadata"]["namespace"], asked_name)]}
        if self.gates:
            out["featureGates"] = ",".join("%s=true" % gate for gate in self.gates)
        return out


def cases(path):
    args, gates, lists, current = {}, {}, {}, {}
    with open(path) as f:
        for text in f:
            line = json.loads(text)
            plugin = line["plugin"]
            if line["event"] == "new":
                args[plugin], lists[plugin] = line.get("args"), {}
                gates[plugin] = sorted(GATES.get(k, k[len("Enable"):]) for k, v in (line.get("gates") or {}).items() if v)
            elif line["event"] == "objects":
                lists.setdefault(plugin, {}).update(line["objects"])
            else:
                case = current.get(plugin)
                if case is None or case.pod != line["pod"] or case.args != args.get(plugin) or not case.add(line):
                    if case is not None and case.nodes:
                        yield case
                    case = current[plugin] = Case(plugin, line.get("test", ""), line["pod"], args.get(plugin), gates.get(plugin), lists.get(plugin, {}))
                    case.add(line)
    for case in current.values():
        if case.nodes:
            yield case


def main(k8s, out, paths):
    written = set()
    with open(out, "w") as f:
        for path in paths:
            for case in cases(path):
                one = case.case(0, k8s)
                key = json.dumps([one["objects"], one["config"], one.get("featureGates")], sort_keys=True)
                if key in written:
                    continue
                written.add(key)
                f.write(json.dumps(case.case(len(written), k8s)) + "\n")
    print("%d cases" % len(written))


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--k8s", required=True)
parser.add_argument("out")
parser.add_argument("asked", nargs="+")
arguments = parser.parse_args()
main(arguments.k8s, arguments.out, arguments.asked)
