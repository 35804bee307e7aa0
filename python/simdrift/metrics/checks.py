"""Arguments that many functions take, checked."""

from __future__ import annotations


def checked_share(name: str, value: float) -> float:
    """A number in [0, 1], else TypeError or ValueError."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name}: expected a number, found {type(value).__name__}")
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{name}: expected a number from 0 to 1, found {value!r}")
    return float(value)


def checked_threads(threads: int | None) -> int | None:
    """None or 0 (the library's rule) or a number of threads; else TypeError or ValueError."""
    if threads is None:
        return None
    if isinstance(threads, bool) or not isinstance(threads, int):
        raise TypeError(f"threads: expected an int or None, found {threads!r}")
    if threads < 0:
        raise ValueError(f"threads: expected an int >= 0, found {threads}")
    return threads


def checked_count(name: str, value: int, least: int, most: int) -> int:
    """A whole number in [least, most], else TypeError or ValueError."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name}: expected an int, found {value!r}")
    if not least <= value <= most:
        raise ValueError(f"{name}: expected {least} to {most}, found {value}")
    return value
