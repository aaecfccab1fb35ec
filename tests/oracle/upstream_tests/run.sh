#!/bin/sh
# run.sh VERSION OUT.jsonl: runs the plugin tests of k8s.io/kubernetes VERSION (v1.37.2) with witness.go in them, makes cases of what
# they ask, and has the oracle answer these. `check.py OUT.jsonl` then compares. Nothing of it is kept in this repository.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
version=$1 out=$2
minor=${version#v1.}; minor=${minor%%.*}
dir=${CARGO_TARGET_DIR:-$here/../../../target}/upstream-tests/$version
mkdir -p "$dir/module"
dir=$(cd "$dir" && pwd)
"$here/../../kubernetes-module.sh" "$version" "$dir/module/go.mod"
cd "$dir/module"
echo 'package tests' > tests.go
source=$(go mod download -json "k8s.io/kubernetes@$version" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
rm -rf "$dir/kubernetes"; mkdir -p "$dir/kubernetes"
cp -r --no-preserve=mode "$source/go.mod" "$source/go.sum" "$source/pkg" "$source/test" "$dir/kubernetes/"
"$here/instrument.py" "$dir/kubernetes"
grep -q "^replace k8s.io/kubernetes =>" go.mod || echo "replace k8s.io/kubernetes => $dir/kubernetes" >> go.mod

plugins=k8s.io/kubernetes/pkg/scheduler/framework/plugins
rm -f "$dir"/asked-*.jsonl
for folder in "$dir"/kubernetes/pkg/scheduler/framework/plugins/*/; do
  plugin=$(basename "$folder")
  grep -rqs "witness\." "$dir/kubernetes/pkg/scheduler/framework/plugins/$plugin" --include='*.go' || continue
  [ "$plugin" != witness ] || continue
  # A test that fails has asked its questions all the same.
  WITNESS="$dir/asked-$plugin.jsonl" nice go test -mod=mod -p "${JOBS:-2}" "$plugins/$plugin" >&2 || true
done
"$here/cases.py" --k8s "$version" "$dir/cases.jsonl" "$dir"/asked-*.jsonl >&2
"$("$here/../build.sh" "$version")" run -o "$out" "$dir/cases.jsonl"
