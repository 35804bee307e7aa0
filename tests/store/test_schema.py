"""`migrate`: once, twice, by eight at once, by somebody who may not do everything."""

from types import SimpleNamespace

import psycopg
import pytest
from store_servers import (
    DAY,
    STARTED,
    admin,
    binaries,
    expected_rows,
    in_processes,
    let_in,
    make_results,
    make_row,
    make_run,
    server_folder,
    target_of,
    visible_rows,
)

from simdrift import _errors
from simdrift.results.collection import Results
from simdrift.store import migrate as migrating
from simdrift.store.embedded import EmbeddedServer
from simdrift.store.locks import lock_streams
from simdrift.store.store import Store

OBJECTS = """
select c.relkind::text, c.relname from pg_class c
where c.relnamespace = 'simdrift'::regnamespace and c.relkind in ('r', 'v')
order by 1, 2
"""


@pytest.fixture
def bare_store(server, bare_database, tmp_path):
    with Store(target_of(server, bare_database), spool=tmp_path, deadline=5) as opened:
        yield opened


def test_migrate_makes_everything_in_its_schema(bare_store, server, bare_database):
    done = bare_store.migrate()
    assert done.version == migrating.latest_version()
    assert done.for_admin == ()
    tables = (
        "bench_result event histogram metric_value migration reason run series stream"
        " dashboard_bench dashboard_event dashboard_histogram dashboard_result dashboard_run"
        " dashboard_series"
    )
    with admin(server, bare_database) as connection:
        found = connection.execute(OBJECTS).fetchall()
        assert [name for _, name in found] == tables.split()
        elsewhere = connection.execute(
            "select count(*) from pg_class where relnamespace = 'public'::regnamespace"
        ).fetchone()
        assert elsewhere == (0,)
        kind = connection.execute(
            "select amname from pg_index i join pg_class c on c.oid = i.indexrelid"
            " join pg_am a on a.oid = c.relam where c.relname = 'metric_value_by_time'"
        ).fetchone()
        assert kind == ("brin",)


def test_migrate_twice_applies_nothing(bare_store):
    first = bare_store.migrate()
    assert bare_store.migrate() == first._replace(applied=())


def test_eight_migrations_at_once_apply_each_file_once(server, bare_database, tmp_path):
    target = target_of(server, bare_database)

    def work(_):
        with Store(target, spool=tmp_path) as store:
            return len(store.migrate().applied)

    assert sorted(in_processes(8, work)) == [0] * 7 + [len(migrating.sql_files("0"))]


def test_an_edited_migration_is_refused_by_name(bare_store, server, bare_database):
    bare_store.migrate()
    with admin(server, bare_database) as connection:
        connection.execute("update simdrift.migration set checksum = 'x' where version = 4")
    with pytest.raises(_errors.StoreError, match=r"0004-run\.sql .* never edited"):
        bare_store.migrate()


def test_a_schema_newer_than_the_library_asks_for_an_upgrade(bare_store, server, bare_database):
    bare_store.migrate()
    with admin(server, bare_database) as connection:
        connection.execute("insert into simdrift.migration values (9999, 'later', 'x')")
    with pytest.raises(_errors.StoreError, match=r"9999.*upgrade simdrift"):
        bare_store.migrate()
    assert bare_store.write(make_results()).rows_written == 18


def test_a_store_without_schema_says_to_migrate_and_keeps_the_results(bare_store):
    with pytest.raises(_errors.StoreNotMigrated, match=r"simdrift migrate.*spool at"):
        bare_store.write(make_results())
    bare_store.migrate()
    assert bare_store.flush().rows_written == 18


def test_an_older_schema_says_to_migrate(bare_store, server, bare_database):
    bare_store.migrate()
    with admin(server, bare_database) as connection:
        connection.execute("delete from simdrift.migration where version > 5")
    with pytest.raises(_errors.StoreNotMigrated, match="version 5, this simdrift writes"):
        bare_store.write(make_results())


def test_a_server_older_than_13_is_refused_by_version():
    connection = SimpleNamespace(info=SimpleNamespace(server_version=120017))
    with pytest.raises(_errors.StoreError, match=r"PostgreSQL 13 or newer, found 12\.17"):
        migrating.check_server(connection)


def test_migrations_have_numbers_of_their_own_and_hold_one_statement_each():
    files = migrating.sql_files("0")
    versions = [file.version for file in files]
    assert versions == sorted(set(versions))
    others = (file for kind in ("role", "grant", "own") for file in migrating.sql_files(kind))
    for file in (*files, *others):
        lines = file.statement.splitlines()
        assert lines[0].startswith("-- "), file.name
        code = "\n".join(line for line in lines if not line.startswith("--"))
        assert code == code.lower(), file.name
        body = code.partition("$$")[0] if "$$" in code else code
        assert ";" not in body, file.name


# -- somebody who may not do everything


