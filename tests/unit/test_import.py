"""`import simdrift`: quick, and nothing else with it; public names come when asked for."""

import subprocess
import sys

import pytest

import simdrift as sd

LAZY = ("pandas", "polars", "pyarrow", "duckdb", "scipy", "pydantic", "psycopg", "jinja2", "click")
FIRST = ("numpy", *LAZY)


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, timeout=60, capture_output=True, text=True
    )
    return done.stdout


def test_importing_brings_nothing_and_a_metric_of_arrays_only_numpy_and_scipy():
    code = f"import sys, simdrift; print(sorted(sys.modules.keys() & set({FIRST!r})))"
    assert run(code) == "[]\n"
    used = code.replace("; print", "; simdrift.drift.ks([1.0], [2.0]); print")
    assert set(eval(run(used))) <= {"numpy", "scipy"}


def test_importing_brings_no_other_module_of_ours():
    code = (
        "import sys, simdrift; print(*sorted(m for m in sys.modules if m.startswith('simdrift')))"
    )
    assert run(code).split() == ["simdrift", "simdrift._errors", "simdrift._secrets"]


def test_scipy_comes_with_the_first_p_value_and_without_its_statistics():
    named = "import sys, simdrift as sd; sd.compare, sd.monitor, sd.evaluate, sd.performance; "
    assert run(named + "print('scipy' in sys.modules)") == "False\n"
    used = "sd.compare({'x': [1.0, 2.0, 4.0]}, {'x': [2.0, 3.0, 9.0]}); "
    assert run(named + used + "print('scipy.stats' in sys.modules)") == "False\n"


@pytest.mark.parametrize("name", sd.__all__)
def test_every_public_name_is_there(name):
    assert getattr(sd, name) is not None
    assert name in dir(sd)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'simdrift' has no attribute 'dirft'"):
        sd.dirft  # noqa: B018


def test_monitor_stays_a_function_when_its_package_is_imported():
    code = (
        "import simdrift as sd, simdrift.monitoring.windows, sys;"
        "assert not isinstance(sd.monitor, type(sys)) and callable(sd.monitor);"
        "from simdrift.monitoring import monitor; assert monitor is sd.monitor"
    )
    run(code)


def test_the_version_is_that_of_the_core():
    assert sd.__version__ == sd.show_config().version


def test_show_config_prints_isa_and_threads():
    text = str(sd.show_config())
    assert f"isa       {sd.show_config().isa}" in text
    assert f"threads   {sd.show_config().threads}" in text


def test_show_config_prints_how_the_core_was_built():
    lines = dict(line.split(maxsplit=1) for line in str(sd.show_config()).splitlines())
    assert lines["flags"] == "Release -O3 -ffp-contract=off"
    assert lines["compiler"].split()[-1][0].isdigit()


def test_the_number_of_threads_is_that_of_the_environment():
    code = "import simdrift; print(simdrift.show_config().threads)"
    found = subprocess.run(
        [sys.executable, "-c", code], check=True, timeout=60, capture_output=True, text=True,
        env={"SIMDRIFT_NUM_THREADS": "3", "PYTHONPATH": ":".join(filter(None, sys.path))},
    )  # fmt: skip
    assert found.stdout == "3\n"
