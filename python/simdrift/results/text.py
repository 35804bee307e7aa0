"""Names from anywhere made safe to show: nothing invisible, nothing that moves other text.

Column names are data: they may hold control characters, terminal escapes, right-to-left
overrides, lone surrogates or ten thousand characters.
"""

from __future__ import annotations

import re
import unicodedata

_SURROGATE = re.compile("[\ud800-\udfff]")
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)


def visible(text: str) -> str:
    r"""The text with control, direction and surrogate code points written as escapes.

    >>> visible("a\x1b[31m\u202eb")
    'a\\x1b[31m\\u202eb'
    """
    return _UNSEEN.sub(_escape, text)


def encodable(text: str) -> str:
    r"""The text with lone surrogates written as escapes, everything else as it is: what UTF-8
    can hold.

    >>> encodable("a\ud800")
    'a\\ud800'
    """
    return _SURROGATE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


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
