"""`CheckReport`: what passed, warned and failed, as text, page, JSON and JUnit XML."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from os import PathLike
from typing import Any, Literal, NamedTuple
from xml.etree import ElementTree as Xml

from simdrift.drawing.text import clip, width
from simdrift.metrics.names import column_text
from simdrift.metrics.structure import Difference
from simdrift.results.collection import Results
from simdrift.results.files import write_text
from simdrift.results.text import visible
from simdrift.schema import Schema

State = Literal["pass", "warn", "fail"]
STATES: tuple[State, ...] = ("fail", "warn", "pass")
_CELLS = 100
_ALLOWED = {"\t", "\n", "\r"}


class Line(NamedTuple):
    """What became of one check. `examples`: up to five failing rows, as (row, value)."""

    check: str
    column: str
    state: State
    value: float | None = None
    failing: int | None = None
    share: float | None = None
    examples: tuple[tuple[int, Any], ...] = ()
    message: str = ""

    @property
    def words(self) -> str:
        """Why it did not pass, with examples."""
        if not self.examples:
            return self.message
        shown = ", ".join(f"row {row}: {text_of(value)}" for row, value in self.examples)
        return f"{self.message} ({shown})"


class CheckReport:
    """The lines of all checks, and their rows as `results`.

    `counts`: how many passed, warned and failed; `passed`: whether none failed.
    """

    def __init__(self, lines: Sequence[Line], results: Results, *, rows: int) -> None:
        self.lines = tuple(lines)
        self.results = results
        self.rows = rows

    @property
    def counts(self) -> dict[State, int]:
        """How many lines there are of each state."""
        return {state: sum(one.state == state for one in self.lines) for state in STATES[::-1]}

    @property
    def passed(self) -> bool:
        """Whether no line failed; those that warn don't."""
        return not self.counts["fail"]

    @property
    def verdict(self) -> str:
        """The whole in one sentence."""
        counts = self.counts
        parts = [f"{counts['pass']} passed"]
        parts += [f"{counts['warn']} warned"] if counts["warn"] else []
        parts += [f"{counts['fail']} failed"] if counts["fail"] else []
        many = f"{len(self.lines)} check{'' if len(self.lines) == 1 else 's'}"
        return f"{many} of {self.rows:,} rows: {', '.join(parts)}"

    @property
    def ordered(self) -> list[Line]:
        """The lines, those that failed first."""
        return sorted(self.lines, key=lambda one: STATES.index(one.state))

    def table(self, *, width: int | None = None) -> str:
        """Verdict and lines as text, at most `width` cells wide."""
        cells = width or _CELLS
        found = [self.verdict, ""] if self.lines else [self.verdict]
        names = [one.column for one in self.lines]
        first = min(max(map(_width, names), default=0), cells // 3)
        for one in self.ordered:
            name = clip(one.column, first) if one.column else ""
            head = f"{one.state:<5} {name}{' ' * (first - _width(name))} {one.check}"
            found.append(clip(head.rstrip(), cells))
            if one.words:
                found.append(clip(f"        └ {one.words}", cells))
        return "\n".join(found)

    def __repr__(self) -> str:
        return self.table()

    def _repr_html_(self) -> str:
        from simdrift.checks.page import fragment

        return fragment(self)

    def to_html(self) -> str:
        """One self-contained page: no script, nothing loaded from anywhere."""
        from simdrift.checks.page import page

        return page(self)

    def save_html(self, path: str | PathLike[str]) -> None:
        """Write the page to a file, whole or not at all."""
        write_text(path, self.to_html())

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts and lists that JSON can hold: counts, lines, and the result rows."""
        lines = [
            {**one._asdict(), "examples": [[row, _plain(value)] for row, value in one.examples]}
            for one in self.lines
        ]
        return {
            "passed": self.passed,
            "counts": dict(self.counts),
            "rows": self.rows,
            "checks": lines,
            "results": self.results.to_dict(),
        }

    def to_json(self, *, indent: int | None = None) -> str:
        """An ASCII JSON document of `to_dict`."""
        return json.dumps(self.to_dict(), allow_nan=False, indent=indent)

    def save_json(self, path: str | PathLike[str]) -> None:
        """Write `to_json` to a file, whole or not at all."""
        write_text(path, self.to_json() + "\n")

    def to_junit(self) -> str:
        """JUnit XML: a test case a check, those that warn with what they say as output."""
        counts = self.counts
        suite = Xml.Element(
            "testsuite",
            name="simdrift check",
            tests=str(len(self.lines)),
            failures=str(counts["fail"]),
            errors="0",
            skipped="0",
        )
        for one in self.lines:
            case = Xml.SubElement(
                suite, "testcase", classname=_xml(one.column or "table"), name=_xml(one.check)
            )
            if one.state == "fail":
                failure = Xml.SubElement(case, "failure", message=_xml(one.message))
                failure.text = _xml(one.words)
            elif one.state == "warn":
                Xml.SubElement(case, "system-out").text = _xml(f"warning: {one.words}")
        whole = Xml.Element("testsuites")
        whole.append(suite)
        return '<?xml version="1.0" encoding="utf-8"?>\n' + Xml.tostring(whole, "unicode") + "\n"

    def save_junit(self, path: str | PathLike[str]) -> None:
        """Write `to_junit` to a file, whole or not at all."""
        write_text(path, self.to_junit())


def _width(text: str) -> int:
    return width(visible(text))


def text_of(value: Any) -> str:
    """A value as a report shows it."""
    return repr(value) if not isinstance(value, date) else value.isoformat()


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, date):
        return value.isoformat()
    is_odd = isinstance(value, float) and value - value != 0.0
    return str(value) if is_odd else value


def _xml(text: str) -> str:
    """Text without the characters that XML can't hold."""
    return "".join(one if _is_of_xml(one) else f"\\x{ord(one):02x}" for one in text)


def _is_of_xml(character: str) -> bool:
    if character < " ":
        return character in _ALLOWED
    return not ("\ud800" <= character <= "\udfff" or character in "\ufffe\uffff")


def lines_of_schema(schema: Schema, found: Sequence[Difference]) -> list[Line]:
    """A line a column of the schema, and one for each that is added and for the order."""
    lines = []
    added = [one.column for one in found if one.kind == "added"]
    names: list[str | None] = [*schema.columns, *added]
    if schema.ordered:
        names.append(None)
    for name in names:
        own = [one for one in found if one.column == name]
        is_failed = any(one.alerts for one in own)
        state: State = "fail" if is_failed else "warn" if own else "pass"
        what = "schema" if name is not None else "schema: order"
        message = "; ".join(one.words for one in own)
        lines.append(Line(what, column_text(name), state, float(len(own)), message=message))
    return lines
