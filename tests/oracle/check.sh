#!/bin/sh
# check.sh VERSION [AREA ...]: the drift alarm. Builds the oracle for VERSION, runs every recorded case of its minor again and
# prints what differs from tests/conformance. VERSION may be a newer patch release than the recorded one, or v1.34.1 (the base).
set -eu
version=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
corpus=$here/../conformance
patch=${version#v1.*.}
folder=$corpus/${version%."$patch"}
[ -d "$corpus/$version" ] && folder=$corpus/$version
[ "$version" != v1.34.1 ] || folder=$corpus
oracle=$("$here/build.sh" "$version")
for area; do set -- "$@" --area "$area"; shift; done
exec python3 "$here/minor.py" check --oracle "$oracle" --k8s "$version" "$folder" "$@"
