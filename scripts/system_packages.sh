#!/usr/bin/env bash
# Installs what the tests need from Debian: a browser, a database, a message broker, Japanese letters, Node.
# Orthanc, dciodvfy and dsrdump are wanted, not needed: the tests with them are skipped where they cannot be installed.
set -euo pipefail
need=()
command -v chromium >/dev/null || need+=(chromium)
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || need+=(postgresql)
command -v redis-server >/dev/null || need+=(redis-server)
command -v node >/dev/null || need+=(nodejs npm)
command -v openssl >/dev/null || need+=(openssl)
fc-list 2>/dev/null | grep -i "CJK" >/dev/null || need+=(fonts-noto-cjk fontconfig)
wanted=()
[ -e /usr/sbin/Orthanc ] || wanted+=(orthanc)
[ -e /usr/share/orthanc/plugins/libOrthancDicomWeb.so ] || wanted+=(orthanc-dicomweb)
command -v dciodvfy >/dev/null || wanted+=(dicom3tools)
command -v dsrdump >/dev/null || wanted+=(dcmtk)
[ "${#need[@]}" = 0 ] && [ "${#wanted[@]}" = 0 ] && exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    if [ "${#need[@]}" = 0 ]; then
        echo "Not installed: ${wanted[*]}; the tests with them are skipped. As root: apt-get install --no-install-recommends ${wanted[*]}" >&2
        exit 0
    fi
    echo "The tests need packages that are not installed. As root, type:" >&2
    echo "    apt-get install ${need[*]}" >&2
    exit 1
fi
echo "Installing for the tests: ${need[*]} ${wanted[*]}"
export DEBIAN_FRONTEND=noninteractive
# Debian starts a service on installation; the tests start servers of their own, on loopback.
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d.mitate && chmod +x /usr/sbin/policy-rc.d.mitate
kept=""
[ -e /usr/sbin/policy-rc.d ] && kept=yes || mv /usr/sbin/policy-rc.d.mitate /usr/sbin/policy-rc.d
trap '[ -n "$kept" ] && rm -f /usr/sbin/policy-rc.d.mitate || rm -f /usr/sbin/policy-rc.d' EXIT
updated=""
apt-get update -qq && updated=yes
if [ "${#need[@]}" != 0 ] && ! { [ -n "$updated" ] && apt-get install -y -qq "${need[@]}" >/dev/null; }; then
    echo "Could not install: ${need[*]}. Is the network shut? Install them by hand, then type make test again." >&2
    exit 1
fi
if [ "${#wanted[@]}" != 0 ] && ! apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null; then
    echo "Could not install: ${wanted[*]}. The tests with them are skipped." >&2
fi
