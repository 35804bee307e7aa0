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


def shorten(text: str, characters: int = 60) -> str:
    """The visible text, its middle cut out where it is longer than `characters`: long names
    often differ only at their ends."""
    text = visible(text)
    if len(text) <= characters:
        return text
    tail = characters // 3
    return text[: characters - tail - 1] + "…" + text[-tail:]
