#!/usr/bin/env python3
"""`explain` against an API server, beside curl that asks for the same:

    benches/live.py --bin target/release/kubectl-sched --pod NAME -n NAMESPACE STATE

The server, a process of its own, holds the objects of STATE (a List in JSON) in pages that are packed before anybody asks, as kube-apiserver
packs them (gzip, level 1), so that what is measured is the client. curl makes the requests that `explain` made, one after another, over one
connection. Both in turn, the median of --runs. Linux; curl and the standard library only.
"""
import argparse
import collections
import gzip
import http.server
import json
import os
import statistics
import subprocess
import sys
import tempfile
import urllib.parse

import ratios

GROUPS = ["apps", "batch", "policy", "storage.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "node.k8s.io"]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    #: By plural.
    objects: dict = {}
    packed: dict = {}
    log = None

    def do_GET(self):
        path, _, query = self.path.partition("?")
        if self.path not in self.packed:
            self.packed[self.path] = self.body(path, dict(urllib.parse.parse_qsl(query)))
        status, plain, packed = self.packed[self.path]
        zipped = packed is not None and "gzip" in self.headers.get("Accept-Encoding", "")
        body = packed if zipped else plain
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if zipped:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)
        print(self.path, file=self.log, flush=True)

    def body(self, path, fields):
        status, answer = 200, None
        parts = path.strip("/").split("/")
        if path == "/version":
            answer = {"gitVersion": "v1.34.1"}
        elif path == "/apis":
            answer = {"kind": "APIGroupList", "groups": [{"name": name} for name in GROUPS]}
        elif len(parts) > 4 and parts[-2] in self.objects:
            found = [item for item in self.objects[parts[-2]] if item["metadata"]["name"] == parts[-1]]
            status, answer = (200, found[0]) if found else (404, {"kind": "Status", "code": 404, "reason": "NotFound"})
        else:
            items, start, limit = self.objects.get(parts[-1], []), int(fields.get("continue", 0)), int(fields.get("limit", 0))
            if "fieldSelector" in fields:
                items = []
            end = start + limit if limit else len(items)
            metadata = {"resourceVersion": "100"}
            if end < len(items):
                metadata |= {"continue": str(end), "remainingItemCount": len(items) - end}
            kind = items[0]["kind"] + "List" if items else "List"
            answer = {"kind": kind, "apiVersion": "v1", "metadata": metadata, "items": items[start:end]}
        plain = json.dumps(answer, separators=(",", ":")).encode()
        # kube-apiserver leaves short answers as they are (endpoints/handlers/responsewriters/writers.go).
        return status, plain, gzip.compress(plain, 1) if len(plain) > 128 * 1024 else None

    def log_message(self, *_):
        pass


def plural(kind):
    lower = kind.lower()
    return lower + "es" if lower.endswith("s") and lower != "csinodes" else lower + "s"


def serve(state, log):
    objects = collections.defaultdict(list)
    for item in json.load(open(state))["items"]:
        objects[plural(item["kind"])].append(item)
    Handler.objects, Handler.log = dict(objects), open(log, "w")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


def main():
    if sys.argv[1:2] == ["--serve"]:
        return serve(*sys.argv[2:4])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--pod", required=True)
    parser.add_argument("-n", "--namespace", required=True)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("state")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        log = os.path.join(scratch, "log")
        server = subprocess.Popen([sys.executable, __file__, "--serve", options.state, log], stdout=subprocess.PIPE, text=True)
        try:
            address = "http://127.0.0.1:" + server.stdout.readline().strip()
            explain = [options.bin, "explain", "pod/" + options.pod, "-n", options.namespace, "-s", address]
            subprocess.run(explain, check=True, stdout=subprocess.DEVNULL)
            asked = open(log).read().split()
            urls = [word for path in asked for word in ("-o", "/dev/null", address + path)]
            curl = ["curl", "--silent", "--compressed", *urls]
            subprocess.run(curl, check=True)
            ours, theirs = [], []
            for _ in range(options.runs):
                ours.append(ratios.run(explain))
                theirs.append(ratios.run(curl))
        finally:
            server.kill()
    median = [[statistics.median(column) for column in zip(*runs)] for runs in (ours, theirs)]
    for name, (wall, cpu, peak) in zip(["explain", "curl --compressed"], median):
        print("%-18s %6.2f s, %5.2f s of CPU, %4.0f MB" % (name, wall, cpu, peak))
    print("%d requests; explain takes %.2f times as long" % (len(asked), median[0][0] / median[1][0]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
