#!/usr/bin/env bash
# flame-graphs.sh BINARY STATE DIRECTORY: where the time of four commands goes, as pictures. Linux: perf; inferno from
# crates.io. The binary is that of the profile `profiling`, built with frame pointers (`just flame-graphs`).
set -euo pipefail
binary=$1 state=$2 directory=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$directory"

# picture NAME ARGUMENTS...: one command, sampled 499 times a second of each core
picture() {
  local name=$1
  shift
  perf record --quiet --freq 499 --call-graph fp --output "$work/perf.data" "$binary" "$@" --snapshot "$state" >/dev/null || true
  perf script --input "$work/perf.data" 2>/dev/null | inferno-collapse-perf >"$work/folded"
  # What takes less than half a percent would make the file large and is not seen.
  inferno-flamegraph --minwidth 0.5 --title "kubectl sched $*" <"$work/folded" >"$directory/$name.svg"
}

pod=$("$binary" pending -o json --snapshot "$state" | python3 -c 'import json, sys; print(json.load(sys.stdin)["groups"][0]["pods"][0])')
picture explain explain "${pod#*/}" -n "${pod%/*}" -o json
picture pending pending -o json
picture resilience resilience -o name
picture repack simulate --repack -o name
