"""Monthly partitions of the values, for stores that keep years of them: `simdrift migrate
--partition-by-month`, once and for good.

The table that was becomes the default partition of a new one, so a writer, who never does DDL,
always has a place for its rows; months of their own are made by every `migrate`, some ahead, and
rows of theirs that came to the default partition are moved. Retention then drops months.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from psycopg import sql

from simdrift.store.connection import Connection

MONTHS_AHEAD: Final = 3
_DEFAULT: Final = "metric_value_default"

_CONVERT: Final = (
    "drop view simdrift.dashboard_result",
    "alter table simdrift.metric_value rename to metric_value_default",
    "alter index simdrift.metric_value_pkey rename to metric_value_default_pkey",
    "alter index simdrift.metric_value_by_time rename to metric_value_default_by_time",
    "alter index simdrift.metric_value_alerts rename to metric_value_default_alerts",
    "create table simdrift.metric_value (like simdrift.metric_value_default including defaults)"
    " partition by range (ts)",
    "alter table simdrift.metric_value add primary key (series_id, ts)",
    "create index metric_value_by_time on simdrift.metric_value using brin (ts)",
    "create index metric_value_alerts on simdrift.metric_value (series_id, ts) where alert",
    "alter table simdrift.metric_value attach partition simdrift.metric_value_default default",
)
_MONTHS: Final = f"""
select distinct date_trunc('month', ts at time zone 'UTC') from simdrift.{_DEFAULT}
union
select date_trunc('month', now() at time zone 'UTC') + make_interval(months => ahead)
from generate_series(0, {MONTHS_AHEAD}) as ahead
order by 1
"""
_PARTITIONS: Final = """
select c.relname
from pg_inherits i inner join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'simdrift.metric_value'::regclass
order by c.relname
"""


def is_partitioned(connection: Connection) -> bool:
    """Whether the values lie in monthly partitions."""
    row = connection.execute(
        "select relkind = 'p' from pg_class where oid = to_regclass('simdrift.metric_value')"
    ).fetchone()
    return row is not None and bool(row[0])


def convert(connection: Connection, view: str) -> None:
    """Makes the table of values a partitioned one; `view` is the statement of dashboard_result,
    which is made anew."""
    for statement in (*_CONVERT, view):
        connection.execute(statement.encode())


def add_months(connection: Connection) -> tuple[str, ...]:
    """Makes the months that rows in the default partition, or the next windows, belong to;
    their names."""
    there = {row[0] for row in connection.execute(_PARTITIONS.encode()).fetchall()}
    wanted = [row[0] for row in connection.execute(_MONTHS.encode()).fetchall()]
    made = [month for month in wanted if _name(month) not in there]
    for month in made:
        _add(connection, month)
    left = connection.execute(f"select exists (select from simdrift.{_DEFAULT})".encode())
    if made and left.fetchone() == (False,):
        connection.execute(f"truncate simdrift.{_DEFAULT}".encode())  # what was moved is dead
    return tuple(_name(month) for month in made)


def _name(month: datetime) -> str:
    return f"metric_value_{month:%Y_%m}"


def _add(connection: Connection, month: datetime) -> None:
    first, last = month.replace(tzinfo=UTC), _next(month).replace(tzinfo=UTC)
    table = sql.Identifier("simdrift", _name(month))
    default = sql.Identifier("simdrift", _DEFAULT)
    between = sql.SQL("ts >= {} and ts < {}").format(sql.Literal(first), sql.Literal(last))
    for statement in (
        sql.SQL("create table {} (like simdrift.metric_value including defaults)").format(table),
        sql.SQL(
            "with moved as (delete from {} where {} returning *) insert into {} select * from moved"
        ).format(default, between, table),
        sql.SQL(
            "alter table simdrift.metric_value attach partition {} for values from ({}) to ({})"
        ).format(table, sql.Literal(first), sql.Literal(last)),
    ):
        connection.execute(statement)


def _next(month: datetime) -> datetime:
    years, months = divmod(month.month, 12)
    return month.replace(year=month.year + years, month=months + 1)


def drop_before(connection: Connection, before: datetime) -> int:
    """Drops the months that ended by then; how many values were in them."""
    dropped = 0
    for (name,) in connection.execute(_PARTITIONS.encode()).fetchall():
        if name == _DEFAULT:
            continue
        month = datetime.strptime(name, "metric_value_%Y_%m").replace(tzinfo=UTC)
        if _next(month) <= before:
            table = sql.Identifier("simdrift", name)
            count = connection.execute(sql.SQL("select count(*) from {}").format(table)).fetchone()
            dropped += 0 if count is None else int(count[0])
            connection.execute(sql.SQL("drop table {}").format(table))
    return dropped
