#!/usr/bin/env python3
"""Prints an SBOM of the program: CycloneDX 1.5 (cyclonedx.org), from `cargo metadata` and Cargo.lock.

Every crate that is linked into a release is in it, with its version, licence, checksum and package URL, and which crate
depends on which. Crates that only tests and build scripts use are left out."""

import json
import subprocess
import sys
import tomllib


def main() -> None:
    metadata = json.loads(subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--locked"],
        check=True, capture_output=True, text=True).stdout)
    with open("Cargo.lock", "rb") as file:
        lock = tomllib.load(file)
    sums = {(package["name"], package["version"]): package.get("checksum") for package in lock["package"]}
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    root = metadata["resolve"]["root"] or next(
        package["id"] for package in metadata["packages"] if package["name"] == "kubectl-sched")

    def linked(node: dict) -> list[str]:
        """What a crate links: not its dev- and build-dependencies."""
        return sorted(dep["pkg"] for dep in node["deps"]
                      if any(kind["kind"] is None for kind in dep["dep_kinds"]))

    seen, queue = {root}, [root]
    while queue:
        for dependency in linked(nodes[queue.pop()]):
            if dependency not in seen:
                seen.add(dependency)
                queue.append(dependency)

    def reference(package: dict) -> str:
        return f"pkg:cargo/{package['name']}@{package['version']}"

    def component(package: dict, kind: str) -> dict:
        found = {"type": kind, "bom-ref": reference(package), "name": package["name"],
                 "version": package["version"], "purl": reference(package)}
        if package["license"]:
            found["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
        checksum = sums.get((package["name"], package["version"]))
        if checksum:
            found["hashes"] = [{"alg": "SHA-256", "content": checksum}]
        return found

    others = sorted((packages[name] for name in seen if name != root), key=reference)
    document = {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": {"component": component(packages[root], "application")},
        "components": [component(package, "library") for package in others],
        "dependencies": sorted(
            ({"ref": reference(packages[name]), "dependsOn": [reference(packages[other]) for other in linked(nodes[name])]}
             for name in seen), key=lambda entry: entry["ref"]),
    }
    json.dump(document, sys.stdout, indent=2)
    print()


main()
