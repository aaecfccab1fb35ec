#!/usr/bin/env python3
"""Records a corpus under another Kubernetes version, and keeps only what differs.

    minor.py record --oracle ORACLE --k8s v1.37.2 --base CORPUS --out CORPUS/v1.37
    minor.py show CORPUS/v1.37            # the differing cases, grouped by what differs
    minor.py check --oracle ORACLE --k8s v1.37.3 CORPUS/v1.37     # the drift alarm: runs all cases again, shows what is not as recorded

CORPUS holds one AREA.jsonl.gz an area. OUT gets manifest.json and AREA.delta.jsonl.gz; the format is in the corpus's README.md.
Areas that OUT already has as whole files (new in that minor) stay as they are. Needs only the Python standard library.
"""
import argparse, gzip, json, os, re, subprocess, sys, tempfile
from collections import Counter, defaultdict


def cases(path):
    with gzip.open(path, "rt", encoding="utf-8") as f:
        return [json.loads(line) for line in f if line.strip()]


def write(path, rows):
    with open(path, "wb") as raw, gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=raw, mtime=0) as z:
        for r in rows:
            z.write((json.dumps(r, separators=(",", ":"), ensure_ascii=False) + "\n").encode())


def diff(old, new):
    """The JSON merge patch (RFC 7386) that makes `new` of `old`; None when they are equal."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return None if old == new else new
    patch = {k: None for k in old if k not in new}
    for k, v in new.items():
        if k not in old:
            patch[k] = v
        elif old[k] != v:
            patch[k] = diff(old[k], v)
    return patch or None


def merge(old, patch):
    if not isinstance(patch, dict):
        return patch
    out = dict(old) if isinstance(old, dict) else {}
    for k, v in patch.items():
        if v is None:
            out.pop(k, None)
        else:
            out[k] = merge(out.get(k), v)
    return out


def bare(expect):
    """The answer without the lists of plugins that had nothing to do."""
    if "steps" in expect:
        return expect
    return {p: {k: v for k, v in e.items() if k not in ("skippedFilters", "skippedScores")} for p, e in expect.items()}


def pods(c):
    if c.get("mode") == "groups":
        return len(c["pods"])
    return len(c["expect"]["steps"]) if c.get("mode") == "simulate" else len(c["expect"])


def run(a, todo):
    """What the oracle says of these cases, by name."""
    with tempfile.TemporaryDirectory() as tmp:
        old, new = os.path.join(tmp, "old.jsonl.gz"), os.path.join(tmp, "new.jsonl.gz")
        write(old, todo)
        p = subprocess.run([a.oracle, "run", "-j", str(a.jobs), "-k8s", a.k8s, "-o", new, old], stderr=subprocess.PIPE, text=True)
        if p.returncode:
            sys.exit(p.stderr)
        why = {m[1]: m[2][:200] for m in re.finditer(r"^DROP (\S+): (.*)$", p.stderr, re.M)}
        return {c["name"]: c for c in cases(new)}, why


def record(a):
    os.makedirs(a.out, exist_ok=True)
    manifest, done = {"areas": {}}, {}
    if a.resume and os.path.exists(os.path.join(a.out, "manifest.json")):
        done = json.load(open(os.path.join(a.out, "manifest.json")))["areas"]
    for bdir in a.base:
        for name in sorted(os.listdir(bdir)):
            m = re.fullmatch(r"([a-z-]+)\.jsonl\.gz", name)
            if not m or (a.area and m[1] not in a.area):
                continue
            area, path = m[1], os.path.join(bdir, name)
            own = os.path.join(a.out, name)
            if os.path.exists(own) or (a.resume and area in done):
                continue
            base = cases(path)
            got, why = run(a, base)
            if not got:
                print("%-22s none of its cases has an answer: %s" % (area, next(iter(why.values()), "")[:120]), flush=True)
                continue
            # What equals the base is stable enough; what differs (in more than the plugins that were skipped) has to come out the same once more.
            changed = [c for c in base if c["name"] in got and got[c["name"]]["expect"] != c["expect"]]
            unsure = [c for c in changed if bare(got[c["name"]]["expect"]) != bare(c["expect"])]
            again, _ = run(a, unsure) if unsure else ({}, {})
            for c in unsure:
                n = c["name"]
                if n not in again or again[n]["expect"] != got[n]["expect"]:
                    why[n] = "two runs differ"
                    del got[n]
            rows = [{"name": c["name"], "k8s": a.k8s, "expect": diff(c["expect"], got[c["name"]]["expect"])}
                    for c in changed if c["name"] in got]
            entry = {"base": os.path.relpath(path, a.out), "k8s_of_base": base[0]["k8s"], "cases": len(got), "pods": sum(pods(c) for c in got.values()), "differ": len(rows),
                     "differ_in_more_than_skipped_plugins": sum(c["name"] in got for c in unsure)}
            gone = {c["name"]: why.get(c["name"], "") for c in base if c["name"] not in got}
            if gone:
                entry["left_out"] = gone
                for n, w in gone.items():
                    print("  left out %s: %s" % (n, w[:200]), flush=True)
            delta = os.path.join(a.out, area + ".delta.jsonl.gz")
            if rows:
                entry["delta"] = area + ".delta.jsonl.gz"
                write(delta, rows)
            elif os.path.exists(delta):
                os.remove(delta)
            manifest["areas"][area] = entry
            save(a, manifest)
            print("%-22s %4d cases, %4d differ (%d in more than skipped plugins), %d left out"
                  % (area, len(got), len(rows), entry["differ_in_more_than_skipped_plugins"], len(gone)), flush=True)
    save(a, manifest)


def recorded(path, only=None):
    """(area, cases with this minor's answers, names of the cases that had none) of a minor's folder."""
    areas = json.load(open(os.path.join(path, "manifest.json")))["areas"]
    for area, e in sorted(areas.items()):
        if only and area not in only:
            continue
        delta = {d["name"]: d["expect"] for d in cases(os.path.join(path, e["delta"]))} if "delta" in e else {}
        base, gone = cases(os.path.join(path, e.get("file") or e["base"])), e.get("left_out", {})
        for c in base:
            if c["name"] in delta:
                c["expect"] = merge(c["expect"], delta[c["name"]])
        yield area, base, set(gone)


def check(a):
    """Exit status 1 when the oracle gives another answer than the recorded one, twice, or none."""
    drifted = 0
    for area, base, gone in recorded(a.dir, a.area):
        base = [c for c in base if c["name"] not in gone]
        got, why = run(a, base)
        other = [c for c in base if c["name"] in got and got[c["name"]]["expect"] != c["expect"]]
        again, _ = run(a, other) if other else ({}, {})
        sure = [c for c in other if c["name"] in again and again[c["name"]]["expect"] == got[c["name"]]["expect"]]
        lost = [c["name"] for c in base if c["name"] not in got]
        drifted += len(sure) + len(lost)
        print("%-22s %4d cases, %4d differ, %d without an answer, %d answered differently in two runs"
              % (area, len(base), len(sure), len(lost), len(other) - len(sure)), flush=True)
        for name in lost[:a.top]:
            print("  no answer to %s: %s" % (name, why.get(name, "")))
        report(a, area, [(c["name"], c["expect"], diff(c["expect"], got[c["name"]]["expect"])) for c in sure])
    print("%d cases are not as recorded" % drifted)
    sys.exit(1 if drifted else 0)


def save(a, manifest):
    """Writes the manifest: what was just recorded, what it said before of other areas, and the areas that are whole here."""
    path, areas = os.path.join(a.out, "manifest.json"), {}
    if os.path.exists(path):
        areas = json.load(open(path))["areas"]
    areas.update(manifest["areas"])
    for name in sorted(os.listdir(a.out)):
        m = re.fullmatch(r"([a-z-]+)\.jsonl\.gz", name)
        if m:
            own = cases(os.path.join(a.out, name))
            areas[m[1]] = {"file": name, "cases": len(own), "pods": sum(pods(c) for c in own)}
    with open(path, "w") as f:
        json.dump({"k8s": a.k8s, "areas": areas}, f, indent=1, sort_keys=True)
        f.write("\n")


def leaves(old, patch, at=""):
    """What differs, with names of pods, nodes and numbers taken out."""
    if isinstance(patch, dict):
        for k, v in patch.items():
            o = old.get(k) if isinstance(old, dict) else None
            step = k if re.fullmatch(r"[A-Za-z]+", k) and "/" not in k else "*"
            yield from leaves(o, v, at + "." + step)
    else:
        yield at, old, patch


def plain(v):
    return re.sub(r"\d+", "N", json.dumps(v))[:160]


def show(a):
    man = json.load(open(os.path.join(a.dir, "manifest.json")))
    changes = []
    for area, e in sorted(man["areas"].items()):
        if "delta" not in e:
            continue
        base = {c["name"]: c["expect"] for c in cases(os.path.join(a.dir, e["base"]))}
        changes += [(area if a.by_area else "", d["name"], base[d["name"]], d["expect"]) for d in cases(os.path.join(a.dir, e["delta"]))]
    for area in sorted({c[0] for c in changes}):
        report(a, area, [c[1:] for c in changes if c[0] == area])


def report(a, area, changes):
    """Changes as (case, old answer, merge patch), grouped by what differs."""
    kinds, example = Counter(), {}
    for name, answer, patch in changes:
        seen = set()
        for at, old, new in leaves(answer, patch):
            key = (at, plain(old) if a.values else "", plain(new) if a.values else "")
            if key not in seen:
                seen.add(key)
                kinds[key] += 1
                example.setdefault(key, (name, old, new))
    for key, n in kinds.most_common(a.top):
        name, old, new = example[key]
        print("%5d  %s %s   e.g. %s\n        %s\n     -> %s" % (n, area, key[0], name, json.dumps(old)[:a.width], json.dumps(new)[:a.width]))


def main():
    ap = argparse.ArgumentParser()
    sub = ap.add_subparsers(dest="cmd", required=True)
    r, c = sub.add_parser("record"), sub.add_parser("check")
    for runs in (r, c):
        runs.add_argument("--oracle", required=True)
        runs.add_argument("--k8s", required=True)
        runs.add_argument("--area", action="append")
        runs.add_argument("--jobs", type=int, default=4)
    r.add_argument("--base", required=True, action="append")
    r.add_argument("--out", required=True)
    r.add_argument("--resume", action="store_true", help="leave alone the areas that the manifest has")
    s = sub.add_parser("show")
    s.add_argument("--by-area", action="store_true")
    for shows in (s, c):
        shows.add_argument("dir")
        shows.add_argument("--top", type=int, default=60)
        shows.add_argument("--width", type=int, default=200)
        shows.add_argument("--values", action="store_true", help="group by the values, too")
    a = ap.parse_args()
    {"record": record, "show": show, "check": check}[a.cmd](a)


if __name__ == "__main__":
    main()
