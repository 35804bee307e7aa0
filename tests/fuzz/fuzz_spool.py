"""Spool files with a sound checksum and odd content: CorruptSpool that names the file, or a batch
that can be copied to a server and spooled again as the same.

An input is what follows a file's first line: whatever the fuzzer makes is sealed before it is
read. What a server says of such a batch, tests/store/test_spool_odd.py asks one.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import atheris
import numpy as np

with atheris.instrument_imports(include=["simdrift.store"]):
    from simdrift.store import spool as spooling
    from simdrift.store import write
    from simdrift.store.batch import RECORD
    from simdrift.store.copying import histograms_text, runs_text, values_binary
    from simdrift.store.encode import batch_from_results
    from simdrift.store.spool import CorruptSpool, Spool, Spooled
    from simdrift.store.stamp import times_by_server

from mutation import change, run

sys.path.append(str(Path(__file__).parents[1] / "store"))
from store_servers import make_results

SERVER = datetime(2026, 11, 30, tzinfo=UTC)


def sealed(content: bytes) -> bytes:
    head = f"simdrift-spool 1 {hashlib.sha256(content).hexdigest()} {len(content)}\n"
    return head.encode() + content


def seeds() -> Iterator[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        for days, columns in ((1, 1), (2, 2)):
            batch = batch_from_results(make_results(days=days, columns=columns))
            with Spool(Path(folder)).kept(batch, "somewhere") as path:
                yield path.read_bytes().partition(b"\n")[2]


def mutated(data: bytes, draw: random.Random) -> bytes:
    """A change of the envelope, of the batch's JSON or of a field of a record."""
    envelope, listed, records = data.split(b"\n", 2)
    what = draw.randrange(8)
    if what == 0:
        envelope = json.dumps(change(json.loads(envelope), draw)).encode()
    elif what < 6:
        listed = json.dumps(change(json.loads(listed), draw)).encode()
    else:
        values = np.frombuffer(records, RECORD).copy()
        row, name = draw.randrange(len(values)), draw.choice(RECORD.names)
        if what == 7:
            values = np.insert(values, row, values[draw.randrange(len(values))])
        values[name][row] = draw.choice((-1, 0, 1, 2, 127, 3000))
        records = values.tobytes()
    return b"\n".join((envelope, listed, records))


def check(data: bytes, path: Path) -> None:
    path.write_bytes(sealed(data))
    try:
        found = spooling.read(path)
    except CorruptSpool as error:
        if str(error).startswith(f"{path.name}: "):
            return
        raise
    copy(found)
    with Spool(path.parent).kept(found.batch, found.target, found.stamp) as again:
        same = spooling.read(again)
        again.unlink()
    assert same.target == found.target
    assert same.stamp == found.stamp
    assert same.batch.to_bytes() == found.batch.to_bytes()


def copy(found: Spooled) -> None:
    """What `write` makes of a batch before the server sees any of it."""
    clock, runs = found.stamp.clock_now(), found.batch.runs
    times = [datetime.fromisoformat(run.started_at) for run in runs]
    began = times_by_server(times, clock, SERVER, found.stamp.clock_now())
    batch = replace(found.batch, began=tuple(time.isoformat() for time in began))
    ids = np.arange(len(batch.series), dtype=np.int32)
    for part in (batch, batch.only(range(1, len(runs))), batch.only(())):
        for pieces in (values_binary(part, ids), histograms_text(part, ids), runs_text(part)):
            assert all(isinstance(piece, bytes) for piece in pieces)
    for one in runs:
        write.window_name(one).encode()


if __name__ == "__main__":
    run("spool", check, mutated, seeds)
