#!/usr/bin/env python3
"""Writes src/source/api_fields.txt: which kinds Kubernetes' own API has, and the fields of those that we read.

    fields.py SWAGGER.json...    # k8s.io/kubernetes .../api/openapi-spec/swagger.json, one for each supported minor

What any of the files has is in the table. A kind is a line `kind GROUP/VERSION KIND [TYPE]`, with the type where its
fields are known; a type is a line `type NAME FIELD...`, where a field of a type with fields of its own is
`FIELD:TYPE`, or `FIELD:TYPE{}` for a map of these.
"""
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PREFIX = "io.k8s."


def read_kinds():
    """The kinds that src/decode/kinds.rs reads."""
    text = (ROOT / "src/decode/kinds.rs").read_text()
    return set(re.findall(r"^ {4}(\w+)(?:\(\w+\))? = ?$|^ {4}(\w+)(?:\([\w:]+\))? = \[", text, re.M))


def short(name):
    for prefix in ("api.", "apimachinery.pkg.apis.", "apimachinery.pkg.", "kube-aggregator.pkg.apis.", "apiextensions-apiserver.pkg.apis."):
        if name.startswith(PREFIX + prefix):
            return name[len(PREFIX + prefix):]
    return name


def reference(schema):
    ref = schema.get("$ref")
    return ref and ref.rsplit("/", 1)[1]


def main(files):
    # Kinds that are named otherwise in our table, because it says whose they are.
    names = {"CsiNode": "CSINode", "CsiDriver": "CSIDriver", "CsiStorageCapacity": "CSIStorageCapacity",
             "SchedulingWorkload": "Workload"}
    wanted = {names.get(name, name) for pair in read_kinds() for name in pair if name} | {"ConfigMap"}
    types, kinds = {}, {}
    for file in files:
        definitions = json.loads(pathlib.Path(file).read_text())["definitions"]
        for name, definition in definitions.items():
            fields = types.setdefault(name, {})
            for field, schema in definition.get("properties", {}).items():
                of = reference(schema) or reference(schema.get("items", {}))
                in_map = reference(schema.get("additionalProperties") or {})
                fields[field] = (of or in_map, bool(in_map))
            for kind in definition.get("x-kubernetes-group-version-kind", []):
                version = "/".join(part for part in (kind["group"], kind["version"]) if part)
                # Options of requests have a version in every group.
                if not re.search(r"\.meta\.v1\.", name) and not kind["kind"].endswith("List"):
                    kinds[version, kind["kind"]] = name
    needed, todo = set(), [kinds[key] for key in kinds if key[1] in wanted]
    while todo:
        name = todo.pop()
        if name in needed or not types.get(name):
            continue
        needed.add(name)
        todo += [of for of, _ in types[name].values() if of]
    lines = ["# Written by tests/versions/fields.py from the API descriptions of the supported minors."]
    for (version, kind), name in sorted(kinds.items()):
        lines.append(f"kind {version} {kind}" + (f" {short(name)}" if name in needed else ""))
    assert len({short(name) for name in needed}) == len(needed)
    for name in sorted(needed, key=short):
        fields = []
        for field, (of, in_map) in sorted(types[name].items()):
            known = f":{short(of)}{'{}' if in_map else ''}" if of in needed else ""
            fields.append(field + known)
        lines.append(f"type {short(name)} " + " ".join(fields))
    (ROOT / "src/source/api_fields.txt").write_text("\n".join(lines) + "\n")


main(sys.argv[1:])
