"""`.ci/python-headers`: what `make demo` does where Python's headers are not installed. What it
fetches as root or as another user is not fetched here."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / ".ci" / "python-headers"
NO_HEADERS = """#!/bin/sh
case "$2" in *version_info*) echo 3.99 ;; *) echo /nowhere ;; esac
"""


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A Python without headers, on a system without apt-get."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "sh", "mkdir", "id"):
        (tools / name).symlink_to(shutil.which(name))
    python = tools / "python"
    python.write_text(NO_HEADERS)
    python.chmod(0o755)
    return python


def run(python: object, folder: Path, path: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [shutil.which("bash"), SCRIPT, python, folder], env={**os.environ, "PATH": path},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.skipif(
    not Path(sysconfig.get_path("include"), "Python.h").is_file(), reason="no Python.h"
)
def test_where_there_are_headers_nothing_is_done(tmp_path):
    done = run(sys.executable, tmp_path / "deps", os.environ["PATH"])
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list((tmp_path / "deps").iterdir()) == []


def test_headers_that_were_unpacked_are_told_to_cmake(bare, tmp_path):
    include = tmp_path / "deps" / "usr" / "include"
    (include / "python3.99").mkdir(parents=True)
    (include / "python3.99" / "Python.h").write_text("")
    done = run(bare, tmp_path / "deps", str(bare.parent))
    assert done.returncode == 0
    assert done.stdout == (
        f"-DPython_INCLUDE_DIR={include / 'python3.99'} -DCMAKE_C_FLAGS=-I{include}\n"
    )


def test_headers_that_can_not_be_had_are_asked_for(bare, tmp_path):
    done = run(bare, tmp_path / "deps", str(bare.parent))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "python-headers: expected /nowhere/Python.h, found none: install Python's headers "
        "(Debian: libpython3.99-dev; Fedora: python3-devel), or use a Python that has them "
        "(make PYTHON=...)\n"
    )
