"""Exceptions of a timer or another thread that fall into the reading of a sound file: passed on,
and the file is neither called odd nor set aside."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from store_servers import make_results

import simdrift as sd
from simdrift.store import Store, StoreError
from simdrift.store import spool as spooling
from simdrift.store.encode import batch_from_results
from simdrift.store.spool import CorruptSpool, Spool

PACKAGE = str(Path(sd.__file__).parent)
KINDS = (TimeoutError, OSError, ValueError, RuntimeError, KeyError)
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
DEAD = "postgresql://nobody@127.0.0.1:9/none"  # nothing listens there (RFC 863's discard)


def raised_at(line: int, kind: type[Exception], work: Callable[[], Any]) -> Exception | None:
    """What comes out of `work()` when `kind` is raised at the package's line of this number, of
    all that run; None where it is over before. What comes out in vain is an AssertionError."""
    left = line

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        left -= event == "line"
        if left == 0 and event == "line":
            sys.settrace(None)
            raise kind("of a timer")
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    except Exception as error:
        return error
    finally:
        sys.settrace(before)
    if left > 0:
        return None
    raise AssertionError(f"{kind.__name__} at line {line} was swallowed")


def check_every_line(work: Callable[[], Any], step: int) -> None:
    """The exception may become the ValueError of a decoder on its way, but not the file's fault."""
    for number, line in enumerate(range(1, 1_000_000, step)):
        error = raised_at(line, KINDS[number % len(KINDS)], work)
        if error is None:
            break
        assert not isinstance(error, CorruptSpool), (line, error)
        assert "its checksum matches" not in str(error), (line, error)
        assert "cannot be read" not in str(error), (line, error)
    assert number > 20


def test_reading_a_spool_file_passes_it_on(tmp_path):
    with Spool(tmp_path).kept(batch_from_results(make_results(days=2, columns=2)), "here") as path:
        pass
    check_every_line(lambda: spooling.read(path), step=1)


def test_a_flush_passes_it_on_and_leaves_the_file_where_it_is(tmp_path):
    store = Store(DEAD, spool=tmp_path, deadline=0.0)
    with store.spool.kept(batch_from_results(make_results()), store.target.label) as path:
        pass
    for line in range(1, 120, 3):
        with pytest.raises((TimeoutError, StoreError)):
            raise raised_at(line, TimeoutError, store.flush) or TimeoutError
        assert [left.name for left in tmp_path.iterdir()] == [path.name]


def test_loading_a_reference_passes_it_on(tmp_path):
    sd.Reference.fit({"x": [1.0, 2.0, 3.0], "c": ["a", "b", "a"]}).save(tmp_path / "r")
    check_every_line(lambda: sd.Reference.load(tmp_path / "r"), step=23)
