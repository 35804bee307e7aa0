"""What a dashboard is made of, as plain data: panels with their SQL, variables, alert rules.

SQL is written for Grafana: `$__timeFilter(column)`, `$__timeTo()`, and variables as
`${name:sqlstring}`. `macros.py` expands the same for pages and tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["stat", "lines", "bars", "heat", "histogram", "table"]
Unit = Literal["none", "short", "percentunit", "s", "ms", "bytes", "reqps", "rowsps", "x"]

GRID: Final = 24  # columns of Grafana's grid
ALL_ROWS: Final = "(all rows)"
"""What the segment '' is called where a person chooses: Grafana knows no empty value."""
NONE: Final = "(none)"
"""What a model without a name is called."""


@dataclass(frozen=True)
class Step:
    """From this value on (None: from below) in this colour."""

    value: float | None
    colour: str


GOOD_TO_BAD: Final = (Step(None, "green"), Step(0.5, "yellow"), Step(1.0, "orange"), Step(2, "red"))
"""Of a distance to a threshold: 1 is the threshold."""
ANY_IS_BAD: Final = (Step(None, "green"), Step(1.0, "red"))
NEUTRAL: Final = (Step(None, "blue"),)


@dataclass(frozen=True)
class Panel:
    """One drawing. `metrics` are the names (or prefixes that end in '*') its rows have, and
    `switch_on` says what to do where the store has none of them."""

    title: str
    description: str
    kind: Kind
    unit: Unit
    sql: str
    width: int
    height: int
    switch_on: str
    metrics: tuple[str, ...] = ()
    steps: tuple[Step, ...] = NEUTRAL
    dashed: tuple[str, ...] = ()
    """Names of lines that are levels, not data: threshold, null quantile."""
    band: tuple[str, str] | None = None
    """Names of the lines between which an interval is filled."""

    until_now: bool = False
    """On a page it tells of the time when the page was made, not of the newest window."""

    @property
    def no_data(self) -> str:
        """What stands in place of the drawing where there are no rows."""
        return f"Not computed. {self.switch_on}" if self.metrics else self.switch_on


@dataclass(frozen=True)
class Variable:
    """A choice at the top of a dashboard; `sql` gives its values, the first is chosen."""

    name: str
    label: str
    description: str
    sql: str
    multi: bool = False


@dataclass(frozen=True)
class Dashboard:
    """One dashboard; panels are laid out left to right and top to bottom in their order."""

    uid: str
    title: str
    description: str
    variables: tuple[Variable, ...]
    panels: tuple[Panel, ...]
    annotations: str | None

    def variable(self, name: str) -> Variable | None:
        """The variable of that name."""
        return next((one for one in self.variables if one.name == name), None)


@dataclass(frozen=True)
class Rule:
    """An alert rule: it fires for every row of `sql` whose `value` is outside [low, high]."""

    uid: str
    title: str
    summary: str
    sql: str
    low: float | None
    high: float | None
    days: int
    """How far back the query looks."""
    severity: Literal["critical", "warning"] = "warning"
    panel: tuple[str, str] = ("simdrift-overview", "Newest alerts")
    """Where a message leads: a dashboard's uid and a panel's title."""


@dataclass(frozen=True)
class Place:
    """Where a panel stands on the grid."""

    x: int
    y: int
    w: int
    h: int


def places(panels: tuple[Panel, ...]) -> tuple[Place, ...]:
    """Grid places of panels in their order: a row is filled up to 24 columns, then the next.

    >>> from dataclasses import replace
    >>> one = Panel("a", "b", "stat", "none", "select 1", 12, 4, "c")
    >>> places((one, one, replace(one, width=24)))[2]
    Place(x=0, y=4, w=24, h=4)
    """
    made: list[Place] = []
    x = y = tallest = 0
    for panel in panels:
        if x + panel.width > GRID:
            x, y, tallest = 0, y + tallest, 0
        made.append(Place(x, y, panel.width, panel.height))
        x, tallest = x + panel.width, max(tallest, panel.height)
    return tuple(made)
