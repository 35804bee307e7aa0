"""Tells the failure of a decoder on odd content from one that only falls into its work."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType
from typing import Final

_TRIES: Final = 2


def fails_alike(work: Callable[[], object], error: Exception) -> bool:
    """Whether `work()`, which has just raised `error`, raises the same at the same place again.

    What a timer's handler or another thread raises passes, and content stays what it is. Of two
    RecursionErrors the places differ with the caller's depth, and no timer raises them.
    """
    if isinstance(error, RecursionError):
        return True
    for _ in range(_TRIES):
        try:
            work()
        except MemoryError:
            raise
        except Exception as again:
            if _place(again) != _place(error):
                return False
        else:
            return False
    return True


def _place(error: Exception) -> list[tuple[object, CodeType | None, int]]:
    """The class of an error, and the instructions on its way up to the caller of `work`."""
    place: list[tuple[object, CodeType | None, int]] = [(type(error), None, 0)]
    step = error.__traceback__ and error.__traceback__.tb_next
    while step:
        place.append((None, step.tb_frame.f_code, step.tb_lasti))
        step = step.tb_next
    return place
