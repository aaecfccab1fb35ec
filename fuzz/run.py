#!/usr/bin/env python3
"""The libFuzzer targets one after another, with the CPU time and the inputs of all runs added up.

    build [TARGET...]                       builds them (cargo; no nightly compiler, no cargo-fuzz)
    run --seconds N [TARGET...]             so many seconds of CPU a target; goes on from the corpus that is there
    table                                   what all runs together were

The corpus (`--corpus`, fuzz/corpus) and its figures.json stay for the next run; what breaks a target is kept in fuzz/artifacts/TARGET.
A run that is ended (Ctrl-C, SIGTERM) writes down how far it came.
No address sanitizer: the crate forbids `unsafe`. Arithmetic is checked.
"""
import argparse
import glob
import gzip
import json
import os
import pathlib
import re
import signal
import struct
import subprocess
import sys
import threading
import time
import zlib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
TRIPLE = "x86_64-unknown-linux-gnu"
#: The flags of cargo-fuzz without a sanitizer.
FLAGS = " ".join([
    "-Cpasses=sancov-module", "-Cllvm-args=-sanitizer-coverage-level=4", "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table", "-Cllvm-args=-sanitizer-coverage-trace-compares", "--cfg fuzzing",
    "-Ccodegen-units=4", "-Cdebug-assertions"])
#: Longer inputs tell these nothing more; the rest take 16 KiB.
LONGEST = {"quantity": 64, "selector": 256, "duration": 64, "version": 64, "gates": 256, "cel": 512, "extremes": 512, "snapshot": 512,
           "redacted": 512}


#: How libFuzzer ends when it is interrupted.
INTERRUPTED = 72


class Asked:
    """Whether somebody wants it to end, and the fuzzer that hears of it."""
    to_end = False
    fuzzer = None

    @classmethod
    def end(cls, *_):
        cls.to_end = True
        if cls.fuzzer is not None:
            cls.fuzzer.send_signal(signal.SIGINT)


def targets():
    """Those that hold the product against itself come first."""
    first = ["state", "redacted", "snapshot", "ksnap", "config", "cel", "input", "manifest", "scenario", "extremes"]
    return first + sorted({file.stem for file in (HERE / "fuzz_targets").glob("*.rs")} - set(first))


def cases(area, most, largest=6000):
    """Objects of small recorded cases."""
    found = []
    for line in gzip.open(ROOT / "tests/conformance" / (area + ".jsonl.gz"), "rt"):
        case = json.loads(line)
        if len(json.dumps(case.get("objects", []))) < largest:
            found.append(case)
    return found[:most]


def seeds(target):
    """Inputs to begin with, as far as a fuzzer does not find them by itself at once."""
    areas = [os.path.basename(path)[:-len(".jsonl.gz")] for path in sorted(glob.glob(str(ROOT / "tests/conformance/*.jsonl.gz")))]
    lists = [case["objects"] for area in areas for case in cases(area, 4, 20000)]
    if target == "state":
        return ["".join(map(json.dumps, objects)) for objects in lists]
    if target in ("input", "manifest", "gzip", "zstd"):
        texts = [json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}) for objects in lists[::4]]
        texts += [path.read_text() for path in sorted((ROOT / "tests/situations").glob("*.yaml"))[:20]]
        return texts + [texts[0].encode("utf-16"), gzip.compress(texts[0].encode())]
    if target == "config":
        configs = [json.dumps(case["config"]) for case in cases("profiles-config", 400, 10**9) if case.get("config")]
        return configs[:60]
    if target == "cel":
        text = gzip.open(ROOT / "tests/conformance/dra.jsonl.gz", "rt").read()
        return sorted({json.loads('"%s"' % found) for found in re.findall(r'"expression": ?"((?:[^"\\]|\\.)*)"', text)})[:200]
    if target == "scenario":
        import_yaml = [path.read_text() for path in (ROOT / "examples/scenarios").glob("*")]
        return [text for text in import_yaml if text.lstrip().startswith("{")] + [json.dumps(SCENARIO)]
    if target == "ksnap":
        return ksnaps()
    if target in ("extremes", "snapshot", "redacted"):
        return [bytes((start + step * number) % 256 for number in range(200)) for start in range(8) for step in (1, 3, 7)]
    return {"quantity": ["1", "500m", "1.5Gi", "-9223372036854775808", "1e18", "0.000000001", "12E", "1n"],
            "selector": ["a=b,c!=d", "a in (b,c),!d", "x notin (y),z"],
            "duration": ["1h2m3.5s", "500ms", "-1us", "2026-01-31T12:00:00Z"],
            "version": ["v1.34", "v1.34.2", "1.33.13-eks-1234"],
            "gates": ["DynamicResourceAllocation=true,A=false", "AllAlpha=true"],
            "status": ["time: 2026-01-01 00:00:00 +0000 UTC\nautoscalerStatus: Running\nnodeGroups:\n- name: a\n  health:\n    status: Healthy\n"
                       "    nodeCounts:\n      registered:\n        total: 3\n"]}.get(target, [])


SCENARIO = {"apiVersion": "kubectl-sched/v1", "kind": "Scenario", "steps": [
    {"kind": "Cordon", "node": "a"}, {"kind": "Scale", "workload": "deploy/a/b", "replicas": 3},
    {"kind": "PatchPod", "pod": "a/p", "changes": [{"kind": "SetRequest", "resource": "cpu", "amount": "1"}]}]}


