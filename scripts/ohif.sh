#!/usr/bin/env bash
# Fetches the built OHIF viewer as it is published, for the tests that look through it: 48 MB from the npm registry, once.
# It is no dependency of anything; where the registry is out of reach those tests are skipped.
set -euo pipefail
version=3.12.0
integrity="sha512-D+SyPEOhW7E+P+ZfzFO1C3n8qwTfKSXExNEt2DPB5QHoLjSnUVTqEE+xaWX2B9p53boJfKWEM4b4SIVmz0qmOA=="
folder="build/ohif/$version"
[ -e "$folder/index.html" ] && exit 0

mkdir -p build/ohif
fresh=$(mktemp -d build/ohif/.fetch.XXXXXX)
trap 'rm -rf "$fresh"' EXIT
echo "Fetching the OHIF viewer $version for the tests (once, 48 MB)"
if ! npm pack --silent --pack-destination "$fresh" "@ohif/app@$version" >/dev/null 2>&1; then
    echo "The npm registry is out of reach: the tests with OHIF are skipped." >&2
    exit 0
fi
archive=$(ls "$fresh"/*.tgz)
if [ "sha512-$(openssl dgst -sha512 -binary "$archive" | base64 -w 0)" != "$integrity" ]; then
    echo "What came from the npm registry is not OHIF $version as it was looked at; nothing of it is used." >&2
    exit 1
fi
# Source maps and the runtime of neural networks are two thirds of it, and no test needs them.
tar -xzf "$archive" -C "$fresh" --exclude='*.map' --exclude='package/dist/ort' package/dist
mv "$fresh/package/dist" "$folder"
