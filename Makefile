# Two commands do all on a fresh machine: `make run` and `make test`. The rest serves those who work on Mitate.
SHELL := /bin/bash
VENV := .venv
PY := $(VENV)/bin/python
PORT ?= 8000
ENDPOINT_PORT ?= 8500
ROOMS := viewer annotation societies config
CATALOGUES := $(wildcard locale/*/ja/LC_MESSAGES/*.po)
COMPILED := $(CATALOGUES:.po=.mo)

.PHONY: run test lint types unit browser images postgres catalogs lock doctor bench clean vendor-check

run: $(VENV)/.installed catalogs  ## install what is missing, then serve with demo data on 127.0.0.1:$(PORT)
	@MITATE_MODEL_HOSTS="$${MITATE_MODEL_HOSTS:-127.0.0.1:$(ENDPOINT_PORT)}" exec $(PY) manage.py serve --demo --port $(PORT) --endpoint-port $(ENDPOINT_PORT)

test: $(VENV)/.installed-dev catalogs node_modules/.installed  ## install what tests need, then run every check and test
	@scripts/run_tests.sh

$(VENV)/bin/python:
	@scripts/make_venv.sh $(VENV)

$(VENV)/.installed: requirements.lock | $(VENV)/bin/python
	@echo "Installing Python packages (once; about a minute)"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock | $(VENV)/bin/python
	@echo "Installing Python packages for the tests (once)"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@ $(VENV)/.installed

node_modules/.installed: package-lock.json
	@scripts/system_packages.sh
	@echo "Installing Node packages for the checks (once)"
	@npm ci --no-audit --no-fund --silent
	@touch $@

catalogs: $(COMPILED)

%.mo: %.po | $(VENV)/bin/python
	@$(PY) -m scripts.compile_catalogue $< $@

lint: $(VENV)/.installed-dev node_modules/.installed  ## style, layers, templates, spelling
	@scripts/lint.sh

unit: $(VENV)/.installed-dev catalogs
	@$(PY) -m pytest tests -m "not browser" -q

browser: $(VENV)/.installed-dev catalogs
	@$(PY) -m pytest tests/browser -q

images: $(VENV)/.installed-dev catalogs  ## take the pictures of the README anew
	@MITATE_UPDATE_IMAGES=1 $(PY) -m pytest tests/browser/test_societies.py -q

postgres: $(VENV)/.installed-dev catalogs
	@scripts/with_postgres.sh $(PY) -m pytest tests -m postgres -q

lock: $(VENV)/.installed-dev  ## resolve the dependencies anew and write both lock files
	@scripts/lock.sh

doctor: $(VENV)/.installed  ## say whether this site is fit to work
	@$(PY) manage.py doctor

bench: $(VENV)/.installed-dev node_modules/.installed catalogs
	@$(PY) -m bench

vendor-check: node_modules/.installed
	@node scripts/build_vendor.mjs --check

clean:
	rm -rf $(VENV) node_modules build staticfiles
