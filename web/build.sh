#!/usr/bin/env bash
# Builds the page: dist/kubectl-sched.html, or $1. Needs Rust and nothing else. With BUILT_FAST=1 its engine is larger and
# slower, and built in less time: to be tested, not to be shipped.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
profile=web${BUILT_FAST:+-check}
rustup target add wasm32-unknown-unknown >/dev/null 2>&1 || true
cargo build --locked -p kubectl-sched-web --target wasm32-unknown-unknown --profile "$profile"
cargo run --locked --quiet -p kubectl-sched-web-bundle -- \
    "$target/wasm32-unknown-unknown/$profile/kubectl_sched_web.wasm" web examples/clusters "${1:-dist/kubectl-sched.html}"
