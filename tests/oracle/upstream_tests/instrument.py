#!/usr/bin/env python3
"""instrument.py DIR: has the plugins of the copy of Kubernetes in DIR call witness.go whenever one of their tests asks them."""
import os, re, shutil, sys

NODE_INFOS = r"(\w+)\s+\[\]fwk\.NodeInfo"
NODE_INFO = r"(\w+)\s+fwk\.NodeInfo"
METHOD = re.compile(r"^func \((\w+) \*(\w+)\) (PreFilter|Filter|PreScore|Score|PostFilter)\(([^)]*)\)[^{]*\{\n", re.M)
NEW = re.compile(r"^func New\w*\(([^)]*runtime\.Object[^)]*)\)[^{]*\{\n", re.M)
IMPORT = "k8s.io/kubernetes/pkg/scheduler/framework/plugins/witness"
# Where a plugin keeps the snapshot of all nodes, and listers that tests fill without informers.
SNAPSHOT = {"InterPodAffinity": "sharedLister", "PodTopologySpread": "sharedLister"}
HANDLE = {"DefaultPreemption": "fh", "ImageLocality": "handle"}
LISTERS = {
    "CSILimits": [
        ("PersistentVolume", "pvLister"), ("PersistentVolumeClaim", "pvcLister"), ("StorageClass", "scLister"),
        ("VolumeAttachment", "vaLister"), ("CSIDriver", "csiDriverLister"), ("CSINode", "csiManager.CSINodes()"),
    ],
    "VolumeZone": [("PersistentVolume", "pvLister"), ("PersistentVolumeClaim", "pvcLister"), ("StorageClass", "scLister")],
    "VolumeRestrictions": [("PersistentVolumeClaim", "pvcLister")],
}


def method(m):
    receiver, plugin, point, params = m.groups()
    pod = re.search(r"(\w+)\s+\*v1\.Pod", params)
    if not pod or pod.group(1) == "_":
        return m.group(0)
    nodes = "nil"
    many, one = re.search(NODE_INFOS, params), re.search(NODE_INFO, params)
    if many and many.group(1) != "_":
        nodes = many.group(1)
    elif one and not many and one.group(1) != "_":
        nodes = "[]fwk.NodeInfo{%s}" % one.group(1)
    lister = "nil"
    if plugin in SNAPSHOT:
        lister = "%s.%s" % (receiver, SNAPSHOT[plugin])
    elif plugin in HANDLE and point != "Filter":
        lister = "%s.%s.SnapshotSharedLister()" % (receiver, HANDLE[plugin])
    text = m.group(0)
    if point in ("PreFilter", "Filter"):
        for kind, field in LISTERS.get(plugin, []):
            text += '\twitness.List("%s", "%s", func() any { return %s.%s })\n' % (plugin, kind, receiver, field)
    return text + '\twitness.Ask("%s", %s, %s, %s)\n' % (plugin, pod.group(1), nodes, lister)


def new(plugin):
    def change(m):
        params = m.group(1)
        text, names = m.group(0), {}
        for kind in ("runtime.Object", "fwk.Handle", "feature.Features"):
            found = re.search(r"(\w+)\s+%s" % re.escape(kind), params)
            names[kind] = found.group(1) if found else None
            if names[kind] == "_":
                names[kind] = kind.split(".")[1].lower()
                text = re.sub(r"\b_ %s" % re.escape(kind), "%s %s" % (names[kind], kind), text, count=1)
        return text + '\twitness.New("%s", %s, %s, %s)\n' % (
            plugin, names["fwk.Handle"] or "nil", names["runtime.Object"] or "nil", names["feature.Features"] or "nil")
    return change


def main(root):
    plugins = os.path.join(root, "pkg/scheduler/framework/plugins")
    os.makedirs(os.path.join(plugins, "witness"), exist_ok=True)
    shutil.copy(os.path.join(os.path.dirname(os.path.abspath(__file__)), "witness.go.txt"), os.path.join(plugins, "witness/witness.go"))
    for folder, _, files in os.walk(plugins):
        for file in files:
            path = os.path.join(folder, file)
            if not file.endswith(".go") or file.endswith("_test.go") or "/witness/" in path:
                continue
            with open(path) as f:
                old = f.read()
            owner = next((m.group(2) for m in METHOD.finditer(old)), None)
            owner = {"interpodaffinity": "InterPodAffinity", "podtopologyspread": "PodTopologySpread"}.get(os.path.basename(folder), owner)
            text = METHOD.sub(method, old)
            if owner:
                text = NEW.sub(new(owner), text)
            if text != old:
                text = re.sub(r"^import \(\n", 'import (\n\t"%s"\n' % IMPORT, text, count=1, flags=re.M)
                with open(path, "w") as f:
                    f.write(text)
                print(os.path.relpath(path, plugins))


main(sys.argv[1])
