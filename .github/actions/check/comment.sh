#!/usr/bin/env bash
# Writes the comment, in the place of the one that the last run wrote: it is known by its first line.
set -euo pipefail
mark=$(head -n 1 "$REPORT/comment.md")
of_issue=repos/$GITHUB_REPOSITORY/issues
last=$(gh api --paginate "$of_issue/$PULL_REQUEST/comments" --jq ".[] | select(.body | startswith(\"$mark\")) | .id" | tail -n 1)
# The token of a pull request from a fork may read only: the check has its status all the same.
cannot() { echo "::warning title=kubectl sched check::the comment could not be written: it requires the permission pull-requests: write"; exit 0; }
if [[ -n $last ]]; then
    gh api --method PATCH "$of_issue/comments/$last" --field "body=@$REPORT/comment.md" --silent || cannot
else
    gh api --method POST "$of_issue/$PULL_REQUEST/comments" --field "body=@$REPORT/comment.md" --silent || cannot
fi
