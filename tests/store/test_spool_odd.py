"""Spool files whose checksum is sound and whose content is odd: set aside, and the rest goes on."""

import hashlib
import json
import os
import random
import socket

import pytest
from store_servers import expected_rows, make_results, visible_rows

from simdrift import _errors
from simdrift.store import spool as spooling
from simdrift.store.encode import batch_from_results
from simdrift.store.spool import CorruptSpool, Spool


def sealed(content):
    """A spool file of any content, with the checksum that it needs."""
    head = f"simdrift-spool 1 {hashlib.sha256(content).hexdigest()} {len(content)}\n"
    return head.encode() + content


def left(spool, target="here", results=None):
    """A good file, and its content after the head."""
    results = results or make_results(days=2, columns=2)
    with spool.kept(batch_from_results(results), target) as path:
        pass
    return path, path.read_bytes().partition(b"\n")[2]


def changed(content, part, change):
    """The content with its envelope or its batch's JSON changed."""
    lines = content.split(b"\n", 2)
    place = {"envelope": 0, "batch": 1}[part]
    found = json.loads(lines[place])
    change(found)
    lines[place] = json.dumps(found).encode()
    return b"\n".join(lines)


def set_run(name, value):
    """Puts a value into a field of the first run."""
    from simdrift.store.batch import StoredRun

    def change(listed):
        listed["runs"][0][StoredRun._fields.index(name)] = value

    return change


ODD = {
    "brackets": lambda c: c.split(b"\n")[0] + b"\n" + b"[" * 100_000,
    "no batch": lambda c: c.split(b"\n")[0] + b"\n",
    "nothing": lambda c: b"",
    "a list for an envelope": lambda c: b"[]\n" + c.split(b"\n", 1)[1],
    "a number for a target": lambda c: changed(c, "envelope", lambda e: e.update(target=7)),
    "no time": lambda c: changed(c, "envelope", lambda e: e.update(written_at="yesterday")),
    "a time without zone": lambda c: changed(
        c, "envelope", lambda e: e.update(written_at="2026-01-01T00:00:00")
    ),
    "no uptime": lambda c: changed(c, "envelope", lambda e: e.update(uptime="long")),
    "an endless uptime": lambda c: changed(c, "envelope", lambda e: e.update(uptime=float("inf"))),
    "an uptime of ages": lambda c: changed(c, "envelope", lambda e: e.update(uptime=1e300)),
    "a negative uptime": lambda c: changed(c, "envelope", lambda e: e.update(uptime=-1.0)),
    "a time at the end of all dates": lambda c: changed(
        c, "envelope", lambda e: e.update(written_at="9999-12-31T23:59:59+00:00", boot="")
    ),
    "a run of another shape": lambda c: changed(c, "batch", lambda b: b["runs"][0].append(1)),
    "a run that is no uuid": lambda c: changed(c, "batch", set_run("run_id", "x")),
    "a run twice": lambda c: changed(c, "batch", lambda b: b["runs"].__setitem__(1, b["runs"][0])),
    "a text for a count": lambda c: changed(c, "batch", set_run("rows", "many")),
    "a count beyond bigint": lambda c: changed(c, "batch", set_run("rows", 2**70)),
    "a negative count": lambda c: changed(c, "batch", set_run("results", -1)),
    "a window that is no time": lambda c: changed(c, "batch", set_run("window_end", "9" * 5000)),
    "a NUL": lambda c: changed(c, "batch", set_run("dataset", "a\0b")),
    "half a pair": lambda c: changed(c, "batch", set_run("dataset", "\ud800")),
    "a null": lambda c: changed(c, "batch", set_run("dataset", None)),
    "a series twice": lambda c: changed(
        c, "batch", lambda b: b["series"].__setitem__(1, b["series"][0])
    ),
    "no series": lambda c: changed(c, "batch", lambda b: b["series"].clear()),
    "no statuses": lambda c: changed(c, "batch", lambda b: b["statuses"].clear()),
    "no runs": lambda c: changed(c, "batch", lambda b: b["runs"].clear()),
    "a histogram of no run": lambda c: changed(
        c, "batch", lambda b: b["histograms"][0].__setitem__(0, 10**30)
    ),
    "a histogram of true": lambda c: changed(
        c, "batch", lambda b: b["histograms"][0].__setitem__(0, True)
    ),
    "a histogram twice": lambda c: changed(
        c, "batch", lambda b: b["histograms"].append(b["histograms"][0])
    ),
    "a histogram of nulls": lambda c: changed(
        c, "batch", lambda b: b["histograms"].__setitem__(0, [0, 0, None, None, None, None])
    ),
    "a reason of no run": lambda c: changed(
        c, "batch", lambda b: b["reasons"][0].__setitem__(0, 10**30)
    ),
    "a reason twice": lambda c: changed(c, "batch", lambda b: b["reasons"].append(b["reasons"][0])),
    "a reason of null": lambda c: changed(
        c, "batch", lambda b: b["reasons"][0].__setitem__(2, None)
    ),
    "a value of no run": lambda c: c[: -len(record())] + record(run_no=99),
    "a value of a negative series": lambda c: c[: -len(record())] + record(series_no=-1),
    "a value twice": lambda c: c + c[-len(record()) :],
    "half a value": lambda c: c[:-3],
}


