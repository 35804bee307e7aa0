"""Names from anywhere made safe to show: nothing invisible, nothing that moves other text.

Column names are data: they may hold control characters, terminal escapes, right-to-left
overrides, lone surrogates or ten thousand characters.
"""

from __future__ import annotations

import re

_SURROGATE = re.compile("[\ud800-\udfff]")
_HALVES = re.compile("(?<=[\ud800-\udbff])(?=[\udc00-\udfff])")
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)


def visible(text: str) -> str:
    r"""The text with control, direction and surrogate code points written as escapes.

    >>> visible("a\x1b[31m\u202eb")
    'a\\x1b[31m\\u202eb'
    """
    return _UNSEEN.sub(_escape, text)


def counted(number: int, noun: str) -> str:
    """A number with its noun: '1 file', '2 files'.

    >>> counted(1, "file"), counted(2_000, "file")
    ('1 file', '2,000 files')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def encodable(text: str) -> str:
    r"""The text with lone surrogates written as escapes, everything else as it is: what UTF-8
    can hold.

    >>> encodable("a\ud800")
    'a\\ud800'
    """
    return _SURROGATE.sub(_escape, text)


def apart(text: str) -> str | list[str]:
    r"""The text; as a list of its parts where two halves of a surrogate pair lie side by side,
    of which the escapes of JSON would make one character.

    >>> apart("a\ud83d" + "\ude00b"), apart("a\U0001f600b")
    (['a\ud83d', '\ude00b'], 'a😀b')
    """
    parts = [text] if text.isascii() else _HALVES.split(text)
    return text if len(parts) == 1 else parts


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
