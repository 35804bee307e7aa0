"""The floors of the C core: an include points at its own floor or at one below.

include/simdrift < core < views < kernels < metrics. The extension, pyext, stands on the public
headers alone, and these include none but public ones.
"""

import re
from pathlib import Path

import pytest

CSRC = Path(__file__).parents[2] / "csrc"
BELOW = {
    "simdrift": {"simdrift"},
    "core": {"simdrift", "core"},
    "views": {"simdrift", "core", "views"},
    "kernels": {"simdrift", "core", "views", "kernels"},
    "metrics": {"simdrift", "core", "views", "kernels", "metrics"},
    "pyext": {"simdrift", "pyext"},
}
# What no floor below the metrics may read of the public API: the headers of the metrics.
METRIC_HEADERS = {"categories", "drift", "performance", "quality", "sort", "table", "weighted"}
GENERATED = {"families.h"}


def _floor(path: Path) -> str:
    parts = path.relative_to(CSRC).parts
    return "simdrift" if parts[0] == "include" else parts[0]


def _includes() -> list[tuple[Path, str]]:
    files = sorted(path for path in CSRC.rglob("*") if path.suffix in {".c", ".h"})
    return [
        (path, name)
        for path in files
        for name in re.findall(r'^#include "([^"]+)"', path.read_text(), re.MULTILINE)
        if name not in GENERATED
    ]


def test_every_include_names_a_file_from_the_root_of_csrc():
    roots = (CSRC, CSRC / "include")
    missing = [
        f"{path.relative_to(CSRC)} includes {name}"
        for path, name in _includes()
        if not any((root / name).is_file() for root in roots)
    ]
    assert missing == []


@pytest.mark.parametrize("floor", BELOW)
def test_a_floor_includes_nothing_above_it(floor):
    own = [(path, name) for path, name in _includes() if _floor(path) == floor]
    assert own != []
    upwards = [
        f"{path.relative_to(CSRC)} includes {name}"
        for path, name in own
        if name.split("/")[0] not in BELOW[floor]
    ]
    assert upwards == []


@pytest.mark.parametrize("floor", ["core", "views", "kernels"])
def test_nothing_below_the_metrics_reads_a_header_of_theirs(floor):
    read = [
        f"{path.relative_to(CSRC)} includes {name}"
        for path, name in _includes()
        if _floor(path) == floor
        and name.startswith("simdrift/")
        and Path(name).stem in METRIC_HEADERS
    ]
    assert read == []


def test_every_folder_of_metrics_but_the_common_one_has_its_public_header():
    folders = {path.name for path in (CSRC / "metrics").iterdir() if path.is_dir()}
    headers = {path.stem for path in (CSRC / "include" / "simdrift").glob("*.h")}
    assert folders - {"common"} - headers == set()
