"""What a window's rows are, as SHA-256: the same for any library, chunking and memory layout.

The core fingerprints the rows of every window of a column in one pass (`_core.digest_groups`: a
number by its float64, integers and times by their int64, a text and a dictionary's value by its
bytes, nulls apart from every value). SHA-256 then goes over the names, the kinds and the
fingerprints.
"""

from __future__ import annotations

import hashlib

import numpy as np

from simdrift import _core
from simdrift.columns import Refused, Table
from simdrift.metrics.groups import Groups
from simdrift.results.identity import canonical_json

VERSION = 2
"""Of the digest: part of every digest, so that another definition gives other run ids."""
_REFUSED = {"not_applicable": "UnsupportedColumn", "error": "InvalidColumn"}


class DataDigest:
    """Digests of groups of rows of a table."""

    def __init__(self, threads: int | None = None) -> None:
        self._threads = threads

    def __call__(self, table: Table) -> str:
        """The digest of all rows: 64 hex digits."""
        return self.of_groups(table, Groups.whole())[0]

    def of_groups(self, table: Table, groups: Groups) -> list[str]:
        """The digest of each group's rows; a refused column counts by its name and why."""
        head = hashlib.sha256(_head(table).encode("utf-8"))
        parts = [
            _core.digest_groups(
                column, groups.starts, groups.ends(len(column)), threads=self._threads
            )
            for column in table.computed.values()
        ]
        rows = np.concatenate(parts, axis=1) if parts else np.zeros((len(groups), 0), np.uint8)
        digests = []
        for row in rows:
            state = head.copy()
            state.update(row.tobytes())
            digests.append(state.hexdigest())
        return digests


def _head(table: Table) -> str:
    """Version, names and kinds."""
    kinds = [
        [name, _REFUSED[column.status] if isinstance(column, Refused) else column.value_kind]
        for name, column in table.columns.items()
    ]
    return canonical_json([VERSION, kinds])