def ksnaps():
    """The sections of snapshots of our own form, as the target puts them together again; needs a built command."""
    binary = os.environ.get("KUBECTL_SCHED", str(ROOT / "target/debug/kubectl-sched"))
    found = []
    files = sorted((ROOT / "tests/situations").glob("*.yaml"))[:30] + [ROOT / "tests/data/kinds.yaml"]
    for file in files if os.path.exists(binary) else []:
        out = "/tmp/fuzz-seed-%d.ksnap" % os.getpid()
        subprocess.run([binary, "snapshot", "--snapshot", str(file), "-f", out], capture_output=True)
        if not os.path.exists(out):
            continue
        data, at, seed = open(out, "rb").read(), 12, b""
        os.unlink(out)
        while at < len(data):
            holds, packed, plain = data[at], *struct.unpack_from("<II", data, at + 1)
            body = zlib.decompress(data[at + 13:at + 13 + packed], -15)
            at += 13 + packed
            if holds and len(body) < 1 << 16:
                seed += bytes([(holds - 1) % 8]) + struct.pack("<H", len(body)) + body
        found.append(seed)
    return found


def build(names):
    environment = dict(os.environ, RUSTC_BOOTSTRAP="1", RUSTFLAGS=FLAGS, CARGO_PROFILE_RELEASE_OPT_LEVEL="2")
    environment.setdefault("CARGO_TARGET_DIR", str(HERE / "target"))
    bins = [word for name in names for word in ("--bin", name)] or ["--bins"]
    cargo = os.environ.get("CARGO", "cargo")
    return subprocess.run([cargo, "build", "--release", "--target", TRIPLE, *bins], cwd=HERE, env=environment).returncode


def figures(corpus):
    path = corpus / "figures.json"
    return json.loads(path.read_text()) if path.exists() else {}


def interrupt(process, seconds):
    """Ends a fuzzer once it has had so much CPU: its own limit is one of the clock, which a busy machine uses up with nothing done."""
    tick = os.sysconf("SC_CLK_TCK")
    try:
        while True:
            fields = pathlib.Path("/proc/%d/stat" % process).read_text().rsplit(")", 1)[1].split()
            if (int(fields[11]) + int(fields[12])) / tick >= seconds:
                os.kill(process, signal.SIGINT)
                return
            time.sleep(1)
    except (OSError, IndexError):
        pass


def run(name, seconds, corpus):
    own, kept, crashes = corpus / name, HERE / "regressions" / name, HERE / "artifacts" / name
    for folder in (own, crashes):
        folder.mkdir(parents=True, exist_ok=True)
    if not any(own.iterdir()):
        for number, seed in enumerate(seeds(name)):
            (own / ("seed-%03d" % number)).write_bytes(seed if isinstance(seed, bytes) else seed.encode())
    built = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", HERE / "target")) / TRIPLE / "release" / name
    before = set(crashes.iterdir())
    left, executed, used, broken = seconds, 0, 0.0, 0
    # A run ends at its first crash: others go on from its corpus.
    while left >= 5 and broken < 4 and not Asked.to_end:
        command = [str(built), "-rss_limit_mb=1500", "-timeout=20", "-print_final_stats=1",
                   "-max_len=%d" % LONGEST.get(name, 16384), "-artifact_prefix=%s/" % crashes, "-verbosity=1", str(own)]
        command += [str(kept)] if kept.is_dir() else []
        # One thread: CPU time is time at work, and a crash is where it happened.
        environment = dict(os.environ, RAYON_NUM_THREADS="1")
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace", env=environment)
        Asked.fuzzer = process
        threading.Thread(target=interrupt, args=(process.pid, left), daemon=True).start()
        tail, log = process.stderr.read(), HERE / "artifacts" / (name + ".log")
        log.write_text(tail[-20000:])
        Asked.fuzzer = None
        _, status, usage = os.wait4(process.pid, 0)
        used += usage.ru_utime + usage.ru_stime
        executed += int((re.search(r"stat::number_of_executed_units: *(\d+)", tail) or [0, "0"])[1] or 0)
        if "stat::number" not in tail and (numbers := re.findall(r"^#(\d+)", tail, re.M)):
            executed += int(numbers[-1])
        left = seconds - used
        broken += os.waitstatus_to_exitcode(status) not in (0, INTERRUPTED)
    crashed = sorted(path.name for path in set(crashes.iterdir()) - before)
    all_figures = figures(corpus)
    entry = all_figures.setdefault(name, {"cpu_seconds": 0, "inputs": 0, "crashes": 0})
    entry["cpu_seconds"] = round(entry["cpu_seconds"] + used, 1)
    entry["inputs"] += executed
    entry["crashes"] += len(crashed)
    entry["corpus"] = sum(1 for _ in own.iterdir())
    (corpus / "figures.json").write_text(json.dumps(all_figures, indent=1, sort_keys=True) + "\n")
    print("%-9s %6.0f s of CPU, %9d inputs, %d kept, %s" % (name, used, executed, entry["corpus"], crashed or "no crash"), flush=True)
    return not crashed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["build", "run", "table"])
    parser.add_argument("targets", nargs="*")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=pathlib.Path, default=HERE / "corpus")
    arguments = parser.parse_intermixed_args()
    if arguments.what == "build":
        return build(arguments.targets)
    if arguments.what == "table":
        for name, entry in sorted(figures(arguments.corpus).items()):
            print("| %s | %.1f | %s | %d |" % (name, entry["cpu_seconds"] / 60, format(entry["inputs"], ","), entry["crashes"]))
        return 0
    arguments.corpus.mkdir(parents=True, exist_ok=True)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, Asked.end)
    runs = [run(name, arguments.seconds, arguments.corpus) for name in arguments.targets or targets() if not Asked.to_end]
    return 0 if all(runs) else 1


if __name__ == "__main__":
    sys.exit(main())
