"""The store as an Airflow connection of type `simdrift`."""

from __future__ import annotations

from typing import Any

from psycopg.conninfo import make_conninfo

from simdrift.integrations.airflow.compat import BaseHook
from simdrift.store import Store

__all__ = ["SimdriftHook"]

_FIELDS = {"host": "host", "port": "port", "login": "user", "password": "password"}


class SimdriftHook(BaseHook):
    """Opens the store that an Airflow connection names.

    Host, port, login and password are the connection's, its schema is the database; `extra` may
    hold libpq's other parameters (sslmode, sslrootcert, ...) and `deadline`, the seconds to try
    a server that is away. Without a connection id: SIMDRIFT_DSN, else the embedded server.
    """

    conn_name_attr = "simdrift_conn_id"
    default_conn_name = "simdrift_default"
    conn_type = "simdrift"
    hook_name = "simdrift store"

    def __init__(self, simdrift_conn_id: str | None = default_conn_name, **more: Any) -> None:
        super().__init__(**more)
        self.simdrift_conn_id = simdrift_conn_id

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """What the form of a connection shows."""
        return {
            "hidden_fields": [],
            "relabeling": {"schema": "Database"},
            "placeholders": {
                "host": "db.example.com",
                "port": "5432",
                "schema": "simdrift",
                "login": "simdrift_writer",
                "extra": '{"sslmode": "verify-full", "deadline": 30}',
            },
        }

    def get_conn(self) -> Store:
        """The store; close it, or use it in a with statement."""
        if self.simdrift_conn_id is None:
            return Store()
        connection = self.get_connection(self.simdrift_conn_id)
        extra = dict(connection.extra_dejson or {})
        deadline = float(extra.pop("deadline", 30.0))
        parameters = {
            libpq: getattr(connection, name)
            for name, libpq in _FIELDS.items()
            if getattr(connection, name)
        }
        parameters["dbname"] = connection.schema or "simdrift"
        return Store(make_conninfo(**parameters, **extra), deadline=deadline)

    def test_connection(self) -> tuple[bool, str]:
        """Whether the store answers, and what is in it."""
        try:
            with self.get_conn() as store:
                found = store.status()
        except Exception as error:  # shown in Airflow's form, redacted by the store
            return False, str(error)
        return True, f"schema {found.schema_version}, {found.runs:,} runs"


def __dir__() -> list[str]:
    return sorted(__all__)
