#!/usr/bin/env bash
# Makes the virtual environment; on a bare Debian the venv module is a package of its own.
set -euo pipefail
venv="$1"
python="${PYTHON:-python3}"

say() { printf '%s\n' "$*" >&2; }

if ! command -v "$python" >/dev/null; then
    say "Python is missing. Install it with:  apt-get install python3 python3-venv"
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    say "Python 3.11 or newer is needed, this is $("$python" --version). Name another one with:  make PYTHON=python3.11 run"
    exit 1
fi
if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "Installing python3-venv"
        apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null
    else
        say "The venv module is missing. As root, type:  apt-get install python3-venv"
        exit 1
    fi
fi
"$python" -m venv "$venv"
