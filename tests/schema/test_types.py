"""One type for each meaning, in Arrow's terms."""

from __future__ import annotations

import pytest

from simdrift.schema.types import Type

SPELLINGS = {
    "int64": ["int8", "uint64", "Int32", "int64", "dictionary<int32, int64>"],
    "float64": ["double", "float64", "Float64"],
    "float32": ["float", "float32"],
    "string": ["utf8", "large_utf8", "string_view", "large_string", "dictionary<int8, large_utf8>"],
    "bool": ["bool", "boolean"],
    "date32": ["date32", "date64", "date32[day]"],
    "timestamp[us]": ["timestamp[us]"],
    "timestamp[ms, UTC]": ["timestamp[ms, UTC]", "timestamp[ms, tz=UTC]", "timestamp[ms, +00:00]"],
    "timestamp[ns, Europe/Berlin]": ["timestamp[ns, tz=Europe/Berlin]"],
    "timestamp": ["timestamp"],
    "duration": ["duration[us]", "duration[ns]"],
    "decimal128(10, 2)": ["decimal128(10, 2)", "decimal256(10, 2)", "decimal128(10,2)"],
    "list<int64>": ["list<int64>", "large_list<int64>"],
}


@pytest.mark.parametrize(
    ("expected", "text"), [(one, text) for one, texts in SPELLINGS.items() for text in texts]
)
def test_a_type_is_one_however_it_is_spelled(expected: str, text: str) -> None:
    assert str(Type.parse(text)) == expected


def test_a_type_s_own_text_is_read_again() -> None:
    assert [str(Type.parse(one)) for one in SPELLINGS] == list(SPELLINGS)


@pytest.mark.parametrize("text", ["", "number", "varchar", "timestamp[h]", "decimal(1)", "float8"])
def test_what_is_no_type_of_arrow_s_is_not_known(text: str) -> None:
    assert not Type.parse(text).is_known
