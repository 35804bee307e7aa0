"""Locks that only those can take who may write: rows and tables of ours.

Everybody who may connect can take an advisory lock, and all who may connect can see its number. A
reader could so have stopped every writer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from simdrift.store.connection import Connection

_KNOWN: Final = """
insert into simdrift.stream (stream_key)
select key from unnest(%s::uuid[]) as key order by key
on conflict (stream_key) do nothing
"""
_LOCKED: Final = """
select from simdrift.stream where stream_key = any(%s::uuid[]) order by stream_key for no key update
"""


def lock_streams(connection: Connection, stream_keys: Iterable[str]) -> None:
    """Lock streams, in their order, until the transaction ends: of two writers of one stream the
    second waits, also where neither has been written to before. migrate and prune exclude all."""
    keys = sorted(set(stream_keys))
    connection.execute(_KNOWN, (keys,))
    connection.execute(_LOCKED, (keys,))


def lock_all(connection: Connection) -> None:
    """Wait for every writer, and keep all of them out until the transaction ends."""
    connection.execute("lock table simdrift.stream in exclusive mode")
