#!/usr/bin/env bash
# Resolves pyproject.toml into lock files that pip alone reproduces, with the hash of every file.
set -euo pipefail
options=(--quiet --generate-hashes --allow-unsafe --strip-extras --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --resolver=backtracking)
.venv/bin/python -m piptools compile "${options[@]}" --output-file requirements.lock pyproject.toml
.venv/bin/python -m piptools compile "${options[@]}" --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml
