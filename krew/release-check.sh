#!/usr/bin/env bash
# What of a release can be checked on one machine, before a tag is made: the version and the tag, the crate as crates.io
# would get it, the manifest and the archive of this machine, the SBOM, the workflow.
#
#   krew/release-check.sh             with RELEASE_TAG=v1.2.3 also that the tag is that of the version
#
# PROFILE=dev makes the archive from a debug build, which takes a fraction of the time.
set -euo pipefail
cd "$(dirname "$0")/.."
NAME=${PLUGIN_NAME:-sched}
VERSION=v$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
step() { printf '== %s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

step "version"
[[ -z ${RELEASE_TAG:-} || $RELEASE_TAG == "$VERSION" ]] || die "the tag is $RELEASE_TAG, Cargo.toml says $VERSION"
grep -q "^  version: $VERSION\$" krew/sched.yaml || die "krew/sched.yaml does not say version: $VERSION"

step "the platforms of the workflow are those of the manifest"
platforms=$(sed -n 's/.*matchLabels: {os: \(.*\), arch: \(.*\)}/\1-\2/p' krew/sched.yaml | sort)
targets=$(sed -n 's/.*target: \([a-z0-9_-]*\)}$/\1/p' .github/workflows/release.yml)
built=$(for target in $targets; do
    case $target in
        x86_64-*linux*) echo linux-amd64 ;; aarch64-*linux*) echo linux-arm64 ;;
        x86_64-apple-*) echo darwin-amd64 ;; aarch64-apple-*) echo darwin-arm64 ;;
        x86_64-*windows*) echo windows-amd64 ;; aarch64-*windows*) echo windows-arm64 ;;
        *) die "$target is no target of the manifest" ;;
    esac
done | sort)
[[ $platforms == "$built" ]] || die "the manifest has $platforms, the workflow builds $built"

step "the crate"
cargo package --locked --allow-dirty --no-verify --quiet

step "SBOM"
mkdir -p dist
python3 krew/sbom.py >dist/sbom.cdx.json
python3 - <<'PY'
import json
sbom = json.load(open("dist/sbom.cdx.json"))
known = {component["bom-ref"] for component in sbom["components"]} | {sbom["metadata"]["component"]["bom-ref"]}
missing = [reference for entry in sbom["dependencies"] for reference in entry["dependsOn"] if reference not in known]
assert not missing, missing
unlicensed = [component["name"] for component in sbom["components"] if "licenses" not in component]
assert not unlicensed, unlicensed
print(len(sbom["components"]), "crates")
PY

step "the archive of this machine, and the manifest"
krew/release.sh
(cd dist && if command -v sha256sum >/dev/null; then sha256sum --check --quiet sha256sums.txt; else shasum -a 256 -c -q sha256sums.txt; fi)
grep -q "^  name: $NAME\$" "dist/$NAME.yaml" || die "dist/$NAME.yaml is not that of $NAME"
sum=$(cut -d' ' -f1 dist/sha256sums.txt | head -1)
grep -q "sha256: $sum" "dist/$NAME.yaml" || die "dist/$NAME.yaml does not have the sum of the archive"
unpacked=$(mktemp -d)
archives=(dist/kubectl-sched-"$VERSION"-*.tar.gz)
tar -xzf "${archives[0]}" -C "$unpacked"
# Installed under its name, it answers to it.
ln -s kubectl-sched "$unpacked/kubectl-${NAME//-/_}" 2>/dev/null || true
"$unpacked/kubectl-${NAME//-/_}" explain -h | grep -q "kubectl $NAME explain" || die "help does not go by the name of the plugin"
rm -r "$unpacked"

if command -v go >/dev/null; then
    step "krew's own validator"
    if go run sigs.k8s.io/krew/cmd/validate-krew-manifest@v0.5.0 -manifest "dist/$NAME.yaml" -skip-install; then :; else
        # Platforms without an archive on this machine have no sum that krew takes.
        grep -q 0000000000000000 "dist/$NAME.yaml" || die "krew refuses the manifest"
        echo "the manifest is not complete on this machine: krew's validator ran over a partial one"
    fi
fi
step "done"
