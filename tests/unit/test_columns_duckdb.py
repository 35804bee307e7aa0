"""DuckDB relations, by their Arrow streams."""

import duckdb
import numpy as np
import pytest

from simdrift import InvalidColumn
from simdrift.columns import as_table


@pytest.fixture
def connection():
    with duckdb.connect() as connection:
        yield connection


def test_a_relation_is_a_table(connection):
    relation = connection.sql(
        "select i::double x, case when i % 3 = 0 then null else 'label ' || i end s, "
        "timestamp '2013-02-08' t, date '2013-02-08' d, i % 2 = 0 b, "
        "(i % 3)::utinyint u, [i] l, i::decimal(9, 2) m from range(5000) r(i)"
    )
    table = as_table(relation)
    assert table.length == 5_000
    np.testing.assert_array_equal(table.columns["x"].to_float64(), np.arange(5_000.0))
    assert table.columns["s"].to_text()[:3] == [None, "label 1", "label 2"]
    assert table.columns["s"].null_count == 1_667
    assert table.columns["t"].type == "timestamp[us]"
    assert [table.columns[n].kind for n in "tdbu"] == ["temporal", "temporal", "boolean", "integer"]
    assert table.columns["l"].status == "not_applicable"
    assert len(table.columns["l"].present) == 5_000
    assert table.columns["m"].type == "decimal128(9, 2)"
    np.testing.assert_array_equal(table.columns["m"].to_float64(), np.arange(5_000.0))


def test_an_enum_is_a_category(connection):
    connection.sql("create type mood as enum ('low', 'high')")
    table = as_table(connection.sql("select unnest(['high', 'low', null])::mood m"))
    assert table.columns["m"].kind == "category"
    assert table.columns["m"].to_text() == ["high", "low", None]


def test_columns_outlive_relation_and_connection():
    with duckdb.connect() as connection:
        table = as_table(connection.sql("select 'text ' || i s, i from range(3000) r(i)"))
    assert table.columns["s"].to_text()[2_999] == "text 2999"


def test_a_query_that_fails_while_it_is_read_raises_its_message(connection):
    relation = connection.sql(
        "select case when i = 9000 then error('row ' || i || ' is bad') else i end x "
        "from range(10000) r(i)"
    )
    with pytest.raises((InvalidColumn, duckdb.Error), match="row 9000 is bad"):
        as_table(relation)


def test_a_relation_without_rows_is_a_table(connection):
    table = as_table(connection.sql("select 1 x, 'a' s where false"))
    assert (table.length, table.names) == (0, ("x", "s"))
