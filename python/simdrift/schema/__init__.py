"""Schemas: what columns a table is to have, inferred from one, kept as TOML, checked on another."""

from simdrift.schema.document import ColumnSchema
from simdrift.schema.model import Schema

__all__ = ["ColumnSchema", "Schema"]
