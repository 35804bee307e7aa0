"""The schema: numbered files applied once and in order, roles, and what they may do.

`NNNN-name.sql` are migrations, one statement each, never edited; `role-*.sql` and
`grant-*.sql` hold whenever they can be carried out. What this user may not do is handed back
as SQL for an administrator, and the rest is done. `own-*.sql` limit the reader in a database that
is simdrift's alone: the embedded server's, and that of `simdrift grafana export`.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final, NamedTuple

from psycopg import errors, sql

from simdrift._errors import StoreError, StoreNotMigrated
from simdrift.store import partition
from simdrift.store.connection import Connection
from simdrift.store.locks import lock_all
from simdrift.store.partition import is_partitioned
from simdrift.store.session import Session
from simdrift.store.statements import File, own_statements, sql_files

OLDEST_SERVER: Final = 130000  # PostgreSQL 13

# Locks the schema until the transaction ends, against others who migrate; only its owner may.
_LOCK_SCHEMA: Final = "comment on schema simdrift is 'Results of simdrift'"


class Migrated(NamedTuple):
    """What `migrate` did: names of the files applied, the schema's version, and the SQL that an
    administrator has to run because this user may not."""

    applied: tuple[str, ...]
    version: int
    for_admin: tuple[str, ...]
    months: tuple[str, ...] = ()
    """Monthly partitions that were made, where the store has them."""


def latest_version() -> int:
    """The version of the schema that this library writes."""
    return sql_files("0")[-1].version


def schema_script() -> str:
    """The whole schema as SQL for a superuser on an empty database: what `migrate` would do."""
    steps = [file.statement for file in sql_files("role")]
    steps += ["create schema simdrift authorization simdrift_owner", "set role simdrift_owner"]
    for file in sql_files("0"):
        steps.append(file.statement)
        steps.append(
            "insert into simdrift.migration (version, name, checksum)"
            f" values ({file.version}, '{file.name}', '{file.checksum}')"
        )
    steps += [file.statement for file in sql_files("grant")]
    steps += ["reset role", *own_statements()]
    return ";\n\n".join(step.strip() for step in steps) + ";\n"


def migrate(session: Session, *, partition_by_month: bool = False) -> Migrated:
    """Brings the schema up to date in one transaction; no other migrates and nobody writes
    meanwhile.

    `partition_by_month` puts the values into monthly partitions, for good.

    StoreError where the server is older than PostgreSQL 13, the schema is newer than this
    library, a migration was edited, or this user may not create the schema.
    """
    return session.transaction(
        lambda connection: _migrate(connection, partition_by_month), statement_seconds=3600
    )


def _migrate(connection: Connection, partition_by_month: bool) -> Migrated:
    check_server(connection)
    refused = [file for file in sql_files("role") if not _allowed(connection, file.statement)]
    _become_owner(connection)
    _lock(connection)
    applied = _apply(connection, _applied(connection))
    convert = partition_by_month and not is_partitioned(connection)
    if convert:
        partition.convert(connection, _statement("0038-dashboard-result-reason.sql"))
    months = partition.add_months(connection) if is_partitioned(connection) else ()
    if applied or refused or convert or not _granted(connection):
        refused += [file for file in sql_files("grant") if not _allowed(connection, file.statement)]
    for_admin = tuple(file.statement.strip() + ";" for file in refused)
    connection.execute("set local role none")
    return Migrated(applied, latest_version(), for_admin + _temp_right(connection), months)


def _lock(connection: Connection) -> None:
    """Waits for others who migrate, then for writers. Who may do neither will change nothing."""
    _allowed(connection, _LOCK_SCHEMA)
    if _exists(connection, "simdrift.stream"):
        with suppress(errors.InsufficientPrivilege), connection.transaction():
            lock_all(connection)


def _exists(connection: Connection, table: str) -> bool:
    row = connection.execute("select to_regclass(%s) is not null", (table,)).fetchone()
    return row is not None and bool(row[0])


def _statement(name: str) -> str:
    return next(file.statement for file in sql_files("0") if file.name == name)


def check_server(connection: Connection) -> None:
    """StoreError for a server older than PostgreSQL 13."""
    version = connection.info.server_version
    if version < OLDEST_SERVER:
        raise StoreError(
            f"simdrift needs PostgreSQL {OLDEST_SERVER // 10000} or newer, found "
            f"{version // 10000}.{version % 10000}"
        )


def _allowed(connection: Connection, statement: str) -> bool:
    """Carries out a statement; False where this user may not, or a role in it is absent."""
    try:
        with connection.transaction():
            connection.execute(statement.encode())
    except (errors.DuplicateObject, errors.DuplicateSchema, errors.UniqueViolation):
        return True  # a role or schema that another migrate has just made
    except (errors.InsufficientPrivilege, errors.UndefinedObject):
        return False
    return True


def _become_owner(connection: Connection) -> None:
    """Makes the schema where it is absent, and acts as its owner where that is allowed."""
    if (
        _schema_owner(connection) is None
        and not _allowed(connection, "create schema simdrift authorization simdrift_owner")
        and not _allowed(connection, "create schema simdrift")
    ):
        user, database = connection.info.user, connection.info.dbname
        raise StoreError(
            f"{user!r} may not create a schema in database {database!r}; let an "
            f'administrator run: create schema simdrift authorization "{user}"'
        )
    owner = _schema_owner(connection)
    assert owner is not None
    if owner != connection.info.user:
        role = sql.SQL("set local role {}").format(sql.Identifier(owner))
        try:
            with connection.transaction():
                connection.execute(role)
        except errors.InsufficientPrivilege:
            return  # a superuser in all but name, or the next statement says what is missing


def _schema_owner(connection: Connection) -> str | None:
    row = connection.execute(
        "select pg_get_userbyid(nspowner) from pg_namespace where nspname = 'simdrift'"
    ).fetchone()
    return None if row is None else str(row[0])


def _applied(connection: Connection) -> dict[int, tuple[str, str]]:
    if not _exists(connection, "simdrift.migration"):
        return {}
    rows = connection.execute("select version, name, checksum from simdrift.migration").fetchall()
    return {version: (name, checksum) for version, name, checksum in rows}


def _apply(connection: Connection, applied: dict[int, tuple[str, str]]) -> tuple[str, ...]:
    newest = max(applied, default=0)
    if newest > latest_version():
        raise StoreError(
            f"the schema is at version {newest}, this simdrift knows {latest_version()}: "
            "upgrade simdrift"
        )
    done = []
    for file in sql_files("0"):
        name, checksum = applied.get(file.version, ("", ""))
        if not checksum:
            _apply_one(connection, file)
            done.append(file.name)
        elif checksum != file.checksum:
            raise StoreError(
                f"migration {file.name} is not what was applied to this store as {name}: an "
                "applied migration is never edited, add a new one"
            )
    return tuple(done)


def _apply_one(connection: Connection, file: File) -> None:
    try:
        connection.execute(file.statement.encode())
    except errors.InsufficientPrivilege as error:
        owner = _schema_owner(connection)
        raise StoreError(
            f"migration {file.name}: {error.diag.message_primary}; run `simdrift migrate` as "
            f"{owner!r}, the owner of schema simdrift, or as a member of it"
        ) from None
    connection.execute(
        "insert into simdrift.migration (version, name, checksum) values (%s, %s, %s)",
        (file.version, file.name, file.checksum),
    )


def _granted(connection: Connection) -> bool:
    """Whether the last rights of writer and reader are there: they are granted together."""
    try:
        with connection.transaction():
            row = connection.execute(
                "select has_table_privilege('simdrift_writer', 'simdrift.reason', 'update')"
                " and has_table_privilege('simdrift_reader', 'simdrift.dashboard_series', 'select')"
            ).fetchone()
    except errors.UndefinedObject:
        return False
    return row is not None and bool(row[0])


def _temp_right(connection: Connection) -> tuple[str, ...]:
    """The grant that the writer's temporary tables need, where PUBLIC was denied it."""
    row = connection.execute(
        "select has_database_privilege(oid, current_database(), 'temporary'), rolname"
        " from pg_roles where rolname = 'simdrift_writer'"
    ).fetchone()
    if row is None or row[0]:
        return ()
    grant = sql.SQL("grant temporary on database {} to simdrift_writer").format(
        sql.Identifier(connection.info.dbname)
    )
    text = grant.as_string(connection)
    return () if _allowed(connection, text) else (text + ";",)


def require_migrated(version: int | None, label: str) -> None:
    """StoreNotMigrated where the schema is older than this library writes."""
    if (version or 0) < latest_version():
        raise StoreNotMigrated(
            f"the schema in {label} is at version {version or 0}, this simdrift writes "
            f"{latest_version()}: run `simdrift migrate`"
        )
