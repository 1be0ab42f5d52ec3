#!/usr/bin/env bash
# Fetches the built OHIF viewer as it is published, for the tests that look through it: 48 MB from the npm registry, once.
# It is no dependency of anything; where the registry is out of reach those tests are skipped.
set -euo pipefail
version=3.12.0
digest=0fe4b23c43a15bb13e3fe65fcc53b50b79fcab04df2925c4c4d12dd833c1e501e82e34a75154ea104fb16965f607da79ddba097ca5843386f8488566cf4aa638 # SHA-512
folder="build/ohif/$version"
[ -e "$folder/index.html" ] && exit 0

mkdir -p build/ohif
fresh=$(mktemp -d build/ohif/.fetch.XXXXXX)
trap 'rm -rf "$fresh"' EXIT
echo "Fetching the OHIF viewer $version for the tests (once, 48 MB)"
if ! npm pack --silent --fetch-retries 1 --fetch-retry-mintimeout 1000 --fetch-retry-maxtimeout 2000 --pack-destination "$fresh" "@ohif/app@$version" >/dev/null 2>&1; then
    echo "The npm registry is out of reach: the tests with OHIF are skipped." >&2
    exit 0
fi
archive=$(ls "$fresh"/*.tgz)
if [ "$(sha512sum "$archive" | cut -d " " -f 1)" != "$digest" ]; then
    echo "What came from the npm registry is not OHIF $version as it was looked at; nothing of it is used." >&2
    exit 1
fi
# Source maps and the runtime of neural networks are two thirds of it, and no test needs them.
tar -xzf "$archive" -C "$fresh" --exclude='*.map' --exclude='package/dist/ort' package/dist
mv "$fresh/package/dist" "$folder"
