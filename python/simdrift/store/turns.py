"""Callers of one object take turns, in the order in which they came.

A lock that is held when an exception strikes between two instructions stays locked. A turn
belongs to the call that holds the `Turn`: once the call is gone, however it went, the turn is
over, for the line knows its members by weak references only.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections import deque
from contextlib import suppress
from typing import Final

_SLICE: Final = 0.05  # seconds after which a caller looks whether those before it are gone


class Turn:
    """One call's place in a line."""

    __slots__ = ("__weakref__", "called", "over", "thread")

    def __init__(self) -> None:
        self.over = False
        self.thread = threading.get_ident()
        self.called = threading.Lock()
        self.called.acquire()


class Line:
    """A first-come, first-served line of turns."""

    def __init__(self) -> None:
        self._members: deque[weakref.ref[Turn]] = deque()

    def wait(self, turn: Turn, end: float) -> bool:
        """Waits until it is this turn; False where it is not by `end` (time.monotonic)."""
        self._members.append(weakref.ref(turn))
        while not self._is_first(turn):
            left = end - time.monotonic()
            if left <= 0:
                return False
            turn.called.acquire(timeout=min(left, _SLICE))
        return True

    def leave(self, turn: Turn) -> None:
        """Ends a turn and calls the next."""
        turn.over = True
        for member in self._members.copy():
            other = member()
            if other is None or other.over:
                with suppress(ValueError):  # another thread has removed it
                    self._members.remove(member)
            else:
                with suppress(RuntimeError):  # it was called before
                    other.called.release()
                return

    def _is_first(self, turn: Turn) -> bool:
        """Whether it is the first that is still there. A thread cannot wait for itself: an
        earlier turn of its own was left by an exception, or a signal's handler interrupts it."""
        members = (member() for member in self._members.copy())
        first = next((one for one in members if one is not None and not one.over), turn)
        return first is turn or first.thread == turn.thread
