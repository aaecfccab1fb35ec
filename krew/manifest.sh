#!/usr/bin/env bash
# Fills krew/sched.yaml in under dist/: the name, the version, and the sum of each archive that lies there. Writes the sums
# down as well.
set -euo pipefail
cd "$(dirname "$0")/.."

NAME=${PLUGIN_NAME:-sched}
VERSION=v$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)

sum_of() { # sha256 of a file
    if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d' ' -f1
}

manifest() { # krew/sched.yaml with the name, the version and the sums
    local line archive="" left=() written
    written=$(sed -n 's/^  version: //p' krew/sched.yaml)
    while IFS= read -r line; do
        line=${line//"$written"/$VERSION}
        # shellcheck disable=SC2016 # The backquotes are the manifest's.
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
        printf 'dist/%s.yaml is not complete, without: %s\n' "$NAME" "${left[*]}" >&2
    fi
}

manifest
(cd dist && for archive in kubectl-sched-"$VERSION"-*.tar.gz; do printf '%s  %s\n' "$(sum_of "$archive")" "$archive"; done | tee sha256sums.txt)
