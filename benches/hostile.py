"""Peak memory and time of input that is made to break things: each is right, or refused in one line.

    python3 benches/hostile.py --bin target/release/kubectl-sched [NAME ...]

Writes each input into a directory of its own (or sends it through a pipe, where it is endless), runs `pending` on it and
fails if the command takes more than 300 MB above what the same objects take without the hostile part, takes longer than
two minutes, ends by a signal, or says more than one line of error.
"""
import argparse
import itertools
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib

MIB = 1 << 20
MOST = 300 * MIB
#: Sizes are divided by this, for a build that is slow.
SCALE = 1
NODE = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a"},
        "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"}}}
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "default"},
       "spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "8"}}}]}}
SMALL = json.dumps({"apiVersion": "v1", "kind": "List", "items": [NODE, POD]}).encode()


def repeated(piece, size):
    """`size` bytes of `piece` over and over, a mebibyte at a time."""
    block = piece * max(1, MIB // len(piece))
    for _ in range(size // len(block) // SCALE):
        yield block


def gzipped(pieces):
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()


def zstd_frame(window_log, blocks):
    """A frame whose window has 2 to the `window_log` bytes; blocks are `(byte, length)`, each one byte over and over."""
    yield b"\x28\xb5\x2f\xfd" + b"\x00" + bytes([(window_log - 10) << 3])
    for last, (byte, length) in ((False, block) for block in blocks):
        yield struct.pack("<I", (length << 3) | (1 << 1) | last)[:3] + byte
    yield struct.pack("<I", 1)[:3]


def many(make, count):
    return (make(number) for number in range(count))


def listed(objects):
    yield b'{"apiVersion":"v1","kind":"List","items":['
    yield json.dumps(NODE).encode()
    for thing in objects:
        yield b"," + thing
    yield b"]}"


def labelled(count):
    pod = json.loads(json.dumps(POD))
    pod["metadata"]["labels"] = {"l%d" % number: "v" for number in range(count)}
    return json.dumps(pod).encode()


def with_spec(field, value, count):
    text = json.dumps({**POD, "spec": {**POD["spec"], field: ["@"]}}).encode()
    return text.replace(b'"@"', b",".join([value] * count))


#: Name: pieces of the input, and whether it may be answered (else it must be refused).
HOSTILE = {
    "blanks, 4 GB in 4 MB of gzip": lambda: gzipped(itertools.chain([b"  "], repeated(b" ", 4 << 30), [SMALL])),
    "blanks inside of a List, 900 MB in gzip": lambda: gzipped(itertools.chain(
        [b'{"apiVersion":"v1",'], repeated(b" \n", 900 * MIB), [b'"kind":"List",'], [SMALL[SMALL.index(b'"items"'):]])),
    "blanks inside of a Pod, 900 MB in gzip": lambda: gzipped(listed([json.dumps(POD).encode().replace(b"{", b"{" + b"\n" * (900 * MIB // SCALE), 1)])),
    "a member that nobody reads, 900 MB": lambda: gzipped(itertools.chain([SMALL[:-1], b',"x":["'], repeated(b"x", 900 * MIB), [b'"]}'])),
    "a line of blanks in YAML": lambda: gzipped(itertools.chain([b"#\n"], repeated(b" ", 900 * MIB), [b"\n", json.dumps(NODE).encode()])),
    "one name of 2 GB": lambda: itertools.chain([b'{"apiVersion":"v1","kind":"Node","metadata":{"name":"'], repeated(b"x", 2 << 30), [b'"}}']),
    "one name of 2 GB in YAML": lambda: itertools.chain([b"apiVersion: v1\nkind: Node\nmetadata:\n  name: "], repeated(b"x", 2 << 30)),
    "an endless string": lambda: itertools.chain([b'{"kind":"'], (b"x" * MIB for _ in itertools.count())),
    "an endless number": lambda: itertools.chain([b'{"apiVersion":"v1","kind":"Node","spec":{"x":'], (b"1" * MIB for _ in itertools.count())),
    "an endless list of nothing": lambda: itertools.chain([b'{"apiVersion":"v1","kind":"Node","spec":{"taints":['], (b"{}," * MIB for _ in itertools.count())),
    "endless brackets": lambda: (b"[" * MIB for _ in itertools.count()),
    "deep nesting": lambda: [b'{"apiVersion":"v1","kind":"Pod","spec":{"x":' + b"[" * 5_000_000],
    "deep nesting in YAML": lambda: [b"a: " + b"[" * 5_000_000],
    "a million empty documents": lambda: repeated(b"---\n", 4 * MIB),
    "a million documents of nothing known": lambda: many(lambda number: b"---\nkind: K%d\n" % number, 1_000_000 // SCALE),
    "a million kinds in JSON": lambda: many(lambda number: b'{"apiVersion":"v1","kind":"K%d"}' % number, 1_000_000 // SCALE),
    "a million items without kind": lambda: itertools.chain([b'{"items":[{}'], repeated(b",{}", 300 * MIB), [b"]}"]),
    "an alias bomb": lambda: [b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
        b"%c: &%c [%s]\n" % (b, b, b",".join([b"*%c" % (b - 1)] * 9)) for b in range(ord("b"), ord("z")))],
    "aliases of a long text": lambda: [b"a: &a " + b"x" * (8 * MIB) + b"\nb: [" + b",".join([b"*a"] * 99) + b"]\n"],
    "gzip bomb, 20 GB of one letter": lambda: gzipped(itertools.chain([b'{"x":"'], repeated(b"x", 20 << 30))),
    "zstd bomb": lambda: zstd_frame(17, ((b" ", 1 << 17) for _ in range(1 << 17))),
    "zstd with a window of 64 MB": lambda: (zstd_frame(26, ((b" ", 1 << 17) for _ in range(4096)))),
    "zstd with a window of 2 TB": lambda: zstd_frame(41, [(b" ", 1 << 17)]),
    "a million labels on one pod": lambda: listed([labelled(900_000)]),
    "two million labels on one pod": lambda: listed([labelled(2_000_000)]),
    "half a million tolerations": lambda: listed([with_spec("tolerations", b"{}", 500_000)]),
    "five million containers": lambda: listed([with_spec("initContainers", b"{}", 5_000_000)]),
    "UTF-16, 800 MB of blanks": lambda: gzipped(itertools.chain([b"\xff\xfe"], repeated(b" \0", 800 * MIB), [SMALL.decode().encode("utf-16-le")])),
    "a log line of 900 MB": lambda: gzipped(itertools.chain([b"==== START logs for container x of pod y ====\n"], repeated(b"x", 900 * MIB),
                                                            [b"\n==== END logs for container x of pod y ====\n" + SMALL])),
    "a List of 300 MB in YAML": lambda: itertools.chain(
        [b"apiVersion: v1\nitems:\n- " + yaml(NODE, 2)], many(lambda number: b"- " + yaml(POD, 2).replace(b"name: p", b"name: p%d" % (number % 100)), 300 * MIB // 200 // SCALE),
        [b"kind: List\nmetadata: {}\n"]),
}


def yaml(thing, indent):
    """A map in YAML, its lines but the first one indented."""
    lines = ["%s: %s" % (key, json.dumps(value)) for key, value in thing.items()]
    return (("\n" + " " * indent).join(lines) + "\n").encode()


def run(binary, pieces, directory):
    """Status, standard error, seconds and peak bytes; input comes through a pipe as it is made."""
    usage = os.path.join(directory, "usage")
    child = [sys.executable, "-c", (
        "import resource,subprocess,sys\n"
        "code=subprocess.run(sys.argv[2:]).returncode\n"
        "open(sys.argv[1],'w').write('%d' % resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
        "sys.exit(code if code>=0 else 128-code)"), usage, binary, "pending", "--snapshot", "-"]
    started = time.monotonic()
    process = subprocess.Popen(child, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def feed():
        try:
            for piece in pieces:
                process.stdin.write(piece)
            process.stdin.close()
        except BrokenPipeError:
            pass

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    kept = {}

    def drain(name, stream):
        kept[name] = stream.read()

    readers = [threading.Thread(target=drain, args=pair, daemon=True) for pair in (("out", process.stdout), ("err", process.stderr))]
    for reader in readers:
        reader.start()
    try:
        status = process.wait(timeout=120)
    except subprocess.TimeoutExpired:
        process.kill()
        return None, "longer than 120 s", time.monotonic() - started, 0
    for reader in readers:
        reader.join()
    return status, kept["err"].decode(errors="replace"), time.monotonic() - started, int(pathlib.Path(usage).read_text()) * 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--scale", type=int, default=1, help="make sizes so many times smaller (a debug build is slow)")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    global SCALE
    SCALE = arguments.scale
    failed = 0
    with tempfile.TemporaryDirectory() as directory:
        _, _, _, base = run(arguments.bin, [SMALL], directory)
        print("| input | result | seconds | peak MB |\n| --- | --- | --- | --- |")
        for name, make in HOSTILE.items():
            if arguments.names and not any(word in name for word in arguments.names):
                continue
            status, err, seconds, peak = run(arguments.bin, make(), directory)
            lines = [line for line in err.splitlines() if line.startswith("error")]
            fine = status in (0, 2) and peak - base <= MOST and len(lines) == (status == 2)
            failed += not fine
            said = "answered" if status == 0 else (lines[0].removeprefix("error: ") if lines else repr(err[-300:]))
            print("| %s | %s%s | %.1f | %d |" % (name, "" if fine else "**FAILED** (status %s) " % status, said, seconds, peak // 1_000_000), flush=True)
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
