"""The spool: on disk before a server sees it, gone when the server has confirmed it."""

import json
import os
import stat

import pytest
from store_servers import DAY, STARTED, expected_rows, make_results, target_of, visible_rows

from simdrift import _errors
from simdrift.store import spool as spooling
from simdrift.store.dsn import parse
from simdrift.store.encode import batch_from_results
from simdrift.store.spool import CorruptSpool, Spool
from simdrift.store.store import Store

NOWHERE = "postgresql://anna:se%40cret@127.0.0.1:1/metrics"


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path / "spool")


def leave(spool, results, target="here"):
    """A batch that a writer left behind."""
    with spool.kept(batch_from_results(results), target) as path:
        return path


def test_a_spool_file_gives_the_batch_back(spool):
    batch = batch_from_results(make_results())
    path = leave(spool, make_results(), "here")
    found = spooling.read(path)
    assert found.target == "here"
    assert found.batch.runs == batch.runs
    assert found.batch.series == batch.series
    assert found.batch.histograms == batch.histograms
    assert found.batch.values.tobytes() == batch.values.tobytes()


def test_only_the_owner_reads_the_spool(spool):
    path = leave(spool, make_results())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_an_unreachable_server_leaves_the_results_in_the_spool_and_says_where(tmp_path):
    store = Store(NOWHERE, spool=tmp_path, deadline=0)
    with pytest.raises(_errors.StoreUnreachable) as raised:
        store.write(make_results())
    (path,) = store.spool.pending()
    assert str(path) in str(raised.value)
    assert "simdrift flush" in str(raised.value)


def test_the_password_is_in_no_message_and_not_in_the_spool(tmp_path):
    store = Store(NOWHERE, spool=tmp_path, deadline=0)
    with pytest.raises(_errors.StoreUnreachable) as raised:
        store.write(make_results())
    (path,) = store.spool.pending()
    shown = f"{raised.value!r} {store!r} {store.target!r} {path.read_bytes()!r}"
    for secret in ("se@cret", "se%40cret", "anna"):
        assert secret not in shown


def test_flush_writes_what_waits(store, sql):
    first, second = make_results(days=1), make_results(days=3)
    leave(store.spool, first, store.target.label)
    leave(store.spool, second, store.target.label)
    done = store.flush()
    assert (done.batches, done.rows_written, done.runs_written) == (2, 27, 3)
    assert visible_rows(sql.connection) == expected_rows(second)
    assert store.spool.pending() == []
    assert store.flush() == (0, 0, 0, (), (), (), ())


def test_flush_keeps_the_start_of_a_run_from_when_it_ran(store, sql):
    old = make_results(columns=3)
    new = make_results(columns=2, digest="late", seed=2, started=STARTED + DAY)
    leave(store.spool, old, store.target.label)
    store.write(new)
    store.flush()
    assert visible_rows(sql.connection) == expected_rows(new)
    assert sql("select distinct started_at from simdrift.run order by 1") == [
        (STARTED,),
        (STARTED + DAY,),
    ]


def damaged(content, how):
    if how == "cut off":
        return content[:-7]
    if how == "empty":
        return b""
    if how == "one bit":
        return content[:-7] + bytes([content[-7] ^ 1]) + content[-6:]
    if how == "another program's":
        return b"PK\x03\x04" + content
    return content.replace(b"simdrift-spool 1", b"simdrift-spool 9", 1)


@pytest.mark.parametrize("how", ["cut off", "empty", "one bit", "another program's", "version"])
def test_a_damaged_file_is_set_aside_and_the_rest_goes_on(store, sql, how):
    path = leave(store.spool, make_results(days=1), store.target.label)
    path.write_bytes(damaged(path.read_bytes(), how))
    with pytest.raises(CorruptSpool, match=path.name):
        spooling.read(path)
    rest = make_results(days=2, monitor="rest")
    leave(store.spool, rest, store.target.label)
    done = store.flush()
    assert done.batches == 1
    assert done.set_aside == (path.with_name(path.name + ".corrupt"),)
    assert done.set_aside[0].exists()
    assert visible_rows(sql.connection) == expected_rows(rest)
    assert store.flush().set_aside == ()


def test_a_batch_for_another_store_stays_unless_adopted(store, sql):
    results = make_results()
    path = leave(store.spool, results, "host=other port=5432 dbname=metrics")
    assert store.flush().elsewhere == (path,)
    assert path.exists()
    assert visible_rows(sql.connection) == set()
    assert store.flush(adopt=True).batches == 1
    assert visible_rows(sql.connection) == expected_rows(results)


def test_what_the_server_refuses_is_set_aside_and_the_rest_goes_on(store, sql):
    sql("alter table simdrift.run add constraint small check (rows < 1000)")
    try:
        path = leave(store.spool, make_results(rows=2000), store.target.label)
        leave(store.spool, make_results(digest="ok"), store.target.label)
        done = store.flush()
    finally:
        sql("alter table simdrift.run drop constraint small")
    assert done.refused == (path.with_name(path.name + ".refused"),)
    assert done.batches == 1


def test_a_file_that_a_writer_is_working_on_is_left_to_it(store):
    with store.spool.kept(batch_from_results(make_results()), store.target.label) as path:
        assert store.flush().batches == 0
        assert path.exists()
    assert store.flush().batches == 1


def test_what_a_killed_writer_had_not_finished_is_cleared(store):
    store.spool.folder.mkdir()
    part = store.spool.folder / "1-2-3.part"
    part.write_bytes(b"simdrift-spool 1")
    store.flush()
    assert not part.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="/proc/nowhere cannot be made, by root neither")
def test_a_write_goes_on_where_the_spool_cannot_be_written(server, database, sql):
    with Store(target_of(server, database), spool="/proc/nowhere") as store:
        assert store.write(make_results()).rows_written == 18


def test_neither_server_nor_spool_says_that_nothing_is_stored():
    store = Store(NOWHERE, spool="/proc/nowhere", deadline=0)
    with pytest.raises(_errors.StoreUnreachable, match="spool could not be written"):
        store.write(make_results())


def test_the_spools_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.delenv("SIMDRIFT_SPOOL", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert spooling.default_folder() == tmp_path / "state" / "simdrift" / "spool"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert spooling.default_folder() == tmp_path / ".local/state/simdrift/spool"
    monkeypatch.setenv("SIMDRIFT_SPOOL", str(tmp_path / "own"))
    assert spooling.default_folder() == tmp_path / "own"


def test_the_head_of_a_spool_file_is_readable(spool):
    path = leave(spool, make_results(), "host=db port=5432 dbname=metrics")
    head, envelope, batch = path.read_bytes().split(b"\n", 3)[:3]
    assert head.startswith(b"simdrift-spool 1 ")
    assert json.loads(envelope)["target"] == "host=db port=5432 dbname=metrics"
    assert len(json.loads(batch)["runs"]) == 2


def test_labels_of_targets_tell_databases_apart():
    labels = {
        parse(dsn, "argument").label
        for dsn in (
            "postgresql://u@localhost/a",
            "postgresql://u@localhost/b",
            "postgresql://u@localhost:5433/a",
            "postgresql://u@elsewhere/a",
        )
    }
    assert len(labels) == 4
