"""When a run began, by the clock of the server: the order of runs asks no other clock.

Hosts' clocks differ, and are set. A batch is stamped when it is made, with its host's clock and
with the time since that host's start, which nobody sets. Whenever it is written, from the spool
years later or at once, the stamp says what the stamping clock would show at that moment, the
server says what its own shows, and the difference is what every time of the batch is moved by. No
run begins in the server's future.

What it cannot see is a clock that is set while a run is being computed.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from simdrift._errors import InputError

CLOCKS_END: Final = datetime(2263, 1, 1, tzinfo=UTC)
"""No clock of Linux shows a later time; sums with a machine's uptime stay far from year 9999."""

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_AGREES: Final = timedelta(milliseconds=10)  # clocks that differ by less are taken to be one
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST: Final = datetime(1, 1, 2, tzinfo=UTC)


class Stamp(NamedTuple):
    """A moment by a clock, and by the seconds since a machine's start (`boot` names the start;
    empty where the system tells neither)."""

    clock: datetime
    uptime: float = 0.0
    boot: str = ""

    @classmethod
    def now(cls) -> Stamp:
        """This moment; InputError for a clock that shows no year that a date can have."""
        return cls(_clock(), _uptime(), _boot())

    def clock_now(self) -> datetime:
        """What the clock of the stamp would show now, had nobody set it since.

        Exact while the machine runs. Later, or on another machine, this machine's clock stands in
        for it; if that one shows less than the stamp, the stamp is as old as this machine's run.
        """
        if self.boot and self.boot == _boot():
            return self.clock + timedelta(seconds=_uptime() - self.uptime)
        return _later(_clock(), self.clock, timedelta(seconds=_uptime()))


def _later(now: datetime, then: datetime, otherwise: timedelta) -> datetime:
    return now if now >= then else then + otherwise


def _clock() -> datetime:
    try:
        now = datetime.now(UTC)
        if now >= CLOCKS_END:
            raise ValueError(f"{now:%Y-%m-%d}")
        return now
    except (OverflowError, ValueError, OSError) as error:
        raise InputError(
            f"expected this machine's clock to show a date up to 2262, found otherwise ({error}): "
            "set the clock"
        ) from None


def _uptime() -> float:
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _boot() -> str:
    try:
        return _BOOT_ID.read_text("utf-8").strip()
    except (OSError, ValueError):
        return ""


def times_by_server(
    times: Sequence[datetime], before: datetime, server: datetime, after: datetime
) -> list[datetime]:
    """Times of a clock that showed `before` before the server's showed `server`, and `after`
    after that, as the server's clock would have shown them; none later than `server`."""
    if before - _AGREES <= server <= after + _AGREES:
        ahead = 0
    else:
        ahead = _microseconds(before + (after - before) / 2) - _microseconds(server)
    latest, earliest = _microseconds(server), _microseconds(_FIRST)
    moved = (min(_microseconds(time) - ahead, latest) for time in times)
    return [_EPOCH + timedelta(microseconds=max(time, earliest)) for time in moved]


def _microseconds(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(microseconds=1)
