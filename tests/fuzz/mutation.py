"""What the Python targets share: mutations of JSON by structure, and how a target is run."""

from __future__ import annotations

import hashlib
import json
import random
import struct
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import atheris

ODD: tuple[Any, ...] = (
    None, True, False, -1, 0, 1, 7, 2**31, 2**63 - 1, 2**63, 10**30, 0.5, -0.0, 1e308,
    float("inf"), float("nan"), "", "x", "0", "\0", "\ud800", "\U0001f600", "a" * 300, "[", "{}",
    "[1, 2]", "null", "NaN", "{1,NULL}", [], [[]], [1], {}, {"a": 1},
    "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2013-02-08T00:00:00",
    "00000000-0000-0000-0000-000000000000", "numeric", "categorical", "float", "text", "us",
)  # fmt: skip


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container of a document with every key of it."""
    if not isinstance(value, dict | list):
        return []
    items = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    found = [(value, key) for key, _ in items]
    for _, item in items:
        found += places(item)
    return found


def change(document: Any, draw: random.Random) -> Any:
    """A document with one place changed, added or gone; texts that hold JSON are opened."""
    listed = places(document)
    if not listed:
        return draw.choice(ODD)
    container, key = draw.choice(listed)
    value, how = container[key], draw.randrange(8)
    if isinstance(value, str) and value[:1] in ("{", "[") and how < 6:
        container[key] = _inside(value, draw)
    elif how == 0:
        del container[key]
    elif how == 1 and isinstance(container, list):
        container.insert(draw.randrange(len(container) + 1), value)
    elif how in (2, 3):
        other, place = draw.choice(listed)
        container[key] = json.loads(json.dumps(other[place]))
    elif how in (4, 5) and isinstance(value, int | float):
        container[key] = draw.choice((value + 1, value - 1, -value, value * 2, value / 2))
    else:
        container[key] = draw.choice(ODD)
    return document


def _inside(text: str, draw: random.Random) -> str:
    try:
        return json.dumps(change(json.loads(text), draw))
    except (ValueError, RecursionError):
        return text[: draw.randrange(len(text))]


def run(
    name: str,
    check: Callable[[bytes, Path], None],
    mutated: Callable[[bytes, random.Random], bytes],
    seeds: Callable[[], Iterable[bytes]],
) -> None:
    """Runs a target as libFuzzer does, by the options of the command line.

    `check` raises where an input breaks a promise; `seeds` are written into the first folder
    named, so that a corpus never lacks files of today's format.
    """
    folders = [Path(word) for word in sys.argv[1:] if not word.startswith("-")]
    if folders and folders[0].is_dir():
        for seed in seeds():
            (folders[0] / hashlib.sha1(seed).hexdigest()).write_bytes(seed)

    def custom(data: bytes, size: int, seed: int) -> bytes:
        draw = random.Random(seed)
        if draw.random() < 0.25:
            return bytes(atheris.Mutate(data, size))
        try:
            made = mutated(data, draw)
        except (ValueError, TypeError, LookupError, OverflowError, RecursionError, struct.error):
            made = data  # what libFuzzer itself has made no sense of: its own mutations go on
        return made if made != data and len(made) <= size else bytes(atheris.Mutate(data, size))

    with tempfile.TemporaryDirectory(prefix=f"simdrift-{name}-") as folder:
        path = Path(folder) / name
        atheris.Setup(
            sys.argv, lambda data: check(data, path), custom_mutator=custom,
            internal_libfuzzer=True,
        )  # fmt: skip
        atheris.Fuzz()
