#!/usr/bin/env python3
"""Time and memory of kubectl sched beside kubectl, on a real API server with a large cluster.

    measure.py LIST POD [--runs N]

LIST is a v1 List (JSON) whose objects are put on the server, POD a pending pod of it as
NAMESPACE/NAME. Each command runs N times (3); told are the median wall time, the user and system
time of that run and its peak memory. Server and client share the machine: compare, don't quote.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import threading
import time

import command
import corpus
from api import Refused
from control_plane import ControlPlane, Unavailable

WORKERS = 8


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("list", type=pathlib.Path)
    parser.add_argument("pod")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    try:
        control_plane = ControlPlane()
    except Unavailable as reason:
        print("not measured:", reason)
        return 0
    with control_plane as plane:
        load(plane, json.loads(arguments.list.read_text())["items"])
        namespace, name = arguments.pod.split("/")
        kubeconfig = ["--kubeconfig", str(plane.kubeconfig("reader"))]
        sched = command.binary()
        commands = [
            ("kubectl sched explain", [sched, "explain", name, "-n", namespace, *kubeconfig]),
            ("kubectl sched explain --no-suggestions",
             [sched, "explain", name, "-n", namespace, "--no-suggestions", *kubeconfig]),
            ("kubectl sched snapshot", [sched, "snapshot", "-f", str(plane.directory / "snapshot.json.gz"), *kubeconfig]),
        ]
        if shutil.which("kubectl"):
            commands += [("kubectl get pods -A -o json", ["kubectl", "get", "pods", "-A", "-o", "json", *kubeconfig]),
                         ("kubectl get pods -A", ["kubectl", "get", "pods", "-A", *kubeconfig])]
        # One after the other in each round, so that all meet the same machine.
        runs = collections.defaultdict(list)
        for _ in range(arguments.runs):
            for title, words in commands:
                runs[title].append(measured(words))
        print("| command | wall | user + system | peak memory |\n|---|---|---|---|")
        for title, _ in commands:
            wall, cpu, memory = median(runs[title])
            print("| `%s` | %.1f s | %.1f s | %d MB |" % (title, wall, cpu, memory // 1024))
    return 0


def load(plane, things):
    """Puts the objects on the server, kind after kind."""
    started = time.monotonic()
    local = threading.local()
    by_kind = collections.defaultdict(list)
    for thing in things:
        by_kind[thing["kind"]].append(thing)

    def create(thing):
        if not hasattr(local, "api"):
            local.api = plane.api()
        thing["metadata"] = {key: value for key, value in thing["metadata"].items() if key not in corpus.SERVER_OWNED}
        try:
            made = local.api.create(thing)
            if thing["kind"] in corpus.STATUS and thing.get("status"):
                local.api.replace({**made, "apiVersion": thing["apiVersion"], "kind": thing["kind"],
                                   "status": thing["status"]}, "/status")
        except Refused as refusal:
            if refusal.status != 409:  # the server's own namespaces and classes
                raise

    kinds = sorted(by_kind, key=lambda kind: corpus.ORDER.index(kind) if kind in corpus.ORDER else -1)
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as workers:
        for kind in kinds:
            list(workers.map(create, by_kind[kind]))
    print("%d nodes, %d pods, %d objects in all; loaded in %.0f s\n"
          % (len(by_kind["Node"]), len(by_kind["Pod"]), len(things), time.monotonic() - started), flush=True)


def measured(words):
    """Wall time, processor time (s) and peak memory (kB) of a command that must succeed."""
    environment = {key: value for key, value in os.environ.items() if key != "KUBECONFIG"}
    started = time.monotonic()
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit("%s ended with %d" % (words, process.returncode))
    return time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def median(runs):
    """The run in the middle, by wall time."""
    middle = statistics.median_low([wall for wall, _, _ in runs])
    return next(run for run in runs if run[0] == middle)


if __name__ == "__main__":
    sys.exit(main())
