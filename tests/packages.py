"""What tests of packages share: copies of the sources, environments, and a release of both."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
MORNING = "1767225600"  # 2026-01-01: the time of every file in the archives of a test


class Release(NamedTuple):
    sdist: Path
    wheel: Path
    printed: str


def run(*arguments: object, **options: object) -> str:
    done = subprocess.run(
        [str(a) for a in arguments], capture_output=True, text=True, timeout=1800, check=False,
        **options,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    return done.stdout


def python_of(folder: Path, python: object = sys.executable) -> Path:
    run(python, "-m", "venv", folder)
    return folder / "bin" / "python"


def copy_of_the_sources(folder: Path) -> Path:
    """What git tracks, so that no build output of the checkout helps or harms."""
    listed = run("git", "ls-files", "-z", cwd=ROOT).split("\0")
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
            target.chmod((ROOT / name).stat().st_mode)
    return folder


def release_of(builder: Path, folder: Path) -> Release:
    sources = copy_of_the_sources(folder / "sources")
    environment = {**os.environ, "SOURCE_DATE_EPOCH": MORNING}
    printed = run(builder, ".ci/wheel.py", folder / "dist", cwd=sources, env=environment)
    [sdist], [wheel] = (list((folder / "dist").glob(p)) for p in ("*.tar.gz", "*.whl"))
    return Release(sdist, wheel, printed)
