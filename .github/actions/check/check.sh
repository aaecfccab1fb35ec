#!/usr/bin/env bash
# Asks once for the answer as JSON, and once for each form of it. The status is that of the answer: the steps behind this
# one write the comment first, and fail then.
set -euo pipefail
report=${REPORT_DIR:-${RUNNER_TEMP:-.}/kubectl-sched-check}
mkdir -p "$report"
arguments=(-R -f "$MANIFESTS")
if [[ -n ${BASE:-} ]]; then arguments+=(--base "$BASE"); fi
# One state for all forms: a cluster would have moved on in between.
if [[ -z ${SNAPSHOT:-} ]]; then
    SNAPSHOT=$report/state.ksnap
    kubectl sched snapshot -f "$SNAPSHOT" || { echo "status=2" >>"${GITHUB_OUTPUT:-/dev/null}"; exit 0; }
fi
arguments+=(--snapshot "$SNAPSHOT")
# Words, as they are typed on a command line.
read -r -a more <<<"${ARGUMENTS:-}"
arguments+=(${more[@]+"${more[@]}"})
status=0
kubectl sched check "${arguments[@]}" -o json >"$report/check.json" || status=$?
if [[ $status != 2 ]]; then
    kubectl sched check "${arguments[@]}" -o markdown >"$report/comment.md" 2>/dev/null || true
    kubectl sched check "${arguments[@]}" -o junit >"$report/junit.xml" 2>/dev/null || true
    kubectl sched check "${arguments[@]}" -o github 2>/dev/null || true
    cat "$report/comment.md" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
    echo "report=$report" >>"${GITHUB_OUTPUT:-/dev/null}"
fi
echo "status=$status" >>"${GITHUB_OUTPUT:-/dev/null}"
