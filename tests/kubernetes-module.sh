#!/bin/sh
# kubernetes-module.sh VERSION FILE: writes a go.mod for programs built against k8s.io/kubernetes VERSION (v1.37.2) to FILE,
# for `go build -mod=mod -modfile=FILE`.
# The oracle and the end-to-end tests' control plane use the same one, so that Go compiles what they share once.
#
# k8s.io/kubernetes asks for its staging modules as v0.0.0, replaced by folders of its own repository: these are the same
# requirements, with the versions that the staging modules were published under (v0.37.2).
set -eu
version=$1 file=$2
staging=v0.${version#v1.}
upstream=$(cd "$(dirname "$0")" && go mod download -json "k8s.io/kubernetes@$version" | sed -n 's/.*"GoMod": "\(.*\)".*/\1/p')
[ -n "$upstream" ] || { echo "kubernetes-module.sh: no go.mod of k8s.io/kubernetes $version" >&2; exit 1; }
new=$(mktemp)
{
  echo "module kubectl-sched.dev/tests"
  sed -n '/^go /p' "$upstream"
  sed -n '/^require (/,/^)/p' "$upstream" | sed "s#^\(\tk8s\.io/[a-z-]*\) v0\.0\.0\( // indirect\)\{0,1\}\$#\1 $staging#"
  echo "require k8s.io/kubernetes $version"
  echo "replace ("
  sed -n "s#^\tk8s\.io/\([a-z-]*\) => \./staging.*#\tk8s.io/\1 => k8s.io/\1 $staging#p" "$upstream"
  echo ")"
} > "$new"
# Go completes FILE itself (-mod=mod); what it added stays while the requirements are the same.
if cmp -s "$new" "$file.base"; then
  rm "$new"
else
  cp "$new" "$file"
  mv "$new" "$file.base"
fi
