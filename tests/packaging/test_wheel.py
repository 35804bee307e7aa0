"""The sdist builds a wheel, the wheel installs and works, and holds what it must and no more."""

import base64
import csv
import hashlib
import os
import re
import tarfile
import zipfile
from pathlib import Path

import pytest
from packages import ROOT, copy_of_the_sources, python_of, run

pytestmark = pytest.mark.slow

USE = """
import numpy as np, simdrift as sd
print(sd.__file__)
print(sd._core.two_sample(*2 * [sd._core.Column.from_numpy(np.arange(9.0))])["ks"])
"""


def test_the_wheel_is_one_for_every_python_from_3_11_on(release):
    assert "-cp311-abi3-" in release.wheel.name


def test_the_wheel_holds_types_stub_migrations_and_templates(release):
    names = zipfile.ZipFile(release.wheel).namelist()
    assert {"simdrift/py.typed", "simdrift/_core.pyi", "simdrift/_core.abi3.so"} <= set(names)
    tracked = run("git", "ls-files", "python/simdrift", cwd=ROOT).split()
    expected = {n.removeprefix("python/") for n in tracked if not n.endswith("README.md")}
    assert expected - set(names) == set()


def test_the_wheel_holds_no_sources_of_the_core(release):
    names = zipfile.ZipFile(release.wheel).namelist()
    odd = [n for n in names if n.endswith((".c", ".h", ".cc", ".a", ".cmake", "CMakeLists.txt"))]
    assert odd == []
    assert {n.split("/")[0].split("-")[0] for n in names} == {"simdrift", "simdrift.libs"}


def test_the_wheel_brings_its_own_libgomp_and_names_the_glibc_it_needs(release):
    names = zipfile.ZipFile(release.wheel).namelist()
    [libgomp] = [n for n in names if n.startswith("simdrift.libs/")]
    assert libgomp.startswith("simdrift.libs/libgomp-")
    glibc = re.search(r"-manylinux_2_(\d+)_", release.wheel.name).group(1)
    assert f"oldest glibc that this machine's tools reach: 2.{glibc} " in release.printed


def test_two_builds_in_two_folders_are_equal_byte_for_byte(release, second_release):
    assert release.sdist.name == second_release.sdist.name
    assert release.wheel.name == second_release.wheel.name
    assert release.sdist.read_bytes() == second_release.sdist.read_bytes()
    assert release.wheel.read_bytes() == second_release.wheel.read_bytes()


def test_no_file_of_the_wheel_names_the_folder_it_was_built_in(release):
    archive = zipfile.ZipFile(release.wheel)
    built_in = (b"/sources/csrc", b"/unpacked/", str(release.wheel.parents[1]).encode())
    named = [n for n in archive.namelist() for f in built_in if f in archive.read(n)]
    assert named == []


def test_the_record_of_the_wheel_has_every_member_with_its_hash(release):
    archive = zipfile.ZipFile(release.wheel)
    [record] = [n for n in archive.namelist() if n.endswith(".dist-info/RECORD")]
    rows = {r[0]: r[1:] for r in csv.reader(archive.read(record).decode().splitlines())}
    assert rows.keys() == set(archive.namelist())
    for name in rows.keys() - {record}:
        digest = base64.urlsafe_b64encode(hashlib.sha256(archive.read(name)).digest())
        assert rows[name][0] == "sha256=" + digest.decode().rstrip("=")


def test_the_sdist_holds_everything_that_the_build_needs(release):
    with tarfile.open(release.sdist) as archive:
        names = {n.split("/", 1)[1] for n in archive.getnames() if "/" in n}
    tracked = set(run("git", "ls-files", "csrc", "CMakeLists.txt", cwd=ROOT).split())
    assert tracked - names == set()
    assert not any(n.endswith((".so", ".o", ".pyc")) for n in names)


def test_the_wheel_installs_into_a_fresh_environment_and_works(release, tmp_path):
    python = python_of(tmp_path / "venv")
    run(python, "-m", "pip", "install", "-q", release.wheel)
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
