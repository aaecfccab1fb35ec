#!/usr/bin/env bash
# Installs the archive of `just release` with krew's own `--manifest --archive`, runs the plugin
# through kubectl, and lets kubectl complete it. Everything happens in a directory of its own.
#
# krew, its validator and, where there is none, kubectl are built with Go through the module proxy;
# KREW and VALIDATE name programs to use instead. Without Go and without KREW the test is skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

NAME=${NAME:-sched}
KREW_VERSION=v0.5.0
KUBECTL_VERSION=v0.34.1
TOOLS=${TOOLS:-target/krew-tools}

skip() { printf 'krew/test.sh: SKIPPED: %s\n' "$*"; exit 0; }
fail() { printf 'krew/test.sh: FAILED: %s\n' "$*" >&2; exit 1; }
ok() { printf 'ok  %s\n' "$*"; }

gobuild() { # OUTPUT MODULE VERSION PACKAGE...: builds packages of a module into a directory
    local output=$1 module=$2 version=$3 at
    shift 3
    at=$output/module-$(basename "$module")
    mkdir -p "$at"
    (
        cd "$at"
        [[ -f go.mod ]] || go mod init tools
        GOFLAGS=-mod=mod go get "$module@$version"
        # What the packages need in turn is looked up as they are built.
        GOFLAGS=-mod=mod go mod tidy
        GOFLAGS=-mod=mod nice -n 10 go build -o "$output/" "$@"
    ) >"$output/build.log" 2>&1 || { tail -5 "$output/build.log"; return 1; }
}

tools() {
    mkdir -p "$TOOLS"
    TOOLS=$(cd "$TOOLS" && pwd)
    if [[ -z ${KREW:-} && ! -x $TOOLS/krew ]]; then
        command -v go >/dev/null || skip "no Go here to build krew with, and KREW names none"
        mkdir -p "$TOOLS/module-krew"
        printf '//go:build tools\n\npackage tools\n\nimport (\n\t_ "sigs.k8s.io/krew/cmd/krew"\n\t_ "sigs.k8s.io/krew/cmd/validate-krew-manifest"\n)\n' \
            >"$TOOLS/module-krew/tools.go"
        gobuild "$TOOLS" sigs.k8s.io/krew "$KREW_VERSION" sigs.k8s.io/krew/cmd/{krew,validate-krew-manifest} ||
            skip "krew $KREW_VERSION cannot be built here"
    fi
    KREW=${KREW:-$TOOLS/krew}
    VALIDATE=${VALIDATE:-$TOOLS/validate-krew-manifest}
    if ! command -v kubectl >/dev/null; then
        [[ -x $TOOLS/kubectl ]] || build_kubectl || skip "no kubectl here, and $KUBECTL_VERSION cannot be built"
        PATH=$TOOLS:$PATH
    fi
}

build_kubectl() {
    command -v go >/dev/null || return 1
    mkdir -p "$TOOLS/module-kubectl/kubectl"
    cat >"$TOOLS/module-kubectl/kubectl/main.go" <<'GO'
package main

import (
	"os"

	"k8s.io/kubectl/pkg/cmd"
)

func main() {
	if cmd.NewDefaultKubectlCommand().Execute() != nil {
		os.Exit(1)
	}
}
GO
    gobuild "$TOOLS" k8s.io/kubectl "$KUBECTL_VERSION" ./kubectl
}

tools
platform=$(go env GOOS 2>/dev/null || uname -s | tr '[:upper:]' '[:lower:]')-$(case $(uname -m) in x86_64) echo amd64 ;; aarch64 | arm64) echo arm64 ;; esac)
archive=$(find dist -name "kubectl-sched-*-$platform.tar.gz" 2>/dev/null | sort | tail -1)
if [[ -z $archive || ! -f dist/$NAME.yaml ]]; then
    fail "no archive for $platform in dist: run 'just release' first"
fi
archive=$(cd dist && pwd)/$(basename "$archive")

"$VALIDATE" -manifest "dist/$NAME.yaml" -skip-install >/dev/null 2>&1 || fail "dist/$NAME.yaml is not what krew's validator wants"
"$VALIDATE" -manifest krew/sched.yaml -skip-install >/dev/null 2>&1 || fail "krew/sched.yaml is not what krew's validator wants"
ok "krew's validator: dist/$NAME.yaml and krew/sched.yaml"

home=$(mktemp -d)
trap 'rm -r "$home"' EXIT
export HOME=$home KREW_ROOT=$home/krew
unset KUBECONFIG

"$KREW" install --manifest "dist/$NAME.yaml" --archive "$archive" </dev/null >"$home/install.log" 2>&1 ||
    { cat "$home/install.log" >&2; fail "krew install"; }
ok "krew install --manifest --archive"
store=$(echo "$KREW_ROOT/store/$NAME"/*)
[[ -f $store/LICENSE ]] || fail "no LICENSE in the archive"
ok "LICENSE is in the archive"

PATH=$KREW_ROOT/bin:$PATH
version=$(kubectl "$NAME" version -o name) || fail "kubectl $NAME version"
[[ $version == "$(basename "$store")" ]] || fail "kubectl $NAME version says $version, the manifest $(basename "$store")"
ok "kubectl $NAME version: $version"

# The step that the caveats tell people to take.
cp "$store/kubectl_complete-${NAME//-/_}" "$KREW_ROOT/bin/"
completed() { # EXPECTED-LINE WORD...
    local expected=$1 answer
    shift
    answer=$(kubectl __complete "$NAME" "$@" 2>/dev/null) || fail "kubectl __complete $NAME $*"
    grep -qxF -- "$expected" <<<"$(cut -f1 <<<"$answer")" || fail "kubectl __complete $NAME $*: no $expected in: $answer"
    ok "kubectl completes '$NAME $*' to $expected"
}
completed explain expl
completed --snapshot explain --snap
completed gpu-1 explain --snapshot examples/clusters/mixed.yaml --node gpu-
completed web-7 explain --snapshot examples/clusters/mixed.yaml -n shop web
completed :4 explain --snapshot examples/clusters/mixed.yaml -n shop web

"$KREW" uninstall "$NAME" >/dev/null 2>&1 || fail "krew uninstall"
ok "krew uninstall"
printf 'krew/test.sh: PASSED with %s and %s\n' "$(basename "$archive")" "krew $KREW_VERSION"
