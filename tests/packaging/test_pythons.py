"""The released wheel and the sdist on every Python from 3.11 that the machine has, beside another
OpenMP runtime in the same process: scikit-learn's own libgomp, and Intel's where there is one."""

import os
import platform
import shutil
import subprocess
from pathlib import Path

import pytest
from packages import python_of, run

pytestmark = pytest.mark.slow

MINORS = range(11, 20)
USE = """
import numpy as np, simdrift as sd

random = np.random.default_rng(20130208)
x, y = random.normal(size=300_000), random.normal(0.02, 1.0, size=300_000)

def rows(threads):
    found = sd.compare({"x": x}, {"x": y}, threads=threads).results
    return [(r["metric"], r["value"]) for r in found.to_dict()["rows"]]

alone = rows(1)
assert len(alone) >= 3 and dict(alone)["drift.wasserstein_normed"] > 0.0, alone
assert rows(4) == alone
"""
BESIDE_SCIKIT_LEARN = """
from sklearn.ensemble import HistGradientBoostingRegressor

model = HistGradientBoostingRegressor(max_iter=3).fit(x[:50_000, None], y[:50_000])
assert rows(4) == alone
assert np.isfinite(model.predict(x[:9, None])).all()
mapped = {line.split()[-1] for line in open("/proc/self/maps") if "libgomp" in line}
assert sum("simdrift.libs" in path for path in mapped) == 1, mapped
assert len(mapped) == 2, mapped
"""
# libiomp5 also has the entry points of libgomp: loaded for all, it may take our calls.
INTEL = """
import ctypes, sys
from pathlib import Path

[intel] = Path(sys.prefix).glob("lib/libiomp5.so")
intel = ctypes.CDLL(str(intel), mode=ctypes.RTLD_GLOBAL)

def team():
    calls = []
    body = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda _: calls.append(1))
    intel.GOMP_parallel(body, None, 3, 0)
    return len(calls)

assert team() == 3
"""
AFTER_INTEL = "assert rows(4) == alone\nassert team() == 3\n"


def pythons() -> list[str]:
    """One Python of each minor version from 3.11 on: of PATH, or of pyenv."""
    found = {}
    for minor in MINORS:
        versions = Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python3")
        for python in (shutil.which(f"python3.{minor}"), *map(str, versions)):
            if python and works(python, minor):
                found.setdefault(minor, python)
    return list(found.values())


def works(python: str, minor: int) -> bool:
    """A shim on PATH may name a version that is not the chosen one."""
    code = "import sys, venv, ensurepip; print(sys.version_info[1])"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False,
                          timeout=60)  # fmt: skip
    return done.stdout.strip() == str(minor)


@pytest.fixture(scope="module", params=pythons())
def python(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def installed(python, release, tmp_path_factory) -> Path:
    """An environment with the wheel, scikit-learn, and Intel's OpenMP where it exists."""
    inside = python_of(tmp_path_factory.mktemp("python") / "venv", python)
    more = ["intel-openmp"] if platform.machine() == "x86_64" else []
    run(inside, "-m", "pip", "install", "-q", release.wheel, "scikit-learn", *more)
    return inside


def use(python: Path, code: str, folder: Path) -> None:
    environment = {
        k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "OMP_NUM_THREADS")
    }
    run(python, "-c", code, cwd=folder, env=environment)


def test_the_wheel_compares_a_frame_on_threads(installed, tmp_path):
    use(installed, USE, tmp_path)


@pytest.mark.parametrize("code", [USE + BESIDE_SCIKIT_LEARN, "import sklearn.ensemble\n" + USE
                                  + BESIDE_SCIKIT_LEARN], ids=["before", "after"])  # fmt: skip
def test_the_wheel_works_beside_the_libgomp_of_scikit_learn(installed, code, tmp_path):
    use(installed, code, tmp_path)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="Intel's OpenMP is for x86-64")
@pytest.mark.parametrize("code", [INTEL + USE + AFTER_INTEL, USE + INTEL + AFTER_INTEL],
                         ids=["before", "after"])  # fmt: skip
def test_the_wheel_works_beside_the_openmp_of_intel(installed, code, tmp_path):
    use(installed, code, tmp_path)


def test_the_sdist_builds_and_works(python, release, tmp_path):
    code = "import sysconfig; print(sysconfig.get_path('include'))"
    if not Path(run(python, "-c", code).strip(), "Python.h").is_file():
        pytest.skip(f"{python} has no Python.h")
    inside = python_of(tmp_path / "venv", python)
    run(inside, "-m", "pip", "install", "-q", release.sdist)
    use(inside, USE, tmp_path)
