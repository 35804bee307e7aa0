"""Results in Postgres: `Store` writes, reads and keeps them. Read write.py first.

Names are imported when first used: psycopg takes a third of a second.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from simdrift._errors import StoreError, StoreNotMigrated, StoreUnreachable

if TYPE_CHECKING:
    from simdrift.store.dsn import Target, resolve
    from simdrift.store.embedded import EmbeddedServer
    from simdrift.store.migrate import Migrated
    from simdrift.store.prune import Pruned
    from simdrift.store.read import Inventory, Monitored
    from simdrift.store.store import Benchmark, FlushSummary, Store, WriteSummary

_HOMES = {
    "Benchmark": "store",
    "EmbeddedServer": "embedded",
    "FlushSummary": "store",
    "Inventory": "read",
    "Migrated": "migrate",
    "Monitored": "read",
    "Pruned": "prune",
    "Store": "store",
    "Target": "dsn",
    "WriteSummary": "store",
    "resolve": "dsn",
}

__all__ = [
    "Benchmark",
    "EmbeddedServer",
    "FlushSummary",
    "Inventory",
    "Migrated",
    "Monitored",
    "Pruned",
    "Store",
    "StoreError",
    "StoreNotMigrated",
    "StoreUnreachable",
    "Target",
    "WriteSummary",
    "resolve",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
