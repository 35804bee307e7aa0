"""`Schema`: the columns that a table is to have, inferred, saved, edited, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from os import PathLike
from types import MappingProxyType
from typing import Any, Self

from simdrift._errors import SpecError
from simdrift.columns import as_table
from simdrift.metrics.structure import KINDS, schema_rows
from simdrift.results.collection import Results
from simdrift.results.files import write_text
from simdrift.results.identity import canonical_json, digest
from simdrift.schema import document, infer
from simdrift.schema.compare import differences
from simdrift.schema.document import ColumnSchema
from simdrift.schema.rows import results_of_rows


@dataclass(frozen=True)
class Schema:
    """Columns by name, in order. `ordered`: whether their order matters; `warn`: kinds of
    difference that are reported and don't alert. SpecError where it can't be one.

    >>> schema = Schema.infer({"id": [1, 2, 3], "city": ["Rome", "Bonn", "Bonn"]})
    >>> str(schema.columns["id"].type), schema.columns["city"].nullable
    ('int64', False)
    >>> results = schema.check({"id": [4, None], "city": ["Rome", "Bonn"]})
    >>> results.passed, [(row.column, row.metric) for row in results.filter(alert=True)]
    (False, [('id', 'schema.nullability')])
    """

    columns: Mapping[str, ColumnSchema]
    ordered: bool = True
    warn: Sequence[str] = field(default=())

    def __post_init__(self) -> None:
        for kind in self.warn:
            if kind not in KINDS:
                raise SpecError(f"'warn': expected kinds among {', '.join(KINDS)}, found {kind!r}")
        object.__setattr__(self, "columns", MappingProxyType(dict(self.columns)))
        object.__setattr__(self, "warn", tuple(self.warn))

    @classmethod
    def infer(cls, data: object, *, ranges: bool = False) -> Self:
        """The schema of a frame or of files, as `sd.compare` takes them: types by their meaning,
        whether rows may be missing, keys, and the values of categories. `ranges`: also the least
        and the most of each number and time; without, no new extreme is a difference."""
        return cls(infer.columns_of(as_table(data), ranges=ranges))

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """The schema of a TOML file; SpecError with line and key where it can't be one."""
        return cls(**document.read(path))

    def save(self, path: str | PathLike[str]) -> None:
        """Write as TOML, to be read and edited; whole or not at all."""
        write_text(path, self.to_toml())

    def to_toml(self) -> str:
        """The schema as TOML."""
        return document.text_of(self.columns, ordered=self.ordered, warn=self.warn)

    def check(self, data: object) -> Results:
        """Each difference of a frame or of files as a row that alerts; `.passed` where there is
        none. Data never raise: what can't be read is a difference."""
        table = as_table(data)
        found = differences(self.columns, table, ordered=self.ordered, warn=self.warn)
        return results_of_rows(
            "schema", schema_rows([found], [len(table)]), len(table), self.digest
        )

    @property
    def digest(self) -> str:
        """SHA-256 of what is checked."""
        plain: dict[str, Any] = {name: one.plain() for name, one in self.columns.items()}
        order = list(self.columns) if self.ordered else sorted(self.columns)
        return digest(["schema", canonical_json([_texts(plain), order, sorted(self.warn)])])


def _texts(value: Any) -> Any:
    """With dates as text, as JSON has none."""
    if isinstance(value, Mapping):
        return {name: _texts(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_texts(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
