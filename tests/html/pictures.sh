#!/usr/bin/env bash
# Draws the pictures in docs from pages of `-o html`, with $1 (target/debug/kubectl-sched) and a headless Chromium.
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=${1:-target/debug/kubectl-sched}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# picture NAME WIDTH,HEIGHT ARGUMENTS...
picture() {
    "$binary" "${@:3}" -o html > "$folder/page.html"
    "${CHROMIUM:-chromium}" --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size="$2" \
        --screenshot="$PWD/docs/$1.png" "file://$folder/page.html" 2> /dev/null
}

picture explain-html 1100,2330 explain trainer-1 -n ml --snapshot examples/clusters/gpu.yaml
picture strategies 1300,672 simulate -f examples/pods/app.yaml --replicas 8 \
    --compare default,random,least-load,best-fit,first-fit,weighted-least-load \
    --weight-label example.com/weight --price-label example.com/price --snapshot examples/clusters/prices.yaml
