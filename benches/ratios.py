#!/usr/bin/env python3
"""How long commands take on one state, each beside what it is measured against, in one run on one machine:

    benches/ratios.py --bin target/release/kubectl-sched STATE

Seconds differ from machine to machine and from minute to minute; ratios taken in turn differ little. Every figure is the
median of --runs. The floor is serde_json skipping the same file on one thread (benches/skip.rs). Linux; standard library only.
"""
import argparse
import os
import resource
import statistics
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def run(command):
    """Wall seconds, CPU seconds and peak memory in MB of a command."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    # A child of its own, so that the peak is this command's and no earlier one's.
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        out = os.open(os.devnull, os.O_WRONLY)
        subprocess.run(command, stdout=out, stderr=out)
        os.write(write, b"%d" % resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
        os._exit(0)
    os.waitpid(child, 0)
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    peak = int(os.read(read, 32))
    os.close(read)
    os.close(write)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, peak / 1024


def skip(state):
    ran = subprocess.run(["cargo", "bench", "--quiet", "--bench", "skip", "--", os.path.abspath(state)],
                         cwd=ROOT, capture_output=True, text=True, check=True)
    return float(ran.stdout.split()[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--pod", default="app-0-5d4f-0-new", help="a pending pod of the state")
    parser.add_argument("--namespace", default="team-0")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--slow", action="store_true", help="resilience and placing everything again as well")
    parser.add_argument("state")
    options = parser.parse_args()
    size = os.path.getsize(options.state) / 1e6
    with tempfile.TemporaryDirectory() as scratch:
        packed = os.path.join(scratch, "state.ksnap")
        explain = [options.bin, "explain", "pod/" + options.pod, "-n", options.namespace, "--snapshot"]
        commands = {
            "explain, JSON": explain + [options.state],
            "write a snapshot": [options.bin, "snapshot", "-f", packed, "--snapshot", options.state],
            "explain, snapshot": explain + [packed],
            "pending": [options.bin, "pending", "--snapshot", options.state],
            "version": [options.bin, "version"],
        }
        if options.slow:
            commands["resilience, every node"] = [options.bin, "resilience", "--snapshot", options.state]
            commands["resilience --by zone"] = [options.bin, "resilience", "--by", "zone", "--snapshot", options.state]
            commands["simulate --repack"] = [options.bin, "simulate", "--repack", "--snapshot", options.state]
        floor, times = [], {name: [] for name in commands}
        for turn in range(options.runs):
            floor.append(skip(options.state))
            for name, command in commands.items():
                slow = name.startswith(("resilience", "simulate"))
                if not slow or turn == 0:
                    times[name].append(run(command))
        packed_size = os.path.getsize(packed) / 1e6
    floor = statistics.median(floor)
    medians = {name: [statistics.median(part) for part in zip(*all_of)] for name, all_of in times.items()}
    explained = medians["explain, JSON"]
    print("%.0f MB of JSON; its snapshot %.1f MB (%.1f %%); skipping it %.2f s" % (size, packed_size, 100 * packed_size / size, floor))
    print("%-24s %9s %9s %9s %12s %12s" % ("", "wall s", "CPU s", "peak MB", "wall/skip", "CPU/explain"))
    for name, (wall, cpu, peak) in medians.items():
        print("%-24s %9.3f %9.3f %9.0f %12.2f %12.2f" % (name, wall, cpu, peak, wall / floor, cpu / explained[1]))


if __name__ == "__main__":
    main()
