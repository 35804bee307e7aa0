"""The SQL files of the schema, in order: roles, migrations, grants, limits of the reader."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class File(NamedTuple):
    version: int
    name: str
    statement: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.statement.encode()).hexdigest()


@cache
def sql_files(kind: str) -> tuple[File, ...]:
    """The files of a kind ('role', 'grant', or '0' for migrations), in order."""
    found = []
    for entry in files("simdrift.store").joinpath("migrations").iterdir():
        if entry.name.startswith(kind) and entry.name.endswith(".sql"):
            number = entry.name.partition("-")[0]
            version = int(number) if number.isdigit() else 0
            found.append(File(version, entry.name, entry.read_text("utf-8")))
    return tuple(sorted(found))


def own_statements() -> list[str]:
    """Statements for a superuser that limit the reader where nobody else uses the database."""
    return [file.statement for file in sql_files("own")]
