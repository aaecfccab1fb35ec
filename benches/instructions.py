#!/usr/bin/env python3
"""Counts the instructions of six small commands and compares them with the recorded counts: `benches/instructions.py --bin BIN`.

A count hardly differs from run to run, also on a busy machine, so that a change which makes a command do more work shows where
a clock would not show it. The counts in instructions.json are those of the debug build that the tests are run with, made by the
compiler and on the kind of machine named there: elsewhere they are shown and not judged. `--record` writes them again; say in the commit why
they grew. Valgrind does the counting; with one thread, as threads that wait for work count as well.
Exit status: 0 when no count grew by more than the room or they are not comparable, 1 when one did, 3 without valgrind.
"""
import argparse
import concurrent.futures
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
RECORDED = os.path.join(HERE, "instructions.json")
ROOM = 0.04
STATE = ["40", "300", "8"]
SCENARIOS = {
    "read and explain": ["explain", "app-0-5d4f-0-new", "-n", "team-0"],
    "pending": ["pending"],
    "simulate with preemption": ["simulate", "--pending", "--preempt"],
    "resilience by zone": ["resilience", "--by", "zone"],
    "capacity": ["capacity", "app-0-5d4f-0-new", "-n", "team-0"],
    "snapshot": ["snapshot", "-f"],
}


def made_by():
    """What decides a count beside the code: the compiler, the C library, and which vector instructions both may use."""
    compiler = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    try:
        with open("/proc/cpuinfo") as file:
            flags = set(file.read().split())
    except OSError:
        flags = set()
    vectors = [flag for flag in ("sse4_2", "avx", "avx2", "bmi2", "erms") if flag in flags]
    return {"compiler": compiler, "machine": platform.machine(), "libc": " ".join(platform.libc_ver()), "vectors": vectors}


def count(binary, arguments, state, scratch):
    environment = dict(os.environ, RAYON_NUM_THREADS="1", NO_COLOR="1")
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", binary, *arguments]
    if arguments[-1] == "-f":
        command.append(os.path.join(scratch, "written.json.gz"))
    ran = subprocess.run(command + ["--snapshot", state], capture_output=True, text=True, env=environment)
    collected = re.search(r"Collected : (\d+)", ran.stderr)
    if ran.returncode not in (0, 1) or not collected:
        sys.exit("%s: status %d\n%s" % (" ".join(arguments), ran.returncode, ran.stderr[-2000:]))
    return int(collected.group(1))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    if not shutil.which("valgrind"):
        print("valgrind is not installed: instructions not counted")
        return 3
    with tempfile.TemporaryDirectory() as scratch:
        state = os.path.join(scratch, "state.json")
        with open(state, "w") as file:
            subprocess.run([sys.executable, os.path.join(HERE, "cluster.py"), *STATE], stdout=file, check=True)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            now = dict(zip(SCENARIOS, pool.map(lambda one: count(options.bin, one, state, scratch), SCENARIOS.values())))
    if options.record:
        with open(RECORDED, "w") as file:
            json.dump({"madeBy": made_by(), "instructions": now}, file, indent=2)
            file.write("\n")
        return 0
    with open(RECORDED) as file:
        recorded = json.load(file)
    comparable = recorded["madeBy"] == made_by()
    if not comparable:
        print("counts were recorded with %s, this is %s: shown, not judged" % (recorded["madeBy"], made_by()))
    grew = False
    for name, new in now.items():
        old = recorded["instructions"].get(name)
        change = new / old - 1 if old else float("inf")
        verdict = "more than before" if change > ROOM else "fewer: record them" if change < -ROOM else "as recorded"
        grew |= change > ROOM
        print("%-26s %8.1f million  %+6.1f %%  %s" % (name, new / 1e6, change * 100, verdict))
    return 1 if grew and comparable else 0


if __name__ == "__main__":
    sys.exit(main())
