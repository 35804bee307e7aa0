"""The schema of a comparison or a monitor: where it comes from, and its rows by window."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

from simdrift._errors import SpecError
from simdrift.columns import Table
from simdrift.metrics.decide import Decided
from simdrift.metrics.structure import schema_rows
from simdrift.monitoring.spec_errors import found
from simdrift.monitoring.windows import Window
from simdrift.results.identity import digest
from simdrift.schema import Schema
from simdrift.schema.compare import differences

OF_REFERENCE = "reference"
"""What a spec says for the schema of its reference's rows."""


def schema_of(wanted: Any, reference: Table | None) -> Schema | None:
    """The schema that is meant: one, its file, or that of the reference; None for none."""
    if wanted is None or isinstance(wanted, Schema):
        return wanted
    if wanted == OF_REFERENCE:
        if reference is None:
            raise SpecError(
                "'schema': expected a schema's file, found 'reference', and the rows of the "
                "reference are not at hand: save its schema with Schema.infer(...).save(...)"
            )
        return Schema.infer(reference)
    if isinstance(wanted, (str, os.PathLike)):
        return Schema.load(wanted)
    raise SpecError(f"'schema': expected a Schema, a path or 'reference', found {found(wanted)}")


def rows_by_window(
    schema: Schema | None, table: Table, windows: Sequence[tuple[int, int]]
) -> list[Decided]:
    """What differs from the schema in the rows [first, stop) of each window."""
    if schema is None:
        return []
    differ = [
        differences(schema.columns, table.slice(*own), ordered=schema.ordered, warn=schema.warn)
        for own in windows
    ]
    return schema_rows(differ, [stop - first for first, stop in windows])


def differences_of(schema: Schema | None, table: Table) -> list[Decided]:
    """What differs from the schema in all rows."""
    return rows_by_window(schema, table, [(0, len(table))])


class DataChecks(NamedTuple):
    """What a monitor checks of the data themselves. `table`: all their columns, in the order of
    windows."""

    schema: Schema | None
    table: Table

    def rows(self, windows: Sequence[Window]) -> list[Decided]:
        """The rows of these windows."""
        return rows_by_window(self.schema, self.table, [(one.first, one.stop) for one in windows])


def digest_with(spec_digest: str, schema: Schema | None) -> str:
    """The digest of a spec and of the schema that it names."""
    return spec_digest if schema is None else digest([spec_digest, schema.digest])
