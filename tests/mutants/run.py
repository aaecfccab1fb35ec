#!/usr/bin/env python3
"""Mutation testing: which faults in the rules the tests notice.

    run.py --copy DIR [--every 20] [--offset 3] [--also 7,8] [--seconds N]    needs cargo-mutants for the list; tree-sitter and tree-sitter-rust from PyPI

Takes an even sample of the mutants that cargo-mutants lists (.cargo/mutants.toml), writes all of them into a copy of the repository
(schemata.py), builds its tests once and runs them for each mutant: the units of the file first, then all units, the recorded cases of
all minors, the laws, and with `--more` what else there is of tests. The first test that fails has caught it; one that takes five times as
long as without a mutant as well. DIR/results.jsonl has a line for each mutant; a second run goes on from there.
"""
import argparse
import collections
import json
import os
import pathlib
import selectors
import shutil
import subprocess
import sys
import time

import schemata

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TESTS = ["conformance", "laws"]
#: What a user sees, extenders, situations and edits: slower, so for what survives the others.
MORE = ["extenders", "situations", "what_if", "suggestions", "winning", "cli"]
CARGO = os.environ.get("CARGO", "cargo")


def listed():
    command = ["cargo", "mutants", "--list", "--json"] if shutil.which("cargo-mutants") else None
    given = os.environ.get("MUTANTS")
    return json.loads(pathlib.Path(given).read_text() if given else subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout)


def copy(to, mutated):
    """The files of the working tree, as they are, but for those that mutants are written into."""
    names = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in set(filter(None, names.split("\0"))) - mutated:
        target = to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_file() and not (target.exists() and target.read_bytes() == (ROOT / name).read_bytes()):
            shutil.copy2(ROOT / name, target)


def tried(binary, words, number, limit, root):
    """Whether these tests notice: the name of the first that does, `timeout`, or None."""
    environment = dict(os.environ, KUBECTL_SCHED_MUTANT=str(number), INSTA_UPDATE="no", RUST_BACKTRACE="0", PROPTEST_CASES="32",
                       CARGO_MANIFEST_DIR=str(root))
    process = subprocess.Popen([binary, *words], cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    os.set_blocking(process.stdout.fileno(), False)
    end, text, found = time.monotonic() + limit, b"", None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while found is None:
            if not selector.select(max(0, end - time.monotonic())):
                found = "timeout"
                break
            chunk = process.stdout.read()
            if chunk == b"":
                break
            text += chunk or b""
            for line in text.split(b"\n"):
                if line.startswith(b"test ") and line.rstrip().endswith(b"FAILED") and b"test result" not in line:
                    found = line.split()[1].decode()
                    break
    if found:
        process.kill()
    status = process.wait()
    return found or (None if status == 0 else "ended with %d" % status)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--copy", type=pathlib.Path, required=True)
    parser.add_argument("--every", type=int, default=20)
    parser.add_argument("--offset", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=10**9)
    parser.add_argument("--also", default="", help="numbers of mutants beside the sample, which the figures leave out")
    parser.add_argument("--only", help="numbers of mutants, to try them again")
    parser.add_argument("--survivors", action="store_true", help="try those again that survived")
    parser.add_argument("--more", action="store_true", help="all tests: %s too" % ", ".join(MORE))
    arguments = parser.parse_args()
    began = time.monotonic()
    root = arguments.copy.resolve()
    every = list(enumerate(listed(), 1))
    sample = dict(every[arguments.offset::arguments.every])
    also = {int(number) for number in arguments.also.split(",") if number}
    mutants = sample | {number: mutant for number, mutant in every if number in also}
    copy(root, schemata.files(mutants))
    print("%d mutants in the sample" % len(mutants), flush=True)
    check = [CARGO, "check", "--lib"]
    mutants, not_tried = schemata.build(ROOT, root, mutants, check)
    print("%d of them compile together" % len(mutants), flush=True)
    tests = TESTS + (MORE if arguments.more else [])
    words = [word for name in tests for word in ("--test", name)]
    built = subprocess.run([CARGO, "test", "--no-run", "--profile", "mutants", "--message-format=json", "--lib", *words], cwd=root,
                           stdout=subprocess.PIPE, text=True)
    if built.returncode:
        return built.returncode
    binaries = {}
    for line in built.stdout.splitlines():
        message = json.loads(line) if line.startswith("{") else {}
        if message.get("executable") and message.get("profile", {}).get("test"):
            binaries[message["target"]["name"]] = message["executable"]
    units = next(name for name in binaries if name not in tests)
    limits = {}
    for name in (units, *tests):
        started = time.monotonic()
        failed = tried(binaries[name], [], 0, 1200, root)
        limits[name] = 20 + 5 * (time.monotonic() - started)
        print("without a mutant: %s in %.0f s: %s" % (name, time.monotonic() - started, failed or "passes"), flush=True)
        if failed:
            return 1
    results = root / "results.jsonl"
    last = {}
    for line in results.read_text().splitlines() if results.exists() else []:
        entry = json.loads(line)
        last[entry["number"]] = entry["by"]
    known = set(last)
    if arguments.survivors:
        known -= {number for number, by in last.items() if by is None}
    if arguments.only:
        known = set(mutants) - set(map(int, arguments.only.split(",")))
    with results.open("a") as out:
        for number, mutant in not_tried.items():
            if number not in known:
                out.write(json.dumps({"number": number, "name": mutant["name"], "by": "not tried"}) + "\n")
        for number, mutant in mutants.items():
            if number in known:
                continue
            if time.monotonic() - began > arguments.seconds:
                break
            own = "::".join(pathlib.Path(mutant["file"]).with_suffix("").parts[1:]).removesuffix("::mod")
            started, by = time.monotonic(), None
            for name, words in ((units, [own]), (units, []), *((name, []) for name in tests)):
                by = by or tried(binaries[name], words, number, limits[name], root)
            out.write(json.dumps({"number": number, "name": mutant["name"], "by": by}) + "\n")
            out.flush()
            print("%5d %5.1f s %s: %s" % (number, time.monotonic() - started, mutant["name"], by or "SURVIVED"), flush=True)
    return report(results, sample)


#: Rooms as issue reports name them, by the first piece of a path that fits.
ROOMS = [("preempt", "preemption"), ("framework/victim", "preemption"), ("edit/leave", "eviction"), ("disruption", "eviction"),
         ("control_plane/admission", "admission"), ("control_plane", "controllers"), ("plugins", "plugins"), ("framework", "cycle"),
         ("config", "configuration"), ("api/quantity", "quantities"), ("api", "other API types")]


def report(results, sample):
    last = {}
    for line in results.read_text().splitlines():
        entry = json.loads(line)
        if entry["number"] in sample:
            last[entry["number"]] = entry
    rooms = collections.defaultdict(collections.Counter)
    for entry in last.values():
        path = entry["name"].split(":")[0]
        room = next((room for piece, room in ROOMS if piece in path), path)
        what = {None: "survived", "not tried": "not tried"}.get(entry["by"], "caught")
        rooms[room][what] += 1
        rooms["all"][what] += 1
    for room, counts in sorted(rooms.items()):
        viable = counts["caught"] + counts["survived"]
        print("| %s | %d | %d | %.0f %% | %d |" % (room, viable, counts["caught"], 100 * counts["caught"] / max(1, viable), counts["not tried"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
