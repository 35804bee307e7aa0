"""The dashboards as static pages: the panels' own SQL, run on the store, drawn as HTML and SVG.

No script, no network. What a person would choose in Grafana is chosen here: the newest dataset,
all models, all rows, the columns that alert most (a section each).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from simdrift import reports
from simdrift._errors import InputError
from simdrift.dashboards.catalogue import dashboards
from simdrift.dashboards.draw import Drawing, draw
from simdrift.dashboards.macros import expand
from simdrift.dashboards.panels import ALL_ROWS, Dashboard, Panel, Variable
from simdrift.dashboards.sql import DATASET
from simdrift.drawing import labels
from simdrift.drawing.text import shorten
from simdrift.drawing.timeline import Timeline
from simdrift.results.files import write_text
from simdrift.results.text import visible
from simdrift.results.zones import in_zone

if TYPE_CHECKING:
    from simdrift.store import Store

MOST_COLUMNS: Final = 6
LONGEST: Final = timedelta(days=400)
_SECOND: Final = timedelta(seconds=1)
_CHOSEN_METRIC: Final = "The chosen metric"
Chosen = dict[str, str | Sequence[str]]


class Table(NamedTuple):
    """What a query gave."""

    names: tuple[str, ...]
    rows: list[tuple[Any, ...]]


class Span(NamedTuple):
    """From when to when a page tells of, and when it is made."""

    first: datetime
    last: datetime
    now: datetime


class Shown(NamedTuple):
    """A panel with its drawing, None where there is nothing to draw, and what it is called here:
    'the chosen metric' by its name."""

    panel: Panel
    drawing: Drawing | None
    title: str
    description: str


class Section(NamedTuple):
    """Panels under a heading; the first has none."""

    heading: str
    panels: list[Shown]


class Reader:
    """Runs panels' SQL in one read-only transaction, as the role simdrift_reader where this user
    may."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def table(self, sql: str, chosen: Chosen, span: Span) -> Table:
        """The rows of a query with macros and variables expanded."""
        # bytes without parameters: nothing in it is taken for a placeholder
        cursor = self._connection.execute(expand(sql, chosen, span.first, span.last).encode())
        return Table(tuple(one.name for one in cursor.description), cursor.fetchall())


def write_pages(
    store: Store,
    folder: Path,
    *,
    dataset: str | None = None,
    segment: str | None = None,
    columns: Sequence[str] = (),
    start: datetime | None = None,
    end: datetime | None = None,
    now: datetime | None = None,
) -> list[Path]:
    """Writes a page a dashboard into `folder`; their paths, the overview (index.html) first.

    Freshness is told at `end` where given, else at `now`, else at this moment.

    InputError where the store has no windows, or no dataset, segment or column of that name.
    """

    def draw(connection: Any) -> dict[str, str]:
        reader = _reader(connection)
        span = _span(reader, dataset, start, end, now or datetime.now(UTC))
        return {
            _file_name(one): _page(reader, one, span, _given(dataset, segment), columns)
            for one in dashboards
        }

    texts = store.inspect(draw)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        write_text(folder / name, text)
    return [folder / name for name in texts]


def _reader(connection: Any) -> Reader:
    """A transaction that can only read, on one snapshot: the pages agree with each other."""
    connection.execute("set transaction isolation level repeatable read, read only")
    allowed = connection.execute(
        "select pg_has_role(oid, 'usage') from pg_roles where rolname = 'simdrift_reader'"
    ).fetchone()
    if allowed and allowed[0]:
        connection.execute("set local role simdrift_reader")
    return Reader(connection)


def _given(dataset: str | None, segment: str | None) -> Chosen:
    chosen = {"dataset": dataset, "segment": segment}
    return {name: value for name, value in chosen.items() if value is not None}


def _span(
    reader: Reader,
    dataset: str | None,
    start: datetime | None,
    end: datetime | None,
    now: datetime,
) -> Span:
    """From the first to the last window end of the dataset, at most LONGEST, or as given."""
    none = Span(now, now, now)
    chosen: Chosen = {"dataset": dataset or _default(reader, DATASET, {}, none)}
    row = reader.table(
        "select min(d.window_end), max(d.window_end) from simdrift.dashboard_run as d "
        "where d.dataset = ${dataset:sqlstring}",
        chosen,
        none,
    ).rows[0]
    if row[0] is None:
        known = ", ".join(str(one[0]) for one in reader.table(DATASET.sql, {}, none).rows)
        raise InputError(
            f"dataset: expected one with windows in the store ({known or 'it has none'}), found "
            f"{chosen['dataset']!r}; run `simdrift run monitor.toml` or `simdrift demo` first"
        )
    last = _utc(end) or row[1]
    first = _utc(start) or max(row[0], last - LONGEST)
    return Span(first - _SECOND, last + _SECOND, _utc(end) or now)


