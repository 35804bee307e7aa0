"""Small drawings as inline SVG: stretched to their box, strokes and dots kept round.

Everything is drawn in a box of WIDTH x HEIGHT that the page stretches
(preserveAspectRatio='none'), so there is no text inside: axes are HTML around the drawing.
Colours are CSS classes, for light and dark. Each drawing has a title and a description.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

WIDTH, HEIGHT = 1000.0, 100.0
FEWEST_BARS = 6  # fewer are drawn as wide as of six


class Bar(NamedTuple):
    """One cell of a histogram: shares of reference (None: there is none) and current, and what
    it says when pointed at."""

    reference: float | None
    current: float
    label: str


class Point(NamedTuple):
    """A point of a line: x and y as shares of the box from the lower left; y None is a gap."""

    x: float
    y: float | None


class Line(NamedTuple):
    """A line over windows and its CSS class."""

    points: Sequence[Point]
    style: str


class Dot(NamedTuple):
    """A marked point, its CSS class and what it says when pointed at."""

    x: float
    y: float
    style: str
    label: str


class Cell(NamedTuple):
    """One cell of a heat map row: from x0 to x1 as shares, class, label."""

    x0: float
    x1: float
    style: str
    label: str


def _drawing(style: str, title: str, description: str, body: Iterable[str]) -> Markup:
    return Markup(
        f'<svg class="{style}" role="img" aria-label="{escape(title)}: {escape(description)}" '
        f'viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" '
        f'preserveAspectRatio="none"><title>{escape(title)}</title>'
        f"<desc>{escape(description)}</desc>{''.join(body)}</svg>"
    )


def histogram(bars: Sequence[Bar], title: str, description: str) -> Markup:
    """Reference as filled bars, current as narrower bars in front of them, on one scale."""
    tallest = max((max(bar.reference or 0.0, bar.current) for bar in bars), default=0.0) or 1.0
    step = WIDTH / max(len(bars), FEWEST_BARS)
    gap = min(step * 0.12, 8.0)
    body = []
    for index, bar in enumerate(bars):
        left, room = index * step + gap / 2, step - gap
        body.append(f"<g><title>{escape(bar.label)}</title>")
        if bar.reference is None:
            body.append(_bar("cur", left, room, bar.current / tallest))
        else:
            body.append(_bar("ref", left, room, bar.reference / tallest))
            body.append(_bar("cur", left + room * 0.22, room * 0.56, bar.current / tallest))
        body.append("</g>")
    return _drawing("hist", title, description, body)


def _bar(style: str, left: float, width: float, share: float) -> str:
    height = max(share * HEIGHT, 0.8 if share > 0 else 0.0)
    return (
        f'<rect class="{style}" x="{left:.1f}" y="{HEIGHT - height:.1f}" '
        f'width="{width:.1f}" height="{height:.1f}"/>'
    )


def box(marks: Sequence[float], title: str, description: str) -> Markup:
    """A box plot of five marks (shares of the width): whiskers, box, and the middle as a line."""
    low, first, middle, third, high = (_x(mark) for mark in marks)
    body = [
        f'<path class="whisker" d="M{low} 50H{high}M{low} 30V70M{high} 30V70"/>',
        f'<path class="box" d="M{first} 15H{third}V85H{first}Z"/>',
        f'<path class="middle" d="M{middle} 10V90"/>',
    ]
    return _drawing("hist", title, description, body)


def chart(
    lines: Sequence[Line],
    dots: Sequence[Dot],
    levels: Sequence[tuple[float, str]],
    title: str,
    description: str,
    band: tuple[Sequence[Point], Sequence[Point]] | None = None,
) -> Markup:
    """Lines over windows, horizontal levels (y, class), marked points, a filled band."""
    body = [] if band is None else [f'<path class="band" d="{_band_path(*band)}"/>']
    body += [f'<path class="level {style}" d="M0 {_y(y)}H{WIDTH:.0f}"/>' for y, style in levels]
    body += [f'<path class="line {line.style}" d="{_path(line.points)}"/>' for line in lines]
    body += [
        f'<path class="dot {dot.style}" d="M{_x(dot.x)} {_y(dot.y)}h0">'
        f"<title>{escape(dot.label)}</title></path>"
        for dot in dots
    ]
    return _drawing("chart", title, description, body)


def _path(points: Sequence[Point]) -> str:
    """Line through the points; a gap lifts the pen, a point alone between gaps is a dot."""
    pieces: list[str] = []
    drawing = False
    for point in points:
        if point.y is None:
            drawing = False
            continue
        pieces.append(f"{'L' if drawing else 'M'}{_x(point.x)} {_y(point.y)}")
        if not drawing:
            pieces.append("h0")
        drawing = True
    return "".join(pieces)


def _band_path(low: Sequence[Point], high: Sequence[Point]) -> str:
    pairs = [
        (below, above)
        for below, above in zip(low, high, strict=True)
        if below.y is not None and above.y is not None
    ]
    if not pairs:
        return ""
    around = [above for _, above in pairs] + [below for below, _ in reversed(pairs)]
    return "M" + "L".join(f"{_x(p.x)} {_y(p.y or 0.0)}" for p in around) + "Z"


def _x(share: float) -> str:
    return f"{share * WIDTH:.1f}"


def _y(share: float) -> str:
    return f"{(1 - share) * HEIGHT:.1f}"


class Column(NamedTuple):
    """A bar over windows: from x0 to x1 and up to y as shares, class, label."""

    x0: float
    x1: float
    y: float
    style: str
    label: str


def columns(bars: Sequence[Column], title: str, description: str) -> Markup:
    """Bars over windows, from the lower edge."""
    body = [
        f'<rect class="{bar.style}" x="{_x(bar.x0)}" y="{_y(bar.y)}" '
        f'width="{_x(bar.x1 - bar.x0)}" height="{bar.y * HEIGHT:.1f}">'
        f"<title>{escape(bar.label)}</title></rect>"
        for bar in bars
    ]
    return _drawing("chart", title, description, body)


def heat_row(cells: Sequence[Cell], title: str, description: str) -> Markup:
    """One row of a heat map."""
    body = [
        f'<rect class="{cell.style}" x="{_x(cell.x0)}" width="{_x(cell.x1 - cell.x0)}" '
        f'height="100"><title>{escape(cell.label)}</title></rect>'
        for cell in cells
    ]
    return _drawing("heat", title, description, body)
