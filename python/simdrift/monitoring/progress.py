"""A progress line for people: one line on a terminal, rewritten some ten times a second."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self, TextIO

WIDTH = 24
PERIOD = 0.1  # seconds between two drawings


class Bar:
    """Call it with (done, total). Nothing is drawn in the first `PERIOD`, so short work stays
    silent; the line is wiped at the end."""

    def __init__(self, label: str, *, stream: TextIO | None = None, shown: bool = True) -> None:
        self._label = label
        self._stream = stream or sys.stderr
        self._shown = shown
        self._started = self._drawn = time.monotonic()
        self._length = 0

    def __call__(self, done: int, total: int) -> None:
        """Draw `done` of `total`, if it is time to."""
        now = time.monotonic()
        if self._shown and now - self._drawn >= PERIOD:
            self._drawn = now
            self._draw(done, max(total, 1), now - self._started)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._length:
            self._write("")

    def _draw(self, done: int, total: int, seconds: float) -> None:
        filled = WIDTH * min(done, total) // total
        bar = "#" * filled + "-" * (WIDTH - filled)
        self._write(f"{self._label} [{bar}] {done:,}/{total:,}  {seconds:.1f} s")

    def _write(self, text: str) -> None:
        self._stream.write("\r" + text.ljust(self._length) + ("" if text else "\r"))
        self._stream.flush()
        self._length = len(text)