def _utc(time: datetime | None) -> datetime | None:
    return None if time is None else in_zone(time) if time.tzinfo else time.replace(tzinfo=UTC)


def _default(reader: Reader, variable: Variable, chosen: Chosen, span: Span) -> str:
    rows = reader.table(variable.sql, chosen, span).rows
    return str(rows[0][0]) if rows else ""


def _file_name(one: Dashboard) -> str:
    name = one.uid.removeprefix("simdrift-")
    return "index.html" if name == "overview" else f"{name}.html"


def _page(
    reader: Reader,
    one: Dashboard,
    span: Span,
    given: Chosen,
    columns: Sequence[str],
) -> str:
    chosen = _choose(reader, one, given, span)
    general = [panel for panel in one.panels if "${column:" not in panel.sql]
    about_column = [panel for panel in one.panels if "${column:" in panel.sql]
    sections = [Section("", [_shown(reader, panel, chosen, span) for panel in general])]
    if about_column:
        for column in columns or _worst_columns(reader, chosen, span):
            for_column: Chosen = _choose(reader, one, {**given, "column": column}, span)
            shown = [_shown(reader, panel, for_column, span) for panel in about_column]
            sections.append(Section(visible(shorten(column)), shown))
    return (
        _environment()
        .get_template("dashboard.html.j2")
        .render(
            title=one.title,
            dashboard=one,
            pages=[
                (other.title.rpartition(" / ")[2], _file_name(other), other is one)
                for other in dashboards
            ],
            sections=sections,
            chosen=[
                (variable.label, _words(chosen.get(variable.name, "")))
                for variable in one.variables
                if variable.name not in ("column", "metric")
            ],
            span=f"{span.first + _SECOND:%Y-%m-%d} to {span.last - _SECOND:%Y-%m-%d}",
            events=_events(reader, one, chosen, span),
            whole=True,
        )
    )


def _choose(reader: Reader, one: Dashboard, given: Chosen, span: Span) -> Chosen:
    """A value for every variable: the one given, else the first (of several models: all)."""
    chosen: Chosen = {}
    for variable in one.variables:
        found = [str(row[0]) for row in reader.table(variable.sql, chosen, span).rows]
        value = given.get(variable.name)
        if value is not None and value not in found:
            raise InputError(
                f"{variable.name}: expected one of {', '.join(found[:20]) or '(none)'}, found "
                f"{value!r}"
            )
        chosen[variable.name] = (
            value if value is not None else found if variable.multi else (found or [""])[0]
        )
    if chosen.get("segment") == "":
        chosen["segment"] = ALL_ROWS
    return chosen


def _worst_columns(reader: Reader, chosen: Chosen, span: Span) -> list[str]:
    panel = next(p for p in dashboards[0].panels if p.title == "Worst columns")
    rows = reader.table(panel.sql, {"segment": ALL_ROWS, **chosen}, span).rows
    return list(dict.fromkeys(str(row[0]) for row in rows))[:MOST_COLUMNS]


def _shown(reader: Reader, panel: Panel, chosen: Chosen, span: Span) -> Shown:
    of_panel = span._replace(last=span.now) if panel.until_now else span
    table = reader.table(panel.sql, chosen, of_panel)
    time = Timeline(span.first, span.last, UTC)
    drawing = draw(panel, table.names, table.rows, time)
    return Shown(panel, drawing, *(_named(t, chosen) for t in (panel.title, panel.description)))


def _named(text: str, chosen: Chosen) -> str:
    """A text with the chosen metric's name, where it speaks of that."""
    metric = chosen.get("metric")
    if not isinstance(metric, str) or not metric:
        return text
    name = labels.metric_words(metric)
    return text.replace(_CHOSEN_METRIC, name[:1].upper() + name[1:])


def _events(
    reader: Reader, one: Dashboard, chosen: Chosen, span: Span
) -> list[tuple[str, str, str]]:
    if one.annotations is None:
        return []
    rows = reader.table(one.annotations, chosen, span).rows
    return [(f"{time:%Y-%m-%d %H:%M}", visible(kind), visible(text)) for time, text, kind in rows]


def _words(value: str | Sequence[str]) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def _environment() -> Environment:
    own, shared = Path(__file__).parent, Path(reports.__file__).parent
    return Environment(
        loader=FileSystemLoader([own / "templates", shared / "templates"]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=_finalized,
    )


def _finalized(value: object) -> object:
    """Whatever a template writes that is no markup of ours: names are data, and none may turn the
    text around it."""
    return visible(value) if type(value) is str else value
