"""Names of columns, pairs and segments as result rows have them: one text for each, never two.

Inside, a name is a key: a column's own name, a pair of them, None for the table. A text is made of
it only where rows are, so that no name can be taken for another: not the empty one for the
table's, and not 'a ~ b' or 'c=1 & b=2' for what is joined of several.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

ColumnKey = str | tuple[str, str] | None
"""What a metric is of: a column, a pair of columns, or (None) the whole table."""
NO_NAME = "(no name)"
"""The column whose name is ''."""

Value = TypeVar("Value")
_LIKE_NO_NAME = re.compile(r'("*)\(no name\)\1')


def column_text(key: ColumnKey) -> str:
    """The `column` of a result row; '' for the table.

    >>> column_text("delay"), column_text(None), column_text("")
    ('delay', '', '(no name)')
    >>> column_text(("a", "b")), column_text(("a ~ b", "c")), column_text("(no name)")
    ('a ~ b', '"a ~ b" ~ c', '"(no name)"')
    """
    if key is None:
        return ""
    if isinstance(key, tuple):
        return " ~ ".join(_quoted_where(own, "~" in own) for own in map(column_text, key))
    if not key:
        return NO_NAME
    return f'"{key}"' if key[0] in '"(' and _LIKE_NO_NAME.fullmatch(key) else key


def by_text(columns: Mapping[str, Value]) -> dict[str, Value]:
    """What is known of columns by their names, by the text that result rows have.

    >>> by_text({"": 1, "x": 2})
    {'(no name)': 1, 'x': 2}
    """
    return {column_text(name): value for name, value in columns.items()}


def segment_text(columns: Sequence[str], values: Sequence[str]) -> str:
    """The `segment` of a result row: 'column=value', joined by ' & '.

    >>> segment_text(("zone", "kind"), ("7", "street"))
    'zone=7 & kind=street'
    >>> segment_text(("zone",), ("7 & kind=street",))
    'zone="7 & kind=street"'
    """
    names = [_quoted_where(own, "=" in own) for own in map(column_text, columns)]
    shown = [_quoted_where(v, " & " in v or v.endswith(" &")) for v in values]
    return " & ".join(f"{name}={value}" for name, value in zip(names, shown, strict=True))


def _quoted_where(text: str, is_ambiguous: bool) -> str:
    """The text in quotes where it could be taken for more than one, or for a quoted one."""
    if is_ambiguous or text.startswith('"'):
        return json.dumps(text, ensure_ascii=False)
    return text
