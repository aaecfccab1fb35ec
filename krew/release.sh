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

sum_of() { # sha256 of a file
    if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d' ' -f1
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

manifest() { # krew/sched.yaml with the name, the version and the sums
    local line archive="" left=() written
    written=$(sed -n 's/^  version: //p' krew/sched.yaml)
    while IFS= read -r line; do
        line=${line//"$written"/$VERSION}
        case $line in
            '#'*) continue ;;
            '  name: '*) line="  name: $NAME" ;;
            *'/store/sched/'*)
                line=${line//"/sched/"//$NAME/}
                line=${line//_complete-sched/_complete-${NAME//-/_}} ;;
            *'`kubectl sched`'*) line=${line//kubectl sched/kubectl $NAME} ;;
            *'uri: '*) archive=${line##*/} ;;
            *'sha256: '*)
                if [[ -f dist/$archive ]]; then
                    line="      sha256: $(sum_of "dist/$archive")"
                else
                    left+=("$archive")
                fi ;;
        esac
        printf '%s\n' "$line"
    done <krew/sched.yaml >"dist/$NAME.yaml"
    if ((${#left[@]})); then
        printf 'dist/%s.yaml is not complete, for want of: %s\n' "$NAME" "${left[*]}" >&2
    fi
}

HOST=$(rustc -vV | sed -n 's/^host: //p')
mkdir -p dist
[[ -f dist/kubectl-sched.html ]] || web/build.sh >&2
for target in "${@:-$HOST}"; do build "$target"; done
manifest
(cd dist && for archive in kubectl-sched-"$VERSION"-*.tar.gz; do printf '%s  %s\n' "$(sum_of "$archive")" "$archive"; done | tee sha256sums.txt)
