#!/usr/bin/env bash
# Makes the environment in which programs of others read our exports, once for each list of them: about a minute.
# It is no dependency of anything; where the package index is out of reach the tests with it are skipped.
set -euo pipefail
list=scripts/judges.txt
digest=$(sha256sum "$list" scripts/judges.sh | sha256sum | cut -c 1-16)
folder="build/judges/$digest"
[ -e "$folder/.ready" ] && exit 0

mkdir -p build/judges
rm -rf "$folder"
echo "Installing the judges of the exports (once, about a minute)"
# large_image: only its schema of annotations is read, its server (Girder) is not needed
if "${PYTHON:-.venv/bin/python}" -m venv "$folder" \
    && "$folder/bin/python" -m pip install --quiet --disable-pip-version-check -r "$list" >"$folder/install.log" 2>&1 \
    && "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps girder-large-image-annotation==1.35.6 >>"$folder/install.log" 2>&1; then
    touch "$folder/.ready"
else
    echo "The judges of the exports could not be installed (see $folder/install.log): the tests with them are skipped." >&2
fi