def record(**fields):
    import numpy as np

    from simdrift.store.batch import RECORD

    one = np.zeros(1, RECORD)
    for name, value in fields.items():
        one[name] = value
    return one.tobytes()


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_a_sealed_file_of_odd_content_is_refused_by_name(tmp_path, odd):
    path, content = left(Spool(tmp_path))
    assert spooling.read(path).target == "here"
    path.write_bytes(sealed(odd(content)))
    with pytest.raises(CorruptSpool, match=path.name) as raised:
        spooling.read(path)
    assert isinstance(raised.value, _errors.InputError)
    assert len(str(raised.value)) < 500


def test_odd_files_do_not_stop_those_behind_them(store, sql):
    label = store.target.label
    for odd in ODD.values():
        path, content = left(store.spool, label)
        path.write_bytes(sealed(odd(content)))
    good = make_results(monitor="good")
    left(store.spool, label, good)
    done = store.flush()
    assert (len(done.set_aside), done.refused, done.batches) == (len(ODD), (), 1)
    assert visible_rows(sql.connection) == expected_rows(good)
    assert store.spool.pending() == []


def make_fifo(path):
    os.mkfifo(path)


def make_socket(path):
    here = os.open(path.parent, os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind(f"/proc/self/fd/{here}/{path.name}")
    finally:
        os.close(here)


def make_link_to_itself(path):
    path.symlink_to(path)


def make_folder(path):
    (path / "inside").mkdir(parents=True)


@pytest.mark.parametrize("make", [make_fifo, make_socket, make_link_to_itself, make_folder])
def test_what_is_no_file_is_set_aside_without_waiting_for_it(store, sql, make):
    store.spool.folder.mkdir()
    path = store.spool.folder / f"0-1-2{spooling.SUFFIX}"
    make(path)
    good = make_results(monitor="good")
    left(store.spool, store.target.label, good)
    done = store.flush()
    assert done.set_aside == (path.with_name(path.name + ".corrupt"),)
    assert done.batches == 1
    assert store.spool.pending() == []


def mutant(rng, content):
    """Odd content of a few changed, lost or added bytes, or of tokens that decoders dislike."""
    made = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 5))):
        at = rng.randrange(len(made))
        how = rng.randrange(5)
        if how == 0:
            made[at] = rng.randrange(256)
        elif how == 1:
            del made[at : at + rng.choice((1, 8, 100))]
        elif how == 2:
            made[at:at] = rng.choice(
                (b"[", b'"', b"\n", b"\\u0000", b"1e999", b"NaN", b"-", b"\x00")
            )
        elif how == 3:
            made[at : at + 1] = rng.choice((b"null", b"{}", b"9" * 5000, b"[" * 5000, b"true"))
        else:
            made[at:at] = made[at : at + rng.choice((1, 40, 1000))]
    return bytes(made)


@pytest.mark.parametrize("count", [400, pytest.param(10_000, marks=pytest.mark.slow)])
def test_no_mutant_stops_a_flush(store, sql, count):
    """The decoder refuses it, or the server takes or refuses it as data."""
    print("seed", count)
    rng = random.Random(count)
    label = store.target.label
    path, content = left(store.spool, label)
    refused = 0
    for number in range(count):
        path.write_bytes(sealed(mutant(rng, content)))
        try:
            found = spooling.read(path)
        except CorruptSpool as error:
            refused += path.name in str(error)
            continue
        if found.target == label and number % 5 == 0:  # a fifth of the rest as far as the server
            path.rename(path.with_name(f"{number:020d}{spooling.SUFFIX}"))
            left(store.spool, label, make_results(days=1, columns=1, monitor="behind"))
            store.flush()
            assert store.spool.pending() == []
    assert 0 < refused < count
