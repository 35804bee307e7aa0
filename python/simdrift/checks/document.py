"""Checks as TOML: a list of `[[check]]`, each with its name, its column and its options."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Self

from simdrift import _toml as toml
from simdrift._errors import SpecError
from simdrift.checks.definition import Check, CheckError
from simdrift.columns.paths import is_url
from simdrift.metrics.values import params_text
from simdrift.results.files import write_text
from simdrift.schema.document import place, read_text

_HEAD: Final = "# Checks of a table: docs/checks.md says what each is.\n"


class Checks(Sequence[Check]):
    """A list of checks, as a file holds them.

    >>> checks = Checks([Check("not_null", "id", note="0 of 500 rows are missing")])
    >>> print(checks.to_toml(), end="")
    # Checks of a table: docs/checks.md says what each is.
    <BLANKLINE>
    # 0 of 500 rows are missing
    [[check]]
    name = "not_null"
    column = "id"
    """

    def __init__(self, checks: Iterable[Check] = ()) -> None:
        self._checks = tuple(checks)

    def __len__(self) -> int:
        return len(self._checks)

    def __getitem__(self, index: Any) -> Any:
        return self._checks[index]

    def __iter__(self) -> Iterator[Check]:
        return iter(self._checks)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Checks) and self._checks == other._checks

    def __hash__(self) -> int:
        return hash(self._checks)

    def __repr__(self) -> str:
        return f"Checks([{', '.join(map(repr, self._checks))}])"

    def to_toml(self) -> str:
        """The checks as TOML, with their notes as comments."""
        lines = [_HEAD.rstrip()]
        for check in self._checks:
            lines += ["", *(f"# {line}" for line in check.note.splitlines()), "[[check]]"]
            plain = check.plain()
            if "data" in plain and not isinstance(plain["data"], (str, list)):
                raise SpecError(f"{check.label}: expected a path as 'data', found a frame")
            lines += [
                f"{toml.key_of(key)} = {toml.value_of(value)}" for key, value in plain.items()
            ]
        return "\n".join(lines) + "\n"

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write as TOML, to be read and edited; whole or not at all."""
        write_text(path, self.to_toml())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """The checks of a TOML file; SpecError with line and key where one can't be so. A path in
        it starts at the file's folder."""
        name, text = str(path), read_text(path, "a TOML file of checks")
        values = toml.read(text, name)
        for key in values:
            if key != "check":
                raise SpecError(f"{place(name, text, (key,))}: unknown key; known: [[check]]")
        tables = values.get("check", [])
        if not isinstance(tables, list):
            raise SpecError(f"{place(name, text, ('check',))}: expected [[check]], found [check]")
        return cls(checks_of_tables(name, text, tables, "check"))


def checks_of_tables(name: str, text: str, tables: Sequence[object], list_key: str) -> list[Check]:
    """The checks of a list of tables in a TOML file; SpecError with line and key."""
    return [_check(name, text, (list_key, at), table) for at, table in enumerate(tables)]


def _check(name: str, text: str, path: toml.Path, table: object) -> Check:
    if not isinstance(table, dict):
        raise SpecError(f"{place(name, text, path)}: expected a table, found {table!r}")
    if "name" not in table:
        raise SpecError(f"{place(name, text, path)}: 'name' is missing")
    for key in ("severity", "note", "name"):
        if not isinstance(table.get(key, ""), str):
            where = place(name, text, (*path, key))
            raise SpecError(f"{where}: expected a text, found {table[key]!r}")
    try:
        return Check(**_in_folder(table, Path(name).parent))
    except CheckError as error:
        problem = f"{place(name, text, (*path, error.key))}: {error.message}"
    raise SpecError(problem)


def _in_folder(table: dict[str, Any], folder: Path) -> dict[str, Any]:
    data = table.get("data")
    if not isinstance(data, str) or is_url(data):
        return table
    return {**table, "data": str(folder / data)}


def as_checks(checks: object) -> Checks:
    """Checks, a list of them, one, or their file."""
    if isinstance(checks, Checks):
        return checks
    if checks is None:
        return Checks()
    if isinstance(checks, Check):
        return Checks([checks])
    if isinstance(checks, (str, os.PathLike)):
        return Checks.load(checks)
    if isinstance(checks, Iterable):
        found = list(checks)
        if all(isinstance(one, Check) for one in found):
            return Checks(found)
    raise SpecError(f"checks: expected sd.Check(...), a list of them or a path, found {checks!r}")


def params_of(check: Check) -> str:
    """What tells the rows of two checks of one name and column apart."""
    params = {k: v for k, v in check.options.items() if v is not None and k != "data"}
    if check.severity == "warn":
        params["severity"] = "warn"
    return params_text(params)


def refuse_equal(checks: Checks) -> Checks:
    """The checks; SpecError where two of them would be one series of rows."""
    seen: dict[tuple[str, tuple[str, ...], str], Check] = {}
    for one in checks:
        key = one.name, one.columns, params_of(one)
        if key in seen:
            raise SpecError(
                f"'checks': expected checks that differ in name, column or options, found {one!r} "
                f"beside {seen[key]!r}: leave one out"
            )
        seen[key] = one
    return checks
