"""A schema's file is read, edited and written without loss; what can't be one is refused by line
and key."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import simdrift as sd
from simdrift.metrics.structure import KINDS
from simdrift.schema import ColumnSchema, Schema

TYPES = (
    *("int64", "float32", "float64", "string", "bool", "date32", "timestamp", "duration", "null"),
    *("timestamp[us]", "timestamp[ms, Europe/Berlin]", "decimal128(10, 2)", "list<utf8>"),
)
NUMBERS = st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(codec="utf-8"))
COLUMNS = st.builds(
    ColumnSchema,
    st.sampled_from(TYPES),
    nullable=st.booleans(),
    unique=st.booleans(),
    values=st.none() | st.lists(TEXTS | st.booleans() | NUMBERS, min_size=1, max_size=4),
    max=st.none() | NUMBERS | st.dates() | st.datetimes(),
    quartiles=st.none() | st.lists(st.floats(-1e9, 1e9), min_size=3, max_size=3).map(sorted),
)
SCHEMAS = st.builds(
    Schema,
    st.dictionaries(TEXTS, COLUMNS, max_size=4),
    ordered=st.booleans(),
    warn=st.lists(st.sampled_from(KINDS), unique=True),
)


@settings(max_examples=60, suppress_health_check=[*HealthCheck])
@given(schema=SCHEMAS)
def test_what_is_saved_is_loaded(schema: Schema, tmp_path: Path) -> None:
    schema.save(tmp_path / "s.toml")
    loaded = Schema.load(tmp_path / "s.toml")
    assert loaded == schema
    assert list(loaded.columns) == list(schema.columns)
    assert loaded.digest == schema.digest


def test_a_person_s_file_is_a_schema(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(
        '[columns."a b"]\ntype = "large_utf8"\nvalues = ["x"]\n'
        "[columns.day]\ntype = 'date64'\nnullable = false\nmin = 2024-01-01\n"
    )
    schema = sd.Schema.load(tmp_path / "s.toml")
    assert schema.columns["a b"] == ColumnSchema("string", values=["x"])
    assert schema.columns["day"] == ColumnSchema("date32", nullable=False, min=dt.date(2024, 1, 1))
    assert (schema.ordered, schema.warn) == (True, ())


REFUSED = {
    "columns = 1": r"s.toml: expected a table \[columns.NAME\]",
    "orderd = true": r"line 1: 'orderd': unknown key, did you mean 'ordered'\?",
    "ordered = 1\n[columns]": "line 1: 'ordered': expected true or false, found 1",
    "warn = ['lost']\n[columns]": r"line 1: 'warn': expected a list of added, .*found \['lost'\]",
    "[columns]\nx = 1": "line 2: 'columns.x': expected a table of keys, found 1",
    "[columns.x]\nnullable = true": "line 1: 'columns.x': 'type' is missing",
    "[columns.x]\ntype = 'varchar'": "line 2: 'columns.x.type': expected a type in Arrow's terms",
    "[columns.x]\ntype = 5": "line 2: 'columns.x.type': expected a type in Arrow's terms.*found 5",
    "[columns.x]\ntype = 'bool'\nnulable = true": "line 3: .*nulable': .*did you mean 'nullable'",
    "[columns.x]\ntype = 'bool'\nnullable = 'no'": "line 3: .*expected true or false, found 'no'",
    "[columns.x]\ntype = 'string'\n\nvalues = []": "line 4: .*values': expected a list of texts",
    "[columns.x]\ntype = 'int64'\nmin = '1'": "line 3: .*min': expected a number, a date or a time",
    "[columns.x]\ntype = 'int64'\nmax = true": "line 3: .*max': expected a number, a date or a",
    "[columns.x]\ntype = 'int64'\nmax = 1\nmin = 2": r"line 4: .*at most 'max' \(1\), found 2",
    "[columns.x]\ntype = 'int64'\nquartiles = [1, 3, 2]": "line 3: .*three rising numbers",
    "[columns.x]\ntype = 'int64'\nmin = nan": "line 3: 'columns.x.min': expected a finite number",
    "[columns.x": "s.toml: not TOML: Expected .* at the end of a table declaration",
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_what_can_be_no_schema_is_refused_by_line_and_key(text: str, tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(text)
    with pytest.raises(sd.SpecError, match=REFUSED[text]):
        Schema.load(tmp_path / "s.toml")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(sd.SpecError, match="found no text in UTF-8"):
        Schema.load(tmp_path / "s.toml")
    with pytest.raises(sd.SpecError, match="found no such file: check the path"):
        Schema.load(tmp_path / "none.toml")
    with pytest.raises(sd.SpecError, match="can't be read"):
        Schema.load(tmp_path)


def test_what_can_be_no_schema_in_python_is_refused() -> None:
    with pytest.raises(sd.SpecError, match="'type': expected a type in Arrow's terms"):
        ColumnSchema("number")
    with pytest.raises(sd.SpecError, match=r"'warn': expected kinds among .*found 'lost'"):
        Schema({}, warn=["lost"])