def test_a_user_without_the_right_to_make_a_schema_gets_the_statement(server, bare_database):
    name = f"plain_{bare_database}"
    with admin(server) as connection:
        connection.execute(f"create role {name} login")
    let_in(server, name)
    try:
        target = target_of(server, bare_database, user=name)
        with Store(target) as store, pytest.raises(_errors.StoreError) as raised:
            store.migrate()
        assert f'create schema simdrift authorization "{name}"' in str(raised.value)
    finally:
        with admin(server) as connection:
            connection.execute(f"drop role {name}")


@pytest.fixture(scope="module")
def server_without_roles():
    """A server that nobody has migrated anything on."""
    with server_folder() as folder:
        server = EmbeddedServer(folder / "s", binaries=binaries("package"))
        server.start()
        yield server
        server.stop()


def test_a_user_who_may_not_make_roles_finishes_and_gets_the_sql(server_without_roles, tmp_path):
    server = server_without_roles
    with admin(server) as connection:
        connection.execute("create role plain login")
        connection.execute("create schema simdrift authorization plain")
    with Store(target_of(server, "simdrift", user="plain"), spool=tmp_path) as store:
        done = store.migrate()
        assert len(done.applied) == len(migrating.sql_files("0"))
        assert any("create role simdrift_reader" in text for text in done.for_admin)
        assert store.write(make_results()).rows_written == 18
        with admin(server) as connection:
            for statement in done.for_admin:
                connection.execute(statement)
            reads = connection.execute(
                "select has_table_privilege('simdrift_reader', 'simdrift.dashboard_result',"
                " 'select')"
            ).fetchone()
        assert reads == (True,)
        assert store.migrate().for_admin == ()


# -- what the views and the function give


def test_views_show_current_runs_only(store, sql):
    results = make_results()
    store.write(results)
    sql("update simdrift.run set status = 'half'")
    assert visible_rows(sql.connection) == set()
    assert sql("select * from simdrift.dashboard_run") == []
    assert sql("select * from simdrift.dashboard_histogram") == []
    sql("update simdrift.run set status = 'finished'")
    assert visible_rows(sql.connection) == expected_rows(results)


STATUSES = "select data_digest, status from simdrift.run order by window_start, began_at"


def test_which_run_is_current_follows_from_the_rows_whoever_changes_them(store, sql):
    for number in range(3):
        store.write(make_results(days=1, digest=str(number), started=STARTED + number * DAY))
    assert sql(STATUSES) == [("0", "superseded"), ("1", "superseded"), ("2", "finished")]
    sql("delete from simdrift.run where data_digest = '2'")
    assert sql(STATUSES) == [("0", "superseded"), ("1", "finished")]
    sql("update simdrift.run set began_at = '2030-01-01' where data_digest = '0'")
    assert sql(STATUSES) == [("1", "superseded"), ("0", "finished")]
    sql("update simdrift.run set status = 'half' where data_digest = '0'")
    assert sql(STATUSES) == [("1", "finished"), ("0", "half")]


def test_a_run_that_is_neither_first_nor_last_to_come_is_placed_by_its_start(store, sql):
    for number in (2, 0, 1):
        store.write(make_results(days=2, digest=str(number), started=STARTED + number * DAY))
    kinds = [("0", "superseded"), ("1", "superseded"), ("2", "finished")]
    assert sql(STATUSES) == kinds * 2


def test_metric_wide_puts_metrics_side_by_side_in_the_order_asked_for(store, sql):
    run = make_run()
    rows = [
        make_row(run, "x", "a", 1.0),
        make_row(run, "x", "b", 2.0, params="q=0.5"),
        make_row(run, "x", "b", 3.0, params="q=0.9"),
        make_row(run, "y", "a", 4.0),
    ]
    store.write(Results(rows, [run]))
    found = sql(
        "select column_name, metric_values from"
        " simdrift.metric_wide(array['b(q=0.9)', 'a', 'none', 'b(q=0.5)']) order by column_name"
    )
    assert found == [("x", [3.0, 1.0, None, 2.0]), ("y", [None, 4.0, None, None])]


# -- roles


@pytest.fixture
def as_role(server, database):
    """Connects as one of our roles."""
    opened = []

    def connect(role, name=database):
        parameters = server.start() | {"dbname": name, "user": role}
        opened.append(psycopg.connect(**parameters, autocommit=True))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


def test_the_writer_writes(server, database, as_role, tmp_path, sql):
    as_role("simdrift_writer")
    target = target_of(server, database, user="simdrift_writer")
    newer = make_results(digest="late", seed=2, started=make_run().started_at.replace(year=2027))
    with Store(target, spool=tmp_path) as store:
        assert store.write(make_results()).rows_written == 18
        assert store.write(newer).rows_written == 18
        assert store.write(make_results()).rows_written == 0
    assert visible_rows(sql.connection) == expected_rows(newer)


