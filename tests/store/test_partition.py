"""Monthly partitions: the same views, the same exactness, months made by migrate and dropped by
prune."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from store_servers import (
    STARTED,
    admin,
    expected_rows,
    make_results,
    target_of,
    visible_rows,
)

from simdrift.results.collection import Results
from simdrift.store.store import Store

PARTITIONS = """
select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'simdrift.metric_value'::regclass order by 1
"""


@pytest.fixture
def monthly(server, bare_database, tmp_path):
    """A store with rows from before it was partitioned."""
    with Store(target_of(server, bare_database), spool=tmp_path, deadline=5) as opened:
        opened.migrate()
        opened.write(make_results(days=40))
        opened.migrate(partition_by_month=True)
        yield opened


def ask(server, database, statement):
    with admin(server, database) as connection:
        return connection.execute(statement).fetchall()


def months(server, database):
    return [row[0] for row in ask(server, database, PARTITIONS)]


def test_rows_that_were_there_lie_in_their_months(monthly, server, bare_database):
    with admin(server, bare_database) as connection:
        assert visible_rows(connection) == expected_rows(make_results(days=40))
    names = months(server, bare_database)
    assert names[:2] == ["metric_value_2013_01", "metric_value_2013_02"]
    assert names[-1] == "metric_value_default"
    counts = [ask(server, bare_database, f"select count(*) from simdrift.{n}")[0][0] for n in names]
    # Windows end a day after they begin: 30 ends in January, 10 in February, 9 values each.
    assert counts[:2] == [270, 90]
    assert sum(counts) == 360


def test_the_same_rows_again_change_nothing(monthly, server, bare_database):
    before = ask(server, bare_database, "select ctid, * from simdrift.metric_value")
    assert monthly.write(make_results(days=40)).rows_written == 0
    assert ask(server, bare_database, "select ctid, * from simdrift.metric_value") == before
    assert monthly.verify() == ()


def test_a_newer_run_replaces_rows_across_months(monthly, server, bare_database):
    newer = make_results(days=40, seed=2, digest="e", started=STARTED + timedelta(hours=1))
    assert monthly.write(newer).rows_written == len(newer)
    with admin(server, bare_database) as connection:
        assert visible_rows(connection) == expected_rows(newer)


def test_rows_without_a_month_wait_in_the_default_one_until_migrate(monthly, server, bare_database):
    late = make_results(days=80, digest="f", started=STARTED + timedelta(hours=2))
    monthly.write(late)
    default = "select count(*) from simdrift.metric_value_default"
    assert ask(server, bare_database, default) == [(22 * 9,)]
    assert monthly.migrate().months == ("metric_value_2013_03",)
    assert ask(server, bare_database, default) == [(0,)]
    with admin(server, bare_database) as connection:
        assert visible_rows(connection) == expected_rows(late)
    assert monthly.migrate().months == ()


def test_months_lie_ready_for_the_next_windows(monthly, server, bare_database):
    names = months(server, bare_database)
    assert f"metric_value_{datetime.now(UTC):%Y_%m}" in names


def test_prune_drops_whole_months_and_counts_their_rows(monthly, server, bare_database):
    keep = datetime.now(UTC) - datetime(2013, 2, 5, 12, tzinfo=UTC)
    done = monthly.prune(keep)
    assert done.values == 270 + 5 * 9
    assert "metric_value_2013_01" not in months(server, bare_database)
    with admin(server, bare_database) as connection:
        assert len(visible_rows(connection)) == 5 * 9


def test_writer_and_reader_do_as_before(monthly, server, bare_database, tmp_path):
    writer = Store(target_of(server, bare_database, user="simdrift_writer"), spool=tmp_path / "w")
    results = make_results(days=2, model="other")
    assert writer.write(results).rows_written == len(results)
    writer.close()
    with target_of(server, bare_database, user="simdrift_reader").connect() as reader:
        shown = reader.execute("select count(*) from simdrift.dashboard_result").fetchone()
        wide = reader.execute(
            "select count(*) from simdrift.metric_wide(array['drift.ks'])"
        ).fetchone()
    assert shown == (378,)
    assert wide[0] > 0


def test_partitioning_twice_is_once(monthly, server, bare_database):
    before = months(server, bare_database)
    done = monthly.migrate(partition_by_month=True)
    assert (done.applied, done.months) == ((), ())
    assert months(server, bare_database) == before


OLDER = (  # what version 21 had in place of what came later
    "drop index simdrift.metric_value_alerts",
    "create index metric_value_by_alert on simdrift.metric_value (ts) where alert",
    "drop function simdrift.judge_runs cascade",
    "alter table simdrift.run drop column began_at, drop column errors",
    "update simdrift.run set status = 'finished'",
    "drop table simdrift.stream",
    "drop table simdrift.reason cascade",
    "delete from simdrift.migration where version > 21",
)


@pytest.mark.parametrize("partitioned", [False, True])
def test_an_older_store_is_brought_up_to_date_with_its_rows(
    server, bare_database, tmp_path, partitioned
):
    old = make_results(days=40, columns=4)
    results = make_results(days=40, digest="late", seed=2, started=STARTED + timedelta(days=1))
    with Store(target_of(server, bare_database), spool=tmp_path, deadline=5) as opened:
        opened.migrate(partition_by_month=partitioned)
        opened.write(old)
        opened.write(results)
        for statement in OLDER:
            with admin(server, bare_database) as connection:
                connection.execute(statement)
        assert opened.migrate().applied[0][:4] == "0022"
        assert opened.write(results).rows_written == 0
        assert opened.verify() == ()
    with admin(server, bare_database) as connection:
        without_reasons = Results(results.rows, results.runs)
        assert visible_rows(connection) == expected_rows(without_reasons)
        names = connection.execute(
            "select relname from pg_class where relname like 'metric_value%alert%'"
            " and relkind in ('i', 'I') and not relispartition"
        ).fetchall()
    assert names == [("metric_value_alerts",)]
