#!/usr/bin/env bash
# Builds one target, packs it for krew, and fills in the manifest.
#
#   krew/release.sh                        for this machine
#   krew/release.sh TARGET...              for Rust targets such as aarch64-apple-darwin
#
# A target other than this machine's needs its standard library (`rustup target add TARGET`), a
# linker, and, for the `ring` crate, a C compiler for it; BUILD="cargo zigbuild" or "cross build"
# brings them along. Results lie in dist/; the manifest there has the sums of all archives in dist/.
set -euo pipefail
cd "$(dirname "$0")/.."

# The plugin's name in krew, and so on the command line. The krew index may want one that is less
# general than `sched`: this is the only line to change.
NAME=${PLUGIN_NAME:-sched}
BUILD=${BUILD:-cargo build}
PROFILE=${PROFILE:-release}
VERSION=v$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
# Archives of the same commit are the same.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}

die() { printf 'error: %s\n' "$*" >&2; exit 1; }

platform_of() { # Rust's name of a target -> krew's os-arch
    case $1 in
        x86_64-*linux*) echo linux-amd64 ;;
        aarch64-*linux*) echo linux-arm64 ;;
        x86_64-apple-darwin) echo darwin-amd64 ;;
        aarch64-apple-darwin) echo darwin-arm64 ;;
        x86_64-*windows*) echo windows-amd64 ;;
        aarch64-*windows*) echo windows-arm64 ;;
        *) die "$1 is no target of the manifest" ;;
    esac
}

pack() { # DIRECTORY ARCHIVE
    local reproducible=()
    if tar --version | grep -q GNU; then
        reproducible=(--sort=name --owner=0 --group=0 --numeric-owner "--mtime=@$SOURCE_DATE_EPOCH")
    fi
    (cd "$1" && tar ${reproducible[@]+"${reproducible[@]}"} -cf - -- *) | gzip -n -9 >"$2"
}

build() { # TARGET
    local target=$1 platform program staging built
    platform=$(platform_of "$target")
    program=kubectl-sched
    [[ $platform == windows-* ]] && program=kubectl-sched.exe
    printf '== %s for %s\n' "$VERSION" "$target" >&2
    if [[ $target == "$HOST" ]]; then
        $BUILD --profile "$PROFILE" --locked --bin kubectl-sched >&2
        built=${CARGO_TARGET_DIR:-target}
    else
        $BUILD --profile "$PROFILE" --locked --bin kubectl-sched --target "$target" >&2
        built=${CARGO_TARGET_DIR:-target}/$target
    fi
    built=$built/${PROFILE/#dev/debug}/$program
    staging=$(mktemp -d)
    cp "$built" LICENSE README.md "$staging/"
    # The command is called as the plugin is: krew turns dashes of a name into underscores.
    sed "s/kubectl sched /kubectl $NAME /" completions/kubectl_complete-sched >"$staging/kubectl_complete-${NAME//-/_}"
    chmod 755 "$staging/$program" "$staging"/kubectl_complete-*
    cp -r docs/man "$staging/man"
    # For `snapshot --html`, which looks for it beside the program; the same on all platforms.
    cp dist/kubectl-sched.html "$staging/"
    pack "$staging" "dist/kubectl-sched-$VERSION-$platform.tar.gz"
    rm -r "$staging"
}

HOST=$(rustc -vV | sed -n 's/^host: //p')
mkdir -p dist
[[ -f dist/kubectl-sched.html ]] || web/build.sh >&2
for target in "${@:-$HOST}"; do build "$target"; done
krew/manifest.sh
