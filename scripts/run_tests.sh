#!/usr/bin/env bash
# Everything that must hold, in the order in which it is cheap to find out.
set -uo pipefail
bin=.venv/bin
scripts/system_packages.sh || exit 1
scripts/ohif.sh || exit 1
failed=()
part() {
    local name="$1"; shift
    local began=$SECONDS
    printf '\n== %s\n' "$name"
    "$@" || failed+=("$name")
    printf '== %s: %s s\n' "$name" "$((SECONDS - began))"
}
part "checks" scripts/lint.sh
part "JavaScript" node --test tests/js/
part "Python on SQLite" $bin/python -m pytest tests -m "not browser" -n 2 --dist loadfile -q
part "data layer on PostgreSQL" scripts/with_postgres.sh $bin/python -m pytest tests -m postgres -n 2 --dist loadfile -q
part "browser" $bin/python -m pytest tests/browser -n 2 --dist loadfile -q
printf '\n'
if [ "${#failed[@]}" -gt 0 ]; then printf 'FAILED: %s\n' "$(IFS=,; echo "${failed[*]}")"; exit 1; fi
echo "Everything passed."
