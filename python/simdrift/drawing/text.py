"""Text that fits: the width of names in a terminal, and names cut to a length."""

from __future__ import annotations

import unicodedata

from simdrift.results.text import visible


def width(text: str) -> int:
    """Cells that the text takes in a terminal: 2 for wide characters, 0 for combining ones."""
    if text.isascii():
        return len(text)
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def clip(text: str, cells: int) -> str:
    """The visible text in at most `cells` terminal cells, '…' where something was cut.

    >>> clip("departure_delay", 8)
    'departu…'
    """
    text = visible(text[: 8 * cells + 8])
    if width(text) <= cells:
        return text
    kept, used = [], 0
    for character in text:
        used += _cells(character)
        if used > cells - 1:
            break
        kept.append(character)
    return "".join(kept) + "…"


def fit(text: str, cells: int) -> str:
    """The visible text in at most `cells` terminal cells, its middle cut out where it is longer.

    >>> fit("departure_delay", 9)
    'depar…lay'
    """
    text = visible(text)
    if width(text) <= cells:
        return text
    tail = _last(text, cells // 3)
    return clip(text, cells - width(tail)) + tail


def _last(text: str, cells: int) -> str:
    """The end of a text in at most so many cells."""
    used, start = 0, len(text)
    while start > 0 and used + _cells(text[start - 1]) <= cells:
        start -= 1
        used += _cells(text[start])
    return text[start:]


def wrapped(text: str, cells: int, *, first: str = "", rest: str = "") -> list[str]:
    """The visible text in lines of at most `cells` terminal cells, begun by `first` and `rest`;
    broken at spaces, within a word only where it is longer than a line.

    >>> wrapped("carrier: missing 2 % to 51 %", 16, rest="  ")
    ['carrier: missing', '  2 % to 51 %']
    """
    lines, line = [], first
    start = first
    for word in visible(text).split(" "):
        longer = line + word if line == start else f"{line} {word}"
        if width(longer) <= cells:
            line = longer
            continue
        if line != start:
            lines.append(line)
        start = line = rest
        for character in word:
            if width(line + character) > cells and line != start:
                lines.append(line)
                line = rest
            line += character
    return [*lines, line]


def shorten(text: str, characters: int = 60) -> str:
    """The visible text, its middle cut out where it is longer than `characters`: long names
    often differ only at their ends."""
    text = visible(text)
    if len(text) <= characters:
        return text
    tail = characters // 3
    return text[: characters - tail - 1] + "…" + text[-tail:]
