"""The sdist builds a wheel, the wheel installs and works, and holds what it must and no more."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
USE = """
import numpy as np, simdrift as sd
print(sd.__file__)
print(sd._core.two_sample(*2 * [sd._core.Column.from_numpy(np.arange(9.0))])["ks"])
"""


def run(*arguments: object, **options: object) -> str:
    done = subprocess.run(
        [str(a) for a in arguments], capture_output=True, text=True, timeout=900, check=False,
        **options,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    return done.stdout


def python_of(folder: Path) -> Path:
    run(sys.executable, "-m", "venv", folder)
    return folder / "bin" / "python"


def copy_of_the_sources(folder: Path) -> Path:
    """What git tracks, so that no build output of the checkout helps or harms."""
    listed = run("git", "ls-files", "-z", cwd=ROOT).split("\0")
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> tuple[Path, Path]:
    """The sdist, and the wheel that pip builds from it."""
    folder = tmp_path_factory.mktemp("dist")
    sources = copy_of_the_sources(folder / "sources")
    python = python_of(folder / "builder")
    run(python, "-m", "pip", "install", "-q", "build")
    run(python, "-m", "build", "--sdist", "--outdir", folder / "out", sources)
    [sdist] = (folder / "out").glob("*.tar.gz")
    run(python, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder / "out", sdist)
    [wheel] = (folder / "out").glob("*.whl")
    return sdist, wheel


def test_the_wheel_is_one_for_every_python_from_3_11_on(built):
    assert "-cp311-abi3-" in built[1].name


def test_the_wheel_holds_types_stub_migrations_and_templates(built):
    names = zipfile.ZipFile(built[1]).namelist()
    assert {"simdrift/py.typed", "simdrift/_core.pyi", "simdrift/_core.abi3.so"} <= set(names)
    tracked = run("git", "ls-files", "python/simdrift", cwd=ROOT).split()
    expected = {n.removeprefix("python/") for n in tracked if not n.endswith("README.md")}
    assert expected - set(names) == set()


def test_the_wheel_holds_no_sources_of_the_core(built):
    names = zipfile.ZipFile(built[1]).namelist()
    odd = [n for n in names if n.endswith((".c", ".h", ".cc", ".a", ".cmake", "CMakeLists.txt"))]
    assert odd == []
    assert {n.split("/")[0].split("-")[0] for n in names} == {"simdrift"}


def test_the_sdist_holds_everything_that_the_build_needs(built):
    with tarfile.open(built[0]) as archive:
        names = {n.split("/", 1)[1] for n in archive.getnames() if "/" in n}
    tracked = set(run("git", "ls-files", "csrc", "CMakeLists.txt", cwd=ROOT).split())
    assert tracked - names == set()
    assert not any(n.endswith((".so", ".o", ".pyc")) for n in names)


def test_the_wheel_installs_into_a_fresh_environment_and_works(built, tmp_path):
    python = python_of(tmp_path / "venv")
    run(python, "-m", "pip", "install", "-q", built[1])
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    where, answer = run(python, "-c", USE, cwd=tmp_path, env=environment).split()
    assert str(tmp_path) in where
    assert answer == "0.0"


def test_an_editable_install_follows_the_sources(tmp_path):
    sources = copy_of_the_sources(tmp_path / "sources")
    python = python_of(tmp_path / "venv")
    run(python, "-m", "pip", "install", "-q", "scikit-build-core>=1.0.3", "setuptools>=77",
        "numpy>=2", "cmake>=3.26", "ninja")  # fmt: skip
    run(python, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "-e", sources)
    where, answer = run(python, "-c", USE, cwd=tmp_path).split()
    assert Path(where) == sources / "python" / "simdrift" / "__init__.py"
    assert answer == "0.0"
