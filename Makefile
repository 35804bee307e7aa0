# make demo   the main job on real data, into an embedded Postgres
# make test   everything: linters, C tests (plain, sanitized), Python tests, notebooks
# make help   the rest
#
# Needs Python >= 3.11, a C compiler and make; fetches everything else into .venv and build/
# (as root, what Debian packages are missing: .ci/system-deps says which and why).

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
VENV := .venv
BIN := $(VENV)/bin
# The compiled package: everything that goes into the wheel.
SOURCES := pyproject.toml setup.py CMakeLists.txt $(shell find csrc python -type f \
	! -name '*.so' ! -path '*/__pycache__/*' ! -path '*.egg-info/*' 2>/dev/null)

.PHONY: help demo test lint format test-c test-sanitize test-tsan fuzz fuzz-short test-python test-slow test-integrations test-peers screenshots bench bench-peers bench-core clean
.DEFAULT_GOAL := help

help:
	@sed -n '1,/^$$/s/^# \{0,1\}//p' Makefile
	@echo "make lint | format         ruff, mypy --strict, clang-format (check | rewrite)"
	@echo "make test-c                the C core alone: build/ and CTest, no Python"
	@echo "make test-sanitize         the same under ASan + UBSan: build/sanitize"
	@echo "make test-tsan             the C tests under ThreadSanitizer, where clang and libomp are"
	@echo "make fuzz-short            tests/fuzz for some seconds each; make fuzz FUZZ_SECONDS=3600: for long"
	@echo "make test-python           pytest on the installed wheel"
	@echo "make test-slow             the long versions: faults, packaging, big inputs"
	@echo "make test-integrations     Prefect and Airflow, each in an environment of its own"
	@echo "make test-peers            convention='evidently' against Evidently, in an environment of its own"
	@echo "make bench-peers           sd.compare against Evidently and NannyML (some five minutes)"
	@echo "make screenshots           the README's pictures of the dashboards"
	@echo "make bench | bench-core    the tables of the README | Google Benchmark on the core"
	@echo "make clean                 removes build/ and .venv/"

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "simdrift needs Python >= 3.11 on PATH; found: $$(python3 --version 2>&1)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
		test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update -qq && \
		apt-get install -y -qq python3-venv && $(PYTHON) -m venv --clear $(VENV); } || { \
		rm -rf $(VENV); echo "$(PYTHON) has no venv: install python3-venv, or name another: make PYTHON=..." >&2; exit 1; }
	@$(BIN)/pip install --quiet --upgrade pip

# pip install, with what CMake needs: a compiler, and Python's headers where Debian keeps them apart.
INSTALL = command -v "$${CC:-cc}" >/dev/null || { \
		echo "simdrift needs a C compiler; found no $${CC:-cc} on PATH: install gcc or clang, or set CC" >&2; exit 1; }; \
	headers=$$(.ci/python-headers $(BIN)/python build/deps) && CMAKE_ARGS="$$CMAKE_ARGS $$headers" $(BIN)/pip

$(VENV)/demo.stamp: $(SOURCES) | $(BIN)/python
	@echo "building simdrift into $(VENV), with what the demo needs: about a minute"
	@$(INSTALL) install --quiet '.[demo]'
	@touch $@

$(VENV)/test.stamp: $(SOURCES) | $(BIN)/python
	@echo "building simdrift into $(VENV), with what the tests need: a minute or two"
	@$(INSTALL) install --quiet '.[test,lint]' cmake ninja
	@touch $@ $(VENV)/demo.stamp

build/deps.stamp: .ci/system-deps
	.ci/system-deps build/deps
	@mkdir -p build && touch $@

demo: $(VENV)/demo.stamp
	$(BIN)/simdrift demo

test: lint test-c test-sanitize fuzz-short test-python

lint: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	git ls-files '*.c' '*.h' '*.cc' | xargs $(BIN)/clang-format --dry-run -Werror

format: $(VENV)/test.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	git ls-files '*.c' '*.h' '*.cc' | xargs $(BIN)/clang-format -i

