#!/usr/bin/env bash
# Every check that reads the code without running it.
set -uo pipefail
bin=.venv/bin
failed=()
check() {
    local name="$1"; shift
    local output
    if output=$("$@" 2>&1); then printf '  ok      %s\n' "$name"; else printf '  FAILED  %s\n%s\n' "$name" "$output"; failed+=("$name"); fi
}
export DJANGO_SETTINGS_MODULE=config.settings
MITATE_DATA_DIR=$(mktemp -d); export MITATE_DATA_DIR
trap 'rm -rf "$MITATE_DATA_DIR"' EXIT
check "ruff" $bin/ruff check --no-cache .
check "ruff format" $bin/ruff format --check .
check "mypy" $bin/mypy viewer annotation societies config reference_endpoint scripts manage.py
check "import-linter" $bin/lint-imports
check "djlint" $bin/djlint templates --lint
check "codespell" $bin/codespell README.md CHANGELOG.md docs viewer annotation societies config reference_endpoint static/js static/css templates tests scripts bench
check "tsc" npx --no-install tsc -p tsconfig.json
check "vendored files" node scripts/build_vendor.mjs --check
check "migrations" $bin/python manage.py makemigrations --check --dry-run
check "django" $bin/python manage.py check
check "openapi" $bin/python -m scripts.openapi --check
check "settings" $bin/python -m scripts.settings_doc --check
check "interchange" $bin/python -m scripts.interchange_doc --check
check "error codes" $bin/python -m scripts.errors_doc --check
if [ "${#failed[@]}" -gt 0 ]; then printf 'checks failed: %s\n' "${failed[*]}"; exit 1; fi
