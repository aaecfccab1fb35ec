#!/usr/bin/env python3
"""The `unsafe` of the dependencies: a table of the crates whose code has the word, and how many times.

Only what is linked into the binary counts: no dev-dependencies, no build scripts, no crates of other systems. The count is of words in
the crates' own `src` outside of comments and strings, whether the code is compiled in or not: more than what runs, never less.
"""
import json
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
NOT_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|r(#*)".*?"\1|"(?:\\.|[^"\\])*"', re.S)


def linked():
    """The packages that are linked into the binary, the crate itself first."""
    host = next(line.split()[1] for line in subprocess.check_output(["rustc", "-vV"], text=True).splitlines() if line.startswith("host"))
    metadata = json.loads(subprocess.check_output(
        ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", host], cwd=ROOT))
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    uses, waiting = {}, [metadata["resolve"]["root"]]
    while waiting:
        name = waiting.pop()
        if name in uses:
            continue
        is_macro = any("proc-macro" in target["kind"] for target in packages[name]["targets"])
        uses[name] = [] if is_macro else sorted(dependency["pkg"] for dependency in nodes[name]["deps"]
                                                if any(kind["kind"] is None for kind in dependency["dep_kinds"]))
        waiting += uses[name]
    kept = {name for name in uses if not any("proc-macro" in target["kind"] for target in packages[name]["targets"])}
    order = sorted(kept, key=lambda name: (name != metadata["resolve"]["root"], packages[name]["name"], packages[name]["version"]))
    return [packages[name] for name in order]


def count_unsafe():
    counts = {}
    for package in linked():
        source = pathlib.Path(package["manifest_path"]).parent / "src"
        text = "\n".join(NOT_CODE.sub(" ", path.read_text(errors="replace")) for path in sorted(source.rglob("*.rs")))
        # An attribute that forbids it is none.
        counts[package["name"], package["version"]] = len(re.findall(r"\bunsafe\b", text))
    return counts


def main():
    counts = count_unsafe()
    some = {name: count for name, count in counts.items() if count}
    print("| crate | `unsafe` |\n|---|---|")
    for (name, version), count in sorted(some.items(), key=lambda item: (-item[1], item[0])):
        print("| %s %s | %d |" % (name, version, count))
    print("\n%d crates are linked, %d of them have no `unsafe`; %d times in the others" % (
        len(counts), len(counts) - len(some), sum(some.values())))


if __name__ == "__main__":
    main()