@pytest.mark.parametrize(
    "statement",
    [
        "delete from simdrift.metric_value",
        "delete from simdrift.run",
        "truncate simdrift.metric_value",
        "create table simdrift.mine (x int)",
        "create schema mine",
        "drop table simdrift.metric_value",
        "alter table simdrift.metric_value add x int",
        "update simdrift.series set metric = 'x'",
        "insert into simdrift.migration values (1000, '', '')",
    ],
)
def test_the_writer_can_neither_delete_nor_create(as_role, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_role("simdrift_writer").execute(statement)


@pytest.mark.parametrize("view", ["run", "result", "histogram", "event", "bench"])
def test_the_reader_reads_every_view(as_role, view):
    as_role("simdrift_reader").execute(f"select * from simdrift.dashboard_{view}")


@pytest.mark.parametrize("table", ["metric_value", "run", "series", "histogram"])
def test_the_reader_sees_no_table(as_role, table):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_role("simdrift_reader").execute(f"select * from simdrift.{table}")


def test_the_readers_transactions_are_read_only_and_bounded(as_role):
    reader = as_role("simdrift_reader")
    assert reader.execute("show statement_timeout").fetchone() == ("30s",)
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        reader.execute("create temporary table mine (x int)")


def test_a_reader_that_keeps_every_lock_it_can_get_stops_no_writer(store, server, as_role, sql):
    store.write(make_results())
    reader = as_role("simdrift_reader")
    reader.execute("select pg_advisory_lock(6001099391371855444)")  # what the library once took
    reader.execute("begin")
    for view in ("run", "result", "histogram", "event", "bench", "series"):
        reader.execute(f"lock table simdrift.dashboard_{view} in access share mode")
    later = make_results(digest="later", seed=2, started=STARTED + DAY)
    assert store.write(later).rows_written == 18
    store.migrate()
    assert store.prune("400d").values == 18
    assert sql("select count(*) from pg_locks where locktype = 'advisory'") == [(1,)]


@pytest.mark.parametrize(
    "statement",
    [
        "lock table simdrift.stream in access share mode",
        "select from simdrift.stream",
        "select from simdrift.dashboard_run for share",
        "lock table simdrift.dashboard_run in row exclusive mode",
        "lock table simdrift.dashboard_run in share mode",
        "comment on schema simdrift is 'mine'",
        "alter role simdrift_reader connection limit -1",
        "set temp_file_limit = -1",
        "create schema mine",
        "select pg_read_file('/etc/passwd')",
        "copy (select 1) to program 'true'",
    ],
)
def test_the_reader_may_neither_lock_nor_make_nor_leave_the_database(as_role, statement):
    reader = as_role("simdrift_reader")
    reader.execute("set default_transaction_read_only = off")  # a default, as Postgres has it
    with pytest.raises(psycopg.errors.InsufficientPrivilege), reader.transaction():
        reader.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "create temporary table mine (x int)",
        "select lo_create(0)",
        "select lo_from_bytea(0, 'x')",
        "select pg_advisory_lock(1)",
        "select pg_try_advisory_xact_lock_shared(1, 2)",
    ],
)
def test_in_a_database_of_its_own_the_reader_has_no_room_to_fill(
    bare_store, server, bare_database, as_role, statement
):
    bare_store.migrate()
    with admin(server, bare_database) as connection:
        for own in (*migrating.own_statements(), *migrating.own_statements()):
            connection.execute(own)
    reader = as_role("simdrift_reader", bare_database)
    reader.execute("set default_transaction_read_only = off")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute(statement)
    assert reader.execute("show temp_file_limit").fetchone() == ("1GB",)
    with Store(target_of(server, bare_database, user="simdrift_writer")) as writer:
        assert writer.write(make_results()).rows_written == 18
        later = make_results(digest="later", seed=2, started=STARTED + DAY)
        assert writer.write(later).rows_written == 18


def test_two_writers_of_a_stream_that_is_new_come_one_after_the_other(server, database):
    key = "00000000-0000-0000-0000-000000000001"
    with admin(server, database) as first, admin(server, database) as second:
        first.execute("begin")
        lock_streams(first, [key])
        second.execute("set lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            lock_streams(second, [key])
        first.execute("commit")
        lock_streams(second, [key])


def test_the_reader_reads_results_and_the_newest_windows(store, server, database, as_role):
    results = make_results()
    store.write(results)
    with Store(target_of(server, database, user="simdrift_reader")) as reader:
        assert set(reader.read().rows) == set(results.rows)
        assert {row.window_end for row in reader.newest()} == {results.runs[-1].window_end}


def test_the_owner_prunes_and_the_writer_is_told_who_may(store, server, database, sql):
    store.write(make_results())
    with Store(target_of(server, database, user="simdrift_writer")) as writer:
        with pytest.raises(_errors.StoreError, match=r"may not delete.*as simdrift_owner"):
            writer.prune("400d")
        assert writer.status().values == 18
    sql("alter role simdrift_owner login")
    try:
        with Store(target_of(server, database, user="simdrift_owner")) as owner:
            assert owner.prune("400d").values == 18
    finally:
        sql("alter role simdrift_owner nologin")
