#!/bin/sh
# build.sh VERSION: builds the oracle against k8s.io/kubernetes VERSION into target/oracle/VERSION/oracle and prints that path.
# v1.37.2 is a release; v1.37 stands for the one that tests/conformance/v1.37 was recorded from.
# Needs Go of that version's go.mod or newer, and a Go module proxy.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
version=$1
manifest=$top/tests/conformance/$version/manifest.json
[ ! -f "$manifest" ] || version=$(sed -n 's/^ "k8s": "\(.*\)",*$/\1/p' "$manifest")
minor=${version#v1.}; minor=${minor%%.*}
dir=${CARGO_TARGET_DIR:-$top/target}/oracle/$version
mkdir -p "$dir"
"$here/../kubernetes-module.sh" "$version" "$dir/go.mod"

# The stamp of a release build: plugins ask for their own version.
stamp=k8s.io/component-base/version
cd "$here"
nice -n "${NICE:-10}" go build -mod=mod -modfile="$dir/go.mod" -tags "k1$minor" -p "${JOBS:-2}" -o "$dir/oracle" \
  -ldflags "-s -w -X $stamp.gitVersion=$version -X $stamp.gitMajor=1 -X $stamp.gitMinor=$minor" . >&2
cd "$dir" && echo "$(pwd)/oracle"
