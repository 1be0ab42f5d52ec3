#!/usr/bin/env bash
# Everything that must hold, in the order in which it is cheap to find out. How and why: docs/testing.md.
set -uo pipefail
bin=.venv/bin
scripts/system_packages.sh || exit 1
scripts/ohif.sh || exit 1
scripts/judges.sh || exit 1
failed=()
unsteady=()
at_most=10 # more than that is no hiccup, and would take as long again
caches=$(mktemp -d)
trap 'rm -rf "$caches"' EXIT
# Two runs on one commit take the tests in one order, the next commit in another.
commit=$(git rev-parse HEAD 2>/dev/null || echo 0000001)
order="--randomly-seed=$((16#${commit:0:7}))"
part() {
    local name="$1"; shift
    local began=$SECONDS
    printf '\n== %s\n' "$name"
    "$@" || failed+=("$name")
    printf '== %s: %s s\n' "$name" "$((SECONDS - began))"
}
# The tests that pytest holds for failed; it takes out those that passed in the meantime.
held_for_failed() { $bin/python -c 'import json, sys; print(*json.load(open(sys.argv[1])), sep="\n")' "$1/v/cache/lastfailed" | grep .; }
# Run pytest by a command. What failed is run once more by itself; what then passes is told at the end of everything.
tests() {
    local cache names code=0
    cache=$(mktemp -d -p "$caches")
    "$@" -q "$order" -o "cache_dir=$cache" -n 2 --dist worksteal || code=$?
    [ "$code" = 1 ] || return "$code" # 0 is well; all but 1 is no failed test but pytest itself that came to grief
    mapfile -t names < <(held_for_failed "$cache")
    if [ "${#names[@]}" = 0 ] || [ "${#names[@]}" -gt "$at_most" ]; then return 1; fi
    printf '== once more, by itself: %s\n' "${names[*]}"
    "$@" -q "$order" -o "cache_dir=$cache" --last-failed --last-failed-no-failures none || return 1
    if held_for_failed "$cache"; then return 1; fi # one that cannot be found again has not passed
    unsteady+=("${names[@]}")
}
part "checks" scripts/lint.sh
part "JavaScript" node --test tests/js/
part "Python on SQLite" tests $bin/python -m pytest tests -m "not browser"
part "data layer on PostgreSQL" tests scripts/with_postgres.sh $bin/python -m pytest tests -m postgres
part "browser" tests $bin/python -m pytest tests/browser
printf '\n'
if [ "${#unsteady[@]}" -gt 0 ]; then
    printf '!! Unsteady: failed once, passed alone: %s\n' "${unsteady[@]}"
    printf '!! Such a test is wrong, or what it tests is: find out which.\n\n'
fi
if [ "${#failed[@]}" -gt 0 ]; then printf 'FAILED: %s\n' "$(IFS=,; echo "${failed[*]}")"; exit 1; fi
echo "Everything passed."
