# What one can do here. CI calls the same recipes (.ci/run).

# List the recipes
default:
    @just --list

# Everything CI checks
ci:
    .ci/run

# Format, lint
lint:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings

# The workflows and shell scripts, as their tools read them (actionlint by Go's module proxy; shellcheck)
workflows:
    tests/workflows.sh

# All tests: units, conformance, the command line
test:
    cargo test

# The black-box comparison with the real kube-scheduler, in all minors
conformance:
    cargo build --release
    python3 tests/conformance/check.py --bin target/release/kubectl-sched tests/conformance/*.jsonl.gz tests/conformance/v1.*

# What a real scheduler says of cases: its framework, built against k8s.io/kubernetes (Go, its module proxy)
oracle version file:
    @"$(tests/oracle/build.sh {{version}})" run {{file}}

# Drift alarm: a real scheduler over the recorded cases again; prints what differs
oracle-check version *areas:
    tests/oracle/check.sh {{version}} {{areas}}

# Upstream's own plugin tests made into cases that the oracle answers: a second witness
upstream-tests version file:
    tests/oracle/upstream_tests/run.sh {{version}} {{file}}

# Time of one scheduling cycle of a real scheduler on a large state
oracle-bench version *arguments:
    @"$(tests/oracle/build.sh {{version}})" bench {{arguments}}

# Pods a second that a real scheduler places one after another
oracle-bench-simulate version *arguments:
    @"$(tests/oracle/build.sh {{version}})" bench-simulate {{arguments}}

# Against a real API server and scheduler on loopback (Python; Go for the first build of the two)
e2e *patterns:
    cargo build
    tests/e2e/run {{patterns}}

# The pages of -o html in a headless Chromium (Chromium; playwright from PyPI)
html-check:
    cargo build
    python3 tests/html/check.py

# The pictures of such pages in docs (Chromium)
html-pictures:
    cargo build
    tests/html/pictures.sh

# The page with the engine in it: dist/kubectl-sched.html, one file
web:
    web/build.sh

# The page in a headless Chromium (Chromium; playwright from PyPI); parts: numbers, tried, keyboard, looks, ...
web-check *parts:
    cargo build
    python3 tests/web/check.py {{parts}}

# The pictures of the page in docs (the same)
web-pictures:
    python3 tests/web/pictures.py

# Licences, advisories, sources
deny:
    cargo deny check

# Read the documentation of the library
docs:
    cargo doc --no-deps --open

# Median time of a scheduling cycle on a large state
bench snapshot:
    cargo bench --bench cycle -- {{snapshot}}

# Times of commands on a state that is made here, each beside what it is measured against (Python)
bench-ratios nodes="1000" pods="10000" *arguments:
    cargo build --release
    python3 benches/cluster.py {{nodes}} {{pods}} 60 >target/bench-state.json
    python3 benches/ratios.py --bin target/release/kubectl-sched target/bench-state.json {{arguments}}

# `explain` against an API server that is made here, beside curl (Python, curl)
bench-live nodes="1000" pods="10000":
    cargo build --release
    python3 benches/cluster.py {{nodes}} {{pods}} 60 >target/bench-state.json
    python3 benches/live.py --bin target/release/kubectl-sched --pod app-0-5d4f-0-new -n team-0 target/bench-state.json

# A cycle of ours and one of the real framework on the same state, one after the other (Go)
bench-reference version snapshot pod:
    cargo bench --bench cycle -- {{snapshot}} {{pod}}
    @"$(tests/oracle/build.sh {{version}})" bench --snapshot {{snapshot}} --pod {{pod}}

# Flame graphs of four commands on a state, into docs/flame-graphs (Linux: perf; inferno from crates.io)
flame-graphs snapshot:
    RUSTFLAGS="-C force-frame-pointers=yes" cargo build --profile profiling
    benches/flame-graphs.sh target/profiling/kubectl-sched {{snapshot}} docs/flame-graphs

# Instructions of six small commands, against the recorded counts (valgrind, Python)
instructions *arguments:
    cargo build
    python3 benches/instructions.py --bin target/debug/kubectl-sched {{arguments}}

# Fuzz targets (all, or those that are named) with libFuzzer, so many seconds of CPU each; no nightly compiler (Python, C++)
fuzz seconds="60" *targets:
    python3 fuzz/run.py build {{targets}}
    python3 fuzz/run.py run --seconds {{seconds}} {{targets}}

# Many mutations of the kept inputs of every fuzz target, without cargo-fuzz
fuzz-all inputs="20000":
    FUZZ_INPUTS={{inputs}} cargo test --test fuzz

# Faults on the wire, drawn from a seed (Python)
faults *arguments:
    cargo build
    tests/faults/run {{arguments}}
    tests/faults/secrets

# Peak memory of hostile input (Python)
hostile *arguments:
    cargo build --release
    python3 benches/hostile.py --bin target/release/kubectl-sched {{arguments}}

# Faults in the rules, one of `every` of them, in one build: which of them the tests catch (cargo-mutants, Python, tree-sitter)
mutants every="20" *arguments:
    python3 tests/mutants/run.py --copy target/mutants --every {{every}} {{arguments}}

# What is linked into the binary, as CycloneDX
sbom file="dist/sbom.cdx.json":
    mkdir -p "$(dirname {{file}})"
    python3 krew/sbom.py >{{file}}

# How often the dependencies say `unsafe`
unsafe-count:
    python3 tests/supply_chain.py

# Write the completion scripts, man pages and JSON Schemas that lie in the repository
generate:
    UPDATE=1 cargo test --test generated
    UPDATE=1 cargo test --lib schema

# The library without command line and network: for this machine and for WebAssembly
core:
    cargo build --locked --no-default-features --lib
    cargo build --locked --no-default-features --lib --target wasm32-unknown-unknown

# Write the table of a Kubernetes minor from its source (v1.37.2; Go and a Go module proxy)
versions version:
    tests/versions/run write {{version}}

# Compare the table of a minor with the source it was written from (v1.37), or with another patch release (v1.37.3)
versions-check version:
    tests/versions/run check {{version}}

# Archives and the krew manifest in dist/; for this machine, or for Rust targets that can be built here
release *targets:
    krew/release.sh {{targets}}

# What of a release can be checked on this machine (PROFILE=dev for a debug build)
release-check:
    krew/release-check.sh

# Install the archive with krew and run the plugin through kubectl
krew-test:
    krew/test.sh
