# One command for each thing a person does here. `make demo` and `make test` do all of their set-up.
.DEFAULT_GOAL := help
.PHONY: help demo demo-live demo-kind demo-snapshot pictures test check format lint types floors lock bench bench-page reports corpus prometheus helm manifests \
  clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

help:  ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

$(VENV)/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "mesh-probe needs Python 3.11 or later; try: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) \
	  || { echo "Python's venv module is missing; on Debian: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(VENV)/installed  ## Report on a made-up shop; no cluster needed
	@$(BIN)/mesh-probe demo

demo-live: $(VENV)/installed prometheus  ## Run the example shop here and report on it; STORIES="cycle slow-hop", or all; SAVE=FILE
	@$(BIN)/python -m tests.example_shop $(STORIES) $(if $(SAVE),--save $(SAVE))

demo-kind: $(VENV)/installed  ## Run the example shop on a kind cluster and report on it; OPTIONS="--with-istio", see examples/kind
	@examples/kind/demo.sh $(OPTIONS)

demo-snapshot: $(VENV)/installed prometheus  ## Make the bundled example again from fixtures/demo-shop
	$(BIN)/python -m tests.demo

pictures: $(VENV)/installed  ## Make the pictures of docs/walkthrough.md again
	$(BIN)/python -m tests.walkthrough

test: $(VENV)/installed prometheus  ## Pass the tests; installs the stores they need on Debian
	$(BIN)/pytest

check: $(VENV)/installed prometheus lint types floors  ## Everything that must hold: format, lint, types, floors, tests
	$(BIN)/pytest

format: $(VENV)/installed  ## Put the code into form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(VENV)/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/installed
	$(BIN)/mypy

floors: $(VENV)/installed
	$(BIN)/lint-imports

prometheus:
	@for program in prometheus promtool prometheus-pushgateway victoria-metrics chromium psql redis-server shellcheck; do \
	  command -v $$program >/dev/null && continue; \
	  command -v apt-get >/dev/null \
	    || { echo "The tests need $$program on PATH"; exit 1; }; \
	  sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	  $$sudo apt-get update -qq \
	    && $$sudo apt-get install -y -qq --no-install-recommends \
	      prometheus prometheus-pushgateway victoria-metrics chromium postgresql redis-server shellcheck \
	      >/dev/null \
	    || exit 1; \
	done

helm: $(VENV)/installed  ## Fetch helm for the tests of the chart, which are skipped without it
	@command -v helm >/dev/null || test -x $(BIN)/helm || $(BIN)/python -m tests.get_helm $(BIN)

manifests: $(VENV)/installed  ## Write the rights that the kinds need into the manifests and the chart
	$(BIN)/python -m tests.rights

corpus: $(VENV)/installed  ## Compare the graph of applications in ../shared/corpus with their known calls
	@$(BIN)/python -m benchmarks.corpus

bench: $(VENV)/installed  ## Measure a scan beside a plain fetch and the client's typed lists
	$(BIN)/python -m benchmarks

bench-page: $(VENV)/installed prometheus  ## Measure the HTML report in Chromium
	$(BIN)/python -m benchmarks.page

reports: $(VENV)/installed prometheus  ## Make examples/reports again from the bundled example
	$(BIN)/python -m tests.formats.html.examples

lock:  ## Renew requirements.lock; needs uv
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --extra dev --extra s3 \
	  --no-emit-index-url --quiet --upgrade pyproject.toml -o requirements.lock

clean:  ## Remove what was installed and cached here
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