CONFIGURE = PATH="$(CURDIR)/$(BIN):$$PATH" cmake -G Ninja -S . -DSIMDRIFT_DEPS=$(CURDIR)/build/deps -DSIMDRIFT_WERROR=ON
BUILD = PATH="$(CURDIR)/$(BIN):$$PATH" cmake --build
CTEST = PATH="$(CURDIR)/$(BIN):$$PATH" ctest --output-on-failure --timeout 300 --test-dir

test-c: $(VENV)/test.stamp build/deps.stamp
	$(CONFIGURE) -B build/core -DCMAKE_BUILD_TYPE=Release
	$(BUILD) build/core -j $(JOBS)
	$(CTEST) build/core

test-sanitize: $(VENV)/test.stamp build/deps.stamp
	$(CONFIGURE) -B build/sanitize -DCMAKE_BUILD_TYPE=RelWithDebInfo -DSIMDRIFT_SANITIZE=ON -DSIMDRIFT_BENCHES=OFF
	$(BUILD) build/sanitize -j $(JOBS)
	$(CTEST) build/sanitize

test-tsan: $(VENV)/test.stamp build/deps.stamp
	PATH="$(CURDIR)/$(BIN):$$PATH" .ci/test-tsan

# One target alone: make fuzz FUZZ_TARGETS=fuzz_arrow
FUZZ_SECONDS ?= 600
fuzz: $(VENV)/test.stamp build/deps.stamp
	PATH="$(CURDIR)/$(BIN):$$PATH" .ci/fuzz $(FUZZ_SECONDS) $(FUZZ_TARGETS)

fuzz-short: $(VENV)/test.stamp build/deps.stamp
	PATH="$(CURDIR)/$(BIN):$$PATH" .ci/fuzz 5

test-python: $(VENV)/test.stamp build/deps.stamp
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile

test-slow: $(VENV)/test.stamp build/deps.stamp
	$(BIN)/python -m pytest -m slow

# Prefect and Airflow pin what they need so tightly that each has an environment of its own. The
# wheel is built once.
build/wheel.stamp: $(SOURCES) | $(BIN)/python
	@rm -rf build/wheel; $(INSTALL) wheel --quiet --no-deps --wheel-dir build/wheel .
	@touch $@

.venv-%/test.stamp: build/wheel.stamp .ci/%.txt
	$(PYTHON) -m venv .venv-$*
	.venv-$*/bin/pip install --quiet --upgrade pip
	.venv-$*/bin/pip install --quiet -r .ci/$*.txt build/wheel/*.whl
	.venv-$*/bin/pip install --quiet --force-reinstall --no-deps build/wheel/*.whl
	@touch $@

test-integrations: .venv-prefect/test.stamp .venv-airflow/test.stamp .venv-airflow2/test.stamp
	.venv-prefect/bin/python -m pytest tests/integrations/test_work.py tests/integrations/test_prefect.py
	.venv-airflow/bin/python -m pytest tests/integrations/test_airflow.py
	.venv-airflow2/bin/python -m pytest tests/integrations/test_airflow.py

test-peers: .venv-peers/test.stamp
	.venv-peers/bin/python -m pytest tests/peers

.venv-nannyml/bench.stamp: .ci/nannyml.txt
	$(PYTHON) -m venv .venv-nannyml
	.venv-nannyml/bin/pip install --quiet --upgrade pip
	.venv-nannyml/bin/pip install --quiet -r .ci/nannyml.txt
	@touch $@

bench-peers: $(VENV)/test.stamp .venv-peers/test.stamp .venv-nannyml/bench.stamp
	$(BIN)/python benches/bench_peers.py --evidently .venv-peers/bin/python --nannyml .venv-nannyml/bin/python

# The README's pictures of the dashboards, by the test that looks at them in a browser.
screenshots: $(VENV)/test.stamp build/deps.stamp
	SIMDRIFT_SCREENSHOTS=1 $(BIN)/python -m pytest tests/dashboards/test_page.py -k browser

bench: $(VENV)/test.stamp
	$(BIN)/python benches/run.py

bench-core: $(VENV)/test.stamp build/deps.stamp
	$(CONFIGURE) -B build/core -DCMAKE_BUILD_TYPE=Release
	$(BUILD) build/core -j $(JOBS) --target simdrift_bench
	build/core/benches/core/simdrift_bench

clean:
	rm -rf build $(VENV) .venv-*
