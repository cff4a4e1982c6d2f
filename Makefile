# The ways to work on the Label Printer Hub; the same at home and in CI.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help install browser proxies demo test tests coverage check bench soak screenshots format lock reference openapi wheel clean

BIN := .venv/bin

help:  ## lists these targets
	@sed -n 's/^\([a-z]*\): .*## \(.*\)/make \1\t\2/p' Makefile | expand -t 16

install:  ## sets up .venv as the lock files say, and the Debian packages it needs
	@bash scripts/install.sh

browser: install  ## sets up what the browser tests need, Debian's Chromium among it
	@bash scripts/browser.sh

demo: install  ## starts the hub with two virtual printers on http://127.0.0.1:8090
	@exec $(BIN)/labelhub serve --demo --data-dir demo-data

test: browser  ## everything CI runs: check and all tests, at the same time
	@$(MAKE) --no-print-directory -j 2 check tests

# Six at once on two cores: the tests wait more than they work. What pytest makes of the asserts is written down first,
# or each of the six does it for itself. Measuring coverage doubles the work. A test that hangs fails, and says where it was.
ALL := -m "not bench and not soak" --dist loadgroup --timeout 150

tests:
	@PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -q --collect-only >/dev/null || true
	$(BIN)/pytest -n 6 $(ALL)

coverage: browser  ## all tests, with what they cover
	@rm -f .coverage .coverage.*
	$(BIN)/pytest -n 4 $(ALL) --cov --cov-report=term

check: install  ## lint, format, types, import contracts, docs
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q -p no:cacheprovider tests/test_docs.py

bench: browser  ## measures
	$(BIN)/pytest -m bench -p no:xdist -q -s

soak: install  ## the long runs: full fuzz counts, kill tests, every page in a browser
	@bash scripts/browser.sh all
	@bash scripts/proxies.sh
	$(BIN)/pytest -m soak

screenshots: browser  ## makes pictures of every page in the folder screenshots
	PYTHONPATH=. $(BIN)/python scripts/screenshots.py

proxies: install  ## the hub behind a real Caddy and a real Traefik, as deploy/ sets them up
	@bash scripts/proxies.sh
	$(BIN)/pytest -q -m soak tests/test_proxies.py

format: install  ## writes the code as check wants it
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: install  ## pins the newest versions that pyproject.toml and package.json allow
	.uv/bin/uv pip compile --quiet --upgrade $(LOCK_OPTIONS) pyproject.toml -o requirements.lock
	.uv/bin/uv pip compile --quiet --upgrade $(LOCK_OPTIONS) --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	$(BIN)/python scripts/build_assets.py --lock

LOCK_OPTIONS := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

reference: install  ## writes the generated pages of docs/reference anew
	PYTHONPATH=. $(BIN)/python scripts/write_reference.py

openapi: install  ## prints the OpenAPI document
	@$(BIN)/labelhub openapi

wheel: install  ## builds dist/*.whl with every asset inside
	.uv/bin/uv build --quiet --wheel

clean:  ## takes away everything that was built, the demo's data too
	rm -rf .venv .uv .browser .proxies node_modules screenshots dist demo-data labelhub/web/vendor labelhub/labels/fonts
	rm -rf .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
